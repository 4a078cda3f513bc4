//! Lists: what an index answers goes to SQL, the rest of a filter is evaluated over a bounded number of rows.

use crate::{
    scim::{
        filter::{BoundFilter, bind},
        list::Query,
        schema::ResourceType,
    },
    service::provisioning::ProvisioningError,
    store::{
        StoreError,
        scim_filter::{Compiled, Resource, compile},
    },
};

/// The most rows that are looked at one by one for a filter.
pub(super) const MAX_SCAN: i64 = 5_000;

/// One page of what was found, and how many there are.
pub(super) struct Page<T> {
    pub(super) total: usize,
    pub(super) items: Vec<T>,
}

/// A query made ready for the store.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) compiled: Compiled,
    pub(super) filter: Option<BoundFilter>,
    offset: usize,
    count: usize,
}

impl Plan {
    pub(super) fn new(
        query: &Query,
        resource_type: &'static ResourceType,
        resource: Resource,
    ) -> Result<Self, ProvisioningError> {
        let filter = query.filter.as_ref().map(|filter| bind(filter, resource_type)).transpose()?;
        let compiled = match &filter {
            Some(filter) => compile(filter, resource),
            None => Compiled { terms: Vec::new(), is_exact: true },
        };
        Ok(Self { compiled, filter, offset: query.start_index - 1, count: query.count })
    }

    /// Runs the plan. `load` reads rows by offset and limit, `matches` evaluates the whole filter on one of them.
    pub(super) fn run<T>(
        &self,
        total: i64,
        mut load: impl FnMut(i64, i64) -> Result<Vec<T>, StoreError>,
        matches: impl Fn(&T, &BoundFilter) -> Result<bool, StoreError>,
    ) -> Result<Page<T>, ProvisioningError> {
        let rest = self.filter.as_ref().filter(|_| !self.compiled.is_exact);
        let Some(filter) = rest else {
            let (offset, limit) = (to_i64(self.offset), to_i64(self.count));
            let items = if limit == 0 || offset >= total { Vec::new() } else { load(offset, limit)? };
            return Ok(Page { total: usize::try_from(total).unwrap_or(0), items });
        };
        if total > MAX_SCAN {
            return Err(ProvisioningError::TooManyResults);
        }
        let mut hits = Vec::new();
        for row in load(0, MAX_SCAN)? {
            if matches(&row, filter)? {
                hits.push(row);
            }
        }
        Ok(Page { total: hits.len(), items: hits.into_iter().skip(self.offset).take(self.count).collect() })
    }
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

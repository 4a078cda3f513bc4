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

/// How many of them are held at once: a row may be as large as a body.
const SCAN_PAGE: i64 = 100;
const SCAN_STEP: usize = 100;

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
        let (mut hits, mut items) = (0, Vec::new());
        for offset in (0..total).step_by(SCAN_STEP) {
            for row in load(offset, SCAN_PAGE)? {
                if !matches(&row, filter)? {
                    continue;
                }
                if hits >= self.offset && items.len() < self.count {
                    items.push(row);
                }
                hits += 1;
            }
        }
        Ok(Page { total: hits, items })
    }
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::USER;

    #[test]
    fn a_scan_holds_a_page_of_rows_at_a_time() {
        let pairs = [("filter", "title pr"), ("startIndex", "3"), ("count", "4")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let plan = Plan::new(&Query::from_pairs(&pairs).unwrap(), &USER, Resource::User).unwrap();
        let rows: Vec<i64> = (0..1_050).collect();
        let mut asked = Vec::new();
        let load = |offset: i64, limit: i64| {
            asked.push((offset, limit));
            let end = (offset + limit).min(1_050);
            Ok(rows[usize::try_from(offset).unwrap()..usize::try_from(end).unwrap()].to_vec())
        };
        let page = plan.run(1_050, load, |row, _| Ok(row % 40 == 0)).unwrap();
        assert_eq!((page.total, page.items), (27, vec![80, 120, 160, 200]));
        assert_eq!(asked, (0..11).map(|page| (page * 100, 100)).collect::<Vec<_>>());
    }
}

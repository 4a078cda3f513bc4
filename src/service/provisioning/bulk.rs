//! Bulk (RFC 7644 section 3.7): each operation is the single request, with its own transaction.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    Collection, Created, Groups, ProvisioningError, ScimTenant, Shown, Target, Users, create, delete, patch,
    replace,
};
use crate::{
    scim::{
        bulk::{BulkMethod, BulkOperation, BulkRequest, Next, Order},
        projection::Projection,
    },
    service::Context,
};

/// What stands in a path as it is (RFC 3986 section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What became of one operation.
#[derive(Debug)]
pub struct BulkOutcome {
    /// The operation as it was sent.
    pub operation: BulkOperation,
    /// The address of what it is about (RFC 7644 section 3.7): of a create that failed there is none.
    pub location: Option<String>,
    /// What it did; `None` for a deletion.
    pub result: Result<Option<Done>, ProvisioningError>,
}

/// A resource that an operation has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The resource.
    pub shown: Shown,
    /// Whether it is new.
    pub is_new: bool,
}

/// Does the operations of the request, each after those that it refers to. The outcomes are in the order of the request;
/// what was not tried, because there were too many errors before it, has none.
pub async fn bulk(cx: &Context, tenant: &ScimTenant, request: BulkRequest) -> Vec<BulkOutcome> {
    let mut run = Run { cx, tenant, ids: HashMap::new(), outcomes: Vec::new(), errors: 0 };
    let mut order = Order::of(&request.operations);
    let mut operations: Vec<Option<BulkOperation>> = request.operations.into_iter().map(Some).collect();
    let mut patches = Vec::new();
    while request.fail_on_errors.is_none_or(|limit| run.errors < limit) {
        let Some(Next { index, too_early }) = order.next() else { break };
        let Some(operation) = operations.get_mut(index).and_then(Option::take) else { continue };
        let mut instead = None;
        if !too_early.is_empty() {
            let (first, later) = operation.without(&too_early);
            instead = Some(first);
            patches.push((index, later));
        }
        run.perform(index, operation, instead).await;
    }
    for (index, later) in patches {
        run.complete(index, later).await;
    }
    run.outcomes.sort_by_key(|(index, _)| *index);
    run.outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

struct Run<'a> {
    cx: &'a Context,
    tenant: &'a ScimTenant,
    /// What has been created, by bulkId.
    ids: HashMap<String, String>,
    outcomes: Vec<(usize, BulkOutcome)>,
    errors: usize,
}

impl Run<'_> {
    async fn perform(&mut self, index: usize, operation: BulkOperation, instead: Option<BulkOperation>) {
        let resolved = instead.as_ref().unwrap_or(&operation).resolved(&self.ids);
        // A reference that nothing stands behind names nobody, like any other unknown id (R22).
        let result = if resolved.references().is_empty() {
            self.dispatch(&resolved).await
        } else {
            Err(ProvisioningError::UnknownReference("a bulkId"))
        };
        let location = match &result {
            Ok(Some(done)) => Some(done.shown.location.clone()),
            _ => resolved.id.as_deref().map(|id| self.location(&resolved.collection, id)),
        };
        if let (Some(name), Ok(Some(done))) = (&operation.bulk_id, &result) {
            self.ids.insert(name.clone(), done.shown.id.clone());
        }
        self.errors += usize::from(result.is_err());
        self.outcomes.push((index, BulkOutcome { operation, location, result }));
    }

    /// Adds the references that a create had to leave out.
    async fn complete(&mut self, index: usize, later: Value) {
        let Some(at) = self.outcomes.iter().position(|(other, _)| *other == index) else { return };
        let Some((_, outcome)) = self.outcomes.get(at) else { return };
        let Ok(Some(done)) = &outcome.result else { return };
        let patch = BulkOperation {
            method: BulkMethod::Patch,
            id: Some(done.shown.id.clone()),
            bulk_id: None,
            version: None,
            data: later,
            ..outcome.operation.clone()
        };
        let patch = patch.resolved(&self.ids);
        let result = if patch.references().is_empty() {
            self.dispatch(&patch).await.map_err(|error| match error {
                ProvisioningError::Cycle => ProvisioningError::CircularReference,
                other => other,
            })
        } else {
            Err(ProvisioningError::UnknownReference("a bulkId"))
        };
        let is_new = done.is_new;
        if let Some((_, outcome)) = self.outcomes.get_mut(at) {
            outcome.result = result.map(|done| done.map(|done| Done { is_new, ..done }));
        }
    }

    /// The address of a resource that may not be there.
    fn location(&self, collection: &str, id: &str) -> String {
        let standard =
            self.tenant.catalog.types().into_iter().map(|kind| kind.endpoint.trim_start_matches('/'));
        let mut standard = standard.filter(|name| name.eq_ignore_ascii_case(collection));
        let id = utf8_percent_encode(id, SEGMENT);
        format!("{}/{}/{id}", self.tenant.base, standard.next().unwrap_or(collection))
    }

    async fn dispatch(&self, operation: &BulkOperation) -> Result<Option<Done>, ProvisioningError> {
        if operation.collection.eq_ignore_ascii_case("Users") {
            self.single::<Users>(operation).await
        } else if operation.collection.eq_ignore_ascii_case("Groups") {
            self.single::<Groups>(operation).await
        } else {
            Err(ProvisioningError::NotFound)
        }
    }

    async fn single<C: Collection>(
        &self,
        operation: &BulkOperation,
    ) -> Result<Option<Done>, ProvisioningError> {
        let (cx, tenant) = (self.cx, self.tenant);
        // Neither members nor groups are read for an answer that shows neither.
        let projection = Projection::without(C::COSTLY);
        let id = operation.id.as_deref().unwrap_or_default();
        let target = Target { id, if_match: operation.version.as_deref() };
        let data = operation.data.clone();
        let changed = |(shown, _)| Some(Done { shown, is_new: false });
        match operation.method {
            BulkMethod::Post => {
                let Created { shown, is_new, .. } = create::<C>(cx, tenant, data, &projection).await?;
                Ok(Some(Done { shown, is_new }))
            }
            BulkMethod::Put => Ok(changed(replace::<C>(cx, tenant, target, data, &projection).await?)),
            BulkMethod::Patch => Ok(changed(patch::<C>(cx, tenant, target, data, &projection).await?)),
            BulkMethod::Delete => {
                delete::<C>(cx, tenant, target).await?;
                Ok(None)
            }
        }
    }
}

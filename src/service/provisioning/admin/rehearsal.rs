//! Requests tried out: run on the organization's own data in one transaction that is undone at the end. A check leaves
//! nothing behind, and a preview shows what would change before it does.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{AdminError, target::Target};
use crate::{
    model::ids::ScimApiKeyId,
    scim::{
        dialect::{rewrite_body, rewrite_patch},
        list::Query,
        patch::Patch,
        projection::Projection,
    },
    service::{
        Context, new_id,
        provisioning::{
            Collection, Groups, ProvisioningError, ScimTenant, Shown, Users,
            collection::{Change, Changed, Made, show},
            search::list_within,
        },
    },
    store::{
        StoreError, Tx, audit_log_events, organizations::Organization, scim_connections::ScimConnection,
    },
};

/// A request as a provider would send it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsed {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: String,
    /// Below the address of the SCIM server: `/Users`, `/Groups/{id}`, with a query for a GET of a collection.
    pub path: String,
    /// The body.
    pub body: Value,
}

/// What a request would have got.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status on the wire.
    pub status: u16,
    /// The resource, the list of resources, or the sentence of a refusal.
    pub body: Value,
}

/// A request that was tried, with its answer and the names of the events that it would have caused.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// What it would have got.
    pub answer: Answer,
    /// Such as `user.deactivated`, with the id of the resource.
    pub events: Vec<(String, String)>,
}

/// A script: asked for the next request with what the ones before have got, until it has no more.
pub type Script = dyn Fn(&[Tried]) -> Option<Rehearsed> + Send + Sync;

/// So long at most is everybody's writing kept waiting by what is tried out.
const LIMIT: Duration = Duration::from_secs(2);

/// What each of some requests would get, one after the other, the ones before counted in.
pub(in crate::service) async fn rehearse_all(
    cx: &Context,
    target: &Target,
    requests: Vec<Rehearsed>,
) -> Result<Vec<Answer>, AdminError> {
    let script: Box<Script> = Box::new(move |tried: &[Tried]| requests.get(tried.len()).cloned());
    let tried = rehearse(cx, target.organization.clone(), target.connection.clone(), "", script).await?;
    Ok(tried.into_iter().map(|tried| tried.answer).collect())
}

/// Runs a script against a connection, and undoes it.
pub(super) async fn rehearse(
    cx: &Context,
    organization: Organization,
    connection: ScimConnection,
    base: &str,
    script: Box<Script>,
) -> Result<Vec<Tried>, AdminError> {
    let _turn = cx.provisioning.sandbox_turn().await;
    let (context, base) = (cx.clone(), base.to_owned());
    let tried = cx.store.try_out(move |tx| {
        let key = new_id!(context, ScimApiKeyId);
        let tenant = ScimTenant::rehearsing(tx, &organization, &connection, key, &base)?;
        let (mut tried, begun): (Vec<Tried>, _) = (Vec::new(), Instant::now());
        while let Some(request) = script(&tried) {
            if begun.elapsed() > LIMIT {
                return Err(AdminError::Invalid(format!(
                    "this takes too long to be tried out at once; the first {} entries took all the time there is",
                    tried.len()
                )));
            }
            let tenant = tenant.in_request(&format!("{}-{}", tenant.request_id(), tried.len()));
            tried.push(attempt(tx, &context, &tenant, &request)?);
        }
        Ok(tried)
    });
    tried.await
}

fn attempt(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    request: &Rehearsed,
) -> Result<Tried, StoreError> {
    let since = cx.now();
    let outcome = tx.savepoint(|tx| dispatch(tx, cx, tenant, request));
    let answer = match outcome {
        Ok(answer) => answer,
        Err(ProvisioningError::Store(error)) => return Err(error),
        Err(refusal) => Answer { status: status_of(&refusal), body: Value::from(refusal.to_string()) },
    };
    let events = audit_log_events::of_request(tx, &tenant.organization.id, tenant.request_id(), since)?;
    let events = events.into_iter().map(|event| (event.event_name, event.resource_id)).collect();
    Ok(Tried { answer, events })
}

fn dispatch(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    request: &Rehearsed,
) -> Result<Answer, ProvisioningError> {
    let (path, query) = request.path.split_once('?').unwrap_or((request.path.as_str(), ""));
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let (collection, id) = (parts.next().unwrap_or_default(), parts.next());
    match collection.to_ascii_lowercase().as_str() {
        "users" => single::<Users>(tx, cx, tenant, request, id, query),
        "groups" => single::<Groups>(tx, cx, tenant, request, id, query),
        _ => Err(ProvisioningError::NotFound),
    }
}

fn single<C: Collection>(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    request: &Rehearsed,
    id: Option<&str>,
    query: &str,
) -> Result<Answer, ProvisioningError> {
    let resource_type = C::resource_type(tenant.catalog);
    let mut body = request.body.clone();
    match (request.method.to_ascii_uppercase().as_str(), id) {
        ("GET", None) => {
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let found = list_within::<C>(tx, cx, tenant, &Query::from_pairs(&pairs)?)?;
            Ok(Answer { status: 200, body: found.items.into_iter().map(|shown| shown.body).collect() })
        }
        ("GET", Some(id)) => {
            let row = C::find(tx, tenant, id)?;
            answered::<C>(tx, tenant, row, 200)
        }
        ("POST", None) => {
            tenant.hear(|| rewrite_body(resource_type, &mut body));
            let draft = C::draft(tenant.catalog, &body)?;
            match C::create(tx, cx, tenant, &C::new_id(cx), &draft)? {
                Changed::Done(Made { row, is_new, .. }) => {
                    answered::<C>(tx, tenant, row, if is_new { 201 } else { 200 })
                }
                Changed::Held(_) => Ok(HELD),
            }
        }
        ("PUT", Some(id)) => {
            tenant.hear(|| rewrite_body(resource_type, &mut body));
            changed::<C>(tx, cx, tenant, id, &Change::replace(body))
        }
        ("PATCH", Some(id)) => {
            tenant.hear(|| rewrite_patch(resource_type, id, &mut body));
            let patch = Patch::parse(resource_type, &body)?;
            tenant.tolerate(patch.tolerated())?;
            changed::<C>(tx, cx, tenant, id, &Change::Patch(patch))
        }
        ("DELETE", Some(id)) => {
            let before = C::lock(tx, tenant, id)?;
            Ok(match C::delete(tx, cx, tenant, before)? {
                Changed::Done(()) => Answer { status: 204, body: Value::Null },
                Changed::Held(_) => Answer { status: 429, body: Value::Null },
            })
        }
        _ => Err(ProvisioningError::NotFound),
    }
}

fn changed<C: Collection>(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    change: &Change,
) -> Result<Answer, ProvisioningError> {
    let met = C::meet(tx, tenant, id, change)?;
    let before = C::lock(tx, tenant, id)?;
    match C::change(tx, cx, tenant, before, (change, &met))? {
        Changed::Done(row) => answered::<C>(tx, tenant, row, 200),
        Changed::Held(_) => Ok(HELD),
    }
}

/// The answer to a change that waits for an administrator.
const HELD: Answer = Answer { status: 429, body: Value::Null };

fn answered<C: Collection>(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    row: C::Row,
    status: u16,
) -> Result<Answer, ProvisioningError> {
    let whole = Projection::default();
    let (beside, _) = C::gather_one(tx, tenant, &row, &whole)?;
    let shown = show::<C>(tenant, &[row], &beside, &whole)?.pop();
    Ok(Answer { status, body: shown.map_or(Value::Null, |shown: Shown| shown.body) })
}

/// The status that the refusal has on the wire.
fn status_of(refusal: &ProvisioningError) -> u16 {
    match refusal {
        ProvisioningError::NotFound => 404,
        ProvisioningError::Conflict(_) | ProvisioningError::DeactivatedByAdministrator => 409,
        ProvisioningError::Stale => 412,
        ProvisioningError::TooLarge(_) => 413,
        ProvisioningError::Held(_) => 429,
        ProvisioningError::Store(_) => 500,
        _ => 400,
    }
}

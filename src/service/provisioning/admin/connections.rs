//! SCIM connections of an organization.

use serde_json::{Value, json};

pub use crate::store::scim_connections::ScimConnection;

use super::{AdminError, Verdict, display_name};
use crate::{
    model::{
        ConnectionStatus,
        ids::{OrganizationId, ProjectId, ScimConnectionId},
    },
    scim::dialect::Provider,
    service::{
        Actor, Change, Context, new_id,
        provisioning::{hold, tenant::UNKNOWN_PROVIDER},
        record::record,
    },
    store::{
        StoreError, Tx,
        organizations::{self, Organization},
        scim_connections, scim_schemas,
    },
};

/// Requests a second of a connection that names no number: far above what a provider sends (Entra asks for 25), and low
/// enough that a broken one is stopped.
pub const REQUESTS_PER_SECOND: i64 = 10_000;

/// What can be changed of a connection; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ConnectionUpdate {
    /// For people.
    pub display_name: Option<String>,
    /// Switched on or off; takes effect with the next request.
    pub enabled: Option<bool>,
    /// Whether the dialects keep silent.
    pub strict: Option<bool>,
    /// Whose requests come; `generic` is found out again.
    pub provider: Option<String>,
    /// Whether mass deactivations wait for an administrator.
    pub hold_enabled: Option<bool>,
    /// So many deactivations within an hour are too many; 0 is a tenth of the users, and 50 at the least.
    pub hold_threshold: Option<i64>,
    /// Requests a second.
    pub requests_per_second: Option<i64>,
}

/// Makes a connection of an organization. The first one is the default.
pub async fn create(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    name: &str,
) -> Result<ScimConnection, AdminError> {
    let name = display_name(name)?;
    let (cx_, actor, project, organization) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone());
    cx.store
        .write(move |tx| {
            let organization = organizations::find(tx, &project, &organization)?
                .ok_or(AdminError::NotFound("organization"))?;
            Ok(add(tx, &cx_, &actor, &organization, &name, ConnectionStatus::Enabled)?)
        })
        .await
}

/// The same within a transaction. A draft is nobody's default: tokens without a connection of their own would be made for
/// it.
pub(in crate::service) fn add(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    organization: &Organization,
    name: &str,
    status: ConnectionStatus,
) -> Result<ScimConnection, StoreError> {
    let now = cx.now();
    let schemas = scim_schemas::list(tx, &organization.id)?.len();
    let connection = ScimConnection {
        id: new_id!(cx, ScimConnectionId),
        organization_id: organization.id.clone(),
        display_name: name.to_owned(),
        status,
        is_default: status == ConnectionStatus::Enabled
            && scim_connections::find_default(tx, &organization.id)?.is_none(),
        strict: false,
        provider: UNKNOWN_PROVIDER.into(),
        hold_enabled: false,
        hold_threshold: 0,
        held_until: None,
        created_at: now,
        updated_at: now,
        requests_per_second: REQUESTS_PER_SECOND,
        custom_schemas: i64::try_from(schemas).unwrap_or(i64::MAX),
        alarmed_at: None,
        released_until: None,
    };
    scim_connections::insert(tx, &connection)?;
    tell(tx, cx, actor, &organization.project_id, "scim_connection.created", None, &connection)?;
    Ok(connection)
}

/// The organization's connections, the default one first.
pub async fn list(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<ScimConnection>, AdminError> {
    let (project, organization) = (project.clone(), organization.clone());
    cx.store
        .read(move |tx| {
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
            Ok(scim_connections::list(tx, &organization)?)
        })
        .await
}

/// Changes a connection.
pub async fn update(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimConnectionId,
    update: ConnectionUpdate,
) -> Result<ScimConnection, AdminError> {
    check(&update)?;
    change(cx, actor, project, organization, id, move |tx, cx, actor, project, before| {
        // What a set-up link may have changed a moment ago goes live only as it was looked at.
        if before.status == ConnectionStatus::Draft && update.enabled == Some(true) {
            let why = "a draft is put into use with `vestibule scim-connection activate`";
            return Err(AdminError::Invalid(why.into()));
        }
        let mut connection = before.clone();
        apply(&mut connection, &update);
        Ok(write(tx, cx, actor, project, &before, connection)?)
    })
    .await
}

/// Puts a connection into use that is locked.
pub(in crate::service) fn enable(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    before: &ScimConnection,
) -> Result<ScimConnection, StoreError> {
    let connection = ScimConnection { status: ConnectionStatus::Enabled, ..before.clone() };
    write(tx, cx, actor, project, before, connection)
}

fn write(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    before: &ScimConnection,
    mut connection: ScimConnection,
) -> Result<ScimConnection, StoreError> {
    if connection.status == ConnectionStatus::Enabled && !connection.is_default {
        connection.is_default = scim_connections::find_default(tx, &connection.organization_id)?.is_none();
    }
    connection.updated_at = cx.now();
    scim_connections::update(tx, &connection)?;
    tell(tx, cx, actor, project, "scim_connection.updated", Some(before), &connection)?;
    Ok(connection)
}

/// Ends a hold.
pub async fn end_hold(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimConnectionId,
    verdict: Verdict,
) -> Result<ScimConnection, AdminError> {
    change(cx, actor, project, organization, id, move |tx, cx, actor, project, before| {
        Ok(hold::end(tx, cx, actor, project, before, verdict)?)
    })
    .await
}

async fn change(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimConnectionId,
    work: impl Fn(&mut Tx<'_>, &Context, &Actor, &ProjectId, ScimConnection) -> Result<ScimConnection, AdminError>
    + Send
    + 'static,
) -> Result<ScimConnection, AdminError> {
    let (cx_, actor, project, organization, id) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone(), id.clone());
    cx.store
        .write(move |tx| {
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
            let before = scim_connections::lock(tx, &organization, &id)?
                .ok_or(AdminError::NotFound("SCIM connection"))?;
            work(tx, &cx_, &actor, &project, before)
        })
        .await
}

fn check(update: &ConnectionUpdate) -> Result<(), AdminError> {
    if let Some(name) = &update.display_name {
        display_name(name)?;
    }
    if let Some(provider) = &update.provider
        && provider != UNKNOWN_PROVIDER
        && Provider::parse(provider).is_none()
    {
        let known: Vec<&str> = Provider::ALL.into_iter().map(Provider::as_str).collect();
        return Err(AdminError::Invalid(format!("the provider is generic or one of {}", known.join(", "))));
    }
    if update.requests_per_second.is_some_and(|rate| !(25..=1_000_000).contains(&rate)) {
        return Err(AdminError::Invalid("the rate is 25 to 1000000 requests a second".into()));
    }
    if update.hold_threshold.is_some_and(|threshold| threshold < 0) {
        return Err(AdminError::Invalid("the threshold of a hold is not negative".into()));
    }
    Ok(())
}

fn apply(connection: &mut ScimConnection, update: &ConnectionUpdate) {
    if let Some(name) = &update.display_name {
        connection.display_name = name.trim().to_owned();
    }
    if let Some(enabled) = update.enabled {
        // A draft that is switched off stays a draft: the tokens of its link end with the link, and it is looked at again
        // before it goes live.
        connection.status = match (enabled, connection.status) {
            (true, _) => ConnectionStatus::Enabled,
            (false, ConnectionStatus::Draft) => ConnectionStatus::Draft,
            (false, _) => ConnectionStatus::Disabled,
        };
    }
    connection.strict = update.strict.unwrap_or(connection.strict);
    if let Some(provider) = &update.provider {
        connection.provider.clone_from(provider);
    }
    connection.hold_enabled = update.hold_enabled.unwrap_or(connection.hold_enabled);
    connection.hold_threshold = update.hold_threshold.unwrap_or(connection.hold_threshold);
    connection.requests_per_second = update.requests_per_second.unwrap_or(connection.requests_per_second);
}

pub(in crate::service) fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    event: &'static str,
    before: Option<&ScimConnection>,
    after: &ScimConnection,
) -> Result<(), StoreError> {
    let change = Change {
        project,
        organization: Some(&after.organization_id),
        event,
        resource: after.id.as_str(),
        before: before.map(state),
        after: Some(state(after)),
    };
    record(tx, cx, actor, &change)
}

fn state(connection: &ScimConnection) -> Value {
    json!({
        "id": connection.id,
        "displayName": connection.display_name,
        "status": connection.status.as_str(),
        "strict": connection.strict,
        "provider": connection.provider,
        "holdEnabled": connection.hold_enabled,
        "holdThreshold": connection.hold_threshold,
        "requestsPerSecond": connection.requests_per_second,
    })
}

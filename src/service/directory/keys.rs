//! Bearer tokens: of SCIM connections, and of the host app's back end.

use serde_json::json;

use super::{DirectoryError, display_name};
use crate::{
    model::{
        ConnectionStatus,
        ids::{BackendApiKeyId, OrganizationId, ProjectId, ScimApiKeyId, ScimConnectionId},
        secret::Secret,
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        StoreError, Tx,
        backend_api_keys::{self, BackendApiKey},
        organizations::{self, Organization},
        projects,
        scim_connections::{self, ScimApiKey, ScimConnection},
    },
};

/// Makes a SCIM bearer token for the organization's default connection, which is made with the first token.
/// The token is shown this once.
pub async fn create_scim_api_key(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    name: &str,
) -> Result<(ScimApiKey, Secret), DirectoryError> {
    let name = display_name(name)?;
    let token = Secret::random("vestibule_scim_", &*cx.rng);
    let (project, organization) = (project.clone(), organization.clone());
    let (context, actor, shown) = (cx.clone(), actor.clone(), token.clone());
    let key = cx
        .store
        .write(move |tx| {
            let organization = organizations::find(tx, &project, &organization)?
                .ok_or(DirectoryError::NotFound("organization"))?;
            let connection = default_connection(tx, &context, &actor, &organization)?;
            let now = context.now();
            let key = ScimApiKey {
                id: new_id!(context, ScimApiKeyId),
                organization_id: organization.id.clone(),
                scim_connection_id: connection.id,
                display_name: name.clone(),
                token_hash: token.hash(),
                token_suffix: token.suffix(),
                expires_at: None,
                last_used_at: None,
                revoked_at: None,
                created_at: now,
                updated_at: now,
            };
            scim_connections::insert_key(tx, &key)?;
            let change = Change {
                project: &project,
                organization: Some(&organization.id),
                event: "scim_api_key.created",
                resource: key.id.as_str(),
                before: None,
                after: Some(json!({ "id": key.id, "displayName": key.display_name })),
            };
            record(tx, &context, &actor, &change)?;
            Ok::<_, DirectoryError>(key)
        })
        .await?;
    Ok((key, shown))
}

fn default_connection(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    organization: &Organization,
) -> Result<ScimConnection, StoreError> {
    if let Some(connection) = scim_connections::find_default(tx, &organization.id)? {
        return Ok(connection);
    }
    let now = cx.now();
    let connection = ScimConnection {
        id: new_id!(cx, ScimConnectionId),
        organization_id: organization.id.clone(),
        display_name: "SCIM".into(),
        status: ConnectionStatus::Enabled,
        is_default: true,
        strict: false,
        provider: "generic".into(),
        hold_enabled: false,
        hold_threshold: 0,
        held_until: None,
        created_at: now,
        updated_at: now,
    };
    scim_connections::insert(tx, &connection)?;
    let change = Change {
        project: &organization.project_id,
        organization: Some(&organization.id),
        event: "scim_connection.created",
        resource: connection.id.as_str(),
        before: None,
        after: Some(json!({ "id": connection.id, "displayName": connection.display_name })),
    };
    record(tx, cx, actor, &change)?;
    Ok(connection)
}

/// Makes a key for the host app's back end. It is shown this once.
pub async fn create_backend_api_key(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    name: &str,
) -> Result<(BackendApiKey, Secret), DirectoryError> {
    let secret = Secret::random("vestibule_backend_", &*cx.rng);
    let key = BackendApiKey {
        id: new_id!(cx, BackendApiKeyId),
        project_id: project.clone(),
        display_name: display_name(name)?,
        secret_hash: secret.hash(),
        secret_suffix: secret.suffix(),
        created_at: cx.now(),
        last_used_at: None,
        revoked_at: None,
    };
    let (context, actor) = (cx.clone(), actor.clone());
    let key = cx
        .store
        .write(move |tx| {
            projects::find(tx, &key.project_id)?.ok_or(DirectoryError::NotFound("project"))?;
            backend_api_keys::insert(tx, &key)?;
            let change = Change {
                project: &key.project_id,
                organization: None,
                event: "backend_api_key.created",
                resource: key.id.as_str(),
                before: None,
                after: Some(json!({ "id": key.id, "displayName": key.display_name })),
            };
            record(tx, &context, &actor, &change)?;
            Ok::<_, DirectoryError>(key.clone())
        })
        .await?;
    Ok((key, secret))
}

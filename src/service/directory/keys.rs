//! Bearer tokens: of SCIM connections, and of the host app's back end.

use serde_json::json;

use super::{DirectoryError, display_name};
use crate::{
    model::{
        ids::{BackendApiKeyId, OrganizationId, ProjectId},
        secret::Secret,
    },
    service::{
        Actor, Change, Context, new_id,
        provisioning::admin::{
            AdminError,
            keys::{self, NewKey},
        },
        record::record,
    },
    store::{
        Tx,
        backend_api_keys::{self, BackendApiKey},
        projects,
        scim_connections::ScimApiKey,
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
    let new = NewKey { name: name.to_owned(), ..NewKey::default() };
    keys::create(cx, actor, project, organization, new).await.map_err(|error| match error {
        AdminError::NotFound(what) => DirectoryError::NotFound(what),
        AdminError::Store(error) => error.into(),
        other => DirectoryError::Invalid(other.to_string()),
    })
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

/// The keys of the host app's back end, ended ones as well, oldest first.
pub async fn list_backend_api_keys(
    cx: &Context,
    project: &ProjectId,
) -> Result<Vec<BackendApiKey>, DirectoryError> {
    let project = project.clone();
    let list = move |tx: &mut Tx<'_>| {
        projects::find(tx, &project)?.ok_or(DirectoryError::NotFound("project"))?;
        Ok(backend_api_keys::list(tx, &project)?)
    };
    cx.store.read(list).await
}

/// Ends a key of the host app's back end, from the next request on.
pub async fn revoke_backend_api_key(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &BackendApiKeyId,
) -> Result<(), DirectoryError> {
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), id.clone());
    let write = move |tx: &mut Tx<'_>| {
        let key = backend_api_keys::find(tx, &project, &id)?;
        let key = key.ok_or(DirectoryError::NotFound("back-end key"))?;
        if !backend_api_keys::revoke(tx, &project, &id, own.now())? {
            return Err(DirectoryError::Exists("the key has ended".into()));
        }
        let change = Change {
            project: &project,
            organization: None,
            event: "backend_api_key.revoked",
            resource: key.id.as_str(),
            before: Some(json!({ "id": key.id, "displayName": key.display_name })),
            after: None,
        };
        Ok(record(tx, &own, &actor, &change)?)
    };
    cx.store.write(write).await
}

//! Bearer tokens of SCIM connections: several live side by side, so that one can be put in the place of another.

use serde_json::json;

use super::{AdminError, connections, display_name};
use crate::{
    model::{
        ConnectionStatus, Millis, Timestamp,
        ids::{OrganizationId, ProjectId, ScimApiKeyId, ScimConnectionId, ScimOauthClientId},
        secret::Secret,
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        StoreError, Tx,
        organizations::{self, Organization},
        scim_connections::{self, ScimApiKey},
    },
};

/// How long before its end a token is announced to the host app.
const WARN_BEFORE: Millis = 14 * 24 * 60 * 60 * 1000;
/// How many are announced in one go.
const PORTION: i64 = 100;

/// A token to be.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// To tell it by.
    pub name: String,
    /// The connection; the organization's default one, made if there is none, where it is not named.
    pub connection: Option<ScimConnectionId>,
    /// When it ends; never where it is not named.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token. It is shown this once.
pub async fn create(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    new: NewKey,
) -> Result<(ScimApiKey, Secret), AdminError> {
    let name = display_name(&new.name)?;
    if new.expires_at.is_some_and(|end| end <= cx.now()) {
        return Err(AdminError::Invalid("the token would have expired already".into()));
    }
    let token = new_token(cx);
    let shown = token.clone();
    let (cx_, actor, project, organization) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone());
    let key = cx.store.write(move |tx| {
        let organization =
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
        let connection = match &new.connection {
            Some(id) => scim_connections::find(tx, &organization.id, id)?
                .ok_or(AdminError::NotFound("SCIM connection"))?,
            None => match scim_connections::find_default(tx, &organization.id)? {
                Some(connection) => connection,
                None => connections::add(tx, &cx_, &actor, &organization, "SCIM", ConnectionStatus::Enabled)?,
            },
        };
        let key = row(&cx_, &organization.id, connection.id, &name, &token, new.expires_at, None);
        add(tx, &cx_, &actor, &organization, &key)?;
        Ok::<_, AdminError>(key)
    });
    Ok((key.await?, shown))
}

/// Adds a token within a transaction.
pub(in crate::service) fn add(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    organization: &Organization,
    key: &ScimApiKey,
) -> Result<(), StoreError> {
    scim_connections::insert_key(tx, key)?;
    tell(tx, cx, actor, organization, "scim_api_key.created", key)
}

/// Ends a token within a transaction. Returns whether it had not ended before.
pub(in crate::service) fn end(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimApiKeyId,
) -> Result<bool, StoreError> {
    if !scim_connections::revoke_key(tx, organization, id, cx.now())? {
        return Ok(false);
    }
    let change = Change {
        project,
        organization: Some(organization),
        event: "scim_api_key.revoked",
        resource: id.as_str(),
        before: None,
        after: Some(json!({ "id": id })),
    };
    record(tx, cx, actor, &change)?;
    Ok(true)
}

/// A new token, to be known by this.
pub(in crate::service) fn new_token(cx: &Context) -> Secret {
    Secret::random("vestibule_scim_", &*cx.rng)
}

/// The row of a new token.
pub(in crate::service) fn row(
    cx: &Context,
    organization: &OrganizationId,
    connection: ScimConnectionId,
    name: &str,
    token: &Secret,
    expires_at: Option<Timestamp>,
    client: Option<ScimOauthClientId>,
) -> ScimApiKey {
    let now = cx.now();
    ScimApiKey {
        id: new_id!(cx, ScimApiKeyId),
        organization_id: organization.clone(),
        scim_connection_id: connection,
        display_name: name.to_owned(),
        token_hash: token.hash(),
        token_suffix: token.suffix(),
        expires_at,
        last_used_at: None,
        revoked_at: None,
        created_at: now,
        updated_at: now,
        scim_oauth_client_id: client,
        warned_at: None,
        setup_link_id: None,
    }
}

/// The organization's tokens, newest first, without the secrets.
pub async fn list(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<ScimApiKey>, AdminError> {
    let (project, organization) = (project.clone(), organization.clone());
    cx.store
        .read(move |tx| {
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
            Ok(scim_connections::keys(tx, &organization)?)
        })
        .await
}

/// Ends a token, at once.
pub async fn revoke(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimApiKeyId,
) -> Result<(), AdminError> {
    let (cx_, actor, project, organization, id) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone(), id.clone());
    cx.store
        .write(move |tx| {
            let organization = organizations::find(tx, &project, &organization)?
                .ok_or(AdminError::NotFound("organization"))?;
            if end(tx, &cx_, &actor, &project, &organization.id, &id)? {
                Ok(())
            } else {
                Err(AdminError::NotFound("live SCIM token"))
            }
        })
        .await
}

/// Announces the tokens that end soon, each once. Returns how many.
pub async fn warn_of_expiry(cx: &Context) -> Result<usize, StoreError> {
    let now = cx.now();
    let before = now.plus(WARN_BEFORE);
    let ending = cx.store.read(move |tx| scim_connections::keys_to_warn_of(tx, now, before, PORTION)).await?;
    let count = ending.len();
    for (key, organization) in ending {
        let cx_ = cx.clone();
        let warn = move |tx: &mut Tx<'_>| {
            // Another node may have been first.
            if scim_connections::mark_warned(tx, &key.id, now)? {
                tell(tx, &cx_, &Actor::system(), &organization, "scim_api_key.expiring", &key)?;
            }
            Ok::<_, StoreError>(())
        };
        cx.store.write(warn).await?;
    }
    Ok(count)
}

fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    organization: &Organization,
    event: &'static str,
    key: &ScimApiKey,
) -> Result<(), StoreError> {
    let state = json!({
        "id": key.id, "displayName": key.display_name, "scimConnectionId": key.scim_connection_id,
        "expireTime": key.expires_at,
    });
    let change = Change {
        project: &organization.project_id,
        organization: Some(&organization.id),
        event,
        resource: key.id.as_str(),
        before: None,
        after: Some(state),
    };
    record(tx, cx, actor, &change)
}

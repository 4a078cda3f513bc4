//! OAuth client credentials for SCIM (RFC 6749 section 4.4), as Entra's catalogue asks for them: a client of one
//! connection fetches short-lived tokens.

use serde_json::json;

use super::{AdminError, display_name, keys};
use crate::{
    model::{
        Millis,
        ids::{OrganizationId, ProjectId, ScimConnectionId, ScimOauthClientId},
        secret::Secret,
    },
    service::{Actor, Change, Context, new_id, provisioning::tenant::is_on, record::record},
    store::{
        StoreError, Tx, organizations, scim_connections,
        scim_oauth_clients::{self, ScimOauthClient},
    },
};

/// How long a fetched token lives.
const TOKEN_LIFETIME: Millis = 60 * 60 * 1000;

/// A token that was fetched.
#[derive(Debug, Clone)]
pub struct FetchedToken {
    /// The token.
    pub token: Secret,
    /// How many seconds it lives.
    pub expires_in: i64,
    /// The organization, for the log line.
    pub organization: OrganizationId,
}

/// Why no token is given.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    /// No such client, another secret, another project's, or one that was ended. The caller learns no more.
    #[error("the client could not be authenticated")]
    UnknownClient,
    /// The client is good, but provisioning is switched off for the connection or the organization.
    #[error("provisioning is switched off for this organization")]
    SwitchedOff,
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

/// Makes a client of a connection. Its secret is shown this once.
pub async fn create_client(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    name: &str,
) -> Result<(ScimOauthClient, Secret), AdminError> {
    let secret = Secret::random("vestibule_scim_client_", &*cx.rng);
    let client = ScimOauthClient {
        id: new_id!(cx, ScimOauthClientId),
        organization_id: organization.clone(),
        scim_connection_id: connection.clone(),
        display_name: display_name(name)?,
        secret_hash: secret.hash(),
        secret_suffix: secret.suffix(),
        revoked_at: None,
        created_at: cx.now(),
    };
    let (cx_, actor, project) = (cx.clone(), actor.clone(), project.clone());
    let made = cx.store.write(move |tx| {
        organizations::find(tx, &project, &client.organization_id)?
            .ok_or(AdminError::NotFound("organization"))?;
        scim_connections::find(tx, &client.organization_id, &client.scim_connection_id)?
            .ok_or(AdminError::NotFound("SCIM connection"))?;
        scim_oauth_clients::insert(tx, &client)?;
        let change = Change {
            project: &project,
            organization: Some(&client.organization_id),
            event: "scim_oauth_client.created",
            resource: client.id.as_str(),
            before: None,
            after: Some(json!({ "id": client.id, "displayName": client.display_name })),
        };
        record(tx, &cx_, &actor, &change)?;
        Ok::<_, AdminError>(client.clone())
    });
    Ok((made.await?, secret))
}

/// The organization's clients, ended ones as well, oldest first.
pub async fn list_clients(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<ScimOauthClient>, AdminError> {
    let (project, organization) = (project.clone(), organization.clone());
    let list = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
        Ok(scim_oauth_clients::list(tx, &organization)?)
    };
    cx.store.read(list).await
}

/// Ends a client and every token that it has fetched, at once.
pub async fn revoke_client(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimOauthClientId,
) -> Result<(), AdminError> {
    let (cx_, actor, project, organization, id) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone(), id.clone());
    cx.store
        .write(move |tx| {
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
            if !scim_oauth_clients::revoke(tx, &organization, &id, cx_.now())? {
                return Err(AdminError::NotFound("live SCIM client"));
            }
            scim_oauth_clients::revoke_tokens(tx, &id, cx_.now())?;
            let change = Change {
                project: &project,
                organization: Some(&organization),
                event: "scim_oauth_client.revoked",
                resource: id.as_str(),
                before: None,
                after: Some(json!({ "id": id })),
            };
            Ok(record(tx, &cx_, &actor, &change)?)
        })
        .await
}

/// Gives a token for a client's credentials. The project is that of the host that was called, and must be the client's.
pub async fn fetch_token(
    cx: &Context,
    project: &ProjectId,
    client_id: &str,
    secret: &Secret,
) -> Result<FetchedToken, TokenRefusal> {
    let id = ScimOauthClientId::parse(client_id).map_err(|_| TokenRefusal::UnknownClient)?;
    let hash = secret.hash();
    let found = cx.store.read(move |tx| scim_oauth_clients::find_live(tx, &id, &hash)).await?;
    let (client, connection, organization) = found.ok_or(TokenRefusal::UnknownClient)?;
    if organization.project_id != *project {
        return Err(TokenRefusal::UnknownClient);
    }
    if !is_on(&organization, &connection) {
        return Err(TokenRefusal::SwitchedOff);
    }
    let token = keys::new_token(cx);
    let until = cx.now().plus(TOKEN_LIFETIME);
    let name = client.display_name.clone();
    let client = client.id;
    let key =
        keys::row(cx, &organization.id, connection.id, &name, &token, Some(until), Some(client.clone()));
    let (cx_, project, organization_id) = (cx.clone(), project.clone(), organization.id.clone());
    cx.store
        .write(move |tx| {
            // It may have been ended since it was read, with every token that it had by then (R20).
            if !scim_oauth_clients::lock_live(tx, &client)? {
                return Err(TokenRefusal::UnknownClient);
            }
            scim_connections::insert_key(tx, &key)?;
            let change = Change {
                project: &project,
                organization: Some(&organization_id),
                event: "scim_api_key.fetched",
                resource: key.id.as_str(),
                before: None,
                after: Some(
                    json!({ "id": key.id, "scimOauthClientId": client, "expireTime": key.expires_at }),
                ),
            };
            Ok(record(tx, &cx_, &Actor::system(), &change)?)
        })
        .await?;
    Ok(FetchedToken { token, expires_in: TOKEN_LIFETIME / 1000, organization: organization.id })
}

//! OAuth clients: host apps.

use serde_json::json;
use url::Url;

use super::{DirectoryError, display_name};
use crate::{
    model::{
        Millis, SigningAlgorithm, TokenEndpointAuthMethod,
        ids::{OauthClientId, OauthClientSecretId, ProjectId},
        secret::Secret,
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        Tx,
        oauth_clients::{self, OauthClient, OauthClientSecret, OauthRedirectUri},
        projects,
    },
};

/// A client to be.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// For people.
    pub display_name: String,
    /// Where browsers may be sent back to: compared to the letter.
    pub redirect_uris: Vec<String>,
    /// Where a login is begun that started at an identity provider (OpenID Connect Core section 4).
    pub initiate_login_uri: Option<String>,
    /// How it proves itself at the token endpoint.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// What its ID tokens are signed with.
    pub id_token_alg: SigningAlgorithm,
}

/// Makes a client, and its secret unless it is a public one. The secret is shown this once.
pub async fn create_client(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    new: NewClient,
) -> Result<(OauthClient, Option<Secret>), DirectoryError> {
    let now = cx.now();
    if new.redirect_uris.is_empty() {
        return Err(DirectoryError::Invalid("a client needs a redirect URI".into()));
    }
    new.redirect_uris.iter().try_for_each(|uri| check_redirect_uri(uri))?;
    if let Some(uri) = &new.initiate_login_uri {
        check_initiate_login_uri(uri)?;
    }
    let client = OauthClient {
        id: new_id!(cx, OauthClientId),
        project_id: project.clone(),
        display_name: display_name(&new.display_name)?,
        token_endpoint_auth_method: new.token_endpoint_auth_method,
        id_token_alg: new.id_token_alg,
        initiate_login_uri: new.initiate_login_uri.clone(),
        created_at: now,
        updated_at: now,
        revoked_at: None,
    };
    let secret = (new.token_endpoint_auth_method != TokenEndpointAuthMethod::None)
        .then(|| Secret::random("vestibule_client_", &*cx.rng));
    let (context, actor, shown) = (cx.clone(), actor.clone(), secret.clone());
    let client = cx
        .store
        .write(move |tx| {
            projects::find(tx, &client.project_id)?.ok_or(DirectoryError::NotFound("project"))?;
            oauth_clients::insert(tx, &client)?;
            for uri in &new.redirect_uris {
                let row = OauthRedirectUri {
                    client_id: client.id.clone(),
                    kind: "redirect".into(),
                    uri: uri.clone(),
                    project_id: client.project_id.clone(),
                };
                oauth_clients::insert_redirect_uri(tx, &row)?;
            }
            if let Some(secret) = &secret {
                oauth_clients::insert_secret(tx, &secret_row(&context, &client, secret))?;
            }
            let change = Change {
                project: &client.project_id,
                organization: None,
                event: "oauth_client.created",
                resource: client.id.as_str(),
                before: None,
                after: Some(json!({
                    "id": client.id, "displayName": client.display_name, "redirectUris": new.redirect_uris,
                })),
            };
            record(tx, &context, &actor, &change)?;
            Ok::<_, DirectoryError>(client.clone())
        })
        .await?;
    Ok((client, shown))
}

/// The project's clients, oldest first, each with its redirect URIs.
pub async fn list_clients(
    cx: &Context,
    project: &ProjectId,
) -> Result<Vec<(OauthClient, Vec<String>)>, DirectoryError> {
    let project = project.clone();
    let list = move |tx: &mut Tx<'_>| {
        projects::find(tx, &project)?.ok_or(DirectoryError::NotFound("project"))?;
        let mut listed = Vec::new();
        for client in oauth_clients::list(tx, &project)? {
            let uris = oauth_clients::redirect_uris(tx, &project, &client.id)?;
            listed.push((client, uris));
        }
        Ok(listed)
    };
    cx.store.read(list).await
}

/// Registers another redirect URI of a client. Whether it was not registered yet.
pub async fn add_redirect_uri(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    client: &OauthClientId,
    uri: &str,
) -> Result<bool, DirectoryError> {
    check_redirect_uri(uri)?;
    let (own, actor, project) = (cx.clone(), actor.clone(), project.clone());
    let (id, uri) = (client.clone(), uri.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let client = oauth_clients::find(tx, &project, &id)?.ok_or(DirectoryError::NotFound("client"))?;
        let before = oauth_clients::redirect_uris(tx, &project, &id)?;
        if before.contains(&uri) {
            return Ok(false);
        }
        let row = OauthRedirectUri {
            client_id: id.clone(),
            kind: "redirect".into(),
            uri: uri.clone(),
            project_id: project.clone(),
        };
        oauth_clients::insert_redirect_uri(tx, &row)?;
        let view = |uris: &[String]| json!({ "id": client.id, "displayName": client.display_name, "redirectUris": uris });
        let after = oauth_clients::redirect_uris(tx, &project, &id)?;
        let change = Change {
            project: &project,
            organization: None,
            event: "oauth_client.updated",
            resource: client.id.as_str(),
            before: Some(view(&before)),
            after: Some(view(&after)),
        };
        record(tx, &own, &actor, &change)?;
        Ok::<_, DirectoryError>(true)
    };
    cx.store.write(write).await
}

/// Gives a client another secret, shown this once. Those that it has end after `overlap`, or at once where that is 0; a
/// secret that ends earlier anyway keeps its end.
pub async fn rotate_client_secret(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    client: &OauthClientId,
    overlap: Millis,
) -> Result<Secret, DirectoryError> {
    let secret = Secret::random("vestibule_client_", &*cx.rng);
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), client.clone());
    let fresh = secret.clone();
    let write = move |tx: &mut Tx<'_>| {
        let client = oauth_clients::find(tx, &project, &id)?.ok_or(DirectoryError::NotFound("client"))?;
        if client.token_endpoint_auth_method == TokenEndpointAuthMethod::None {
            return Err(DirectoryError::Invalid("a public client has no secret".into()));
        }
        let until = own.now().plus(overlap);
        oauth_clients::limit_secrets(tx, &client.id, until)?;
        oauth_clients::insert_secret(tx, &secret_row(&own, &client, &fresh))?;
        let change = Change {
            project: &project,
            organization: None,
            event: "oauth_client.secret_rotated",
            resource: client.id.as_str(),
            before: None,
            after: Some(json!({
                "id": client.id, "displayName": client.display_name, "oldSecretsEnd": until,
            })),
        };
        Ok(record(tx, &own, &actor, &change)?)
    };
    cx.store.write(write).await?;
    Ok(secret)
}

fn secret_row(cx: &Context, client: &OauthClient, secret: &Secret) -> OauthClientSecret {
    OauthClientSecret {
        id: new_id!(cx, OauthClientSecretId),
        project_id: client.project_id.clone(),
        client_id: client.id.clone(),
        secret_hash: secret.hash(),
        secret_suffix: secret.suffix(),
        created_at: cx.now(),
        expires_at: None,
        revoked_at: None,
    }
}

/// RFC 9700 section 2.1: https, or http on loopback for development; a private-use scheme for native apps
/// (RFC 8252 section 7.1); no fragment. What a browser would run instead of load is refused.
fn check_redirect_uri(text: &str) -> Result<(), DirectoryError> {
    let invalid = |why: &str| DirectoryError::Invalid(format!("the redirect URI {text} {why}"));
    let url = Url::parse(text).map_err(|_| invalid("is not an absolute URI"))?;
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must have no fragment and no user"));
    }
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        scheme if scheme.contains('.') => Ok(()),
        _ => Err(invalid("must be https, http on loopback, or an app's own scheme such as com.example.app")),
    }
}

/// A page of the app that a browser is sent to: as a redirect URI, but never an app's own scheme (OpenID Connect Core
/// section 4 asks for https).
fn check_initiate_login_uri(text: &str) -> Result<(), DirectoryError> {
    check_redirect_uri(text)?;
    if text.starts_with("https://") || text.starts_with("http://") {
        Ok(())
    } else {
        Err(DirectoryError::Invalid(format!("the login address {text} must be https")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_checked() {
        for good in [
            "https://app.example/cb?x=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/",
            "com.example.app:/cb",
        ] {
            assert!(check_redirect_uri(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "http://app.example/cb",
            "https://app.example/cb#f",
            "https://u@app.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
        ] {
            assert!(check_redirect_uri(bad).is_err(), "{bad}");
        }
    }
}

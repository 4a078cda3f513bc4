//! To the identity provider, with a request that the browser's flow remembers.

use super::refusal::{Refusal, SsoError};
use crate::{
    model::{
        ConnectionStatus,
        ids::{LoginFlowId, ProjectId, SamlConnectionId},
        secret::Secret,
    },
    saml::{
        binding::redirect::{self, Parameter},
        request::{AuthnRequest, message_id},
    },
    service::{Context, connections::SpUrls, login},
    store::{Tx, saml_connections},
};

/// The way to the identity provider.
#[derive(Debug, Clone)]
pub struct Departure {
    /// The provider's URL, with our request in it.
    pub location: String,
    /// The organization whose provider it is.
    pub organization: String,
}

/// Sends the browser that holds `nonce` to the connection's provider. Without a flow it begins one of its own, which
/// ends on a page of ours.
pub async fn start(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    connection: &str,
    nonce: &Secret,
    flow: Option<&str>,
) -> Result<Departure, SsoError> {
    let id = SamlConnectionId::parse(connection).map_err(|_| SsoError::NotFound)?;
    let flow = match flow.map(LoginFlowId::parse) {
        Some(Err(_)) => return Err(Refusal::NoLoginInProgress.into()),
        Some(Ok(flow)) => Some(flow),
        None => None,
    };
    let request_id = message_id(&cx.rng.bytes::<20>());
    let (own, project, nonce, wanted) = (cx.clone(), project.clone(), nonce.clone(), request_id.clone());
    let route = move |tx: &mut Tx<'_>| {
        let connection = saml_connections::find_in_project(tx, &project, &id)?.ok_or(SsoError::NotFound)?;
        if connection.status != ConnectionStatus::Enabled || connection.idp_sso_redirect_url.is_none() {
            return Err(Refusal::ConnectionNotUsable.into());
        }
        let mut flow = match &flow {
            Some(flow) => login::of_browser(tx, &own, &project, &nonce, flow)?
                .ok_or(SsoError::Refused(Refusal::NoLoginInProgress))?,
            None => login::begin(tx, &own, &project, &nonce, None)?,
        };
        login::route_to_saml(tx, &own, &mut flow, &connection, &wanted)?;
        Ok::<_, SsoError>((connection, flow))
    };
    let (connection, flow) = cx.store.write(route).await?;

    let destination = connection.idp_sso_redirect_url.unwrap_or_default();
    let urls = SpUrls::new(origin, &connection.id);
    let request = AuthnRequest {
        id: &request_id,
        issue_instant: cx.now().to_datetime(),
        issuer: &urls.entity_id,
        destination: &destination,
        acs_url: &urls.acs_url,
        // max_age too: the provider may not know how long ago the person signed in, but it knows how to ask (R11).
        force_authn: flow.force_authn || connection.force_authn || flow.max_age_s.is_some(),
        name_id_format: None,
        login_hint: None,
    };
    let location = redirect::encode(&destination, Parameter::Request, &request.to_xml(), None)?;
    Ok(Departure { location, organization: connection.organization_id.to_string() })
}

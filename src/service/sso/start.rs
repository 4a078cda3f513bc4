//! To the identity provider, with a request that the browser's flow remembers.

use super::{
    refusal::{Refusal, SsoError},
    wishes::Wishes,
};
use crate::{
    model::{
        ConnectionStatus, EmailAddress,
        ids::{LoginFlowId, ProjectId, SamlConnectionId},
        secret::Secret,
    },
    saml::{
        SigningKey,
        binding::{
            post, query_signature,
            redirect::{self, Parameter},
        },
        request::{AuthnRequest, message_id},
    },
    service::{
        Context,
        connections::{Options, SpUrls, sp_keys},
        login::{self, WayBack},
    },
    store::{
        StoreError, Tx, domains,
        login_flows::LoginFlow,
        saml_connections::{self, SamlConnection},
    },
};

/// The way to the identity provider.
#[derive(Debug, Clone)]
pub struct Departure {
    /// How the request travels.
    pub by: Carrier,
    /// The organization whose provider it is.
    pub organization: String,
}

/// How a message travels (Bindings 3.4, 3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// In this URL, signed as it stands where the provider wants that.
    Redirect(String),
    /// In a form.
    Post {
        /// The provider's endpoint.
        action: String,
        /// The field that carries the message.
        field: &'static str,
        /// The message, base64.
        message: String,
        /// The provider's own state, given back to it.
        relay_state: Option<String>,
    },
}

/// Which login a browser is sent to the provider for.
#[derive(Debug, Default)]
pub struct Asked<'a> {
    /// A flow of this browser; without it one is begun.
    pub flow: Option<&'a str>,
    /// Where in the app a login leads that is begun here.
    pub deep_link: Option<String>,
}

/// Sends the browser that holds `nonce` to the connection's provider. Without a flow it begins one of its own, which
/// ends in the app that its deep link belongs to, in the one that can be begun at, or on a page of ours.
pub async fn start(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    connection: &str,
    nonce: &Secret,
    Asked { flow, deep_link }: Asked<'_>,
) -> Result<Departure, SsoError> {
    let id = SamlConnectionId::parse(connection).map_err(|_| SsoError::NotFound)?;
    let flow = match flow.map(LoginFlowId::parse) {
        Some(Err(_)) => return Err(Refusal::NoLoginInProgress.into()),
        Some(Ok(flow)) => Some(flow),
        None => None,
    };
    let request_id = message_id(&cx.rng.bytes::<20>());
    let (own, of, nonce, wanted) = (cx.clone(), project.clone(), nonce.clone(), request_id.clone());
    let route = move |tx: &mut Tx<'_>| {
        let connection = saml_connections::find_in_project(tx, &of, &id)?.ok_or(SsoError::NotFound)?;
        let mut flow = match &flow {
            Some(flow) => login::of_browser(tx, &own, &of, &nonce, flow)?
                .ok_or(SsoError::Refused(Refusal::NoLoginInProgress))?,
            None => begin(tx, &own, &of, &nonce, deep_link.as_deref())?,
        };
        let back = |refusal: Refusal| SsoError::refused_in(refusal, WayBack::of(&flow));
        if connection.status != ConnectionStatus::Enabled || !has_endpoint(&connection) {
            return Err(back(Refusal::of_status(connection.status)));
        }
        login::route_to_saml(tx, &own, &mut flow, &connection, &wanted)?;
        flow.login_hint = own_address(tx, &connection, flow.login_hint)?;
        Ok::<_, SsoError>((connection, flow))
    };
    let (connection, flow) = cx.store.write(route).await?;
    let wishes = Wishes::of_flow(&connection, &flow);
    let by = carry(cx, project, origin, &request_id, &connection, &wishes).await?;
    Ok(Departure { by, organization: connection.organization_id.to_string() })
}

fn begin(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    deep_link: Option<&str>,
) -> Result<LoginFlow, StoreError> {
    let mut flow = login::begin(tx, cx, project, nonce, None)?;
    if let Some(link) = deep_link {
        login::keep_deep_link(tx, &mut flow, link)?;
    }
    Ok(flow)
}

/// The address, where the connection passes it on and the organization speaks for its domain: no provider is told of
/// another's people.
fn own_address(
    tx: &mut Tx<'_>,
    connection: &SamlConnection,
    hint: Option<String>,
) -> Result<Option<String>, StoreError> {
    let hint = hint.filter(|_| Options::of(connection).login_hint_as_subject);
    let Some(address) = hint.as_deref().and_then(|hint| EmailAddress::parse(hint).ok()) else {
        return Ok(None);
    };
    let is_own = domains::is_proved(tx, &connection.organization_id, address.domain())?;
    Ok(hint.filter(|_| is_own))
}

/// A request to the connection's provider, by the way that the provider takes, signed where it wants that.
pub(crate) async fn carry(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    request_id: &str,
    connection: &SamlConnection,
    wishes: &Wishes<'_>,
) -> Result<Carrier, SsoError> {
    let options = Options::of(connection);
    let key = match options.signs_requests(connection) {
        true => Some(sp_keys(cx, project).await?.signing_key(cx)?),
        false => None,
    };
    written(cx, origin, request_id, connection, &options, wishes, key.as_ref())
}

/// Whether the provider has an endpoint that we can send people to.
pub(crate) fn has_endpoint(connection: &SamlConnection) -> bool {
    connection.idp_sso_redirect_url.is_some() || connection.idp_sso_post_url.is_some()
}

/// The provider's endpoint, and whether it takes a form. The redirect is the one that providers know best.
fn endpoint<'a>(connection: &'a SamlConnection, options: &Options) -> Option<(&'a str, bool)> {
    let redirect = connection.idp_sso_redirect_url.as_deref().map(|url| (url, false));
    let post = connection.idp_sso_post_url.as_deref().map(|url| (url, true));
    if options.prefer_post { post.or(redirect) } else { redirect.or(post) }
}

fn written(
    cx: &Context,
    origin: &str,
    request_id: &str,
    connection: &SamlConnection,
    options: &Options,
    wishes: &Wishes<'_>,
    key: Option<&SigningKey>,
) -> Result<Carrier, SsoError> {
    let contexts = options.authn_contexts();
    let (destination, by_form) = endpoint(connection, options).ok_or(Refusal::ConnectionNotUsable)?;
    let urls = SpUrls::new(origin, &connection.id);
    let request = AuthnRequest {
        id: request_id,
        issue_instant: cx.now().to_datetime(),
        issuer: &urls.entity_id,
        destination,
        acs_url: &urls.acs_url,
        force_authn: wishes.force_authn(),
        is_passive: wishes.passive,
        name_id_format: options.name_id_format.as_deref(),
        allow_create: !options.forbid_create,
        authn_contexts: &contexts,
        login_hint: wishes.login_hint,
    };
    Ok(match (by_form, key) {
        (false, None) => {
            Carrier::Redirect(redirect::encode(destination, Parameter::Request, &request.to_xml(), None)?)
        }
        (false, Some(key)) => {
            let xml = request.to_xml();
            Carrier::Redirect(query_signature::encode(destination, Parameter::Request, &xml, None, key)?)
        }
        (true, key) => Carrier::Post {
            action: destination.to_owned(),
            field: Parameter::Request.name(),
            message: post::encode(&match key {
                Some(key) => request.to_signed_xml(key)?,
                None => request.to_xml(),
            }),
            relay_state: None,
        },
    })
}

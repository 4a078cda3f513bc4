//! One login's row, from its beginning to the identity provider.

use crate::{
    model::{
        FlowState, Millis,
        ids::{LoginFlowId, OauthClientId, OrganizationId, ProjectId},
        secret::Secret,
    },
    service::{Context, new_id},
    store::{
        StoreError, Tx,
        login_flows::{self, LoginFlow},
        saml_connections::SamlConnection,
    },
};

/// How long a person may take from the first page to the provider's answer; also the flow cookie's lifetime (R7).
pub const FLOW_LIFETIME: Millis = 10 * 60 * 1000;

/// How many logins one browser may have open. More than any person opens tabs, and enough that the images of a hostile
/// page do not soon push out a login that waits for its answer.
const MAX_OPEN: usize = 100;

/// An authorization request that was checked: the client, its exact redirect URI and challenge (RFC 6749, 7636).
#[derive(Debug, Clone)]
pub struct OauthRequest {
    /// The client.
    pub client_id: OauthClientId,
    /// A redirect URI registered for it.
    pub redirect_uri: String,
    /// Given back as it came.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// The S256 challenge.
    pub code_challenge: String,
    /// The scopes asked for, separated by blanks.
    pub scope: String,
    /// The organization asked for (R10).
    pub organization_id: Option<OrganizationId>,
    /// An address to begin with.
    pub login_hint: Option<String>,
    /// `prompt=login` (R11).
    pub force_authn: bool,
    /// `prompt=none`: nobody may be asked anything.
    pub passive: bool,
    /// `max_age`, in seconds (R11).
    pub max_age_s: Option<i64>,
}

/// Begins a login for the browser that holds `nonce`. Without a request it is the browser's own, and ends on a
/// page of ours. Several tabs of one browser may each have a flow under the same nonce; beyond a hundred, the oldest is
/// forgotten (R32).
pub fn begin(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    request: Option<OauthRequest>,
) -> Result<LoginFlow, StoreError> {
    let now = cx.now();
    let mut flow = LoginFlow {
        id: new_id!(cx, LoginFlowId),
        project_id: project.clone(),
        organization_id: None,
        state: FlowState::Identifying,
        browser_nonce_hash: nonce.hash(),
        client_id: None,
        redirect_uri: None,
        oauth_state: None,
        oauth_nonce: None,
        code_challenge: None,
        scope: None,
        requested_organization_id: None,
        login_hint: None,
        force_authn: false,
        max_age_s: None,
        saml_connection_id: None,
        saml_request_id: None,
        saml_requested_at: None,
        proof_method: None,
        proof_connection_id: None,
        proof_organization_id: None,
        proof_subject: None,
        proof_at: None,
        user_id: None,
        session_id: None,
        created_at: now,
        expires_at: now.plus(FLOW_LIFETIME),
        completed_at: None,
        passive: false,
        pending: None,
    };
    if let Some(request) = request {
        flow.client_id = Some(request.client_id);
        flow.redirect_uri = Some(request.redirect_uri);
        flow.oauth_state = request.state;
        flow.oauth_nonce = request.nonce;
        flow.code_challenge = Some(request.code_challenge);
        flow.scope = Some(request.scope);
        flow.requested_organization_id = request.organization_id;
        flow.login_hint = request.login_hint;
        flow.force_authn = request.force_authn;
        flow.max_age_s = request.max_age_s;
        flow.passive = request.passive;
    }
    login_flows::insert(tx, &flow)?;
    login_flows::delete_oldest_open(tx, project, &flow.browser_nonce_hash, MAX_OPEN)?;
    Ok(flow)
}

/// The browser's flow of this id, if it is this browser's, has not expired and has not ended. `None` says no
/// more than that: an id from another browser is as if it did not exist (R7).
pub fn of_browser(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    id: &LoginFlowId,
) -> Result<Option<LoginFlow>, StoreError> {
    let flow = open(tx, cx, project, nonce, id)?;
    Ok(flow.filter(|flow| matches!(flow.state, FlowState::Identifying | FlowState::AwaitingSaml)))
}

/// As [`of_browser`], of a login that began at a provider and waits for consent (R8).
pub fn awaiting_consent(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    id: &LoginFlowId,
) -> Result<Option<LoginFlow>, StoreError> {
    let flow = open(tx, cx, project, nonce, id)?;
    Ok(flow.filter(|flow| flow.state == FlowState::AwaitingConsent))
}

/// The browser's flow of this id, locked, whatever it waits for, unless it has expired.
fn open(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    id: &LoginFlowId,
) -> Result<Option<LoginFlow>, StoreError> {
    let flow = login_flows::lock(tx, project, id)?;
    Ok(flow.filter(|flow| flow.browser_nonce_hash == nonce.hash() && flow.expires_at > cx.now()))
}

/// Notes that the browser is sent to a SAML provider with the request of this id, the only one that the flow
/// will accept a response to.
pub fn route_to_saml(
    tx: &mut Tx<'_>,
    cx: &Context,
    flow: &mut LoginFlow,
    connection: &SamlConnection,
    request_id: &str,
) -> Result<(), StoreError> {
    flow.state = FlowState::AwaitingSaml;
    flow.organization_id = Some(connection.organization_id.clone());
    flow.saml_connection_id = Some(connection.id.clone());
    flow.saml_request_id = Some(request_id.to_owned());
    flow.saml_requested_at = Some(cx.now());
    login_flows::route(tx, flow)
}

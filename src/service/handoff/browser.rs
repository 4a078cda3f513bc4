//! What the pages of the hosted login ask: whose login this is, where an address leads, who is signed in.

use crate::{
    model::{
        EmailAddress,
        ids::{LoginFlowId, ProjectId},
        secret::Secret,
    },
    service::{
        Actor, ActorKind, Context,
        login::{self, Destination, Nowhere},
        sessions,
    },
    store::{
        StoreError, Tx,
        login_flows::{self, LoginFlow},
        oauth_clients, projects,
        sessions::Session,
    },
};

/// What the login page shows.
#[derive(Debug, Clone)]
pub struct LoginPageFacts {
    /// The product's name: the client's that began the login, else the project's.
    pub product: String,
    /// An address to begin with.
    pub email: Option<String>,
    /// The flow that the form carries on; none begins with the form's answer.
    pub flow: Option<LoginFlowId>,
}

/// The page of a browser's flow. A flow that is not this browser's is as if there were none (R7).
pub async fn login_page(
    cx: &Context,
    project: &ProjectId,
    nonce: Option<&Secret>,
    flow: Option<&str>,
) -> Result<LoginPageFacts, StoreError> {
    let (own, project, asked) = (cx.clone(), project.clone(), asked(nonce, flow));
    let load = move |tx: &mut Tx<'_>| {
        let flow = match &asked {
            Some((nonce, id)) => login::of_browser(tx, &own, &project, nonce, id)?,
            None => None,
        };
        let client = match flow.as_ref().and_then(|flow| flow.client_id.as_ref()) {
            Some(client) => oauth_clients::find(tx, &project, client)?,
            None => None,
        };
        let product = match client {
            Some(client) => client.display_name,
            None => projects::find(tx, &project)?.map(|project| project.display_name).unwrap_or_default(),
        };
        let email = flow.as_ref().and_then(|flow| flow.login_hint.clone());
        Ok::<_, StoreError>(LoginPageFacts { product, email, flow: flow.map(|flow| flow.id) })
    };
    cx.store.read(load).await
}

/// Remembers the address in the browser's flow, beginning one if there is none. Nothing is looked up here, so that the
/// answer is the same, and takes as long, for every address (R12).
pub async fn remember_email(
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    flow: Option<&str>,
    email: &EmailAddress,
) -> Result<LoginFlowId, StoreError> {
    let (own, project, asked) = (cx.clone(), project.clone(), asked(Some(nonce), flow));
    let (nonce, email) = (nonce.clone(), email.as_str().to_owned());
    let remember = move |tx: &mut Tx<'_>| {
        let known = match &asked {
            Some((nonce, id)) => login::of_browser(tx, &own, &project, nonce, id)?,
            None => None,
        };
        let mut flow = match known {
            Some(flow) => flow,
            None => login::begin(tx, &own, &project, &nonce, None)?,
        };
        flow.login_hint = Some(email.clone());
        login_flows::update(tx, &flow)?;
        Ok::<_, StoreError>(flow.id)
    };
    cx.store.write(remember).await
}

/// Where a browser's flow goes.
#[derive(Debug, Clone)]
pub enum Next {
    /// There is no such flow in this browser.
    NoFlow,
    /// The address leads nowhere, which the browser is told for every reason in the same words (R12).
    Nowhere(Nowhere),
    /// To this connection.
    To(LoginFlowId, Destination),
}

/// The destination of the address that the flow remembers.
pub async fn destination(
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    flow: &str,
) -> Result<Next, StoreError> {
    let Some((nonce, id)) = asked(Some(nonce), Some(flow)) else { return Ok(Next::NoFlow) };
    let (own, project) = (cx.clone(), project.clone());
    let find = move |tx: &mut Tx<'_>| {
        let Some(flow) = login::of_browser(tx, &own, &project, &nonce, &id)? else { return Ok(Next::NoFlow) };
        let Some(email) = address(&flow) else { return Ok(Next::Nowhere(Nowhere::DomainUnknown)) };
        Ok::<_, StoreError>(match login::discover(tx, &project, &email)? {
            Ok(destination) => Next::To(flow.id, destination),
            Err(why) => Next::Nowhere(why),
        })
    };
    cx.store.read(find).await
}

/// Who a browser is signed in as.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The user's address or name.
    pub name: String,
    /// The organization's name.
    pub organization: String,
}

/// The live session behind a cookie.
pub async fn signed_in(
    cx: &Context,
    project: &ProjectId,
    token: &Secret,
) -> Result<Option<SignedIn>, StoreError> {
    let (project, token, now) = (project.clone(), token.clone(), cx.now());
    let find = move |tx: &mut Tx<'_>| sessions::find_live_by_token(tx, &project, &token, now);
    let live = cx.store.read(find).await?;
    Ok(live.map(|live| SignedIn {
        name: live.user.email.or(live.user.display_name).or(live.user.user_name).unwrap_or_default(),
        organization: live.organization.display_name,
    }))
}

/// Ends the session behind a cookie; codes and tokens end with it. The session, if one was live.
pub async fn sign_out(
    cx: &Context,
    project: &ProjectId,
    token: &Secret,
    request_id: &str,
) -> Result<Option<Session>, StoreError> {
    let (own, project, token) = (cx.clone(), project.clone(), token.clone());
    let request_id = request_id.to_owned();
    let end = move |tx: &mut Tx<'_>| {
        let Some(live) = sessions::find_live_by_token(tx, &project, &token, own.now())? else {
            return Ok(None);
        };
        let actor = Actor::in_request(ActorKind::User, &live.user.id, request_id.clone());
        sessions::end(tx, &own, &actor, &live.session, "logout")?;
        Ok::<_, StoreError>(Some(live.session))
    };
    cx.store.write(end).await
}

fn asked(nonce: Option<&Secret>, flow: Option<&str>) -> Option<(Secret, LoginFlowId)> {
    Some((nonce?.clone(), LoginFlowId::parse(flow?).ok()?))
}

fn address(flow: &LoginFlow) -> Option<EmailAddress> {
    EmailAddress::parse(flow.login_hint.as_deref()?).ok()
}

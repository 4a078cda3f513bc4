//! The end of a login: the policy is asked, the proof written down, the session issued and handed over, all in
//! the transaction of the caller that verified the proof.

use super::initiate::{self, Otherwise};
use crate::{
    model::{
        ConnectionStatus, FlowState, Millis,
        ids::{AuthorizationCodeId, OauthClientId},
        login::{ConnectionFacts, LoginRefusal, NextStep, OrganizationPolicy, Proof, UserFacts, next_step},
        secret::Secret,
    },
    service::{
        Actor, Context, new_id,
        sessions::{self, NewSession},
    },
    store::{
        StoreError, Tx,
        authorization_codes::{self, AuthorizationCode},
        login_flows::{self, LoginFlow},
        organizations::{self, Organization, Standing},
        sessions::Session,
        users::User,
    },
};

/// How long a code may take from our redirect to the host app's back end (R14).
const CODE_LIFETIME: Millis = 60 * 1000;

/// Somebody vouched for a user: the proof, the user it was matched to, and what goes into the session.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// The proof; the flow keeps it and takes no other.
    pub proof: Proof,
    /// The user that the proof was matched to.
    pub user: User,
    /// What goes into the session.
    pub session: NewSession,
}

/// A login that ended well.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The session.
    pub session: Session,
    /// The session's token, for the browser's cookie on the gateway.
    pub session_token: Secret,
    /// How the host app learns of it.
    pub handoff: Handoff,
}

/// How the host app learns of a login.
#[derive(Debug, Clone)]
pub enum Handoff {
    /// The browser goes back to the client with a code.
    Code {
        /// The registered redirect URI.
        redirect_uri: String,
        /// The code, shown once.
        code: Secret,
        /// The client's own state.
        state: Option<String>,
    },
    /// No app began the login: the browser goes to the host app, to begin one there (R9).
    Initiate {
        /// The client's `initiate_login_uri` with its parameters.
        location: String,
    },
    /// No app began the login, and none can be asked to: the browser stays with us.
    Stay,
}

/// Why a login did not end in a session.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// The policy says no.
    #[error("refused: {0}")]
    Refused(LoginRefusal),
    /// The flow has already ended, or another request was first.
    #[error("the login has already ended")]
    FlowEnded,
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

/// Completes a login: the one place where proofs become sessions. `flow` must be locked by the caller.
pub fn complete(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    flow: &mut LoginFlow,
    vouched: Vouched,
) -> Result<Completed, CompleteError> {
    let consented = flow.state == FlowState::AwaitingConsent;
    if !(consented || flow.state == FlowState::AwaitingSaml) || flow.proof_method.is_some() {
        return Err(CompleteError::FlowEnded);
    }
    let Vouched { proof, user, session } = vouched;
    let standing = permit(tx, cx, flow, &proof, &user)?;
    let (session, session_token) = sessions::issue(tx, cx, actor, &standing, &user, session)?;
    end_flow(tx, cx, flow, &proof, &session)?;
    let handoff = match flow.client_id.clone() {
        Some(client) => mint_code(tx, cx, flow, client, &session)?,
        None => initiate_handoff(tx, flow, consented, user.email.as_deref())?,
    };
    Ok(Completed { session, session_token, handoff })
}

/// Asks the policy whether this proof gives this user a session now. The organization that it belongs to and what was asked
/// of it, as they stand in this transaction and not as they stood when the login began; or the refusal.
pub fn permit(
    tx: &mut Tx<'_>,
    cx: &Context,
    flow: &LoginFlow,
    proof: &Proof,
    user: &User,
) -> Result<Standing, CompleteError> {
    let standing =
        organizations::standing(tx, &flow.project_id, &proof.organization_id, &proof.connection_id)?
            .ok_or(CompleteError::Refused(LoginRefusal::ConnectionNotUsable))?;
    let connection = standing.connection.map(|status| ConnectionFacts {
        enabled: status == ConnectionStatus::Enabled,
        id: proof.connection_id.clone(),
        organization_id: standing.organization.id.clone(),
    });
    let step = next_step(
        flow.requested_organization_id.as_ref(),
        Some(proof),
        &policy(&standing.organization),
        connection.as_ref(),
        &UserFacts { organization_id: user.organization_id.clone(), status: user.login_status(cx.now()) },
    );
    match step {
        NextStep::IssueSession => Ok(standing),
        NextStep::Refuse(refusal) => Err(CompleteError::Refused(refusal)),
        NextStep::Identify => Err(CompleteError::FlowEnded),
    }
}

/// No app began this login: one is asked to, if it is known which.
fn initiate_handoff(
    tx: &mut Tx<'_>,
    flow: &LoginFlow,
    consented: bool,
    email: Option<&str>,
) -> Result<Handoff, CompleteError> {
    let otherwise = if consented { Otherwise::First } else { Otherwise::Only };
    let location = initiate::location(tx, flow, email, otherwise)?;
    Ok(location.map_or(Handoff::Stay, |location| Handoff::Initiate { location }))
}

fn policy(organization: &Organization) -> OrganizationPolicy {
    OrganizationPolicy {
        id: organization.id.clone(),
        status: organization.status,
        log_in_with_saml: organization.log_in_with_saml,
        require_mfa: organization.require_mfa,
    }
}

fn end_flow(
    tx: &mut Tx<'_>,
    cx: &Context,
    flow: &mut LoginFlow,
    proof: &Proof,
    session: &Session,
) -> Result<(), StoreError> {
    flow.state = FlowState::Completed;
    flow.organization_id = Some(proof.organization_id.clone());
    flow.proof_method = Some(proof.method);
    flow.proof_connection_id = Some(proof.connection_id.clone());
    flow.proof_organization_id = Some(proof.organization_id.clone());
    flow.proof_subject = Some(proof.subject.clone());
    flow.proof_at = Some(proof.at);
    flow.user_id = Some(session.user_id.clone());
    flow.session_id = Some(session.id.clone());
    flow.completed_at = Some(cx.now());
    login_flows::finish(tx, flow)
}

/// A code for the client that began the login (R14).
fn mint_code(
    tx: &mut Tx<'_>,
    cx: &Context,
    flow: &LoginFlow,
    client_id: OauthClientId,
    session: &Session,
) -> Result<Handoff, CompleteError> {
    let (Some(redirect_uri), Some(code_challenge)) = (&flow.redirect_uri, &flow.code_challenge) else {
        return Err(StoreError::Damaged("a client's flow without its redirect URI".into()).into());
    };
    let now = cx.now();
    let code = Secret::random("vestibule_code_", &*cx.rng);
    let row = AuthorizationCode {
        id: new_id!(cx, AuthorizationCodeId),
        project_id: flow.project_id.clone(),
        organization_id: session.organization_id.clone(),
        code_hash: code.hash(),
        client_id,
        session_id: session.id.clone(),
        login_flow_id: flow.id.clone(),
        redirect_uri: redirect_uri.clone(),
        code_challenge: code_challenge.clone(),
        scope: flow.scope.clone().unwrap_or_default(),
        nonce: flow.oauth_nonce.clone(),
        created_at: now,
        expires_at: now.plus(CODE_LIFETIME),
        used_at: None,
    };
    authorization_codes::insert(tx, &row)?;
    Ok(Handoff::Code { redirect_uri: redirect_uri.clone(), code, state: flow.oauth_state.clone() })
}

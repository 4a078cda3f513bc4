//! What the provider posted becomes a session, or a refusal with a code. Everything that costs time (base64, XML, the
//! signature) happens before the one write transaction.

use std::sync::Arc;

use time::Duration;

use super::{
    attributes::{self, Profile},
    groups,
    matching::{self, Login},
    refusal::{Refusal, SsoError},
    subject::{self, Subject},
};
use crate::{
    model::{
        AuthFactor, ConnectionStatus, FlowState, Millis, Timestamp,
        ids::{LoginFlowId, ProjectId, SamlConnectionId},
        login::Proof,
        secret::Secret,
    },
    saml::{
        Decryption, VerificationKey, VerifiedAssertion,
        binding::post,
        dsig::SignaturePolicy,
        response::{self, Expected, PendingRequest, Solicitation},
    },
    service::{
        Actor, ActorKind, Context,
        connections::SpUrls,
        login::{self, Completed, Vouched},
        sessions::NewSession,
    },
    store::{
        StoreError, Tx,
        login_flows::{self, LoginFlow},
        saml_assertion_replays::{self, SamlAssertionReplay},
        saml_connections::{self, SamlConnection},
    },
};

/// For how long an assertion's ID is kept at most, whatever end the provider gives it. Much longer than the flow that
/// it must answer lives, so that a replay finds no open request (R7) once it is forgotten.
const REPLAY_KEPT: Millis = 24 * 60 * 60 * 1000;

/// What arrived at a connection's ACS.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The project of the host.
    pub project: ProjectId,
    /// The project's configured origin.
    pub origin: String,
    /// The connection in the URL: it decides keys and organization (R4).
    pub connection: String,
    /// The browser's flow cookie.
    pub nonce: Option<Secret>,
    /// The form field `SAMLResponse`.
    pub saml_response: String,
    /// For the audit log.
    pub request_id: String,
}

/// What comes of it.
#[derive(Debug)]
pub enum Consumed {
    /// A session.
    Completed(Box<Completed>),
    /// The response answered nothing, and was discarded unread: a login that starts here is begun (R8).
    StartHere,
}

/// Takes in a response.
pub async fn consume(cx: &Context, posted: Posted) -> Result<Consumed, SsoError> {
    let own = cx.clone();
    // Reading, validating and asking the database are one piece of work off the async workers: those serve everybody,
    // and a hostile message may take milliseconds.
    let Some(prepared) = cx.store.read(move |tx| prepare(tx, &own, posted)).await? else {
        return Ok(Consumed::StartHere);
    };
    let prepared = Arc::new(prepared);
    let outcome = match commit(cx, &prepared).await {
        // Two first logins of one person at the same moment: the second finds what the first has made.
        Err(SsoError::Store(StoreError::Conflict(_))) => commit(cx, &prepared).await,
        outcome => outcome,
    };
    if matches!(outcome, Err(SsoError::Refused(_))) {
        use_up(cx, &prepared).await?;
    }
    outcome.map(|completed| Consumed::Completed(Box::new(completed)))
}

/// All that comes before the transaction; `None` if nothing was answered and a login that starts here is to be begun.
fn prepare(tx: &mut Tx<'_>, cx: &Context, posted: Posted) -> Result<Option<Prepared>, SsoError> {
    let id = SamlConnectionId::parse(&posted.connection).map_err(|_| SsoError::NotFound)?;
    let connection =
        saml_connections::find_in_project(tx, &posted.project, &id)?.ok_or(SsoError::NotFound)?;
    if connection.status != ConnectionStatus::Enabled {
        return Err(Refusal::ConnectionNotUsable.into());
    }
    let message = post::decode(&posted.saml_response).map_err(Refusal::from)?;
    let Some(claimed) = response::claimed_request(&message).map_err(Refusal::from)? else {
        unsolicited(tx, cx, &posted, &id)?;
        return Ok(None);
    };
    let nonce = posted.nonce.clone().ok_or(Refusal::FlowCookieMissing)?;
    let flow = pending(tx, cx, &posted, &id, &nonce, &claimed)?;
    let keys = saml_connections::keys(tx, &id)?;
    let keys: Result<Vec<_>, _> = keys.iter().map(|key| cx.idp_keys.key(key)).collect();
    let keys = keys.map_err(|_| Refusal::StoredCertificate)?;
    let assertion = validate(cx, &posted.origin, &connection, &keys, &flow, &message)?;
    let subject = subject::subject(&assertion, &connection)?;
    let profile = attributes::profile(&assertion, &connection);
    Ok(Some(Prepared {
        project: posted.project,
        actor: Actor::in_request(ActorKind::SamlConnection, &id, posted.request_id),
        connection,
        flow: flow.id,
        request: claimed,
        nonce,
        assertion,
        subject,
        profile,
    }))
}

/// Logins that start at the provider are off: one that starts here is begun instead, once in the lifetime of a flow, so
/// that a page elsewhere cannot keep a browser going in circles (R8).
fn unsolicited(
    tx: &mut Tx<'_>,
    cx: &Context,
    posted: &Posted,
    id: &SamlConnectionId,
) -> Result<(), SsoError> {
    let Some(nonce) = posted.nonce.as_ref().map(Secret::hash) else { return Ok(()) };
    let begun = login_flows::began_here(tx, &posted.project, &nonce, id, cx.now())?;
    if begun { Err(Refusal::Unsolicited.into()) } else { Ok(()) }
}

/// The browser's open flow whose request the response says it answers (R7).
fn pending(
    tx: &mut Tx<'_>,
    cx: &Context,
    posted: &Posted,
    id: &SamlConnectionId,
    nonce: &Secret,
    claimed: &str,
) -> Result<LoginFlow, SsoError> {
    let flow = login_flows::awaiting(tx, &posted.project, &nonce.hash(), id, claimed, cx.now())?;
    flow.ok_or_else(|| Refusal::RequestUnknown(claimed.chars().take(100).collect()).into())
}

fn validate(
    cx: &Context,
    origin: &str,
    connection: &SamlConnection,
    keys: &[VerificationKey],
    flow: &LoginFlow,
    message: &[u8],
) -> Result<VerifiedAssertion, Refusal> {
    let urls = SpUrls::new(origin, &connection.id);
    let now = cx.now();
    let request = flow.saml_request_id.as_deref().unwrap_or_default();
    let expected = Expected {
        idp_entity_id: &connection.idp_entity_id,
        keys,
        sp_entity_id: &urls.entity_id,
        acs_url: &urls.acs_url,
        solicitation: Solicitation::Request(PendingRequest {
            id: request,
            authenticated_after: authenticated_after(connection, flow, now).map(Timestamp::to_datetime),
            authn_contexts: &[],
        }),
        stable_attribute: connection.subject_attribute.as_deref(),
        signatures: SignaturePolicy {
            allow_inclusive_c14n: connection.inclusive_c14n,
            allow_sha1: connection.allow_sha1,
        },
        decryption: Decryption::none(),
        clock_skew: Duration::milliseconds(connection.clock_skew_ms),
        now: now.to_datetime(),
    };
    let traced = response::validate_traced(message, &expected);
    for warning in &traced.warnings {
        tracing::warn!(connection = %connection.id, warning = warning.code(), "login with a weak signature");
    }
    traced.result.map_err(|rejection| Refusal::Response { rejection, passed: traced.passed })
}

/// R11: `prompt=login` asks for a new sign-in, `max_age` for one that is not older.
fn authenticated_after(connection: &SamlConnection, flow: &LoginFlow, now: Timestamp) -> Option<Timestamp> {
    if flow.force_authn || connection.force_authn {
        return flow.saml_requested_at;
    }
    flow.max_age_s.map(|seconds| now.plus(seconds.saturating_mul(-1000)))
}

/// Everything that the transaction needs, made before it begins.
struct Prepared {
    project: ProjectId,
    actor: Actor,
    connection: SamlConnection,
    flow: LoginFlowId,
    request: String,
    nonce: Secret,
    assertion: VerifiedAssertion,
    subject: Subject,
    profile: Profile,
}

/// The one write transaction. A refusal leaves nothing behind.
async fn commit(cx: &Context, prepared: &Arc<Prepared>) -> Result<Completed, SsoError> {
    let (own, p) = (cx.clone(), Arc::clone(prepared));
    let work = move |tx: &mut Tx<'_>| {
        let mut flow = take(tx, &own, &p)?;
        sign_in(tx, &own, &p, &mut flow)
    };
    cx.store.write(work).await
}

/// After a refusal: the assertion is used up and the flow failed, so that the same answer cannot be tried again when
/// the person or the policy has changed. In a transaction of its own, so that the usual case pays no savepoint. A replay,
/// and a flow that has ended meanwhile, change nothing.
async fn use_up(cx: &Context, prepared: &Arc<Prepared>) -> Result<(), SsoError> {
    let (own, p) = (cx.clone(), Arc::clone(prepared));
    let work = move |tx: &mut Tx<'_>| {
        let flow = take(tx, &own, &p)?;
        let ended = LoginFlow { state: FlowState::Failed, completed_at: Some(own.now()), ..flow };
        Ok::<_, SsoError>(login_flows::finish(tx, &ended)?)
    };
    match cx.store.write(work).await {
        Err(SsoError::Refused(_)) => Ok(()),
        outcome => outcome,
    }
}

/// The flow, locked, and the assertion's id: both can be had once.
fn take(tx: &mut Tx<'_>, cx: &Context, p: &Prepared) -> Result<LoginFlow, SsoError> {
    let flow = login::of_browser(tx, cx, &p.project, &p.nonce, &p.flow)?
        .filter(|flow| flow.saml_request_id.as_deref() == Some(&p.request));
    let flow = flow.ok_or_else(|| Refusal::RequestUnknown(p.request.clone()))?;
    let seen = SamlAssertionReplay {
        saml_connection_id: p.connection.id.clone(),
        assertion_id: p.assertion.id().to_owned(),
        organization_id: p.connection.organization_id.clone(),
        keep_until: Timestamp::from(p.assertion.replay_until()).min(cx.now().plus(REPLAY_KEPT)),
    };
    if saml_assertion_replays::insert_once(tx, &seen)? { Ok(flow) } else { Err(Refusal::Replayed.into()) }
}

fn sign_in(tx: &mut Tx<'_>, cx: &Context, p: &Prepared, flow: &mut LoginFlow) -> Result<Completed, SsoError> {
    let login = Login {
        project: &p.project,
        connection: &p.connection,
        assertion: &p.assertion,
        subject: &p.subject,
        profile: &p.profile,
    };
    let (user, identity) = matching::user_of(tx, cx, &p.actor, &login)?;
    groups::keep(tx, cx, &p.actor, &login, &user)?;
    // A provider's clock may run ahead of ours, within the skew; auth_time in the future would be refused by clients.
    let at = Timestamp::from(p.assertion.authn_instant()).min(cx.now());
    let vouched = Vouched {
        proof: Proof {
            method: AuthFactor::Saml,
            connection_id: p.connection.id.clone(),
            organization_id: p.connection.organization_id.clone(),
            subject: p.subject.key.clone(),
            at,
        },
        user,
        session: NewSession {
            primary_auth_factor: AuthFactor::Saml,
            saml_connection_id: p.connection.id.clone(),
            identity_id: identity,
            auth_time: at,
            amr: Vec::new(),
            acr: p.assertion.authn_context().map(str::to_owned),
            saml_session_index: p.assertion.session_index().map(str::to_owned),
            saml_name_id: p.assertion.name_id().map(|name| name.value.clone()),
            not_after: p.assertion.session_not_on_or_after().map(Timestamp::from),
        },
    };
    Ok(login::complete(tx, cx, &p.actor, flow, vouched)?)
}

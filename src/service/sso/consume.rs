//! What the provider posted becomes a session, or a refusal with a code. Everything that costs time (base64, XML, the
//! signature) happens before the one write transaction.

use std::sync::Arc;

use time::Duration;

use super::{
    amr,
    attributes::{self, Profile},
    consent::{self, Consent},
    groups,
    logout::ENDED_KEPT,
    matching::{self, Login},
    refusal::{Reached, Refusal, SsoError},
    roles,
    session_key::{self, Between},
    subject::{self, Subject},
    trace,
    wishes::{Wishes, check_metadata, unusable},
};
use crate::{
    model::{
        AuthFactor, ConnectionStatus, FlowState, Millis, Timestamp,
        ids::{LoginFlowId, ProjectId, SamlConnectionId},
        login::Proof,
        secret::Secret,
    },
    saml::{
        Decryption, VerifiedAssertion,
        binding::post,
        dsig::SignaturePolicy,
        response::{self, Expected, Received, Solicitation, Warning},
        xmlenc::DecryptionKey,
    },
    service::{
        Actor, ActorKind, Context,
        connections::{Options, SpUrls, existing_encryption_keys, refresh_after_failure},
        login::{self, Completed, Vouched, WayBack},
        sessions::NewSession,
    },
    store::{
        StoreError, Tx,
        login_flows::{self, LoginFlow},
        saml_assertion_replays::{self, SamlAssertionReplay},
        saml_connections::{self, SamlConnection},
        saml_logouts,
    },
};

/// For how long the ID of an answer to a request is kept at most, whatever end the provider gives it. Much longer than the flow that
/// it must answer lives, so that a replay finds no open request (R7) once it is forgotten.
const REPLAY_KEPT: Millis = 24 * 60 * 60 * 1000;

/// So many logins of a browser may wait at the provider that begins them, before one more is taken for a circle.
const OPEN_BEGUN_HERE: i64 = 3;

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
    pub saml_response: Arc<str>,
    /// RelayState where it may be a deep link into an app: of a login that began at the provider.
    pub deep_link: Option<String>,
    /// For the audit log.
    pub request_id: String,
}

/// What comes of it.
#[derive(Debug)]
pub enum Consumed {
    /// A session.
    Completed(Box<Completed>),
    /// A login that began at the provider: the person is asked first (R8).
    Consent(Box<Consent>),
    /// The response answered nothing, and was discarded unread: a login that starts here is begun (R8).
    StartHere,
}

/// How often a login is tried that another login is in the way of. Each time the other one has come to its end, so that
/// what was in the way is found the next time: a user, a link, a group that both were the first to bring.
pub(super) const ATTEMPTS: usize = 5;

/// Takes in a response.
pub async fn consume(cx: &Context, posted: Posted) -> Result<Consumed, SsoError> {
    let posted = Arc::new(posted);
    let prepared = match read(cx, &posted).await {
        // The provider may have changed its keys: its metadata is asked once, for everybody who comes meanwhile (R24).
        Err(error) if error.is_bad_signature_on_an_answer() => {
            let id = SamlConnectionId::parse(&posted.connection).map_err(|_| SsoError::NotFound)?;
            match refresh_after_failure(cx, &cx.egress, &posted.project, &id).await {
                Ok(true) => read(cx, &posted).await?,
                Ok(false) | Err(_) => return Err(error),
            }
        }
        outcome => outcome?,
    };
    let prepared = match prepared {
        Prepared::StartHere => return Ok(Consumed::StartHere),
        Prepared::Unsolicited(arrived) => {
            let arrived = Arc::new(*arrived);
            let asked = consent::ask(cx, &arrived).await;
            trace::of_person(cx, &arrived, trace::CONSENT_ASKED, asked.as_ref().err()).await;
            return asked;
        }
        Prepared::Login(arrived) => Arc::new(*arrived),
    };
    let mut outcome = commit(cx, &prepared).await;
    for _ in 1..ATTEMPTS {
        // Two first logins of one person at the same moment: the second finds what the first has made.
        let Err(SsoError::Store(StoreError::Conflict(_))) = outcome else { break };
        outcome = commit(cx, &prepared).await;
    }
    if matches!(outcome, Err(SsoError::Refused(_))) {
        use_up(cx, &prepared).await?;
    }
    trace::of_person(cx, &prepared, trace::SIGNED_IN, outcome.as_ref().err()).await;
    outcome
        .map(|completed| Consumed::Completed(Box::new(completed)))
        .map_err(|error| error.in_flow(prepared.back.clone()))
}

/// Reading, validating and asking the database are one piece of work off the async workers: those serve everybody, and a
/// hostile message may take milliseconds.
async fn read(cx: &Context, posted: &Arc<Posted>) -> Result<Prepared, SsoError> {
    let (own, posted) = (cx.clone(), Arc::clone(posted));
    cx.store.read(move |tx| prepare(tx, &own, &posted)).await
}

/// What comes before any transaction that writes.
enum Prepared {
    /// Nothing was answered, and a login that starts here is to be begun.
    StartHere,
    /// A login that began at the provider, verified.
    Unsolicited(Box<Arrived>),
    /// The answer to a request of this browser, verified.
    Login(Box<Arrived>),
}

fn prepare(tx: &mut Tx<'_>, cx: &Context, posted: &Posted) -> Result<Prepared, SsoError> {
    let id = SamlConnectionId::parse(&posted.connection).map_err(|_| SsoError::NotFound)?;
    let connection =
        saml_connections::find_in_project(tx, &posted.project, &id)?.ok_or(SsoError::NotFound)?;
    if connection.status != ConnectionStatus::Enabled {
        return Err(unusable(&connection, &posted.saml_response).into());
    }
    // What cannot be read may have been a check.
    let damaged = || StoreError::Damaged("the options of a SAML connection".into());
    let options = Options::read(&connection).ok_or_else(damaged)?;
    check_metadata(&connection, cx.now())?;
    let message = post::decode(&posted.saml_response).map_err(Refusal::from)?;
    let text = response::scan(&message).map_err(Refusal::from)?;
    let received = Received::read(&text).map_err(Refusal::from)?;
    let claimed = received.claimed_request().map_err(Refusal::from)?;
    let Some(claimed) = claimed.filter(|claimed| !is_dummy(tx, &connection, &options, claimed)) else {
        // What every login is asked for, a login that begins at the provider was not: the one that begins here is (R11).
        let asks = connection.force_authn || !options.authn_contexts.is_empty();
        if !connection.allow_idp_initiated || asks {
            unsolicited(tx, cx, posted, &connection)?;
            return Ok(Prepared::StartHere);
        }
        let solicitation = match options.dummy_in_response_to {
            true => Solicitation::UnsolicitedWithDummy,
            false => Solicitation::Unsolicited,
        };
        let validated = validate(tx, cx, posted, &connection, solicitation, &received)??;
        // What the Response claims need not be signed; what the assertion answers is.
        let ours = |id: &&String| !is_dummy(tx, &connection, &options, id);
        if let Some(request) =
            validated.assertion.answers().iter().filter(|_| options.dummy_in_response_to).find(ours)
        {
            return Err(Refusal::RequestUnknown(shown(request)).into());
        }
        let arrived = Arrived::new(posted, connection, options, None, validated)?;
        return Ok(Prepared::Unsolicited(Box::new(arrived)));
    };
    let nonce = posted.nonce.clone().ok_or(Refusal::FlowCookieMissing)?;
    let flow = pending(tx, cx, posted, &id, &nonce, &claimed)?;
    let (contexts, wishes) = (options.authn_contexts(), Wishes::of_flow(&connection, &flow));
    let id = flow.saml_request_id.as_deref().unwrap_or_default();
    let solicitation = Solicitation::Request(wishes.request(id, flow.saml_requested_at, &contexts, cx.now()));
    let back = WayBack::of(&flow);
    let assertion = validate(tx, cx, posted, &connection, solicitation, &received)
        .map_err(|error| error.in_flow(back.clone()))?;
    let refused = |refusal: Refusal| SsoError::refused_in(refusal, back.clone());
    let assertion = assertion.map_err(&refused)?;
    let answered = Some((flow, claimed, nonce));
    let arrived = Arrived::new(posted, connection, options, answered, assertion).map_err(&refused)?;
    Ok(Prepared::Login(Box::new(arrived)))
}

/// Whether an InResponseTo is one that the provider makes up, as the connection says it does (R8). Never one that names
/// a request of ours, whoever made it, nor one in the form that ours have: those need their browser (R7).
fn is_dummy(tx: &mut Tx<'_>, connection: &SamlConnection, options: &Options, claimed: &str) -> bool {
    let ours = claimed.strip_prefix('_').is_some_and(|rest| {
        rest.len() == 40 && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    });
    connection.allow_idp_initiated
        && options.dummy_in_response_to
        && !ours
        && matches!(login_flows::knows_request(tx, &connection.id, claimed), Ok(false))
}

/// Logins that start at the provider are off: one that starts here is begun instead, once in the lifetime of a flow, so
/// that a page elsewhere cannot keep a browser going in circles (R8).
fn unsolicited(
    tx: &mut Tx<'_>,
    cx: &Context,
    posted: &Posted,
    connection: &SamlConnection,
) -> Result<(), SsoError> {
    let Some(nonce) = posted.nonce.as_ref().map(Secret::hash) else { return Ok(()) };
    // Where they are on, people go from the portal to one app and the next: a login that has ended is no circle, nor are two
    // that wait at the provider's password page in two tabs.
    let (open, most) = if connection.allow_idp_initiated { (true, OPEN_BEGUN_HERE) } else { (false, 1) };
    let begun = login_flows::began_here(tx, &posted.project, &nonce, &connection.id, open, cx.now())?;
    if begun >= most { Err(Refusal::Unsolicited.into()) } else { Ok(()) }
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
    flow.ok_or_else(|| Refusal::RequestUnknown(shown(claimed)).into())
}

/// What a message says, no longer than a line of the trace.
fn shown(claimed: &str) -> String {
    claimed.chars().take(100).collect()
}

/// The connection's keys for a message that may be encrypted, and no other's: what was encrypted to another customer's
/// connection does not open here, whoever signs around it (R4). Unsealing and reading a key costs more than all the rest, so
/// it is done only for those.
pub(super) fn decryption_keys(
    tx: &mut Tx<'_>,
    cx: &Context,
    connection: &SamlConnectionId,
    may_be_encrypted: bool,
) -> Result<Vec<DecryptionKey>, SsoError> {
    if !may_be_encrypted {
        return Ok(Vec::new());
    }
    let keys = existing_encryption_keys(tx, connection)?.decryption_keys(cx);
    keys.map_err(|error| StoreError::Damaged(error.to_string()).into())
}

/// The inner result is the checks'; the outer one is ours: a key of our own or of the provider that cannot be read.
pub(crate) fn validate(
    tx: &mut Tx<'_>,
    cx: &Context,
    posted: &Posted,
    connection: &SamlConnection,
    solicitation: Solicitation<'_>,
    message: &Received<'_>,
) -> Result<Result<Validated, Refusal>, SsoError> {
    let keys = saml_connections::keys(tx, &connection.id)?;
    let keys: Result<Vec<_>, _> = keys.iter().map(|key| cx.idp_keys.key(key)).collect();
    let keys = keys.map_err(|_| Refusal::StoredCertificate)?;
    let own_keys = decryption_keys(tx, cx, &connection.id, message.may_be_encrypted())?;
    let urls = SpUrls::new(&posted.origin, &connection.id);
    let expected = Expected {
        idp_entity_id: &connection.idp_entity_id,
        keys: &keys,
        sp_entity_id: &urls.entity_id,
        acs_url: &urls.acs_url,
        solicitation,
        stable_attribute: connection.subject_attribute.as_deref(),
        signatures: SignaturePolicy {
            allow_inclusive_c14n: connection.inclusive_c14n,
            allow_sha1: connection.allow_sha1,
        },
        decryption: Decryption {
            keys: &own_keys,
            recipient: &urls.entity_id,
            allow_triple_des: connection.allow_triple_des,
            random: &cx.rng.bytes::<32>(),
        },
        clock_skew: Duration::milliseconds(connection.clock_skew_ms),
        now: cx.now().to_datetime(),
    };
    let traced = message.validate_traced(&expected);
    for warning in &traced.warnings {
        let (connection, warning) = (connection.id.as_str(), warning.code());
        tracing::warn!(request_id = posted.request_id, connection, warning, "a login should be mended");
    }
    Ok(match traced.result {
        Ok(assertion) => Ok(Validated { assertion, passed: traced.passed, warnings: traced.warnings }),
        Err(rejection) => {
            let reached = Box::new(Reached { passed: traced.passed, warnings: traced.warnings });
            Err(Refusal::Response { rejection, reached })
        }
    })
}

/// An assertion, and the checks that it passed, for the login trace.
pub(crate) struct Validated {
    pub(crate) assertion: VerifiedAssertion,
    pub(crate) passed: Vec<&'static str>,
    /// What passed and should be mended all the same.
    pub(crate) warnings: Vec<Warning>,
}

/// Everything that the transaction needs, made before it begins.
pub(super) struct Arrived {
    pub(super) project: ProjectId,
    pub(super) actor: Actor,
    pub(super) connection: SamlConnection,
    /// The connection's switches, read once.
    pub(super) options: Options,
    /// The flow that is answered; none for a login that began at the provider.
    pub(super) flow: Option<LoginFlowId>,
    pub(super) request: String,
    pub(super) nonce: Option<Secret>,
    pub(super) deep_link: Option<String>,
    pub(super) back: Option<WayBack>,
    pub(super) assertion: VerifiedAssertion,
    /// The checks that it passed, what should be mended all the same, and the message itself, for the login trace.
    pub(super) passed: Vec<&'static str>,
    pub(super) warnings: Vec<Warning>,
    pub(super) saml_response: Arc<str>,
    pub(super) subject: Subject,
    pub(super) profile: Profile,
    /// By what a logout may have named the session.
    pub(super) logout_keys: Vec<String>,
}

impl Arrived {
    fn new(
        posted: &Posted,
        connection: SamlConnection,
        options: Options,
        flow: Option<(LoginFlow, String, Secret)>,
        validated: Validated,
    ) -> Result<Self, Refusal> {
        let Validated { assertion, passed, warnings } = validated;
        let sp = SpUrls::new(&posted.origin, &connection.id).entity_id;
        let between = Between { provider: &connection.idp_entity_id, sp: &sp };
        let back = flow.as_ref().and_then(|(flow, ..)| WayBack::of(flow));
        let (flow, request, nonce) = match flow {
            Some((flow, request, nonce)) => (Some(flow.id), request, Some(nonce)),
            None => (None, String::new(), posted.nonce.clone()),
        };
        Ok(Self {
            actor: Actor::in_request(ActorKind::SamlConnection, &connection.id, &posted.request_id),
            subject: subject::subject(&assertion, &connection)?,
            profile: attributes::profile(&assertion, &connection),
            logout_keys: session_key::of_assertion(&assertion, between),
            project: posted.project.clone(),
            deep_link: posted.deep_link.clone(),
            saml_response: Arc::clone(&posted.saml_response),
            connection,
            options,
            flow,
            request,
            nonce,
            back,
            assertion,
            passed,
            warnings,
        })
    }
}

/// The one write transaction. A refusal leaves nothing behind.
async fn commit(cx: &Context, arrived: &Arc<Arrived>) -> Result<Completed, SsoError> {
    let (own, p) = (cx.clone(), Arc::clone(arrived));
    let work = move |tx: &mut Tx<'_>| {
        let mut flow = take(tx, &own, &p)?;
        let vouched = vouch(tx, &own, &p)?;
        Ok(login::complete(tx, &own, &p.actor, &mut flow, vouched)?)
    };
    cx.store.write(work).await
}

/// After a refusal: the assertion is used up and the flow failed, so that the same answer cannot be tried again when
/// the person or the policy has changed. In a transaction of its own, so that the usual case pays no savepoint. A replay,
/// and a flow that has ended meanwhile, change nothing.
async fn use_up(cx: &Context, arrived: &Arc<Arrived>) -> Result<(), SsoError> {
    let (own, p) = (cx.clone(), Arc::clone(arrived));
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
fn take(tx: &mut Tx<'_>, cx: &Context, p: &Arrived) -> Result<LoginFlow, SsoError> {
    let unknown = || SsoError::Refused(Refusal::RequestUnknown(p.request.clone()));
    let (Some(nonce), Some(id)) = (&p.nonce, &p.flow) else { return Err(unknown()) };
    let flow = login::of_browser(tx, cx, &p.project, nonce, id)?
        .filter(|flow| flow.saml_request_id.as_deref() == Some(&p.request))
        .ok_or_else(unknown)?;
    use_once(tx, cx, p)?;
    Ok(flow)
}

/// Until when the assertion's ID is known. One that answers no request is good for as long as it says, so it is known for
/// as long: there is no open request that a replay would miss.
fn keep_until(cx: &Context, p: &Arrived) -> Timestamp {
    let end = Timestamp::from(p.assertion.replay_until());
    if p.flow.is_some() { end.min(cx.now().plus(REPLAY_KEPT)) } else { end }
}

/// The assertion's id, once; and not of a session that has been logged out since it was issued (Core 3.7.3.1). It is a row of the
/// organization, and the first that a login writes: an organization that is switched off meanwhile either waits for the login
/// and ends its session, or is seen by it.
pub(super) fn use_once(tx: &mut Tx<'_>, cx: &Context, p: &Arrived) -> Result<(), SsoError> {
    let seen = SamlAssertionReplay {
        saml_connection_id: p.connection.id.clone(),
        assertion_id: p.assertion.id().to_owned(),
        organization_id: p.connection.organization_id.clone(),
        keep_until: keep_until(cx, p),
    };
    if !saml_assertion_replays::insert_once(tx, &seen)? {
        return Err(Refusal::Replayed.into());
    }
    // Providers without single logout end no session here, and the login is spared the question.
    if p.connection.idp_slo_url.is_some() {
        let since = Timestamp::from(p.assertion.issue_instant());
        let person = p.assertion.name_id().map_or("", |name| &name.value);
        let is_forgotten = since.plus(ENDED_KEPT) <= cx.now();
        if is_forgotten || saml_logouts::has_ended(tx, &p.connection.id, person, &p.logout_keys, since)? {
            return Err(Refusal::SessionLoggedOut.into());
        }
    }
    Ok(())
}

/// Matches the person to a user, and says what the session would be.
pub(super) fn vouch(tx: &mut Tx<'_>, cx: &Context, p: &Arrived) -> Result<Vouched, SsoError> {
    let login = Login {
        project: &p.project,
        connection: &p.connection,
        assertion: &p.assertion,
        subject: &p.subject,
        profile: &p.profile,
    };
    let (user, identity) = matching::user_of(tx, cx, &p.actor, &login)?;
    groups::keep(tx, cx, &p.actor, &login, &user)?;
    roles::keep(tx, cx, &p.actor, &login, &user)?;
    // A provider's clock may run ahead of ours, within the skew; auth_time in the future would be refused by clients.
    let at = Timestamp::from(p.assertion.authn_instant()).min(cx.now());
    let class = p.assertion.authn_context();
    let second_factor = p.options.is_second_factor(class);
    Ok(Vouched {
        proof: Proof {
            method: AuthFactor::Saml,
            connection_id: p.connection.id.clone(),
            organization_id: p.connection.organization_id.clone(),
            subject: p.subject.key.clone(),
            at,
            second_factor,
        },
        user,
        session: NewSession {
            primary_auth_factor: AuthFactor::Saml,
            saml_connection_id: p.connection.id.clone(),
            identity_id: identity,
            auth_time: at,
            amr: amr::methods(class, second_factor),
            acr: class.map(str::to_owned),
            saml_session_index: p.assertion.session_index().map(str::to_owned),
            saml_name_id: p
                .assertion
                .name_id()
                .map(session_key::of_name)
                .filter(|key| session_key::fits(key)),
            not_after: p.assertion.session_not_on_or_after().map(Timestamp::from),
        },
    })
}

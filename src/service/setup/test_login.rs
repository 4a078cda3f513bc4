//! A test login: the real way to the provider and back, through the same checks as any login, ending in a report. It makes
//! no user, identity or session (R23), and it works on a draft alone.

use std::sync::Arc;

use serde_json::json;

use super::{Capability, Report, SetupError, Wizard, session::for_change};
use crate::{
    model::{
        ConnectionStatus, Millis, Timestamp,
        ids::{ProjectId, SamlConnectionId, SamlTestLoginId, SetupLinkId},
        secret::{Secret, TokenHash},
    },
    saml::{
        binding::post,
        request::message_id,
        response::{self, Received, Solicitation},
    },
    service::{
        Actor, ActorKind, Change, Context,
        connections::Options,
        new_id,
        record::record,
        sso::{self, Carrier, Posted, Refusal, SsoError, TraceEntry, Validated, Wishes, explain::short},
    },
    store::{
        StoreError, Tx, organizations,
        saml_connections::{self, SamlConnection},
        saml_test_logins::{self, SamlTestLogin},
        seal::Place,
    },
};

/// How long a person may take at the provider, in seconds; also the lifetime of the browser's cookie.
pub const TEST_SECONDS: u32 = 10 * 60;

/// So many tests of a link are kept (R32).
const KEPT: usize = 20;

/// The way to the provider.
#[derive(Debug)]
pub struct Begun {
    /// The connection that is tested.
    pub connection: SamlConnectionId,
    /// How our request travels.
    pub by: Carrier,
    /// For the browser's cookie: it ties the answer to this test.
    pub nonce: Secret,
}

/// A test that has come to its end.
#[derive(Debug)]
pub struct Ended {
    /// The link that it was made with.
    pub link: SetupLinkId,
    /// Which of the browser's nonces was its own.
    pub nonce_hash: TokenHash,
}

/// What arrived at an ACS from a browser that runs a test.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The project of the host.
    pub project: &'a ProjectId,
    /// The project's configured origin.
    pub origin: &'a str,
    /// The connection in the URL.
    pub connection: &'a str,
    /// The nonces of the tests that the browser runs, one for each tab.
    pub nonces: &'a [Secret],
    /// The form field `SAMLResponse`.
    pub saml_response: &'a Arc<str>,
    /// The reference of the report.
    pub request_id: &'a str,
}

/// Sends the browser to the provider.
pub async fn begin(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    session: &Secret,
    request_id: &str,
) -> Result<Begun, SetupError> {
    let of = project.clone();
    let id = message_id(&cx.rng.bytes::<20>());
    let nonce = Secret::random("", &*cx.rng);
    let (own, project, session) = (cx.clone(), project.clone(), session.clone());
    let (message, hash, request) = (id.clone(), nonce.hash(), request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::TestSaml)?;
        let connection = wizard.saml()?;
        if connection.idp_entity_id.is_empty() {
            return Err(SetupError::NotReady("Please hand over your provider\u{2019}s metadata first."));
        }
        if !sso::has_endpoint(connection) {
            return Err(SetupError::NotReady(
                "The provider\u{2019}s metadata names no sign-in endpoint that we can use. Hand other metadata over.",
            ));
        }
        let now = own.now();
        let test = SamlTestLogin {
            id: new_id!(own, SamlTestLoginId),
            organization_id: connection.organization_id.clone(),
            setup_link_id: wizard.link.id.clone(),
            saml_connection_id: connection.id.clone(),
            nonce_hash: hash.clone(),
            request_id: message.clone(),
            passed: None,
            report_sealed: None,
            created_at: now,
            expires_at: now.plus(Millis::from(TEST_SECONDS) * 1000),
            completed_at: None,
        };
        saml_test_logins::insert(tx, &test)?;
        saml_test_logins::delete_oldest(tx, &wizard.link.id, KEPT)?;
        note(tx, &own, &project, &test, "saml_test_login.created", &request)?;
        Ok::<_, SetupError>(connection.clone())
    };
    let connection = cx.store.write(write).await?;
    let by = sso::carry(cx, &of, origin, &id, &connection, &Wishes::of_connection(&connection)).await;
    let by = by.map_err(|error| SetupError::Internal(error.to_string()))?;
    Ok(Begun { connection: connection.id, by, nonce })
}

/// Takes in what came back, if it is the answer to a test of this browser: the test that it ends. None: it is no such
/// answer, and goes the way of a login.
pub async fn receive(cx: &Context, answer: Answer<'_>) -> Result<Option<Ended>, SetupError> {
    let Ok(id) = SamlConnectionId::parse(answer.connection) else { return Ok(None) };
    // Of before the connection is read: a report on what is replaced meanwhile is older than what is there now.
    let at = cx.now();
    let (own, project) = (cx.clone(), answer.project.clone());
    let nonces: Vec<TokenHash> = answer.nonces.iter().map(Secret::hash).collect();
    let posted = Posted {
        project: answer.project.clone(),
        origin: answer.origin.to_owned(),
        connection: answer.connection.to_owned(),
        nonce: None,
        saml_response: Arc::clone(answer.saml_response),
        deep_link: None,
        request_id: answer.request_id.to_owned(),
    };
    // Validation is work for a thread of its own, as in every login.
    let evaluate = move |tx: &mut Tx<'_>| {
        let found = saml_connections::find_in_project(tx, &project, &id)?;
        let Some(connection) = found.filter(|found| found.status == ConnectionStatus::Draft) else {
            return Ok(None);
        };
        let claimed = claimed_request(&posted.saml_response);
        let Some(test) = answered(tx, &id, &nonces, claimed.as_deref(), own.now())? else { return Ok(None) };
        let report = evaluate(tx, &own, &posted, &connection, &test)?;
        Ok::<_, StoreError>(Some((test, report)))
    };
    let Some((test, report)) = cx.store.read(evaluate).await? else { return Ok(None) };
    let sealed = seal(cx, &test, &report)?;
    let (own, project, passed) = (cx.clone(), answer.project.clone(), report.passed);
    let (row, request) = (test.clone(), answer.request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        if saml_test_logins::complete(tx, &row.id, passed, &sealed, at)? {
            let event = if passed { "saml_test_login.passed" } else { "saml_test_login.failed" };
            note(tx, &own, &project, &row, event, &request)?;
        }
        Ok::<_, StoreError>(())
    };
    cx.store.write(write).await?;
    trace(cx, &answer, &test, &report).await;
    Ok(Some(Ended { link: test.setup_link_id, nonce_hash: test.nonce_hash }))
}

/// Which of a browser's tests an answer ends: the one that it says it answers, if that waits. What answers no test at all is
/// shown as the outcome of the newest that waits: that is what the person looks at. What answers one that has ended, or
/// another browser's, is none of theirs.
fn answered(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    nonces: &[TokenHash],
    claimed: Option<&str>,
    now: Timestamp,
) -> Result<Option<SamlTestLogin>, StoreError> {
    let is_tests = match claimed {
        Some(request) => saml_test_logins::knows_request(tx, connection, request)?,
        None => false,
    };
    let waiting = saml_test_logins::waiting(tx, connection, nonces, now)?;
    Ok(waiting.into_iter().find(|test| !is_tests || claimed == Some(test.request_id.as_str())))
}

/// What an answer says that it answers, if it can be read.
fn claimed_request(saml_response: &str) -> Option<String> {
    let message = post::decode(saml_response).ok()?;
    let text = response::scan(&message).ok()?;
    Received::read(&text).ok()?.claimed_request().ok()?
}

/// The newest report of a link, if a test has ended. One that does not open is none: the master key has changed since, and
/// the page offers another test.
pub async fn last_report(cx: &Context, wizard: &Wizard) -> Result<Option<Report>, SetupError> {
    let link = wizard.link.id.clone();
    let newest = cx.store.read(move |tx: &mut Tx<'_>| saml_test_logins::newest(tx, &link, KEPT_ROWS)).await?;
    // Of two tabs the one that came back last, whichever began first.
    let ended = newest.into_iter().rev().filter(|test| test.completed_at.is_some());
    let Some(test) = ended.max_by_key(|test| test.completed_at) else { return Ok(None) };
    let report = read_report(cx, &test);
    if report.is_none() {
        tracing::warn!(test = test.id.as_str(), "the report of a test sign-in does not open");
    }
    Ok(report)
}

/// The report of a test that has ended, if it opens.
pub(super) fn read_report(cx: &Context, test: &SamlTestLogin) -> Option<Report> {
    let plain = cx.master_key.open(place(test), test.report_sealed.as_deref()?).ok()?;
    serde_json::from_slice(&plain).ok()
}

const KEPT_ROWS: i64 = 20;

fn evaluate(
    tx: &mut Tx<'_>,
    cx: &Context,
    posted: &Posted,
    connection: &SamlConnection,
    test: &SamlTestLogin,
) -> Result<Report, StoreError> {
    let provider = crate::service::providers::of(&connection.provider);
    let reference = &posted.request_id;
    let bad = |refusal: &Refusal| Report::bad(reference, refusal, refusal.passed(), None, provider);
    let Validated { assertion, passed, warnings } = match checked(tx, cx, posted, connection, test) {
        Ok(validated) => validated,
        Err(SsoError::Refused(refusal)) => return Ok(bad(&refusal)),
        Err(SsoError::Store(error)) => return Err(error),
        Err(error) => return Err(StoreError::Damaged(error.to_string())),
    };
    Ok(match sso::recognise(&assertion, connection) {
        Ok(profile) => {
            let organization = organizations::find(tx, &posted.project, &connection.organization_id)?;
            let hindrance = match organization {
                Some(own) => sso::hindrance(tx, &own, connection, &assertion, &profile)?,
                None => None,
            };
            let hindrance = hindrance.as_ref();
            Report::good(reference, &assertion, &profile, &passed, &warnings, hindrance, provider)
        }
        Err(refusal) => Report::bad(reference, &refusal, &passed, Some(&assertion), provider),
    })
}

/// The answer, held to what a login through this connection would be held to.
fn checked(
    tx: &mut Tx<'_>,
    cx: &Context,
    posted: &Posted,
    connection: &SamlConnection,
    test: &SamlTestLogin,
) -> Result<Validated, SsoError> {
    sso::check_metadata(connection, cx.now())?;
    let message = post::decode(&posted.saml_response).map_err(Refusal::from)?;
    let text = response::scan(&message).map_err(Refusal::from)?;
    let received = Received::read(&text).map_err(Refusal::from)?;
    let options = Options::of(connection);
    let (contexts, wishes) = (options.authn_contexts(), Wishes::of_connection(connection));
    let request = wishes.request(&test.request_id, Some(test.created_at), &contexts, cx.now());
    Ok(sso::validate(tx, cx, posted, connection, Solicitation::Request(request), &received)??)
}

fn seal(cx: &Context, test: &SamlTestLogin, report: &Report) -> Result<String, SetupError> {
    let internal = |error: &dyn std::fmt::Display| SetupError::Internal(error.to_string());
    let text = serde_json::to_vec(report).map_err(|error| internal(&error))?;
    cx.master_key.seal(place(test), &text, &*cx.rng).map_err(|error| internal(&error))
}

fn place(test: &SamlTestLogin) -> Place<'_> {
    Place {
        table: "saml_test_logins",
        column: "report_sealed",
        row: test.id.as_str(),
        tenant: test.organization_id.as_str(),
    }
}

fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    test: &SamlTestLogin,
    event: &'static str,
    request: &str,
) -> Result<(), StoreError> {
    let change = Change {
        project,
        organization: Some(&test.organization_id),
        event,
        resource: test.id.as_str(),
        before: None,
        after: Some(json!({ "id": test.id, "samlConnectionId": test.saml_connection_id })),
    };
    record(tx, cx, &Actor::in_request(ActorKind::SetupLink, &test.setup_link_id, request), &change)
}

/// A test is an attempt like any other, and findable by its reference.
async fn trace(cx: &Context, answer: &Answer<'_>, test: &SamlTestLogin, report: &Report) {
    let steps: Vec<_> = report
        .checks
        .iter()
        .map(|check| {
            let detail = check.detail.as_deref().map(short);
            let mut step = json!({ "check": check.label, "state": check.state, "detail": detail });
            for (name, text) in [("wanted", &check.wanted), ("got", &check.got), ("fix", &check.fix)] {
                if let Some(text) = text {
                    step[name] = text.clone().into();
                }
            }
            step
        })
        .collect();
    let entry = TraceEntry {
        organization: test.organization_id.clone(),
        connection: test.saml_connection_id.clone(),
        reference: report.reference.clone(),
        outcome: if report.passed { sso::TEST_PASSED } else { sso::TEST_FAILED },
        code: report.code.clone().unwrap_or_else(|| "ok".to_owned()),
        email: report.person.as_ref().and_then(|person| person.email.clone()),
        steps: json!(steps),
        message: Some(Arc::clone(answer.saml_response)),
    };
    sso::keep_trace(cx, answer.project, entry).await;
}

//! A login that began at the provider (R8, R9). The response is validated like any other; then the person is asked, because
//! any page could have made this browser post it, with somebody else's account in it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    consume::{ATTEMPTS, Arrived, Consumed, use_once, vouch},
    refusal::{Refusal, SsoError},
};
use crate::{
    model::{
        AuthFactor, FlowState, Timestamp,
        ids::{IdentityId, LoginFlowId, ProjectId, UserId},
        login::Proof,
        secret::Secret,
    },
    service::{
        Actor, ActorKind, Context,
        login::{self, Completed, Vouched},
        sessions::NewSession,
    },
    store::{StoreError, Tx, identities, login_flows, organizations, saml_logouts, users},
};

/// What the person is asked.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The flow that waits.
    pub flow: LoginFlowId,
    /// The browser's nonce, new if it had none.
    pub nonce: Secret,
    /// The account.
    pub account: String,
    /// The organization's name.
    pub organization: String,
}

/// What the flow keeps of the assertion until the person has answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pending {
    user: String,
    identity: String,
    amr: Vec<String>,
    acr: Option<String>,
    session_index: Option<String>,
    name_id: Option<String>,
    not_after: Option<i64>,
    auth_time: i64,
    /// When the provider issued the assertion. Before everything where an older version noted none: any logout counts then.
    #[serde(default)]
    issued_at: i64,
    second_factor: bool,
    deep_link: Option<String>,
    /// By what a logout may have named the session. Where an older version noted none, the person begins again.
    logout_keys: Option<Vec<String>>,
    /// The value of the NameID.
    person: Option<String>,
}

/// Uses the assertion up, matches the person, asks the policy, and notes what waits for the answer.
pub(super) async fn ask(cx: &Context, arrived: &Arc<Arrived>) -> Result<Consumed, SsoError> {
    let mut outcome = note(cx, arrived).await;
    for _ in 1..ATTEMPTS {
        let Err(SsoError::Store(StoreError::Conflict(_))) = outcome else { break };
        outcome = note(cx, arrived).await;
    }
    if matches!(outcome, Err(SsoError::Refused(_))) {
        // Refused once, refused for good: the same message must not be tried again when the policy has changed.
        let (own, p) = (cx.clone(), Arc::clone(arrived));
        match cx.store.write(move |tx: &mut Tx<'_>| use_once(tx, &own, &p)).await {
            Ok(()) | Err(SsoError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    outcome
}

async fn note(cx: &Context, arrived: &Arc<Arrived>) -> Result<Consumed, SsoError> {
    let arrived = Arc::clone(arrived);
    let nonce = arrived.nonce.clone().unwrap_or_else(|| Secret::random("", &*cx.rng));
    let (own, kept) = (cx.clone(), nonce.clone());
    let work = move |tx: &mut Tx<'_>| {
        let p = &arrived;
        use_once(tx, &own, p)?;
        let vouched = vouch(tx, &own, p)?;
        let mut flow = login::begin(tx, &own, &p.project, &kept, None)?;
        let organization = login::permit(tx, &own, &flow, &vouched.proof, &vouched.user)?.organization;
        flow.state = FlowState::AwaitingConsent;
        flow.organization_id = Some(organization.id.clone());
        flow.saml_connection_id = Some(p.connection.id.clone());
        flow.user_id = Some(vouched.user.id.clone());
        flow.proof_subject = Some(vouched.proof.subject.clone());
        flow.pending = Some(serde_json::json!(pending(&vouched, p)).to_string());
        login_flows::update(tx, &flow)?;
        let user = &vouched.user;
        let account = [&user.email, &user.display_name, &user.user_name].into_iter().flatten().next();
        Ok::<_, SsoError>((flow.id, account.cloned().unwrap_or_default(), organization.display_name))
    };
    let (flow, account, organization) = cx.store.write(work).await?;
    Ok(Consumed::Consent(Box::new(Consent { flow, nonce, account, organization })))
}

fn pending(vouched: &Vouched, arrived: &Arrived) -> Pending {
    let session = &vouched.session;
    Pending {
        user: vouched.user.id.to_string(),
        identity: session.identity_id.to_string(),
        amr: session.amr.clone(),
        acr: session.acr.clone(),
        session_index: session.saml_session_index.clone(),
        name_id: session.saml_name_id.clone(),
        not_after: session.not_after.map(Timestamp::millis),
        auth_time: session.auth_time.millis(),
        issued_at: Timestamp::from(arrived.assertion.issue_instant()).millis(),
        second_factor: vouched.proof.second_factor,
        deep_link: arrived.deep_link.clone(),
        logout_keys: Some(arrived.logout_keys.clone()),
        person: arrived.assertion.name_id().map(|name| name.value.clone()),
    }
}

/// The person said yes, in the browser that the response came to. The policy is asked again, as it stands now.
pub async fn consent(
    cx: &Context,
    project: &ProjectId,
    nonce: Option<&Secret>,
    flow: &str,
    request_id: &str,
) -> Result<Completed, SsoError> {
    let nothing = || SsoError::Refused(Refusal::NothingToConsentTo);
    let id = LoginFlowId::parse(flow).map_err(|_| nothing())?;
    let nonce = nonce.cloned().ok_or_else(nothing)?;
    let (own, project, request_id) = (cx.clone(), project.clone(), request_id.to_owned());
    let work = move |tx: &mut Tx<'_>| {
        let mut flow = login::awaiting_consent(tx, &own, &project, &nonce, &id)?.ok_or_else(nothing)?;
        let damaged = || StoreError::Damaged("a flow that waits for consent".into());
        let pending: Pending =
            flow.pending.as_deref().and_then(|text| serde_json::from_str(text).ok()).ok_or_else(damaged)?;
        let (Some(organization), Some(connection)) =
            (flow.organization_id.clone(), flow.saml_connection_id.clone())
        else {
            return Err(damaged().into());
        };
        // Before anything is asked of it: a session is not issued beside the end of all of them.
        organizations::hold(tx, &organization)?;
        // The provider may have logged the person out between the page and the click (Core 3.7.3.1).
        let keys = pending.logout_keys.ok_or_else(nothing)?;
        let issued_at = Timestamp::from_millis(pending.issued_at);
        let person = pending.person.unwrap_or_default();
        if saml_logouts::has_ended(tx, &connection, &person, &keys, issued_at)? {
            return Err(Refusal::SessionLoggedOut.into());
        }
        let user = UserId::parse(&pending.user).map_err(|_| damaged())?;
        let user = users::lock_for_login(tx, &organization, &user)?.ok_or(Refusal::UserDeleted)?;
        let identity_id = IdentityId::parse(&pending.identity).map_err(|_| damaged())?;
        // Nor under a link that somebody has taken away since.
        if !identities::touch(tx, &identity_id, &user.id, own.now())? {
            return Err(nothing());
        }
        let actor = Actor::in_request(ActorKind::SamlConnection, &connection, request_id.clone());
        let vouched = Vouched {
            proof: Proof {
                method: AuthFactor::Saml,
                connection_id: connection.clone(),
                organization_id: organization,
                subject: flow.proof_subject.clone().unwrap_or_default(),
                at: Timestamp::from_millis(pending.auth_time),
                second_factor: pending.second_factor,
            },
            user,
            session: NewSession {
                primary_auth_factor: AuthFactor::Saml,
                saml_connection_id: connection,
                identity_id,
                auth_time: Timestamp::from_millis(pending.auth_time),
                amr: pending.amr,
                acr: pending.acr,
                saml_session_index: pending.session_index,
                saml_name_id: pending.name_id,
                not_after: pending.not_after.map(Timestamp::from_millis),
            },
        };
        Ok(login::complete(tx, &own, &actor, &mut flow, vouched)?)
    };
    cx.store.write(work).await
}

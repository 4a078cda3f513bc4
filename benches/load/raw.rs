//! The ceiling: the same rows, made beforehand, written by as many tasks through the store alone. No HTTP, no JSON, no
//! XML, no checks; the database's own cost.

use std::{sync::Arc, time::Instant};

use vestibule::{
    model::{
        AuthFactor, Clock as _, FlowState, Rng, SubjectKind, SystemClock, SystemRng, UserStatus,
        ids::{AuditLogEventId, EventId, GroupId, IdentityId, LoginFlowId, SessionId, UserId},
        secret::Secret,
    },
    store::{
        StoreError, Tx, audit_log_events::AuditLogEvent, group_members, group_members::GroupMember, groups,
        identities, identities::Identity, login_flows, login_flows::LoginFlow, outbox_events::OutboxEvent,
        saml_assertion_replays, saml_assertion_replays::SamlAssertionReplay, scim_connections, sessions,
        sessions::Session, user_emails, user_emails::UserEmail, users, users::User,
    },
};

use crate::gateway::{Gateway, runtime};

/// As long as the resources that the gateway writes into its audit rows and events.
const STATE: usize = 400;

/// Creates a second: a user, an address, an audit row, an event.
pub fn creates(gateway: &Gateway, count: usize, tasks: usize) -> f64 {
    let organization = gateway.organization.id.clone();
    let find = move |tx: &mut Tx<'_>| scim_connections::find_default(tx, &organization);
    let connection = runtime().block_on(gateway.cx.store.read(find)).unwrap().unwrap().id;
    let units = (0..count).map(|n| {
        let user = User {
            scim_connection_id: Some(connection.clone()),
            scim_display_name_folded: Some(format!("given family{n}")),
            ..user(gateway, &format!("raw{tasks}-{n}@acme.example"))
        };
        let records = records(gateway, "user.created");
        move |tx: &mut Tx<'_>| {
            users::insert(tx, &user)?;
            let email = UserEmail {
                user_id: user.id.clone(),
                position: 0,
                organization_id: user.organization_id.clone(),
                value: user.email.clone().unwrap_or_default(),
                value_folded: user.email_folded.clone().unwrap_or_default(),
                kind: Some("work".into()),
                is_primary: true,
                has_value: true,
            };
            user_emails::add(tx, &[email])?;
            write(tx, &records)
        }
    });
    drive(gateway, units.collect(), tasks)
}

/// The group that the provider names for everybody.
pub const STAFF: &str = "Staff";

/// How well the gateway knows who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Somebody's first login: a link and a membership more, each with its audit row and event.
    First,
    /// Everybody's every morning.
    Again,
}

/// Logins a second: the assertion's id, a link (new or touched), a session, the flow's end, audit rows and events.
pub fn logins(gateway: &Gateway, count: usize, tasks: usize, visit: Visit) -> f64 {
    let staff = staff(gateway);
    let prepared: Vec<_> = (0..count)
        .map(|n| {
            let user = user(gateway, &format!("{visit:?}{n}@acme.example"));
            let (session, identity) = session(gateway, &user);
            (user, session, identity, flow(gateway))
        })
        .collect();
    let rows = prepared.clone();
    let inserted = runtime().block_on(gateway.cx.store.write(move |tx| {
        for (user, _, identity, flow) in &rows {
            users::insert(tx, user)?;
            if visit == Visit::Again {
                identities::insert(tx, identity)?;
            }
            login_flows::insert(tx, flow)?;
        }
        Ok::<_, StoreError>(())
    }));
    inserted.unwrap();
    let units = prepared.into_iter().enumerate().map(|(n, (user, session, identity, mut flow))| {
        let replay = SamlAssertionReplay {
            saml_connection_id: gateway.connection.id.clone(),
            assertion_id: format!("_raw{visit:?}{n}"),
            organization_id: user.organization_id.clone(),
            keep_until: SystemClock.now().plus(600_000),
        };
        flow.state = FlowState::Completed;
        flow.session_id = Some(session.id.clone());
        flow.user_id = Some(user.id.clone());
        let member = GroupMember {
            group_id: staff.clone(),
            member_id: user.id.to_string(),
            organization_id: user.organization_id.clone(),
            member_user_id: Some(user.id.clone()),
            member_group_id: None,
            created_at: SystemClock.now(),
        };
        let (linked, joined) =
            (records(gateway, "identity.created"), records(gateway, "user.groups_changed"));
        let begun = records(gateway, "session.created");
        move |tx: &mut Tx<'_>| {
            saml_assertion_replays::insert_once(tx, &replay)?;
            match visit {
                Visit::First => {
                    identities::insert(tx, &identity)?;
                    write(tx, &linked)?;
                    group_members::add(tx, std::slice::from_ref(&member))?;
                    write(tx, &joined)?;
                }
                Visit::Again => {
                    identities::touch(tx, &identity.id, &user.id, SystemClock.now())?;
                }
            }
            sessions::insert(tx, &session)?;
            login_flows::finish(tx, &flow)?;
            write(tx, &begun)
        }
    });
    drive(gateway, units.collect(), tasks)
}

/// The group of which everybody is.
fn staff(gateway: &Gateway) -> GroupId {
    let connection = gateway.connection.id.clone();
    let find = move |tx: &mut Tx<'_>| groups::find_saml(tx, &connection, STAFF);
    runtime().block_on(gateway.cx.store.read(find)).unwrap().unwrap().id
}

fn drive<F>(gateway: &Gateway, units: Vec<F>, tasks: usize) -> f64
where
    F: Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
{
    let count = units.len();
    let mut shares: Vec<Vec<F>> = (0..tasks).map(|_| Vec::new()).collect();
    for (n, unit) in units.into_iter().enumerate() {
        shares[n % tasks].push(unit);
    }
    let start = Instant::now();
    runtime().block_on(async {
        let tasks: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let store = gateway.cx.store.clone();
                tokio::spawn(async move {
                    for unit in share {
                        store.write(unit).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}

fn write(tx: &mut Tx<'_>, (audit, event): &(AuditLogEvent, OutboxEvent)) -> Result<(), StoreError> {
    tx.record(audit.clone(), event.clone())
}

fn records(gateway: &Gateway, name: &str) -> (AuditLogEvent, OutboxEvent) {
    let (now, state) = (SystemClock.now(), "x".repeat(STATE));
    let ids = &gateway.cx.ids;
    let resource = UserId::from_u128(ids.next(&SystemClock, &SystemRng)).to_string();
    let audit = AuditLogEvent {
        id: AuditLogEventId::from_u128(ids.next(&SystemClock, &SystemRng)),
        project_id: gateway.project.id.clone(),
        organization_id: Some(gateway.organization.id.clone()),
        actor_kind: "scim_api_key".into(),
        actor_id: Some(resource.clone()),
        event_name: name.into(),
        resource_kind: "user".into(),
        resource_id: resource.clone(),
        before_state: None,
        after_state: Some(state.clone()),
        request_id: Some(resource.clone()),
        occurred_at: now,
    };
    let event = OutboxEvent {
        id: EventId::from_u128(ids.next(&SystemClock, &SystemRng)),
        project_id: gateway.project.id.clone(),
        organization_id: Some(gateway.organization.id.clone()),
        position: None,
        event_type: name.into(),
        resource_kind: "user".into(),
        resource_id: resource,
        payload: state,
        occurred_at: now,
    };
    (audit, event)
}

fn user(gateway: &Gateway, address: &str) -> User {
    let now = SystemClock.now();
    User {
        id: UserId::from_u128(gateway.cx.ids.next(&SystemClock, &SystemRng)),
        organization_id: gateway.organization.id.clone(),
        scim_connection_id: None,
        external_id: Some(address.into()),
        user_name: Some(address.into()),
        user_name_folded: Some(address.into()),
        email: Some(address.into()),
        email_folded: Some(address.into()),
        display_name: Some("Given Family".into()),
        given_name: Some("Given".into()),
        family_name: Some("Family".into()),
        profile_picture_url: None,
        owner: false,
        break_glass: false,
        status: UserStatus::Active,
        deactivated_by: None,
        scim_attributes: Some("x".repeat(STATE)),
        version: 1,
        created_at: now,
        updated_at: now,
        deactivated_at: None,
        deleted_at: None,
        scim_display_name_folded: None,
        active_assigned: true,
        held_until: None,
    }
}

pub fn session(gateway: &Gateway, user: &User) -> (Session, Identity) {
    let (now, ids) = (SystemClock.now(), &gateway.cx.ids);
    let identity = Identity {
        id: IdentityId::from_u128(ids.next(&SystemClock, &SystemRng)),
        organization_id: user.organization_id.clone(),
        user_id: user.id.clone(),
        saml_connection_id: Some(gateway.connection.id.clone()),
        oidc_connection_id: None,
        provider: "saml".into(),
        subject: user.email.clone().unwrap_or_default(),
        subject_kind: SubjectKind::WeakNameId,
        created_at: now,
        last_login_at: Some(now),
    };
    let session = Session {
        id: SessionId::from_u128(ids.next(&SystemClock, &SystemRng)),
        project_id: gateway.project.id.clone(),
        organization_id: user.organization_id.clone(),
        user_id: user.id.clone(),
        token_hash: Some(token().hash()),
        primary_auth_factor: AuthFactor::Saml,
        saml_connection_id: Some(gateway.connection.id.clone()),
        oidc_connection_id: None,
        identity_id: Some(identity.id.clone()),
        auth_time: now,
        amr: "[]".into(),
        acr: None,
        saml_session_index: Some("_s".into()),
        saml_name_id: user.email.clone(),
        impersonator_email: None,
        created_at: now,
        last_active_at: now,
        idle_expires_at: now.plus(86_400_000),
        expires_at: now.plus(86_400_000),
        revoked_at: None,
        revoked_reason: None,
    };
    (session, identity)
}

fn flow(gateway: &Gateway) -> LoginFlow {
    let now = SystemClock.now();
    LoginFlow {
        id: LoginFlowId::from_u128(gateway.cx.ids.next(&SystemClock, &SystemRng)),
        project_id: gateway.project.id.clone(),
        organization_id: Some(gateway.organization.id.clone()),
        state: FlowState::AwaitingSaml,
        browser_nonce_hash: token().hash(),
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
        saml_connection_id: Some(gateway.connection.id.clone()),
        saml_request_id: Some("_request".into()),
        saml_requested_at: Some(now),
        proof_method: None,
        proof_connection_id: None,
        proof_organization_id: None,
        proof_subject: None,
        proof_at: None,
        user_id: None,
        session_id: None,
        created_at: now,
        expires_at: now.plus(600_000),
        completed_at: None,
        passive: false,
        pending: None,
    }
}

fn token() -> Secret {
    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    Secret::random("", &*rng)
}

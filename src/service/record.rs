//! What every write leaves behind, in its own transaction: a row in the audit log and an event for the host app.

use serde_json::Value;

use super::{Context, new_id};
use crate::{
    model::ids::{AuditLogEventId, EventId, OrganizationId, ProjectId},
    store::{StoreError, Tx, audit_log_events::AuditLogEvent, outbox_events::OutboxEvent},
};

/// Who is acting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What kind of caller.
    pub kind: ActorKind,
    /// Its id: of a user, a key, a connection.
    pub id: Option<String>,
    /// The request, for finding the log line.
    pub request_id: Option<String>,
}

/// The kinds of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// The operator, at the command line.
    Operator,
    /// A SCIM bearer token.
    ScimApiKey,
    /// A SAML connection's identity provider.
    SamlConnection,
    /// A user in a browser.
    User,
    /// A host app.
    OauthClient,
    /// A back-end API key of the host app.
    BackendApiKey,
    /// A setup link.
    SetupLink,
    /// The gateway itself.
    System,
}

impl ActorKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::ScimApiKey => "scim_api_key",
            Self::SamlConnection => "saml_connection",
            Self::User => "user",
            Self::OauthClient => "oauth_client",
            Self::BackendApiKey => "backend_api_key",
            Self::SetupLink => "setup_link",
            Self::System => "system",
        }
    }
}

impl Actor {
    /// The operator at the command line.
    pub fn operator() -> Self {
        Self { kind: ActorKind::Operator, id: None, request_id: None }
    }

    /// The gateway itself.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, id: None, request_id: None }
    }

    /// A caller with an id, in a request.
    pub fn in_request(kind: ActorKind, id: &(impl ToString + ?Sized), request_id: impl Into<String>) -> Self {
        Self { kind, id: Some(id.to_string()), request_id: Some(request_id.into()) }
    }
}

/// What happened to one resource.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// The project.
    pub project: &'a ProjectId,
    /// The organization, where the resource is one's.
    pub organization: Option<&'a OrganizationId>,
    /// `kind.verb` in the past tense: `user.created`.
    pub event: &'static str,
    /// The resource's id; its kind is the event's first part.
    pub resource: &'a str,
    /// The resource as the host app may see it, before. No secrets, and no more than is needed.
    pub before: Option<Value>,
    /// The same, after.
    pub after: Option<Value>,
}

/// Leaves the audit row and the outbox event of a change, which are written with the change or not at all.
pub fn record(tx: &mut Tx<'_>, cx: &Context, actor: &Actor, change: &Change<'_>) -> Result<(), StoreError> {
    let now = cx.now();
    let kind = change.event.split_once('.').map_or(change.event, |(kind, _)| kind);
    let (before, after) = (text(change.before.as_ref()), text(change.after.as_ref()));
    let payload = after.clone().or_else(|| before.clone()).unwrap_or_else(|| "{}".into());
    let audit = AuditLogEvent {
        id: new_id!(cx, AuditLogEventId),
        project_id: change.project.clone(),
        organization_id: change.organization.cloned(),
        actor_kind: actor.kind.as_str().into(),
        actor_id: actor.id.clone(),
        event_name: change.event.into(),
        resource_kind: kind.into(),
        resource_id: change.resource.into(),
        before_state: before,
        after_state: after,
        request_id: actor.request_id.clone(),
        occurred_at: now,
    };
    let event = OutboxEvent {
        id: new_id!(cx, EventId),
        project_id: change.project.clone(),
        organization_id: change.organization.cloned(),
        position: None,
        event_type: change.event.into(),
        resource_kind: kind.into(),
        resource_id: change.resource.into(),
        payload,
        occurred_at: now,
    };
    tx.record(audit, event)
}

fn text(value: Option<&Value>) -> Option<String> {
    value.map(Value::to_string)
}

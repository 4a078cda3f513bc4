//! Who is calling: from the bearer token alone, before anything is looked up (R20).

use crate::{
    model::{
        ConnectionStatus, Millis, OrganizationStatus,
        ids::{ProjectId, ScimApiKeyId},
        secret::Secret,
    },
    service::{Actor, ActorKind, Context},
    store::{
        StoreError,
        organizations::Organization,
        scim_connections::{self, ScimConnection},
    },
};

/// The last use of a token is noted at most this often: a note for each request would be a write for each read.
const TOUCH_EVERY: Millis = 60 * 1000;

/// A caller with a live token: its connection and organization. Only [`authenticate`] makes one.
#[derive(Debug, Clone)]
pub struct ScimTenant {
    pub(super) organization: Organization,
    pub(super) connection: ScimConnection,
    key_id: ScimApiKeyId,
    request_id: String,
}

/// Why a caller gets no further.
#[derive(Debug, thiserror::Error)]
pub enum AccessRefusal {
    /// No such token, or it is expired, revoked, or another project's.
    #[error("the bearer token is not valid")]
    UnknownToken,
    /// The token is good, but provisioning is switched off for the connection or the organization.
    #[error("provisioning is switched off for this organization")]
    SwitchedOff,
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

impl ScimTenant {
    /// The organization, for the log line.
    pub fn organization_id(&self) -> &str {
        self.organization.id.as_str()
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::in_request(ActorKind::ScimApiKey, &self.key_id, &self.request_id)
    }
}

/// Finds out whose token it is. The project is that of the host that was called, and must be the token's.
pub async fn authenticate(
    cx: &Context,
    project: &ProjectId,
    token: &Secret,
    request_id: &str,
) -> Result<ScimTenant, AccessRefusal> {
    let hash = token.hash();
    let found = cx.store.read(move |tx| scim_connections::find_by_token(tx, &hash)).await?;
    let (key, connection, organization) = found.ok_or(AccessRefusal::UnknownToken)?;
    let now = cx.now();
    let expired = key.expires_at.is_some_and(|end| end <= now);
    if key.revoked_at.is_some() || expired || organization.project_id != *project {
        return Err(AccessRefusal::UnknownToken);
    }
    let on = organization.scim_enabled
        && organization.status == OrganizationStatus::Active
        && connection.status == ConnectionStatus::Enabled;
    if !on {
        return Err(AccessRefusal::SwitchedOff);
    }
    if key.last_used_at.is_none_or(|used| used.plus(TOUCH_EVERY) <= now) {
        let id = key.id.clone();
        cx.store.write(move |tx| scim_connections::touch_key(tx, &id, now)).await?;
    }
    Ok(ScimTenant { organization, connection, key_id: key.id, request_id: request_id.to_owned() })
}

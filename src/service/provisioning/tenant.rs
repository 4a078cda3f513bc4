//! Who is calling: from the bearer token alone, before anything is looked up (R20).

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::memory::Traced;

use crate::{
    model::{
        ConnectionStatus, Millis, OrganizationStatus, Timestamp,
        ids::{OrganizationId, ProjectId, ScimApiKeyId},
        secret::Secret,
    },
    scim::{
        ScimError,
        dialect::{Provider, Rewrite, Rewrites, rewrite_message},
        filter::{FilterError, Tolerances},
        patch::Absent,
        schema::{Catalog, Definition},
    },
    service::{Actor, ActorKind, Context},
    store::{
        StoreError, Tx,
        organizations::Organization,
        scim_connections::{self, ScimConnection},
        scim_schemas,
    },
};

/// The last use of a token is noted at most this often: a note for each request would be a write for each read.
const TOUCH_EVERY: Millis = 60 * 1000;

/// What is known of a request besides its token.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The request, for finding the log line.
    pub request_id: &'a str,
    /// The address of the SCIM server as it was called, without a slash at the end.
    pub base: &'a str,
    /// `User-Agent` and query, by which some providers are known.
    pub provider: Option<Provider>,
}

/// A caller with a live token: its connection and organization. Only [`authenticate`] makes one.
#[derive(Debug, Clone)]
pub struct ScimTenant {
    pub(super) organization: Organization,
    pub(super) connection: ScimConnection,
    /// The attribute tables of the organization.
    pub(super) catalog: Catalog,
    pub(super) base: String,
    key_id: ScimApiKeyId,
    request_id: String,
    /// What the dialects had to do for this request.
    heard: Arc<Mutex<Rewrites>>,
}

/// Why a caller gets no further.
#[derive(Debug, thiserror::Error)]
pub enum AccessRefusal {
    /// No such token, or it is expired, revoked, or another project's.
    #[error("the bearer token is not valid")]
    UnknownToken,
    /// The token is good, but provisioning is switched off for the connection or the organization.
    #[error("provisioning is switched off for this organization")]
    SwitchedOff(Traced),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

impl ScimTenant {
    /// The organization, for the log line.
    pub fn organization_id(&self) -> &str {
        self.organization.id.as_str()
    }

    /// Whether the connection is still being set up: then reads are answered and nothing is written (decision 007).
    pub fn is_draft(&self) -> bool {
        self.connection.status == ConnectionStatus::Draft
    }

    /// The attribute tables of the organization.
    pub fn catalog(&self) -> Catalog {
        self.catalog
    }

    /// The address of the SCIM server as it was called.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The connection as its provider would use it, for requests that are tried out and undone.
    pub(super) fn rehearsing(
        tx: &mut Tx<'_>,
        organization: &Organization,
        connection: &ScimConnection,
        key_id: ScimApiKeyId,
        base: &str,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            organization: organization.clone(),
            connection: connection.clone(),
            catalog: catalog_of(tx, connection)?,
            base: base.to_owned(),
            request_id: key_id.to_string(),
            key_id,
            heard: Arc::default(),
        })
    }

    /// The same caller in another request.
    pub(super) fn in_request(&self, request_id: &str) -> Self {
        Self { request_id: request_id.to_owned(), heard: Arc::default(), ..self.clone() }
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::in_request(ActorKind::ScimApiKey, &self.key_id, &self.request_id)
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Whose request the log shows.
    pub fn traced(&self) -> Traced {
        Traced {
            organization: self.organization.id.clone(),
            connection: self.connection.id.clone(),
            request_id: self.request_id.clone(),
        }
    }

    /// Lets a dialect rewrite, unless the connection is strict, and remembers what it did.
    pub(super) fn hear(&self, rewrite: impl FnOnce() -> Rewrites) {
        if !self.is_strict() {
            let used = rewrite();
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend(used);
        }
    }

    /// The same for a message that is no resource, of that schema.
    pub fn hear_message(&self, urn: &'static str, body: &mut Value) {
        self.hear(|| rewrite_message(urn, body));
    }

    /// Remembers that a rewrite was needed.
    pub(super) fn note(&self, rewrite: Rewrite) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(rewrite);
    }

    /// Remembers what a filter has beside the grammar; on a strict connection it is refused.
    pub(super) fn tolerate(&self, met: &Tolerances) -> Result<(), ScimError> {
        if let Some(first) = met.first().filter(|_| self.is_strict()) {
            return Err(FilterError::BesideGrammar(first.fault()).into());
        }
        met.iter().for_each(|tolerance| self.note((*tolerance).into()));
        Ok(())
    }

    /// The rewrites that the request needed so far.
    pub(super) fn rewrites(&self) -> Rewrites {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nothing but the standard is taken.
    pub(super) fn is_strict(&self) -> bool {
        self.connection.strict
    }

    /// What a path means that selects an element that is not there.
    pub(super) fn absent(&self) -> Absent {
        if self.is_strict() { Absent::Refuse } else { Absent::Create }
    }

    /// Whether members are told with their names to who asks for nothing in particular.
    pub(super) fn names_members(&self) -> bool {
        self.provider().is_some_and(Provider::reads_names_of_members)
    }

    /// The provider behind the connection, as far as it is known.
    pub(super) fn provider(&self) -> Option<Provider> {
        Provider::parse(&self.connection.provider)
    }
}

/// Finds out whose token it is. The project is that of the host that was called, and must be the token's.
pub async fn authenticate(
    cx: &Context,
    project: &ProjectId,
    token: &Secret,
    caller: Caller<'_>,
) -> Result<ScimTenant, AccessRefusal> {
    // Before it is known whose lane it is in, a request takes no connection from a login either.
    let cx = &Context { store: cx.store.at_the_door(), ..cx.clone() };
    let hash = token.hash();
    let found = cx.store.glance(move |tx| scim_connections::find_by_token(tx, &hash));
    let (key, mut connection, organization) = found.await?.ok_or(AccessRefusal::UnknownToken)?;
    let now = cx.now();
    let expired = key.expires_at.is_some_and(|end| end <= now);
    if key.revoked_at.is_some() || expired || organization.project_id != *project {
        return Err(AccessRefusal::UnknownToken);
    }
    if !is_on(&organization, &connection) && !is_being_set_up(&organization, &connection) {
        return Err(AccessRefusal::SwitchedOff(Traced {
            organization: organization.id,
            connection: connection.id,
            request_id: caller.request_id.to_owned(),
        }));
    }
    // Only of whom is known: to read schemas costs more than a look at a token. Most organizations have registered none.
    let catalog = if connection.custom_schemas == 0 {
        Catalog::STANDARD
    } else {
        let organization = organization.id.clone();
        cx.store.read(move |tx| load_catalog(tx, &organization)).await?
    };
    if key.last_used_at.is_none_or(|used| used.plus(TOUCH_EVERY) <= now) {
        let id = key.id.clone();
        cx.store.write(move |tx| scim_connections::touch_key(tx, &id, now)).await?;
    }
    if let Some(provider) = caller.provider {
        learn_provider(cx, &mut connection, provider).await?;
    }
    Ok(ScimTenant {
        organization,
        connection,
        catalog,
        base: caller.base.to_owned(),
        key_id: key.id,
        request_id: caller.request_id.to_owned(),
        heard: Arc::default(),
    })
}

/// Whether provisioning is on for the connection and for its organization.
pub(super) fn is_on(organization: &Organization, connection: &ScimConnection) -> bool {
    is_on_for(organization) && connection.status == ConnectionStatus::Enabled
}

fn is_on_for(organization: &Organization) -> bool {
    organization.scim_enabled && organization.status == OrganizationStatus::Active
}

/// Whether the connection is a draft of an organization that is provisioned otherwise.
fn is_being_set_up(organization: &Organization, connection: &ScimConnection) -> bool {
    is_on_for(organization) && connection.status == ConnectionStatus::Draft
}

fn catalog_of(tx: &mut Tx<'_>, connection: &ScimConnection) -> Result<Catalog, StoreError> {
    if connection.custom_schemas == 0 {
        return Ok(Catalog::STANDARD);
    }
    load_catalog(tx, &connection.organization_id)
}

/// The attribute tables of an organization.
pub(super) fn load_catalog(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Catalog, StoreError> {
    let damaged = |reason: String| StoreError::Damaged(reason);
    let mut definitions = Vec::new();
    for row in scim_schemas::list(tx, organization)? {
        let json: Value =
            serde_json::from_str(&row.definition).map_err(|error| damaged(error.to_string()))?;
        definitions.push(Definition::parse(&json).map_err(|error| damaged(error.to_string()))?);
    }
    Ok(Catalog::with(&definitions))
}

/// A provider is noted once, on a connection of which nobody has said what it is.
pub(super) async fn learn_provider(
    cx: &Context,
    connection: &mut ScimConnection,
    provider: Provider,
) -> Result<(), StoreError> {
    if connection.provider != UNKNOWN_PROVIDER {
        return Ok(());
    }
    let id = connection.id.clone();
    cx.store
        .write(move |tx| scim_connections::set_provider(tx, &id, UNKNOWN_PROVIDER, provider.as_str()))
        .await?;
    connection.provider = provider.as_str().to_owned();
    Ok(())
}

/// Notes the provider of a connection by the shape of a body, as it came.
pub async fn learn_from_body(cx: &Context, tenant: &mut ScimTenant, body: &Value) -> Result<(), StoreError> {
    if tenant.connection.provider != UNKNOWN_PROVIDER {
        return Ok(());
    }
    match Provider::of_body(body) {
        Some(provider) => learn_provider(cx, &mut tenant.connection, provider).await,
        None => Ok(()),
    }
}

/// The provider of a connection that has not been seen yet.
pub(super) const UNKNOWN_PROVIDER: &str = "generic";

/// The end of a span, for those who compare.
pub(super) fn is_over(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_none_or(|until| until <= now)
}

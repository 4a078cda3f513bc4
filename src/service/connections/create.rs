//! Making a connection.

use super::{
    ConnectionError, Description, Options, Signers,
    metadata::{Loaded, apply, load, recognise_provider, store_keys, view_with_keys},
};
use crate::{
    model::{
        ConnectionStatus,
        ids::{OrganizationId, ProjectId, SamlConnectionId},
    },
    service::{Actor, Change, Context, egress::Egress, new_id, providers, record::record},
    store::{
        StoreError, Tx, organizations,
        saml_connections::{self, SamlConnection},
    },
};

/// What clocks may differ by, unless the connection is told otherwise.
const CLOCK_SKEW_MS: i64 = 180_000;

/// A connection to be.
#[derive(Debug, Clone, Default)]
pub struct NewSamlConnection {
    /// For people; the provider's host name if empty.
    pub display_name: String,
    /// The identity provider. Without it the connection is a draft whose addresses can be typed into the provider
    /// before the provider has metadata to give.
    pub metadata: Option<Description>,
    /// Whether unknown people of a proved domain get an account at their first login; by default only where no
    /// SCIM connection is live (R3).
    pub jit_provisioning: Option<bool>,
    /// The certificates, PEM or base64, of which one must have signed the metadata, now and at each refresh.
    pub metadata_signers: Vec<String>,
}

/// Makes a connection of an organization. With metadata it is in use at once; the first one is the primary one.
pub async fn create_saml_connection(
    cx: &Context,
    actor: &Actor,
    egress: &Egress,
    project: &ProjectId,
    organization: &OrganizationId,
    new: NewSamlConnection,
) -> Result<SamlConnection, ConnectionError> {
    let signers = Signers::read(&new.metadata_signers)?;
    let loaded = match new.metadata {
        Some(description) => Some(load(cx, egress, description, &signers).await?),
        None => None,
    };
    let mut connection = draft(cx, organization, &new.display_name, new.jit_provisioning);
    connection.options =
        Options { metadata_signers: signers.into_stored(), ..Options::default() }.to_stored();
    if let Some(loaded) = &loaded {
        apply(&mut connection, loaded, cx.now());
        recognise_provider(&mut connection, &loaded.idp);
        connection.status = ConnectionStatus::Enabled;
    }
    if connection.display_name.trim().is_empty() {
        connection.display_name = provider_name(&connection);
    }
    if connection.display_name.chars().count() > 200 || connection.display_name.chars().any(char::is_control)
    {
        return Err(ConnectionError::Invalid("a display name has at most 200 characters on one line".into()));
    }
    let (cx_, actor, project) = (cx.clone(), actor.clone(), project.clone());
    cx.store
        .write(move |tx| {
            organizations::find(tx, &project, &connection.organization_id)?
                .ok_or(ConnectionError::NotFound("organization"))?;
            Ok(add(tx, &cx_, &actor, &project, connection.clone(), loaded.as_ref())?)
        })
        .await
}

/// Makes a draft within a transaction.
pub(in crate::service) fn add_draft(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    display_name: &str,
) -> Result<SamlConnection, StoreError> {
    add(tx, cx, actor, project, draft(cx, organization, display_name, None), None)
}

fn add(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    mut connection: SamlConnection,
    loaded: Option<&Loaded>,
) -> Result<SamlConnection, StoreError> {
    connection.is_primary = saml_connections::enabled(tx, &connection.organization_id)?.is_empty();
    saml_connections::insert(tx, &connection)?;
    if let Some(loaded) = loaded {
        store_keys(tx, cx, &connection, &loaded.idp.signing_keys)?;
    }
    let change = Change {
        project,
        organization: Some(&connection.organization_id),
        event: "saml_connection.created",
        resource: connection.id.as_str(),
        before: None,
        after: Some(view_with_keys(tx, &connection)?),
    };
    record(tx, cx, actor, &change)?;
    Ok(connection)
}

fn draft(
    cx: &Context,
    organization: &OrganizationId,
    display_name: &str,
    jit_provisioning: Option<bool>,
) -> SamlConnection {
    let now = cx.now();
    SamlConnection {
        id: new_id!(cx, SamlConnectionId),
        organization_id: organization.clone(),
        display_name: display_name.trim().to_owned(),
        provider: providers::GENERIC.into(),
        status: ConnectionStatus::Draft,
        is_primary: false,
        idp_entity_id: String::new(),
        idp_sso_redirect_url: None,
        idp_sso_post_url: None,
        idp_slo_url: None,
        idp_wants_signed_requests: false,
        metadata_url: None,
        metadata_fetched_at: None,
        metadata_valid_until: None,
        subject_attribute: None,
        attribute_map: "{}".into(),
        clock_skew_ms: CLOCK_SKEW_MS,
        allow_idp_initiated: false,
        jit_provisioning,
        force_authn: false,
        inclusive_c14n: false,
        allow_sha1: false,
        paired_scim_connection_id: None,
        paired_attribute: None,
        created_at: now,
        updated_at: now,
        allow_triple_des: false,
        options: "{}".into(),
        refresh_at: None,
        refreshed_on_failure_at: None,
        held_metadata: None,
        metadata_problem: None,
    }
}

fn provider_name(connection: &SamlConnection) -> String {
    let url = url::Url::parse(&connection.idp_entity_id).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "SAML".to_owned())
}

//! Taking in an identity provider's metadata.

use std::sync::Arc;

use super::{ConnectionError, Options, ProviderFields, Signers, difference::Difference};
use crate::{
    model::{
        Timestamp,
        ids::{ProjectId, SamlConnectionId, SamlIdpKeyId},
    },
    saml::{
        VerificationKey,
        dsig::base64,
        metadata::{self, IdpMetadata, MetadataError, Reading},
        names::binding,
        xml::Limits,
    },
    service::{Actor, Change, Context, egress::Egress, new_id, providers, record::record},
    store::{
        StoreError, Tx,
        saml_connections::{self, SamlConnection, SamlIdpKey},
    },
};

/// Where metadata comes from.
#[derive(Debug, Clone)]
pub enum MetadataSource {
    /// A file that an administrator uploaded.
    Document(Vec<u8>),
    /// An address that it is fetched from, now and for each refresh.
    Url(String),
    /// No metadata: what the provider shows on a page.
    Fields(ProviderFields),
}

/// How an identity provider is described to us.
#[derive(Debug, Clone)]
pub struct Description {
    /// Where its metadata is.
    pub source: MetadataSource,
    /// Which provider, where the metadata is of several: its entity ID, which refreshes go by afterwards.
    pub entity_id: Option<String>,
}

impl From<MetadataSource> for Description {
    fn from(source: MetadataSource) -> Self {
        Self { source, entity_id: None }
    }
}

/// Metadata, read and not yet stored.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) idp: IdpMetadata,
    pub(super) url: Option<String>,
}

/// Fetches where needed, and reads. No transaction is open meanwhile.
pub(super) async fn load(
    cx: &Context,
    egress: &Egress,
    description: Description,
    signers: &Signers,
) -> Result<Loaded, ConnectionError> {
    let (document, url) = match description.source {
        // Nobody has signed what was typed.
        MetadataSource::Fields(_) if signers.any() => return Err(MetadataError::SignatureMissing.into()),
        MetadataSource::Fields(fields) => return Ok(Loaded { idp: fields.read()?, url: None }),
        MetadataSource::Document(document) => (document, None),
        MetadataSource::Url(url) => (egress.get(&url, Limits::METADATA.bytes).await?, Some(url)),
    };
    Ok(Loaded { idp: read_metadata(cx, Arc::new(document), description.entity_id, signers).await?, url })
}

/// Reads a document off the async workers: it may be five megabytes, and those serve everybody. `entity_id` chooses among
/// several providers.
pub(in crate::service) async fn read_metadata(
    cx: &Context,
    document: Arc<Vec<u8>>,
    entity_id: Option<String>,
    signers: &Signers,
) -> Result<IdpMetadata, MetadataError> {
    let (now, pinned, signatures) = (cx.now().to_datetime(), signers.keys()?, signers.policy());
    let reading = tokio::task::spawn_blocking(move || {
        let reading = Reading { entity_id: entity_id.as_deref(), pinned: &pinned, signatures, now };
        metadata::read(&document, &reading)
    });
    // A panic in there is a bug of ours, and goes on as one; it is cancelled only when the process ends.
    reading.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}

/// Gives a connection the metadata of its identity provider. Its status stays: what is switched off is off for a reason, and
/// a draft goes live by a step of its own. Keys that are no longer in it are retired.
pub async fn set_metadata(
    cx: &Context,
    actor: &Actor,
    egress: &Egress,
    project: &ProjectId,
    connection: &SamlConnectionId,
    description: impl Into<Description>,
) -> Result<SamlConnection, ConnectionError> {
    let (of, id) = (project.clone(), connection.clone());
    let find = move |tx: &mut Tx<'_>| saml_connections::find_in_project(tx, &of, &id);
    let found: Option<SamlConnection> = cx.store.read(find).await?;
    let signers = Signers::of(&found.ok_or(ConnectionError::NotFound("connection"))?);
    let loaded = load(cx, egress, description.into(), &signers).await?;
    let (cx_, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), connection.clone());
    cx.store
        .write(move |tx| {
            let mut connection = saml_connections::lock_in_project(tx, &project, &id)?
                .ok_or(ConnectionError::NotFound("connection"))?;
            if Signers::of(&connection) != signers {
                let why = "who must sign the metadata has changed meanwhile; try again";
                return Err(ConnectionError::Invalid(why.into()));
            }
            let before = view_with_keys(tx, &connection)?;
            let is_first = connection.idp_entity_id.is_empty();
            connection.metadata_url.clone_from(&loaded.url);
            let difference = Difference::between(tx, &connection, &loaded.idp)?;
            if !is_first && difference.has_other_keys() {
                let event = "saml_connection.certificates_changed";
                difference.note(tx, &cx_, &actor, &project, &connection, event)?;
            }
            apply(&mut connection, &loaded, cx_.now());
            if is_first {
                recognise_provider(&mut connection, &loaded.idp);
            }
            // What was held back was of the metadata that this replaces.
            connection.held_metadata = None;
            saml_connections::update(tx, &connection)?;
            store_keys(tx, &cx_, &connection, &loaded.idp.signing_keys)?;
            let change = Change {
                project: &project,
                organization: Some(&connection.organization_id),
                event: "saml_connection.updated",
                resource: connection.id.as_str(),
                before: Some(before),
                after: Some(view_with_keys(tx, &connection)?),
            };
            record(tx, &cx_, &actor, &change)?;
            Ok(connection)
        })
        .await
}

/// Writes what metadata says into the row.
pub(super) fn apply(connection: &mut SamlConnection, loaded: &Loaded, now: Timestamp) {
    let endpoint = |name: &str| loaded.idp.sso.iter().find(|e| e.binding == name).map(|e| e.location.clone());
    connection.idp_entity_id.clone_from(&loaded.idp.entity_id);
    connection.idp_sso_redirect_url = endpoint(binding::REDIRECT);
    connection.idp_sso_post_url = endpoint(binding::POST);
    // A redirect is what providers know best; whoever has only a form gets a form.
    let by_redirect = loaded.idp.slo.iter().find(|e| e.binding == binding::REDIRECT);
    let slo = by_redirect.or(loaded.idp.slo.first());
    connection.idp_slo_url = slo.map(|e| e.location.clone());
    let before = Options::of(connection);
    let options = Options {
        // All metadata is read under who must have signed it.
        metadata_was_signed: !before.metadata_signers.is_empty(),
        slo_by_post: slo.is_some_and(|e| e.binding == binding::POST),
        slo_response_url: slo.and_then(|e| e.response_location.clone()),
        unusable_certificates: loaded.idp.unusable_keys.iter().map(ToString::to_string).collect(),
        left_out: loaded.idp.left_out.iter().map(ToString::to_string).collect(),
        ..before
    };
    connection.options = options.to_stored();
    connection.idp_wants_signed_requests = loaded.idp.want_authn_requests_signed;
    connection.metadata_url.clone_from(&loaded.url);
    connection.metadata_fetched_at = Some(now);
    connection.metadata_valid_until = loaded.idp.valid_until.map(Timestamp::from);
    connection.updated_at = now;
}

/// Gives a draft the description of its provider; the caller writes the row. Its status stays as it is.
pub(in crate::service) fn draft_metadata(
    tx: &mut Tx<'_>,
    cx: &Context,
    connection: &mut SamlConnection,
    idp: &IdpMetadata,
    url: Option<&str>,
) -> Result<(), StoreError> {
    let loaded = Loaded { idp: idp.clone(), url: url.map(str::to_owned) };
    apply(connection, &loaded, cx.now());
    // A draft may change its provider, and with it what identifies people: nobody has signed in yet.
    connection.subject_attribute = None;
    connection.held_metadata = None;
    recognise_provider(connection, idp);
    store_keys(tx, cx, connection, &idp.signing_keys)
}

/// Notes which provider published the metadata, and what is known of it. Entra's NameID is an address that can be given to
/// somebody else; its object id cannot (R2). A subject that is set already stays: identities hang on it.
pub(super) fn recognise_provider(connection: &mut SamlConnection, idp: &IdpMetadata) {
    let provider = providers::detect(idp);
    connection.provider.clone_from(&provider.id);
    if connection.subject_attribute.is_none() {
        connection.subject_attribute.clone_from(&provider.saml.subject);
    }
}

/// Adds the keys that are new and retires those that are gone.
pub(super) fn store_keys(
    tx: &mut Tx<'_>,
    cx: &Context,
    connection: &SamlConnection,
    keys: &[VerificationKey],
) -> Result<(), StoreError> {
    let now = cx.now();
    let known = saml_connections::keys(tx, &connection.id)?;
    for key in known.iter().filter(|row| !keys.iter().any(|key| key.fingerprint() == row.fingerprint)) {
        saml_connections::retire_key(tx, &key.id, now)?;
    }
    for key in keys.iter().filter(|key| !known.iter().any(|row| row.fingerprint == key.fingerprint())) {
        let (not_before, not_after) = key.validity();
        let row = SamlIdpKey {
            id: new_id!(cx, SamlIdpKeyId),
            organization_id: connection.organization_id.clone(),
            saml_connection_id: connection.id.clone(),
            certificate: base64::encode(key.certificate_der()),
            fingerprint: key.fingerprint().to_owned(),
            not_before: not_before.map_or(now, Timestamp::from),
            not_after: not_after.map_or(now, Timestamp::from),
            source: "metadata".into(),
            created_at: now,
            retired_at: None,
            warned_days: None,
        };
        if !saml_connections::revive_key(tx, &connection.id, key.fingerprint())? {
            saml_connections::insert_key(tx, &row)?;
        }
    }
    Ok(())
}

/// The connection as the audit log and the host app see it, with the fingerprints of the keys that count: another key is
/// another who may say who signs in.
pub(in crate::service) fn view_with_keys(
    tx: &mut Tx<'_>,
    connection: &SamlConnection,
) -> Result<serde_json::Value, StoreError> {
    let keys = saml_connections::keys(tx, &connection.id)?;
    let mut view = view(connection);
    view["certificates"] = keys.into_iter().map(|key| key.fingerprint).collect();
    Ok(view)
}

/// The connection as the audit log and the host app see it, where its keys stay what they are.
pub(super) fn view(connection: &SamlConnection) -> serde_json::Value {
    serde_json::json!({
        "id": connection.id, "displayName": connection.display_name, "status": connection.status.as_str(),
        "primary": connection.is_primary, "idpEntityId": connection.idp_entity_id,
        "idpRedirectUrl": connection.idp_sso_redirect_url,
    })
}

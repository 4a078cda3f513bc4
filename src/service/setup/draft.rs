//! What an administrator tells us about the identity provider, written into the draft.

use super::{Capability, SetupError, session::for_change};
use crate::{
    model::{ids::ProjectId, secret::Secret},
    saml::{
        VerificationKey,
        metadata::{self, Endpoint, IdpMetadata, MetadataError, Reading},
        names::binding,
        xml::Limits,
    },
    service::{
        Actor, ActorKind, Change, Context,
        connections::{connection_view, draft_metadata},
        providers,
        record::record,
    },
    store::{
        Tx,
        saml_connections::{self, SamlConnection},
    },
};

/// How the provider is described to us.
#[derive(Debug, Clone)]
pub enum DraftInput {
    /// A file, or what was pasted.
    Document(Vec<u8>),
    /// An address to fetch from.
    Url(String),
    /// Field by field.
    Fields(ProviderFields),
}

/// What providers without metadata show on their page.
#[derive(Debug, Clone, Default)]
pub struct ProviderFields {
    /// The single sign-on URL.
    pub sso_url: String,
    /// The entity ID, or issuer.
    pub entity_id: String,
    /// The signing certificate, PEM or base64.
    pub certificate: String,
}

/// Notes which provider the administrator uses.
pub async fn choose_provider(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    provider: &str,
    request_id: &str,
) -> Result<(), SetupError> {
    let chosen = providers::find(provider)
        .ok_or_else(|| SetupError::Invalid("Please choose your identity provider from the list.".into()))?;
    change(cx, project, session, request_id, move |_, _, connection| {
        connection.provider.clone_from(&chosen.id);
        Ok(())
    })
    .await
}

/// Reads the provider's description and writes it into the draft. `entity_id` chooses among several providers in one
/// document.
pub async fn give_metadata(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    input: DraftInput,
    entity_id: Option<&str>,
    request_id: &str,
) -> Result<(), SetupError> {
    let (idp, url) = match input {
        DraftInput::Document(document) => {
            (read(cx, &document, entity_id).map_err(|error| SetupError::uploaded(&error))?, None)
        }
        DraftInput::Url(url) => {
            // Before anything is fetched for a stranger: this browser may.
            super::wizard(cx, project, session).await?;
            let fetched = cx.egress.get(url.trim(), Limits::METADATA.bytes).await;
            let document = fetched.map_err(|error| SetupError::unreachable(&error))?;
            let idp = read(cx, &document, entity_id).map_err(|error| SetupError::fetched(&error))?;
            (idp, Some(url.trim().to_owned()))
        }
        DraftInput::Fields(fields) => (from_fields(&fields)?, None),
    };
    change(cx, project, session, request_id, move |tx, cx, connection| {
        let chosen = connection.provider.clone();
        draft_metadata(tx, cx, connection, &idp, url.as_deref())?;
        // What was chosen by a person stands against a guess that says nothing.
        if connection.provider == providers::GENERIC {
            connection.provider = chosen;
        }
        Ok(())
    })
    .await
}

fn read(cx: &Context, document: &[u8], entity_id: Option<&str>) -> Result<IdpMetadata, MetadataError> {
    let wanted = entity_id.map(str::trim).filter(|id| !id.is_empty());
    metadata::read(document, &Reading { entity_id: wanted, ..Reading::at(cx.now().to_datetime()) })
}

fn from_fields(fields: &ProviderFields) -> Result<IdpMetadata, SetupError> {
    let invalid = |text: &str| Err(SetupError::Invalid(text.to_owned()));
    let (sso_url, entity_id) = (fields.sso_url.trim(), fields.entity_id.trim());
    if metadata::check_endpoint(sso_url).is_err() {
        return invalid("The single sign-on URL must be an https address.");
    }
    if entity_id.is_empty() || entity_id.len() > 1024 || entity_id.contains(char::is_control) {
        return invalid("The entity ID (issuer) is missing. Copy it exactly as the provider shows it.");
    }
    let key = match VerificationKey::from_text(fields.certificate.trim()) {
        Ok(key) => key,
        Err(error) => {
            return Err(SetupError::Metadata {
                sentence: format!(
                    "{} Paste the signing certificate whole, from BEGIN CERTIFICATE to END CERTIFICATE.",
                    super::capitalised(&error.to_string())
                ),
                code: error.code(),
            });
        }
    };
    Ok(IdpMetadata {
        entity_id: entity_id.to_owned(),
        sso: vec![Endpoint {
            binding: binding::REDIRECT.to_owned(),
            location: sso_url.to_owned(),
            response_location: None,
        }],
        slo: Vec::new(),
        signing_keys: vec![key],
        unusable_keys: Vec::new(),
        valid_until: None,
        cache_duration: None,
        want_authn_requests_signed: false,
        name_id_formats: Vec::new(),
    })
}

/// Changes the draft, with its audit row and event, and counts as the first use of the link.
async fn change(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    request_id: &str,
    edit: impl Fn(&mut Tx<'_>, &Context, &mut SamlConnection) -> Result<(), SetupError> + Send + 'static,
) -> Result<(), SetupError> {
    let (own, project, session, request) =
        (cx.clone(), project.clone(), session.clone(), request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::ConfigureSaml)?;
        let before = connection_view(&wizard.connection);
        let mut connection = wizard.connection;
        edit(tx, &own, &mut connection)?;
        connection.updated_at = own.now();
        saml_connections::update(tx, &connection)?;
        let change = Change {
            project: &project,
            organization: Some(&connection.organization_id),
            event: "saml_connection.updated",
            resource: connection.id.as_str(),
            before: Some(before),
            after: Some(connection_view(&connection)),
        };
        let actor = Actor::in_request(ActorKind::SetupLink, &wizard.link.id, request.clone());
        Ok(record(tx, &own, &actor, &change)?)
    };
    cx.store.write(write).await
}

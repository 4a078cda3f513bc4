//! What an administrator tells us about the identity provider, written into the draft.

use std::sync::Arc;

use super::{
    Capability, SetupError, Wizard,
    session::{claim, for_change, load, load_for_change},
    understanding::publisher,
};
use crate::{
    model::{
        ids::{ProjectId, SamlConnectionId},
        secret::Secret,
    },
    saml::{
        metadata::{IdpMetadata, MetadataError},
        xml::Limits,
    },
    scim::dialect,
    service::{
        Actor, ActorKind, Change, Context,
        connections::{FieldError, ProviderFields, Signers, connection_view, draft_metadata, read_metadata},
        providers,
        provisioning::admin::connections as scim,
        record::record,
    },
    store::{
        Tx,
        saml_connections::{self, SamlConnection},
        scim_connections::{self, ScimConnection},
        setup_links, setup_metadata,
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

/// What became of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It was understood and is in the draft.
    Understood,
    /// It describes several providers: the administrator is asked which one it is ([`super::choices`]).
    Several,
}

/// A description that was understood.
pub(super) struct Understood {
    pub(super) idp: IdpMetadata,
    /// Where it came from, if from an address.
    pub(super) url: Option<String>,
    /// Who was asked to have signed it.
    pub(super) signers: Signers,
}

/// How often a link may make us fetch metadata: enough for any number of mistakes, too few to probe with (R25).
const FETCHES: i64 = 30;

/// Notes which provider the administrator uses, in every draft of the link.
pub async fn choose_provider(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    provider: &str,
    request_id: &str,
) -> Result<(), SetupError> {
    let chosen = providers::find(provider)
        .ok_or_else(|| SetupError::Invalid("Please choose your identity provider from the list.".into()))?;
    let (own, project, session, request) =
        (cx.clone(), project.clone(), session.clone(), request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = load_for_change(tx, &own, &project, &session)?;
        let saml = wizard.allows(Capability::ConfigureSaml);
        let scim = wizard.allows(Capability::ConfigureScim);
        if !saml && !scim {
            return Err(SetupError::NotAllowed);
        }
        if !(saml && wizard.is_saml_draft() || scim && wizard.is_scim_draft()) {
            return Err(SetupError::ConnectionNotDraft);
        }
        claim(tx, &own, &wizard, &session)?;
        setup_links::set_provider(tx, &wizard.link.id, &chosen.id)?;
        let by = By { cx: &own, project: &project, request: &request };
        if saml && wizard.is_saml_draft() {
            edit_saml(tx, &by, &wizard, |_, connection| {
                // What the operator has set stays, unless it was another provider's.
                if connection.provider != chosen.id || connection.subject_attribute.is_none() {
                    connection.provider.clone_from(&chosen.id);
                    connection.subject_attribute = known_by(connection);
                }
                Ok(())
            })?;
        }
        if scim && wizard.is_scim_draft() {
            set_scim_provider(tx, &by, &wizard, &chosen.id)?;
        }
        Ok(())
    };
    cx.store.write(write).await
}

/// Reads the provider's description and writes it into the draft.
pub async fn give_metadata(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    input: DraftInput,
    request_id: &str,
) -> Result<Given, SetupError> {
    let (connection, signers) = expected(cx, project, session).await?;
    refuse_ours(&connection, &input)?;
    let (document, url) = match input {
        DraftInput::Fields(_) if signers.any() => return Err(unsigned()),
        DraftInput::Fields(fields) => {
            let understood = Understood { idp: from_fields(&fields)?, url: None, signers };
            write_metadata(cx, project, session, request_id, understood).await?;
            return Ok(Given::Understood);
        }
        DraftInput::Document(document) => (document, None),
        DraftInput::Url(url) => {
            let url = url.trim().to_owned();
            count_fetch(cx, project, session).await?;
            let fetched = cx.egress.get(&url, Limits::METADATA.bytes).await;
            (fetched.map_err(|error| SetupError::unreachable(&error))?, Some(url))
        }
    };
    let document = Arc::new(document);
    match read_metadata(cx, Arc::clone(&document), None, &signers).await {
        Ok(idp) => {
            write_metadata(cx, project, session, request_id, Understood { idp, url, signers }).await?;
            Ok(Given::Understood)
        }
        Err(MetadataError::Several { .. }) => {
            super::choice::keep(cx, project, session, document.to_vec(), url).await?;
            Ok(Given::Several)
        }
        Err(error) if url.is_some() => Err(SetupError::fetched(&error)),
        Err(error) => Err(SetupError::uploaded(&error)),
    }
}

/// The draft of this browser, and who must have signed what it hands over.
async fn expected(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
) -> Result<(SamlConnectionId, Signers), SetupError> {
    let (own, project, session) = (cx.clone(), project.clone(), session.clone());
    let find = move |tx: &mut Tx<'_>| {
        let wizard = load(tx, &own, &project, &session)?;
        let connection = wizard.saml()?;
        Ok((connection.id.clone(), Signers::of(connection)))
    };
    cx.store.read(find).await
}

/// Our own values are on the page before, and are pasted back. A provider's address may name ours too, as PingFederate's
/// does in its query; ours has the connection in its path.
fn refuse_ours(connection: &SamlConnectionId, input: &DraftInput) -> Result<(), SetupError> {
    let id = connection.as_str();
    match input {
        DraftInput::Url(url) if is_of(id, url) => Err(SetupError::ours("metadata address")),
        DraftInput::Document(document) => {
            let has = |part: &str| memchr::memmem::find(document, part.as_bytes()).is_some();
            let is_ours = has(id) && has("SPSSODescriptor") && !has("IDPSSODescriptor");
            if is_ours { Err(SetupError::ours("metadata")) } else { Ok(()) }
        }
        DraftInput::Fields(fields) if is_of(id, &fields.sso_url) => {
            Err(SetupError::ours("address for answers (ACS URL), given as the single sign-on URL,"))
        }
        DraftInput::Fields(fields) if is_of(id, &fields.entity_id) => Err(SetupError::ours("entity ID")),
        DraftInput::Url(_) | DraftInput::Fields(_) => Ok(()),
    }
}

fn is_of(connection: &str, address: &str) -> bool {
    url::Url::parse(address.trim()).is_ok_and(|url| url.path().split('/').any(|part| part == connection))
}

fn unsigned() -> SetupError {
    let sentence = "Who gave you this link expects metadata that is signed. Give its address or the file.";
    SetupError::Metadata { sentence: sentence.into(), code: "metadata_unsigned" }
}

/// Before anything is fetched for a stranger: this browser may, and has not often.
async fn count_fetch(cx: &Context, project: &ProjectId, session: &Secret) -> Result<(), SetupError> {
    let (own, project, session) = (cx.clone(), project.clone(), session.clone());
    let count = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::ConfigureSaml)?;
        if setup_links::count_fetch(tx, &wizard.link.id, FETCHES)? {
            Ok(())
        } else {
            Err(SetupError::Metadata {
                sentence: "Metadata was fetched often enough with this link. Upload the file, or ask for a new link."
                    .into(),
                code: "metadata_fetch_limit",
            })
        }
    };
    cx.store.write(count).await
}

/// What was typed, read.
fn from_fields(fields: &ProviderFields) -> Result<IdpMetadata, SetupError> {
    fields.read().map_err(|error| {
        let sentence = super::capitalised(&error.to_string());
        match error {
            FieldError::Certificate(why) => SetupError::Metadata { sentence, code: why.code() },
            _ => SetupError::Invalid(sentence),
        }
    })
}

/// Writes what was understood into the draft.
pub(super) async fn write_metadata(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    request_id: &str,
    Understood { idp, url, signers }: Understood,
) -> Result<(), SetupError> {
    let (own, project, session, request) =
        (cx.clone(), project.clone(), session.clone(), request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::ConfigureSaml)?;
        setup_metadata::delete(tx, &wizard.link.id)?;
        let by = By { cx: &own, project: &project, request: &request };
        edit_saml(tx, &by, &wizard, |tx, connection| {
            // Asked for meanwhile.
            if Signers::of(connection) != signers {
                return Err(unsigned());
            }
            draft_metadata(tx, &own, connection, &idp, url.as_deref())?;
            // What was chosen by a person stands against a guess that says nothing. Against one that says another provider the
            // choice stands on the pages alone, and the review asks which of the two is right.
            let is_open = matches!(wizard.link.provider.as_deref(), None | Some(providers::GENERIC));
            if connection.provider == providers::GENERIC {
                // Not what was there: another provider's file may have been handed over by mistake before.
                let chosen = wizard.link.provider.as_deref().unwrap_or(providers::GENERIC);
                chosen.clone_into(&mut connection.provider);
            } else if is_open {
                setup_links::set_provider(tx, &wizard.link.id, &connection.provider)?;
            }
            connection.subject_attribute = known_by(connection);
            Ok(())
        })
    };
    cx.store.write(write).await
}

/// The attribute that people of a draft are known by (R2): the one that its provider sends by itself, else the one that these
/// pages ask for. It is set with the provider, before the test: set later, it would make the test an old one.
fn known_by(connection: &SamlConnection) -> Option<String> {
    let chosen = &providers::of(&connection.provider).saml;
    let sent = publisher(connection).saml.subject.as_ref().or(chosen.subject.as_ref());
    sent.or(chosen.asked_subject.as_ref()).cloned()
}

/// On whose behalf a draft is changed.
pub(super) struct By<'a> {
    pub(super) cx: &'a Context,
    pub(super) project: &'a ProjectId,
    pub(super) request: &'a str,
}

/// Changes the SAML draft, with its audit row and event.
pub(super) fn edit_saml(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    wizard: &Wizard,
    edit: impl FnOnce(&mut Tx<'_>, &mut SamlConnection) -> Result<(), SetupError>,
) -> Result<(), SetupError> {
    let mut connection = wizard.saml()?.clone();
    let before = connection_view(tx, &connection)?;
    edit(tx, &mut connection)?;
    connection.updated_at = by.cx.now();
    saml_connections::update(tx, &connection)?;
    let change = Change {
        project: by.project,
        organization: Some(&connection.organization_id),
        event: "saml_connection.updated",
        resource: connection.id.as_str(),
        before: Some(before),
        after: Some(connection_view(tx, &connection)?),
    };
    let actor = Actor::in_request(ActorKind::SetupLink, &wizard.link.id, by.request);
    Ok(record(tx, by.cx, &actor, &change)?)
}

/// Notes the provider of the SCIM draft, where its dialect is known by that name; else it is found out by what it sends.
fn set_scim_provider(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    wizard: &Wizard,
    provider: &str,
) -> Result<(), SetupError> {
    let before = wizard.scim()?;
    let known = dialect::Provider::parse(provider).map_or(providers::GENERIC, dialect::Provider::as_str);
    let connection = ScimConnection { provider: known.to_owned(), updated_at: by.cx.now(), ..before.clone() };
    scim_connections::update(tx, &connection)?;
    let actor = Actor::in_request(ActorKind::SetupLink, &wizard.link.id, by.request);
    scim::tell(tx, by.cx, &actor, by.project, "scim_connection.updated", Some(before), &connection)?;
    Ok(())
}

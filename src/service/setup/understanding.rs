//! What was understood of a provider, for the administrator to compare with what the provider shows.

use super::{SetupError, Wizard};
use crate::{
    model::{Millis, Timestamp},
    saml::VerificationKey,
    service::{
        Context,
        connections::Options,
        providers::{self, Provider},
    },
    store::{
        Tx,
        saml_connections::{self, SamlConnection},
    },
};

/// How long before its end a certificate is worth a word.
const SOON: Millis = 60 * 24 * 60 * 60 * 1000;

/// What was understood.
#[derive(Debug, Clone)]
pub struct Understanding {
    /// The provider's entity ID.
    pub entity_id: String,
    /// Where people are sent to sign in: a name for the binding, and the address.
    pub endpoints: Vec<(&'static str, String)>,
    /// The certificates that may sign.
    pub certificates: Vec<Certificate>,
    /// Where the metadata is fetched from, if it is.
    pub metadata_url: Option<String>,
    /// The provider whose metadata this looks like, where another one was chosen.
    pub looks_like: Option<&'static Provider>,
    /// What should be looked at.
    pub notices: Vec<Notice>,
}

/// A signing certificate.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// SHA-256, in pairs.
    pub fingerprint: String,
    /// SHA-1 without pairs, as Entra shows it; empty where the certificate cannot be read.
    pub thumbprint: String,
    /// When it starts.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// Whether that is past.
    pub expired: bool,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The stable code.
    pub code: &'static str,
    /// The sentence.
    pub text: String,
}

/// What the draft holds; none where nothing was handed over yet.
pub async fn understanding(cx: &Context, wizard: &Wizard) -> Result<Option<Understanding>, SetupError> {
    let connection = wizard.saml()?;
    if connection.idp_entity_id.is_empty() {
        return Ok(None);
    }
    let id = connection.id.clone();
    let keys = cx.store.read(move |tx: &mut Tx<'_>| saml_connections::keys(tx, &id)).await?;
    let now = cx.now();
    let certificates: Vec<Certificate> = keys
        .iter()
        .map(|key| Certificate {
            fingerprint: key.fingerprint_in_pairs(),
            thumbprint: VerificationKey::from_text(&key.certificate)
                .map(|read| read.thumbprint())
                .unwrap_or_default(),
            not_before: key.not_before,
            not_after: key.not_after,
            expired: key.not_after <= now,
        })
        .collect();
    let endpoints = [
        ("Sign-in (HTTP-Redirect)", &connection.idp_sso_redirect_url),
        ("Sign-in (HTTP-POST)", &connection.idp_sso_post_url),
        ("Sign-out", &connection.idp_slo_url),
    ];
    let looks_like = another_provider(wizard, connection);
    Ok(Some(Understanding {
        entity_id: connection.idp_entity_id.clone(),
        endpoints: endpoints
            .into_iter()
            .filter_map(|(name, url)| url.clone().map(|url| (name, url)))
            .collect(),
        notices: notices(wizard, connection, looks_like, &certificates, now),
        looks_like,
        certificates,
        metadata_url: connection.metadata_url.clone(),
    }))
}

/// The provider that published a connection's metadata, as far as it shows.
pub(super) fn publisher(connection: &SamlConnection) -> &'static Provider {
    let sso = [&connection.idp_sso_redirect_url, &connection.idp_sso_post_url];
    providers::detect_by(&connection.idp_entity_id, sso.into_iter().filter_map(Option::as_deref))
}

/// The provider that published the metadata, where that is known and is not the one that was chosen.
fn another_provider(wizard: &Wizard, connection: &SamlConnection) -> Option<&'static Provider> {
    let (publisher, chosen) = (publisher(connection), wizard.provider());
    let both_known = publisher.id != providers::GENERIC && chosen.id != providers::GENERIC;
    (wizard.is_saml_draft() && both_known && publisher.id != chosen.id).then_some(publisher)
}

fn notices(
    wizard: &Wizard,
    connection: &SamlConnection,
    looks_like: Option<&'static Provider>,
    certificates: &[Certificate],
    now: Timestamp,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut note = |code, text: String| notices.push(Notice { code, text });
    if let Some(publisher) = looks_like {
        let text = format!(
            "You chose {chosen}, and this looks like metadata of {publisher}. If you use {publisher}, choose it, so that these \
             pages speak its language; if you use {chosen}, hand over its metadata. If both are right, go on.",
            chosen = wizard.provider().name,
            publisher = publisher.name,
        );
        note("provider_differs", text);
    }
    let options = Options::of(connection);
    for why in options.unusable_certificates {
        note("certificate_unusable", format!("A certificate in the metadata cannot be used: {why}."));
    }
    for why in options.left_out {
        note("left_out", format!("Not everything was taken over: {why}."));
    }
    let last = certificates.iter().map(|certificate| certificate.not_after).max();
    match last {
        Some(last) if last <= now => {
            note("certificate_expired", format!("The signing certificate ended on {}.", day(last)));
        }
        Some(last) if last <= now.plus(SOON) => {
            note("certificate_expires_soon", format!("The signing certificate ends on {}.", day(last)));
        }
        _ => {}
    }
    if connection.idp_wants_signed_requests {
        note("wants_signed_requests", "The provider wants our requests signed, and we sign them: let it import our metadata, which has our certificate.".into());
    }
    let address = connection.metadata_url.as_deref().unwrap_or_default();
    if address.starts_with("https://login.microsoftonline.") && !address.contains("appid=") {
        let text = "This metadata address is of the whole tenant, whose certificates may be others than those of this \
                    application. Use the App Federation Metadata Url of the application, which has appid= in it.";
        note("metadata_of_tenant", text.into());
    }
    if connection.metadata_url.is_none() && wizard.provider().saml.metadata_url {
        let text = "You handed over a file. From the metadata address, a new certificate could be fetched without \
                    you.";
        note("metadata_not_refreshed", text.into());
    }
    notices
}

/// The day in UTC, `2026-01-31`.
fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

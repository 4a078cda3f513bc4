//! Reading an identity provider's metadata.

use std::borrow::Cow;

use time::{Duration, OffsetDateTime};

use super::{
    choice::{self, role},
    error::MetadataError,
    left_out::{LeftOut, quoted},
    lifetime,
};
use crate::saml::{
    dsig::{self, KeyError, SignaturePolicy, VerificationKey},
    names::{binding, ns},
    xml::{Element, Limits, Scanned, tree},
};

/// Clocks differ for metadata as well.
const CLOCK_SKEW: Duration = Duration::seconds(180);

/// What a connection needs to know of an identity provider.
#[derive(Debug, Clone)]
pub struct IdpMetadata {
    /// The entity ID.
    pub entity_id: String,
    /// Where AuthnRequests go, HTTP-Redirect and HTTP-POST only.
    pub sso: Vec<Endpoint>,
    /// Where LogoutRequests go, HTTP-Redirect and HTTP-POST only.
    pub slo: Vec<Endpoint>,
    /// The keys that may sign: several during a rollover.
    pub signing_keys: Vec<VerificationKey>,
    /// Certificates that were passed over, and why.
    pub unusable_keys: Vec<KeyError>,
    /// What else was passed over.
    pub left_out: Vec<LeftOut>,
    /// When the metadata ends.
    pub valid_until: Option<OffsetDateTime>,
    /// For how long the provider wants it to be kept before it is fetched again.
    pub cache_duration: Option<Duration>,
    /// Whether the provider wants requests signed.
    pub want_authn_requests_signed: bool,
    /// The formats that the provider offers.
    pub name_id_formats: Vec<String>,
}

/// An endpoint of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The binding's identifier.
    pub binding: String,
    /// The URL: https, or http on the loopback.
    pub location: String,
    /// Where answers go, if elsewhere.
    pub response_location: Option<String>,
}

/// How metadata is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// Which of several identity providers; without it there may be one only.
    pub entity_id: Option<&'a str>,
    /// The keys of which one must have signed the metadata; without any, a signature is not looked at.
    pub pinned: &'a [VerificationKey],
    /// The switches for that signature.
    pub signatures: SignaturePolicy,
    /// Now.
    pub now: OffsetDateTime,
}

impl Reading<'_> {
    /// One provider, whoever signed it.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Self {
        Self { entity_id: None, pinned: &[], signatures: SignaturePolicy::default(), now }
    }
}

impl IdpMetadata {
    /// The endpoint for HTTP-Redirect, which is what we send by.
    #[must_use]
    pub fn sso_redirect(&self) -> Option<&str> {
        self.sso.iter().find(|e| e.binding == binding::REDIRECT).map(|e| e.location.as_str())
    }
}

/// Reads metadata as an administrator uploads it or a URL delivers it: one provider, and a signature on it is not looked
/// at.
///
/// # Errors
/// See [`MetadataError`].
pub fn parse(bytes: &[u8], now: OffsetDateTime) -> Result<IdpMetadata, MetadataError> {
    read(bytes, &Reading::at(now))
}

/// Reads metadata.
///
/// # Errors
/// See [`MetadataError`].
pub fn read(bytes: &[u8], reading: &Reading<'_>) -> Result<IdpMetadata, MetadataError> {
    choice::recognise(bytes)?;
    let text = Scanned::scan(bytes, &Limits::METADATA).map_err(|error| choice::malformed(bytes, error))?;
    let doc = text.tree().map_err(|error| choice::malformed(bytes, error))?;
    let entity = choice::one_idp(doc.root_element(), reading.entity_id)?;
    if !reading.pinned.is_empty() {
        verify(entity, reading)?;
    }
    let role = role(entity)?;
    let valid_until = lifetime::valid_until(role)?;
    if let Some(valid_until) = valid_until.filter(|end| reading.now.saturating_sub(CLOCK_SKEW) >= *end) {
        return Err(MetadataError::Expired { valid_until });
    }
    let entity_id = tree::attribute(entity, "entityID").unwrap_or_default().trim();
    check_entity_id(entity_id)?;
    let sso: Vec<_> = endpoints(role, "SingleSignOnService").collect::<Result<_, _>>()?;
    if sso.is_empty() {
        return Err(MetadataError::NoSsoEndpoint);
    }
    let (signing_keys, unusable_keys) = signing_keys(role)?;
    let (slo, without_slo) = logout_endpoints(role);
    let (cache_duration, without_duration) = lifetime::cache_duration(role);
    let formats = tree::children(role, ns::METADATA, "NameIDFormat").map(tree::text);
    Ok(IdpMetadata {
        entity_id: entity_id.to_owned(),
        sso,
        slo,
        signing_keys,
        unusable_keys,
        left_out: without_slo.into_iter().chain(without_duration).collect(),
        valid_until,
        cache_duration,
        want_authn_requests_signed: matches!(
            tree::attribute(role, "WantAuthnRequestsSigned").map(str::trim),
            Some("true" | "1")
        ),
        name_id_formats: formats.map(|f| f.map(|f| f.trim().to_owned())).collect::<Result<_, _>>()?,
    })
}

/// A signature of a pinned key on the entity or on what it stands in. A federation signs the whole aggregate, and the
/// entities in it may carry signatures of their own, by keys that nobody pinned.
fn verify(entity: Element<'_, '_>, reading: &Reading<'_>) -> Result<(), MetadataError> {
    let mut fault = MetadataError::SignatureMissing;
    for holder in entity.ancestors().filter(Element::is_element) {
        let Some(signature) = tree::only_child(holder, ns::DSIG, "Signature")? else { continue };
        match dsig::verify(holder, signature, reading.pinned, reading.signatures) {
            Ok(good) if good.element.covers(entity).is_some() => return Ok(()),
            Ok(_) => {}
            Err(error) => fault = MetadataError::Signature(error),
        }
    }
    Err(fault)
}

/// Whether a provider may be called `entity_id` (Metadata 2.2.1), which is shown and compared as one line.
///
/// # Errors
/// [`MetadataError::EntityId`]
pub fn check_entity_id(entity_id: &str) -> Result<(), MetadataError> {
    let is_good = !entity_id.is_empty() && entity_id.len() <= 1024 && !entity_id.contains(char::is_control);
    if is_good { Ok(()) } else { Err(MetadataError::EntityId) }
}

/// A longer URL is refused by servers on the way, in bytes.
const MAX_LOCATION: usize = 2048;

/// Whether a browser may be sent to `location`: https, or http on the loopback for development.
///
/// # Errors
/// [`MetadataError::Endpoint`] for everything else, `javascript:` included.
pub fn check_endpoint(location: &str) -> Result<(), MetadataError> {
    let refused = || MetadataError::Endpoint(quoted(location));
    if location.len() > MAX_LOCATION || location.contains(char::is_control) {
        return Err(refused());
    }
    let url = url::Url::parse(location).map_err(|_| refused())?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(refused()),
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(refused()),
    }
}

/// The endpoints of this name that we have a binding for, or why one is none.
fn endpoints<'a, 'i: 'a>(
    role: Element<'a, 'i>,
    local: &'static str,
) -> impl Iterator<Item = Result<Endpoint, MetadataError>> {
    tree::children(role, ns::METADATA, local).filter_map(|node| {
        let name = tree::attribute(node, "Binding").unwrap_or_default();
        let location = tree::attribute(node, "Location").unwrap_or_default().trim();
        let answers = tree::attribute(node, "ResponseLocation").map(str::trim).filter(|l| !l.is_empty());
        matches!(name, binding::REDIRECT | binding::POST).then(|| {
            check_endpoint(location)?;
            answers.map_or(Ok(()), check_endpoint)?;
            Ok(Endpoint {
                binding: name.to_owned(),
                location: location.to_owned(),
                response_location: answers.map(str::to_owned),
            })
        })
    })
}

/// Where logouts go. People can sign in without, so what cannot be used is left out; of several the first is told.
fn logout_endpoints(role: Element<'_, '_>) -> (Vec<Endpoint>, Option<LeftOut>) {
    const LOCAL: &str = "SingleLogoutService";
    let (mut usable, mut left_out) = (Vec::new(), None);
    for endpoint in endpoints(role, LOCAL) {
        match endpoint {
            Ok(endpoint) => usable.push(endpoint),
            Err(MetadataError::Endpoint(location)) => {
                left_out.get_or_insert(LeftOut::LogoutEndpoint(location));
            }
            Err(_) => {}
        }
    }
    if usable.is_empty() && tree::children(role, ns::METADATA, LOCAL).next().is_some() {
        left_out.get_or_insert(LeftOut::LogoutBinding);
    }
    (usable, left_out)
}

/// More signing certificates than any provider has during a rollover. A false signature is tried against each of them, so
/// their number is what a stranger's message costs.
const MAX_KEYS: usize = 32;

/// More certificates than there are in any chain.
const MAX_CHAIN: usize = 8;

/// The keys for signing, and what is wrong with those passed over. A KeyDescriptor without `use` counts for both.
fn signing_keys(role: Element<'_, '_>) -> Result<(Vec<VerificationKey>, Vec<KeyError>), MetadataError> {
    let (mut keys, mut unusable, mut seen): (Vec<VerificationKey>, _, _) = (Vec::new(), Vec::new(), 0);
    let mut bare_key = false;
    let descriptors = tree::children(role, ns::METADATA, "KeyDescriptor")
        .filter(|d| matches!(tree::attribute(*d, "use"), None | Some("signing")));
    for descriptor in descriptors {
        let within = |name| descriptor.descendants().filter(move |n| tree::is(*n, ns::DSIG, name));
        bare_key |= within("KeyValue").next().is_some();
        for data in within("X509Data") {
            let texts = tree::children(data, ns::DSIG, "X509Certificate").take(MAX_CHAIN).map(tree::text);
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            // The same one again counts as well, and so does each of a chain: they cost as much to read.
            seen += texts.len();
            if seen > MAX_KEYS {
                return Err(MetadataError::TooManyKeys(MAX_KEYS));
            }
            let Some(certificate) = texts.get(of_key(&texts)) else { continue };
            match VerificationKey::from_text(certificate) {
                Ok(key) if keys.iter().any(|k| k.fingerprint() == key.fingerprint()) => {}
                Ok(key) => keys.push(key),
                Err(fault) => unusable.push(fault),
            }
        }
    }
    match (keys.is_empty(), unusable.first()) {
        (true, Some(fault)) => Err(MetadataError::SigningKey(fault.clone())),
        (true, None) if bare_key => Err(MetadataError::KeyWithoutCertificate),
        (true, None) => Err(MetadataError::NoSigningKey),
        _ => Ok((keys, unusable)),
    }
}

/// Which certificate of one X509Data has the key; the others are its chain and sign nothing here.
fn of_key(texts: &[Cow<'_, str>]) -> usize {
    let read: Vec<Vec<u8>> =
        texts.iter().map(|text| VerificationKey::der_of_text(text).unwrap_or_default()).collect();
    dsig::leaf(&read.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

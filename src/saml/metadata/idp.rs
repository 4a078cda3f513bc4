//! Reading an identity provider's metadata.

use time::{Duration, OffsetDateTime};

use super::error::MetadataError;
use crate::saml::{
    dsig::{KeyError, VerificationKey},
    names::{PROTOCOL_SUPPORT, binding, ns},
    xml::{self, Element, Limits, instant, tree},
};

/// Clocks differ for metadata as well.
const CLOCK_SKEW: Duration = Duration::seconds(180);
/// So many entity IDs are listed for the administrator to choose from.
const LISTED: usize = 20;

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
    /// When the metadata ends.
    pub valid_until: Option<OffsetDateTime>,
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
}

impl IdpMetadata {
    /// The endpoint for HTTP-Redirect, which is what we send by.
    #[must_use]
    pub fn sso_redirect(&self) -> Option<&str> {
        self.sso.iter().find(|e| e.binding == binding::REDIRECT).map(|e| e.location.as_str())
    }
}

/// Reads metadata as an administrator uploads it or a URL delivers it. A signature on it is not looked at.
///
/// # Errors
/// See [`MetadataError`].
pub fn parse(bytes: &[u8], now: OffsetDateTime) -> Result<IdpMetadata, MetadataError> {
    recognise(bytes)?;
    let doc = xml::parse(bytes, &Limits::METADATA)?;
    let entity = one_idp(doc.root_element())?;
    let role = tree::only_child(entity, ns::METADATA, "IDPSSODescriptor");
    let role = role.map_err(|_| MetadataError::SeveralRoles)?.ok_or(MetadataError::NoIdp)?;
    let valid_until = valid_until(role)?;
    if let Some(valid_until) = valid_until.filter(|end| now.saturating_sub(CLOCK_SKEW) >= *end) {
        return Err(MetadataError::Expired { valid_until });
    }
    let entity_id = tree::attribute(entity, "entityID").unwrap_or_default().trim();
    if entity_id.is_empty() || entity_id.len() > 1024 {
        return Err(MetadataError::EntityId);
    }
    let sso = endpoints(role, "SingleSignOnService")?;
    if sso.is_empty() {
        return Err(MetadataError::NoSsoEndpoint);
    }
    let (signing_keys, unusable_keys) = signing_keys(role)?;
    let formats = tree::children(role, ns::METADATA, "NameIDFormat").map(tree::text);
    Ok(IdpMetadata {
        entity_id: entity_id.to_owned(),
        sso,
        slo: endpoints(role, "SingleLogoutService")?,
        signing_keys,
        unusable_keys,
        valid_until,
        want_authn_requests_signed: matches!(
            tree::attribute(role, "WantAuthnRequestsSigned"),
            Some("true" | "1")
        ),
        name_id_formats: formats.map(|f| f.map(|f| f.trim().to_owned())).collect::<Result<_, _>>()?,
    })
}

/// Whether a browser may be sent to `location`: https, or http on the loopback for development.
///
/// # Errors
/// [`MetadataError::Endpoint`] for everything else, `javascript:` included.
pub fn check_endpoint(location: &str) -> Result<(), MetadataError> {
    let refused = || MetadataError::Endpoint(location.chars().take(200).collect());
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

/// Tells apart what people upload by mistake, before a parser complains about it in its own words.
fn recognise(bytes: &[u8]) -> Result<(), MetadataError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start().to_ascii_lowercase();
    match start.as_str() {
        "" => Err(MetadataError::Empty),
        s if s.starts_with("<!doctype html") || s.starts_with("<html") => Err(MetadataError::Html),
        s if s.starts_with(['{', '[']) => Err(MetadataError::Json),
        s if s.starts_with("-----begin") => Err(MetadataError::Certificate),
        s if s.starts_with("<?xml") && s.contains("<html") => Err(MetadataError::Html),
        // UTF-16 is XML; the pre-scan names the encoding.
        s if s.starts_with('<') || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") => Ok(()),
        _ => Err(MetadataError::NotXml),
    }
}

/// The entity with an identity provider role, of one entity or of an aggregate that holds one.
fn one_idp<'a, 'i>(root: Element<'a, 'i>) -> Result<Element<'a, 'i>, MetadataError> {
    let is_md = |local| tree::is(root, ns::METADATA, local);
    if !is_md("EntityDescriptor") && !is_md("EntitiesDescriptor") {
        return Err(match tree::name(root).as_str() {
            "html" => MetadataError::Html,
            _ => MetadataError::NotMetadata { got: tree::name(root) },
        });
    }
    let entities = || root.descendants().filter(|n| tree::is(*n, ns::METADATA, "EntityDescriptor"));
    let idps: Vec<_> = entities().filter(|e| roles(*e, "IDPSSODescriptor").next().is_some()).collect();
    match idps.as_slice() {
        [only] => Ok(*only),
        [] if entities().any(|e| roles(e, "SPSSODescriptor").next().is_some()) => {
            Err(MetadataError::ServiceProvider)
        }
        [] => Err(MetadataError::NoIdp),
        several => Err(MetadataError::Several {
            count: several.len(),
            entity_ids: several
                .iter()
                .take(LISTED)
                .map(|e| tree::attribute(*e, "entityID").unwrap_or_default().to_owned())
                .collect(),
        }),
    }
}

/// The roles of that name that speak SAML 2.0.
fn roles<'a, 'i: 'a>(entity: Element<'a, 'i>, local: &'a str) -> impl Iterator<Item = Element<'a, 'i>> {
    tree::children(entity, ns::METADATA, local).filter(|role| {
        let supported = tree::attribute(*role, "protocolSupportEnumeration").unwrap_or_default();
        supported.split_ascii_whitespace().any(|p| p == PROTOCOL_SUPPORT)
    })
}

/// The earliest end of the role and everything around it.
fn valid_until(role: Element<'_, '_>) -> Result<Option<OffsetDateTime>, MetadataError> {
    let mut earliest: Option<OffsetDateTime> = None;
    for got in role.ancestors().filter_map(|n| tree::attribute(n, "validUntil")) {
        let end = instant::parse(got).ok_or_else(|| MetadataError::ValidUntil { got: got.to_owned() })?;
        earliest = Some(earliest.map_or(end, |e| e.min(end)));
    }
    Ok(earliest)
}

fn endpoints(role: Element<'_, '_>, local: &str) -> Result<Vec<Endpoint>, MetadataError> {
    tree::children(role, ns::METADATA, local)
        .filter_map(|node| {
            let name = tree::attribute(node, "Binding").unwrap_or_default();
            let location = tree::attribute(node, "Location").unwrap_or_default().trim();
            matches!(name, binding::REDIRECT | binding::POST).then(|| {
                check_endpoint(location)?;
                Ok(Endpoint { binding: name.to_owned(), location: location.to_owned() })
            })
        })
        .collect()
}

/// The keys for signing, and what is wrong with those passed over. A KeyDescriptor without `use` counts for both.
fn signing_keys(role: Element<'_, '_>) -> Result<(Vec<VerificationKey>, Vec<KeyError>), MetadataError> {
    let (mut keys, mut unusable): (Vec<VerificationKey>, _) = (Vec::new(), Vec::new());
    let descriptors = tree::children(role, ns::METADATA, "KeyDescriptor")
        .filter(|d| matches!(tree::attribute(*d, "use"), None | Some("signing")));
    for descriptor in descriptors {
        let data = descriptor.descendants().filter(|n| tree::is(*n, ns::DSIG, "X509Data"));
        // The first certificate holds the key; others are its chain and sign nothing here.
        let certificates = data.filter_map(|d| tree::children(d, ns::DSIG, "X509Certificate").next());
        for certificate in certificates {
            match VerificationKey::from_text(&tree::text(certificate)?) {
                Ok(key) if keys.iter().any(|k| k.fingerprint() == key.fingerprint()) => {}
                Ok(key) => keys.push(key),
                Err(fault) => unusable.push(fault),
            }
        }
    }
    match (keys.is_empty(), unusable.first()) {
        (true, Some(fault)) => Err(MetadataError::SigningKey(fault.clone())),
        (true, None) => Err(MetadataError::NoSigningKey),
        _ => Ok((keys, unusable)),
    }
}

//! A provider that is described field by field: some publish no metadata, and show on a page what would be in it.

use super::signers::read_certificates;
use crate::model::fingerprint;
use crate::saml::{
    dsig::{KeyError, base64, without_issuers},
    metadata::{Endpoint, IdpMetadata, LeftOut, check_endpoint, check_entity_id},
    names::binding,
};

/// More than a provider has during a rollover.
const MOST: usize = 8;

/// What such a page shows.
#[derive(Debug, Clone, Default)]
pub struct ProviderFields {
    /// The single sign-on URL.
    pub sso_url: String,
    /// The entity ID, or issuer.
    pub entity_id: String,
    /// The signing certificates, PEM or base64: several during a rollover. Empty texts are passed over.
    pub certificates: Vec<String>,
    /// The logout URL; empty without single logout.
    pub slo_url: String,
}

/// Which field cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum FieldError {
    #[error("the single sign-on URL must be an https address")]
    SsoUrl,
    #[error("the logout URL must be an https address")]
    SloUrl,
    #[error("the entity ID (issuer) is missing; copy it exactly as the provider shows it")]
    EntityId,
    #[error("{0}; the signing certificate is needed whole, from BEGIN CERTIFICATE to END CERTIFICATE")]
    Certificate(KeyError),
    #[error("there are more than {MOST} signing certificates; leave out those that are no longer used")]
    TooManyCertificates,
}

impl ProviderFields {
    /// A certificate that was given as a file, as text: PEM as it is, else its bytes (DER) in base64.
    #[must_use]
    pub fn certificate_of_file(bytes: &[u8]) -> String {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text.trim().to_owned(),
            _ => base64::encode(bytes),
        }
    }

    /// Whether a text holds certificates and nothing else, so that it may be shown again.
    #[must_use]
    pub fn is_of_certificates(text: &str) -> bool {
        read_certificates(&[text.to_owned()]).is_ok_and(|keys| !keys.is_empty())
    }

    /// Reads them, as if they had come in metadata.
    pub(in crate::service) fn read(&self) -> Result<IdpMetadata, FieldError> {
        let (sso_url, entity_id, slo_url) = (self.sso_url.trim(), self.entity_id.trim(), self.slo_url.trim());
        check_endpoint(sso_url).map_err(|_| FieldError::SsoUrl)?;
        check_entity_id(entity_id).map_err(|_| FieldError::EntityId)?;
        if !slo_url.is_empty() {
            check_endpoint(slo_url).map_err(|_| FieldError::SloUrl)?;
        }
        let mut keys = read_certificates(&self.certificates).map_err(FieldError::Certificate)?;
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| seen.insert(key.fingerprint().to_owned()));
        match keys.len() {
            0 => return Err(FieldError::Certificate(KeyError::Unreadable)),
            count if count > MOST => return Err(FieldError::TooManyCertificates),
            _ => {}
        }
        // Whoever has a file with the chain in it hands that over.
        let (keys, issuers) = without_issuers(keys);
        let of_chain = issuers.iter().map(|key| LeftOut::Issuer(fingerprint::in_pairs(key.fingerprint())));
        Ok(IdpMetadata {
            entity_id: entity_id.to_owned(),
            sso: vec![by_redirect(sso_url)],
            slo: if slo_url.is_empty() { Vec::new() } else { vec![by_redirect(slo_url)] },
            signing_keys: keys,
            unusable_keys: Vec::new(),
            left_out: of_chain.collect(),
            valid_until: None,
            cache_duration: None,
            want_authn_requests_signed: false,
            name_id_formats: Vec::new(),
        })
    }
}

fn by_redirect(url: &str) -> Endpoint {
    Endpoint { binding: binding::REDIRECT.to_owned(), location: url.to_owned(), response_location: None }
}

//! The certificates by which a connection's metadata must be signed: a federation's, whose document passes through servers
//! that the organization does not know. Without any, the address that metadata comes from is what is trusted.

use super::{ConnectionError, Options};
use crate::{
    model::fingerprint,
    saml::{
        VerificationKey,
        dsig::{KeyError, SignaturePolicy, base64, without_issuers},
        metadata::MetadataError,
    },
    store::saml_connections::SamlConnection,
};

/// More than a federation has during a rollover.
const MOST: usize = 8;

/// The fingerprints of the certificates of which one must have signed a connection's metadata.
pub fn signer_fingerprints(connection: &SamlConnection) -> Vec<String> {
    let keys = Signers::of(connection).keys().unwrap_or_default();
    keys.iter().map(|key| fingerprint::in_pairs(key.fingerprint())).collect()
}

/// More than anybody needs: a file of megabytes holds thousands.
const MOST_READ: usize = 64;

/// Reads certificates, PEM or base64: each text may hold several, or none. Of very many, no more than are too many anyway.
pub(super) fn read_certificates(texts: &[String]) -> Result<Vec<VerificationKey>, KeyError> {
    if texts.iter().any(|text| text.contains("PRIVATE KEY-----")) {
        return Err(KeyError::Private);
    }
    let each = texts.iter().flat_map(|text| text.split_inclusive("-----END CERTIFICATE-----"));
    each.take(MOST_READ)
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(VerificationKey::from_text)
        .collect()
}

/// Who must have signed, as it is stored in the connection, and its switches for weak signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service) struct Signers {
    certificates: Vec<String>,
    policy: SignaturePolicy,
}

impl Signers {
    /// Those of a connection.
    pub(in crate::service) fn of(connection: &SamlConnection) -> Self {
        let policy = SignaturePolicy {
            allow_inclusive_c14n: connection.inclusive_c14n,
            allow_sha1: connection.allow_sha1,
        };
        // Options that cannot be read are as none; but then nobody knows whether a signature was asked for.
        let certificates =
            Options::read(connection).map_or_else(|| vec![String::new()], |options| options.metadata_signers);
        Self { certificates, policy }
    }

    /// Those whose certificates an operator names.
    pub(super) fn read(texts: &[String]) -> Result<Self, ConnectionError> {
        let invalid = |why: String| ConnectionError::Invalid(format!("who signs the metadata: {why}"));
        let found = read_certificates(texts).map_err(|error| invalid(error.to_string()))?;
        if found.len() > MOST {
            return Err(invalid(format!("{MOST} certificates at most")));
        }
        let (found, issuers) = without_issuers(found);
        if let Some(issuer) = issuers.first() {
            let which = fingerprint::in_pairs(issuer.fingerprint());
            return Err(invalid(format!(
                "the certificate {which} issued another one of them; give those alone that sign"
            )));
        }
        let found = found.iter().map(|key| base64::encode(key.certificate_der())).collect();
        Ok(Self { certificates: found, policy: SignaturePolicy::default() })
    }

    /// Whether a signature is asked for.
    pub(in crate::service) fn any(&self) -> bool {
        !self.certificates.is_empty()
    }

    /// Their keys. One that cannot be read any more signs nothing, and is not as if it had never been set.
    pub(super) fn keys(&self) -> Result<Vec<VerificationKey>, MetadataError> {
        let keys = self.certificates.iter().map(|text| VerificationKey::from_text(text));
        keys.collect::<Result<_, _>>().map_err(|_| MetadataError::SignatureMissing)
    }

    /// Which signatures count.
    pub(super) fn policy(&self) -> SignaturePolicy {
        self.policy
    }

    /// The stored form.
    pub(super) fn into_stored(self) -> Vec<String> {
        self.certificates
    }
}

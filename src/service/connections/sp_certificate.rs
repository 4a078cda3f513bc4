//! A certificate of ours, for providers that take it by itself and not out of our metadata.

use openssl::x509::X509;

use super::{SpKeyError, encryption_keys, sp_keys};
use crate::{
    model::{
        SpKeyPurpose,
        ids::{ProjectId, SamlConnectionId},
    },
    service::Context,
};

/// The certificate that a connection's provider should have, in PEM: of the key that signs now, or of the newest one to
/// encrypt to. Our metadata has the others of a rollover too.
pub async fn sp_certificate(
    cx: &Context,
    project: &ProjectId,
    connection: &SamlConnectionId,
    purpose: SpKeyPurpose,
) -> Result<String, SpKeyError> {
    let certificates = match purpose {
        SpKeyPurpose::Signing => sp_keys(cx, project).await?.certificates(),
        SpKeyPurpose::Encryption => encryption_keys(cx, project, connection).await?.certificates(),
    };
    let first = certificates.first().ok_or(SpKeyError::NotFound("certificate"))?;
    let pem = X509::from_der(first)?.to_pem()?;
    Ok(String::from_utf8_lossy(&pem).into_owned())
}

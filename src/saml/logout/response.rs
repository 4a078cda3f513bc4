//! LogoutResponse, as a provider sends it.

use super::{
    error::LogoutRejection,
    verify::{ExpectedLogout, Inbound, envelope},
};
use crate::saml::{
    names::{STATUS_SUCCESS, status},
    response::common::{Status, read_status},
    xml::{Limits, Scanned, tree},
};

/// What came of a logout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutOutcome {
    /// Everywhere.
    Complete,
    /// Not everywhere: somebody behind the provider did not answer.
    Partial,
    /// Not at all.
    Failed {
        /// The status code.
        code: String,
        /// The code below it.
        subcode: Option<String>,
        /// The message.
        message: Option<String>,
    },
}

/// A provider's answer to a request of ours. Only verification makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLogoutResponse {
    outcome: LogoutOutcome,
}

impl VerifiedLogoutResponse {
    /// What came of it.
    #[must_use]
    pub fn outcome(&self) -> &LogoutOutcome {
        &self.outcome
    }
}

/// Verifies a LogoutResponse to the request `request_id`, which this browser made.
///
/// # Errors
/// The first check that fails. A logout that failed is no error: the answer is in order.
pub fn verify_response(
    inbound: Inbound<'_>,
    request_id: &str,
    expected: &ExpectedLogout<'_>,
) -> Result<VerifiedLogoutResponse, LogoutRejection> {
    let text = Scanned::scan(inbound.xml(), &Limits::MESSAGE)?;
    let doc = text.tree()?;
    let root = envelope(&doc, inbound, "LogoutResponse", &["Status"], expected)?.root.element();
    let got = tree::attribute(root, "InResponseTo");
    if got != Some(request_id) {
        let got = got.map(|got| got.chars().take(100).collect());
        return Err(LogoutRejection::InResponseTo { wanted: request_id.to_owned(), got });
    }
    let Status { code, subcode, message } = read_status(root)?;
    let outcome = match (code.as_str(), subcode.as_deref()) {
        (_, Some(status::PARTIAL_LOGOUT)) => LogoutOutcome::Partial,
        (STATUS_SUCCESS, _) => LogoutOutcome::Complete,
        _ => LogoutOutcome::Failed { code, subcode, message },
    };
    Ok(VerifiedLogoutResponse { outcome })
}

//! Single logout (Core 3.7, Profiles 4.4): LogoutRequest and LogoutResponse, made and verified, over HTTP-Redirect and
//! HTTP-POST. Every message must be signed: an unsigned request would let anyone end anyone's sessions, and an unsigned
//! response would tell a user that they are signed out where they are not.

mod build;
mod error;
mod request;
mod response;
mod verify;

pub use build::{LogoutRequest, LogoutResponse};
pub use error::LogoutRejection;
pub use request::{VerifiedLogoutRequest, verify_request};
pub use response::{LogoutOutcome, VerifiedLogoutResponse, verify_response};
pub use verify::{ExpectedLogout, Inbound};

use crate::saml::xml::{Limits, Scanned, tree};

/// The request that a LogoutResponse says that it answers, before anything about it is known: for finding what is
/// pending, never for trusting it.
///
/// # Errors
/// Bytes that are no XML.
pub fn claimed_request(xml: &[u8]) -> Result<Option<String>, LogoutRejection> {
    let text = Scanned::scan(xml, &Limits::MESSAGE)?;
    let doc = text.tree()?;
    Ok(tree::attribute(doc.root_element(), "InResponseTo").map(str::to_owned))
}

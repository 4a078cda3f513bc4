//! AuthnRequest (Core 3.4.1): what we send to an identity provider, and how the development one reads it.

mod build;
mod parse;

pub use build::{AuthnRequest, message_id};
pub use parse::{ReceivedRequest, RequestError, parse};

//! The login in progress: begun by a host app or by the browser itself, led to a connection, and ended with a
//! session, on one path that all methods share.

mod complete;
mod discover;
mod flow;

pub use complete::{CompleteError, Completed, Handoff, Vouched, complete};
pub use discover::{Destination, discover, organization_destination};
pub use flow::{FLOW_LIFETIME, OauthRequest, begin, of_browser, route_to_saml};

//! The login in progress: begun by a host app or by the browser itself, led to a connection, and ended with a
//! session, on one path that all methods share.

mod complete;
mod discover;
mod flow;
mod initiate;
mod way_back;

pub use complete::{CompleteError, Completed, Handoff, Vouched, complete, permit};
pub use discover::{Destination, Nowhere, discover, organization_destination};
pub use flow::{FLOW_LIFETIME, OauthRequest, awaiting_consent, begin, of_browser, route_to_saml};
pub use initiate::{deep_link, keep_deep_link};
pub use way_back::WayBack;

//! The integration tests: one binary, so that the suite links once.

mod architecture;
mod backend_api;
mod devidp;
mod http;
mod oidc;
mod provisioning;
mod saml;
mod scim;
mod sso;
mod store;
mod support;

//! The integration tests: one binary, so that the suite links once.

#![allow(clippy::needless_pass_by_value, reason = "a test's helpers take what reads best at the call")]

mod architecture;
mod backend_api;
mod cli;
mod devidp;
mod docs;
mod http;
mod oidc;
mod operator;
mod operator_races;
mod provisioning;
mod saml;
mod scim;
mod setup;
mod sso;
mod store;
mod support;
mod tenancy;

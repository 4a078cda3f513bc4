//! The only place with actix. One endpoint, one file; status codes are decided here.
//!
//! [`public_app`] and [`private_app`] build the two listeners' applications from the tables of [`route`]; the
//! server ([`server`]) and the tests use the same functions. Nothing here is global: state and metrics belong to
//! the application, so that several gateways can run in one process.

pub mod auth;
pub mod backend_api;
pub mod body;
pub mod cookies;
pub mod devidp;
pub mod error;
pub mod health;
pub mod login;
pub mod metrics;
pub mod middleware;
pub mod oidc;
mod pace;
pub mod pages;
pub mod params;
pub mod request;
pub mod route;
pub mod saml;
pub mod scim;
pub mod server;
pub mod setup;
pub mod sites;
pub mod state;

pub use error::HttpError;
pub use request::{RequestContext, TrustedProxies};
pub use route::{AppFactory, Endpoint, app, private_app, private_endpoints, public_app, public_endpoints};
pub use sites::{Site, Sites};
pub use state::Frame;

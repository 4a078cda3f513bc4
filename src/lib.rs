//! Vestibule: a self-hosted gateway between the identity providers of a B2B product's customers and the
//! product itself, the *host app*.
//!
//! # The map
//!
//! The folders are the architecture, and imports point one way. `tests/it/architecture.rs` holds the table and
//! fails when a module reaches past it.
//!
//! | Module | What it is | May import |
//! |---|---|---|
//! | [`saml`], [`scim`], [`jose`], [`model`] | the protocols and the domain: no I/O, no clock, no database | nothing of ours |
//! | [`store`] | the only place with diesel and SQL | `model`, `scim::filter` |
//! | [`service`] | use-cases; owns the transaction | `store`, `model`, `saml`, `scim`, `jose` |
//! | [`devidp`] | the development identity provider's messages | `saml`, `model` |
//! | [`http`] | the only place with actix; status codes are decided here | `service`, `devidp`, `model`, and wire types of the protocols |
//! | [`jobs`], [`cli`] | background work, the commands | `service`, `model` (`cli` also starts `http`) |
//! | [`config`], [`telemetry`] | leaves, used in set-up | nothing of ours |
//! | [`testing`] | mock clock, seeded generator, an identity provider for tests | `model`, `saml`, `devidp` |

pub mod cli;
pub mod config;
pub mod devidp;
pub mod http;
pub mod jobs;
pub mod jose;
pub mod model;
pub mod saml;
pub mod scim;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod testing;

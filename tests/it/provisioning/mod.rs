//! Provisioning over HTTP, as identity providers do it, on both databases.

#![allow(clippy::needless_pass_by_value, reason = "`json!` in a call reads best by value")]

mod access;
mod admin;
mod bulk;
mod burden;
mod check;
mod concurrency;
mod conversations;
mod entra_validator;
mod equivalence;
mod extensions;
mod groups;
mod life_cycle;
mod managers;
mod okta_spec;
mod paging;
mod queries;
mod races;
mod requirements;
mod strictness;
pub mod support;
mod tolerance;
mod traffic;
mod users;

//! Provisioning over HTTP, as identity providers do it, on both databases.

mod access;
mod conversations;
mod groups;
mod queries;
mod support;
mod users;

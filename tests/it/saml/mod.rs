//! The SAML core against messages as data: `fixtures/saml/{accept,reject}`, the outcome of each in the manifest.
//! The messages are made by [`cases`], so that each can be signed again; a test keeps the files equal to it.

mod bombs;
mod cases;
mod catalogue;
mod corpus;
mod cost;
mod encryption;
mod keys;
mod logout;
mod metadata;
mod mutations;
mod properties;
mod second_opinion;
mod seeds;
pub mod support;
mod verified;

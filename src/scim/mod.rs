//! SCIM 2.0 (RFC 7643, 7644), pure: no I/O, no clock, no database.
//!
//! A strict core over one attribute table ([`schema`]), and in front of it the rewrites of what real identity
//! providers send ([`dialect`]). Numbered tests (`scim_rule_43_...`) name the requirement that they check.

mod fold;

pub mod filter;
pub mod schema;

pub use fold::fold;

//! SCIM 2.0 (RFC 7643, 7644, 9865), pure: no I/O, no clock, no database.
//!
//! A strict core over one attribute table ([`schema`]), and in front of it the rewrites of what real identity
//! providers send ([`dialect`]). Numbered tests (`scim_043_...`) name the requirement that they check.

mod error;
mod fold;
mod sort;

pub mod bulk;
pub mod dialect;
pub mod etag;
pub mod filter;
pub mod list;
pub mod patch;
pub mod projection;
pub mod resource;
pub mod schema;

pub use error::{ERROR_URN, ScimError, error_body};
pub use fold::fold;
pub use resource::Resource;
pub use sort::{BoundSort, SortKey};

//! SCIM provisioning: users and groups that an identity provider pushes (DESIGN part 6).
//!
//! Each use-case is one write transaction: load, apply, check, compare, save, effects, audit, outbox. A request
//! that changes nothing writes nothing. What users and groups share is in `collection` and `search`.

pub mod admin;
mod bookmarks;
mod bulk;
mod collection;
mod cursor;
mod error;
mod everything;
mod groups;
mod hold;
mod memory;
mod order;
mod search;
mod tenant;
pub(in crate::service) mod users;
mod waiting;

pub use bulk::{BulkOutcome, Done, bulk};
pub use collection::{Collection, Created, Shown, Target, create, delete, get, patch, replace};
pub use cursor::LIFETIME as CURSOR_LIFETIME;
pub use error::{Held, ProvisioningError};
pub use everything::list as list_everything;
pub(in crate::service) use groups::MAX_LEVELS;
pub use groups::{Groups, members_after};
pub use memory::{Admission, Admitted, Memory, Outline, Traced};
pub use search::{Found, list};
pub use tenant::{AccessRefusal, Caller, ScimTenant, authenticate, learn_from_body};
pub use users::Users;

/// Below these addresses the SCIM server answers. The first is the one that administrators are shown.
pub const BASE_PATHS: [&str; 2] = [BASE_PATH, "/scim/v2"];

/// The first of them.
pub const BASE_PATH: &str = "/api/scim/v1";

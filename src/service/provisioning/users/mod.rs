//! Users pushed by SCIM.

mod change;
mod create;
mod delete;
mod read;
mod row;
mod view;

pub use change::{patch, replace};
pub use create::{Created, create};
pub use delete::delete;
pub use read::{UserPage, get, list};
pub use view::UserView;

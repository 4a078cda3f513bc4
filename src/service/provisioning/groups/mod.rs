//! Groups pushed by SCIM. Members are rows: a change to some of them never reads the others.

mod change;
mod create;
mod delete;
mod members;
mod read;
mod row;
mod view;

pub use change::{patch, replace};
pub use create::create;
pub use delete::delete;
pub use read::{GroupPage, get, list};
pub use view::GroupView;

//! What surrounds every handler: see [`frame()`] for the order.

mod frame;
mod headers;
mod panics;

pub use frame::{HostPolicy, frame};
pub use panics::catch_panic;

//! The steps of provisioning.

pub(super) mod check;
pub(super) mod connect;
pub(super) mod preview;
pub(super) mod requests;

use super::{frame, session, upload};

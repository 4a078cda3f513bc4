//! The SCIM core on input that nobody wrote: properties that hold for every filter, body and patch.

mod filters;
mod patches;

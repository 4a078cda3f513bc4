//! The SCIM core on input that nobody wrote: properties that hold for every filter, body and patch.

mod coverage;
mod filters;
mod patches;

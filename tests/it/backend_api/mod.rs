//! `/v1`, as the host app's back end sees it.

mod connections;
mod events;
mod setup_links;

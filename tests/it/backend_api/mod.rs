//! `/v1`, as the host app's back end sees it.

mod events;
mod setup_links;

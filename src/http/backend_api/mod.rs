//! The host app's back end: `/v1`, with a back-end API key.

mod events;
mod setup_links;

use actix_web::web;

use super::Endpoint;

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v1/events", || web::to(events::events)),
    Endpoint::get("/v1/setup-links", || web::to(setup_links::list)),
    Endpoint::post("/v1/setup-links", || web::to(setup_links::create)),
    Endpoint::delete("/v1/setup-links/{id}", || web::to(setup_links::revoke)),
];

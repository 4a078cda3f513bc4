//! The SCIM server (RFC 7644), under `/api/scim/v1` and the same under `/scim/v2`.

mod caller;
mod discovery;
mod groups;
mod input;
mod reply;
mod search;
mod unsupported;
mod users;

use actix_web::web;

pub use caller::ScimCaller;

use super::Endpoint;

/// Both addresses of the server.
const PREFIXES: [&str; 2] = ["/api/scim/v1", "/scim/v2"];

/// One collection and its resources, at one spelling of its path.
macro_rules! resources {
    ($area:ident, $collection:expr) => {
        [
            Endpoint::post($collection, || web::to($area::create::handle)),
            Endpoint::get($collection, || web::to($area::list::handle)),
            Endpoint::get(concat!($collection, "/{id}"), || web::to($area::get::handle)),
            Endpoint::put(concat!($collection, "/{id}"), || web::to($area::replace::handle)),
            Endpoint::patch(concat!($collection, "/{id}"), || web::to($area::patch::handle)),
            Endpoint::delete(concat!($collection, "/{id}"), || web::to($area::delete::handle)),
        ]
    };
}

/// A collection with a slash at its end, as Entra sends it.
macro_rules! slash {
    ($area:ident, $collection:expr) => {
        [
            Endpoint::post($collection, || web::to($area::create::handle)),
            Endpoint::get($collection, || web::to($area::list::handle)),
        ]
    };
}

/// Everything below one address. `.search` comes first, so that it is no id.
macro_rules! below {
    ($prefix:literal) => {
        [
            [
                Endpoint::post(concat!($prefix, "/Users/.search"), || web::to(users::search::handle)),
                Endpoint::post(concat!($prefix, "/Groups/.search"), || web::to(groups::search::handle)),
            ]
            .as_slice(),
            &slash!(users, concat!($prefix, "/Users/")),
            &slash!(groups, concat!($prefix, "/Groups/")),
            &resources!(users, concat!($prefix, "/Users")),
            &resources!(users, concat!($prefix, "/users")),
            &resources!(groups, concat!($prefix, "/Groups")),
            &resources!(groups, concat!($prefix, "/groups")),
            &[
                Endpoint::get(concat!($prefix, "/ServiceProviderConfig"), || {
                    web::to(discovery::service_provider_config::handle)
                }),
                Endpoint::get(concat!($prefix, "/ResourceTypes"), || {
                    web::to(discovery::resource_types::handle_list)
                }),
                Endpoint::get(concat!($prefix, "/ResourceTypes/{id}"), || {
                    web::to(discovery::resource_types::handle)
                }),
                Endpoint::get(concat!($prefix, "/Schemas"), || web::to(discovery::schemas::handle_list)),
                Endpoint::get(concat!($prefix, "/Schemas/{id}"), || web::to(discovery::schemas::handle)),
                Endpoint::post(concat!($prefix, "/Bulk"), || web::to(unsupported::handle)),
                Endpoint::post(concat!($prefix, "/.search"), || web::to(search::handle)),
                Endpoint::get(concat!($prefix, "/Me"), || web::to(unsupported::handle)),
                Endpoint::post(concat!($prefix, "/Me"), || web::to(unsupported::handle)),
                Endpoint::put(concat!($prefix, "/Me"), || web::to(unsupported::handle)),
                Endpoint::patch(concat!($prefix, "/Me"), || web::to(unsupported::handle)),
                Endpoint::delete(concat!($prefix, "/Me"), || web::to(unsupported::handle)),
            ],
        ]
        .concat()
    };
}

/// The rows of the route table.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [below!("/api/scim/v1"), below!("/scim/v2")].concat()
}

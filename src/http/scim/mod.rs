//! The SCIM server (RFC 7644), under `/api/scim/v1` and the same under `/scim/v2`.

mod bulk;
mod caller;
pub mod check;
mod discovery;
mod exchange;
mod input;
mod me;
mod reply;
mod resources;
mod root;
mod spelling;
mod token;

use actix_web::web;

pub use caller::ScimCaller;
use exchange::{Exchange, bodiless, with_body};
pub use spelling::spell;

use super::Endpoint;
use crate::{
    scim::bulk::MAX_PAYLOAD,
    service::provisioning::{Groups, Users},
};

/// A collection and its resources. `.search` comes first, so that it is no id.
macro_rules! resources {
    ($collection:ty, $patch:path, $limit:expr, $path:expr) => {
        [
            Endpoint::post(concat!($path, "/.search"), || {
                with_body(input::SMALL, resources::search::handle::<$collection>)
            }),
            Endpoint::read(concat!($path, "/{id}"), || bodiless(resources::get::handle::<$collection>)),
            Endpoint::put(concat!($path, "/{id}"), || {
                with_body($limit, resources::replace::handle::<$collection>)
            }),
            Endpoint::patch(concat!($path, "/{id}"), || with_body($limit, $patch)),
            Endpoint::delete(concat!($path, "/{id}"), || bodiless(resources::delete::handle::<$collection>)),
            Endpoint::post($path, || with_body($limit, resources::create::handle::<$collection>)),
            Endpoint::read($path, || bodiless(resources::list::handle::<$collection>)),
        ]
    };
}

/// Everything below one address.
macro_rules! below {
    ($prefix:literal) => {
        [
            resources!(Users, resources::patch::user, input::SMALL, concat!($prefix, "/Users")).as_slice(),
            &resources!(Groups, resources::patch::group, input::LARGE, concat!($prefix, "/Groups")),
            &[
                Endpoint::read($prefix, || bodiless(root::list)),
                Endpoint::post(concat!($prefix, "/.search"), || with_body(input::SMALL, root::search)),
                Endpoint::read(concat!($prefix, "/ServiceProviderConfig"), || {
                    bodiless(discovery::service_provider_config::handle)
                }),
                Endpoint::read(concat!($prefix, "/ResourceTypes"), || {
                    bodiless(discovery::resource_types::handle_list)
                }),
                Endpoint::read(concat!($prefix, "/ResourceTypes/{id}"), || {
                    bodiless(discovery::resource_types::handle)
                }),
                Endpoint::read(concat!($prefix, "/Schemas"), || bodiless(discovery::schemas::handle_list)),
                Endpoint::read(concat!($prefix, "/Schemas/{id}"), || bodiless(discovery::schemas::handle)),
                Endpoint::post(concat!($prefix, "/Bulk"), || with_body(MAX_PAYLOAD, bulk::handle)),
                Endpoint::get(concat!($prefix, "/Me"), || bodiless(me::handle)),
                Endpoint::post(concat!($prefix, "/Me"), || bodiless(me::handle)),
                Endpoint::put(concat!($prefix, "/Me"), || bodiless(me::handle)),
                Endpoint::patch(concat!($prefix, "/Me"), || bodiless(me::handle)),
                Endpoint::delete(concat!($prefix, "/Me"), || bodiless(me::handle)),
                Endpoint::post(concat!($prefix, "/oauth/token"), || web::to(token::handle)),
            ],
        ]
        .concat()
    };
}

/// The rows of the route table.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [below!("/api/scim/v1"), below!("/scim/v2")].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::provisioning::BASE_PATHS;

    #[test]
    fn the_routes_are_below_the_addresses_that_are_told() {
        let of = |base: &str| endpoints().iter().filter(|row| row.pattern.starts_with(base)).count();
        assert_eq!(BASE_PATHS.map(of), [endpoints().len() / 2; 2]);
    }
}

//! One spelling for each address, before a route is looked for. Providers put slashes together (a base address that ends
//! with one is joined to `/Users`) and at the end, write the names in small letters, or add the suffix of the media type
//! (RFC 7644 section 3.8). What comes after the first name is an id, which stays as it is.

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::uri::{PathAndQuery, Uri},
    middleware::Next,
};

use crate::service::provisioning::BASE_PATHS;

/// The first names below the address of the server.
const NAMES: [&str; 7] =
    ["Users", "Groups", "ServiceProviderConfig", "ResourceTypes", "Schemas", "Bulk", "Me"];

/// The middleware, for `actix_web::middleware::from_fn`: inside of the frame, around the routes.
pub async fn spell(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(uri) = spelled(request.path()).and_then(|path| with_path(request.uri(), &path)) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let target = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// The path as the routes have it; `None` where it is so already, and where it is none of SCIM.
fn spelled(path: &str) -> Option<String> {
    let below = |base: &str| path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let (base, rest) = BASE_PATHS.into_iter().find_map(|base| Some((base, below(base)?)))?;
    let parts = rest.split('/').filter(|part| !part.is_empty()).enumerate();
    let spelled = parts.fold(base.to_owned(), |spelled, (place, part)| {
        let part = if place == 0 { first_name(part) } else { part };
        spelled + "/" + part
    });
    (spelled != path).then_some(spelled)
}

fn first_name(part: &str) -> &str {
    let plain = part.strip_suffix(".scim").unwrap_or(part);
    NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(plain)).unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_006_an_address_has_one_spelling() {
        for (path, wanted) in [
            ("/scim/v2/", "/scim/v2"),
            ("/scim/v2//Users", "/scim/v2/Users"),
            ("/scim/v2/users/", "/scim/v2/Users"),
            ("/api/scim/v1/GROUPS.scim", "/api/scim/v1/Groups"),
            ("/scim/v2/Users//user_X/", "/scim/v2/Users/user_X"),
            ("/scim/v2/schemas/URN:x:Users", "/scim/v2/Schemas/URN:x:Users"),
            ("/scim/v2/serviceproviderconfig", "/scim/v2/ServiceProviderConfig"),
        ] {
            assert_eq!(spelled(path).as_deref(), Some(wanted), "{path}");
        }
        for path in
            ["/scim/v2", "/scim/v2/Users/users", "/scim/v2/Devices", "/scim/v2x//Users", "/login//x", "/"]
        {
            assert_eq!(spelled(path), None, "{path}");
        }
    }

    #[test]
    fn the_query_stays() {
        let uri = Uri::from_static("/scim/v2/users/?filter=userName+eq+%22a%2F%2Fb%22");
        assert_eq!(
            with_path(&uri, "/scim/v2/Users").unwrap().to_string(),
            "/scim/v2/Users?filter=userName+eq+%22a%2F%2Fb%22"
        );
    }
}

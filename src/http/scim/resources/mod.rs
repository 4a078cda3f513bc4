//! `/Users` and `/Groups` (RFC 7644 section 3): what both have in common is everything.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod members;
pub(super) mod patch;
pub(super) mod replace;
pub(super) mod search;

use actix_web::HttpRequest;

use super::input;
use crate::service::provisioning::Target;

/// The id in the path, which may carry the suffix of a media type (RFC 7644 section 3.8).
fn id(request: &HttpRequest) -> String {
    let id = request.match_info().query("id");
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    id.strip_suffix(".scim").unwrap_or(&id).to_owned()
}

/// The resource in the path, in the version that the client names.
struct Named {
    id: String,
    if_match: Option<String>,
}

impl Named {
    fn by(request: &HttpRequest) -> Self {
        Self { id: id(request), if_match: input::if_match(request) }
    }

    fn target(&self) -> Target<'_> {
        Target { id: &self.id, if_match: self.if_match.as_deref() }
    }
}

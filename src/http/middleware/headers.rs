//! The security headers of every response. A handler that needs another value sets it itself and wins.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::http::sites::Site;

/// No script at all, inline or not; forms only to ourselves. Chromium applies `form-action` to redirects after a
/// POST too: a step that leaves the origin answers 200 with a page that navigates ([`crate::http::pages::leave`]).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                                       base-uri 'none'; frame-ancestors 'none'";

const DEFAULTS: &[(HeaderName, &str)] = &[
    // Answers depend on cookies and credentials; what may be cached says so itself.
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    // Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Sets what the handler has not set.
pub(super) fn apply(headers: &mut HeaderMap, site: Option<&Site>) {
    for (name, value) in DEFAULTS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), HeaderValue::from_static(value));
        }
    }
    if site.is_some_and(Site::is_https) {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

//! The pages that people see: server-rendered, one stylesheet, no scripts but one that sends a form, one that adds copy
//! buttons and one that adds a filter, and none is needed. They work with a keyboard, a screen reader, on a phone, in light and dark.

mod assets;
mod setup;
mod templates;

use actix_web::{HttpResponse, http::header};

use super::Endpoint;
use assets::{copy_script_path, filter_script_path, icon_path, stylesheet_path, submit_script_path};
pub use setup::{
    OptionalValue, SetupCheckPage, SetupChoicePage, SetupConnectPage, SetupMetadataPage, SetupPreviewPage,
    SetupProviderPage, SetupRequestsPage, SetupReviewPage, SetupTestPage, SetupValuesPage, by_suite,
};
pub use templates::{
    ConsentPage, DevIdpChoice, DevIdpPage, ErrorPage, LeavePage, LoginPage, LogoutPage, NoticePage, PostPage,
};

/// The pages' own assets.
pub(super) const ENDPOINTS: &[Endpoint] = assets::ENDPOINTS;

/// A page as a response.
pub fn html(page: &impl askama::Template) -> HttpResponse {
    match page.render() {
        Ok(body) => {
            HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(body)
        }
        Err(error) => HttpResponse::from_error(super::HttpError::internal(error)),
    }
}

/// As everywhere, but the scripts of ours may run.
const SCRIPTED: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; \
                        base-uri 'none'; frame-ancestors 'none'";

/// A page whose scripts add what is convenient: copy buttons, a field that filters a list.
pub fn scripted(page: &impl askama::Template) -> HttpResponse {
    let mut response = html(page);
    let policy = header::HeaderValue::from_static(SCRIPTED);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Sends the browser to another origin after a form of ours was posted. A redirect will not do: Chromium applies
/// `form-action 'self'` to it, so this is a page that navigates by itself and shows a link for when it does not.
pub fn leave(destination: &str, heading: &str) -> HttpResponse {
    html(&LeavePage { heading, destination })
}

/// As everywhere, but the one script of ours may run and the form may leave, by whatever redirects the provider answers
/// with (Chromium applies `form-action` to those as well).
const POST_ELSEWHERE: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
                              base-uri 'none'; frame-ancestors 'none'";

/// Posts a form to another origin: it sends itself, and shows a button where scripts do not run.
pub fn post_elsewhere(action: &str, heading: &str, fields: &[(&str, String)]) -> HttpResponse {
    let mut response = html(&PostPage { heading, action, fields });
    let policy = header::HeaderValue::from_static(POST_ELSEWHERE);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// An error page. `reference` is the request id.
pub(super) fn error_page(
    title: &str,
    message: &str,
    reference: &str,
    onward: Option<(&str, &str)>,
) -> String {
    let page = ErrorPage { title, message, reference, onward };
    // A template that only writes strings into a string has nothing to fail at; a bare page beats none.
    askama::Template::render(&page)
        .unwrap_or_else(|_| format!("<!doctype html><title>Error</title>{reference}"))
}

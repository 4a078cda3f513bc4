//! The pages that people see: server-rendered, one stylesheet, no script. They work with a keyboard, a screen reader,
//! on a phone, in light and dark.

mod assets;
mod templates;

use actix_web::{HttpResponse, http::header};

use super::Endpoint;
use assets::{icon_path, stylesheet_path};
pub use templates::{DevIdpChoice, DevIdpPage, ErrorPage, LeavePage, LoginPage, LogoutPage, NoticePage};

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

/// Sends the browser to another origin after a form of ours was posted. A redirect will not do: Chromium applies
/// `form-action 'self'` to it, so this is a page that navigates by itself and shows a link for when it does not.
pub fn leave(destination: &str, heading: &str) -> HttpResponse {
    html(&LeavePage { heading, destination })
}

/// An error page. `reference` is the request id.
pub(super) fn error_page(title: &str, message: &str, reference: &str) -> String {
    let page = ErrorPage { title, message, reference };
    // A template that only writes strings into a string has nothing to fail at; a bare page beats none.
    askama::Template::render(&page)
        .unwrap_or_else(|_| format!("<!doctype html><title>Error</title>{reference}"))
}

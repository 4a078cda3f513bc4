//! The hosted login: asks for the work email, leads to the organization's identity provider, and takes the browser back
//! to the host app.

mod arrive;
mod consent;
pub mod flow_cookie;
mod form;
mod logout;
mod next;
mod session_cookie;
mod submit;

use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
    web,
};

use super::{Endpoint, HttpError, Site};

pub use arrive::arrive;

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/login", || web::to(form::form)),
    Endpoint::post("/login", || web::to(submit::submit)),
    Endpoint::get("/login/continue", || web::to(next::next)),
    Endpoint::post("/login/consent", || web::to(consent::consent)),
    Endpoint::get("/logout", || web::to(logout::ask)),
    Endpoint::post("/logout", || web::to(logout::end)),
];

/// Refuses a form that another site posted into this browser. Browsers say where a POST comes from; what says nothing
/// is no browser, and has no cookies that an attacker could ride on.
fn same_origin(request: &HttpRequest, site: &Site) -> Result<(), HttpError> {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != site.origin.as_bytes() => {
            let message = "This form was sent from another site. Please open the sign-in page again.";
            Err(HttpError::new(StatusCode::FORBIDDEN, "cross_origin", message))
        }
        _ => Ok(()),
    }
}

//! The way back: a login that ended well goes to the host app with a code, or stays on our page.

use actix_web::{HttpResponse, http::header};

use super::session_cookie;
use crate::{
    http::{Site, oidc},
    service::login::{Completed, Handoff},
};

/// Sets the session cookie and sends the browser on. After a POST from the provider's page: a redirect is fine here,
/// since it was not our form.
pub fn arrive(site: &Site, completed: &Completed) -> HttpResponse {
    let location = match &completed.handoff {
        Handoff::Code { redirect_uri, code, state } => {
            oidc::code_redirect(site, redirect_uri, code.expose(), state.as_deref())
        }
        Handoff::Initiate { location } => location.clone(),
        Handoff::Stay => "/login".to_owned(),
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header(session_cookie::set(&completed.session_token))
        .finish()
}

//! The gateway's own session cookie: who this browser is signed in as, on our pages only. Host apps never see it.

use actix_web::{HttpRequest, http::header};

use crate::{
    http::cookies::{self, HostCookie, SameSite},
    model::secret::Secret,
};

const NAME: &str = "vestibule_session";

/// The token that the browser sent, if it sent one.
pub(super) fn sent(request: &HttpRequest) -> Option<Secret> {
    cookies::read(request, NAME).map(Secret::new)
}

/// Sets the cookie until the browser is closed; the row decides how long the session lives.
pub(super) fn set(token: &Secret) -> (header::HeaderName, String) {
    let value = token.expose().to_owned();
    HostCookie { name: NAME.into(), value, max_age: None, same_site: SameSite::Lax }.header()
}

/// Removes the cookie.
pub(super) fn remove() -> (header::HeaderName, String) {
    HostCookie::removal(NAME, SameSite::Lax).header()
}

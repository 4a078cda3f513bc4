//! `GET` and `POST /logout`: ends the session of this browser, here and for the host apps that ask us.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{same_origin, session_cookie};
use crate::{
    http::{
        HttpError, RequestContext,
        pages::{self, LogoutPage, NoticePage},
    },
    service::{Context, handoff::browser},
};

/// Asks: a link elsewhere must not sign anyone out.
pub(super) async fn ask(request: HttpRequest) -> HttpResponse {
    if session_cookie::sent(&request).is_some() { pages::html(&LogoutPage) } else { signed_out() }
}

/// Ends the session.
pub(super) async fn end(
    request: HttpRequest,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    same_origin(&request, site)?;
    if let Some(token) = session_cookie::sent(&request) {
        let ended = browser::sign_out(&cx, &site.project, &token, context.id()).await;
        ended.map_err(HttpError::internal)?;
    }
    let mut page = signed_out();
    let (name, value) = session_cookie::remove();
    page.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
    Ok(page)
}

fn signed_out() -> HttpResponse {
    pages::html(&NoticePage {
        title: "You are signed out",
        message: "Your session has ended. Your identity provider may still know you on this device.",
        link: Some(("Sign in again", "/login")),
    })
}

//! `GET` and `POST /logout`: ends the session of this browser, here and for the host apps that ask us.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{same_origin, session_cookie};
use crate::{
    http::{
        HttpError, RequestContext, Site,
        pages::{self, LogoutPage, NoticePage},
    },
    service::{
        Context,
        handoff::browser,
        sso::{self, Carrier, EndedSession as Session},
    },
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
    let mut page = signed_out();
    if let Some(token) = session_cookie::sent(&request) {
        let ended = browser::sign_out(&cx, &site.project, &token, context.id()).await;
        if let Some(session) = ended.map_err(HttpError::internal)? {
            page = onward(&cx, site, &session).await.unwrap_or(page);
        }
    }
    let (name, value) = session_cookie::remove();
    page.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
    Ok(page)
}

/// To the identity provider, where the session came from one that takes logouts. Whatever fails there, the person is
/// signed out here.
async fn onward(cx: &Context, site: &Site, session: &Session) -> Option<HttpResponse> {
    let heading = "Signing you out at your identity provider";
    match sso::begin_logout(cx, &site.project, &site.origin, session).await {
        Ok(Some(Carrier::Redirect(location))) => Some(pages::leave(&location, heading)),
        Ok(Some(Carrier::Post { action, field, message, relay_state: _ })) => {
            Some(pages::post_elsewhere(&action, heading, &[(field, message)]))
        }
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%error, "a logout could not be sent to the identity provider");
            None
        }
    }
}

fn signed_out() -> HttpResponse {
    pages::html(&NoticePage {
        title: "You are signed out",
        message: "Your session has ended. Your identity provider may still know you on this device.",
        link: Some(("Sign in again", "/login")),
    })
}

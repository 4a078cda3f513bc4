//! `GET /login`: asks for the work email. A browser that is signed in already and comes on its own is told so.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{flow_cookie::FlowCookie, session_cookie};
use crate::{
    http::{
        HttpError, RequestContext,
        pages::{self, LoginPage, NoticePage},
        params::Params,
    },
    service::{Context, handoff::browser},
};

/// The form.
pub(super) async fn form(
    request: HttpRequest,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let flow = Params::parse(request.query_string().as_bytes())?.take("flow");
    if let (None, Some(token)) = (&flow, session_cookie::sent(&request)) {
        let signed_in = browser::signed_in(&cx, &site.project, &token).await.map_err(HttpError::internal)?;
        if let Some(who) = signed_in {
            return Ok(signed_in_page(&who));
        }
    }
    let nonce = FlowCookie::sent(&request).map(|cookie| cookie.nonce().clone());
    let page = browser::login_page(&cx, &site.project, nonce.as_ref(), flow.as_deref()).await;
    let page = page.map_err(HttpError::internal)?;
    Ok(pages::html(&LoginPage {
        product: &page.product,
        email: page.email.as_deref().unwrap_or(""),
        flow: page.flow.as_ref().map_or("", |flow| flow.as_str()),
        problem: None,
    }))
}

fn signed_in_page(who: &browser::SignedIn) -> HttpResponse {
    let message =
        format!("You are signed in to {} as {}. You can close this page.", who.organization, who.name);
    pages::html(&NoticePage {
        title: "You are signed in",
        message: &message,
        link: Some(("Sign out", "/logout")),
    })
}

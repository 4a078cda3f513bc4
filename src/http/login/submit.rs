//! `POST /login`: takes the email. The answer is the same for every address (R12): where it leads is found out by the
//! next request, which the page makes.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{flow_cookie::FlowCookie, same_origin};
use crate::{
    http::{
        HttpError, RequestContext, body,
        pages::{self, LoginPage},
        params::Params,
        state::Frame,
    },
    model::EmailAddress,
    service::{Context, handoff::browser},
};

/// Remembers the address in the flow and goes on.
pub(super) async fn submit(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    frame: web::Data<Frame>,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    frame.admit_login(&context)?;
    same_origin(&request, site)?;
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let form = body::read(&request, payload, body::DEFAULT_LIMIT).await?;
    let mut params = Params::parse(&form)?;
    let (flow, typed) = (params.take("flow"), params.take("email").unwrap_or_default());
    let cookie = FlowCookie::of(&request, &cx);
    let Ok(email) = EmailAddress::parse(&typed) else {
        return ask_again(&cx, &context, &cookie, flow.as_deref(), &typed).await;
    };
    let flow = browser::remember_email(&cx, &site.project, cookie.nonce(), flow.as_deref(), &email).await;
    let flow = flow.map_err(HttpError::internal)?;
    let next = site.url(&format!("/login/continue?flow={flow}"));
    let mut page = pages::leave(&next, "Taking you to your sign-in page");
    let (name, value) = cookie.header();
    page.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
    Ok(page)
}

async fn ask_again(
    cx: &Context,
    context: &RequestContext,
    cookie: &FlowCookie,
    flow: Option<&str>,
    typed: &str,
) -> Result<HttpResponse, HttpError> {
    let page = browser::login_page(cx, &context.site()?.project, Some(cookie.nonce()), flow).await;
    let page = page.map_err(HttpError::internal)?;
    let mut response = pages::html(&LoginPage {
        product: &page.product,
        email: typed,
        flow: page.flow.as_ref().map_or("", |flow| flow.as_str()),
        problem: Some("Please enter your full work email address, such as you@company.com."),
    });
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}

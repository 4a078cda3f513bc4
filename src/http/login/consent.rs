//! `POST /login/consent`: the person wants the login that began at the provider (R8). No code is minted (R9).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{flow_cookie::FlowCookie, same_origin, session_cookie};
use crate::{
    http::{HttpError, RequestContext, body, pages, params::Params, saml},
    service::{
        Context,
        login::Handoff,
        sso::{self, SsoError},
    },
};

/// Opens the session and sends the browser to the host app, which begins a login of its own.
pub(super) async fn consent(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    same_origin(&request, site)?;
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let form = body::read(&request, payload, body::DEFAULT_LIMIT).await?;
    let flow = Params::parse(&form)?.take("flow").unwrap_or_default();
    let nonce = FlowCookie::sent(&request).map(|cookie| cookie.nonce().clone());
    let completed = match sso::consent(&cx, &site.project, nonce.as_ref(), &flow, context.id()).await {
        Ok(completed) => completed,
        Err(SsoError::Refused(refusal)) => {
            let reason = refusal.code();
            tracing::info!(request_id = context.id(), reason, "login refused");
            return Err(saml::sign_in_refused(&refusal));
        }
        Err(error) => return Err(HttpError::internal(error)),
    };
    context.set_organization(completed.session.organization_id.as_str());
    let destination = match &completed.handoff {
        Handoff::Initiate { location } => location.clone(),
        _ => site.url("/login"),
    };
    let mut page = pages::leave(&destination, "Taking you to the app");
    let (name, value) = session_cookie::set(&completed.session_token);
    page.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
    Ok(page)
}

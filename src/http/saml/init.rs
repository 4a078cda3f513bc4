//! `GET /api/saml/v1/{connection}/init`: to the identity provider, with a request that this browser's flow remembers.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::refuse;
use crate::{
    http::{HttpError, RequestContext, login::flow_cookie::FlowCookie, pages, params::Params, state::Frame},
    service::{
        Context, login,
        sso::{self, Carrier},
    },
};

/// Redirects to the provider (Bindings 3.4). Without a flow the browser begins one of its own, which may lead deep into an app.
pub(super) async fn init(
    request: HttpRequest,
    connection: web::Path<String>,
    context: RequestContext,
    frame: web::Data<Frame>,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let cookie = FlowCookie::of(&request, &cx);
    let mut params = Params::parse(request.query_string().as_bytes())?;
    let (flow, deep_link) = (params.take("flow"), login::deep_link(params.take("target_link_uri")));
    if flow.is_none() {
        frame.admit_login(&context)?;
    }
    let asked = sso::Asked { flow: flow.as_deref(), deep_link };
    let departure = sso::start(&cx, &site.project, &site.origin, &connection, cookie.nonce(), asked).await;
    match departure {
        Ok(departure) => {
            context.set_organization(&departure.organization);
            let mut response = carry(departure.by);
            let (name, value) = cookie.header();
            response.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
            Ok(response)
        }
        Err(error) => refuse(&cx, &context, &connection, error, None).await,
    }
}

/// A message on its way to the provider: a redirect, or a form that sends itself.
pub(super) fn carry(by: Carrier) -> HttpResponse {
    match by {
        Carrier::Redirect(location) => {
            HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
        }
        Carrier::Post { action, field, message, relay_state } => {
            let mut fields = vec![(field, message)];
            fields.extend(relay_state.map(|state| ("RelayState", state)));
            pages::post_elsewhere(&action, "Taking you to your sign-in page", &fields)
        }
    }
}

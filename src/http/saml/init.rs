//! `GET /api/saml/v1/{connection}/init`: to the identity provider, with a request that this browser's flow remembers.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::refuse;
use crate::{
    http::{HttpError, RequestContext, login::flow_cookie::FlowCookie, params::Params},
    service::{Context, sso},
};

/// Redirects to the provider (Bindings 3.4). Without a flow the browser begins one of its own.
pub(super) async fn init(
    request: HttpRequest,
    connection: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let cookie = FlowCookie::of(&request, &cx);
    let flow = Params::parse(request.query_string().as_bytes())?.take("flow");
    let departure =
        sso::start(&cx, &site.project, &site.origin, &connection, cookie.nonce(), flow.as_deref()).await;
    match departure {
        Ok(departure) => {
            context.set_organization(&departure.organization);
            Ok(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, departure.location))
                .insert_header(cookie.header())
                .finish())
        }
        Err(error) => Err(refuse(&cx, &context, &connection, error).await),
    }
}

//! `GET /login/continue`: from the address to the organization's identity provider. Unknown domains, disabled
//! organizations and organizations without a connection end on one and the same page (R12).

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::flow_cookie::{self, FlowCookie};
use crate::{
    http::{HttpError, RequestContext, params::Params},
    service::{
        Context,
        handoff::browser::{self, Next},
    },
};

/// Redirects to the connection's login.
pub(super) async fn next(
    request: HttpRequest,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let flow = Params::parse(request.query_string().as_bytes())?.take("flow");
    let (Some(flow), Some(cookie)) = (flow, FlowCookie::sent(&request)) else { return Err(no_flow()) };
    let next = browser::destination(&cx, &site.project, cookie.nonce(), &flow).await;
    match next.map_err(HttpError::internal)? {
        Next::NoFlow => Err(no_flow()),
        // The flow is this browser's, and goes on with another address.
        Next::Nowhere(why) => {
            let (reason, why) = ("no_sign_in_page", why.as_str());
            tracing::info!(request_id = context.id(), reason, why, "login refused");
            Err(HttpError::new(
                StatusCode::NOT_FOUND,
                reason,
                "We could not find a sign-in page for this address. Please check the address, or ask your administrator \
                 whether single sign-on is set up for it.",
            )
            .onward(format!("/login?flow={flow}")))
        }
        Next::To(flow, destination) => {
            context.set_organization(destination.organization_id.as_str());
            let location = flow_cookie::saml_init(&destination.connection_id, &flow);
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish())
        }
    }
}

fn no_flow() -> HttpError {
    HttpError::bad_request(
        "no_login_in_progress",
        "This sign-in has expired or was begun in another browser. Please start again from the application.",
    )
}

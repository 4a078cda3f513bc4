//! `GET` and `POST /api/saml/v1/{connection}/slo`: logout messages of the provider, over both bindings (Profiles 4.4).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::init::carry;
use crate::{
    http::{
        HttpError, RequestContext, body,
        pages::{self, NoticePage},
        params::Params,
    },
    saml::binding::{
        post,
        redirect::{self, Parameter},
    },
    service::{
        Context,
        sso::{self, LoggedOut, LogoutError, LogoutMessage},
    },
};

/// A message in base64 and a RelayState beside it, in bytes.
const LIMIT: usize = 256 * 1024;

/// In the query, which is read as it was sent: it may be signed.
pub(super) async fn by_query(
    request: HttpRequest,
    connection: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let decoded = redirect::decode(request.query_string()).map_err(|error| unusable(error.code()))?;
    take(&cx, &context, &connection, LogoutMessage::Redirect(decoded)).await
}

/// In a form.
pub(super) async fn by_form(
    request: HttpRequest,
    payload: web::Payload,
    connection: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let form = body::read(&request, payload, LIMIT).await?;
    let mut params = Params::parse(&form)?;
    if params.any_repeated() {
        return Err(unusable("message_parameter_repeated"));
    }
    let (parameter, field) = match (params.take("SAMLRequest"), params.take("SAMLResponse")) {
        (Some(field), None) => (Parameter::Request, field),
        (None, Some(field)) => (Parameter::Response, field),
        _ => return Err(unusable("message_missing")),
    };
    let xml = post::decode(&field).map_err(|error| unusable(error.code()))?;
    let message = LogoutMessage::Post { parameter, xml, relay_state: params.take("RelayState") };
    take(&cx, &context, &connection, message).await
}

async fn take(
    cx: &Context,
    context: &RequestContext,
    connection: &str,
    message: LogoutMessage,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let taken = sso::consume_logout(cx, &site.project, &site.origin, connection, message, context.id()).await;
    match taken {
        Ok(LoggedOut::Answer(by)) => Ok(carry(by)),
        Ok(LoggedOut::Done { everywhere }) => Ok(pages::html(&NoticePage {
            title: "You are signed out",
            message: if everywhere {
                "Your session has ended, here and at your identity provider."
            } else {
                "Your session has ended here. Your identity provider could not end every other one; close the \
                 browser to be sure."
            },
            link: Some(("Sign in again", "/login")),
        })),
        Err(LogoutError::NotFound) => Err(HttpError::not_found("There is no such sign-in connection.")),
        Err(error @ (LogoutError::Failure(_) | LogoutError::Store(_))) => Err(HttpError::internal(error)),
        Err(refused) => {
            let reason = refused.code();
            tracing::info!(request_id = context.id(), connection, reason, "logout refused");
            Err(HttpError::new(
                StatusCode::FORBIDDEN,
                "sign_out_refused",
                "We could not use this sign-out message. Please sign out in the application.",
            ))
        }
    }
}

fn unusable(code: &'static str) -> HttpError {
    tracing::info!(reason = code, "logout refused");
    HttpError::bad_request("sign_out_refused", "This sign-out message cannot be read.")
}

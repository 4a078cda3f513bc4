//! Errors on their way out: handlers fail with an [`HttpError`], the frame writes it in the form of the protocol that
//! the path belongs to. The cause is logged here, once, and never sent.

mod api;
mod form;
mod http_error;
mod oauth;
mod page;
mod scim;

use actix_web::{
    HttpResponse,
    body::BoxBody,
    dev::ServiceResponse,
    http::{StatusCode, header},
};

pub use form::Form;
pub use http_error::HttpError;

use super::RequestContext;

/// What is told to the caller.
pub(super) struct Problem<'a> {
    pub(super) status: StatusCode,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    /// The request id, to be quoted to support.
    pub(super) reference: &'a str,
    /// A way onward for a person, where there is one.
    pub(super) onward: Option<&'a str>,
}

/// Gives a failed response the body of its protocol. A response that already has one is left alone.
pub(super) fn render(
    response: ServiceResponse<BoxBody>,
    context: &RequestContext,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || has_body_of_its_own(&response) {
        return response;
    }
    let form = Form::of_path(response.request().path());
    let error = response.response().error();
    let own = error.and_then(|error| error.as_error::<HttpError>());
    if let Some(cause) = own.and_then(HttpError::cause) {
        tracing::error!(request_id = context.id(), status = status.as_u16(), cause, "request failed");
    } else if let Some(error) = error.filter(|_| own.is_none() && status.is_server_error()) {
        tracing::error!(request_id = context.id(), status = status.as_u16(), cause = %error, "request failed");
    }
    let (code, message) = match own {
        Some(own) => (own.code(), own.message()),
        None => http_error::of_status(status),
    };
    let problem = Problem {
        status,
        code,
        message,
        reference: context.id(),
        onward: own.and_then(HttpError::way_onward),
    };
    let (content_type, body) = form.body(&problem);
    let (request, bare) = response.into_parts();
    let mut answer = HttpResponse::build(status);
    for (name, value) in bare.headers() {
        answer.append_header((name, value));
    }
    ServiceResponse::new(request, answer.insert_header((header::CONTENT_TYPE, content_type)).body(body))
}

/// Our own errors leave the body to [`render`]; actix' own are plain text.
fn has_body_of_its_own(response: &ServiceResponse<BoxBody>) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|content_type| !content_type.starts_with("text/plain"))
}

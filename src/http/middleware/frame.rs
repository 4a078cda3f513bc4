//! The outermost layer, in this order: request id, caller's address, site by host name (R28), the handler, the
//! error in the form of its protocol, security headers, one log line, metrics.

use std::time::{Duration, Instant};

use actix_web::{
    Error, HttpMessage,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
    web,
};

use super::headers;
use crate::http::{HttpError, RequestContext, error, health, state::Frame};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whether an application answers for any host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPolicy {
    /// Only for configured sites: any other Host is 421.
    Configured,
    /// For any: the private listener, and probes.
    Any,
}

/// The middleware, for `actix_web::middleware::from_fn`.
pub async fn frame(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let Some(frame) = request.app_data::<web::Data<Frame>>().cloned() else {
        return Err(HttpError::internal("an application without its frame").into());
    };
    let (context, admitted) = admit(&request, &frame).await;
    request.extensions_mut().insert(context.clone());
    let response = match admitted {
        Ok(()) => next.call(request).await?,
        Err(refused) => request.error_response(refused),
    };
    let mut response = error::render(response, &context);
    headers::apply(response.headers_mut(), context.site_if_known());
    if let Ok(id) = HeaderValue::from_str(context.id()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    record(&response, &context, &frame, started.elapsed());
    Ok(response)
}

/// What is known before the handler, and whether it may run. `Host` decides alone: `X-Forwarded-Host` is never read.
async fn admit(request: &ServiceRequest, frame: &Frame) -> (RequestContext, Result<(), HttpError>) {
    // HTTP/2 carries the name in the URI, HTTP/1 in the header; two that differ are an attempt to confuse.
    let mut names = request.headers().get_all("host").filter_map(|value| value.to_str().ok());
    let host = names.next().or_else(|| request.uri().host()).unwrap_or_default();
    let ambiguous = names.next().is_some();
    let site = if ambiguous { None } else { frame.site(host).await };
    let any_host =
        request.app_data::<HostPolicy>() == Some(&HostPolicy::Any) || health::is_probe(request.path());
    let admitted = if site.is_some() || any_host { Ok(()) } else { Err(HttpError::misdirected()) };
    (
        RequestContext::new(frame.request_id().to_string(), site, frame.trusted_proxies.caller(request)),
        admitted,
    )
}

/// One line and one count per request. The pattern, never the path or the query: those hold tokens and addresses
/// (R31).
fn record(response: &ServiceResponse<BoxBody>, context: &RequestContext, frame: &Frame, duration: Duration) {
    let pattern = response.request().match_pattern();
    let route = pattern.as_deref().unwrap_or("(none)");
    let method = response.request().method();
    // An invented method would be a label of its own.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = known.into_iter().find(|known| *known == method.as_str()).unwrap_or("(other)");
    let status = response.status().as_u16();
    frame.metrics.observe(method, route, status, duration);
    tracing::info!(
        method,
        route,
        status,
        duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        project = context.site_if_known().map(|site| site.project.as_str()),
        organization = context.organization(),
        request_id = context.id(),
        "request"
    );
}

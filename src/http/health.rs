//! For operators and load balancers: alive, ready, metrics.

use actix_web::{HttpResponse, http::header, web};

use super::{Endpoint, HttpError, state::Frame};

/// On both listeners, under any host name: probes come by address.
pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("/healthz", || web::to(healthz)), Endpoint::get("/readyz", || web::to(readyz))];

/// On the private listener only.
pub(super) const PRIVATE_ENDPOINTS: &[Endpoint] = &[Endpoint::get("/metrics", || web::to(metrics))];

/// Whether a path is a probe's, answered whatever the Host header says.
pub(super) fn is_probe(path: &str) -> bool {
    ENDPOINTS.iter().any(|endpoint| endpoint.pattern == path)
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

async fn readyz(frame: web::Data<Frame>) -> Result<HttpResponse, HttpError> {
    match frame.ready().await {
        Ok(()) => Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n")),
        Err(reason) => Err(HttpError::unavailable("Not ready.").because(reason)),
    }
}

async fn metrics(frame: web::Data<Frame>) -> Result<HttpResponse, HttpError> {
    let text = frame.metrics.encode().map_err(|error| HttpError::internal(error.to_string()))?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, content_type)).body(text))
}

//! `GET /devidp/metadata`: what a connection to the development provider is made from.

use actix_web::{HttpResponse, http::header, web};

use crate::devidp::DevIdp;

/// The provider's metadata.
pub(super) async fn metadata(idp: web::Data<DevIdp>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml"))
        .body(idp.metadata())
}

//! `GET /api/saml/v1/{connection}/metadata`: what the identity provider's administrator imports.

use actix_web::{HttpResponse, http::header, web};

use crate::{
    http::{HttpError, RequestContext},
    saml::metadata::SpMetadata,
    service::{Context, sso},
};

/// Our metadata for this connection. Public by nature: entity ID and addresses.
pub(super) async fn metadata(
    connection: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let urls =
        sso::sp_urls(&cx, &site.project, &site.origin, &connection).await.map_err(HttpError::internal)?;
    let urls = urls.ok_or_else(|| HttpError::not_found("There is no such sign-in connection."))?;
    let metadata = SpMetadata { entity_id: &urls.entity_id, acs_url: &urls.acs_url, ..SpMetadata::default() };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml"))
        .insert_header((header::CONTENT_DISPOSITION, "inline; filename=\"metadata.xml\""))
        .body(metadata.to_xml()))
}

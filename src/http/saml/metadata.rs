//! `GET /api/saml/v1/{connection}/metadata`: what the identity provider's administrator imports. With `?download` it is a
//! file that stays good for years, because providers import it once.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use crate::{
    http::{HttpError, RequestContext},
    service::{
        Context,
        connections::{Audience, SpMetadataError, sp_metadata},
    },
};

/// Our metadata for this connection. Public by nature: entity ID, addresses and certificates.
pub(super) async fn metadata(
    request: HttpRequest,
    connection: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let download = request.query_string().split('&').any(|pair| pair.split('=').next() == Some("download"));
    let (audience, disposition) = if download {
        (Audience::Downloaded, "attachment; filename=\"vestibule-metadata.xml\"")
    } else {
        (Audience::Fetched, "inline; filename=\"metadata.xml\"")
    };
    let written = sp_metadata(&cx, &site.project, &site.origin, &connection, audience).await;
    let xml = written.map_err(|error| match error {
        SpMetadataError::NotFound => HttpError::not_found("There is no such sign-in connection."),
        other => HttpError::internal(other),
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml"))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(xml))
}

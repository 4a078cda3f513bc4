//! `GET /v1/events`: what happened, in an order that a cursor can follow without missing anything.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use crate::{
    http::{HttpError, auth::BackendKey, params::Params},
    service::{Context, events as service},
};

/// Events a page unless asked otherwise, and at most.
const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 1000;

/// The events after `cursor` (none: from the first). The answer's `cursor` is always set: a caller keeps it and asks
/// again, at once while `hasMore`, else later.
pub(super) async fn events(
    request: HttpRequest,
    key: BackendKey,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let mut params = Params::parse(request.query_string().as_bytes())
        .map_err(|error| HttpError::bad_request("invalid_argument", error.to_string()))?;
    if params.any_repeated() {
        return Err(HttpError::bad_request("invalid_argument", "A parameter was sent more than once."));
    }
    let after = cursor(params.take("cursor").as_deref())?;
    let limit = limit(params.take("limit").as_deref())?;
    let page = service::list(&cx, &key.project, after, limit).await.map_err(HttpError::internal)?;
    Ok(HttpResponse::Ok().json(json!({
        "events": page.events.iter().map(projection).collect::<Vec<_>>(),
        "cursor": format!("{CURSOR}{}", page.last),
        "hasMore": page.more,
    })))
}

/// Says of a text that it is a cursor of this version.
const CURSOR: &str = "v1.";

fn cursor(text: Option<&str>) -> Result<i64, HttpError> {
    let Some(text) = text else { return Ok(0) };
    let position = text.strip_prefix(CURSOR).and_then(|digits| digits.parse::<i64>().ok());
    position.filter(|position| *position >= 0).ok_or_else(|| {
        HttpError::bad_request("invalid_argument", "The cursor is not one that this endpoint has given.")
    })
}

fn limit(text: Option<&str>) -> Result<i64, HttpError> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    let limit = text.parse::<i64>().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let message = "The limit must be a number from 1 to 1000.";
    limit.ok_or_else(|| HttpError::bad_request("invalid_argument", message))
}

fn projection(event: &service::Event) -> Value {
    json!({
        "id": event.id,
        "type": event.event_type,
        "occurTime": event.occurred_at,
        "organizationId": event.organization_id,
        "resourceId": event.resource_id,
        "data": event.data,
    })
}

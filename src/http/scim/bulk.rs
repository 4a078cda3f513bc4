//! `POST /Bulk` (RFC 7644 section 3.7).

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::{Map, Value, json};

use super::{Exchange, reply};
use crate::{
    http::HttpError,
    scim::{
        bulk::{BULK_REQUEST_URN, BULK_RESPONSE_URN, BulkMethod, BulkRequest},
        error_body, etag,
    },
    service::provisioning::{self, BulkOutcome},
};

/// Does one operation after the other, and says what became of each.
pub(super) async fn handle(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    let Exchange { cx, tenant, mut body, .. } = exchange;
    tenant.hear_message(BULK_REQUEST_URN, &mut body);
    let request = BulkRequest::parse(&body).map_err(reply::protocol)?;
    let outcomes = provisioning::bulk(&cx, &tenant, request).await;
    let operations: Vec<Value> = outcomes.into_iter().map(shown).collect();
    Ok(reply::plain(&json!({ "schemas": [BULK_RESPONSE_URN], "Operations": operations })))
}

fn shown(outcome: BulkOutcome) -> Value {
    let operation = outcome.operation;
    let mut shown = Map::new();
    shown.insert("method".to_owned(), json!(operation.method.as_str()));
    if let Some(name) = operation.bulk_id {
        shown.insert("bulkId".to_owned(), json!(name));
    }
    if let Some(location) = outcome.location {
        shown.insert("location".to_owned(), json!(location));
    }
    let status = match outcome.result {
        Ok(None) => StatusCode::NO_CONTENT,
        Ok(Some(done)) => {
            shown.insert("version".to_owned(), json!(etag::weak(done.shown.version)));
            if operation.method == BulkMethod::Post && done.is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            }
        }
        Err(error) => {
            let scim_type = error.scim_type();
            let refused = reply::refuse(error);
            let status = reply::status_of(&refused);
            shown.insert("response".to_owned(), error_body(status.as_u16(), scim_type, refused.message()));
            status
        }
    };
    shown.insert("status".to_owned(), json!(status.as_u16().to_string()));
    Value::Object(shown)
}

//! `DELETE /Users/{id}`, `DELETE /Groups/{id}`.

use actix_web::HttpResponse;

use super::{id, target};
use crate::{
    http::{
        HttpError,
        scim::{Exchange, reply},
    },
    service::provisioning::{self, Collection},
};

/// Deletes a resource.
pub(in crate::http::scim) async fn handle<C: Collection>(
    exchange: Exchange,
) -> Result<HttpResponse, HttpError> {
    let Exchange { cx, tenant, request, .. } = exchange;
    let id = id(&request);
    provisioning::delete::<C>(&cx, &tenant, target(&request, &id)).await.map_err(reply::refuse)?;
    Ok(reply::no_content(None))
}

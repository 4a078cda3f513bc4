//! `DELETE /Users/{id}`, `DELETE /Groups/{id}`.

use actix_web::HttpResponse;

use super::Named;
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
    provisioning::delete::<C>(&cx, &tenant, Named::by(&request).target()).await.map_err(reply::refuse)?;
    Ok(reply::no_content(None))
}

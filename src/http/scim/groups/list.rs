//! `GET /Groups`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    scim::list::{Query, list_response},
    service::{Context, provisioning::groups},
};

/// The groups that match.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    answer(&cx, &caller, &input::query(&request)?).await
}

/// The answer to a query, from the parameters or from a body.
pub(super) async fn answer(
    cx: &Context,
    caller: &ScimCaller,
    query: &Query,
) -> Result<HttpResponse, HttpError> {
    let page = groups::list(cx, &caller.tenant, query).await.map_err(reply::refuse)?;
    let shown = page.groups.iter().map(|view| view.render(&caller.base, &query.projection));
    let shown = shown.collect::<Result<Vec<_>, _>>().map_err(HttpError::internal)?;
    Ok(reply::plain(&list_response(page.total, query.start_index, &shown)))
}

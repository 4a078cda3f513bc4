//! `POST /.search`: all types at once (RFC 7644 section 3.4.3).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{ScimCaller, input, reply};
use crate::{
    http::HttpError,
    scim::list::{Query, list_response},
    service::{Context, provisioning::everything},
};

/// The users and groups that match.
pub(super) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let body = input::json(&request, payload, input::SMALL).await?;
    let query = Query::from_body(&body).map_err(reply::protocol)?;
    let page = everything::list(&cx, &caller.tenant, &query).await.map_err(reply::refuse)?;
    let users = page.users.iter().map(|user| user.render(&caller.base, &query.projection));
    let groups = page.groups.iter().map(|group| group.render(&caller.base, &query.projection));
    let shown = users.chain(groups).collect::<Result<Vec<_>, _>>().map_err(HttpError::internal)?;
    Ok(reply::plain(&list_response(page.total, query.start_index, &shown)))
}

//! `GET /setup/{token}`: the link, exchanged at once for a cookie, so that no later address holds a secret; and
//! `GET /setup`, which goes on where one left off.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{frame::Step, go, refuse, session};
use crate::{
    http::{HttpError, RequestContext},
    model::secret::Secret,
    service::{Context, setup},
};

/// Exchanges the token.
pub(super) async fn open(
    request: HttpRequest,
    token: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let project = &context.site()?.project;
    let held = session::sent(&request);
    let token = Secret::new(token.into_inner());
    let opened = setup::open(&cx, project, &token, held.as_ref(), context.id()).await;
    let opened = opened.map_err(|error| refuse(&error))?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/setup"))
        .insert_header(session::set(&opened))
        .finish())
}

/// To the step that comes next.
pub(super) async fn overview(
    setup: session::Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let wizard = &setup.wizard;
    if wizard.connection.idp_entity_id.is_empty() {
        let fresh = wizard.link.exchanged_at.is_none();
        return Ok(go(if fresh { Step::Provider } else { Step::Values }.path()));
    }
    let tested = setup::last_report(&cx, wizard).await.map_err(|error| refuse(&error))?;
    Ok(go(if tested.is_some() { Step::Test } else { Step::Review }.path()))
}

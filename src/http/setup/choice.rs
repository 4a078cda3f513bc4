//! `GET` and `POST /setup/{link}/metadata/choice`: which of the identity providers in one document it is.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupChoicePage},
        params::Params,
    },
    service::{
        Context,
        setup::{self, SetupError},
    },
};

/// Shows the first of them, or of those that a search finds.
pub(super) async fn show(
    request: HttpRequest,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let search = Params::parse(request.query_string().as_bytes())?.take("q").unwrap_or_default();
    page(&setup, &cx, &search, None).await
}

/// Takes one of them.
pub(super) async fn choose(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let mut form = Params::of_form(&request, payload).await?;
    let entity_id = form.take("entity_id").unwrap_or_default();
    let (project, session) = (&setup.site.project, &setup.session);
    match setup::choose(&cx, project, session, &entity_id, &setup.request_id).await {
        Ok(()) => Ok(setup.go(Step::Review.path())),
        Err(error @ SetupError::Metadata { .. }) => {
            tracing::info!(request_id = setup.request_id, reason = error.code(), "metadata refused");
            let mut answer = page(&setup, &cx, "", Some(&error.to_string())).await?;
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            Ok(answer)
        }
        Err(error) => Err(setup.refuse(error)),
    }
}

async fn page(
    setup: &Setup,
    cx: &Context,
    search: &str,
    problem: Option<&str>,
) -> Result<HttpResponse, HttpError> {
    setup.wizard.saml().map_err(|error| setup.refuse(error))?;
    if !setup.wizard.is_saml_draft() {
        return Ok(setup.go(Step::Review.path()));
    }
    let choices = setup::choices(cx, &setup.site.project, &setup.session, search)
        .await
        .map_err(|error| setup.refuse(error))?;
    let Some(choices) = choices else { return Ok(setup.go(Step::Metadata.path())) };
    Ok(pages::html(&SetupChoicePage {
        frame: SetupFrame::at(setup, Step::Metadata),
        choices: &choices,
        search,
        problem,
    }))
}

//! `GET` and `POST /setup/{link}/scim/check`: what Okta and Entra do, tried on the connection's own endpoint and undone.

use actix_web::{HttpResponse, http::StatusCode, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupCheckPage},
        scim::check::check_connection,
    },
    service::{
        Context,
        provisioning::admin::AdminError,
        setup::{self, SetupError},
    },
};

/// Shows the last check.
pub(in crate::http::setup) async fn show(
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    page(&setup, &cx, None).await
}

/// Runs one.
pub(in crate::http::setup) async fn run(
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = &setup.site;
    let target = match setup::admit_check(&cx, &site.project, &setup.session).await {
        Ok(target) => target,
        // A second click: what the first one found is on the page.
        Err(error @ SetupError::NotReady(_)) => {
            let mut answer = page(&setup, &cx, Some(&error.to_string())).await?;
            *answer.status_mut() = StatusCode::CONFLICT;
            return Ok(answer);
        }
        Err(error) => return Err(setup.refuse(error)),
    };
    let checked = check_connection(&cx, &site.project, &site.origin, &target).await;
    checked.map_err(|error: AdminError| HttpError::internal(error))?;
    Ok(setup.go(Step::Check.path()))
}

async fn page(setup: &Setup, cx: &Context, problem: Option<&str>) -> Result<HttpResponse, HttpError> {
    let last = setup::last_check(cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    Ok(pages::html(&SetupCheckPage {
        frame: SetupFrame::at(setup, Step::Check),
        last: last.map(pages::by_suite),
        is_old: setup.progress.check_is_old,
        problem,
        connection: setup.wizard.scim().map_err(|error| setup.refuse(error))?.id.as_str(),
    }))
}

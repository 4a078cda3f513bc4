//! `GET` and `POST /setup/scim/check`: what Okta and Entra do, tried on the connection's own endpoint and undone.

use actix_web::{HttpResponse, web};

use super::{
    frame::{SetupFrame, Step},
    go, refuse,
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupCheckPage},
        scim::check::check_connection,
    },
    service::{Context, provisioning::admin::AdminError, setup},
};

/// Shows the last check.
pub(in crate::http::setup) async fn show(
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let last = setup::last_check(&cx, &setup.wizard).await.map_err(refuse)?;
    let page = SetupCheckPage::new(SetupFrame::at(&setup, Step::Check), last, setup.progress.check_is_old);
    Ok(pages::html(&page))
}

/// Runs one.
pub(in crate::http::setup) async fn run(
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = &setup.site;
    let target = setup::admit_check(&cx, &site.project, &setup.session).await.map_err(refuse)?;
    let checked = check_connection(&cx, &site.project, &site.origin, &target).await;
    checked.map_err(|error: AdminError| HttpError::internal(error))?;
    Ok(go(Step::Check.path()))
}

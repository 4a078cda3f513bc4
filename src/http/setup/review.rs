//! `GET /setup/review`: what was understood, to be compared with what the provider shows.

use actix_web::{HttpResponse, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupReviewPage},
    },
    service::{Context, setup},
};

/// Shows it.
pub(super) async fn show(setup: Setup, cx: web::Data<Context>) -> Result<HttpResponse, HttpError> {
    let understood = setup::understanding(&cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    let Some(understood) = understood else { return Ok(setup.go(Step::Metadata.path())) };
    Ok(pages::html(&SetupReviewPage { frame: SetupFrame::at(&setup, Step::Review), understood: &understood }))
}

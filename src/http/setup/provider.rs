//! `GET` and `POST /setup/provider`: which identity provider it is.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    frame::{SetupFrame, Step},
    go, refuse,
    session::Setup,
};
use crate::{
    http::{
        HttpError, body,
        pages::{self, SetupProviderPage},
        params::Params,
    },
    service::{Context, providers, setup},
};

/// Asks.
pub(super) async fn show(setup: Setup) -> HttpResponse {
    let chosen =
        setup.wizard.link.exchanged_at.is_some().then_some(setup.wizard.connection.provider.as_str());
    pages::html(&SetupProviderPage {
        frame: SetupFrame::at(&setup, Step::Provider),
        providers: providers::all(),
        chosen: chosen.unwrap_or_default(),
    })
}

/// Notes the choice.
pub(super) async fn choose(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let mut form = Params::parse(&body::read(&request, payload, body::DEFAULT_LIMIT).await?)?;
    let provider = form.take("provider").unwrap_or_default();
    setup::choose_provider(&cx, &setup.site.project, &setup.session, &provider, &setup.request_id)
        .await
        .map_err(|error| refuse(&error))?;
    Ok(go(Step::Values.path()))
}

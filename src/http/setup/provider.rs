//! `GET` and `POST /setup/{link}/provider`: which identity provider it is.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupProviderPage},
        params::Params,
    },
    service::{
        Context,
        providers::{self, Provider},
        setup,
    },
};

/// Asks.
pub(super) async fn show(setup: Setup) -> HttpResponse {
    let chosen = setup.wizard.link.provider.as_deref().unwrap_or_default();
    // Who sets up provisioning alone has no use for the name of a provider that does not push.
    let useful = |provider: &&Provider| setup.wizard.saml.is_some() || provider.scim.is_some();
    let providers = providers::all().iter().filter(useful).collect();
    pages::scripted(&SetupProviderPage {
        frame: SetupFrame::at(&setup, Step::Provider),
        providers,
        chosen,
        until: setup.wizard.link.expires_at,
        is_bound: setup.wizard.link.exchanged_at.is_some(),
    })
}

/// Notes the choice.
pub(super) async fn choose(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let mut form = Params::of_form(&request, payload).await?;
    let provider = form.take("provider").unwrap_or_default();
    setup::choose_provider(&cx, &setup.site.project, &setup.session, &provider, &setup.request_id)
        .await
        .map_err(|error| setup.refuse(error))?;
    Ok(setup.go(if setup.wizard.saml.is_some() { Step::Values } else { Step::Connect }.path()))
}

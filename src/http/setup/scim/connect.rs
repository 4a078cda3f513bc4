//! `GET /setup/scim` and `POST /setup/scim/token`: base URL and token under the names that the provider gives its fields.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupConnectPage},
        params::Params,
    },
    model::secret::Secret,
    service::{Context, provisioning::BASE_PATH, setup},
};

/// Shows the values.
pub(in crate::http::setup) async fn show(
    request: HttpRequest,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let repeated = Params::parse(request.query_string().as_bytes())?.take("made").is_some();
    page(&setup, &cx, None, repeated).await
}

/// Makes a token, and shows it this once. No redirect: it would lose the token, or have it in an address. So a browser that
/// loads the page again sends the form again, which makes none.
pub(in crate::http::setup) async fn make_token(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let mut form = Params::of_form(&request, payload).await?;
    let days = form.take("expires").map(|days| days.parse::<i64>()).transpose().map_err(|_| {
        HttpError::bad_request("invalid_input", "Please choose when the token ends from the list.")
    })?;
    let (project, session) = (&setup.site.project, &setup.session);
    let present = form.take("present").filter(|present| !present.is_empty());
    let token = setup::make_token(&cx, project, session, present.as_deref(), days, &setup.request_id).await;
    match token.map_err(|error| setup.refuse(error))? {
        Some(token) => page(&setup, &cx, Some(&token), false).await,
        None => Ok(setup.go("/scim?made=1")),
    }
}

async fn page(
    setup: &Setup,
    cx: &Context,
    token: Option<&Secret>,
    repeated: bool,
) -> Result<HttpResponse, HttpError> {
    setup.wizard.scim().map_err(|error| setup.refuse(error))?;
    let provider = setup.wizard.provider();
    let scim = provider.scim_or_generic().ok_or_else(|| HttpError::internal("no generic SCIM provider"))?;
    let given = setup::provisioning(cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    Ok(pages::scripted(&SetupConnectPage {
        frame: SetupFrame::at(setup, Step::Connect),
        scim,
        is_known: provider.scim.is_some(),
        base_url: scim.base_url(&setup.site.url(BASE_PATH)),
        new_token: token.map(Secret::expose),
        token: given.token.as_ref(),
        repeated,
    }))
}

//! `GET /setup/{link}/scim/requests`: what the provider has asked and got, without whom it was about. With `?every=10` the page
//! loads itself again; without a script.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupRequestsPage},
        params::Params,
    },
    service::{Context, setup},
};

/// Shows them.
pub(in crate::http::setup) async fn show(
    request: HttpRequest,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let every = Params::parse(request.query_string().as_bytes())?.take("every");
    let seen = setup::live_view(&cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    Ok(pages::html(&SetupRequestsPage {
        frame: SetupFrame::at(&setup, Step::Requests),
        seen: &seen,
        reloads: every.is_some(),
    }))
}

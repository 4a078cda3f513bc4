//! `GET /setup/{token}`: the link, exchanged at once for a cookie, so that no later address holds a secret; and
//! `GET /setup/{link}/next`, which goes on where one left off.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{frame::Step, refuse, session};
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
    let token = Secret::new(token.into_inner());
    let opened = setup::open(&cx, project, &token, session::held(&request), context.id()).await;
    let opened = opened.map_err(refuse)?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, session::base(&opened.link) + session::NEXT))
        .insert_header(session::set(&opened))
        .finish())
}

/// To the step that comes next.
pub(super) async fn overview(
    setup: session::Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let wizard = &setup.wizard;
    // What is live needs nothing any more; where both are, signing in is what people ask about.
    let saml = wizard.saml.as_ref().filter(|_| wizard.is_saml_draft() || !wizard.is_scim_draft());
    let Some(saml) = saml else { return Ok(setup.go(provisioning(&cx, &setup).await?.path())) };
    if !wizard.is_saml_draft() {
        return Ok(setup.go(Step::Review.path()));
    }
    if saml.idp_entity_id.is_empty() {
        let fresh = wizard.link.provider.is_none();
        return Ok(setup.go(if fresh { Step::Provider } else { Step::Values }.path()));
    }
    let tested = setup::last_report(&cx, wizard).await.map_err(|error| setup.refuse(error))?;
    Ok(setup.go(if tested.is_some() { Step::Test } else { Step::Review }.path()))
}

/// The next step of a link that is for provisioning alone.
async fn provisioning(cx: &Context, setup: &session::Setup) -> Result<Step, HttpError> {
    if !setup.wizard.is_scim_draft() {
        return Ok(Step::Connect);
    }
    if setup.wizard.link.provider.is_none() {
        return Ok(Step::Provider);
    }
    let given = setup::provisioning(cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    Ok(if given.token.is_some() { Step::Check } else { Step::Connect })
}

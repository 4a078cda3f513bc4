//! `GET` and `POST /setup/{link}/test`: a real sign-in whose every check is shown. Its answer arrives at the connection's ACS.
//! `POST /setup/{link}/test/name`: what can be asked of a provider whose names do not stay.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{
    frame::{SetupFrame, Step},
    refuse, session,
    session::Setup,
};
use crate::{
    http::{
        HttpError, RequestContext,
        pages::{self, SetupTestPage},
        params::Params,
    },
    service::{
        Context,
        setup::{self, Answer, NameOffer},
        sso::Carrier,
    },
};

/// Shows the newest report, and offers a test.
pub(super) async fn show(setup: Setup, cx: web::Data<Context>) -> Result<HttpResponse, HttpError> {
    setup.wizard.saml().map_err(|error| setup.refuse(error))?;
    let report = setup::last_report(&cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    let (frame, is_old) = (SetupFrame::at(&setup, Step::Test), setup.progress.test_is_old);
    let saml = &setup.wizard.provider().saml;
    let offer = report.as_ref().filter(|_| !is_old).and_then(|report| NameOffer::of(&setup.wizard, report));
    Ok(pages::html(&SetupTestPage { frame, saml, report: report.as_ref(), is_old, offer }))
}

/// Asks for another kind of name from now on.
pub(super) async fn ask_for_name(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let name = Params::of_form(&request, payload).await?.take("name").unwrap_or_default();
    let report = setup::last_report(&cx, &setup.wizard).await.map_err(|error| setup.refuse(error))?;
    let offered = report.and_then(|report| NameOffer::of(&setup.wizard, &report));
    // Sent twice, or of a page that is old: what the form says was done, or makes no sense any more.
    if let Some(offer) = offered.filter(|offer| offer.as_str() == name) {
        let (project, session) = (&setup.site.project, &setup.session);
        let asked = setup::ask_for_name(&cx, project, session, offer, &setup.request_id).await;
        asked.map_err(|error| setup.refuse(error))?;
    }
    Ok(setup.go(Step::Test.path()))
}

/// Sends the browser to the provider. The form was ours, so a redirect to another origin will not do.
pub(super) async fn begin(
    request: HttpRequest,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = &setup.site;
    let begun = setup::begin(&cx, &site.project, &site.origin, &setup.session, &setup.request_id).await;
    let begun = begun.map_err(|error| setup.refuse(error))?;
    let heading = "Taking you to your identity provider";
    let mut page = match begun.by {
        Carrier::Redirect(location) => pages::leave(&location, heading),
        Carrier::Post { action, field, message, .. } => {
            pages::post_elsewhere(&action, heading, &[(field, message)])
        }
    };
    let connection = begun.connection.as_str();
    // Another tab may wait for the answer to a test of its own.
    let mut nonces = session::tests_sent(&request, connection);
    nonces.push(begun.nonce);
    let (name, value) = session::set_tests(connection, &nonces, setup::TEST_SECONDS);
    page.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
    Ok(page)
}

/// A response at an ACS that answers this browser's test: the report is written, and the browser goes to see it. None: it
/// answers no test, and is a login.
pub(in crate::http) async fn receive(
    request: &HttpRequest,
    context: &RequestContext,
    cx: &Context,
    connection: &str,
    saml_response: &Arc<str>,
) -> Result<Option<HttpResponse>, HttpError> {
    // Browsers that run no test have no such cookie, and pay nothing for those that do.
    let mut nonces = session::tests_sent(request, connection);
    if nonces.is_empty() {
        return Ok(None);
    }
    let site = context.site()?;
    let answer = Answer {
        project: &site.project,
        origin: &site.origin,
        connection,
        nonces: &nonces,
        saml_response,
        request_id: context.id(),
    };
    let Some(test) = setup::receive(cx, answer).await.map_err(refuse)? else { return Ok(None) };
    nonces.retain(|nonce| nonce.hash() != test.nonce_hash);
    let page = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, site.url(&(session::base(&test.link) + Step::Test.path()))))
        .insert_header(session::set_tests(connection, &nonces, setup::TEST_SECONDS))
        .finish();
    Ok(Some(page))
}

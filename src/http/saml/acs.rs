//! `POST /api/saml/v1/{connection}/acs`: the provider's answer, carried by the browser (Bindings 3.5).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use url::form_urlencoded;

use super::refuse;
use crate::{
    http::{
        HttpError, RequestContext, body,
        login::{arrive, flow_cookie::FlowCookie},
        pages::{self, ConsentPage},
        params::Params,
        setup,
    },
    service::{
        Context, login,
        sso::{self, Consumed, Posted},
    },
};

/// A message of 1 MB in base64, percent-encoded, and a RelayState beside it, in bytes.
const LIMIT: usize = 2 * 1024 * 1024;

/// Takes in the response, and sends the browser on.
pub(super) async fn acs(
    request: HttpRequest,
    payload: web::Payload,
    connection: web::Path<String>,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let form = body::read(&request, payload, LIMIT).await?;
    let (saml_response, relay_state) = read(&form)?;
    let deep_link = login::deep_link(relay_state);
    let saml_response = Arc::from(saml_response);
    if let Some(page) = setup::receive(&request, &context, &cx, &connection, &saml_response).await? {
        return Ok(page);
    }
    let cookie = FlowCookie::sent(&request);
    let posted = Posted {
        project: site.project.clone(),
        origin: site.origin.clone(),
        connection: connection.to_string(),
        nonce: cookie.as_ref().map(FlowCookie::nonce).cloned(),
        saml_response: Arc::clone(&saml_response),
        deep_link: deep_link.clone(),
        request_id: context.id().to_owned(),
    };
    match sso::consume(&cx, posted).await {
        Ok(Consumed::Completed(completed)) => {
            context.set_organization(completed.session.organization_id.as_str());
            Ok(arrive(site, &completed))
        }
        Ok(Consumed::StartHere) => {
            let mut init = site.url(&format!("/api/saml/v1/{connection}/init"));
            // Where in the app the person wanted to go is kept; that it is the app's is asked at the end (R9).
            if let Some(link) = deep_link {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("target_link_uri", &link)
                    .finish();
                init = format!("{init}?{query}");
            }
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, init)).finish())
        }
        Ok(Consumed::Consent(consent)) => {
            let cookie = FlowCookie::from_nonce(consent.nonce.clone());
            let mut page = pages::html(&ConsentPage {
                account: &consent.account,
                organization: &consent.organization,
                flow: consent.flow.as_str(),
            });
            let (name, value) = cookie.header();
            page.headers_mut().append(name, value.parse().map_err(HttpError::internal)?);
            Ok(page)
        }
        Err(error) => refuse(&cx, &context, &connection, error, Some(&saml_response)).await,
    }
}

/// The one `SAMLResponse`. A request beside it, or a second one, is somebody's attempt to be read in two ways. The
/// RelayState is read only where a login began at the provider: our own state is in the flow.
fn read(form: &[u8]) -> Result<(String, Option<String>), HttpError> {
    let mut params = Params::parse(form)?;
    let unusable = |message| HttpError::bad_request("invalid_request", message);
    if params.any_repeated() {
        return Err(unusable("A field was sent more than once."));
    }
    if params.take("SAMLRequest").is_some() {
        return Err(unusable("A SAML request does not belong here."));
    }
    let response = params.take("SAMLResponse").ok_or_else(|| unusable("The form has no SAMLResponse."))?;
    Ok((response, params.take("RelayState")))
}

//! `GET /devidp/sso`: asks as whom to sign in. Each choice is a form that posts its response to the service provider, so
//! that one click is enough and no script is needed.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use crate::{
    devidp::{ACCOUNTS, Account, DevIdp},
    http::{
        HttpError,
        pages::{self, DevIdpChoice, DevIdpPage},
        params::Params,
    },
    model::EmailAddress,
    saml::{
        binding::{post, redirect},
        request,
    },
    service::Context,
};

/// As everywhere, but forms may leave: to the service provider, and by its redirects to the host app, wherever that is.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page.
pub(super) async fn sso(
    http_request: HttpRequest,
    idp: web::Data<DevIdp>,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let query = http_request.query_string();
    let unusable = |cause: &dyn std::fmt::Display| {
        let message = "This page signs people in for an application. Please start there.";
        HttpError::bad_request("invalid_request", message).because(cause)
    };
    let decoded = redirect::decode(query).map_err(|error| unusable(&error))?;
    let received = request::parse(&decoded.xml).map_err(|error| unusable(&error))?;
    let mut params = Params::parse(query.as_bytes())?;
    let typed = params.take("email").and_then(|email| EmailAddress::parse(&email).ok());
    let somebody = typed.as_ref().map(somebody);
    let accounts = somebody.iter().chain(ACCOUNTS);
    let mut choices = Vec::new();
    for account in accounts {
        let answer =
            idp.sign_in(&received, account, &*cx.clock, &*cx.rng).map_err(|error| unusable(&error))?;
        choices.push(DevIdpChoice {
            name: format!("{} {}", account.first_name, account.last_name).trim().to_owned(),
            email: account.email.to_owned(),
            groups: account.groups.join(", "),
            acs_url: answer.acs_url,
            saml_response: post::encode(&answer.xml),
        });
    }
    let page = DevIdpPage {
        choices: &choices,
        saml_request: &params.take("SAMLRequest").unwrap_or_default(),
        relay_state: decoded.relay_state.as_deref(),
        asked_again: received.force_authn,
    };
    let mut response = pages::html(&page);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    Ok(response)
}

/// An account that was typed in: whoever it is, they work there.
fn somebody(email: &EmailAddress) -> Account<'_> {
    let local = email.as_str().split('@').next().unwrap_or_default();
    Account { email: email.as_str(), first_name: local, last_name: "", groups: &["Staff"] }
}

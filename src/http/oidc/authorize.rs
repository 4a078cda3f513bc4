//! `GET` and `POST /oauth/authorize`: the host app sends a browser to sign in (RFC 6749 section 4.1.1, OpenID Connect
//! Core section 3.1.2).

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use crate::{
    http::{
        HttpError, RequestContext, Site, body,
        login::flow_cookie::{self, FlowCookie},
        params::Params,
        state::Frame,
    },
    service::{
        Context,
        handoff::{
            self,
            authorize::{AuthorizationRequest, AuthorizeError, AuthorizeRefusal, RefusedAuthorization},
        },
        login::WayBack,
    },
};

/// Parameters in the query.
pub(super) async fn by_query(
    request: HttpRequest,
    context: RequestContext,
    frame: web::Data<Frame>,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    frame.admit_login(&context)?;
    let params = Params::parse(request.query_string().as_bytes())?;
    authorize(&request, &context, &cx, params).await
}

/// Parameters in a form.
pub(super) async fn by_form(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    frame: web::Data<Frame>,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    frame.admit_login(&context)?;
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let form = body::read(&request, payload, body::DEFAULT_LIMIT).await?;
    authorize(&request, &context, &cx, Params::parse(&form)?).await
}

async fn authorize(
    request: &HttpRequest,
    context: &RequestContext,
    cx: &Context,
    params: Params,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let checked = match handoff::authorize::check(cx, &site.project, read(params)).await {
        Ok(checked) => checked,
        Err(AuthorizeError::Untrusted(untrusted)) => {
            let page = HttpError::bad_request(untrusted.code(), untrusted.to_string());
            return Err(page);
        }
        Err(AuthorizeError::Refused(refused)) => return Ok(error_redirect(site, &refused)),
        Err(AuthorizeError::Failure(failure)) => return Err(failure.into()),
    };
    let cookie = FlowCookie::of(request, cx);
    let silent = checked.passive.then(|| RefusedAuthorization {
        redirect_uri: checked.redirect_uri.clone(),
        state: checked.state.clone(),
        refusal: AuthorizeRefusal::LoginRequired,
    });
    let started = handoff::start(cx, &site.project, cookie.nonce(), checked).await;
    let (flow, destination) = started.map_err(HttpError::internal)?;
    // Nobody may be asked for an address (`prompt=none`), so there must be a provider to ask already.
    if let (None, Some(refused)) = (&destination, silent) {
        return Ok(error_redirect(site, &refused));
    }
    let next = match destination {
        Some(destination) => {
            context.set_organization(destination.organization_id.as_str());
            flow_cookie::saml_init(&destination.connection_id, &flow.id)
        }
        None => format!("/login?flow={}", flow.id),
    };
    Ok(see_other(&next).insert_header(cookie.header()).finish())
}

fn read(mut params: Params) -> AuthorizationRequest {
    let repeated = params.any_repeated();
    let mut take = |name| params.take(name);
    AuthorizationRequest {
        client_id: take("client_id"),
        redirect_uri: take("redirect_uri"),
        response_type: take("response_type"),
        response_mode: take("response_mode"),
        scope: take("scope"),
        state: take("state"),
        nonce: take("nonce"),
        code_challenge: take("code_challenge"),
        code_challenge_method: take("code_challenge_method"),
        prompt: take("prompt"),
        max_age: take("max_age"),
        login_hint: take("login_hint"),
        organization: take("organization"),
        request: take("request"),
        request_uri: take("request_uri"),
        repeated,
    }
}

/// Back to the host app with the code (RFC 6749 section 4.1.2), naming ourselves so that a client of several issuers
/// cannot be mixed up (RFC 9207).
pub fn code_redirect(site: &Site, redirect_uri: &str, code: &str, state: Option<&str>) -> String {
    with_query(redirect_uri, &[("code", Some(code)), ("state", state), ("iss", Some(&site.origin))])
}

/// Back to the host app with an error (RFC 6749 section 4.1.2.1).
fn error_redirect(site: &Site, refused: &RefusedAuthorization) -> HttpResponse {
    let description = refused.refusal.to_string();
    let location = with_query(
        &refused.redirect_uri,
        &[
            ("error", Some(refused.refusal.error())),
            ("error_description", Some(&description)),
            ("state", refused.state.as_deref()),
            ("iss", Some(&site.origin)),
        ],
    );
    see_other(&location).finish()
}

/// Where the way back of a refused login leads (RFC 6749 section 4.1.2.1).
pub fn way_back(site: &Site, back: &WayBack) -> String {
    let parameters =
        [("error", Some(back.error)), ("state", back.state.as_deref()), ("iss", Some(site.origin.as_str()))];
    with_query(&back.redirect_uri, &parameters)
}

/// The registered URI, its own query kept as it is, with more parameters.
fn with_query(uri: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", query.finish())
}

/// 303: whatever the method was, the next request is a GET without this one's body.
fn see_other(location: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::SEE_OTHER);
    response.insert_header((header::LOCATION, location));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_query_is_kept() {
        let parameters = [("code", Some("a b&c")), ("state", None)];
        assert_eq!(with_query("https://a.example/cb", &parameters), "https://a.example/cb?code=a+b%26c");
        assert_eq!(with_query("https://a.example/cb?", &parameters), "https://a.example/cb?code=a+b%26c");
        assert_eq!(
            with_query("https://a.example/cb?x=1", &parameters),
            "https://a.example/cb?x=1&code=a+b%26c"
        );
        assert_eq!(with_query("com.example.app:/cb", &parameters), "com.example.app:/cb?code=a+b%26c");
    }
}

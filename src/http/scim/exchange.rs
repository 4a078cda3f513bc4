//! One request of an identity provider, from its token to the log that the admin sees. Every endpoint but the token
//! endpoint is run by this: throttled, read within its limit, answered with the rate headers, noted.

use std::{
    future::Future,
    pin::Pin,
    task::{Context as Waker, Poll},
};

use actix_web::{
    HttpRequest, HttpResponse, ResponseError as _, Route,
    body::{self, BodySize, BoxBody, MessageBody},
    http::{
        Method, StatusCode,
        header::{HeaderName, HeaderValue, RETRY_AFTER},
    },
    web,
};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::{ScimCaller, input};
use crate::{
    http::HttpError,
    service::{
        Context,
        provisioning::{Admission, ScimTenant, learn_from_body},
    },
};

/// What an endpoint gets to work with.
pub(super) struct Exchange {
    pub(super) cx: web::Data<Context>,
    pub(super) tenant: ScimTenant,
    pub(super) request: HttpRequest,
    /// Null where the endpoint takes none.
    pub(super) body: Value,
}

/// The route of an endpoint without a body.
pub(super) fn bodiless<F, Fut>(endpoint: F) -> Route
where
    F: Fn(Exchange) -> Fut + Copy + 'static,
    Fut: Future<Output = Result<HttpResponse, HttpError>> + 'static,
{
    with_body(0, endpoint)
}

/// The route of an endpoint with a JSON body of at most `limit` bytes.
pub(super) fn with_body<F, Fut>(limit: usize, endpoint: F) -> Route
where
    F: Fn(Exchange) -> Fut + Copy + 'static,
    Fut: Future<Output = Result<HttpResponse, HttpError>> + 'static,
{
    web::to(move |cx: web::Data<Context>, caller: ScimCaller, request: HttpRequest, payload: web::Payload| {
        run(cx, caller, request, payload, limit, endpoint)
    })
}

async fn run<F, Fut>(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    payload: web::Payload,
    limit: usize,
    endpoint: F,
) -> Result<HttpResponse, HttpError>
where
    F: Fn(Exchange) -> Fut,
    Fut: Future<Output = Result<HttpResponse, HttpError>>,
{
    let mut tenant = caller.tenant;
    let admitted = match cx.provisioning.admit(&cx, &tenant) {
        Admission::Admitted(admitted) => admitted,
        Admission::TooFast { limit, retry_after } => {
            cx.provisioning.note_unread(
                &cx,
                &tenant.traced(),
                request.method().as_str(),
                path(&request),
                StatusCode::TOO_MANY_REQUESTS.as_u16(),
            );
            return Err(rated(too_fast(retry_after), limit, 0));
        }
    };
    let turn = admitted.turn().await;
    let cx = web::Data::new(admitted.in_lane(&cx));
    // Of what is refused anyway, as much is read as the log shows.
    let is_refused = tenant.is_draft() && writes(&request);
    let limit = if is_refused { limit.min(input::SMALL) } else { limit };
    let costly = if limit > input::SMALL && input::may_be_large(&request) {
        cx.provisioning.costly_turn(&tenant).await
    } else {
        None
    };
    let body = if limit == 0 { Ok(Value::Null) } else { input::json(&request, payload, limit).await };
    let seen = body.as_ref().unwrap_or(&Value::Null);
    let outline = cx.provisioning.outline(&tenant, request.method().as_str(), path(&request), seen);
    let outcome = match body {
        _ if is_refused => Err(not_live()),
        Ok(body) => {
            learn_from_body(&cx, &mut tenant, &body).await.map_err(HttpError::internal)?;
            endpoint(Exchange { cx: cx.clone(), tenant: tenant.clone(), request: request.clone(), body })
                .await
        }
        Err(error) => Err(error),
    };
    if writes(&request) {
        cx.provisioning.changed(&tenant);
    }
    let status = match &outcome {
        Ok(answer) => answer.status(),
        Err(error) => error.status_code(),
    };
    cx.provisioning.note(&cx, &tenant, outline, status.as_u16());
    let has_body = request.method() != Method::HEAD;
    let answered = outcome.map(|mut answer| {
        let headers = answer.headers_mut();
        rate(admitted.limit, admitted.remaining).into_iter().for_each(|(name, value)| {
            headers.insert(name, HeaderValue::from(value));
        });
        // No body at all, and not an empty one, whose length would be told for that of GET. Nor are the members of a group read
        // to be thrown away.
        let answer = if has_body { answer } else { answer.set_body(BoxBody::new(body::None::new())) };
        answer.map_body(|_, body| BoxBody::new(Held { body, _turns: [turn, costly] }))
    });
    answered.map_err(|error| rated(error, admitted.limit, admitted.remaining))
}

/// Path and query as they came.
pub(super) fn path(request: &HttpRequest) -> &str {
    request.uri().path_and_query().map_or("/", |path| path.as_str())
}

/// An answer keeps its turns until it is sent: who does not read what it asked for may not ask for more and more of it.
struct Held {
    body: BoxBody,
    _turns: [Option<OwnedSemaphorePermit>; 2],
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(waker)
    }
}

/// Whether a request may change anything. Searches are reads (RFC 7644 section 3.4.3).
fn writes(request: &HttpRequest) -> bool {
    !request.method().is_safe() && !request.path().ends_with("/.search")
}

fn not_live() -> HttpError {
    let detail = "This connection is still being set up: it answers reads, and takes users and groups once it has been \
                  switched on.";
    HttpError::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

/// The names that SailPoint reads by default.
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-rate-limit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");
const RATE_RETRY: HeaderName = HeaderName::from_static("x-rate-limit-retry-after-seconds");

fn rate(limit: i64, remaining: i64) -> [(HeaderName, i64); 3] {
    // The allowance is refilled all the time.
    [(RATE_LIMIT, limit), (RATE_REMAINING, remaining), (RATE_RESET, 1)]
}

/// A refusal with the rate headers, which are for every answer: a client that is refused reads them too. Where it is to wait, it
/// is told under that name as well.
fn rated(error: HttpError, limit: i64, remaining: i64) -> HttpError {
    let wait = error.header_text(&RETRY_AFTER).map(str::to_owned);
    let error = rate(limit, remaining)
        .into_iter()
        .fold(error, |error, (name, value)| error.header(name, &value.to_string()));
    match wait {
        Some(seconds) => error.header(RATE_RETRY, &seconds),
        None => error,
    }
}

fn too_fast(retry_after: i64) -> HttpError {
    let detail = "This connection sends more requests than it may; send them again a little later.";
    HttpError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
        .header(RETRY_AFTER, &retry_after.to_string())
}

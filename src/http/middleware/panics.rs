//! A panic in a handler is a bug of ours and a 500 for one caller, not the end of the server.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::http::HttpError;

/// Wraps one resource, after routing: the request can be kept here to answer with, which is not allowed before.
///
/// Unwinding past a handler is safe for what remains: state behind locks is replaced or rolled back by its owner.
pub async fn catch_panic(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let kept = request.request().clone();
    let mut answer = pin!(next.call(request));
    let caught = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(result)) => Poll::Ready(Some(result)),
        Err(_) => Poll::Ready(None),
    })
    .await;
    match caught {
        Some(result) => result,
        None => Ok(ServiceResponse::from_err(HttpError::internal("a handler panicked"), kept)),
    }
}

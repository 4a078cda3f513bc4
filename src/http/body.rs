//! Reading a request's body, never more of it than the endpoint takes.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
    web,
};

use super::error::HttpError;

/// The limit of an endpoint that names no other, in bytes: forms and small JSON.
pub const DEFAULT_LIMIT: usize = 64 * 1024;

/// In how long a body must have come. Who sends one byte now and then would keep a turn, or a worker's attention, for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// The whole body, or 413 as soon as its declared or real length passes the limit.
pub async fn read(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<web::Bytes, HttpError> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if declared.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(HttpError::too_large(limit));
    }
    let Ok(read) = tokio::time::timeout(PATIENCE, payload.to_bytes_limited(limit)).await else {
        return Err(HttpError::too_slow());
    };
    match read {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(HttpError::bad_request("invalid_request", "The body broke off.")),
        Err(_) => Err(HttpError::too_large(limit)),
    }
}

/// 415 unless the body says that it is of one of these media types (parameters such as a charset aside).
pub fn require_type(request: &HttpRequest, wanted: &[&str]) -> Result<(), HttpError> {
    // A compressed body would be read as what it is not.
    let encoding = request.headers().get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(HttpError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must not be compressed.",
        ));
    }
    let given =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if wanted.iter().any(|media_type| media_type.eq_ignore_ascii_case(essence)) {
        Ok(())
    } else {
        Err(HttpError::unsupported_media_type(wanted))
    }
}

#[cfg(test)]
pub(in crate::http) mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    use actix_web::{FromRequest as _, dev, error::PayloadError, test::TestRequest};

    use super::*;

    /// Sends its bytes, and then nothing, not even the end.
    struct Stalled(Option<web::Bytes>);

    impl futures_core::Stream for Stalled {
        type Item = Result<web::Bytes, PayloadError>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(bytes))))
        }
    }

    /// The body of a request that begins and does not end.
    pub(in crate::http) async fn stalled(request: &HttpRequest) -> web::Payload {
        let stalled = Stalled(Some(web::Bytes::from_static(b"{")));
        let mut payload =
            dev::Payload::from(Box::pin(stalled) as Pin<Box<dyn futures_core::Stream<Item = _>>>);
        web::Payload::from_request(request, &mut payload).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_waited_for_a_minute() {
        let request = TestRequest::post().to_http_request();
        let payload = stalled(&request).await;
        let begun = tokio::time::Instant::now();
        let error = read(&request, payload, DEFAULT_LIMIT).await.unwrap_err();
        assert_eq!(actix_web::ResponseError::status_code(&error), StatusCode::REQUEST_TIMEOUT);
        // The clock is tokio's own, and stands still but for what is waited for.
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
    }
}

//! The error that handlers return.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};

/// A refusal or a failure: what the caller is told, and apart from it what only the log is told.
#[derive(Debug)]
pub struct HttpError {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<str>>,
    onward: Option<Box<str>>,
}

impl HttpError {
    /// `code` is the protocol's own word (an OAuth `error`, a `scimType`, ...), `message` a sentence for a person.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            headers: Vec::new(),
            cause: None,
            onward: None,
        }
    }

    /// 400.
    pub fn bad_request(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 401 with its challenge, the value of `WWW-Authenticate`.
    pub fn unauthorized(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
        challenge: &str,
    ) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message).header(header::WWW_AUTHENTICATE, challenge)
    }

    /// 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 405 with what is allowed.
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::of_status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, allow)
    }

    /// 408: the body did not come.
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", "The body took too long to come.")
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let (code, _) = of_status(StatusCode::PAYLOAD_TOO_LARGE);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, code, format!("The body is larger than {limit} bytes."))
    }

    /// 415.
    pub fn unsupported_media_type(wanted: &[&str]) -> Self {
        let (code, _) = of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let message = format!("The body must be {}.", wanted.join(" or "));
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message)
    }

    /// 421: no configured site has this host name.
    pub fn misdirected() -> Self {
        Self::of_status(StatusCode::MISDIRECTED_REQUEST)
    }

    /// 503.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }

    /// 500: the cause goes to the log, the caller gets the reference id alone.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR).because(cause)
    }

    /// Says in the log why. Never secrets or personal data (R31).
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string().into());
        self
    }

    /// Adds a header. A value that is no header value is left out.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The value of a header that was added.
    pub fn header_text(&self, name: &HeaderName) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(added, _)| added == name)?;
        value.to_str().ok()
    }

    /// Offers a way onward on the page: a URL that we built.
    pub fn onward(mut self, url: impl Into<String>) -> Self {
        self.onward = Some(url.into().into());
        self
    }

    /// The way onward, if there is one.
    pub fn way_onward(&self) -> Option<&str> {
        self.onward.as_deref()
    }

    /// The protocol's word for it.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The sentence for a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the log is told.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    fn of_status(status: StatusCode) -> Self {
        let (code, message) = of_status(status);
        Self::new(status, code, message)
    }
}

/// Code and sentence where nothing more is known than the status.
pub(super) fn of_status(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "This address does not take that method."),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "The body is of another type."),
        StatusCode::MISDIRECTED_REQUEST => {
            ("unknown_host", "This server does not answer for that host name.")
        }
        StatusCode::TOO_MANY_REQUESTS => ("too_many_requests", "Too many requests. Try again later."),
        StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Not available at the moment. Try again."),
        status if status.is_client_error() => ("invalid_request", "The request cannot be used."),
        _ => ("server_error", "Something went wrong on our side."),
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for HttpError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    // Without a body: the frame knows the request id and the form.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::new(self.status);
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

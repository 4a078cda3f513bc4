//! The bindings: how messages travel in forms and URLs (SAML 2.0 Bindings 3.4, 3.5).

pub mod post;
pub mod query_signature;
pub mod redirect;

/// Why a transported message could not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// Larger than a message may be.
    #[error("the message is larger than {0} bytes")]
    TooLarge(usize),
    /// The URL-safe alphabet, which the bindings do not use.
    #[error("the message is in URL-safe base64; SAML uses the standard alphabet")]
    UrlSafeBase64,
    /// Not base64.
    #[error("the message is not valid base64")]
    Base64,
    /// Not a query string.
    #[error("the query string is malformed")]
    Query,
    /// A parameter that occurs twice: which one counts would be a guess.
    #[error("the parameter {0} occurs more than once")]
    Repeated(&'static str),
    /// Neither SAMLRequest nor SAMLResponse, or both.
    #[error("exactly one of SAMLRequest and SAMLResponse is needed")]
    NoMessage,
    /// Another encoding than DEFLATE.
    #[error("the SAMLEncoding is not DEFLATE")]
    Encoding,
    /// Not a raw DEFLATE stream that ends where the message ends.
    #[error("the message is not a DEFLATE stream")]
    Deflate,
    /// A stream that grows beyond reason.
    #[error("the message expands beyond its limit")]
    Bomb,
}

impl BindingError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "message_too_large",
            Self::UrlSafeBase64 => "message_base64_url_safe",
            Self::Base64 => "message_base64",
            Self::Query => "message_query",
            Self::Repeated(_) => "message_parameter_repeated",
            Self::NoMessage => "message_missing",
            Self::Encoding => "message_encoding",
            Self::Deflate => "message_deflate",
            Self::Bomb => "message_deflate_bomb",
        }
    }
}

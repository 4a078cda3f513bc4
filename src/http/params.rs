//! Parameters of queries and forms, read as OAuth reads them (RFC 6749 section 3.1): an empty value is as if it had not
//! been sent, and sending one twice is an error rather than a choice between the two.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use memchr::memchr_iter;

use super::{HttpError, body};

/// Parameters by name. Taking one removes it.
#[derive(Debug, Default)]
pub struct Params(HashMap<String, Value>);

// Debug shows no value: they are codes, secrets and addresses.
enum Value {
    Once(String),
    Repeated,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Once(_) => "Once(..)",
            Self::Repeated => "Repeated",
        })
    }
}

/// More than any query or form of ours has; a megabyte of names costs more to keep apart than to send.
const MOST: usize = 100;

/// Why parameters are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A name or value holds a NUL. No parameter has a use for one, and PostgreSQL cannot store it.
    #[error("A parameter holds a NUL character.")]
    HoldsNul,
    /// More than a hundred.
    #[error("There are too many parameters.")]
    TooMany,
}

impl From<ParamsError> for HttpError {
    fn from(error: ParamsError) -> Self {
        Self::bad_request("invalid_request", error.to_string())
    }
}

impl Params {
    /// Parses a query string or the body of a form.
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        if memchr_iter(b'&', encoded).count() >= MOST {
            return Err(ParamsError::TooMany);
        }
        let mut values = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if name.contains('\0') || value.contains('\0') {
                return Err(ParamsError::HoldsNul);
            }
            if values.contains_key(name.as_ref()) {
                values.insert(name.into_owned(), Value::Repeated);
            } else {
                values.insert(name.into_owned(), Value::Once(value.into_owned()));
            }
        }
        Ok(Self(values))
    }

    /// Reads the form of a request, as browsers send it.
    pub async fn of_form(request: &HttpRequest, payload: web::Payload) -> Result<Self, HttpError> {
        body::require_type(request, &["application/x-www-form-urlencoded"])?;
        Ok(Self::parse(&body::read(request, payload, body::DEFAULT_LIMIT).await?)?)
    }

    /// The same at an endpoint of OAuth, where no parameter may be sent twice (RFC 6749 section 3.2).
    pub async fn of_oauth_form(request: &HttpRequest, payload: web::Payload) -> Result<Self, HttpError> {
        let params = Self::of_form(request, payload).await?;
        if params.any_repeated() {
            return Err(HttpError::bad_request("invalid_request", "A parameter was sent more than once."));
        }
        Ok(params)
    }

    /// Whether any parameter was sent more than once.
    pub fn any_repeated(&self) -> bool {
        self.0.values().any(|value| matches!(value, Value::Repeated))
    }

    /// Takes a parameter. None: not sent, empty, or sent more than once.
    pub fn take(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name) {
            Some(Value::Once(value)) if !value.is_empty() => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_absent_and_twice_is_an_error() {
        let mut params = Params::parse(b"a=1&b=&c=x+y%20%C3%A9&d").unwrap();
        assert!(!params.any_repeated());
        assert_eq!(params.take("a").as_deref(), Some("1"));
        assert_eq!(params.take("a"), None);
        assert_eq!((params.take("b"), params.take("d")), (None, None));
        assert_eq!(params.take("c").as_deref(), Some("x y é"));
        let mut params = Params::parse(b"a=1&a=1").unwrap();
        assert!(params.any_repeated());
        assert_eq!(params.take("a"), None);
    }

    #[test]
    fn a_nul_is_refused_wherever_it_is() {
        for text in [&b"a=1&b=%00"[..], b"a%00=1", b"a=x\0y", b"a=1&a=%00"] {
            assert_eq!(Params::parse(text).unwrap_err(), ParamsError::HoldsNul);
        }
    }

    #[test]
    fn a_hundred_are_read_and_no_more() {
        let of = |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert!(Params::parse(of(MOST).as_bytes()).is_ok());
        assert_eq!(Params::parse(of(MOST + 1).as_bytes()).unwrap_err(), ParamsError::TooMany);
    }

    #[test]
    fn no_value_is_printed() {
        assert!(!format!("{:?}", Params::parse(b"code=SECRET").unwrap()).contains("SECRET"));
    }
}

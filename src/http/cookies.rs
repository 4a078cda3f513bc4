//! Our cookies: all of them `__Host-` (R18), so that neither a sibling host nor plain http can set or shadow them.

use std::{borrow::Cow, fmt};

use actix_web::{HttpRequest, http::header};

/// Where a cookie travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Top-level navigations to us: sessions.
    Lax,
    /// Also cross-site POSTs: the flow cookie must arrive with a provider's response (R7).
    None,
}

/// A cookie of ours: Secure, HttpOnly, Path=/, no Domain.
#[derive(Clone, PartialEq, Eq)]
pub struct HostCookie {
    /// The name after `__Host-`.
    pub name: Cow<'static, str>,
    /// The value: our own tokens, which need no quoting.
    pub value: String,
    /// Its lifetime in seconds; 0 removes it; none lets it end with the browser session.
    pub max_age: Option<u32>,
    /// Where it travels.
    pub same_site: SameSite,
}

impl HostCookie {
    /// A cookie that removes the one of this name.
    pub fn removal(name: impl Into<Cow<'static, str>>, same_site: SameSite) -> Self {
        Self { name: name.into(), value: String::new(), max_age: Some(0), same_site }
    }

    /// The `Set-Cookie` header.
    pub fn header(&self) -> (header::HeaderName, String) {
        let same_site = match self.same_site {
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let age = self.max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let value = format!(
            "__Host-{}={}; Path=/; Secure; HttpOnly; SameSite={same_site}{age}",
            self.name, self.value
        );
        (header::SET_COOKIE, value)
    }
}

// The value is a credential.
impl fmt::Debug for HostCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostCookie").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The values of our cookies whose names begin so.
pub fn read_all<'a>(request: &'a HttpRequest, start: &'a str) -> impl Iterator<Item = String> + 'a {
    let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let ours = move |key: &str| key.strip_prefix("__Host-").is_some_and(|name| name.starts_with(start));
    pairs.filter(move |(key, _)| ours(key)).map(|(_, value)| value.to_owned())
}

/// The value of our cookie of this name. Two different values are nobody's: an attacker may have planted one.
pub fn read(request: &HttpRequest, name: &str) -> Option<String> {
    let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values =
        pairs.filter(|(key, _)| key.strip_prefix("__Host-") == Some(name)).map(|(_, value)| value);
    let first = values.next().filter(|value| !value.is_empty())?;
    values.all(|value| value == first).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn r18_cookies_of_ours_are_host_cookies() {
        let cookie = HostCookie {
            name: "flow".into(),
            value: "v".into(),
            max_age: Some(600),
            same_site: SameSite::None,
        };
        assert_eq!(cookie.header().1, "__Host-flow=v; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600");
        assert!(!format!("{cookie:?}").contains("\"v\""));
        let removal = HostCookie::removal("s", SameSite::Lax);
        assert_eq!(removal.header().1, "__Host-s=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn reads_only_the_one_value_of_the_prefixed_name() {
        let read_from = |header: &str| {
            read(&TestRequest::default().insert_header(("cookie", header)).to_http_request(), "flow")
        };
        assert_eq!(read_from("a=b; __Host-flow=x"), Some("x".to_owned()));
        assert_eq!(read_from("__Host-flow=x; __Host-flow=x"), Some("x".to_owned()));
        for none in ["flow=x", "__Host-flow=", "__Host-flow=x; __Host-flow=y", "__Secure-flow=x", ""] {
            assert_eq!(read_from(none), None, "{none}");
        }
    }
}

//! Which protocol's error form a path takes.

use super::{Problem, api, oauth, page, scim};

/// The forms of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A page with a reference id, for a person in a browser.
    Page,
    /// `{"error", "error_description"}` (RFC 6749 section 5.2).
    OAuth,
    /// RFC 7644 section 3.12.
    Scim,
    /// `{"code", "message"}`, as the SDKs of the API contract read it.
    Api,
}

/// The first prefix that fits decides.
const FORMS: &[(&str, Form)] = &[
    // Opened in a browser: until the redirect URI is trusted, the person gets a page.
    ("/oauth/authorize", Form::Page),
    ("/oauth/", Form::OAuth),
    ("/.well-known/", Form::OAuth),
    ("/api/scim/v1/oauth/", Form::OAuth),
    ("/scim/v2/oauth/", Form::OAuth),
    ("/api/scim/", Form::Scim),
    ("/scim/", Form::Scim),
    ("/api/frontend/", Form::Api),
    ("/api/intermediate/", Form::Api),
    ("/v1/", Form::Api),
];

impl Form {
    /// The form for a request path, also where nothing is routed.
    pub fn of_path(path: &str) -> Self {
        FORMS.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or(Self::Page, |(_, form)| *form)
    }

    /// Content type and body.
    pub(super) fn body(self, problem: &Problem<'_>) -> (&'static str, String) {
        match self {
            Self::Page => ("text/html; charset=utf-8", page::body(problem)),
            Self::OAuth => ("application/json", oauth::body(problem)),
            Self::Scim => ("application/scim+json; charset=utf-8", scim::body(problem)),
            Self::Api => ("application/json", api::body(problem)),
        }
    }
}

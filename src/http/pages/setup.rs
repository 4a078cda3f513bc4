//! The inputs of the set-up pages.

use askama::Template;

use crate::{
    http::setup::frame::SetupFrame,
    service::{
        providers::{Provider, Saml},
        setup::{CheckState, Report, Understanding},
    },
};

/// Which identity provider.
#[derive(Template)]
#[template(path = "setup_provider.html")]
pub struct SetupProviderPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// The choices.
    pub providers: &'a [Provider],
    /// The one that was chosen before.
    pub chosen: &'a str,
}

/// Our values.
#[derive(Template)]
#[template(path = "setup_values.html")]
pub struct SetupValuesPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What to do at the provider.
    pub saml: &'a Saml,
    /// The provider's fields, with our values.
    pub fields: Vec<(&'a str, String)>,
    /// Where our metadata is.
    pub metadata_url: &'a str,
}

/// The provider's metadata.
#[derive(Template)]
#[template(path = "setup_metadata.html")]
pub struct SetupMetadataPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What the provider hands out.
    pub saml: &'a Saml,
    /// Why the form is shown again.
    pub problem: Option<&'a str>,
    /// What was typed before.
    pub url: &'a str,
    /// See `url`.
    pub pasted: &'a str,
    /// See `url`.
    pub choice: &'a str,
    /// See `url`.
    pub sso_url: &'a str,
    /// See `url`.
    pub entity_id: &'a str,
    /// See `url`.
    pub certificate: &'a str,
}

/// What was understood.
#[derive(Template)]
#[template(path = "setup_review.html")]
pub struct SetupReviewPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What was understood.
    pub understood: &'a Understanding,
}

/// The test sign-in.
#[derive(Template)]
#[template(path = "setup_test.html")]
pub struct SetupTestPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// The newest report.
    pub report: Option<&'a Report>,
}

/// The day of an instant, in UTC.
fn day(at: &crate::model::Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// The class of a check's sign, the sign, and the word for those who do not see it.
fn sign(state: &CheckState) -> (&'static str, &'static str, &'static str) {
    match state {
        CheckState::Passed => ("passed", "\u{2713}", "Passed"),
        CheckState::Warning => ("warned", "!", "Passed, with a remark"),
        CheckState::Failed => ("failed", "\u{2715}", "Failed"),
        CheckState::Skipped => ("skipped", "\u{2013}", "Not reached"),
    }
}

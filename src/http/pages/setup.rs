//! The inputs of the set-up pages.

use askama::Template;

use crate::{
    http::setup::frame::SetupFrame,
    model::Timestamp,
    service::{
        providers::{Provider, Saml, Scim, SpValue},
        provisioning::admin::check::{Checked, LastCheck},
        setup::{Arrivals, CheckState, Choices, LiveView, NameOffer, Report, TokenShown, Understanding},
    },
};

/// Which identity provider.
#[derive(Template)]
#[template(path = "setup_provider.html")]
pub struct SetupProviderPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// The choices.
    pub providers: Vec<&'a Provider>,
    /// The one that was chosen before.
    pub chosen: &'a str,
    /// Until when the link opens.
    pub until: Timestamp,
    /// Whether it is this browser's alone already.
    pub is_bound: bool,
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
    /// What a sign-in works without.
    pub optional: Vec<OptionalValue<'a>>,
    /// Where our metadata is. What is there ends after days; a file that is imported once is another.
    pub metadata_url: &'a str,
}

/// A value that a sign-in works without.
pub struct OptionalValue<'a> {
    /// What the field is called.
    pub name: &'a str,
    /// What it is good for.
    pub why: &'static str,
    /// What is typed into it.
    pub text: Option<String>,
    /// The certificate that goes into it, by the name of its file.
    pub certificate: Option<&'static str>,
}

/// The provider's metadata.
#[derive(Template)]
#[template(path = "setup_metadata.html")]
pub struct SetupMetadataPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What the provider hands out.
    pub saml: &'a Saml,
    /// Whether the metadata in use is fetched again by itself.
    pub is_refreshed: bool,
    /// Why the form is shown again.
    pub problem: Option<&'a str>,
    /// What was typed before.
    pub url: &'a str,
    /// See `url`.
    pub pasted: &'a str,
    /// See `url`.
    pub sso_url: &'a str,
    /// See `url`.
    pub entity_id: &'a str,
    /// See `url`.
    pub certificate: &'a str,
    /// See `url`.
    pub next_certificate: &'a str,
    /// See `url`.
    pub slo_url: &'a str,
    /// Whether any field was filled in.
    pub has_fields: bool,
    /// The name of the field that the problem is about; empty where it is about none.
    pub wrong: &'static str,
    /// Tells what was refused just now from what was typed since.
    pub refused: &'a str,
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
    /// What is known of the provider.
    pub saml: &'a Saml,
    /// The newest report.
    pub report: Option<&'a Report>,
    /// Whether the draft was changed after it.
    pub is_old: bool,
    /// What can be asked of a provider whose names do not stay.
    pub offer: Option<NameOffer>,
}

impl SetupTestPage<'_> {
    /// Whether another test would tell nothing new.
    fn is_settled(&self) -> bool {
        self.passed() && !self.is_old && self.report.is_some_and(|report| report.hindrance.is_none())
    }

    fn passed(&self) -> bool {
        self.report.is_some_and(|report| report.passed)
    }
}

/// Which of several identity providers.
#[derive(Template)]
#[template(path = "setup_choice.html")]
pub struct SetupChoicePage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// Those that the search found.
    pub choices: &'a Choices,
    /// The search.
    pub search: &'a str,
    /// Why the list is shown again.
    pub problem: Option<&'a str>,
}

/// Base URL and token.
#[derive(Template)]
#[template(path = "setup_connect.html")]
pub struct SetupConnectPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What to do at the provider.
    pub scim: &'a Scim,
    /// Whether the provider is known to push.
    pub is_known: bool,
    /// The base URL as the provider wants it.
    pub base_url: String,
    /// The token that was made just now, shown this once.
    pub new_token: Option<&'a str>,
    /// The token that lives.
    pub token: Option<&'a TokenShown>,
    /// Whether a form was sent that had made its token before.
    pub repeated: bool,
}

/// The lifetimes that a token is offered, in days; none is for ever. Whoever fetches it by another way may ask for others.
const TOKEN_LIFETIMES: [(&str, &str); 5] = [
    ("", "never"),
    ("90", "after 90 days"),
    ("180", "after 180 days"),
    ("365", "after a year"),
    ("730", "after two years"),
];

/// The check of a connection.
#[derive(Template)]
#[template(path = "setup_check.html")]
pub struct SetupCheckPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// When the last check ended, and its steps by suite.
    pub last: Option<(Timestamp, Vec<Suite>)>,
    /// Whether the draft was changed after it.
    pub is_old: bool,
    /// Why no check was made now.
    pub problem: Option<&'a str>,
    /// The connection, for whoever helps.
    pub connection: &'a str,
}

/// The steps of a suite.
pub struct Suite {
    /// Its name for people.
    pub title: &'static str,
    /// The steps.
    pub steps: Vec<Checked>,
}

/// When a check ended, and its steps by suite.
pub fn by_suite(LastCheck { at, checked, .. }: LastCheck) -> (Timestamp, Vec<Suite>) {
    let mut suites: Vec<Suite> = Vec::new();
    for step in checked {
        let title = title(&step.suite);
        match suites.last_mut().filter(|suite| suite.title == title) {
            Some(suite) => suite.steps.push(step),
            None => suites.push(Suite { title, steps: vec![step] }),
        }
    }
    (at, suites)
}

impl SetupCheckPage<'_> {
    /// The steps that failed, each with what it belongs to.
    fn faults(&self) -> Vec<(&'static str, &Checked)> {
        let suites = self.last.iter().flat_map(|(_, suites)| suites);
        let steps = suites.flat_map(|suite| suite.steps.iter().map(|step| (suite.title, step)));
        steps.filter(|(_, step)| !step.passed()).collect()
    }

    fn failed(&self) -> usize {
        self.faults().len()
    }
}

fn title(suite: &str) -> &'static str {
    match suite {
        "access" => "Access and discovery",
        "okta" => "What Okta sends",
        "entra" => "What Microsoft Entra ID sends",
        "entra-optscim" => "Microsoft Entra ID with aadOptscim062020",
        _ => "Every attribute of the schema",
    }
}

/// What the provider has asked.
#[derive(Template)]
#[template(path = "setup_requests.html")]
pub struct SetupRequestsPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What was seen.
    pub seen: &'a LiveView,
    /// Whether the page loads itself again.
    pub reloads: bool,
}

/// What a list would bring.
#[derive(Template)]
#[template(path = "setup_preview.html")]
pub struct SetupPreviewPage<'a> {
    /// Around it.
    pub frame: SetupFrame,
    /// What was pasted before.
    pub pasted: &'a str,
    /// Why the form is shown again.
    pub problem: Option<&'a str>,
    /// The outcome.
    pub arrivals: Option<&'a Arrivals>,
}

/// Two letters that stand for a name: `ME` for Microsoft Entra ID, `PF` for PingFederate, `Ok` for Okta.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter(|word| word.starts_with(char::is_alphanumeric));
    let (first, second) = (words.next().unwrap_or_default(), words.next());
    let inner = || first.chars().skip(1).find(|letter| letter.is_uppercase());
    match second.and_then(|word| word.chars().next()).or_else(inner) {
        Some(letter) => first.chars().take(1).chain([letter]).flat_map(char::to_uppercase).collect(),
        None => first.chars().take(2).collect(),
    }
}

/// `1,204`, as people read numbers.
fn grouped(number: &i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The day of an instant, as seen from now: `today`, `yesterday`, `2026-01-31`; in UTC.
fn day_from(at: &Timestamp, now: &Timestamp) -> String {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    match now.millis().div_euclid(DAY) - at.millis().div_euclid(DAY) {
        0 => "today".into(),
        1 => "yesterday".into(),
        _ => day(at),
    }
}

/// `2026-01-31 17:05:09 UTC`.
fn clock(at: &Timestamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.get(..8).unwrap_or(time))
}

/// What a status means for the provider's request.
fn outcome(status: &i64) -> (&'static str, &'static str) {
    match status {
        200..=299 => ("passed", "Done"),
        304 => ("passed", "Unchanged"),
        403 => ("warned", "Not yet live"),
        404 => ("warned", "Not found"),
        409 => ("failed", "Taken"),
        412 => ("failed", "Changed meanwhile"),
        429 => ("warned", "Later"),
        500.. => ("failed", "Failed here"),
        _ => ("failed", "Refused"),
    }
}

/// The day of an instant, in UTC.
fn day(at: &Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// What was wanted or came, in a word where it was nothing.
fn or_nothing(value: &Option<String>) -> &str {
    value.as_deref().filter(|value| !value.trim().is_empty()).unwrap_or("nothing")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_for_people() {
        assert_eq!(
            [0, 12, 999, 1_204, 1_000_000].map(|n| grouped(&n)),
            ["0", "12", "999", "1,204", "1,000,000"]
        );
        let now = Timestamp::from_millis(1_700_000_000_000);
        assert_eq!(
            ["Okta", "Microsoft Entra ID", "PingFederate", "Any other provider"].map(initials),
            ["Ok", "ME", "PF", "AO"]
        );
        assert_eq!(day_from(&now, &now), "today");
        assert_eq!(day_from(&now.plus(-23 * 60 * 60 * 1000), &now), "yesterday");
        assert_eq!(day_from(&now.plus(-9 * 24 * 60 * 60 * 1000), &now), "2023-11-05");
        assert_eq!(clock(&now.plus(123)), "2023-11-14 22:13:20 UTC");
    }
}

//! What a test login showed: every check, passed or failed, and who was recognised.

use serde::{Deserialize, Serialize};

use super::{
    checks::{CHECKS, DECRYPTION},
    hindrance,
};
use crate::{
    saml::{VerifiedAssertion, response::Warning},
    service::{
        providers::Provider,
        sso::{
            Profile, Refusal,
            explain::{self, Explained, short},
        },
    },
};

/// The outcome of a test login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whether a real login would have got past every check.
    pub passed: bool,
    /// The stable code of the check that failed.
    pub code: Option<String>,
    /// Why a real login would be refused all the same: the organization's domains or its policy. The provider is right.
    #[serde(default)]
    pub hindrance: Option<String>,
    /// The request id, to be quoted to support.
    pub reference: String,
    /// Every check in order.
    pub checks: Vec<CheckLine>,
    /// Who was recognised.
    pub person: Option<Person>,
    /// The attributes that came: name and values.
    pub attributes: Vec<(String, String)>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// What it asks.
    pub label: String,
    /// How it went.
    pub state: CheckState,
    /// What happened.
    pub detail: Option<String>,
    /// What was wanted.
    pub wanted: Option<String>,
    /// What came.
    pub got: Option<String>,
    /// The field to correct.
    pub fix: Option<String>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// Good.
    Passed,
    /// Good enough, and worth a look.
    Warning,
    /// The login would be refused here.
    Failed,
    /// Not reached.
    Skipped,
}

/// Who was recognised, as a login would read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The email address.
    pub email: Option<String>,
    /// The whole name.
    pub name: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
}

/// At most so many attributes and groups are shown.
const SHOWN: usize = 50;

impl Report {
    /// A login that would have worked, or would but for warnings.
    pub(super) fn good(
        reference: &str,
        assertion: &VerifiedAssertion,
        profile: &Profile,
        passed: &[&str],
        warnings: &[Warning],
        hindrance: Option<&Refusal>,
        provider: &Provider,
    ) -> Self {
        let mut checks: Vec<CheckLine> = CHECKS
            .iter()
            .filter(|(name, _)| *name != DECRYPTION || passed.contains(name))
            .map(|(_, label)| CheckLine::new(label, CheckState::Passed))
            .collect();
        checks.extend(warnings.iter().map(CheckLine::warning));
        checks.push(CheckLine::new("The person can be told from everybody else", CheckState::Passed));
        let hindrance = hindrance.map(|refusal| hindrance::explained(refusal, profile.email.as_ref()));
        checks.push(CheckLine {
            detail: hindrance.as_ref().map(|(why, _)| why.clone()),
            fix: hindrance.as_ref().map(|(_, fix)| fix.clone()),
            ..CheckLine::new(
                "The organization\u{2019}s domains and rules would let this person in",
                if hindrance.is_some() { CheckState::Warning } else { CheckState::Passed },
            )
        });
        checks.extend(about_person(profile, provider));
        Self {
            passed: true,
            code: None,
            hindrance: hindrance.map(|(why, _)| why),
            reference: reference.to_owned(),
            checks,
            person: Some(Person::of(profile)),
            attributes: attributes(assertion),
        }
    }

    /// A login that was refused. `assertion` where the refusal came after it was verified.
    pub(super) fn bad(
        reference: &str,
        refusal: &Refusal,
        passed: &[&str],
        assertion: Option<&VerifiedAssertion>,
        provider: &Provider,
    ) -> Self {
        let Explained { wanted, got, fix } = explain::refusal(refusal, provider);
        let failed = |label: &str| CheckLine {
            detail: Some(short(&super::capitalised(&refusal.to_string()))),
            wanted: wanted.clone(),
            got: got.clone(),
            fix: fix.clone(),
            ..CheckLine::new(label, CheckState::Failed)
        };
        let encrypted = passed.contains(&DECRYPTION) || refusal.code().starts_with("decryption");
        let mut checks = Vec::new();
        // What we hold of the provider is asked before the answer is read.
        let mut reached = !matches!(refusal, Refusal::MetadataEnded(_) | Refusal::StoredCertificate);
        if !reached {
            checks.push(failed("What you handed over of the provider is still good"));
        }
        for (name, label) in CHECKS.iter().filter(|(name, _)| *name != DECRYPTION || encrypted) {
            checks.push(match (passed.contains(name), reached) {
                (true, _) => CheckLine::new(label, CheckState::Passed),
                (false, true) if assertion.is_none() => {
                    reached = false;
                    failed(label)
                }
                (false, _) => CheckLine::new(label, CheckState::Skipped),
            });
        }
        checks.extend(refusal.warnings().iter().map(CheckLine::warning));
        if assertion.is_some() || reached {
            checks.push(failed("The person can be told from everybody else"));
        }
        Self {
            passed: false,
            code: Some(refusal.code().to_owned()),
            hindrance: None,
            reference: reference.to_owned(),
            checks,
            person: None,
            attributes: assertion.map(attributes).unwrap_or_default(),
        }
    }
}

impl Report {
    /// What somebody has to do something about, under a heading each: what failed, then what is worth a look.
    pub fn notable(&self) -> Vec<(&'static str, Vec<&CheckLine>)> {
        let of = |state: CheckState| self.checks.iter().filter(|check| check.state == state).collect();
        let groups = [("What failed", of(CheckState::Failed)), ("Worth a look", of(CheckState::Warning))];
        groups.into_iter().filter(|(_, checks): &(_, Vec<_>)| !checks.is_empty()).collect()
    }
}

impl CheckLine {
    fn new(label: &str, state: CheckState) -> Self {
        Self { label: label.to_owned(), state, detail: None, wanted: None, got: None, fix: None }
    }

    fn warning(warning: &Warning) -> Self {
        let label = "The signature is as strong as it should be";
        Self { detail: Some(warning.to_string()), ..Self::new(label, CheckState::Warning) }
    }
}

impl Person {
    fn of(profile: &Profile) -> Self {
        Self {
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            name: profile.display_name.clone(),
            groups: profile.groups.iter().take(SHOWN).map(|group| short(group)).collect(),
        }
    }
}

/// What a login can do without, and somebody will miss later.
fn about_person(profile: &Profile, provider: &Provider) -> Vec<CheckLine> {
    let line = |label: &str, good: bool, missing: String| {
        let state = if good { CheckState::Passed } else { CheckState::Warning };
        CheckLine { detail: (!good).then_some(missing), ..CheckLine::new(label, state) }
    };
    let send = |what: &str| {
        let names = provider.saml.attributes.iter().map(|attribute| attribute.name.as_str());
        let names: Vec<&str> = names.collect();
        let known =
            if names.is_empty() { String::new() } else { format!(" Known names: {}.", names.join(", ")) };
        format!("No {what} came. Let {} send it as an attribute.{known}", explain::name(provider))
    };
    let groups = if profile.groups_withheld {
        "The provider sent a link in place of groups, because the person is in more than 150. Let it send only the groups \
         that are assigned to the application."
            .to_owned()
    } else {
        "No groups came. That is fine unless rights should follow groups.".to_owned()
    };
    vec![
        line("An email address was recognised", profile.email.is_some(), send("email address")),
        line("A name was recognised", profile.display_name.is_some(), send("name")),
        line("Groups were recognised", !profile.groups.is_empty(), groups),
    ]
}

fn attributes(assertion: &VerifiedAssertion) -> Vec<(String, String)> {
    let name_id = assertion.name_id().map(|name| {
        let format = name.format.rsplit(':').next().unwrap_or_default();
        (format!("NameID ({format})"), short(&name.value))
    });
    let attributes = assertion.attributes().iter().take(SHOWN);
    let attributes = attributes.map(|a| (short(&a.name), short(&a.values.join(", "))));
    name_id.into_iter().chain(attributes).collect()
}

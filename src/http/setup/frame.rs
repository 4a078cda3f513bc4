//! What every set-up page shows around its content: whose set-up it is, and where in it one is.

use super::session::Setup;
use crate::{
    model::ConnectionStatus,
    service::{
        providers::{self, Provider},
        setup::Wizard,
    },
};

/// The steps in order: those of signing in, then those of provisioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Which identity provider.
    Provider,
    /// Our values, to be typed in there.
    Values,
    /// Its metadata, to be handed over here.
    Metadata,
    /// What was understood.
    Review,
    /// A test sign-in.
    Test,
    /// Base URL and token, to be typed in there.
    Connect,
    /// What Okta and Entra do, tried.
    Check,
    /// What the provider has asked.
    Requests,
    /// What a sync would bring.
    Preview,
}

const SIGN_IN: &[Step] = &[Step::Values, Step::Metadata, Step::Review, Step::Test];
const PROVISIONING: &[Step] = &[Step::Connect, Step::Check, Step::Requests, Step::Preview];

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Values => "Our values",
            Self::Metadata => "Metadata",
            Self::Review => "Review",
            Self::Test => "Test",
            Self::Connect => "Connect",
            Self::Check => "Check",
            Self::Requests => "Requests",
            Self::Preview => "Preview",
        }
    }

    /// Its page, below the address of the link.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Provider => "/provider",
            Self::Values => "/values",
            Self::Metadata => "/metadata",
            Self::Review => "/review",
            Self::Test => "/test",
            Self::Connect => "/scim",
            Self::Check => "/scim/check",
            Self::Requests => "/scim/requests",
            Self::Preview => "/scim/preview",
        }
    }
}

/// Steps that belong together.
pub struct Track {
    /// What they are for; empty where there is one track only.
    pub name: &'static str,
    /// The steps.
    pub steps: Vec<StepLink>,
}

/// A step as the list of steps shows it.
pub struct StepLink {
    /// Its name.
    pub name: &'static str,
    /// Its page, where it can be gone to.
    pub path: Option<String>,
    /// Whether it is the present one.
    pub here: bool,
    /// Whether what it is for was done.
    pub done: bool,
    /// Whether a set-up is complete without it.
    pub optional: bool,
}

/// A part of what is set up, and how far it is.
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Whether nothing is left to do for it.
    pub ready: bool,
    /// How it stands, in a sentence.
    pub text: String,
}

/// What is around the content.
pub struct SetupFrame {
    /// What the addresses of this link's pages begin with.
    pub base: String,
    /// The product.
    pub product: String,
    /// The customer.
    pub organization: String,
    /// The provider, by its name or in words.
    pub provider: &'static str,
    /// Whether it was named.
    pub is_named: bool,
    /// What is set up, in words.
    pub subject: &'static str,
    /// The steps.
    pub tracks: Vec<Track>,
    /// Whether the connection of this step is a draft no more, and nothing can be changed any more.
    pub live: bool,
    /// What it is then, in a sentence.
    pub standing: String,
    /// Whether provisioning is part of this set-up.
    pub has_scim: bool,
    /// Whether the provider is known to push people.
    pub pushes: bool,
    /// Whether there is a token that lives.
    pub token: bool,
    /// How each part stands.
    pub parts: Vec<Part>,
}

impl SetupFrame {
    /// The frame of a step.
    pub(super) fn at(setup: &Setup, here: Step) -> Self {
        let wizard = &setup.wizard;
        let (saml, scim) = (wizard.saml.is_some(), wizard.scim.is_some());
        let subject = match (saml, scim) {
            (true, true) => "Single sign-on and provisioning",
            (false, true) => "Provisioning",
            _ => "Single sign-on",
        };
        let live = match here {
            Step::Provider => !wizard.is_saml_draft() && !wizard.is_scim_draft(),
            step if SIGN_IN.contains(&step) => !wizard.is_saml_draft(),
            _ => !wizard.is_scim_draft(),
        };
        Self {
            base: setup.base(),
            product: wizard.product.clone(),
            organization: wizard.organization.clone(),
            provider: called(wizard.provider()),
            is_named: wizard.provider().id != providers::GENERIC,
            subject,
            tracks: tracks(setup, here),
            standing: if live { standing(wizard, here) } else { String::new() },
            live,
            has_scim: scim,
            pushes: wizard.provider().scim.is_some(),
            token: setup.progress.token,
            parts: parts(setup),
        }
    }
}

impl SetupFrame {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.parts.iter().all(|part| part.ready)
    }

    /// Whether nothing is left to do for provisioning.
    pub fn is_provisioning_ready(&self) -> bool {
        self.parts.iter().any(|part| part.name == PROVISIONING_PART && part.ready)
    }
}

const PROVISIONING_PART: &str = "Provisioning";

/// How each part stands: green is only what works on both sides.
fn parts(setup: &Setup) -> Vec<Part> {
    let (wizard, progress) = (&setup.wizard, setup.progress);
    let saml = wizard.saml.as_ref().map(|saml| {
        let (ready, text) = match saml.status {
            ConnectionStatus::Enabled => (true, "In use."),
            ConnectionStatus::Disabled => (true, "Switched off."),
            ConnectionStatus::Draft if !progress.described => (false, "No metadata was handed over yet."),
            ConnectionStatus::Draft if progress.passed => (true, "Tested, and it works."),
            ConnectionStatus::Draft if progress.hindered => {
                (false, "The provider is right, and the person of the last test could not sign in.")
            }
            ConnectionStatus::Draft if progress.test_is_old => {
                (false, "Something was changed after the last test.")
            }
            ConnectionStatus::Draft if progress.tested => (false, "The last test failed."),
            ConnectionStatus::Draft => (false, "Not tested yet."),
        };
        Part { name: "Single sign-on", ready, text: text.to_owned() }
    });
    let scim = wizard.scim.as_ref().map(|scim| {
        let provider = wizard.provider();
        // Its own test would make a user, which is for later.
        let tests_later = provider.scim.as_ref().is_some_and(|scim| scim.tests_by_writing);
        let name = called(provider);
        let (ready, text) = match scim.status {
            ConnectionStatus::Enabled => (true, "In use.".to_owned()),
            ConnectionStatus::Disabled => (true, "Switched off.".to_owned()),
            ConnectionStatus::Draft if !progress.token => (false, "No token was made yet.".to_owned()),
            ConnectionStatus::Draft if progress.check_is_old => {
                (false, "Something was changed after the last check.".to_owned())
            }
            ConnectionStatus::Draft if !progress.checked => {
                let text = if progress.was_checked { "The last check failed." } else { "Not checked yet." };
                (false, text.to_owned())
            }
            ConnectionStatus::Draft if progress.token_used => {
                (true, format!("Checked here, and {name} has used its token."))
            }
            ConnectionStatus::Draft if tests_later => {
                (true, format!("Checked here; {name} tests its side once this is in use."))
            }
            ConnectionStatus::Draft => {
                (false, format!("Checked here; {name} has the token and has not used it yet."))
            }
        };
        Part { name: PROVISIONING_PART, ready, text }
    });
    saml.into_iter().chain(scim).collect()
}

/// A provider's name in a sentence.
fn called(provider: &'static Provider) -> &'static str {
    if provider.id == providers::GENERIC { "your identity provider" } else { &provider.name }
}

/// What a connection is that is a draft no more, and who can change it.
fn standing(wizard: &Wizard, here: Step) -> String {
    let team = match wizard.product.as_str() {
        "" => "the product\u{2019}s team".to_owned(),
        product => format!("the team of {product}"),
    };
    let name = |id: &str| called(providers::of(id));
    let saml = wizard.saml.as_ref().filter(|_| here == Step::Provider || SIGN_IN.contains(&here));
    let saml = saml.map(|saml| match saml.status {
        ConnectionStatus::Disabled => format!("Single sign-on was switched off by {team}."),
        _ => format!(
            "Single sign-on is live: people of {} sign in through {}.",
            wizard.organization,
            name(&saml.provider)
        ),
    });
    let scim = wizard.scim.as_ref().filter(|_| !SIGN_IN.contains(&here));
    let scim = scim.map(|scim| match scim.status {
        ConnectionStatus::Disabled => format!("Provisioning was switched off by {team}."),
        _ => format!("Provisioning is live: people and groups come from {}.", name(&wizard.provider().id)),
    });
    let parts: Vec<String> = saml.into_iter().chain(scim).collect();
    format!("{} This link can no longer change it; {team} can.", parts.join(" "))
}

fn tracks(setup: &Setup, here: Step) -> Vec<Track> {
    let (wizard, progress) = (&setup.wizard, setup.progress);
    let open = |step: Step| progress.described || !matches!(step, Step::Review | Step::Test);
    // Not by which pages were opened: who looks ahead has done nothing yet.
    let done = |step: Step| match step {
        Step::Provider => progress.chosen,
        Step::Values | Step::Metadata => progress.described,
        Step::Review => progress.tested,
        Step::Test => progress.passed,
        Step::Connect => progress.token_used,
        Step::Check => progress.checked,
        Step::Requests | Step::Preview => false,
    };
    let links = |steps: &[Step]| {
        let links = steps.iter().map(|step| StepLink {
            name: step.name(),
            path: open(*step).then(|| format!("{}{}", setup.base(), step.path())),
            here: *step == here,
            done: done(*step),
            optional: matches!(step, Step::Requests | Step::Preview),
        });
        links.collect()
    };
    let with_provider = |steps: &[Step]| [&[Step::Provider], steps].concat();
    match (wizard.saml.is_some(), wizard.scim.is_some()) {
        (true, true) => vec![
            Track { name: "Sign-in", steps: links(&with_provider(SIGN_IN)) },
            Track { name: "Provisioning", steps: links(PROVISIONING) },
        ],
        (false, true) => vec![Track { name: "", steps: links(&with_provider(PROVISIONING)) }],
        _ => vec![Track { name: "", steps: links(&with_provider(SIGN_IN)) }],
    }
}

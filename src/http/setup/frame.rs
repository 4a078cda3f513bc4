//! What every set-up page shows around its content: whose set-up it is, and where in it one is.

use super::session::Setup;

/// The steps in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
}

impl Step {
    const ALL: [Self; 5] = [Self::Provider, Self::Values, Self::Metadata, Self::Review, Self::Test];

    const fn name(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Values => "Our values",
            Self::Metadata => "Metadata",
            Self::Review => "Review",
            Self::Test => "Test",
        }
    }

    /// Its page.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Provider => "/setup/provider",
            Self::Values => "/setup/values",
            Self::Metadata => "/setup/metadata",
            Self::Review => "/setup/review",
            Self::Test => "/setup/test",
        }
    }
}

/// A step as the list of steps shows it.
pub struct StepLink {
    /// Its name.
    pub name: &'static str,
    /// Its page, where it can be gone to.
    pub path: Option<&'static str>,
    /// Whether it is the present one.
    pub here: bool,
    /// Whether it lies before the present one.
    pub done: bool,
}

/// What is around the content.
pub struct SetupFrame {
    /// The product.
    pub product: String,
    /// The customer.
    pub organization: String,
    /// The provider.
    pub provider: &'static str,
    /// The steps.
    pub steps: Vec<StepLink>,
    /// Whether the connection is live, and nothing can be changed any more.
    pub live: bool,
}

impl SetupFrame {
    /// The frame of a step.
    pub(super) fn at(setup: &Setup, here: Step) -> Self {
        let wizard = &setup.wizard;
        let described = !wizard.connection.idp_entity_id.is_empty();
        let steps = Step::ALL.into_iter().map(|step| StepLink {
            name: step.name(),
            path: (step <= Step::Metadata || described).then(|| step.path()),
            here: step == here,
            done: step < here,
        });
        Self {
            product: wizard.product.clone(),
            organization: wizard.organization.clone(),
            provider: &wizard.provider().name,
            steps: steps.collect(),
            live: !wizard.is_draft(),
        }
    }
}

//! Whether a connection is known to work, before it is put into use.

use super::{
    SetupError,
    activation::{ReviewedSaml, ReviewedScim},
    tested::Tested,
};
use crate::model::{ConnectionStatus, Timestamp};

/// Why a connection is not known to work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untried {
    /// Nobody has tested it.
    #[error("no test sign-in was made")]
    NeverTested,
    /// The last test failed, then.
    #[error("the last test sign-in failed, at {0}")]
    TestFailed(Timestamp),
    /// The last test passed, and tells nothing of what the connection is now.
    #[error("a test sign-in passed, at {0}, and the connection was changed after it")]
    ChangedSinceTest(Timestamp),
    /// Nobody has checked it.
    #[error("the connection was never checked: nothing that Okta and Entra send was tried on it")]
    NeverChecked,
    /// Steps of the last check failed.
    #[error("in the last check, at {at}, these steps failed: {}", .steps.join(", "))]
    CheckFailed {
        /// When it ended.
        at: Timestamp,
        /// Each with its suite.
        steps: Vec<String>,
    },
    /// The last check passed, and tells nothing of what the connection is now.
    #[error("the last check passed, at {0}, and the connection was changed after it")]
    ChangedSinceCheck(Timestamp),
}

impl ReviewedSaml {
    /// When a test sign-in passed that still says something.
    pub fn tried(&self) -> Result<Timestamp, Untried> {
        match self.tested {
            Tested::Passed(at) => Ok(at),
            // To put it into use was a change.
            Tested::PassedBefore(at) if !self.is_draft() => Ok(at),
            Tested::PassedBefore(at) => Err(Untried::ChangedSinceTest(at)),
            Tested::Failed(at) => Err(Untried::TestFailed(at)),
            Tested::Never => Err(Untried::NeverTested),
        }
    }

    /// Whether it may go live: as it was shown to somebody, and not untried, unless that is asked for.
    pub fn may_go_live(&self, as_shown: Option<&str>, untried_too: bool) -> Result<(), SetupError> {
        if as_shown.is_some_and(|shown| shown != self.mark()) {
            return Err(SetupError::ChangedSinceReview);
        }
        // One without metadata cannot have been tested, and is refused for that.
        let must_be_tried = self.is_draft() && !self.connection.idp_entity_id.is_empty() && !untried_too;
        if must_be_tried { Ok(self.tried().map(drop)?) } else { Ok(()) }
    }

    fn is_draft(&self) -> bool {
        self.connection.status == ConnectionStatus::Draft
    }
}

impl ReviewedScim {
    /// When a check passed that still says something.
    pub fn tried(&self) -> Result<Timestamp, Untried> {
        let Some(check) = &self.last_check else { return Err(Untried::NeverChecked) };
        if !check.passed {
            let failed = check.checked.iter().filter(|one| !one.passed());
            let steps = failed.map(|one| format!("{} ({})", one.name, one.suite)).collect();
            return Err(Untried::CheckFailed { at: check.at, steps });
        }
        // To put it into use was a change.
        if self.is_draft() && self.connection.updated_at > check.at {
            return Err(Untried::ChangedSinceCheck(check.at));
        }
        Ok(check.at)
    }

    /// Whether it may go live: as it was shown to somebody, and not untried, unless that is asked for.
    pub fn may_go_live(&self, as_shown: Option<&str>, untried_too: bool) -> Result<(), SetupError> {
        if as_shown.is_some_and(|shown| shown != self.mark()) {
            return Err(SetupError::ChangedSinceReview);
        }
        if self.is_draft() && !untried_too { Ok(self.tried().map(drop)?) } else { Ok(()) }
    }

    fn is_draft(&self) -> bool {
        self.connection.status == ConnectionStatus::Draft
    }
}

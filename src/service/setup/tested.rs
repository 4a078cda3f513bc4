//! What is known of a SAML connection before it is put into use.

use crate::{
    model::Timestamp,
    store::{StoreError, Tx, saml_connections::SamlConnection, saml_test_logins},
};

/// How the last test sign-in of a connection went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tested {
    /// Nobody has tested it.
    Never,
    /// The last test failed, then.
    Failed(Timestamp),
    /// The last test passed, then.
    Passed(Timestamp),
    /// The last test passed, and the connection was changed after it.
    PassedBefore(Timestamp),
}

/// How the last test sign-in of a connection went.
pub(super) fn tested(tx: &mut Tx<'_>, connection: &SamlConnection) -> Result<Tested, StoreError> {
    let last = saml_test_logins::last_completed(tx, &connection.id)?;
    Ok(match last.and_then(|test| Some((test.passed?, test.completed_at?))) {
        None => Tested::Never,
        Some((false, at)) => Tested::Failed(at),
        Some((true, at)) if connection.updated_at > at => Tested::PassedBefore(at),
        Some((true, at)) => Tested::Passed(at),
    })
}

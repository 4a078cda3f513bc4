//! From an address to the connection that signs its people in.

use crate::{
    model::{
        EmailAddress, OrganizationStatus,
        ids::{OrganizationId, ProjectId, SamlConnectionId},
    },
    store::{StoreError, Tx, domains, organizations, saml_connections},
};

/// Where a login goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its connection.
    pub connection_id: SamlConnectionId,
}

/// Why a login goes nowhere: for the log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nowhere {
    /// No organization has proved the domain of the address, or two have.
    DomainUnknown,
    /// There is no such organization, or it is switched off.
    OrganizationDisabled,
    /// The organization does not sign in through SAML.
    MethodDisabled,
    /// None of its connections is in use.
    NoConnection,
}

impl Nowhere {
    /// As it is written into the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DomainUnknown => "domain_unknown",
            Self::OrganizationDisabled => "organization_disabled",
            Self::MethodDisabled => "method_disabled",
            Self::NoConnection => "no_connection",
        }
    }
}

/// The connection for an address, by a domain that exactly one organization of the project has proved. Whether
/// the domain is unknown, the organization disabled or without a connection, the answer to the browser is the same, so
/// that a stranger learns nothing from it (R12).
pub fn discover(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    email: &EmailAddress,
) -> Result<Result<Destination, Nowhere>, StoreError> {
    let organizations = domains::proved_by(tx, project, email.domain())?;
    match organizations.as_slice() {
        [one] => organization_destination(tx, project, one),
        _ => Ok(Err(Nowhere::DomainUnknown)),
    }
}

/// The primary enabled connection of an organization that is active and signs in through SAML.
pub fn organization_destination(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Result<Destination, Nowhere>, StoreError> {
    let found = organizations::find(tx, project, organization)?;
    let Some(organization) = found.filter(|one| one.status == OrganizationStatus::Active) else {
        return Ok(Err(Nowhere::OrganizationDisabled));
    };
    if !organization.log_in_with_saml {
        return Ok(Err(Nowhere::MethodDisabled));
    }
    let connection = saml_connections::enabled(tx, &organization.id)?.into_iter().next();
    Ok(connection
        .map(|connection| Destination { organization_id: organization.id, connection_id: connection.id })
        .ok_or(Nowhere::NoConnection))
}

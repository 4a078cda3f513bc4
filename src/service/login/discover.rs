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

/// The connection for an address, by a domain that exactly one organization of the project has proved. Whether
/// the domain is unknown, the organization disabled or without a connection, the answer is the same `None`, so
/// that a stranger learns nothing from it (R12).
pub fn discover(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    email: &EmailAddress,
) -> Result<Option<Destination>, StoreError> {
    let organizations = domains::proved_by(tx, project, email.domain())?;
    match organizations.as_slice() {
        [one] => organization_destination(tx, project, one),
        _ => Ok(None),
    }
}

/// The primary enabled connection of an organization that is active and signs in through SAML.
pub fn organization_destination(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Option<Destination>, StoreError> {
    let Some(organization) = organizations::find(tx, project, organization)? else { return Ok(None) };
    if organization.status != OrganizationStatus::Active || !organization.log_in_with_saml {
        return Ok(None);
    }
    let connections = saml_connections::enabled(tx, &organization.id)?;
    Ok(connections
        .into_iter()
        .next()
        .map(|connection| Destination { organization_id: organization.id, connection_id: connection.id }))
}

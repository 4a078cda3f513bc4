//! The connection that is tried out.

use super::AdminError;
use crate::{
    model::ids::{OrganizationId, ProjectId, ScimConnectionId},
    scim::schema::Catalog,
    service::{Context, provisioning::tenant::load_catalog},
    store::{
        organizations::{self, Organization},
        scim_connections::{self, ScimConnection},
    },
};

/// A connection with what its requests depend on.
#[derive(Debug, Clone)]
pub struct Target {
    pub(in crate::service) organization: Organization,
    pub(super) connection: ScimConnection,
    pub(super) catalog: Catalog,
}

/// The connection of this id, or the organization's default one.
pub async fn find(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
) -> Result<Target, AdminError> {
    let (project, organization, connection) = (project.clone(), organization.clone(), connection.cloned());
    cx.store
        .read(move |tx| {
            let organization = organizations::find(tx, &project, &organization)?
                .ok_or(AdminError::NotFound("organization"))?;
            let connection = match connection {
                Some(id) => scim_connections::find(tx, &organization.id, &id)?,
                None => scim_connections::find_default(tx, &organization.id)?,
            };
            let connection = connection.ok_or(AdminError::NotFound("SCIM connection"))?;
            let catalog = load_catalog(tx, &organization.id)?;
            Ok::<_, AdminError>(Target { organization, connection, catalog })
        })
        .await
}

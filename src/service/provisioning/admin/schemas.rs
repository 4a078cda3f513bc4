//! Schemas that an organization registers (RFC 7643 section 7).

use serde_json::{Value, json};

use super::AdminError;
use crate::{
    model::{
        fold::fold,
        ids::{OrganizationId, ProjectId},
    },
    scim::schema::Definition,
    service::{Actor, Change, Context, record::record},
    store::{
        StoreError, Tx, organizations, scim_connections,
        scim_schemas::{self, ScimSchema},
    },
};

/// The most schemas of one organization.
const MAX_SCHEMAS: usize = 16;

/// Registers a schema, or puts it in the place of the one with its URN. What was pushed under the URN before is kept as it
/// came, and read by the new table from the next request on.
pub async fn add(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    json: &Value,
) -> Result<Definition, AdminError> {
    let definition = Definition::parse(json)?;
    let now = cx.now();
    let row = ScimSchema {
        organization_id: organization.clone(),
        urn_folded: fold(definition.urn()),
        resource_type: definition.resource_type().to_owned(),
        definition: definition.json().to_string(),
        created_at: now,
        updated_at: now,
    };
    let urn = definition.urn().to_owned();
    change(cx, actor, project, organization, "scim_schema.registered", urn, move |tx| {
        scim_schemas::put(tx, &row)?;
        if scim_schemas::list(tx, &row.organization_id)?.len() > MAX_SCHEMAS {
            return Err(AdminError::Invalid(format!("an organization has at most {MAX_SCHEMAS} schemas")));
        }
        Ok(())
    })
    .await?;
    Ok(definition)
}

/// Takes a schema back. What was pushed under its URN is kept as it came.
pub async fn remove(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    urn: &str,
) -> Result<(), AdminError> {
    let (of, folded) = (organization.clone(), fold(urn));
    change(cx, actor, project, organization, "scim_schema.removed", urn.to_owned(), move |tx| {
        let was_there = scim_schemas::delete(tx, &of, &folded)?;
        if was_there { Ok(()) } else { Err(AdminError::NotFound("SCIM schema")) }
    })
    .await
}

/// The URNs of the organization's schemas.
pub async fn list(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<ScimSchema>, AdminError> {
    let (project, organization) = (project.clone(), organization.clone());
    cx.store
        .read(move |tx| {
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
            Ok(scim_schemas::list(tx, &organization)?)
        })
        .await
}

async fn change(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    event: &'static str,
    urn: String,
    work: impl Fn(&mut Tx<'_>) -> Result<(), AdminError> + Send + 'static,
) -> Result<(), AdminError> {
    let (cx_, actor, project, organization) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone());
    cx.store
        .write(move |tx| {
            organizations::find(tx, &project, &organization)?.ok_or(AdminError::NotFound("organization"))?;
            work(tx)?;
            let count = scim_schemas::list(tx, &organization)?.len();
            scim_connections::set_custom_schemas(
                tx,
                &organization,
                i64::try_from(count).unwrap_or(i64::MAX),
            )?;
            tell(tx, &cx_, &actor, &project, &organization, event, &urn)?;
            Ok(())
        })
        .await
}

fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    event: &'static str,
    urn: &str,
) -> Result<(), StoreError> {
    let change = Change {
        project,
        organization: Some(organization),
        event,
        resource: urn,
        before: None,
        after: Some(json!({ "urn": urn })),
    };
    record(tx, cx, actor, &change)
}

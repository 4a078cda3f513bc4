//! Organizations.

use serde_json::json;

use super::{DirectoryError, display_name, exists};
use crate::{
    model::{
        OrganizationStatus,
        ids::{OrganizationId, ProjectId},
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        organizations::{self, Organization},
        projects,
    },
};

/// An organization to be.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// For people.
    pub display_name: String,
    /// The host app's own id for it, unique in the project.
    pub external_id: Option<String>,
}

/// Makes an organization. It signs in through SAML and takes SCIM; every other method is off until asked for.
pub async fn create_organization(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    new: NewOrganization,
) -> Result<Organization, DirectoryError> {
    let now = cx.now();
    if new.external_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 255) {
        return Err(DirectoryError::Invalid("an external id has 1 to 255 bytes".into()));
    }
    let organization = Organization {
        id: new_id!(cx, OrganizationId),
        project_id: project.clone(),
        external_id: new.external_id,
        display_name: display_name(&new.display_name)?,
        status: OrganizationStatus::Active,
        log_in_with_google: false,
        log_in_with_microsoft: false,
        log_in_with_github: false,
        log_in_with_email: false,
        log_in_with_password: false,
        log_in_with_saml: true,
        log_in_with_oidc: false,
        log_in_with_authenticator_app: false,
        log_in_with_passkey: false,
        require_mfa: false,
        scim_enabled: true,
        custom_roles_enabled: false,
        api_keys_enabled: false,
        impersonation_allowed: false,
        session_idle_ms: None,
        session_absolute_ms: None,
        google_hosted_domains: "[]".into(),
        microsoft_tenant_ids: "[]".into(),
        created_at: now,
        updated_at: now,
    };
    let (context, actor) = (cx.clone(), actor.clone());
    cx.store
        .write(move |tx| {
            projects::find(tx, &organization.project_id)?.ok_or(DirectoryError::NotFound("project"))?;
            let external_id = organization.external_id.as_deref().unwrap_or_default();
            organizations::insert(tx, &organization)
                .map_err(exists(format!("an organization has the external id {external_id}")))?;
            let change = Change {
                project: &organization.project_id,
                organization: Some(&organization.id),
                event: "organization.created",
                resource: organization.id.as_str(),
                before: None,
                after: Some(json!({
                    "id": organization.id, "displayName": organization.display_name,
                    "externalId": organization.external_id,
                })),
            };
            record(tx, &context, &actor, &change)?;
            Ok(organization.clone())
        })
        .await
}

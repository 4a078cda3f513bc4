//! Organizations.

use serde_json::{Value, json};

use super::{
    DirectoryError, display_name, exists,
    sessions::{Portion, end_portion},
};
use crate::{
    model::{
        Millis, OrganizationStatus,
        ids::{OrganizationId, ProjectId},
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        StoreError, Tx,
        organizations::{self, Organization},
        projects::{self, Project},
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
                after: Some(view(&organization)),
            };
            record(tx, &context, &actor, &change)?;
            Ok(organization.clone())
        })
        .await
}

/// The project's organizations, oldest first.
pub async fn list_organizations(
    cx: &Context,
    project: &ProjectId,
) -> Result<Vec<Organization>, DirectoryError> {
    let project = project.clone();
    let list = move |tx: &mut Tx<'_>| {
        projects::find(tx, &project)?.ok_or(DirectoryError::NotFound("project"))?;
        Ok(organizations::list(tx, &project)?)
    };
    cx.store.read(list).await
}

/// Why the sessions of an organization ended that was switched off.
const SWITCHED_OFF: &str = "organization_disabled";

/// How often the wait for those in flight begins, each of which ends with what the database allows a statement.
const WAITS: usize = 3;

/// Switches an organization off, or on again, and ends its sessions, of which none comes back. Off: every login, session and
/// SCIM token is refused from the next request on, because each asks for the status, which is written first and waits for
/// nobody; then sessions end, in portions. On: what stands still ends before anybody signs in, as where the end was cut short.
/// Returns how many ended.
///
/// A login in flight may have seen the status of before, and its session is not there yet: it is waited for. Where that takes
/// too long this fails, after the organization is off, and before it is on.
pub async fn set_organization_status(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    status: OrganizationStatus,
) -> Result<usize, DirectoryError> {
    let (own, by, of, id) = (cx.clone(), actor.clone(), project.clone(), organization.clone());
    let begin = move |tx: &mut Tx<'_>| match status {
        OrganizationStatus::Disabled => switch_off(tx, &own, &by, &of, &id),
        OrganizationStatus::Active => Ok(lock(tx, &of, &id)?.0.status),
    };
    if cx.store.write(begin).await? == OrganizationStatus::Active {
        return Ok(0);
    }
    let waited = wait_for_those_in_flight(cx, project, organization).await;
    if status == OrganizationStatus::Active {
        waited.clone()?;
    }
    let mut ended = 0;
    loop {
        let (own, by, of, id) = (cx.clone(), actor.clone(), project.clone(), organization.clone());
        let end = move |tx: &mut Tx<'_>| match status {
            // Whoever has switched it on meanwhile meant that.
            OrganizationStatus::Disabled => Ok(end_portion(tx, &own, &by, &id, None, SWITCHED_OFF)?),
            OrganizationStatus::Active => switch_on(tx, &own, &by, &of, &id),
        };
        let portion: Result<Portion, DirectoryError> = cx.store.write(end).await;
        let portion = portion?;
        ended += portion.ended;
        if portion.is_last {
            waited?;
            return Ok(ended);
        }
    }
}

/// Writes that an organization is off. Returns the status that is there now.
fn switch_off(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<OrganizationStatus, DirectoryError> {
    let (before, _) = lock(tx, project, organization)?;
    let row = Organization { status: OrganizationStatus::Disabled, ..before.clone() };
    Ok(save(tx, cx, actor, &before, row, "organization.disabled")?.status)
}

/// Waits until nobody writes in the organization any more who may have seen another status than the one that is committed.
async fn wait_for_those_in_flight(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<(), StoreError> {
    let mut waits = 1;
    loop {
        let (of, id) = (project.clone(), organization.clone());
        // In a transaction of its own: one that ended sessions as well would wait for whoever uses one, who waits for it.
        let alone = move |tx: &mut Tx<'_>| organizations::lock_alone(tx, &of, &id).map(drop);
        match cx.store.write(alone).await {
            Err(StoreError::Unavailable(_) | StoreError::Contended(_)) if waits < WAITS => waits += 1,
            waited => return waited,
        }
    }
}

/// Ends a portion of the sessions of an organization that is off: it is on again with the last one.
fn switch_on(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Portion, DirectoryError> {
    let (before, _) = lock(tx, project, organization)?;
    if before.status == OrganizationStatus::Active {
        return Ok(Portion { ended: 0, is_last: true });
    }
    let portion = end_portion(tx, cx, actor, organization, None, SWITCHED_OFF)?;
    if portion.is_last {
        let row = Organization { status: OrganizationStatus::Active, ..before.clone() };
        save(tx, cx, actor, &before, row, "organization.enabled")?;
    }
    Ok(portion)
}

/// What to change of an organization; `None` leaves it as it is. Sessions that are there keep their ends.
#[derive(Debug, Clone, Default)]
pub struct OrganizationUpdate {
    /// Whether a login needs a second factor, which the provider must have vouched for (R11).
    pub require_mfa: Option<bool>,
    /// After how long without use a session ends; the project's time at the most.
    pub session_idle_ms: Option<Millis>,
    /// After how long a session ends in any case; the project's time at the most.
    pub session_absolute_ms: Option<Millis>,
    /// Whether SCIM is taken, whatever its connections say. Off, every request of theirs is refused from the next one on.
    pub scim_enabled: Option<bool>,
}

/// Changes how an organization's people sign in, and whether they are provisioned.
pub async fn update_organization(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    update: OrganizationUpdate,
) -> Result<Organization, DirectoryError> {
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), organization.clone());
    let write = move |tx: &mut Tx<'_>| {
        let (before, project) = lock(tx, &project, &id)?;
        let mut row = before.clone();
        update.apply(&mut row, &project)?;
        save(tx, &own, &actor, &before, row, "organization.updated")
    };
    cx.store.write(write).await
}

impl OrganizationUpdate {
    fn apply(&self, row: &mut Organization, project: &Project) -> Result<(), DirectoryError> {
        row.require_mfa = self.require_mfa.unwrap_or(row.require_mfa);
        row.scim_enabled = self.scim_enabled.unwrap_or(row.scim_enabled);
        row.session_idle_ms = self.session_idle_ms.or(row.session_idle_ms);
        row.session_absolute_ms = self.session_absolute_ms.or(row.session_absolute_ms);
        let longest = [
            (self.session_idle_ms, project.session_idle_ms),
            (self.session_absolute_ms, project.session_absolute_ms),
        ];
        match longest.into_iter().find(|(wanted, most)| wanted.is_some_and(|wanted| wanted > *most)) {
            None => Ok(()),
            Some((_, most)) => {
                let hours = most / (60 * 60 * 1000);
                Err(DirectoryError::Invalid(format!("the project allows {hours} hours at the most")))
            }
        }
    }
}

/// The organization, locked, and its project.
fn lock(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &OrganizationId,
) -> Result<(Organization, Project), DirectoryError> {
    let project = projects::find(tx, project)?.ok_or(DirectoryError::NotFound("project"))?;
    let row = organizations::lock(tx, &project.id, id)?.ok_or(DirectoryError::NotFound("organization"))?;
    Ok((row, project))
}

/// Writes what has changed, with its audit row and event.
fn save(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    before: &Organization,
    mut row: Organization,
    event: &'static str,
) -> Result<Organization, DirectoryError> {
    if row == *before {
        return Ok(row);
    }
    row.updated_at = cx.now();
    organizations::update(tx, &row)?;
    let change = Change {
        project: &row.project_id,
        organization: Some(&row.id),
        event,
        resource: row.id.as_str(),
        before: Some(view(before)),
        after: Some(view(&row)),
    };
    record(tx, cx, actor, &change)?;
    Ok(row)
}

/// The organization as the audit log and the host app see it.
fn view(row: &Organization) -> Value {
    json!({
        "id": row.id, "displayName": row.display_name, "externalId": row.external_id, "status": row.status.as_str(),
        "requireMfa": row.require_mfa, "sessionIdleMs": row.session_idle_ms,
        "sessionAbsoluteMs": row.session_absolute_ms, "scimEnabled": row.scim_enabled,
    })
}

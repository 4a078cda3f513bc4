//! Changing the switches and the status of a connection, and reading it.

use serde_json::{Value, json};

use super::{
    AttributeMap, ConnectionError, Options, Signers, attribute_map::check_attribute, metadata::view,
};
use crate::{
    model::{
        ConnectionStatus,
        ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId},
    },
    service::{Actor, Change, Context, record::record},
    store::{
        StoreError, Tx, organizations,
        saml_connections::{self, SamlConnection},
        scim_connections,
    },
};

/// The largest difference between clocks that may be allowed, in seconds: beyond it, expiry means little.
const MAX_SKEW_S: u32 = 600;

/// What to change; `None` leaves a switch as it is. See the columns and [`Options`] for what each means.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "each is named after its switch")]
pub struct Update {
    pub display_name: Option<String>,
    pub allow_idp_initiated: Option<bool>,
    pub dummy_in_response_to: Option<bool>,
    pub allow_sha1: Option<bool>,
    pub allow_triple_des: Option<bool>,
    pub inclusive_c14n: Option<bool>,
    pub clock_skew_s: Option<u32>,
    pub force_authn: Option<bool>,
    pub sign_requests: Option<bool>,
    pub sign_metadata: Option<bool>,
    pub publish_encryption: Option<bool>,
    pub prefer_post: Option<bool>,
    pub name_id_format: Option<Option<String>>,
    pub forbid_create: Option<bool>,
    pub login_hint_as_subject: Option<bool>,
    pub authn_contexts: Option<Vec<String>>,
    pub mfa_contexts: Option<Vec<String>>,
    pub hold_metadata_changes: Option<bool>,
    pub metadata_signers: Option<Vec<String>>,
    pub stale_metadata_days: Option<u32>,
    pub subject_attribute: Option<Option<String>>,
    pub jit_provisioning: Option<bool>,
    /// What is mapped, with its attribute; an empty name takes it away. What is not named stays.
    pub attribute_map: Vec<(String, String)>,
    pub pairing: Option<Option<Pairing>>,
}

/// By what people are found whom provisioning has sent: where the attribute equals the `externalId` of a user whom the
/// SCIM connection holds, it is that user (R1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// The SCIM connection, of the same organization.
    pub scim_connection: ScimConnectionId,
    /// The attribute that has the `externalId`.
    pub attribute: String,
}

/// Lets requests through a connection ask for a NameID of this format, or of none in particular.
pub fn insist_on_name(connection: &mut SamlConnection, format: Option<&str>) -> Result<(), ConnectionError> {
    let mut options = readable(connection)?;
    options.name_id_format = format.map(str::to_owned);
    connection.options = options.to_stored();
    Ok(())
}

fn readable(connection: &SamlConnection) -> Result<Options, ConnectionError> {
    let unreadable = || ConnectionError::Invalid("the stored switches cannot be read".into());
    Options::read(connection).ok_or_else(unreadable)
}

impl Update {
    fn apply(&self, tx: &mut Tx<'_>, row: &mut SamlConnection) -> Result<(), ConnectionError> {
        let mut options = readable(row)?;
        set(&mut row.display_name, &self.display_name);
        set(&mut row.allow_idp_initiated, &self.allow_idp_initiated);
        set(&mut row.allow_sha1, &self.allow_sha1);
        set(&mut row.allow_triple_des, &self.allow_triple_des);
        set(&mut row.inclusive_c14n, &self.inclusive_c14n);
        set(&mut row.force_authn, &self.force_authn);
        set(&mut row.subject_attribute, &self.subject_attribute);
        set(&mut row.jit_provisioning, &self.jit_provisioning.map(Some));
        set(&mut options.dummy_in_response_to, &self.dummy_in_response_to);
        set(&mut options.sign_requests, &self.sign_requests);
        set(&mut options.sign_metadata, &self.sign_metadata);
        set(&mut options.publish_encryption, &self.publish_encryption.map(Some));
        set(&mut options.prefer_post, &self.prefer_post);
        set(&mut options.name_id_format, &self.name_id_format);
        set(&mut options.forbid_create, &self.forbid_create);
        set(&mut options.login_hint_as_subject, &self.login_hint_as_subject);
        set(&mut options.authn_contexts, &self.authn_contexts);
        set(&mut options.mfa_contexts, &self.mfa_contexts);
        set(&mut options.hold_metadata_changes, &self.hold_metadata_changes);
        set(&mut options.stale_metadata_days, &self.stale_metadata_days.map(Some));
        let mut map = AttributeMap::of(row);
        for (field, attribute) in &self.attribute_map {
            map.set(field, attribute)?;
        }
        row.attribute_map = map.to_stored();
        if let Some(certificates) = &self.metadata_signers {
            let now = Signers::read(certificates)?.into_stored();
            // What one of the earlier ones has signed is still signed, unless that one is given up. The rest was read without
            // asking these.
            options.metadata_was_signed &= options.metadata_signers.iter().all(|one| now.contains(one));
            if options.metadata_signers != now {
                row.held_metadata = None;
            }
            options.metadata_signers = now;
        }
        if let Some(seconds) = self.clock_skew_s {
            if seconds > MAX_SKEW_S {
                return Err(ConnectionError::Invalid(format!("clocks may differ by {MAX_SKEW_S} s at most")));
            }
            row.clock_skew_ms = i64::from(seconds) * 1000;
        }
        if let Some(pairing) = &self.pairing {
            pair(tx, row, pairing.as_ref())?;
        }
        row.options = options.to_stored();
        Ok(())
    }
}

/// Pairs with a SCIM connection, or no longer. Another organization's is not found: it would decide who signs in here (R4).
fn pair(tx: &mut Tx<'_>, row: &mut SamlConnection, pairing: Option<&Pairing>) -> Result<(), ConnectionError> {
    if let Some(Pairing { scim_connection, attribute }) = pairing {
        check_attribute(attribute)?;
        scim_connections::find(tx, &row.organization_id, scim_connection)?
            .ok_or(ConnectionError::NotFound("SCIM connection"))?;
    }
    row.paired_scim_connection_id = pairing.map(|pairing| pairing.scim_connection.clone());
    row.paired_attribute = pairing.map(|pairing| pairing.attribute.clone());
    Ok(())
}

fn set<T: Clone>(place: &mut T, value: &Option<T>) {
    if let Some(value) = value {
        *place = value.clone();
    }
}

/// Changes switches of a connection.
pub async fn update(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &SamlConnectionId,
    update: Update,
) -> Result<SamlConnection, ConnectionError> {
    change(cx, actor, project, id, move |tx, row| update.apply(tx, row)).await
}

/// Takes a connection out of use.
pub async fn disable(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &SamlConnectionId,
) -> Result<SamlConnection, ConnectionError> {
    change(cx, actor, project, id, |_, row| {
        row.status = ConnectionStatus::Disabled;
        Ok(())
    })
    .await
}

/// Puts a connection into use that is locked.
pub(in crate::service) fn enable(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    row: SamlConnection,
) -> Result<SamlConnection, ConnectionError> {
    write(tx, cx, actor, project, row, &|_, row| {
        if row.idp_entity_id.is_empty() {
            let why = "the connection has no metadata of its provider yet";
            return Err(ConnectionError::Invalid(why.into()));
        }
        if Signers::of(row).any() && !Options::of(row).metadata_was_signed {
            let why = "its metadata is not known to be signed as it must be: give it again with set-metadata";
            return Err(ConnectionError::Invalid(why.into()));
        }
        row.status = ConnectionStatus::Enabled;
        Ok(())
    })
}

type Edit = dyn Fn(&mut Tx<'_>, &mut SamlConnection) -> Result<(), ConnectionError>;

async fn change(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &SamlConnectionId,
    edit: impl Fn(&mut Tx<'_>, &mut SamlConnection) -> Result<(), ConnectionError> + Send + 'static,
) -> Result<SamlConnection, ConnectionError> {
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), id.clone());
    let work = move |tx: &mut Tx<'_>| {
        let row = saml_connections::lock_in_project(tx, &project, &id)?
            .ok_or(ConnectionError::NotFound("connection"))?;
        write(tx, &own, &actor, &project, row, &edit)
    };
    cx.store.write(work).await
}

fn write(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    mut row: SamlConnection,
    edit: &Edit,
) -> Result<SamlConnection, ConnectionError> {
    let before = switches(&row);
    edit(tx, &mut row)?;
    if row.status == ConnectionStatus::Enabled {
        let others = saml_connections::enabled(tx, &row.organization_id)?;
        row.is_primary |= !others.iter().any(|other| other.is_primary && other.id != row.id);
    }
    row.updated_at = cx.now();
    saml_connections::update(tx, &row)?;
    let change = Change {
        project,
        organization: Some(&row.organization_id),
        event: "saml_connection.updated",
        resource: row.id.as_str(),
        before: Some(before),
        after: Some(switches(&row)),
    };
    record(tx, cx, actor, &change)?;
    Ok(row)
}

/// The connection with its switches, for the audit log.
fn switches(row: &SamlConnection) -> Value {
    let mut view = view(row);
    view["switches"] = settings(row);
    view
}

/// What a connection does with what its provider says.
pub fn settings(row: &SamlConnection) -> Value {
    json!({
        "idpInitiated": row.allow_idp_initiated, "sha1": row.allow_sha1, "tripleDes": row.allow_triple_des,
        "inclusiveC14n": row.inclusive_c14n, "forceAuthn": row.force_authn, "clockSkewMs": row.clock_skew_ms,
        "subjectAttribute": row.subject_attribute, "jitProvisioning": row.jit_provisioning,
        "attributeMap": AttributeMap::of(row),
        "pairedScimConnectionId": row.paired_scim_connection_id, "pairedAttribute": row.paired_attribute,
        "options": serde_json::from_str::<Value>(&row.options).unwrap_or_default(),
    })
}

/// An organization's connections, oldest first.
pub async fn list(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<SamlConnection>, ConnectionError> {
    let (project, organization) = (project.clone(), organization.clone());
    let load = move |tx: &mut Tx<'_>| {
        if organizations::find(tx, &project, &organization)?.is_none() {
            return Err(ConnectionError::NotFound("organization"));
        }
        let found: Result<_, StoreError> = saml_connections::of_organization(tx, &organization);
        Ok(found?)
    };
    cx.store.read(load).await
}

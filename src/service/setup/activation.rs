//! Putting a connection into use: what goes live is what was looked at. Whoever has a set-up link may change a draft at any
//! moment. So what is looked at has a mark, and nothing goes live that has another one by then.

use openssl::sha::sha256;
use serde_json::{Value, json};

use super::{
    SetupError,
    tested::{Tested, tested},
};
use crate::{
    model::ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId},
    service::{
        Actor, Context,
        connections::{self, ConnectionError},
        provisioning::admin::{
            check::{self, LastCheck},
            connections as scim,
        },
    },
    store::{
        StoreError, Tx, organizations,
        saml_connections::{self, SamlConnection, SamlIdpKey},
        scim_connections::{self, ScimApiKey, ScimConnection},
    },
};

/// A SAML connection with all that decides whether it should go live.
#[derive(Debug, Clone)]
pub struct ReviewedSaml {
    /// The connection.
    pub connection: SamlConnection,
    /// Its provider's keys.
    pub keys: Vec<SamlIdpKey>,
    /// How its last test sign-in went.
    pub tested: Tested,
}

/// A SCIM connection with all that decides whether it should go live.
#[derive(Debug, Clone)]
pub struct ReviewedScim {
    /// The connection.
    pub connection: ScimConnection,
    /// The tokens that may use it.
    pub keys: Vec<ScimApiKey>,
    /// Its last check.
    pub last_check: Option<LastCheck>,
}

impl ReviewedSaml {
    /// What this look is known by: the same for as long as nothing changes that matters to a login.
    pub fn mark(&self) -> String {
        let mut fingerprints: Vec<&str> = self.keys.iter().map(|key| key.fingerprint.as_str()).collect();
        fingerprints.sort_unstable();
        let tested = match self.tested {
            Tested::Never => json!([]),
            Tested::Failed(at) => json!(["failed", at]),
            Tested::Passed(at) => json!(["passed", at]),
            Tested::PassedBefore(at) => json!(["passed before", at]),
        };
        digest(&json!([saml_substance(&self.connection), fingerprints, tested]))
    }
}

impl ReviewedScim {
    /// What this look is known by: the same for as long as nothing changes that matters to provisioning. That a token was
    /// used does not.
    pub fn mark(&self) -> String {
        let mut keys: Vec<&str> = self.keys.iter().map(|key| key.id.as_str()).collect();
        keys.sort_unstable();
        let check = self.last_check.as_ref().map(|check| (check.at, check.passed));
        digest(&json!([scim_substance(&self.connection), keys, check]))
    }
}

/// The connections of an organization, each with all that decides whether it should go live.
#[derive(Debug, Clone)]
pub struct Reviews {
    /// Those for sign-in, oldest first.
    pub saml: Vec<ReviewedSaml>,
    /// Those for provisioning, the default one first.
    pub scim: Vec<ReviewedScim>,
}

/// The connections of an organization as they are now.
pub async fn review_organization(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Reviews, SetupError> {
    let (own, project, organization) = (cx.clone(), project.clone(), organization.clone());
    let look = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(ConnectionError::NotFound("organization"))?;
        let saml = saml_connections::of_organization(tx, &organization)?;
        let scim = scim_connections::list(tx, &organization)?;
        let saml: Result<_, StoreError> = saml.into_iter().map(|one| reviewed_saml(tx, one)).collect();
        let scim: Result<_, StoreError> = scim.into_iter().map(|one| reviewed_scim(tx, &own, one)).collect();
        Ok::<_, SetupError>(Reviews { saml: saml?, scim: scim? })
    };
    cx.store.read(look).await
}

/// A SAML connection as it is now.
pub async fn review_saml(
    cx: &Context,
    project: &ProjectId,
    id: &SamlConnectionId,
) -> Result<ReviewedSaml, SetupError> {
    let (project, id) = (project.clone(), id.clone());
    let look = move |tx: &mut Tx<'_>| {
        let found = saml_connections::find_in_project(tx, &project, &id)?;
        let connection = found.ok_or(ConnectionError::NotFound("connection"))?;
        Ok::<_, SetupError>(reviewed_saml(tx, connection)?)
    };
    cx.store.read(look).await
}

/// Puts a draft, or a connection that was switched off, into use, if it is the one that was looked at.
pub async fn activate_saml(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &SamlConnectionId,
    mark: &str,
) -> Result<SamlConnection, SetupError> {
    let (own, actor, project, id, mark) =
        (cx.clone(), actor.clone(), project.clone(), id.clone(), mark.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let found = saml_connections::lock_in_project(tx, &project, &id)?;
        let reviewed = reviewed_saml(tx, found.ok_or(ConnectionError::NotFound("connection"))?)?;
        if reviewed.mark() != mark {
            return Err(SetupError::ChangedSinceReview);
        }
        Ok(connections::enable(tx, &own, &actor, &project, reviewed.connection)?)
    };
    cx.store.write(write).await
}

/// A SCIM connection as it is now.
pub async fn review_scim(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimConnectionId,
) -> Result<ReviewedScim, SetupError> {
    let (own, project, organization, id) = (cx.clone(), project.clone(), organization.clone(), id.clone());
    let look = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(ConnectionError::NotFound("organization"))?;
        let found = scim_connections::find(tx, &organization, &id)?;
        let connection = found.ok_or(ConnectionError::NotFound("SCIM connection"))?;
        Ok::<_, SetupError>(reviewed_scim(tx, &own, connection)?)
    };
    cx.store.read(look).await
}

/// Puts a draft, or a connection that was switched off, into use, if it is the one that was looked at: whoever has one of its
/// tokens writes users from now on.
pub async fn activate_scim(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &ScimConnectionId,
    mark: &str,
) -> Result<ScimConnection, SetupError> {
    let (own, actor, project, mark) = (cx.clone(), actor.clone(), project.clone(), mark.to_owned());
    let (organization, id) = (organization.clone(), id.clone());
    let write = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(ConnectionError::NotFound("organization"))?;
        let found = scim_connections::lock(tx, &organization, &id)?;
        let reviewed = reviewed_scim(tx, &own, found.ok_or(ConnectionError::NotFound("SCIM connection"))?)?;
        if reviewed.mark() != mark {
            return Err(SetupError::ChangedSinceReview);
        }
        Ok(scim::enable(tx, &own, &actor, &project, &reviewed.connection)?)
    };
    cx.store.write(write).await
}

fn reviewed_saml(tx: &mut Tx<'_>, connection: SamlConnection) -> Result<ReviewedSaml, StoreError> {
    let keys = saml_connections::keys(tx, &connection.id)?;
    let tested = tested(tx, &connection)?;
    Ok(ReviewedSaml { connection, keys, tested })
}

fn reviewed_scim(
    tx: &mut Tx<'_>,
    cx: &Context,
    connection: ScimConnection,
) -> Result<ReviewedScim, StoreError> {
    let mut keys = scim_connections::keys(tx, &connection.organization_id)?;
    keys.retain(|key| key.scim_connection_id == connection.id && key.is_live(cx.now()));
    let last_check = check::last_of(tx, &connection.id)?;
    Ok(ReviewedScim { connection, keys, last_check })
}

/// All of a connection but what is noted of its metadata in passing. A column that is added must be named here.
fn saml_substance(connection: &SamlConnection) -> Value {
    let SamlConnection {
        id,
        organization_id,
        display_name,
        provider,
        status,
        is_primary: _,
        idp_entity_id,
        idp_sso_redirect_url,
        idp_sso_post_url,
        idp_slo_url,
        idp_wants_signed_requests,
        metadata_url,
        metadata_fetched_at: _,
        metadata_valid_until,
        subject_attribute,
        attribute_map,
        clock_skew_ms,
        allow_idp_initiated,
        jit_provisioning,
        force_authn,
        inclusive_c14n,
        allow_sha1,
        paired_scim_connection_id,
        paired_attribute,
        created_at: _,
        updated_at: _,
        allow_triple_des,
        options,
        refresh_at: _,
        refreshed_on_failure_at: _,
        held_metadata: _,
        metadata_problem: _,
    } = connection;
    json!([
        [id.as_str(), organization_id.as_str(), display_name, provider, status.as_str()],
        [idp_entity_id, attribute_map, options],
        [idp_sso_redirect_url, idp_sso_post_url, idp_slo_url, metadata_url],
        [subject_attribute, paired_attribute],
        [idp_wants_signed_requests, allow_idp_initiated, force_authn],
        [inclusive_c14n, allow_sha1, allow_triple_des],
        [metadata_valid_until, clock_skew_ms, jit_provisioning, paired_scim_connection_id],
    ])
}

/// All of a connection but its holds and alarms. A column that is added must be named here.
fn scim_substance(connection: &ScimConnection) -> Value {
    let ScimConnection {
        id,
        organization_id,
        display_name,
        status,
        is_default: _,
        strict,
        provider,
        hold_enabled,
        hold_threshold,
        held_until: _,
        created_at: _,
        updated_at: _,
        requests_per_second,
        custom_schemas,
        alarmed_at: _,
        released_until: _,
    } = connection;
    json!([
        [id.as_str(), organization_id.as_str(), display_name, provider, status.as_str()],
        [strict, hold_enabled],
        [hold_threshold, requests_per_second, custom_schemas],
    ])
}

/// Short enough to be typed, and too long to be met by trying.
fn digest(substance: &Value) -> String {
    let hash = sha256(substance.to_string().as_bytes());
    hash[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

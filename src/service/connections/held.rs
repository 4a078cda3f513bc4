//! Metadata that is held back because it looks like a takeover (R24): shown, and taken over by whoever has looked at it.

use std::sync::Arc;

use openssl::sha::sha256;
use serde_json::json;

use super::{
    ConnectionError, Signers,
    difference::Difference,
    refresh::{keep_logout, read, take_over},
};
use crate::{
    model::{
        fingerprint,
        ids::{ProjectId, SamlConnectionId},
    },
    saml::{
        VerificationKey,
        metadata::{Endpoint, IdpMetadata},
    },
    service::{Actor, Context},
    store::{
        Tx,
        saml_connections::{self, SamlConnection},
    },
};

/// What is held back.
#[derive(Debug, Clone)]
pub struct Held {
    /// What this look is known by: the same as long as the metadata says the same. Whoever serves the address may change it
    /// at any time.
    pub mark: String,
    /// Where people would be sent to sign in.
    pub sign_in: Vec<String>,
    /// Where logout messages and answers to them would go.
    pub logout: Vec<String>,
    /// The fingerprints of the keys that would be believed.
    pub certificates: Vec<String>,
}

/// The metadata that is held back for a connection, if there is some. Fails where it cannot be used any more.
pub async fn held_metadata(
    cx: &Context,
    project: &ProjectId,
    id: &SamlConnectionId,
) -> Result<Option<Held>, ConnectionError> {
    let connection = find(cx, project, id).await?;
    let Some(document) = connection.held_metadata.clone() else { return Ok(None) };
    let idp = read(cx, &connection, Arc::new(document.into_bytes())).await?;
    let idp = keep_logout(&connection, &idp);
    let answers = idp.slo.iter().filter_map(|endpoint| endpoint.response_location.clone());
    Ok(Some(Held {
        mark: mark(&idp),
        logout: idp.slo.iter().map(|endpoint| endpoint.location.clone()).chain(answers).collect(),
        sign_in: idp.sso.iter().map(|endpoint| endpoint.location.clone()).collect(),
        certificates: idp.signing_keys.iter().map(|key| fingerprint::in_pairs(key.fingerprint())).collect(),
    }))
}

/// Takes over what was held back, as an administrator has decided who has looked at it.
pub async fn accept_held_metadata(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &SamlConnectionId,
    as_shown: &str,
) -> Result<SamlConnection, ConnectionError> {
    let seen = find(cx, project, id).await?;
    let held = seen.held_metadata.clone();
    let held = held.ok_or_else(|| ConnectionError::Invalid("no metadata is held back".into()))?;
    let idp = read(cx, &seen, Arc::new(held.into_bytes())).await?;
    let (own, actor, of, id) = (cx.clone(), actor.clone(), project.clone(), id.clone());
    let as_shown = as_shown.to_owned();
    let work = move |tx: &mut Tx<'_>| accept(tx, &own, &actor, (&of, &id), (&seen, &idp), &as_shown);
    cx.store.write(work).await
}

fn accept(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    (project, id): (&ProjectId, &SamlConnectionId),
    (seen, idp): (&SamlConnection, &IdpMetadata),
    as_shown: &str,
) -> Result<SamlConnection, ConnectionError> {
    let connection = saml_connections::lock_in_project(tx, project, id)?
        .filter(|now| now.held_metadata == seen.held_metadata && now.idp_entity_id == seen.idp_entity_id)
        .filter(|now| Signers::of(now) == Signers::of(seen))
        .ok_or_else(changed)?;
    let idp = keep_logout(&connection, idp);
    if mark(&idp) != as_shown {
        return Err(changed());
    }
    let difference = Difference::between(tx, &connection, &idp)?;
    Ok(take_over(tx, cx, actor, project, connection, idp, &difference)?)
}

fn changed() -> ConnectionError {
    ConnectionError::Invalid("the metadata is not the one that was shown; look at it again".into())
}

async fn find(
    cx: &Context,
    project: &ProjectId,
    id: &SamlConnectionId,
) -> Result<SamlConnection, ConnectionError> {
    let (of, wanted) = (project.clone(), id.clone());
    let find = move |tx: &mut Tx<'_>| saml_connections::find_in_project(tx, &of, &wanted);
    let found: Option<SamlConnection> = cx.store.read(find).await?;
    found.ok_or(ConnectionError::NotFound("connection"))
}

/// A digest of what counts in metadata. Not of the document: some providers write each with an ID and a time of its own. Long
/// enough that nobody finds two that are alike.
pub(super) fn mark(idp: &IdpMetadata) -> String {
    let endpoints = |all: &[Endpoint]| -> Vec<_> {
        all.iter().map(|one| json!([one.binding, one.location, one.response_location])).collect()
    };
    let keys: Vec<&str> = idp.signing_keys.iter().map(VerificationKey::fingerprint).collect();
    let wants_signed = idp.want_authn_requests_signed;
    let substance = json!([idp.entity_id, endpoints(&idp.sso), endpoints(&idp.slo), keys, wants_signed]);
    sha256(substance.to_string().as_bytes())[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

//! SCIM provisioning: users and groups that an identity provider pushes (DESIGN part 6).
//!
//! Each use-case is one write transaction: load, apply, check, compare, save, effects, audit, outbox. A request
//! that changes nothing writes nothing but the counts of its rewrites.

mod error;
pub mod everything;
pub mod groups;

mod search;
mod tenant;
pub mod users;

pub use error::ProvisioningError;
pub use tenant::{AccessRefusal, ScimTenant, authenticate};

use crate::{
    scim::{dialect::Rewrites, etag, patch::Absent},
    service::Context,
    store::{StoreError, Tx, scim_rewrite_counts, scim_rewrite_counts::ScimRewriteCount},
};

/// The body of a request after the dialects, with what they did; a strict connection gets it untouched.
#[derive(Debug, Clone)]
struct Heard<T> {
    body: T,
    rewrites: Rewrites,
}

impl ScimTenant {
    /// What a path means that selects an element that is not there.
    fn absent(&self) -> Absent {
        if self.connection.strict { Absent::Refuse } else { Absent::Create }
    }
}

/// Counts the rewrites of a request, to be shown to the admin.
fn count_rewrites(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    rewrites: &Rewrites,
) -> Result<(), StoreError> {
    for rewrite in rewrites {
        let row = ScimRewriteCount {
            scim_connection_id: tenant.connection.id.clone(),
            rewrite: rewrite.code().to_owned(),
            organization_id: tenant.organization.id.clone(),
            count: 1,
            last_at: cx.now(),
        };
        scim_rewrite_counts::add(tx, &row)?;
    }
    Ok(())
}

/// Fails where the client's `If-Match` names another version. None is demanded: providers send none.
fn check_version(if_match: Option<&str>, version: i64) -> Result<(), ProvisioningError> {
    if etag::if_match_holds(if_match, version) { Ok(()) } else { Err(ProvisioningError::Stale) }
}

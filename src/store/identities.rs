//! Links between users and external logins (R1, R2).

use diesel::prelude::*;

use super::{StoreError, Tx, schema::identities};
use crate::model::{
    SubjectKind, Timestamp,
    ids::{IdentityId, OidcConnectionId, OrganizationId, SamlConnectionId, UserId},
};

/// An external login linked to a user: a connection and the stable subject there (R1, R2).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = identities)]
pub struct Identity {
    pub id: IdentityId,
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    pub saml_connection_id: Option<SamlConnectionId>,
    pub oidc_connection_id: Option<OidcConnectionId>,
    pub provider: String,
    pub subject: String,
    pub subject_kind: SubjectKind,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

/// Adds a link. A subject that is already linked on the connection is a conflict.
pub fn insert(tx: &mut Tx<'_>, identity: &Identity) -> Result<(), StoreError> {
    diesel::insert_into(identities::table).values(identity).execute(tx.connection)?;
    Ok(())
}

/// The link of a subject on a SAML connection.
pub fn find_saml(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    subject: &str,
) -> Result<Option<Identity>, StoreError> {
    Ok(identities::table
        .filter(identities::saml_connection_id.eq(connection).and(identities::subject.eq(subject)))
        .select(Identity::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Whether the user already has a link on the SAML connection.
pub fn user_has_saml(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    user: &UserId,
) -> Result<bool, StoreError> {
    let links = identities::table
        .filter(identities::saml_connection_id.eq(connection).and(identities::user_id.eq(user)));
    Ok(diesel::select(diesel::dsl::exists(links)).get_result(tx.connection)?)
}

/// Notes a login through a link.
pub fn touch(tx: &mut Tx<'_>, id: &IdentityId, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(identities::table.find(id))
        .set(identities::last_login_at.eq(Some(at)))
        .execute(tx.connection)?;
    Ok(())
}

/// Gives a link to another user of the organization.
pub fn give_to(tx: &mut Tx<'_>, id: &IdentityId, user: &UserId) -> Result<(), StoreError> {
    diesel::update(identities::table.find(id)).set(identities::user_id.eq(user)).execute(tx.connection)?;
    Ok(())
}

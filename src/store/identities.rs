//! Links between users and external logins (R1, R2).

use diesel::prelude::*;

use super::connection::on_both;
use super::fixed::fixed;
use super::{StoreError, Tx, schema::identities};
use crate::model::{
    SubjectKind, Timestamp,
    ids::{IdentityId, OidcConnectionId, OrganizationId, SamlConnectionId, UserId},
};

/// An external login linked to a user: a connection and the stable subject there (R1, R2).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = identities, treat_none_as_default_value = false)]
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
    on_both!(tx, c => diesel::insert_into(identities::table).values(identity).execute(c))?;
    Ok(())
}

/// The link of a subject on a SAML connection.
pub fn find_saml(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    subject: &str,
) -> Result<Option<Identity>, StoreError> {
    Ok(on_both!(tx, c => identities::table
        .filter(identities::saml_connection_id.eq(connection).and(identities::subject.eq(subject)))
        .select(Identity::as_select())
        .get_result(c)
        .optional())?)
}

/// The links that the user has on a SAML connection.
pub fn of_user_on_saml(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    user: &UserId,
) -> Result<Vec<Identity>, StoreError> {
    Ok(on_both!(tx, c => identities::table
        .filter(identities::saml_connection_id.eq(connection).and(identities::user_id.eq(user)))
        .select(Identity::as_select())
        .load(c))?)
}

/// The links of some users of the organization.
pub fn of_users(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    users: &[UserId],
) -> Result<Vec<Identity>, StoreError> {
    let mut found = Vec::new();
    for some in users.chunks(500) {
        let links = identities::table
            .filter(identities::user_id.eq_any(some).and(identities::organization_id.eq(organization)))
            .order(identities::id)
            .select(Identity::as_select());
        found.extend(links.load(tx.connection)?);
    }
    Ok(found)
}

/// Notes a login through a link. `false`: it is not the user's, or not any more.
pub fn touch(tx: &mut Tx<'_>, id: &IdentityId, user: &UserId, at: Timestamp) -> Result<bool, StoreError> {
    let row = identities::table.filter(identities::id.eq(id).and(identities::user_id.eq(user)));
    let change = identities::last_login_at.eq(Some(at));
    Ok(on_both!(tx, c => fixed!(diesel::update(row).set(change)).execute(c))? == 1)
}

/// Gives a link to another user of the organization.
pub fn give_to(tx: &mut Tx<'_>, id: &IdentityId, user: &UserId) -> Result<(), StoreError> {
    diesel::update(identities::table.find(id)).set(identities::user_id.eq(user)).execute(tx.connection)?;
    Ok(())
}

/// Forgets a link.
pub fn delete(tx: &mut Tx<'_>, organization: &OrganizationId, id: &IdentityId) -> Result<bool, StoreError> {
    let row =
        identities::table.filter(identities::organization_id.eq(organization).and(identities::id.eq(id)));
    Ok(diesel::delete(row).execute(tx.connection)? == 1)
}

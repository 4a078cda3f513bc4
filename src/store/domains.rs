//! Mail domains of organizations (R19).

use diesel::{dsl::exists, prelude::*};

use super::connection::on_both;
use super::{StoreError, Tx, schema::domains};
use crate::model::{
    DomainMethod, Timestamp,
    ids::{DomainId, OrganizationId, ProjectId},
};

/// A mail domain of an organization, proved by a DNS TXT record or set by the operator (R19).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = domains)]
pub struct Domain {
    pub id: DomainId,
    pub project_id: ProjectId,
    pub organization_id: OrganizationId,
    pub name: String,
    pub txt_value: String,
    pub method: DomainMethod,
    pub shared: bool,
    pub verified_at: Option<Timestamp>,
    pub last_checked_at: Option<Timestamp>,
    pub failing_since: Option<i64>,
    pub created_at: Timestamp,
}

/// Adds a domain. A proved domain that is another organization's in the project is a conflict, unless shared.
pub fn insert(tx: &mut Tx<'_>, domain: &Domain) -> Result<(), StoreError> {
    diesel::insert_into(domains::table).values(domain).execute(tx.connection)?;
    Ok(())
}

/// The organizations of a project that have proved this exact (folded) name.
pub fn proved_by(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    name: &str,
) -> Result<Vec<OrganizationId>, StoreError> {
    Ok(domains::table
        .filter(domains::project_id.eq(project).and(domains::name.eq(name)))
        .filter(domains::verified_at.is_not_null())
        .order(domains::organization_id)
        .select(domains::organization_id)
        .load(tx.connection)?)
}

/// The domain of an organization with this exact (folded) name, if it is proved.
macro_rules! proved {
    ($organization:expr, $name:expr) => {{
        use $crate::store::schema::domains;
        domains::table
            .filter(domains::organization_id.eq($organization).and(domains::name.eq($name)))
            .filter(domains::verified_at.is_not_null())
    }};
}
pub(in crate::store) use proved;

/// Whether the organization has proved this exact (folded) name.
pub fn is_proved(tx: &mut Tx<'_>, organization: &OrganizationId, name: &str) -> Result<bool, StoreError> {
    Ok(on_both!(tx, c => diesel::select(exists(proved!(organization, name))).get_result(c))?)
}

/// The domains of an organization, by name.
pub fn list(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<Domain>, StoreError> {
    Ok(domains::table
        .filter(domains::organization_id.eq(organization))
        .order(domains::name)
        .select(Domain::as_select())
        .load(tx.connection)?)
}

/// Takes a domain from its organization. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, organization: &OrganizationId, id: &DomainId) -> Result<bool, StoreError> {
    let row = domains::table.filter(domains::organization_id.eq(organization).and(domains::id.eq(id)));
    Ok(diesel::delete(row).execute(tx.connection)? == 1)
}

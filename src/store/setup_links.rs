//! Setup links: a customer's administrator without an account sets one connection up (R23).

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    schema::{organizations, setup_links},
};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ProjectId, SetupLinkId},
    secret::TokenHash,
};

/// A link to the set-up of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = setup_links)]
pub struct SetupLink {
    pub id: SetupLinkId,
    pub organization_id: OrganizationId,
    pub connection_kind: String,
    pub connection_id: String,
    pub capabilities: String,
    pub recipient_email: Option<String>,
    pub token_hash: TokenHash,
    pub session_hash: Option<TokenHash>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When the browser that holds the session first changed something: from then on the link opens nowhere else.
    pub exchanged_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Adds a link.
pub fn insert(tx: &mut Tx<'_>, link: &SetupLink) -> Result<(), StoreError> {
    diesel::insert_into(setup_links::table).values(link).execute(tx.connection)?;
    Ok(())
}

/// The project's link with this token.
pub fn find_by_token(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    token: &TokenHash,
) -> Result<Option<SetupLink>, StoreError> {
    Ok(setup_links::table
        .inner_join(organizations::table.on(organizations::id.eq(setup_links::organization_id)))
        .filter(organizations::project_id.eq(project).and(setup_links::token_hash.eq(token)))
        .select(SetupLink::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// The project's link that a browser opened.
pub fn find_by_session(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    session: &TokenHash,
) -> Result<Option<SetupLink>, StoreError> {
    Ok(setup_links::table
        .inner_join(organizations::table.on(organizations::id.eq(setup_links::organization_id)))
        .filter(organizations::project_id.eq(project).and(setup_links::session_hash.eq(session)))
        .select(SetupLink::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Gives the link to a browser, in one statement, unless another has begun to use it. Returns whether it did.
pub fn open(tx: &mut Tx<'_>, id: &SetupLinkId, session: &TokenHash) -> Result<bool, StoreError> {
    let row = setup_links::table.find(id).filter(setup_links::exchanged_at.is_null());
    let opened = diesel::update(row).set(setup_links::session_hash.eq(session)).execute(tx.connection)?;
    Ok(opened == 1)
}

/// Notes that the browser of this session uses the link. Returns whether the link is still that browser's.
pub fn bind(
    tx: &mut Tx<'_>,
    id: &SetupLinkId,
    session: &TokenHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = setup_links::table.find(id).filter(setup_links::session_hash.eq(session));
    let bound = diesel::update(row).set(setup_links::exchanged_at.eq(now)).execute(tx.connection)?;
    Ok(bound == 1)
}

//! Setup links: a customer's administrator without an account sets connections up, one of each kind at most (R23).

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    saml_connections::SamlConnection,
    schema::{organizations, saml_connections, scim_api_keys, scim_connections, setup_links},
    scim_connections::ScimConnection,
};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId, SetupLinkId},
    secret::TokenHash,
};

/// A link to the set-up of a SAML connection, a SCIM connection, or one of each.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = setup_links)]
pub struct SetupLink {
    pub id: SetupLinkId,
    pub organization_id: OrganizationId,
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
    pub saml_connection_id: Option<SamlConnectionId>,
    pub scim_connection_id: Option<ScimConnectionId>,
    /// The identity provider that the administrator chose.
    pub provider: Option<String>,
    /// How often it made us fetch metadata.
    pub metadata_fetches: i64,
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

/// Notes that the browser of this session uses the link. Returns whether the link is still that browser's: it is nobody's
/// once it was revoked, also where that happened a moment ago.
pub fn bind(
    tx: &mut Tx<'_>,
    id: &SetupLinkId,
    session: &TokenHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = setup_links::table
        .find(id)
        .filter(setup_links::session_hash.eq(session).and(setup_links::revoked_at.is_null()));
    let bound = diesel::update(row).set(setup_links::exchanged_at.eq(now)).execute(tx.connection)?;
    Ok(bound == 1)
}

/// The organization's links, newest first.
pub fn list(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<SetupLink>, StoreError> {
    Ok(setup_links::table
        .filter(setup_links::organization_id.eq(organization))
        .order(setup_links::id.desc())
        .select(SetupLink::as_select())
        .load(tx.connection)?)
}

/// A link with the connections that it is for.
pub type LinkWithConnections = (SetupLink, Option<SamlConnection>, Option<ScimConnection>);

/// The same, with the connections that they are for.
pub fn list_with_connections(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
) -> Result<Vec<LinkWithConnections>, StoreError> {
    let of_saml = saml_connections::id
        .nullable()
        .eq(setup_links::saml_connection_id)
        .and(saml_connections::organization_id.eq(setup_links::organization_id));
    let of_scim = scim_connections::id
        .nullable()
        .eq(setup_links::scim_connection_id)
        .and(scim_connections::organization_id.eq(setup_links::organization_id));
    Ok(setup_links::table
        .left_join(saml_connections::table.on(of_saml))
        .left_join(scim_connections::table.on(of_scim))
        .filter(setup_links::organization_id.eq(organization))
        .order(setup_links::id.desc())
        .select((
            SetupLink::as_select(),
            Option::<SamlConnection>::as_select(),
            Option::<ScimConnection>::as_select(),
        ))
        .load(tx.connection)?)
}

/// The project's link of this id.
pub fn find(tx: &mut Tx<'_>, project: &ProjectId, id: &SetupLinkId) -> Result<Option<SetupLink>, StoreError> {
    Ok(setup_links::table
        .inner_join(organizations::table.on(organizations::id.eq(setup_links::organization_id)))
        .filter(organizations::project_id.eq(project).and(setup_links::id.eq(id)))
        .select(SetupLink::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Ends a link, once. Returns whether it had not ended before.
pub fn revoke(tx: &mut Tx<'_>, id: &SetupLinkId, at: Timestamp) -> Result<bool, StoreError> {
    let row = setup_links::table.find(id).filter(setup_links::revoked_at.is_null());
    Ok(diesel::update(row).set(setup_links::revoked_at.eq(at)).execute(tx.connection)? == 1)
}

/// As [`revoke`], of a link through which nobody has changed anything. Returns whether it was one.
pub fn supersede(tx: &mut Tx<'_>, id: &SetupLinkId, at: Timestamp) -> Result<bool, StoreError> {
    let row = setup_links::table
        .find(id)
        .filter(setup_links::revoked_at.is_null().and(setup_links::exchanged_at.is_null()));
    Ok(diesel::update(row).set(setup_links::revoked_at.eq(at)).execute(tx.connection)? == 1)
}

/// Notes which identity provider was chosen.
pub fn set_provider(tx: &mut Tx<'_>, id: &SetupLinkId, provider: &str) -> Result<(), StoreError> {
    let row = setup_links::table.find(id);
    diesel::update(row).set(setup_links::provider.eq(provider)).execute(tx.connection)?;
    Ok(())
}

/// Counts a fetch of metadata, if there were fewer than `most`. Returns whether there were.
pub fn count_fetch(tx: &mut Tx<'_>, id: &SetupLinkId, most: i64) -> Result<bool, StoreError> {
    let row = setup_links::table.find(id).filter(setup_links::metadata_fetches.lt(most));
    let counted = diesel::update(row)
        .set(setup_links::metadata_fetches.eq(setup_links::metadata_fetches + 1))
        .execute(tx.connection)?;
    Ok(counted == 1)
}

/// Forgets links that expired before `before`, at most `limit` of them. One with which a token was made that is not ended
/// stays: by it the token can be ended.
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let tokens = scim_api_keys::table
        .filter(scim_api_keys::setup_link_id.eq(setup_links::id.nullable()))
        .filter(scim_api_keys::revoked_at.is_null());
    let old: Vec<SetupLinkId> = setup_links::table
        .filter(setup_links::expires_at.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(tokens)))
        .limit(limit)
        .select(setup_links::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(setup_links::table.filter(setup_links::id.eq_any(&old))).execute(tx.connection)?)
}

//! Logins in progress.

use diesel::{prelude::*, sql_types::Bool};

use super::connection::{AnyConnection, on_both};
use super::fixed::fixed;
use super::{StoreError, Tx, schema::login_flows};
use crate::model::{
    AuthFactor, FlowState, Timestamp,
    ids::{LoginFlowId, OauthClientId, OrganizationId, ProjectId, SamlConnectionId, SessionId, UserId},
    secret::TokenHash,
};

/// A login in progress: one row that moves through named states and holds one immutable proof.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = login_flows, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub struct LoginFlow {
    pub id: LoginFlowId,
    pub project_id: ProjectId,
    pub organization_id: Option<OrganizationId>,
    pub state: FlowState,
    pub browser_nonce_hash: TokenHash,
    pub client_id: Option<OauthClientId>,
    pub redirect_uri: Option<String>,
    pub oauth_state: Option<String>,
    pub oauth_nonce: Option<String>,
    pub code_challenge: Option<String>,
    pub scope: Option<String>,
    pub requested_organization_id: Option<OrganizationId>,
    pub login_hint: Option<String>,
    pub force_authn: bool,
    pub max_age_s: Option<i64>,
    pub saml_connection_id: Option<SamlConnectionId>,
    pub saml_request_id: Option<String>,
    pub saml_requested_at: Option<Timestamp>,
    pub proof_method: Option<AuthFactor>,
    pub proof_connection_id: Option<SamlConnectionId>,
    pub proof_organization_id: Option<OrganizationId>,
    pub proof_subject: Option<String>,
    pub proof_at: Option<Timestamp>,
    pub user_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub passive: bool,
    pub pending: Option<String>,
}

/// Adds a flow.
pub fn insert(tx: &mut Tx<'_>, flow: &LoginFlow) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(login_flows::table).values(flow).execute(c))?;
    Ok(())
}

/// Writes all columns of a flow.
pub fn update(tx: &mut Tx<'_>, flow: &LoginFlow) -> Result<(), StoreError> {
    let row = login_flows::table.find(&flow.id);
    on_both!(tx, c => fixed!(diesel::update(row).set(flow)).execute(c))?;
    Ok(())
}

/// Writes that a flow waits for a provider's answer.
pub fn route(tx: &mut Tx<'_>, flow: &LoginFlow) -> Result<(), StoreError> {
    use login_flows as column;
    let row = login_flows::table.find(&flow.id);
    let change = (
        column::state.eq(flow.state),
        column::organization_id.eq(&flow.organization_id),
        column::saml_connection_id.eq(&flow.saml_connection_id),
        column::saml_request_id.eq(&flow.saml_request_id),
        column::saml_requested_at.eq(flow.saml_requested_at),
    );
    on_both!(tx, c => fixed!(diesel::update(row).set(change)).execute(c))?;
    Ok(())
}

/// Writes what ends a flow: its state, proof and outcome. Not the rest, whose indexes would all be written too.
pub fn finish(tx: &mut Tx<'_>, flow: &LoginFlow) -> Result<(), StoreError> {
    use login_flows as column;
    let row = login_flows::table.find(&flow.id);
    let change = (
        column::state.eq(flow.state),
        column::organization_id.eq(&flow.organization_id),
        column::proof_method.eq(flow.proof_method),
        column::proof_connection_id.eq(&flow.proof_connection_id),
        column::proof_organization_id.eq(&flow.proof_organization_id),
        column::proof_subject.eq(&flow.proof_subject),
        column::proof_at.eq(flow.proof_at),
        column::user_id.eq(&flow.user_id),
        column::session_id.eq(&flow.session_id),
        column::completed_at.eq(flow.completed_at),
    );
    on_both!(tx, c => fixed!(diesel::update(row).set(change)).execute(c))?;
    Ok(())
}

/// The project's flow of this id.
pub fn find(tx: &mut Tx<'_>, project: &ProjectId, id: &LoginFlowId) -> Result<Option<LoginFlow>, StoreError> {
    Ok(on_both!(tx, c => login_flows::table
        .filter(login_flows::project_id.eq(project).and(login_flows::id.eq(id)))
        .select(LoginFlow::as_select())
        .get_result(c)
        .optional())?)
}

/// As [`find`], and nobody else moves the flow on until the transaction ends.
pub fn lock(tx: &mut Tx<'_>, project: &ProjectId, id: &LoginFlowId) -> Result<Option<LoginFlow>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(connection) = &mut *tx.connection else {
        return find(tx, project, id);
    };
    Ok(login_flows::table
        .filter(login_flows::project_id.eq(project).and(login_flows::id.eq(id)))
        .select(LoginFlow::as_select())
        .for_update()
        .get_result(connection)
        .optional()?)
}

/// The browser's flow that waits for the answer of a connection to this request. Asked for by the request: anybody
/// can make a browser begin flows, so that the newest few need not be its own.
pub fn awaiting(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    nonce_hash: &TokenHash,
    connection: &SamlConnectionId,
    request: &str,
    now: Timestamp,
) -> Result<Option<LoginFlow>, StoreError> {
    Ok(on_both!(tx, c => login_flows::table
        .filter(login_flows::project_id.eq(project).and(login_flows::browser_nonce_hash.eq(nonce_hash)))
        .filter(login_flows::saml_connection_id.eq(connection))
        .filter(login_flows::saml_request_id.eq(request))
        .filter(login_flows::state.eq(FlowState::AwaitingSaml).and(login_flows::expires_at.gt(now)))
        .select(LoginFlow::as_select())
        .get_result(c)
        .optional())?)
}

/// Whether any flow, of whichever browser and however it ended, sent this request to the connection.
pub fn knows_request(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    request: &str,
) -> Result<bool, StoreError> {
    let flows = login_flows::table
        .filter(login_flows::saml_connection_id.eq(connection))
        .filter(login_flows::saml_request_id.eq(request));
    Ok(diesel::select(diesel::dsl::exists(flows)).get_result(tx.connection)?)
}

/// How many logins the browser began at a connection for itself, no host app having asked, that have not expired; and, where
/// `open`, not ended either.
pub fn began_here(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    nonce_hash: &TokenHash,
    connection: &SamlConnectionId,
    open: bool,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let flows = login_flows::table
        .filter(login_flows::project_id.eq(project).and(login_flows::browser_nonce_hash.eq(nonce_hash)))
        .filter(login_flows::saml_connection_id.eq(connection).and(login_flows::client_id.is_null()))
        .filter(login_flows::expires_at.gt(now))
        .filter(login_flows::completed_at.is_null().or((!open).into_sql::<Bool>()));
    Ok(flows.count().get_result(tx.connection)?)
}

/// Forgets a browser's oldest flows that have not ended, all but the newest `keep` (R32). Returns how many went.
pub fn delete_oldest_open(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    nonce_hash: &TokenHash,
    keep: usize,
) -> Result<usize, StoreError> {
    // No limit in the statement: there are never more than `keep` and one, and SQLite plans a statement anew whenever a
    // bound limit changes.
    let open: Vec<LoginFlowId> = on_both!(tx, c => login_flows::table
        .filter(login_flows::project_id.eq(project).and(login_flows::browser_nonce_hash.eq(nonce_hash)))
        .filter(login_flows::completed_at.is_null())
        .order(login_flows::id.desc())
        .select(login_flows::id)
        .load(c))?;
    delete(tx, open.get(keep..).unwrap_or_default())
}

/// Forgets flows that expired before `before` without having ended, at most `limit` of them (R32).
pub fn delete_unfinished(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<LoginFlowId> = login_flows::table
        .filter(login_flows::expires_at.lt(before).and(login_flows::completed_at.is_null()))
        .limit(limit)
        .select(login_flows::id)
        .load(tx.connection)?;
    delete(tx, &old)
}

/// Forgets flows that expired before `before`, ended or not, at most `limit` of them (R32).
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<LoginFlowId> = login_flows::table
        .filter(login_flows::expires_at.lt(before))
        .limit(limit)
        .select(login_flows::id)
        .load(tx.connection)?;
    delete(tx, &old)
}

fn delete(tx: &mut Tx<'_>, ids: &[LoginFlowId]) -> Result<usize, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(login_flows::table.filter(login_flows::id.eq_any(ids))).execute(tx.connection)?)
}

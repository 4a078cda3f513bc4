//! Whether a draft of a connection is bare: nothing hangs on it that somebody else would be handed with it.

use diesel::{dsl::exists, prelude::*, select};

use super::{
    StoreError, Tx,
    connection::on_both,
    schema::{
        groups, identities, login_flows, parked_members, role_mappings, saml_assertion_replays,
        saml_connections, saml_ended_sessions, saml_idp_keys, saml_logout_requests, saml_test_logins,
        scim_api_keys, scim_checks, scim_oauth_clients, scim_rewrite_counts, scim_traces, sessions, users,
    },
};
use crate::model::ids::{SamlConnectionId, ScimConnectionId};

/// Whether no row of any of these columns names the connection. Each has an index, as every foreign key has.
macro_rules! nothing {
    ($tx:expr, $id:expr, $($table:ident::$column:ident),* $(,)?) => {
        true $(&& !on_both!($tx, c =>
            select(exists($table::table.filter($table::$column.eq($id)))).get_result::<bool>(c)
        )?)*
    };
}

/// Of SAML. The links to it are looked at by themselves; its own encryption key is known to nobody.
pub fn is_bare_saml(tx: &mut Tx<'_>, id: &SamlConnectionId) -> Result<bool, StoreError> {
    Ok(nothing!(
        tx,
        id,
        saml_idp_keys::saml_connection_id,
        saml_test_logins::saml_connection_id,
        saml_assertion_replays::saml_connection_id,
        saml_ended_sessions::saml_connection_id,
        saml_logout_requests::saml_connection_id,
        login_flows::saml_connection_id,
        identities::saml_connection_id,
        sessions::saml_connection_id,
        groups::saml_connection_id,
    ) && nothing!(tx, id.as_str(), role_mappings::connection_id))
}

/// Of SCIM. A token or a secret counts also where it has ended.
pub fn is_bare_scim(tx: &mut Tx<'_>, id: &ScimConnectionId) -> Result<bool, StoreError> {
    Ok(nothing!(
        tx,
        id,
        scim_api_keys::scim_connection_id,
        scim_oauth_clients::scim_connection_id,
        scim_checks::scim_connection_id,
        scim_traces::scim_connection_id,
        scim_rewrite_counts::scim_connection_id,
        parked_members::scim_connection_id,
        users::scim_connection_id,
        groups::scim_connection_id,
        saml_connections::paired_scim_connection_id,
    ) && nothing!(tx, id.as_str(), role_mappings::connection_id))
}

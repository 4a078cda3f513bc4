//! That what is asked in every request is answered by an index, on SQLite, whose plans do not depend on what is in the
//! tables. The texts are those that the store makes, cut down to what decides the plan.

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query, sql_types::Text,
};

use crate::support::{Kind, TestDatabase};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A query, and the indexes that answer it.
const PLANS: &[(&str, &[&str])] = &[
    (
        "SELECT * FROM users WHERE scim_connection_id = ? AND user_name_folded = ? AND users.status <> 'deleted' \
         OR scim_connection_id = ? AND external_id = ? AND users.status <> 'deleted' \
         OR organization_id = ? AND email_folded = ? AND users.status <> 'deleted'",
        &[
            "users_scim_connection_id_user_name_folded_key",
            "users_scim_connection_id_external_id_id_idx",
            "users_organization_id_email_folded_key",
        ],
    ),
    (
        "SELECT 1 FROM users WHERE organization_id = ? AND users.status = 'deleted' AND users.deactivated_by <> 'scim' \
         AND (scim_connection_id = ? AND (user_name_folded = ? OR external_id = ?) OR email_folded = ?)",
        &["users_organization_id_barred_idx"],
    ),
    ("SELECT * FROM users WHERE organization_id = ? AND id = ? AND users.status <> 'deleted'", &["(id=?)"]),
    (
        "SELECT id FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted' ORDER BY id LIMIT 1 OFFSET ?",
        &["COVERING INDEX users_scim_connection_id_id_idx"],
    ),
    (
        "SELECT count(*) FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted'",
        &["COVERING INDEX users_scim_connection_id_id_idx"],
    ),
    (
        "SELECT * FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted' AND NOT (external_id IS NULL) \
         AND external_id >= ? ORDER BY users.external_id ASC NULLS LAST, id ASC LIMIT ?",
        &["users_scim_connection_id_external_id_id_idx (scim_connection_id=? AND external_id>?)"],
    ),
    (
        "SELECT * FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted' AND external_id IS NULL \
         AND id > ? ORDER BY users.external_id ASC NULLS LAST, id ASC LIMIT ?",
        &["users_scim_connection_id_external_id_id_idx (scim_connection_id=? AND external_id=? AND id>?)"],
    ),
    (
        "SELECT * FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted' \
         ORDER BY users.external_id DESC NULLS FIRST, id ASC LIMIT ? OFFSET ?",
        &["users_scim_connection_id_external_id_id_idx"],
    ),
    (
        "SELECT * FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted' AND NOT (scim_display_name_folded IS NULL) \
         AND scim_display_name_folded >= ? AND (scim_display_name_folded > ? OR scim_display_name_folded = ? AND id > ?) \
         ORDER BY users.scim_display_name_folded ASC NULLS LAST, id ASC LIMIT ?",
        &[
            "users_scim_connection_id_scim_display_name_folded_idx (scim_connection_id=? AND scim_display_name_folded>?)",
        ],
    ),
    (
        "SELECT * FROM users WHERE scim_connection_id = ? AND users.status <> 'deleted' AND updated_at <= ? \
         AND (updated_at < ? OR updated_at = ? AND id > ?) ORDER BY updated_at DESC, id ASC LIMIT ?",
        &["users_scim_connection_id_updated_at_idx (scim_connection_id=? AND updated_at<?)"],
    ),
    (
        "SELECT * FROM groups WHERE scim_connection_id = ? AND display_name_folded >= ? \
         AND (display_name_folded > ? OR display_name_folded = ? AND id > ?) ORDER BY display_name_folded ASC, id ASC LIMIT ?",
        &[
            "groups_scim_connection_id_display_name_folded_id_idx (scim_connection_id=? AND display_name_folded>?)",
        ],
    ),
    (
        "SELECT * FROM groups WHERE scim_connection_id = ? ORDER BY groups.external_id ASC NULLS LAST, id ASC LIMIT ?",
        &["groups_scim_connection_id_external_id_id_idx"],
    ),
    (
        "SELECT * FROM group_members WHERE organization_id = ? AND group_id IN (?, ?) LIMIT ?",
        &["(organization_id=? AND group_id=?)"],
    ),
    (
        "DELETE FROM user_emails WHERE organization_id = ? AND user_id = ? AND position >= ?",
        &["(user_id=? AND position>?)"],
    ),
    (
        "SELECT id FROM outbox_events WHERE project_id = ? AND position IS NULL ORDER BY id LIMIT ?",
        &["outbox_events_project_id_position_key"],
    ),
    (
        "SELECT * FROM outbox_events WHERE project_id = ? AND position > ? ORDER BY position LIMIT ?",
        &["outbox_events_project_id_position_key"],
    ),
    (
        "SELECT * FROM sessions WHERE saml_connection_id = ? AND saml_name_id = ? AND project_id = ? AND revoked_at IS NULL",
        &["sessions_saml_connection_id_saml_name_id_idx"],
    ),
    (
        "SELECT id FROM sessions WHERE organization_id = ? AND user_id = ? AND revoked_at IS NULL ORDER BY id",
        &["sessions_organization_id_user_id_idx"],
    ),
    (
        "SELECT * FROM identities WHERE saml_connection_id = ? AND user_id = ?",
        &["identities_user_id_saml_connection_id_idx"],
    ),
    ("SELECT * FROM group_members WHERE member_group_id IN (?, ?)", &["group_members_member_group_id_idx"]),
    (
        "SELECT * FROM group_members WHERE organization_id = ? AND group_id = ? AND member_id > ? ORDER BY member_id LIMIT ?",
        &["(group_id=? AND member_id>?)"],
    ),
    (
        "SELECT roles.name FROM user_role_assignments INNER JOIN roles ON roles.id = user_role_assignments.role_id \
         WHERE user_role_assignments.user_id = ? AND user_role_assignments.organization_id = ? \
         AND roles.project_id = ? AND (roles.organization_id IS NULL OR roles.organization_id = ?)",
        &["user_role_assignments"],
    ),
    (
        "SELECT group_id, roles.name FROM role_mappings INNER JOIN roles ON roles.id = role_mappings.role_id \
         WHERE role_mappings.organization_id = ? AND suspended_at IS NULL AND group_id IS NOT NULL \
         AND roles.project_id = ? AND (roles.organization_id IS NULL OR roles.organization_id = ?)",
        &["role_mappings_organization_id_idx"],
    ),
    (
        "SELECT * FROM role_mappings LEFT JOIN user_role_assignments ON role_mapping_id = role_mappings.id AND user_id = ? \
         WHERE connection_id = ? AND attribute_name IS NOT NULL AND role_mappings.organization_id = ?",
        &["role_mappings_connection_id_attribute_key"],
    ),
    (
        "SELECT * FROM group_members INNER JOIN groups ON groups.id = group_members.group_id WHERE member_user_id = ? \
         AND group_members.organization_id = ? AND groups.organization_id = ?",
        &["group_members_member_user_id_idx"],
    ),
    (
        "SELECT group_id FROM group_members WHERE group_id IN (?, ?) AND member_id = ? AND organization_id = ?",
        &["(group_id=? AND member_id=?)"],
    ),
    (
        "SELECT * FROM refresh_tokens INNER JOIN sessions ON sessions.id = refresh_tokens.session_id \
         WHERE refresh_tokens.token_hash = ? AND sessions.project_id = ?",
        &["refresh_tokens_token_hash_key"],
    ),
    ("SELECT id FROM refresh_tokens WHERE expires_at < ? LIMIT ?", &["refresh_tokens_expires_at_idx"]),
];

#[actix_web::test]
async fn what_every_request_asks_is_answered_by_an_index() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let mut c = SqliteConnection::establish(database.url.strip_prefix("sqlite:").unwrap()).unwrap();
    let mut faults = Vec::new();
    for (query, indexes) in PLANS {
        let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(&mut c).unwrap();
        let plan: Vec<_> = steps.into_iter().map(|step| step.detail).collect();
        let plan = plan.join("; ");
        if plan.contains("SCAN") || !indexes.iter().all(|index| plan.contains(index)) {
            faults.push(format!("{query}\n  {plan}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

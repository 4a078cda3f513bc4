-- Every index of a table is written with every row. These are the tables that each login and each provisioned user writes
-- to, and these are the indexes that no query needs.

-- A user is found by its id alone; the tenant is then compared.
DROP INDEX users_organization_id_id_idx;
-- Counting users who are there and passing over pages of them reads nothing but the index; SQLite takes it for the whole
-- answer only if the status is in it.
DROP INDEX users_scim_connection_id_id_idx;
CREATE INDEX users_scim_connection_id_id_idx ON users (scim_connection_id, id, status) WHERE status <> 'deleted';
-- The addresses of one user are found by the primary key.
DROP INDEX user_emails_organization_id_user_id_idx;

-- Projects and organizations are never deleted, so that nothing asks for these by them.
DROP INDEX audit_log_events_project_id_occurred_at_idx;
DROP INDEX outbox_events_organization_id_idx;
DROP INDEX sessions_project_id_idx;
-- Events without a position are found by the unique key on project and position.
DROP INDEX outbox_events_project_id_pending_idx;
-- Sessions of a logout are found by the NameID; the index is compared.
DROP INDEX sessions_saml_connection_id_saml_session_index_idx;

-- The sessions of a user end with it, and are asked for with the organization: SQLite would take an index on that alone.
DROP INDEX sessions_organization_id_idx;
CREATE INDEX sessions_organization_id_user_id_idx ON sessions (organization_id, user_id);

-- Of columns that are mostly null only what is not.
DROP INDEX sessions_oidc_connection_id_idx;
CREATE INDEX sessions_oidc_connection_id_idx ON sessions (oidc_connection_id) WHERE oidc_connection_id IS NOT NULL;
DROP INDEX identities_oidc_connection_id_subject_key;
CREATE UNIQUE INDEX identities_oidc_connection_id_subject_key ON identities (oidc_connection_id, subject) WHERE oidc_connection_id IS NOT NULL;
DROP INDEX login_flows_client_id_idx;
CREATE INDEX login_flows_client_id_idx ON login_flows (client_id) WHERE client_id IS NOT NULL;
DROP INDEX login_flows_user_id_idx;
CREATE INDEX login_flows_user_id_idx ON login_flows (user_id) WHERE user_id IS NOT NULL;
DROP INDEX group_members_member_group_id_idx;
CREATE INDEX group_members_member_group_id_idx ON group_members (member_group_id) WHERE member_group_id IS NOT NULL;

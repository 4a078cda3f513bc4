-- Asked before a user is created: whether there was one with this login address.
CREATE INDEX users_organization_id_email_folded_deleted_idx ON users (organization_id, email_folded) WHERE status = 'deleted';

-- These lookups are ordered by id. An index that has the order too leaves the planner no reason to take one on the
-- tenant alone, and to read all of the tenant's rows for the sake of the order.
DROP INDEX users_scim_connection_id_external_id_idx;
CREATE INDEX users_scim_connection_id_external_id_id_idx ON users (scim_connection_id, external_id, id);
DROP INDEX groups_scim_connection_id_external_id_idx;
CREATE INDEX groups_scim_connection_id_external_id_id_idx ON groups (scim_connection_id, external_id, id);
DROP INDEX groups_scim_connection_id_display_name_folded_idx;
CREATE INDEX groups_scim_connection_id_display_name_folded_id_idx ON groups (scim_connection_id, display_name_folded, id);

-- A response is matched to its request; a busy connection has many requests open.
DROP INDEX login_flows_saml_connection_id_idx;
CREATE INDEX login_flows_saml_connection_id_saml_request_id_idx ON login_flows (saml_connection_id, saml_request_id);

-- Always asked for together with the project.
DROP INDEX login_flows_browser_nonce_hash_idx;

-- The name of a role is what the host app's code compares; it is in every token. Unique in the project and in each
-- organization.
ALTER TABLE roles ADD COLUMN name TEXT NOT NULL DEFAULT '';
UPDATE roles SET name = id;
CREATE UNIQUE INDEX roles_project_id_name_key ON roles (project_id, name) WHERE organization_id IS NULL;
CREATE UNIQUE INDEX roles_organization_id_name_key ON roles (organization_id, name) WHERE organization_id IS NOT NULL;

-- A mapping of a SAML attribute: its name here, the value in group_key. Who has it is known from the last login, and is
-- kept as assignments.
ALTER TABLE role_mappings ADD COLUMN attribute_name TEXT;
DROP INDEX role_mappings_connection_id_group_key_role_id_key;
CREATE UNIQUE INDEX role_mappings_connection_id_group_key ON role_mappings (connection_id, matched_by, group_key, role_id) WHERE attribute_name IS NULL;
CREATE UNIQUE INDEX role_mappings_connection_id_attribute_key ON role_mappings (connection_id, attribute_name, group_key, role_id) WHERE attribute_name IS NOT NULL;

-- What a refresh token was granted, and when it can be forgotten.
ALTER TABLE refresh_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT '';
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);

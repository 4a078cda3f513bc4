-- What the SCIM server learned after the frame.

-- The displayName of SCIM, folded: the column `display_name` falls back to other names and keeps its case.
ALTER TABLE users ADD COLUMN scim_display_name_folded TEXT COLLATE "C";
-- Whether the client has left `active` assigned; its value is the status.
ALTER TABLE users ADD COLUMN active_assigned BOOLEAN NOT NULL DEFAULT TRUE;
-- Until when the deactivation of this user is held: its sessions have ended, and logins are refused until then.
ALTER TABLE users ADD COLUMN held_until BIGINT;
UPDATE users SET scim_display_name_folded = lower(scim_attributes::json ->> 'displayName') WHERE scim_attributes IS NOT NULL;
CREATE INDEX users_scim_connection_id_scim_display_name_folded_idx ON users (scim_connection_id, scim_display_name_folded);
CREATE INDEX users_scim_connection_id_updated_at_idx ON users (scim_connection_id, updated_at);
CREATE INDEX users_scim_connection_id_inactive_idx ON users (scim_connection_id, id) WHERE status = 'inactive';
CREATE INDEX users_scim_connection_id_deactivated_at_idx ON users (scim_connection_id, deactivated_at) WHERE deactivated_at IS NOT NULL;
CREATE INDEX users_scim_connection_id_deleted_at_idx ON users (scim_connection_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX users_scim_connection_id_held_until_idx ON users (scim_connection_id, held_until) WHERE held_until IS NOT NULL;

-- An address without a value is a row as well, so that what SQL finds is what was pushed.
ALTER TABLE user_emails ADD COLUMN has_value BOOLEAN NOT NULL DEFAULT TRUE;

-- How fast a connection may be, how many schemas its organization has registered, when its last alarm was raised, and
-- until when held deactivations are let through.
ALTER TABLE scim_connections ADD COLUMN requests_per_second BIGINT NOT NULL DEFAULT 10000;
ALTER TABLE scim_connections ADD COLUMN custom_schemas BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scim_connections ADD COLUMN alarmed_at BIGINT;
ALTER TABLE scim_connections ADD COLUMN released_until BIGINT;

-- An OAuth client of a SCIM connection, for providers that fetch their tokens (RFC 6749 section 4.4).
CREATE TABLE scim_oauth_clients (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    scim_connection_id TEXT COLLATE "C" NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    display_name TEXT COLLATE "C" NOT NULL,
    secret_hash TEXT COLLATE "C" NOT NULL,
    secret_suffix TEXT COLLATE "C" NOT NULL,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX scim_oauth_clients_organization_id_idx ON scim_oauth_clients (organization_id);
CREATE INDEX scim_oauth_clients_scim_connection_id_idx ON scim_oauth_clients (scim_connection_id);

-- The client that fetched a token, and when its end was announced.
ALTER TABLE scim_api_keys ADD COLUMN scim_oauth_client_id TEXT COLLATE "C" REFERENCES scim_oauth_clients (id) ON DELETE CASCADE;
ALTER TABLE scim_api_keys ADD COLUMN warned_at BIGINT;
CREATE INDEX scim_api_keys_scim_oauth_client_id_idx ON scim_api_keys (scim_oauth_client_id);
CREATE INDEX scim_api_keys_expires_at_idx ON scim_api_keys (expires_at);

-- A schema that an organization has registered, with typed attributes.
CREATE TABLE scim_schemas (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    urn_folded TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    definition TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, urn_folded)
);

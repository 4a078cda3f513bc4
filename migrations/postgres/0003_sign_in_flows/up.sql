-- The switches of a connection that are rarely set, as JSON; what is not in it has its default.
ALTER TABLE saml_connections ADD COLUMN options TEXT COLLATE "C" NOT NULL DEFAULT '{}';
-- When the metadata is to be fetched again. Whoever moves it on is the one node that fetches.
ALTER TABLE saml_connections ADD COLUMN refresh_at BIGINT;
-- When it was last fetched because a signature failed (R24).
ALTER TABLE saml_connections ADD COLUMN refreshed_on_failure_at BIGINT;
-- Fetched metadata that waits for somebody to accept it (R24).
ALTER TABLE saml_connections ADD COLUMN held_metadata TEXT COLLATE "C";
-- Why the last fetch did not help.
ALTER TABLE saml_connections ADD COLUMN metadata_problem TEXT COLLATE "C";
CREATE INDEX saml_connections_refresh_at_idx ON saml_connections (refresh_at);

-- The last of the warnings (60, 30, 7, 1 days before the end) that was given.
ALTER TABLE saml_idp_keys ADD COLUMN warned_days BIGINT;

-- `prompt=none`: the provider must not ask.
ALTER TABLE login_flows ADD COLUMN passive BOOLEAN NOT NULL DEFAULT FALSE;
-- A login that began at the provider and waits for the person's consent (R8), as JSON.
ALTER TABLE login_flows ADD COLUMN pending TEXT COLLATE "C";

CREATE INDEX sessions_saml_connection_id_saml_name_id_idx ON sessions (saml_connection_id, saml_name_id);

-- A LogoutRequest of ours that a browser was sent to the provider with.
CREATE TABLE saml_logout_requests (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    saml_connection_id TEXT COLLATE "C" NOT NULL REFERENCES saml_connections (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX saml_logout_requests_organization_id_idx ON saml_logout_requests (organization_id);
CREATE INDEX saml_logout_requests_saml_connection_id_idx ON saml_logout_requests (saml_connection_id);
CREATE INDEX saml_logout_requests_expires_at_idx ON saml_logout_requests (expires_at);

-- Sessions at providers that have been logged out: an assertion of one of them that comes later is refused.
CREATE TABLE saml_ended_sessions (
    saml_connection_id TEXT COLLATE "C" NOT NULL REFERENCES saml_connections (id) ON DELETE CASCADE,
    session_key TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    ended_at BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (saml_connection_id, session_key)
);
CREATE INDEX saml_ended_sessions_organization_id_idx ON saml_ended_sessions (organization_id);
CREATE INDEX saml_ended_sessions_keep_until_idx ON saml_ended_sessions (keep_until);

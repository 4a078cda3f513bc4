-- A browser that opened a setup link is found by its session.
CREATE UNIQUE INDEX setup_links_session_hash_key ON setup_links (session_hash);

-- A test login of a setup link: every check of it, and no user, identity or session. The report is sealed, because it
-- names the person who tested.
CREATE TABLE saml_test_logins (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    setup_link_id TEXT NOT NULL REFERENCES setup_links (id) ON DELETE CASCADE,
    saml_connection_id TEXT NOT NULL REFERENCES saml_connections (id) ON DELETE CASCADE,
    nonce_hash TEXT NOT NULL,
    request_id TEXT NOT NULL,
    passed BOOLEAN,
    report_sealed TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE UNIQUE INDEX saml_test_logins_nonce_hash_key ON saml_test_logins (nonce_hash);
CREATE INDEX saml_test_logins_organization_id_idx ON saml_test_logins (organization_id);
CREATE INDEX saml_test_logins_setup_link_id_id_idx ON saml_test_logins (setup_link_id, id);
CREATE INDEX saml_test_logins_saml_connection_id_idx ON saml_test_logins (saml_connection_id);
CREATE INDEX saml_test_logins_expires_at_idx ON saml_test_logins (expires_at);

-- Login traces are looked for by address.
CREATE INDEX IF NOT EXISTS login_traces_organization_id_email_hash_idx ON login_traces (organization_id, email_hash);

-- A setup link may be for sign-in, for provisioning, or for both: one connection of each kind at most. It remembers which
-- identity provider the administrator has, and how often it made us fetch metadata.
ALTER TABLE setup_links ADD COLUMN saml_connection_id TEXT REFERENCES saml_connections (id) ON DELETE CASCADE;
ALTER TABLE setup_links ADD COLUMN scim_connection_id TEXT REFERENCES scim_connections (id) ON DELETE CASCADE;
ALTER TABLE setup_links ADD COLUMN provider TEXT;
ALTER TABLE setup_links ADD COLUMN metadata_fetches BIGINT NOT NULL DEFAULT 0;
UPDATE setup_links SET saml_connection_id = connection_id WHERE connection_kind = 'saml';
UPDATE setup_links SET provider = (SELECT provider FROM saml_connections WHERE id = setup_links.connection_id)
    WHERE exchanged_at IS NOT NULL;
ALTER TABLE setup_links DROP COLUMN connection_kind;
ALTER TABLE setup_links DROP COLUMN connection_id;
CREATE INDEX setup_links_saml_connection_id_idx ON setup_links (saml_connection_id);
CREATE INDEX setup_links_scim_connection_id_idx ON setup_links (scim_connection_id);

-- Metadata of several identity providers, kept until the administrator has said which of them it is.
CREATE TABLE setup_metadata (
    setup_link_id TEXT NOT NULL PRIMARY KEY REFERENCES setup_links (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    document TEXT NOT NULL,
    metadata_url TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX setup_metadata_organization_id_idx ON setup_metadata (organization_id);
CREATE INDEX setup_metadata_created_at_idx ON setup_metadata (created_at);

-- The last check of a SCIM connection, step by step.
CREATE TABLE scim_checks (
    scim_connection_id TEXT NOT NULL PRIMARY KEY REFERENCES scim_connections (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    passed BOOLEAN,
    report TEXT,
    begun_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX scim_checks_organization_id_idx ON scim_checks (organization_id);

-- The link that a token was made with: revoking the link ends it, as long as its connection is a draft.
ALTER TABLE scim_api_keys ADD COLUMN setup_link_id TEXT REFERENCES setup_links (id) ON DELETE SET NULL;
CREATE INDEX scim_api_keys_setup_link_id_idx ON scim_api_keys (setup_link_id);

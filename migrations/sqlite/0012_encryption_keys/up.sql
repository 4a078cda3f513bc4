-- Which of our keys a connection's provider encrypts to: what is encrypted to one connection opens on no other. A
-- connection from before has its project's key until it is rolled over, so that what its provider imported goes on.
CREATE TABLE saml_connection_keys (
    saml_connection_id TEXT NOT NULL REFERENCES saml_connections (id) ON DELETE CASCADE,
    saml_sp_key_id TEXT NOT NULL REFERENCES saml_sp_keys (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (saml_connection_id, saml_sp_key_id)
);
CREATE INDEX saml_connection_keys_saml_sp_key_id_idx ON saml_connection_keys (saml_sp_key_id);
CREATE INDEX saml_connection_keys_organization_id_idx ON saml_connection_keys (organization_id);
INSERT INTO saml_connection_keys (saml_connection_id, saml_sp_key_id, organization_id)
    SELECT saml_connections.id, saml_sp_keys.id, organizations.id
    FROM saml_connections
    JOIN organizations ON organizations.id = saml_connections.organization_id
    JOIN saml_sp_keys ON saml_sp_keys.project_id = organizations.project_id
    WHERE saml_sp_keys.purpose = 'encryption' AND saml_sp_keys.retired_at IS NULL;

-- Our metadata names AD FS nothing to encrypt to by itself. Connections in use keep what their provider may have imported.
UPDATE saml_connections
    SET options = CASE
        WHEN options = '{}' THEN '{"publishEncryption":true}'
        ELSE '{"publishEncryption":true,' || substr(options, 2)
    END
    WHERE provider = 'adfs' AND status <> 'draft' AND options NOT LIKE '%"publishEncryption"%';

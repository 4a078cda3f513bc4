DROP INDEX IF EXISTS login_traces_organization_id_email_hash_idx;
DROP TABLE saml_test_logins;
DROP INDEX setup_links_session_hash_key;

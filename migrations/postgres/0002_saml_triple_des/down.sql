ALTER TABLE saml_connections DROP COLUMN allow_triple_des;

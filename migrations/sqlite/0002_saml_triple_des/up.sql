-- A provider that encrypts by Triple DES and nothing better; only inside of what it has signed.
ALTER TABLE saml_connections ADD COLUMN allow_triple_des BOOLEAN NOT NULL DEFAULT FALSE;

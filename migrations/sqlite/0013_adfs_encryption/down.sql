-- The switch is unknown again, and passed over.
UPDATE saml_connections SET options = replace(options, '"publishEncryption":true,', '') WHERE provider = 'adfs';

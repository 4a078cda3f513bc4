-- The keys are their project's again, all of them: what providers encrypt to them still opens.
DROP TABLE saml_connection_keys;

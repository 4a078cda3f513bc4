//! SAML 2.0 service provider, pure: no I/O, no clock, no database.

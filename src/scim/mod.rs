//! SCIM 2.0 (RFC 7643, 7644), pure: no I/O, no clock, no database.

//! The only place with actix. One endpoint, one file; status codes are decided here.

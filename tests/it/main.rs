//! The integration tests: one binary, so that the suite links once.

mod architecture;
mod http;
mod store;
mod support;

//! The development identity provider, mounted by `demo` only.

//! Use-cases: one folder per area. Owns the transaction.

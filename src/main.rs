//! The `vestibule` binary: see [`vestibule::cli`].

fn main() {}

//! Configuration: one TOML file and `VESTIBULE_*` variables.

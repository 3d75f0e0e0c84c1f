//! `cargo xtask compare`.

//! One binary for all integration tests; the modules mirror the crates.

mod oracle;
mod refusals;
mod snapshots;

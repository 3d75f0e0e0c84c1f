//! One binary for all integration tests; the modules mirror the crates.

#[cfg(unix)]
mod api;
mod bernoulli;
mod bounds;
mod control_lengths;
mod control_trait;
mod cost;
mod deep;
mod derivatives;
mod estimator;
mod estimators;
mod examples;
mod extremes;
mod files;
mod fuzz;
mod guide;
mod language;
mod layers;
mod network;
mod oracle;
mod outside;
mod own_control;
mod own_distribution;
mod packages;
mod parts;
mod prose;
mod ranks;
mod readme;
mod refusals;
mod silent_faults;
mod snapshots;
mod trainer;
mod variance;

/// The settings of every property test: `cases` of them, the same ones every time, and no file of failures.
fn fixed_seed(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        cases,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260),
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    }
}

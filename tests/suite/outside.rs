//! A user's crate outside the workspace, with voidgrad under another name, compiles without a warning and gives the
//! right numbers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use num_dual::{DualNum, HyperDual64, second_partial_derivative};

/// Builds and runs the crate in `outside`, with clippy as its compiler, and gives what it prints.
fn run() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("outside");
    // The versions of the workspace are those that are there without a network.
    std::fs::copy(folder.join("../../Cargo.lock"), folder.join("Cargo.lock"))
        .expect("the workspace has a lock file");
    let clippy = Path::new(env!("CARGO")).with_file_name("clippy-driver");
    // As `cargo clippy` does it, which only checks: to check and to build every dependency takes half as long again.
    let output = cargo_in(&folder, "run")
        .env("RUSTC_WORKSPACE_WRAPPER", clippy.with_extension(env::consts::EXE_EXTENSION))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo run:\n{errors}");
    assert_eq!(errors, "", "cargo run warns");
    String::from_utf8(output.stdout).expect("the output is text")
}

/// A command of cargo for the crate of a user in this folder.
///
/// It shares the target directory of this test, and with it every dependency that was built with the same settings. So the crates here have the same features
/// of the same dependencies, and are built, not checked.
pub(super) fn cargo_in(folder: &Path, command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([command, "--offline", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target())
        // As the workspace's Cargo.toml has it for dependencies. Nobody debugs the crate itself.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_LTO", "off")
        // The suite's own settings are not a user's.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

/// The target directory.
pub(super) fn target() -> PathBuf {
    let test = env::current_exe().expect("the test is a file");
    test.ancestors().nth(3).expect("the test is in <target>/<profile>/deps").to_owned()
}

/// The crate's `misfit` on hyper-dual numbers.
fn misfit(t: f64, rate: HyperDual64, capacity: HyperDual64, y: f64) -> HyperDual64 {
    let ratio = capacity * ((-rate * t).exp() + 1.0).recip() / y;
    let x = if ratio.re > 1.0 { ratio.ln() } else { ratio - 1.0 };
    x * x / (x * x + 1.0)
}

#[test]
fn a_crate_outside_with_voidgrad_renamed_is_clean_and_right() {
    let output = run();
    let number = |name: &str| -> f64 {
        let line = output.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in\n{output}")).parse().expect("this is a number")
    };
    let (t, rate, capacity, y) = (1.5, 0.4, 3.0, 1.7);
    let rates = second_partial_derivative(|(a, b)| misfit(t, a + b - rate, capacity.into(), y), (rate, rate));
    let capacities =
        second_partial_derivative(|(a, b)| misfit(t, rate.into(), a + b - capacity, y), (capacity, capacity));
    let mixed = second_partial_derivative(|(rate, capacity)| misfit(t, rate, capacity, y), (rate, capacity));
    for (name, expected) in [
        ("value", mixed.0),
        ("d_rate", mixed.1),
        ("d_capacity", mixed.2),
        ("d_rate_d_rate", rates.3),
        ("d_rate_d_capacity", mixed.3),
        ("d_capacity_d_capacity", capacities.3),
    ] {
        // A few roundings of numbers of order 1.
        assert!((number(name) - expected).abs() < 1e-14, "{name}: {} {expected}", number(name));
    }
    // tanh(½·(0.3·0.5 - 0.7·0.9) + 2·0.2), on lanes: a few units in the last place.
    assert!((number("row") - (0.5 * (0.15 - 0.63) + 0.4_f64).tanh()).abs() < 1e-15);
    assert_eq!(number("parameters"), 3.0);
    for line in ["jacobian (2, 3)", "finite true"] {
        assert!(output.lines().any(|found| found == line), "no {line} in\n{output}");
    }
}

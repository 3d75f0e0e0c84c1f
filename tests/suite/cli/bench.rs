//! `cargo xtask bench`.

use std::fs;

use serde_json::Value;

#[cfg(unix)]
use super::xtask;
use super::{keys, names, printed, refusal, workplace};

/// The bench with the least work: one case, for an instant.
const BRIEF: [&str; 6] = ["bench", "--quick", "--case", "rebar", "--implementation", "hand-written"];

#[test]
fn bench_prints_a_row_for_each_implementation_and_keeps_it_as_json() {
    let place = workplace("bench");
    let file = place.join("times.json");
    let out = place.join("results");
    let (path, directory) = (file.to_str().unwrap(), out.to_str().unwrap());
    let arguments = ["bench", "--quick", "--case", "rebar", "--json", path, "--out", directory];
    let text = printed(&arguments);
    assert_eq!(
        (names(&place), names(&out)),
        (
            vec!["results".to_owned(), "times.json".to_owned()],
            vec!["bench.json".to_owned(), "bench.svg".to_owned()],
        )
    );
    let results: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert!(results["cpu"].is_string() && results["quick"] == true, "{results}");
    let levels = ["avx512", "avx2", "sse2", "neon", "scalar"];
    assert!(levels.contains(&results["lanes"].as_str().unwrap()), "{results}");
    let rows = results["rows"].as_array().unwrap();
    for scalar in ["f64", "f32"] {
        for implementation in ["generated", "scalar", "hand-written", "num-dual"] {
            let row = rows
                .iter()
                .find(|row| row["scalar"] == scalar && row["implementation"] == implementation)
                .unwrap_or_else(|| panic!("{implementation} in {scalar}: {results}"));
            let mut found = keys(row);
            found.sort_unstable();
            let expected = ["case", "implementation", "median", "p10", "p90", "scalar", "threads", "unit"];
            assert_eq!(found, expected);
            assert_eq!(
                (&row["case"], &row["unit"], &row["threads"]),
                (&"rebar".into(), &"ns/sample".into(), &1.into())
            );
            let [p10, median, p90] = ["p10", "median", "p90"].map(|key| row[key].as_f64().unwrap());
            assert!(0.0 < p10 && p10 <= median && median <= p90, "{row}");
            let line = text
                .lines()
                .find(|line| line.contains(scalar) && line.contains(&format!(" {implementation} ")));
            assert!(
                line.is_some_and(|line| line.starts_with("rebar")),
                "{implementation} in {scalar}:\n{text}"
            );
        }
    }
    let picture = fs::read_to_string(out.join("bench.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("rebar f32, generated"));
}

#[test]
fn bench_refuses_what_it_does_not_know_and_what_it_may_not_write() {
    let place = workplace("bench-refusals");
    let directory = place.to_str().unwrap();
    let missing = place.join("no-such-directory").join("times.json");
    for arguments in [
        &["--case", "no-such-case"][..],
        &["--scalar", "f16"],
        &["--implementation", "by-magic"],
        &["--force"],
        &["--python", "python3"],
        &["--json", directory],
        &["--json", missing.to_str().unwrap()],
        &["--out", directory],
    ] {
        refusal(&[&BRIEF[..], arguments].concat());
    }
    let line = refusal(&["bench", "--case", "no-such-case"]);
    assert!(line.contains("no-such-case") && line.contains("relax-wide"), "{line}");
    assert!(names(&place).is_empty(), "nothing is left behind");
}

#[test]
fn bench_needs_a_python_for_its_peers() {
    let line = refusal(&[&BRIEF[..], &["--peers", "--python", "/no/such/python"]].concat());
    assert!(line.contains("/no/such/python"), "{line}");
}

#[cfg(unix)]
#[test]
fn bench_leaves_out_a_peer_whose_package_is_missing() {
    use std::os::unix::fs::PermissionsExt;
    // A Python that has none of the packages, as `find_spec` tells by the exit code.
    let python = workplace("bench-python").join("python");
    fs::write(&python, "#!/bin/sh\nexit 3\n").unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let output = xtask(&[&BRIEF[..], &["--peers", "--python", python.to_str().unwrap()]].concat());
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    assert_eq!(notes.lines().count(), 2, "{notes}");
    assert!(
        notes.contains("no jax: jax is left out") && notes.contains("no torch: pytorch is left out"),
        "{notes}"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("hand-written") && !text.contains("jax"), "{text}");
}

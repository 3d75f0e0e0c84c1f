//! The library's modules are layers: each uses only those above it in the list, and none imports a caller.

mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up: a module uses the ones before it and nothing else.
const LAYERS: [&str; 33] = [
    "error",
    "tree",
    "tasks",
    "lanes",
    "ranks",
    "slices",
    "matrix",
    "compose",
    "recurrence",
    "flat",
    "lengths",
    "noise",
    "objective",
    "optimise",
    "search",
    "distribution",
    "bernoulli",
    "categorical",
    "chain",
    "counts",
    "gaussian",
    "plackett_luce",
    "subset",
    "toy",
    "kernel",
    "network",
    "elementwise",
    "control",
    "controls",
    "estimator",
    "estimators",
    "control_learning",
    "variance",
];

/// Above all others, in this order.
const CALLERS: [&str; 3] = ["batch", "rollout", "train"];

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().chain(&CALLERS).position(|layer| *layer == module)
}

/// The faults of one file of a module.
fn faults(module: &str, file: &str, source: &str) -> Vec<String> {
    let own = rank(module);
    let uses = paths::modules(module, source);
    let is_fault = |used: &String| match (own, rank(used)) {
        (Some(own), Some(used)) => used > own,
        // A module that is in no layer, or a name of the root, which re-exports everything.
        _ => true,
    };
    uses.into_iter().filter(is_fault).map(|used| format!("{file}: {module} uses {used}")).collect()
}

/// All files of the library but those of tests, with the top-level module that each belongs to.
fn files() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/voidgrad/src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if stem == "tests" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "lib" {
                let relative = path.strip_prefix(&root).unwrap();
                let first = relative.iter().next().unwrap().to_str().unwrap();
                found.push((first.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found
}

#[test]
fn no_module_uses_one_below_it_in_the_list() {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (module, path) in files() {
        // The guide and `annotated` are text, `quadrature` and `by_hand` are for tests.
        if ["annotated", "guide", "quadrature"].contains(&module.as_str())
            || path.ends_with("controls/by_hand.rs")
        {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        all.extend(faults(&module, path.file_name().unwrap().to_str().unwrap(), &source));
        seen.insert(module);
    }
    assert_eq!(all, Vec::<String>::new());
    let listed: BTreeSet<String> = LAYERS.iter().chain(&CALLERS).map(|layer| (*layer).to_owned()).collect();
    assert_eq!(seen, listed, "every module has a layer, and every layer a module");
}

#[test]
fn an_import_that_is_turned_around_is_a_fault() {
    let right = "use crate::noise::Rule; fn f() -> crate::error::ShapeMismatch { super::gaussian::g() }";
    assert_eq!(faults("distribution", "mod.rs", right), ["mod.rs: distribution uses gaussian"]);
    for source in [
        "use crate::{error::NoiseError, train::{Run, self}};",
        "fn f(run: &crate::train::Run) {}",
        "mod inner { use super::super::train::Run; }",
        "impl crate::train::Observer for X { fn f(&self) { let x: Vec<crate::train::Run> = Vec::new(); } }",
        "fn f() { g!(1); crate::train::run(); }",
        "fn f() { assert!(crate::train::run()); }",
    ] {
        assert_eq!(faults("control", "mod.rs", source), ["mod.rs: control uses train"], "{source}");
    }
    assert_eq!(
        faults("train", "mod.rs", "use crate::control::Control; use super::batch::Plate;"),
        Vec::<String>::new()
    );
    assert_eq!(faults("noise", "mod.rs", "use crate::Bernoulli;"), ["mod.rs: noise uses Bernoulli"]);
    let test = "#[cfg(test)] mod tests { use crate::train::Run; } #[cfg(test)] use crate::train::Run;";
    assert_eq!(faults("noise", "mod.rs", test), Vec::<String>::new());
}

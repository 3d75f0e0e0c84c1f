//! The packages of the published crates: what crates.io shows, and that nothing in them names a file outside. `.ci/packages` runs their tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Bytes of a package before it is compressed: what a user downloads is sources, not data.
const LARGEST: u64 = 4_000_000;

/// What cargo prints in the root of the workspace.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--offline").current_dir(root());
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All packages of the workspace.
fn workspace() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version=1"]);
    let mut metadata: Value = serde_json::from_str(&metadata).expect("the metadata are JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("{other} is no list of packages"),
    }
}

/// The packages that are published.
fn published() -> Vec<Value> {
    let mut packages = workspace();
    // An empty list of registries is `publish = false`.
    packages.retain(|package| package["publish"].is_null());
    assert!(packages.len() == 7, "four of the library, three of the program");
    packages
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a package has a name")
}

fn folder(package: &Value) -> PathBuf {
    let manifest = package["manifest_path"].as_str().expect("a package has a manifest");
    Path::new(manifest).parent().expect("a manifest is in a folder").to_owned()
}

/// The files of a package that are in its folder, by their paths there.
fn files(package: &Value) -> BTreeSet<PathBuf> {
    let list = cargo(&["package", "--list", "--allow-dirty", "--package", name(package)]);
    list.lines().map(PathBuf::from).filter(|path| folder(package).join(path).exists()).collect()
}

#[test]
fn every_package_says_what_it_is() {
    for package in published() {
        let crate_name = name(&package);
        let long = package["description"].as_str().map_or(0, str::len);
        assert!((20..=200).contains(&long), "{crate_name}: {}", package["description"]);
        for (key, most) in [("keywords", 5), ("categories", 5)] {
            let entries = package[key].as_array().expect("a list");
            assert!((1..=most).contains(&entries.len()), "{crate_name}: {key} {entries:?}");
        }
        for keyword in package["keywords"].as_array().expect("a list") {
            let keyword = keyword.as_str().expect("a keyword is text");
            let is_plain = keyword.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c));
            assert!(keyword.len() <= 20 && is_plain, "{crate_name}: {keyword}");
        }
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{crate_name}");
        assert_eq!(package["readme"], "README.md", "{crate_name}");
        assert!(package["rust_version"].is_string(), "{crate_name}");
        assert!(package["metadata"]["docs"]["rs"].is_object(), "{crate_name}");
    }
}

#[test]
fn crates_pin_the_exact_version_of_each_other() {
    let published = published();
    let names: BTreeSet<&str> = published.iter().map(name).collect();
    let mut pins = 0;
    for package in &published {
        for dependency in package["dependencies"].as_array().expect("a list") {
            let other = dependency["name"].as_str().expect("a dependency has a name");
            if dependency["path"].is_string() {
                assert!(names.contains(other), "{} needs {other}, which is not published", name(package));
                let version = package["version"].as_str().expect("a package has a version");
                assert_eq!(dependency["req"], format!("={version}"), "{other} of {}", name(package));
                pins += 1;
            }
        }
    }
    assert!(pins >= 4, "only {pins} dependencies are crates of this workspace");
}

#[test]
fn every_package_has_a_readme_and_both_licences() {
    for package in published() {
        let files = files(&package);
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(files.contains(Path::new(file)), "{} has no {file}", name(&package));
        }
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let [inside, outside] = [folder(&package), root()].map(|of| fs::read(of.join(licence)).unwrap());
            assert!(inside == outside, "{licence} of {}", name(&package));
        }
    }
}

#[test]
fn the_digits_of_two_packages_are_the_same() {
    let [of_library, of_program] =
        ["voidgrad/examples/data/digits.txt", "voidgrad-cli/src/problems/vae/data/digits.txt"]
            .map(|path| fs::read(root().join("crates").join(path)).unwrap());
    assert!(of_library == of_program);
}

#[test]
fn packages_are_small() {
    for package in published() {
        let size = |path: &PathBuf| fs::metadata(folder(&package).join(path)).unwrap().len();
        let bytes: u64 = files(&package).iter().map(size).sum();
        assert!(bytes <= LARGEST, "{} has {bytes} bytes", name(&package));
    }
}

/// The files that a source file names: those that it includes, and texts that begin with a way up. Paths are relative to the folder of the package.
fn named(source: &Path, text: &str) -> Vec<PathBuf> {
    let beside = source.parent().expect("a source file is in a folder");
    let mut found = Vec::new();
    let mut before = "";
    for (index, part) in text.split('"').enumerate() {
        // Every second part is within quotes, or near enough: a quote in a comment moves some lines of code into them.
        let is_included = ["include_str!(", "include_bytes!(", "include!(", "#[path = "]
            .iter()
            .any(|by| before.ends_with(by));
        if is_included || part.starts_with("../") {
            found.push(beside.join(part));
        } else if let Some(from_root) = part.strip_prefix('/')
            && before.trim_end().ends_with("CARGO_MANIFEST_DIR")
            && index > 0
        {
            found.push(PathBuf::from(from_root));
        }
        // `concat!(env!("CARGO_MANIFEST_DIR"), "/…")`
        before = if part == "), " && before == "CARGO_MANIFEST_DIR" { before } else { part };
    }
    found
}

/// The path without `..`; `None` if it leads out.
fn within(path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => inside.pop().then_some(())?,
            Component::Normal(part) => inside.push(part),
            _ => {}
        }
    }
    Some(inside)
}

#[test]
fn no_file_of_a_package_names_one_outside() {
    let mut seen = 0;
    for package in published() {
        let files = files(&package);
        let is_there =
            |path: &Path| within(path).is_some_and(|path| files.iter().any(|file| file.starts_with(&path)));
        for source in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        {
            let text = fs::read_to_string(folder(&package).join(source)).unwrap();
            for path in named(source, &text) {
                assert!(is_there(&path), "{}: {} names {}", name(&package), source.display(), path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 15, "only {seen} files are named");
}

#[test]
fn the_script_that_tests_the_packages_knows_all_of_them() {
    let script = fs::read_to_string(root().join(".ci/packages")).unwrap();
    let line = script.lines().find_map(|line| line.strip_prefix("published=(")?.strip_suffix(')'));
    let listed: BTreeSet<&str> = line.expect("a list").split(' ').collect();
    assert_eq!(listed, published().iter().map(name).collect());
}

#[test]
fn paths_are_found_as_they_are_written() {
    let source = r#"
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/a.json");
        let inside = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/b.json");
        let text = include_str!("../c.json");
        let beside = include_str!("d.json");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e");
        let other = "/f";
    "#;
    let found: Vec<Option<PathBuf>> =
        named(Path::new("src/x.rs"), source).iter().map(|path| within(path)).collect();
    let path = |path: &str| Some(PathBuf::from(path));
    // The last is read as if it were relative to the source file, and is wrong in either case.
    assert_eq!(found, [None, path("fixtures/b.json"), path("c.json"), path("src/d.json"), path("e")]);
}

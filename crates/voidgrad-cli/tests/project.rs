//! What `voidgrad new` writes builds without a warning, passes its test, and finds the least f.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The workspace of this package.
struct Workspace {
    /// The folder of the library.
    library: PathBuf,
    /// The versions of all dependencies.
    versions: PathBuf,
    /// The folder of the crates that the library takes from crates.io, in a workspace of unpacked packages.
    patches: String,
}

/// None if the library is not in it.
fn workspace() -> Option<Workspace> {
    let mut cargo = Command::new(env!("CARGO"));
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let output = cargo.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let folder = |package: &Value| {
        let manifest = package["manifest_path"].as_str().unwrap();
        Path::new(manifest).parent().unwrap().to_owned()
    };
    let library = packages.iter().find(|package| package["name"] == "voidgrad")?;
    let is_from_elsewhere = |name: &Value| {
        let all = packages.iter().flat_map(|package| package["dependencies"].as_array().unwrap());
        all.into_iter().any(|dependency| dependency["name"] == *name && dependency["path"].is_null())
    };
    let patches = ["voidgrad-real", "voidgrad-symbolic", "voidgrad-macros"].map(|name| {
        let package = packages.iter().find(|package| package["name"] == name);
        let package = package.filter(|package| is_from_elsewhere(&package["name"]));
        package.map_or_else(String::new, |package| {
            // A text of JSON is one of TOML.
            let path = Value::String(folder(package).display().to_string());
            format!("{name} = {{ path = {path} }}\n")
        })
    });
    let patches = patches.concat();
    let patches = if patches.is_empty() { patches } else { format!("\n[patch.crates-io]\n{patches}") };
    let versions = Path::new(metadata["workspace_root"].as_str().unwrap()).join("Cargo.lock");
    Some(Workspace { library: folder(library), versions, patches })
}

/// A command of cargo in the project, which shares the target directory of this test.
fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).expect("the test is in <target>/<profile>/deps");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        // As the workspace has it for dependencies, which are shared then.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_LTO", "off")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.output().unwrap()
}

#[test]
fn a_new_project_builds_passes_its_test_and_trains() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-project");
    if place.exists() {
        fs::remove_dir_all(&place).unwrap();
    }
    fs::create_dir_all(&place).unwrap();
    let Some(Workspace { library, versions, patches }) = workspace() else {
        eprintln!("skipped: the library is not in the workspace of this package");
        return;
    };
    let mut new = Command::new(env!("CARGO_BIN_EXE_voidgrad"));
    new.args(["new", "own_project", "--path"]).arg(&library).current_dir(&place);
    let output = new.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let folder = place.join("own_project");
    let lines = fs::read_to_string(folder.join("src/main.rs"))
        .unwrap()
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .count();
    assert!(lines <= 35, "the program has {lines} lines");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest + &patches).unwrap();
    // The versions that are there without a network.
    fs::copy(versions, folder.join("Cargo.lock")).unwrap();
    let tested = cargo(&folder, &["test"]);
    let [printed, warned] = [tested.stdout, tested.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(tested.status.success() && printed.contains("1 passed"), "{printed}{warned}");
    assert_eq!(warned, "", "it builds without a warning");
    let trained = cargo(&folder, &["run"]);
    let printed = String::from_utf8(trained.stdout).unwrap();
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    let numbers =
        printed.trim().strip_prefix("probabilities of 1: [").and_then(|rest| rest.strip_suffix(']'));
    let numbers: Vec<f64> =
        numbers.expect(&printed).split(", ").map(|number| number.parse().unwrap()).collect();
    assert!(numbers[0] > 0.9 && numbers[1] < 0.1 && numbers[2] > 0.9, "{printed}");
}

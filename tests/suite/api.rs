//! The public names of the library, as a snapshot: a change of them is seen, and meant.
//!
//! rustdoc is called through a script of the shell, so there is no such test on Windows. Its JSON is unstable. It is asked for with `RUSTC_BOOTSTRAP`, which is set for rustdoc alone: build scripts would see it, and everything would be built again.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::outside;

/// The version of the JSON that the crate `public-api` reads here, which is that of Rust 1.95.
const FORMAT: &str = "\"format_version\":57";

/// In the place of rustdoc when cargo has examples tested: writes the JSON of the crate `$API`, and does nothing for others.
const RUSTDOC: &str = "#!/bin/sh
case \" $* \" in *\" --crate-name $API \"*) ;; *) exit 0 ;; esac
value=
for argument; do
    shift
    case $value$argument in
        --test) ;;
        --test-*) value=value ;;
        value*) value= ;;
        *) set -- \"$@\" \"$argument\" ;;
    esac
done
RUSTC_BOOTSTRAP=1 exec rustdoc \"$@\" -Z unstable-options --output-format json --cap-lints warn --out-dir \"$API_FOLDER\"
";

/// rustdoc's JSON of a crate with all of its features, beside what cargo has built for the tests: `cargo rustdoc` would have each dependency checked, which takes half a minute.
fn json(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let rustdoc = place.join("rustdoc-json");
    fs::write(&rustdoc, RUSTDOC).unwrap();
    fs::set_permissions(&rustdoc, fs::Permissions::from_mode(0o755)).unwrap();
    let written = place.join(name.replace('-', "_")).with_extension("json");
    let _ = fs::remove_file(&written);
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        // Of the whole workspace, so that each dependency has the features that it has in the build of the tests.
        .args(["test", "--doc", "--workspace", "--offline", "--quiet"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env("CARGO_TARGET_DIR", outside::target())
        .env("RUSTDOC", rustdoc)
        .env("API", name.replace('-', "_"))
        .env("API_FOLDER", place)
        .env_remove("RUSTDOCFLAGS");
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    written
}

/// One line for each public item. What an implementation of a trait has is the trait's: its own line is enough.
fn names(json: &Path) -> String {
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .expect("the JSON is of a version that is read");
    let (mut lines, mut implemented_by) = (BTreeSet::new(), None);
    for line in api.items().map(ToString::to_string) {
        if line.starts_with("impl") {
            implemented_by = line.split_once(" for ").map(|(_, by)| path(by).to_owned());
        } else if let Some(by) = &implemented_by
            && ["pub fn ", "pub unsafe fn ", "pub const fn ", "pub type ", "pub const "].iter().any(|start| {
                line.strip_prefix(start)
                    .and_then(|rest| rest.strip_prefix(by.as_str()))
                    .is_some_and(|rest| rest.starts_with("::"))
            })
        {
            continue;
        }
        lines.insert(line);
    }
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// The path of a type, without what stands before it and behind it.
fn path(of: &str) -> &str {
    let of = of.trim_start_matches(['&', '(']).trim_start_matches("mut ");
    of.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').next().unwrap_or_default()
}

/// `INSTA_UPDATE=always cargo test -p voidgrad-tests --test suite api` writes it anew.
#[test]
fn the_public_names_are_those_of_the_snapshot() {
    let json = json("voidgrad");
    if !fs::read_to_string(&json).unwrap().contains(FORMAT) {
        eprintln!("skipped: rustdoc of this Rust writes JSON of another version");
        return;
    }
    let names = names(&json);
    assert!(names.contains("pub trait voidgrad::estimator::Estimator"), "{names}");
    assert!(!names.contains("__private"));
    insta::assert_snapshot!("voidgrad", names);
}

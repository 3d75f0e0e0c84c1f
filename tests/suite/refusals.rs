//! What is outside the language is refused on the user's own tokens, all of it at once, with a hint.
//!
//! The faults are grouped in `refusals/*.rs`. One snapshot holds what the engine says of a group, another one what rustc makes of
//! it: the same errors on the same tokens, and what only rustc can know, such as a derivative that a callee does not have.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use voidgrad_symbolic::expand::file;

use super::outside;

/// The groups that rustc reads, each of which is a program.
const GROUPS: [&str; 12] = [
    "attribute",
    "bodies",
    "callees",
    "calls",
    "control_flow",
    "controls",
    "emitted",
    "networks",
    "numbers",
    "orders",
    "signature",
    "statements",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("refusals")
}

#[test]
fn faults_are_reported_where_they_are() {
    let mut errors = compiled(&GROUPS);
    for group in GROUPS {
        insta::assert_snapshot!(format!("rustc_{group}"), errors.remove(group).unwrap_or_default());
    }
}

/// rustc's errors of the groups, which share a crate: the dependencies are those of the crate outside, and built with it. Nothing of a group itself is built.
fn compiled(groups: &[&str]) -> BTreeMap<String, String> {
    let source = outside::target().join("refusals");
    fs::create_dir_all(&source).expect("the folder is writable");
    // TOML takes a backslash for an escape.
    let text = |path: PathBuf| path.display().to_string().replace('\\', "/");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut manifest = format!(
        "[workspace]\n[package]\nname = \"refusals\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nnalgebra = {{ version = \"*\", default-features = false }}\nvoidgrad = {{ path = \"{}\" }}\n",
        text(workspace.join("crates/voidgrad"))
    );
    for group in groups {
        let path = text(folder().join(group).with_extension("rs"));
        let _ = write!(manifest, "[[bin]]\nname = \"{group}\"\npath = \"{path}\"\n");
    }
    fs::write(source.join("Cargo.toml"), manifest).expect("the folder is writable");
    fs::copy(workspace.join("Cargo.lock"), source.join("Cargo.lock")).expect("the workspace has a lock file");
    let output = outside::cargo_in(&source, "build")
        .args(["--bins", "--keep-going", "--message-format=json"])
        .output()
        .expect("cargo runs");
    let mut errors: BTreeMap<String, String> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).expect("cargo prints JSON");
        let message = &line["message"];
        // Without a place it is the number of errors.
        if message["level"] == "error" && message["spans"][0].is_object() {
            let group = line["target"]["name"].as_str().unwrap_or_default().to_owned();
            let (text, error) = (errors.entry(group).or_default(), described(message));
            // One that differs in a place within the library is the same to a reader.
            if text.lines().all(|known| known != error) {
                let _ = writeln!(text, "{error}");
            }
        }
    }
    assert!(!errors.is_empty(), "cargo build: {}", String::from_utf8_lossy(&output.stderr));
    errors
}

/// An error in a line: the place and the words that it stands on, the message, the label there, and the notes of the macro.
fn described(message: &Value) -> String {
    let empty = Vec::new();
    let list = |value: &Value| value.as_array().unwrap_or(&empty).clone();
    let spans = list(&message["spans"]);
    let Some(span) = spans.iter().find(|span| span["is_primary"] == true) else {
        return message["message"].to_string();
    };
    let column = |key: &str| usize::try_from(span["text"][0][key].as_u64().unwrap_or(1)).unwrap_or(1) - 1;
    let line: Vec<char> = span["text"][0]["text"].as_str().unwrap_or_default().chars().collect();
    let words: String = line[column("highlight_start")..column("highlight_end")].iter().collect();
    let message_text = message["message"].as_str().unwrap_or_default();
    let mut text = format!("{}:{}: `{words}`: {message_text}", span["line_start"], span["column_start"]);
    if let Some(label) = span["label"].as_str() {
        let _ = write!(text, " [{label}]");
    }
    // A note with a place is rustc's own, and so is the one on the macro; both change with its version.
    for note in list(&message["children"]) {
        let note_text = note["message"].as_str().unwrap_or_default();
        let is_ours = note["level"] == "note" && list(&note["spans"]).is_empty();
        if is_ours && !note_text.starts_with("this error originates") {
            let _ = write!(text, "; {note_text}");
        }
    }
    text
}

/// The engine's errors for a file of faults: the line, the words that the error stands on, the message.
fn errors(path: &Path) -> String {
    let source = fs::read_to_string(path).expect("the file is there");
    let root = "::voidgrad".parse().expect("this is a path");
    let expansions = file(&source, &root).expect("the file is Rust");
    let lines: Vec<&str> = source.lines().collect();
    let mut text = String::new();
    for expansion in expansions {
        for error in expansion.error.into_iter().flatten() {
            let (start, end) = (error.span().start(), error.span().end());
            let line: Vec<char> = lines[start.line - 1].chars().collect();
            let to = if end.line == start.line { end.column } else { line.len() };
            let words: String = line[start.column..to].iter().collect();
            let _ = writeln!(text, "{}: `{words}`: {error}", expansion.name);
        }
    }
    text
}

#[test]
fn every_fault_has_its_words_and_its_hint() {
    let folder = folder();
    for group in [
        "attribute",
        "signature",
        "control_flow",
        "statements",
        "numbers",
        "calls",
        "controls",
        "networks",
        "emitted",
    ] {
        insta::assert_snapshot!(group, errors(&folder.join(group).with_extension("rs")));
    }
    // rustc prints nalgebra's own words on these besides, which change with every version of it.
    insta::assert_snapshot!("shapes", errors(&folder.join("shapes/shapes.rs")));
}

//! A program in a test: how it is called, and what it leaves behind.
//!
//! Cargo builds the program with the test, of the same crates with the same features. The test names it: `PROGRAM`, and `NAME` for users.

#![allow(dead_code, reason = "each of the tests uses some of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::{NAME, PROGRAM};

/// A call of the program, in a directory for temporary files.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// What comes of a call.
pub(crate) fn call(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// What a call printed that has to succeed, without a word of complaint.
#[track_caller]
pub(crate) fn printed(arguments: &[&str]) -> String {
    let output = call(arguments);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line that a call with bad arguments is refused with.
#[track_caller]
pub(crate) fn refusal(arguments: &[&str]) -> String {
    let output = call(arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert!(output.stdout.is_empty() && line.ends_with('\n'), "{arguments:?}");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

/// An empty directory of a test's own.
pub(crate) fn workplace(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// The names in a directory, hidden ones too.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The keys of an object.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The help of a command is there, and in at most 100 columns.
#[track_caller]
pub(crate) fn assert_help_fits(arguments: &[&str]) {
    let output = command(arguments).env_remove("COLUMNS").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains(&format!("Usage: {NAME}")), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{arguments:?}: {line}");
    }
}

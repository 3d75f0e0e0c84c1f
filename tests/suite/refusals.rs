//! What is outside the language is refused on the user's own tokens, all of it at once, with a hint.
//!
//! The faults are grouped in `refusals/*.rs`. What the compiler prints stands beside each in `*.stderr`
//! (`TRYBUILD=overwrite` writes it anew); what the engine itself says, and where, in the snapshots.

use std::fmt::Write as _;
use std::path::Path;

use voidgrad_symbolic::expand::file;

#[test]
fn faults_are_reported_where_they_are() {
    trybuild::TestCases::new().compile_fail("refusals/*.rs");
}

/// The engine's errors for a file of faults: the line, the words that the error stands on, the message.
fn errors(path: &Path) -> String {
    let source = std::fs::read_to_string(path).expect("the file is there");
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("refusals");
    for group in ["attribute", "signature", "control_flow", "statements", "numbers", "calls", "controls"] {
        insta::assert_snapshot!(group, errors(&folder.join(group).with_extension("rs")));
    }
    // rustc prints nalgebra's own words on these besides, which change with every version of it.
    insta::assert_snapshot!("shapes", errors(&folder.join("shapes/shapes.rs")));
}

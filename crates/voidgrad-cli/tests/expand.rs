//! `voidgrad expand` as a program.

#![cfg(feature = "expand")]

mod program;

use program::{assert_help_fits, call, printed, refusal, workplace};

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_voidgrad");
const NAME: &str = "voidgrad expand";

#[test]
fn help_fits_a_hundred_columns() {
    assert_help_fits(&["expand", "--help"]);
    assert_help_fits(&["expand", "-h"]);
}

#[test]
fn expand_prints_code_and_formulas() {
    let text = printed(&["expand", "rebar"]);
    assert!(text.contains("fn d_z_d_lambda") && text.contains("\\frac"), "{text}");
    syn::parse_file(&text).expect("what is printed is Rust");
}

#[test]
fn a_function_that_is_not_there_is_a_bad_argument() {
    let line = refusal(&["expand", "no_such_function"]);
    assert!(line.contains("no_such_function") && line.contains("rebar"), "{line}");
    refusal(&["expand", "--no-such-option"]);
}

#[test]
fn a_file_that_cannot_be_read_is_a_bad_argument() {
    let directory = workplace("unreadable");
    for path in [directory.join("missing.rs"), directory.clone()] {
        let line = refusal(&["expand", "--path", path.to_str().unwrap()]);
        assert!(line.contains(path.to_str().unwrap()), "{line}");
    }
}

#[test]
fn expand_prints_what_can_be_printed_and_then_all_the_errors() {
    let path = workplace("expand").join("mixed.rs");
    let source = "#[differentiate(wrt(x))] fn square(x: f64) -> f64 { x * x }\n\
                  #[differentiate(wrt(x))] fn first(x: f64) -> f64 { x.no_such_method() }\n\
                  #[differentiate(wrt(x))] fn second(x: f64) -> f64 { x.nor_this() + x.nor_that() }\n\
                  #[differentiate(wrt(x))] fn cube(x: f64) -> f64 { x * x * x }\n";
    std::fs::write(&path, source).unwrap();
    let output = call(&["expand", "--path", path.to_str().unwrap()]);
    let [code, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(output.status.code(), Some(2), "{errors}");
    syn::parse_file(&code).expect("what is printed is Rust");
    assert!(code.contains("// mixed::square") && code.contains("// mixed::cube"), "{code}");
    assert!(!code.contains("mixed::first"), "{code}");
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 3, "{errors}");
    for (line, (name, method)) in
        lines.iter().zip([("first", "no_such_method"), ("second", "nor_this"), ("second", "nor_that")])
    {
        assert!(line.starts_with("error: ") && line.contains(&format!("mixed::{name}, line")), "{line}");
        assert!(line.contains(method), "{line}");
    }
}

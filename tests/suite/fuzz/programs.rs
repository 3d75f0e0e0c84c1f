//! Random programs against what the macro makes of them: the short, deterministic form of the target `differential`.
//!
//! `VOIDGRAD_FUZZ_PROGRAMS` and `VOIDGRAD_FUZZ_COMPILED` set how many programs are run, and with `VOIDGRAD_FUZZ_REPORT` the tests
//! print which constructs there were.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::choices::Choices;
use super::compiled::{Folders, compiled};
use super::differential::{Outcome, differential};
use super::program::templates::Template;
use super::program::{Program, program, program_with, rows};
use super::report::{Report, described};
use crate::outside::target;

fn count(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn bytes(seed: u64) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..600).map(|_| random.random()).collect()
}

/// Compares a program and adds it to the report.
#[track_caller]
fn compared(program: &Program, report: &mut Report) -> Outcome {
    let outcome = differential(program);
    report.add(&program.constructs, &outcome);
    if let Outcome::Accepted(comparison) = &outcome
        && let Some(fault) = comparison.faults.first()
    {
        panic!("{}", described(program, fault));
    }
    outcome
}

fn print(report: &Report) {
    if std::env::var_os("VOIDGRAD_FUZZ_REPORT").is_some() {
        println!("{report}");
    }
}

#[test]
fn values_and_derivatives_are_those_of_the_function() {
    let mut report = Report::new();
    for seed in 0..count("VOIDGRAD_FUZZ_PROGRAMS", 300) {
        compared(&program(&mut Choices::new(&bytes(seed))), &mut report);
    }
    print(&report);
    assert!(3 * report.accepted > report.programs, "few programs are accepted:\n{report}");
    let unknown: u64 = report.unknown.values().sum();
    assert!(20 * unknown < report.accepted, "many programs are not known to the interpreter:\n{report}");
}

/// A program with this row; the first of the seed's that has a place for it.
fn with_row(row: &'static Template, seed: u64) -> Program {
    let programs = (0..).map(|more| program_with(vec![row], &mut Choices::new(&bytes(1000 * seed + more))));
    programs.into_iter().find(|program| program.constructs.contains(row.name)).expect("every row has a place")
}

#[test]
fn every_construct_is_accepted_somewhere_or_refused_always() {
    let mut report = Report::new();
    let mut wrong = Vec::new();
    for (place, row) in rows().enumerate() {
        let is_listed = REFUSED.contains(&row.name);
        let seeds = if is_listed { 0..6 } else { 0..24 };
        let mut outcomes = seeds.map(|seed| compared(&with_row(row, 100 * place as u64 + seed), &mut report));
        let is_accepted = outcomes.any(|outcome| matches!(outcome, Outcome::Accepted(_)));
        if is_accepted == is_listed {
            wrong.push((row.name, is_accepted));
        }
    }
    print(&report);
    assert!(wrong.is_empty(), "accepted, but in the list, or refused, but not in it: {wrong:#?}");
}

#[test]
fn what_the_differential_test_found_stays_found() {
    let mut report = Report::new();
    for body in FOUND {
        for result in ["f64", "[f64; 2]"] {
            let tail = if result == "f64" { "t" } else { "[t, x * t]" };
            compared(&found(body, result, tail), &mut report);
        }
    }
}

fn found(body: &str, result: &str, tail: &str) -> Program {
    Program {
        attribute: "wrt(x, p), order = 2".into(),
        wrt: vec!["x", "p"],
        item: format!(
            "fn f(x: f64, y: f64, on: bool, p: [f64; 2], v: SVector<f64, 2>) -> {result} {{ {body} {tail} }}"
        ),
        constructs: std::collections::BTreeSet::new(),
    }
}

#[test]
fn compiled_programs_agree_with_the_interpreter() {
    let folders = Folders {
        source: target().join("batch"),
        workspace: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
    };
    let mut programs: Vec<Program> = FOUND.iter().map(|body| found(body, "f64", "t")).collect();
    let first = 1_000_000;
    programs.extend(
        (first..first + count("VOIDGRAD_FUZZ_COMPILED", 12))
            .map(|seed| program(&mut Choices::new(&bytes(seed)))),
    );
    let batch = compiled(&folders, &programs);
    assert!(batch.faults.is_empty(), "{}", batch.faults.join("\n\n"));
    assert!(2 * batch.valid > programs.len(), "few programs are Rust: {batch:?}");
    assert!(10 * batch.unknown < batch.compared, "many programs are not known to the interpreter: {batch:?}");
}

/// What was wrong, or did not compile, once: statements that make `t` of `x`, `y`, `on`, `p` and `v`.
const FOUND: &[&str] = &[
    // entries of two arrays of one length were taken for one place
    "let t = [x, y].iter().map(|e| p.iter().map(|g| g * e).sum::<f64>()).sum::<f64>();",
    // the right side of a shortcut was always evaluated
    "let mut s = x; let c = on && { s += 1.0; s > 0.0 }; let t = if c { s } else { y * s };",
    // integers did not wrap
    "let t = x + (-1i32 as u32 as f64);",
    // a constant of an integer type was given where a number is taken
    "let t = x + i32::MAX as f64;",
    // attributes took nothing away
    "#[cfg(feature = \"never\")] let x = y; let t = x;",
    "let t = [x, #[cfg(feature = \"never\")] y, 2.0 * x][1];",
    "let t = match on { #[cfg(feature = \"never\")] true => y, #[cfg(not(feature = \"never\"))] true => x, false => p[0] };",
    // a declared type was not read
    "let h: f32 = 0.1; let t = x * (h as f64);",
    // a derivative at 0 was NaN
    "let t = (x - x).powf(0.0) + (0.0 * x).powf(1.0);",
    // a vector without a size did not compile
    "let t = x * v.map(|_| y).norm_squared();",
    "let t = x * v.map(|_| y).dot(&v);",
    // did not compile with types after the name
    "let t = sigmoid::<f64>(x);",
    // the right side of a compound assignment comes first
    "let mut s = x; s -= { s = y; p[0] }; let t = s;",
];

/// The constructs that the macro refuses wherever they stand.
const REFUSED: &[&str] = &[
    "cfg that removes a let",
    "cfg that keeps a let",
    "cfg with any and all",
    "cfg_attr that removes a let",
    "cfg_attr that changes nothing",
    "cfg on a block",
    "cfg on an if",
    "cfg on a loop",
    "cfg on an assignment",
    "cfg on an expression statement",
    "cfg on a macro statement",
    "cfg on an item",
    "cfg on an arm",
    "declared f64 by its path",
    "declared f32",
    "declared f32 of a division",
    "declared array of integers",
    "declared array with a const",
    "declared [_; 2]",
    "declared [_; _]",
    "a value that comes later",
    "a declared value that comes later",
    "integer division with let",
    "a loop that runs never",
    "a label on a loop",
    "a label on a block",
    "break with a value",
    "break",
    "continue",
    "while",
    "loop with a value",
    "let else",
    "ref",
    "an unsafe block",
    "a const block",
    "a static item",
    "a function item",
    "a use item",
    "a closure in a variable",
    "an async block",
    "a rest in a tuple pattern",
    "a rest in the middle",
    "a slice pattern",
    "an @ pattern",
    "an or pattern",
    "a guard",
    "a match on an integer",
    "a match on a tuple",
    "a match that binds",
    "if let",
    "a raw name",
    "an assertion",
    "a debug assertion",
    "an assertion with a message",
    "an empty statement",
    "a shortcut that assigns",
    "an assignment to an entry",
    "an entry changed by +=",
    "a field that is assigned",
    "a long loop that ends at a number",
    "a vector of dynamic length",
    "cfg that keeps an entry",
    "cfg in a tuple",
    "cfg in an argument list",
    "cfg in a method's arguments",
    "a byte literal",
    "a character literal",
    "a number as i32",
    "a number as usize",
    "an i32 that wraps to u8",
    "a literal as i8",
    "a bool as an integer",
    "an integer as f32 as f64",
    "an integer quotient",
    "an integer shift",
    "integer bits",
    "a method by its whole path",
    "f64::from of a number",
    "f64::from of a literal",
    "f64::from of an integer",
    "<f64 as Real>::sigmoid",
    "<f64 as voidgrad::Real>::sigmoid",
    "Default::default",
    "an operator by its trait",
    "into",
    "rev",
    "a max by fold with a path",
    "to_radians",
    "a loop with break",
    "filter",
    "map with another function",
    "zip of two lengths",
    "a sum in a sum",
    "array::from_fn",
    "a remainder",
    "rem_euclid",
    "fract",
    "to_degrees",
    "exclusive or of conditions",
    "equal conditions",
    "a comparison in a product",
    "an unsafe expression",
    "return",
    "the question mark",
    "a macro vec",
    "a macro dbg",
    "a macro matches",
    "a macro cfg",
    "a closure that is called",
    "a struct",
    "a call of a function without a derivative",
    "x.pow",
    "a cfg that removes a parameter",
    "a cfg that keeps a parameter",
    "a pattern as a parameter",
    "a parameter without a name",
    "a type by its path",
    "an integer as a parameter",
    "an f32 as a parameter",
    "a tuple as a parameter",
    "a mut reference as a parameter",
    "an array of arrays as a parameter",
    "an unsafe function",
    "an extern function",
    "an async function",
    "cfg on the function",
    "a type parameter",
];

//! Programs whose choices are the fuzzer's bytes: the function against its expansion.
//!
//! With `VOIDGRAD_FUZZ_REPORT=FILE`, the file says how many programs there were and of which constructs.
#![no_main]
#![allow(dead_code, reason = "the suite's tests use more of the modules")]

#[path = "../../tests/suite/fuzz/choices.rs"]
mod choices;
#[path = "../../tests/suite/fuzz/differential/mod.rs"]
mod differential;
#[path = "../../tests/suite/fuzz/interpreter/mod.rs"]
mod interpreter;
#[path = "../../tests/suite/fuzz/program/mod.rs"]
mod program;
#[path = "../../tests/suite/fuzz/report.rs"]
mod report;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;

thread_local! {
    static REPORT: RefCell<report::Report> = RefCell::new(report::Report::new());
}

fuzz_target!(|bytes: &[u8]| {
    let program = program::program(&mut choices::Choices::new(bytes));
    let outcome = differential::differential(&program);
    REPORT.with_borrow_mut(|report| {
        report.add(&program.constructs, &outcome);
        if report.programs % 500 == 0
            && let Some(path) = std::env::var_os("VOIDGRAD_FUZZ_REPORT")
        {
            std::fs::write(path, report.to_string()).expect("the report's file is writable");
        }
    });
    if let differential::Outcome::Accepted(comparison) = &outcome
        && let Some(fault) = comparison.faults.first()
    {
        panic!("{}", report::described(&program, fault));
    }
});

//! Functions of the grammar, with slips, whose choices are the fuzzer's bytes.
#![no_main]

#[path = "../../tests/suite/fuzz/check.rs"]
mod check;
#[path = "../../tests/suite/fuzz/choices.rs"]
mod choices;
#[path = "../../tests/suite/fuzz/grammar.rs"]
mod grammar;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (attribute, item) = grammar::function(&mut choices::Choices::new(bytes));
    check::check(&attribute.parse().expect("these are tokens"), &item.parse().expect("these are tokens"));
});

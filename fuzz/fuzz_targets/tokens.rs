//! Any text that is tokens, as the attribute's arguments and the item (separated by `§`).
#![no_main]

#[path = "../../tests/suite/fuzz/check.rs"]
mod check;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (attribute, item) = text.split_once('§').unwrap_or(("wrt(x), order = 2", text));
    // Deep nesting overflows syn's own stack, and rustc's before it.
    let deepest = text.bytes().filter(|byte| b"([{-!&*".contains(byte)).count();
    if deepest < 200
        && let (Ok(attribute), Ok(item)) = (attribute.parse(), item.parse())
    {
        check::check(&attribute, &item);
    }
});

//! Code that is deeper than an ordinary stack compiles with the macro as it does without.
//!
//! `tests/build.rs` writes the functions.

// The nesting that these lints object to is the subject.
#[allow(unused_parens, unused_braces, double_negations, clippy::all, clippy::pedantic)]
mod functions {
    use voidgrad::{differentiate, sigmoid};

    include!(concat!(env!("OUT_DIR"), "/deep.rs"));
}

use functions::{blocks, calls, methods, minuses, parentheses, terms};

#[test]
fn deep_code_compiles_and_is_right() {
    let x = 0.5;
    assert_eq!(terms::gradient(x), (terms(x), 3_500.0));
    assert_eq!(parentheses::gradient(x), (x, 1.0));
    assert_eq!(blocks::gradient(x), (x, 1.0));
    assert_eq!(minuses::gradient(x), (x, 1.0));
    // The chain rule, link by link.
    let (mut value, mut slope) = (x, 1.0);
    for _ in 0..1_000 {
        value = voidgrad::sigmoid(value);
        slope *= value * (1.0 - value);
    }
    let (found, rate) = calls::gradient(x);
    assert_eq!(found, value);
    // σ′ is computed without a difference there, so each link may differ by some ulp: 1,000 of them, by 1e-12.
    assert!((rate - slope).abs() <= 1e-12 * slope);
    let (mut value, mut slope) = (x, 1.0_f64);
    for _ in 0..3_000 {
        slope *= value.cos();
        value = value.sin();
    }
    let (found, rate) = methods::gradient(x);
    assert_eq!(found, value);
    // The factors are the same, in another order: 3,000 roundings.
    assert!((rate - slope).abs() <= 3_000.0 * f64::EPSILON * slope);
}

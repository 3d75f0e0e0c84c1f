//! Lanes against true values.

use std::collections::BTreeMap;

use crate::functions::{functions, levels};
use crate::ulps::steps;

/// The rows of `fixtures/lanes.json`: x, the f64 next to f(x), and what is left in steps.
pub(crate) fn rows(rows: &[String]) -> Vec<(f64, f64, f64)> {
    let number = |text: &str| match text {
        "nan" => f64::NAN,
        bits => f64::from_bits(u64::from_str_radix(bits, 16).expect("these are bits")),
    };
    let row = |row: &String| {
        let mut parts = row.split(' ');
        let mut part = || parts.next().expect("a row has three parts");
        (number(part()), number(part()), part().parse().expect("this is a number"))
    };
    rows.iter().map(row).collect()
}

#[test]
fn f64_lanes_are_close_to_the_true_values() {
    let fixture: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("../fixtures/lanes.json")).expect("the fixture is a table of rows");
    let functions = functions();
    let with_truth = functions.iter().filter_map(|function| Some((function, function.bounds.truth?)));
    assert_eq!(with_truth.clone().count(), fixture.len(), "a function has no rows, or rows no function");
    for (function, bound) in with_truth {
        let mut rows = rows(&fixture[function.name]);
        while !rows.len().is_multiple_of(8) {
            rows.push(rows[0]);
        }
        let x: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let mut value = vec![0.0; x.len()];
        for level in levels() {
            (function.f64)(Some(level), [&x; 3], &mut value);
            for ((x, truth, rest), value) in rows.iter().zip(&value) {
                let error = steps(*truth, *value) - rest;
                let name = function.name;
                assert!(
                    error.abs() <= bound,
                    "{name}({x:e}) = {value:e}, not {truth:e}: {error:.2} steps, {level:?}"
                );
            }
        }
    }
}

/// The error of `value` in steps of `f32` at `truth`, which overflows where it rounds to 2¹²⁸ or more.
fn f32_error(value: f32, truth: f64) -> f64 {
    let limit = 2.0_f64.powi(128);
    let (value, truth) = (f64::from(value).clamp(-limit, limit), truth.clamp(-limit, limit));
    if value.is_nan() && truth.is_nan() {
        return 0.0;
    }
    if value == 0.0 && value.is_sign_negative() != truth.is_sign_negative() {
        return f64::INFINITY;
    }
    let lowest = 2.0_f64.powi(-126);
    let exponent = f64::from_bits(truth.abs().clamp(lowest, limit / 2.0).to_bits() & (0x7FF << 52));
    (value - truth).abs() / (exponent * f64::from(f32::EPSILON))
}

#[test]
fn f32_lanes_are_close_to_the_true_values() {
    // A prime, so that mantissas and exponents of all kinds are met; the truth is the function of f64.
    const STRIDE: u32 = 30_011;
    for (first, function) in (0..).zip(functions()) {
        let Some(bound) = function.bounds.truth else { continue };
        let count = (u32::MAX / STRIDE - 1) & !15;
        let x: Vec<f32> = (0..count).map(|i| f32::from_bits(first + i * STRIDE)).collect();
        let x64: Vec<f64> = x.iter().copied().map(f64::from).collect();
        let (mut truth, mut value) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        (function.f64)(None, [&x64; 3], &mut truth);
        for level in levels() {
            (function.f32)(Some(level), [&x; 3], &mut value);
            for ((x, truth), value) in x.iter().zip(&truth).zip(&value) {
                let error = f32_error(*value, *truth);
                let name = function.name;
                // A NaN is not within a bound.
                assert!(
                    error <= bound,
                    "{name}({x:e}) = {value:e}, not {truth:e}: {error:.2} steps, {level:?}"
                );
            }
        }
    }
}

//! The logistic function and its derivatives for sums, against true values.

use std::collections::BTreeMap;

use crate::functions::{Function, levels, quick};
use crate::truth::rows;
use crate::ulps::Number;

/// The relative error in units of ε, for σ'' as a part of σ', to which |x| is added at x: the rounding of x·log₂e. The largest that
/// are met are 1.2, 1.8 and 0.8.
const BOUNDS: [f64; 3] = [2.0, 3.0, 2.0];

/// How far the value at x may be from the truth, whose size is `size`.
fn allowed<T: Number>(x: f64, size: f64, bound: f64) -> f64 {
    (bound + x.abs()) * T::EPSILON * size + still::<T>()
}

/// Where the values stand still, since e^|x| is near the largest number: e^-700, and e^-80 in `f32`, at most.
fn still<T: Number>() -> f64 {
    if T::MIN_POSITIVE < 1e-300 { 1e-304 } else { 2e-35 }
}

/// σ'(x), of which σ'' is a part.
fn slope(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    e / ((1.0 + e) * (1.0 + e))
}

#[test]
fn f64_values_are_close_to_the_true_values() {
    let fixture: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("../fixtures/lanes.json")).expect("the fixture is a table of rows");
    for ([function, exact], bound) in quick().into_iter().zip(BOUNDS) {
        let mut rows = rows(&fixture[exact.name]);
        rows.retain(|(x, ..)| x.is_finite());
        rows.truncate(rows.len() & !7);
        let x: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let mut value = vec![0.0; x.len()];
        for level in levels().into_iter().map(Some).chain([None]) {
            (function.f64)(level, [&x; 3], &mut value);
            for ((x, truth, _), value) in rows.iter().zip(&value) {
                let size = if exact.name == "d2_sigmoid" { slope(*x) } else { *truth };
                let (error, name) = ((value - truth).abs(), function.name);
                // What the truth is rounded by is half a unit more.
                let allowed = allowed::<f64>(*x, size, bound + 0.5);
                assert!(
                    error <= allowed,
                    "{name}({x:e}) = {value:e}, not {truth:e}: {:.2} times the bound, {level:?}",
                    error / allowed
                );
            }
        }
    }
}

#[test]
fn f32_values_are_close_to_the_true_values() {
    // A prime, so that mantissas and exponents of all kinds are met; the truth is the function of f64.
    const STRIDE: u32 = 50_021;
    let count = (u32::MAX / STRIDE) & !15;
    let mut x: Vec<f32> = (0..count).map(|i| f32::from_bits(i * STRIDE)).collect();
    x.retain(|x| x.is_finite());
    x.truncate(x.len() & !15);
    let x64: Vec<f64> = x.iter().copied().map(f64::from).collect();
    let (mut truth, mut value) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    for ([function, exact], bound) in quick().into_iter().zip(BOUNDS) {
        (exact.f64)(None, [&x64; 3], &mut truth);
        for level in levels().into_iter().map(Some).chain([None]) {
            (function.f32)(level, [&x; 3], &mut value);
            for ((x, truth), value) in x64.iter().zip(&truth).zip(&value) {
                let size = if exact.name == "d2_sigmoid" { slope(*x) } else { *truth };
                let (error, name) = ((f64::from(*value) - truth).abs(), function.name);
                let allowed = allowed::<f32>(*x, size, bound);
                assert!(
                    error <= allowed,
                    "{name}({x:e}) = {value:e}, not {truth:e}: {:.2} times the bound, {level:?}",
                    error / allowed
                );
            }
        }
    }
}

#[test]
fn nan_stays_nan_and_infinities_give_the_ends() {
    fn check<T: Number>(name: &str, value: &[T]) {
        let value: Vec<f64> = value.iter().map(|value| (*value).into()).collect();
        let [nan, other_nan, up, down] = value[..4] else { panic!("there are more") };
        assert!(nan.is_nan() && other_nan.is_nan(), "{name}");
        let is_0 = |value: f64| value.abs() <= still::<T>();
        assert!(
            is_0(down) && if name == "sigmoid_quick" { up == 1.0 } else { is_0(up) },
            "{name}: {up}, {down}"
        );
    }
    let payload = f64::from_bits(0x7FF8_0000_0000_0001);
    let x = [f64::NAN, payload, f64::INFINITY, f64::NEG_INFINITY].repeat(4);
    let mut single: Vec<f32> = x.iter().map(|x| f32::of(*x)).collect();
    single[1] = f32::from_bits(0x7FC0_0001);
    for [Function { name, f64, f32, .. }, _] in quick() {
        for level in levels().into_iter().map(Some).chain([None]) {
            let (mut value, mut value_32) = (vec![0.0; 16], vec![0.0; 16]);
            f64(level, [&x; 3], &mut value);
            f32(level, [&single; 3], &mut value_32);
            check::<f64>(name, &value);
            check::<f32>(name, &value_32);
        }
    }
}

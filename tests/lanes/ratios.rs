//! Logarithms of quotients, against logarithms whose argument keeps the remainder of the division.

use crate::functions::{Function, OnSlices, levels, ratios};
use crate::ulps::Number;

/// `ln(p/q)` to a unit in the last place of f64: the quotient's rounding error is added to the logarithm.
fn truth(p: f64, q: f64) -> f64 {
    let quotient = p / q;
    let remainder = (-quotient).mul_add(q, p);
    quotient.ln() + remainder / p
}

/// A rotation by the golden ratio, and another one, are spread evenly.
fn spread() -> impl Iterator<Item = [f64; 2]> {
    (0..4_000).map(|i| {
        let u = (0.5 + 0.618_033_988_749_894_9 * f64::from(i)).fract();
        let v = (0.25 + 0.754_877_666_246_692_8 * f64::from(i)).fract();
        [u, v]
    })
}

/// p and q: u and 1 - u as the batches have them, close to each other, and of all sizes whose quotient is a number of full
/// precision.
fn quotients<T: Number>() -> [Vec<T>; 2] {
    let largest = -T::MIN_POSITIVE.log2();
    let pairs = spread().flat_map(|[u, v]| {
        let sizes = [(largest * 0.48 * (2.0 * u - 1.0)).exp2(), (largest * 0.48 * (2.0 * v - 1.0)).exp2()];
        [[u, 1.0 - u], [1.0 + 0.01 * (u - 0.5), 1.0], sizes]
    });
    pairs.map(|[p, q]| (T::of(p), T::of(q))).unzip().into()
}

/// The growth v·w and 1 - v as the batches have them: v is a multiple of the smallest distance between numbers below 1, of all sizes,
/// and w from e^-20 to e^20.
fn growths<T: Number>() -> [Vec<T>; 2] {
    let unit = T::EPSILON / 2.0;
    let pairs = spread().flat_map(|[u, v]| {
        [v, v * v * v, v * unit.powf(u)].map(|v| {
            let v = ((v / unit).ceil() * unit).min(1.0 - unit);
            [v * (40.0 * (u - 0.5)).exp(), 1.0 - v]
        })
    });
    pairs.map(|[x, q]| (T::of(x), T::of(q))).unzip().into()
}

fn check<T: Number>(
    name: &str,
    function: OnSlices<T>,
    [p, q]: &[Vec<T>; 2],
    error: impl Fn(T, T, T) -> f64,
    bound: f64,
) {
    let mut value = vec![T::default(); p.len()];
    for level in levels().into_iter().map(Some).chain([None]) {
        function(level, [p, q, q], &mut value);
        for ((p, q), value) in p.iter().zip(q).zip(&value) {
            let error = error(*p, *q, *value) / T::EPSILON;
            assert!(error <= bound, "{name}({p:?}, {q:?}) = {value:?}: {error:.2} units, {level:?}");
        }
    }
}

/// In units in the last place: what the documentation says.
const BOUND: f64 = 4.0;

/// An error in units in the last place, times ε: one unit is the power of two below the truth, times ε.
fn in_units<T: Number>(value: T, truth: f64) -> f64 {
    let power = f64::from_bits(truth.to_bits() & f64::INFINITY.to_bits());
    (value.into() - truth).abs() / power.max(f64::MIN_POSITIVE)
}

#[test]
fn logarithms_of_quotients_are_within_4_units_in_the_last_place() {
    fn error<T: Number>(p: T, q: T, value: T) -> f64 {
        in_units(value, truth(p.into(), q.into()))
    }
    let [Function { name, f64, f32, .. }, ..] = ratios();
    check(name, f64, &quotients(), error, BOUND);
    check(name, f32, &quotients(), error, BOUND);
}

/// This also holds if the quotient is close to 1. The truth is then the logarithm of 1 plus a difference, which is a sum of numbers that
/// are not negative.
#[test]
fn logarithms_of_1_plus_x_over_q_are_within_4_units_in_the_last_place() {
    fn error<T: Number>(x: T, q: T, value: T) -> f64 {
        let (x, q): (f64, f64) = (x.into(), q.into());
        in_units(value, ((x + (1.0 - q)) / q).ln_1p())
    }
    let [_, Function { name, f64, f32, .. }, _] = ratios();
    check(name, f64, &growths(), error, BOUND);
    check(name, f32, &growths(), error, BOUND);
}

#[test]
fn reciprocals_beside_a_logarithm_are_within_3_units() {
    let [.., Function { name, f64, f32, .. }] = ratios();
    // The product with 1 + x is 1 but for the error, and the error of 1 + x is one of half a unit.
    check(name, f64, &growths(), |x, _, value: f64| value.mul_add(1.0 + x, -1.0).abs(), 3.0);
    let error = |x: f32, _, value: f32| f64::from(value).mul_add(1.0 + f64::from(x), -1.0).abs();
    check(name, f32, &growths(), error, 3.0);
}

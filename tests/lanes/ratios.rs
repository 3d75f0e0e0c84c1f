//! Logarithms of quotients, against logarithms whose argument keeps the remainder of the division.

use crate::functions::{Function, OnSlices, levels, ratios};
use crate::ulps::Number;

/// `ln(p/q)` to a unit in the last place of f64: the quotient's rounding error is added to the logarithm.
fn truth(p: f64, q: f64) -> f64 {
    let quotient = p / q;
    let remainder = (-quotient).mul_add(q, p);
    quotient.ln() + remainder / p
}

/// p and q: u and 1 - u, 1 + growth and 1 - v as the batches have them, close to each other, and of all sizes whose quotient and
/// product are numbers of full precision.
fn inputs<T: Number>() -> [Vec<T>; 2] {
    let (mut p, mut q) = (Vec::new(), Vec::new());
    let mut push = |x: f64, y: f64| {
        p.push(T::of(x));
        q.push(T::of(y));
    };
    let largest = -T::MIN_POSITIVE.log2();
    for i in 0..4_000 {
        // A rotation by the golden ratio is spread evenly.
        let u = (0.5 + 0.618_033_988_749_894_9 * f64::from(i)).fract();
        let v = (0.25 + 0.754_877_666_246_692_8 * f64::from(i)).fract();
        push(u, 1.0 - u);
        push(1.0 + v * (40.0 * (u - 0.5)).exp(), 1.0 - v);
        push(1.0 + 0.01 * (u - 0.5), 1.0);
        push((largest * 0.48 * (2.0 * u - 1.0)).exp2(), (largest * 0.48 * (2.0 * v - 1.0)).exp2());
    }
    [p, q]
}

fn check<T: Number>(name: &str, function: OnSlices<T>, error: impl Fn(T, T, T) -> f64, bound: f64) {
    let [p, q] = inputs::<T>();
    let difference = |(p, q): (&T, &T)| T::of(Into::<f64>::into(*p) - Into::<f64>::into(*q));
    let difference: Vec<T> = p.iter().zip(&q).map(difference).collect();
    let mut value = vec![T::default(); p.len()];
    for level in levels().into_iter().map(Some).chain([None]) {
        function(level, [&p, &q, &difference], &mut value);
        for ((p, q), value) in p.iter().zip(&q).zip(&value) {
            let error = error(*p, *q, *value) / T::EPSILON;
            assert!(error <= bound, "{name}({p:?}, {q:?}) = {value:?}: {error:.2} units, {level:?}");
        }
    }
}

/// In units in the last place: what the documentation says.
const BOUND: f64 = 4.0;

#[test]
fn logarithms_of_quotients_are_within_4_units_in_the_last_place() {
    /// In units in the last place times ε: the power of two below the truth is 1 unit over ε.
    fn error<T: Number>(p: T, q: T, value: T) -> f64 {
        let truth = truth(p.into(), q.into());
        let power = f64::from_bits(truth.to_bits() & f64::INFINITY.to_bits());
        // No two numbers have a quotient that is closer to 1 without being it.
        (value.into() - truth).abs() / power.max(T::EPSILON / 4.0)
    }
    let [alone, with_recip, _] = ratios();
    for Function { name, f64, f32, .. } in [alone, with_recip] {
        check(name, f64, error, BOUND);
        check(name, f32, error, BOUND);
    }
}

#[test]
fn reciprocals_beside_a_logarithm_are_within_3_units() {
    let [.., Function { name, f64, f32, .. }] = ratios();
    // The product with p is 1 but for the error, which the sum of one rounding keeps.
    check(name, f64, |p, _, value: f64| value.mul_add(p, -1.0).abs(), 3.0);
    check(name, f32, |p, _, value: f32| f64::from(value).mul_add(f64::from(p), -1.0).abs(), 3.0);
}

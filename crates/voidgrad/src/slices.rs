//! Functions of many numbers at once, on SIMD lanes, with the instructions that the machine has: what a model's own loops need beside
//! [`network`](mod@crate::network).
//!
//! Each function comes in two forms: one writes the value of every entry, one returns their sum. They run on the thread that calls them.
//!
//! On lanes, values are within 2 units in the last place of the true ones (`softplus`, `sigmoid`, `exp`, `ln_1p`, `tanh`); one number at a time, in a build without the feature `lanes`,
//! they are those of the scalar functions. What is not finite is as the scalar functions have it: `exp(1000)` is infinite. Sums are taken in the order of the lanes, in the numbers of the
//! slice: n terms lose up to `n/16` units in the last place of their largest partial sum, and as many as `n` without lanes.
//!
//! ```
//! use voidgrad::slices;
//! let logits = [0.0_f64, 1.0, -2.0];
//! let mut probabilities = [0.0; 3];
//! slices::sigmoid(&logits, &mut probabilities)?;
//! assert_eq!(probabilities[0], 0.5);
//! // ln of the normaliser of three independent bits.
//! assert!((slices::sum_softplus(&logits) - 2.1333369).abs() < 1e-7);
//! # Ok::<(), voidgrad::error::ShapeMismatch>(())
//! ```

use std::marker::PhantomData;

use voidgrad_real::{Element, Lanes};

use crate::error::{ShapeMismatch, same_length};
use crate::lanes::{Float, Instructions, MOST_LANES, Work};

/// A function of one number.
trait Function {
    fn of<R: Lanes>(x: R) -> R;
}

/// Writes the value of every entry.
struct Map<'a, T, F> {
    x: &'a [T],
    y: &'a mut [T],
    function: PhantomData<F>,
}

impl<T: Element, F: Function> Work<T> for Map<'_, T, F> {
    type Output = ();

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { x, y, function: _ } = self;
        let whole = x.len() / R::LANES * R::LANES;
        for (x, y) in x[..whole].chunks_exact(R::LANES).zip(y.chunks_exact_mut(R::LANES)) {
            F::of(hand.load(x)).store(y);
        }
        let mut last = [T::default(); MOST_LANES];
        let count = x.len() - whole;
        if count > 0 {
            last[..count].copy_from_slice(&x[whole..]);
            F::of(hand.load(&last)).store(&mut last);
            y[whole..].copy_from_slice(&last[..count]);
        }
    }
}

/// Adds the values of all entries.
struct Total<'a, T, F> {
    x: &'a [T],
    function: PhantomData<F>,
}

impl<T: Element, F: Function> Work<T> for Total<'_, T, F> {
    type Output = T;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> T {
        let Self { x, function: _ } = self;
        let mut sum = hand;
        let mut chunks = x.chunks_exact(R::LANES);
        for x in &mut chunks {
            sum = sum + F::of(hand.load(x));
        }
        let rest = chunks.remainder();
        let mut last = [T::default(); MOST_LANES];
        last[..rest.len()].copy_from_slice(rest);
        if !rest.is_empty() {
            F::of(hand.load(&last)).store(&mut last);
        }
        last[..rest.len()].iter().fold(sum.sum(), |sum, value| sum + *value)
    }
}

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident, $sum:ident, $marker:ident;)*) => {
        $(
            enum $marker {}

            impl Function for $marker {
                #[cfg_attr(not(debug_assertions), inline(always))]
                fn of<R: Lanes>(x: R) -> R {
                    x.$name()
                }
            }

            $(#[doc = $doc])+
            /// of every entry of `x`, written to `y`.
            ///
            /// # Errors
            /// If `x` and `y` differ in length.
            pub fn $name<T: Float>(x: &[T], y: &mut [T]) -> Result<(), ShapeMismatch> {
                same_length("y", y.len(), x.len())?;
                T::on_lanes(Instructions::Best, Map { x, y, function: PhantomData::<$marker> });
                Ok(())
            }

            $(#[doc = $doc])+
            /// summed over all entries; 0 for none.
            #[must_use]
            pub fn $sum<T: Float>(x: &[T]) -> T {
                T::on_lanes(Instructions::Best, Total { x, function: PhantomData::<$marker> })
            }
        )*
    };
}

functions! {
    /// `e^x`
    exp, sum_exp, Exp;
    /// `ln(1 + x)`
    ln_1p, sum_ln_1p, Ln1p;
    /// `ln(1 + e^x)`
    softplus, sum_softplus, Softplus;
    /// `ln σ(x) = -ln(1 + e^-x)`
    log_sigmoid, sum_log_sigmoid, LogSigmoid;
    /// `σ(x) = 1/(1 + e^-x)`
    sigmoid, sum_sigmoid, Sigmoid;
    /// `tanh x`
    tanh, sum_tanh, Tanh;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of every entry, a sum, and the function of one number.
    type Case<T> =
        (&'static str, fn(&[T], &mut [T]) -> Result<(), ShapeMismatch>, fn(&[T]) -> T, fn(f64) -> f64);

    fn cases<T: Float>() -> [Case<T>; 6] {
        [
            ("exp", exp, sum_exp, f64::exp),
            ("ln_1p", ln_1p, sum_ln_1p, f64::ln_1p),
            ("softplus", softplus, sum_softplus, voidgrad_real::softplus),
            ("log_sigmoid", log_sigmoid, sum_log_sigmoid, voidgrad_real::log_sigmoid),
            ("sigmoid", sigmoid, sum_sigmoid, voidgrad_real::sigmoid),
            ("tanh", tanh, sum_tanh, f64::tanh),
        ]
    }

    /// Fewer than lanes, as many, one more, and many.
    const LENGTHS: [usize; 8] = [0, 1, 7, 8, 16, 17, 33, 1_000];

    // Lanes are within 2 units of the truth, and the scalar within 2. A sum of a thousand terms is within as many units of the sum of
    // their sizes.
    fn agree<T: Float>(unit: f64) {
        for (name, map, sum, one) in cases::<T>() {
            for length in LENGTHS {
                let x: Vec<T> = (0..length)
                    .map(|i| T::default().constant(((i * 37) % 101) as f64 / 60.0 - 0.75))
                    .collect();
                let mut y = vec![T::default().constant(f64::NAN); length];
                map(&x, &mut y).unwrap();
                let mut total = [0.0; 2];
                for (x, y) in x.iter().zip(&y) {
                    let (expected, found): (f64, f64) = (one((*x).into()), (*y).into());
                    assert!(
                        (found - expected).abs() <= 4.0 * unit * expected.abs(),
                        "{name}: {found} {expected}"
                    );
                    total[0] += expected;
                    total[1] += expected.abs();
                }
                let found: f64 = sum(&x).into();
                assert!(
                    (found - total[0]).abs() <= 1e3 * unit * total[1],
                    "{name} of {length}: {found} {total:?}"
                );
            }
        }
    }

    #[test]
    fn the_values_and_sums_are_those_of_the_scalar_functions() {
        agree::<f64>(f64::EPSILON);
        agree::<f32>(f32::EPSILON.into());
    }

    #[test]
    fn a_wrong_length_is_named() {
        let error = exp(&[0.0; 3], &mut [0.0; 2]).unwrap_err();
        assert_eq!(error.to_string(), "y has 2 entries where 3 are needed");
    }

    #[test]
    fn what_is_not_finite_is_as_the_scalar_functions_have_it() {
        let mut y = [0.0; 3];
        exp(&[1e3, f64::NEG_INFINITY, f64::NAN], &mut y).unwrap();
        assert!(y[0] == f64::INFINITY && y[1] == 0.0 && y[2].is_nan());
        assert_eq!(sum_softplus(&[f64::NEG_INFINITY, 1e308]), 1e308);
    }
}

//! Limits of gradients.

use crate::error::{InvalidParameter, positive};

/// How a gradient is limited before an optimiser follows it.
///
/// A norm is Euclid's. It is computed without overflow, so every finite gradient can be clipped, and a gradient of 0 stays 0.
///
/// ```
/// use voidgrad::optimise::Clip;
/// let mut gradient = [3.0, -4.0];
/// Clip::Norm(10.0).apply(&mut gradient)?;
/// assert_eq!(gradient, [3.0, -4.0]);
/// Clip::Norm(1.0).apply(&mut gradient)?;
/// assert!((gradient[0] - 0.6).abs() < 1e-15 && (gradient[1] + 0.8).abs() < 1e-15);
/// Clip::Value(0.7).apply(&mut gradient)?;
/// assert_eq!(gradient[1], -0.7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Clip {
    /// Each derivative g becomes `max(-x, min(g, x))`.
    Value(f64),
    /// A gradient g whose norm is above x becomes `g·x/‖g‖`.
    Norm(f64),
}

impl Clip {
    /// Refuses a limit outside its domain.
    ///
    /// # Errors
    /// Returns an error if the limit is not a positive, finite number.
    pub fn check(self) -> Result<(), InvalidParameter> {
        match self {
            Self::Value(limit) => positive("largest derivative", limit),
            Self::Norm(limit) => positive("largest norm", limit),
        }?;
        Ok(())
    }

    /// Limits a gradient. A NaN stays one. If an entry is NaN or infinite there is no norm, and a limit of the norm changes nothing.
    ///
    /// # Errors
    /// Returns an error if the limit is not a positive, finite number.
    pub fn apply(self, gradient: &mut [f64]) -> Result<(), InvalidParameter> {
        self.check()?;
        match self {
            Self::Value(limit) => gradient.iter_mut().for_each(|g| *g = g.clamp(-limit, limit)),
            Self::Norm(limit) => {
                let norm = Norm::of([&*gradient]);
                if norm.exceeds(limit) {
                    norm.scale_to(limit, gradient);
                }
            }
        }
        Ok(())
    }
}

/// A norm that may be larger than an `f64` holds: `unit·size`, where `unit` is a power of two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm {
    unit: f64,
    size: f64,
}

impl Norm {
    /// The norm of some arrays, seen as one.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [f64], IntoIter: Clone>) -> Self {
        // The squares of numbers that count are normal numbers if their sum is at least this.
        const SMALLEST: f64 = 1e-250;
        let parts = parts.into_iter();
        let squares = parts.clone().map(|part| sum_of_squares(part, |g| g)).sum::<f64>();
        if squares.is_finite() && squares >= SMALLEST {
            return Self { unit: 1.0, size: squares.sqrt() };
        }
        let largest = parts.clone().flatten().fold(0.0_f64, |largest, g| largest.max(g.abs()));
        if largest == 0.0 || !largest.is_finite() {
            return Self { unit: 1.0, size: largest };
        }
        let unit = power_of_two_below(largest);
        Self { unit, size: parts.map(|part| sum_of_squares(part, |g| g / unit)).sum::<f64>().sqrt() }
    }

    /// Whether it is finite, as a sum of finite squares, and above `limit`.
    pub(crate) fn exceeds(self, limit: f64) -> bool {
        self.size.is_finite() && self.size > limit / self.unit
    }

    /// Scales a part of what the norm is of, by `limit/norm`.
    pub(crate) fn scale_to(self, limit: f64, part: &mut [f64]) {
        let factor = limit / self.size;
        if self.unit == 1.0 {
            for g in part {
                *g *= factor;
            }
        } else {
            for g in part {
                *g = *g / self.unit * factor;
            }
        }
    }
}

/// The sum of squares of scaled entries. Eight sums take turns, so that the loop runs on vectors; their order does not depend on the processor.
fn sum_of_squares(values: &[f64], scaled: impl Fn(f64) -> f64) -> f64 {
    const SUMS: usize = 8;
    let mut sums = [0.0; SUMS];
    for chunk in values.chunks(SUMS) {
        for (sum, g) in sums.iter_mut().zip(chunk) {
            let g = scaled(*g);
            *sum += g * g;
        }
    }
    sums.iter().sum()
}

/// The largest power of two that is not above a positive, finite number.
fn power_of_two_below(x: f64) -> f64 {
    const EXPONENT: u64 = 0x7ff << 52;
    let power = f64::from_bits(x.to_bits() & EXPONENT);
    // A subnormal number has no exponent of its own.
    if power == 0.0 { f64::from_bits(1 << x.to_bits().ilog2()) } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clipped(limit: f64, gradient: &[f64]) -> Vec<f64> {
        let mut gradient = gradient.to_vec();
        Clip::Norm(limit).apply(&mut gradient).unwrap();
        gradient
    }

    #[test]
    fn a_norm_of_any_size_is_clipped() {
        // 5·10³⁰⁰ and 5·10⁻³⁰⁰ have squares that no f64 holds.
        for scale in [1e300, 1.0, 1e-160, 1e-300] {
            let [x, y] = [clipped(scale, &[3.0 * scale, 4.0 * scale])[0], 0.6 * scale];
            // Four roundings.
            assert!((x / y - 1.0).abs() < 1e-15, "{x} for {y}");
        }
        // The norm itself is larger than the largest f64.
        let x = clipped(1.0, &[f64::MAX; 4])[2];
        assert!((x - 0.5).abs() < 1e-15, "{x}");
        let smallest = f64::from_bits(1);
        assert_eq!(clipped(smallest, &[smallest, 0.0]), [smallest, 0.0]);
        // √3 of the smallest numbers, each scaled by 1/√3 and rounded.
        assert_eq!(clipped(smallest, &[smallest; 3]), [smallest; 3]);
    }

    #[test]
    fn a_gradient_within_the_limit_keeps_its_bits() {
        assert_eq!(clipped(1.0, &[0.0, -0.0]).iter().map(|g| g.to_bits()).collect::<Vec<_>>(), [0, 1 << 63]);
        let gradient = [0.1, -0.7, 1e-310];
        assert_eq!(clipped(0.8, &gradient), gradient);
        assert_eq!(clipped(1.0, &[]), [0.0; 0]);
    }

    #[test]
    fn what_is_not_finite_is_not_hidden() {
        assert!(clipped(1.0, &[f64::NAN, 2.0])[0].is_nan());
        assert_eq!(clipped(1.0, &[2.0, f64::INFINITY]), [2.0, f64::INFINITY]);
    }

    #[test]
    fn arrays_of_any_length_have_the_norm_of_their_entries() {
        for length in 0..40 {
            let values: Vec<f64> = (0..length).map(|i| f64::from(i) - 7.5).collect();
            let expected = values.iter().map(|x| x * x).sum::<f64>().sqrt();
            // The squares are exact in f64, and so are their sums.
            assert_eq!(Norm::of([values.as_slice()]).size, expected);
            let (front, back) = values.split_at(values.len() / 3);
            assert_eq!(Norm::of([front, back]).size, expected);
        }
    }

    #[test]
    fn limits_outside_their_domain_are_refused() {
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Clip::Value(limit).check().is_err() && Clip::Norm(limit).apply(&mut [1.0]).is_err());
        }
        let error = Clip::Norm(-1.0).check().unwrap_err();
        assert_eq!(error.to_string(), "largest norm = -1 is not a number in (0, ∞)");
    }
}

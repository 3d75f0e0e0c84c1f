//! Noise on the open interval (0, 1), and streams of it that have names.

mod block;
mod rule;
mod stream;

pub use block::BlockStream;
pub use rule::{Node, Rule};
pub use stream::Stream;

use crate::error::{InvalidParameter, NoiseError, ShapeMismatch};

/// The noise of one sample: `u` makes `b` and `z`, `v` makes `z̃`; M entries each, in the open interval (0, 1).
///
/// ```
/// use voidgrad::Noise;
/// assert!(Noise::new(&[0.25, 0.5], &[0.1, 0.9]).is_ok());
/// let error = Noise::new(&[0.25], &[1.0]).unwrap_err();
/// assert_eq!(error.to_string(), "v = 1 is not a number in (0, 1)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise<'a> {
    u: &'a [f64],
    v: &'a [f64],
}

impl<'a> Noise<'a> {
    /// The noise of one sample.
    ///
    /// # Errors
    /// Returns an error if an entry is NaN or not in (0, 1), or if `u` and `v` differ in length.
    pub fn new(u: &'a [f64], v: &'a [f64]) -> Result<Self, NoiseError> {
        if v.len() != u.len() {
            return Err(ShapeMismatch { name: "v", found: v.len(), expected: u.len() }.into());
        }
        check("u", u)?;
        check("v", v)?;
        Ok(Self { u, v })
    }

    /// What a [`Stream`] made; it can't be outside of (0, 1).
    pub(crate) fn trusted(u: &'a [f64], v: &'a [f64]) -> Self {
        debug_assert!(Self::new(u, v).is_ok());
        Self { u, v }
    }

    /// `u`, M entries.
    #[must_use]
    pub fn u(&self) -> &'a [f64] {
        self.u
    }

    /// `v`, M entries.
    #[must_use]
    pub fn v(&self) -> &'a [f64] {
        self.v
    }
}

/// Refuses noise that is not in (0, 1); `g` would be infinite there.
pub(crate) fn check(name: &'static str, noise: &[f64]) -> Result<(), InvalidParameter> {
    match noise.iter().find(|&&value| !(value > 0.0 && value < 1.0)) {
        Some(&value) => Err(InvalidParameter { name, value, allowed: "a number in (0, 1)" }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_outside_the_interval_is_refused() {
        for value in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(Noise::new(&[value], &[0.5]).is_err() && Noise::new(&[0.5], &[value]).is_err());
        }
        let error = Noise::new(&[0.5, 0.5], &[0.5]).unwrap_err();
        assert_eq!(error.to_string(), "v has 1 entries where 2 are needed");
    }
}

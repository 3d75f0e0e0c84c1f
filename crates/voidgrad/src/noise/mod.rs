//! Noise on the open interval (0, 1), and streams of it that have names.

mod block;
mod stream;

pub use block::BlockStream;
pub use stream::Stream;

use std::ops::Deref;

use thiserror::Error;

use crate::error::{InvalidParameter, ShapeMismatch};

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
    /// Where an entry is NaN or not in (0, 1), or where `u` and `v` differ in length.
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

/// Numbers in the open interval (0, 1): the noise of one estimate, as many as its estimator takes.
///
/// ```
/// use voidgrad::Uniforms;
/// assert_eq!(Uniforms::new(&[0.25, 0.5]).unwrap().len(), 2);
/// let error = Uniforms::new(&[0.25, 1.0]).unwrap_err();
/// assert_eq!(error.to_string(), "noise = 1 is not a number in (0, 1)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniforms<'a>(&'a [f64]);

impl<'a> Uniforms<'a> {
    /// The noise of one estimate.
    ///
    /// # Errors
    /// Where an entry is NaN or not in (0, 1).
    pub fn new(noise: &'a [f64]) -> Result<Self, InvalidParameter> {
        check("noise", noise)?;
        Ok(Self(noise))
    }

    /// What a [`Stream`] made; it can't be outside of (0, 1).
    pub(crate) fn trusted(noise: &'a [f64]) -> Self {
        debug_assert!(Self::new(noise).is_ok());
        Self(noise)
    }

    /// The numbers, for as long as they are there.
    #[must_use]
    pub fn get(self) -> &'a [f64] {
        self.0
    }
}

impl Deref for Uniforms<'_> {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        self.0
    }
}

/// Noise that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum NoiseError {
    /// An entry is not in (0, 1).
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// The wrong number of entries.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
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

//! Noise on the open interval (0, 1), and streams of it that have names.

use std::convert::Infallible;
use std::ops::Deref;

use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
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

/// A stream of random numbers that is named by `(seed, run, row)`.
///
/// The generator is `ChaCha8`. Its 256-bit key is `seed` and `run`, 8 bytes each, least significant byte
/// first, and 16 zero bytes; its 64-bit stream identifier is `row`. Two names that differ in any part give
/// streams that have nothing to do with each other, and a name gives the same numbers wherever and on
/// whichever thread it is asked for.
///
/// ```
/// use voidgrad::Stream;
/// let (mut x, mut y) = ([0.0; 4], [0.0; 4]);
/// Stream::new(1, 2, 3).fill_open01(&mut x);
/// Stream::new(1, 2, 3).fill_open01(&mut y);
/// assert_eq!(x, y);
/// Stream::new(1, 2, 4).fill_open01(&mut y);
/// assert_ne!(x, y);
/// ```
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of this name, from its beginning.
    #[must_use]
    pub fn new(seed: u64, run: u64, row: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&run.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(row);
        Self(generator)
    }

    /// Fills `noise` with uniform numbers of the open interval (0, 1): `(k + ½)/2⁵²`, where k is the upper
    /// 52 bits of the next 64. All of them are exact, and their distribution is symmetric about ½.
    pub fn fill_open01(&mut self, noise: &mut [f64]) {
        for value in noise {
            *value = open01(self.0.next_u64());
        }
    }
}

fn open01(bits: u64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 52) as f64;
    ((bits >> 12) as f64 + 0.5) * STEP
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(destination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_open() {
        assert_eq!(open01(0), 0.5_f64.powi(53));
        assert_eq!(open01(u64::MAX), 1.0 - 0.5_f64.powi(53));
        assert_eq!(open01(1 << 63), 0.5 + 0.5_f64.powi(53));
    }

    // Pins the naming: a change here changes every seeded result.
    #[test]
    fn a_stream_is_chacha8_with_seed_and_run_as_key_and_row_as_stream() {
        let mut key = [0_u8; 32];
        (key[0], key[1], key[8]) = (2, 1, 5);
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(9);
        let mut noise = [0.0; 3];
        Stream::new(258, 5, 9).fill_open01(&mut noise);
        assert_eq!(noise, [(); 3].map(|()| open01(generator.next_u64())));
    }

    #[test]
    fn every_part_of_a_name_matters() {
        let first = |seed, run, row| Stream::new(seed, run, row).next_u64();
        let names = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (u64::MAX, 0, 0), (0, u64::MAX, 0)];
        let mut values = names.map(|(seed, run, row)| first(seed, run, row));
        values.sort_unstable();
        assert!(values.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn noise_outside_the_interval_is_refused() {
        for value in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(Noise::new(&[value], &[0.5]).is_err() && Noise::new(&[0.5], &[value]).is_err());
        }
        let error = Noise::new(&[0.5, 0.5], &[0.5]).unwrap_err();
        assert_eq!(error.to_string(), "v has 1 entries where 2 are needed");
    }
}

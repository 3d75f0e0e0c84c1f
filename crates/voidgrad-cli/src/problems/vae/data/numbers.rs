//! The numbers of a file, before they are black or white.

use super::error::Unusable;
use super::set::Set;

/// Images whose pixels are finite numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers {
    /// Pixels of an image.
    pub(super) pixels: usize,
    /// Pixels of a row of an image.
    pub(super) width: usize,
    /// The images, one after the other.
    entries: Vec<f32>,
}

impl Numbers {
    /// The images with these numbers, whose rows have `width` pixels.
    ///
    /// # Errors
    /// Returns an error if there are none.
    pub(super) fn new(pixels: usize, width: usize, entries: Vec<f32>) -> Result<Self, Unusable> {
        if entries.is_empty() { Err(Unusable::Empty) } else { Ok(Self { pixels, width, entries }) }
    }

    /// The same if nothing says how long a row is: the images are squares if that is possible, and otherwise strips of one row.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(super) fn of_pixels(pixels: usize, entries: Vec<f32>) -> Result<Self, Unusable> {
        let side = pixels.isqrt();
        Self::new(pixels, if side * side == pixels { side } else { pixels }, entries)
    }

    /// Half-way between the smallest and the largest number.
    ///
    /// # Errors
    /// Returns an error if all are the same.
    pub(super) fn half(&self) -> Result<f32, Unusable> {
        let least = self.entries.iter().copied().fold(f32::INFINITY, f32::min);
        let most = self.entries.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        // The sum of both may be none.
        if least < most { Ok(0.5 * least + 0.5 * most) } else { Err(Unusable::Flat(least)) }
    }

    /// Black from this number on.
    pub(super) fn binary(self, half: f32) -> Set {
        Set::new(self.pixels, self.entries.into_iter().map(|number| number >= half).collect())
    }
}

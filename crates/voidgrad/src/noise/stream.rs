//! One generator after the other.

use std::convert::Infallible;

use chacha20::ChaCha8Rng;
use rand::{Rng, SeedableRng, TryRng};

use crate::lanes::loops;

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
#[derive(Debug)]
pub struct Stream(pub(super) ChaCha8Rng);

/// The generator's crate leaves this out, so that a cipher's state is not copied by accident.
impl Clone for Stream {
    fn clone(&self) -> Self {
        let mut generator = ChaCha8Rng::from_seed(self.0.get_seed());
        generator.set_stream(self.0.get_stream());
        generator.set_word_pos(self.0.get_word_pos());
        Self(generator)
    }
}

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

    /// 32-bit words until the stream starts again.
    pub(crate) const LENGTH: u128 = 1 << 68;

    /// How many 32-bit words have been taken, modulo 2⁶⁸, where the stream starts again.
    ///
    /// [`fill_open01`](Self::fill_open01) takes two words for each number.
    ///
    /// ```
    /// use voidgrad::Stream;
    /// let (mut x, mut y) = ([0.0; 3], [0.0; 2]);
    /// let mut stream = Stream::new(1, 2, 3);
    /// stream.fill_open01(&mut x);
    /// assert_eq!(stream.position(), 6);
    /// stream.set_position(2);
    /// stream.fill_open01(&mut y);
    /// assert_eq!(x[1..], y);
    /// ```
    #[must_use]
    pub fn position(&self) -> u128 {
        // The generator itself counts on where its last block ends.
        self.0.get_word_pos() % Self::LENGTH
    }

    /// Goes to the place after `position` words, modulo 2⁶⁸.
    pub fn set_position(&mut self, position: u128) {
        self.0.set_word_pos(position);
    }

    /// Fills `noise` with uniform numbers of the open interval (0, 1): `(k + ½)/2⁵²`, where k is the upper
    /// 52 bits of the next 64. All of them are exact, and their distribution is symmetric about ½.
    pub fn fill_open01(&mut self, noise: &mut [f64]) {
        // So many that they are still close when they are made numbers.
        const BLOCK: usize = 512;
        for block in noise.chunks_mut(BLOCK) {
            self.0.fill_bytes(bytemuck::cast_slice_mut(block));
            let words: &mut [u64] = bytemuck::cast_slice_mut(block);
            loops(
                words.len(),
                #[inline(always)]
                || words.iter_mut().for_each(|word| *word = open01(u64::from_le(*word)).to_bits()),
            );
        }
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn open01(bits: u64) -> f64 {
    /// Sign and exponent of the numbers from 1 up to 2, whose other bits count steps of 2⁻⁵².
    const FROM_ONE: u64 = 1.0_f64.to_bits();
    /// 1 less half a step; the difference has 53 bits, so it is exact.
    const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;
    f64::from_bits(FROM_ONE | bits >> 12) - BELOW_ONE
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

    // Pins the naming, by the generator of another crate: a change here changes every seeded result.
    #[test]
    fn a_stream_is_chacha8_with_seed_and_run_as_key_and_row_as_stream() {
        let mut key = [0_u8; 32];
        (key[0], key[1], key[8]) = (2, 1, 5);
        let mut generator = rand_chacha::ChaCha8Rng::from_seed(key);
        generator.set_stream(9);
        let mut noise = [0.0; 300];
        Stream::new(258, 5, 9).fill_open01(&mut noise);
        assert_eq!(noise, [(); 300].map(|()| open01(generator.next_u64())));
    }

    /// The generator makes 64 words at once, and seeks 16.
    #[test]
    fn a_stream_goes_on_from_every_position() {
        let words: Vec<u32> = {
            let mut stream = Stream::new(1, 2, 3);
            (0..200).map(|_| stream.next_u32()).collect()
        };
        let mut stream = Stream::new(1, 2, 3);
        for (position, &word) in words.iter().enumerate() {
            assert_eq!(stream.position(), position as u128);
            let mut other = Stream::new(1, 2, 3);
            other.set_position(position as u128);
            assert_eq!((other.position(), other.next_u32()), (position as u128, word));
            assert_eq!(stream.next_u32(), word);
        }
        stream.set_position(7);
        assert_eq!((stream.position(), stream.next_u32()), (7, words[7]));
    }

    #[test]
    fn positions_are_those_of_a_circle() {
        let end = 1_u128 << 68;
        let mut stream = Stream::new(1, 2, 3);
        let first = stream.next_u32();
        stream.set_position(end - 1);
        assert_eq!(stream.position(), end - 1);
        stream.next_u32();
        assert_eq!((stream.position(), stream.next_u32()), (0, first));
        stream.set_position(end + 1);
        assert_eq!(stream.position(), 1);
    }

    #[test]
    fn every_part_of_a_name_matters() {
        let first = |seed, run, row| Stream::new(seed, run, row).next_u64();
        let names = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (u64::MAX, 0, 0), (0, u64::MAX, 0)];
        let mut values = names.map(|(seed, run, row)| first(seed, run, row));
        values.sort_unstable();
        assert!(values.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

//! Eight generators side by side, for batches.

use rand::Rng;
use voidgrad_real::{GeneratorState, Lanes};

use super::Stream;
use crate::lanes::{Instructions, OnLanes as _, Work};

/// The noise of a block of samples, named by `(seed, run, row, block)`: what [`Stream`] is for one sample at a time,
/// for many, on SIMD lanes.
///
/// Eight xoshiro256++ generators work side by side. Generator g starts at the words `4g` to `4g + 3` of 64 bits that
/// follow word `32·block` of [`Stream::new(seed, run, row)`](Stream::new), so a block's noise is made without the blocks
/// before it, on whichever thread; blocks that are 2⁶² apart have the same words. The numbers have the same bits for
/// every instruction set, and for scalars.
///
/// ```
/// use voidgrad::noise::BlockStream;
/// let (mut x, mut y) = ([0.0; 12], [0.0; 12]);
/// BlockStream::new(1, 2, 3, 4).fill(0.0, &mut x);
/// BlockStream::new(1, 2, 3, 4).fill(0.0, &mut y);
/// assert_eq!(x, y);
/// BlockStream::new(1, 2, 3, 5).fill(0.0, &mut y);
/// assert_ne!(x, y);
/// ```
#[derive(Debug, Clone)]
pub struct BlockStream(GeneratorState);

impl BlockStream {
    /// The noise of this name, from its beginning.
    #[must_use]
    pub fn new(seed: u64, run: u64, row: u64, block: u64) -> Self {
        let mut stream = Stream::new(seed, run, row);
        stream.0.set_word_pos(u128::from(block) << 6);
        Self::take(&mut stream)
    }

    /// How many words of 32 bits of a stream [`take`](Self::take) takes.
    pub const WORDS: u128 = 64;

    /// The noise that the next words of a stream stand for: word `4g` to `4g + 3` of 64 bits start generator g.
    ///
    /// ```
    /// use voidgrad::Stream;
    /// use voidgrad::noise::BlockStream;
    /// let mut stream = Stream::new(1, 2, 3);
    /// let (mut x, mut y) = ([0.0; 12], [0.0; 12]);
    /// BlockStream::take(&mut stream).fill_open01(&mut x);
    /// assert_eq!(stream.position(), BlockStream::WORDS);
    /// BlockStream::new(1, 2, 3, 0).fill(0.0, &mut y);
    /// assert_eq!(x, y);
    /// ```
    #[must_use]
    pub fn take(stream: &mut Stream) -> Self {
        let mut state = GeneratorState::default();
        for generator in 0..8 {
            let words = not_all_zero([(); 4].map(|()| stream.0.next_u64()));
            for (lanes, word) in state.iter_mut().zip(words) {
                lanes[generator] = word;
            }
        }
        Self(state)
    }

    /// What [`take`](Self::take) would give after it has been called so many times; the stream stays where it is.
    pub(crate) fn ahead(stream: &Stream, times: usize) -> Self {
        let mut own = stream.clone();
        own.set_position(stream.position() + Self::WORDS * times as u128);
        Self::take(&mut own)
    }

    /// Fills `to` with uniform numbers of the open interval (0, 1), in groups of 8 `f64` or 16 `f32`; of the last group the
    /// first numbers are taken, and the next call begins a new one. `at_hand` is any value of the lanes to work with.
    ///
    /// An `f64` is `(k + ½)/2⁵²`, where k is the upper 52 bits of a generator's 64; an `f32` is `(k + ½)/2²³`, where k is the
    /// upper 23 bits of the lower half of the 64, then of the upper half. All of them are exact, and their distribution is
    /// symmetric about ½.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn fill<R: Lanes>(&mut self, at_hand: R, to: &mut [R::Element]) {
        at_hand.fill_open01(&mut self.0, to);
    }

    /// Fills `to` with uniform numbers from -1 to 1, as [`Lanes::fill_signed`] says, in the groups of [`fill`](Self::fill).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn fill_signed<R: Lanes>(&mut self, at_hand: R, to: &mut [R::Element]) {
        at_hand.fill_signed(&mut self.0, to);
    }

    /// [`fill`](Self::fill) with `f64`s, on the widest lanes that the machine has.
    pub fn fill_open01(&mut self, to: &mut [f64]) {
        f64::on_lanes(Instructions::Best, Filling { stream: self, to });
    }
}

struct Filling<'a> {
    stream: &'a mut BlockStream,
    to: &'a mut [f64],
}

impl Work<f64> for Filling<'_> {
    type Output = ();

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f64>>(self, hand: R) {
        self.stream.fill(hand, self.to);
    }
}

/// A generator whose words are all 0 gives nothing but 0.
fn not_all_zero(words: [u64; 4]) -> [u64; 4] {
    if words == [0; 4] { [1, 0, 0, 0] } else { words }
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng as _, SeedableRng};

    use super::*;

    /// The eight generators of a block as another crate has them, each seeded by 32 bytes of the stream.
    fn generators(seed: u64, run: u64, row: u64, block: usize) -> [Xoshiro256PlusPlus; 8] {
        let mut stream = Stream::new(seed, run, row);
        (0..32 * block).for_each(|_| _ = stream.next_u64());
        [(); 8].map(|()| {
            let mut bytes = [0; 32];
            stream.fill_bytes(&mut bytes);
            Xoshiro256PlusPlus::from_seed(bytes)
        })
    }

    // Pins the naming: a change here changes every seeded result.
    #[test]
    fn a_block_is_eight_xoshiro256_plus_plus_from_its_words_of_the_stream() {
        let mut expected = generators(7, 8, 9, 3);
        let mut noise = [0.0; 40];
        BlockStream::new(7, 8, 9, 3).fill(0.0_f64, &mut noise);
        for group in noise.chunks(8) {
            for (number, generator) in group.iter().zip(&mut expected) {
                let k = generator.next_u64() >> 12;
                assert_eq!(*number, (k as f64 + 0.5) / (1_u64 << 52) as f64);
            }
        }
    }

    #[test]
    fn single_precision_takes_the_lower_half_then_the_upper() {
        let mut expected = generators(7, 8, 9, 0);
        let mut noise = [0.0; 48];
        BlockStream::new(7, 8, 9, 0).fill(0.0_f32, &mut noise);
        for group in noise.chunks(16) {
            for (pair, generator) in group.chunks(2).zip(&mut expected) {
                let bits = generator.next_u64();
                let halves = [bits & 0xffff_ffff, bits >> 32];
                let numbers = halves.map(|half| ((half >> 9) as f64 + 0.5) / f64::from(1 << 23));
                assert_eq!([f64::from(pair[0]), f64::from(pair[1])], numbers);
            }
        }
    }

    #[test]
    fn numbers_with_a_sign_are_the_integers_of_both_halves() {
        let mut expected = generators(7, 8, 9, 0);
        let mut noise = [0.0; 48];
        BlockStream::new(7, 8, 9, 0).fill_signed(0.0_f32, &mut noise);
        for group in noise.chunks(16) {
            for (pair, generator) in group.chunks(2).zip(&mut expected) {
                let bits = generator.next_u64();
                #[allow(clippy::cast_possible_truncation)] // the two halves
                let halves = [bits as u32, (bits >> 32) as u32].map(u32::cast_signed);
                for (number, half) in pair.iter().zip(halves) {
                    // Rounded to the nearest number of 24 bits.
                    let exact = f64::from(half) / f64::from(1_u32 << 31);
                    assert!((f64::from(*number) - exact).abs() <= exact.abs() / f64::from(1 << 24));
                }
            }
        }
        let mut expected = generators(7, 8, 9, 0);
        let mut noise = [0.0; 8];
        BlockStream::new(7, 8, 9, 0).fill_signed(0.0_f64, &mut noise);
        for (number, generator) in noise.iter().zip(&mut expected) {
            assert_eq!(*number, generator.next_u64().cast_signed() as f64 / (1_u64 << 63) as f64);
        }
    }

    #[test]
    fn a_call_of_any_length_takes_whole_groups() {
        for length in [1, 7, 8, 9, 15, 16, 17] {
            let (mut stream, mut whole) = (BlockStream::new(1, 2, 3, 4), BlockStream::new(1, 2, 3, 4));
            let (mut noise, mut expected) = (vec![0.0; length], vec![0.0; length.next_multiple_of(8)]);
            stream.fill(0.0_f64, &mut noise);
            whole.fill(0.0_f64, &mut expected);
            assert_eq!(noise, expected[..length]);
            assert_eq!(stream.0, whole.0);
        }
    }

    #[test]
    fn every_part_of_a_name_matters() {
        let first = |[seed, run, row, block]: [u64; 4]| {
            let mut number = [0.0];
            BlockStream::new(seed, run, row, block).fill(0.0_f64, &mut number);
            number[0]
        };
        let mut values: Vec<f64> = (0..5)
            .map(|part| std::array::from_fn(|i| u64::from(i == part)))
            .chain([[0, 0, 0, (1 << 62) - 1]])
            .map(first)
            .collect();
        values.sort_by(f64::total_cmp);
        assert!(values.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn no_generator_is_stuck_at_zero() {
        assert_eq!(not_all_zero([0; 4]), [1, 0, 0, 0]);
        assert_eq!(not_all_zero([0, 0, 0, 5]), [0, 0, 0, 5]);
    }
}

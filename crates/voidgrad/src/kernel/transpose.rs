//! Between samples that stand one after the other and rows of lanes of them.
//!
//! The numbers are taken in squares of as many samples as variables, which are transposed in registers.

use voidgrad_real::Lanes;

use crate::kernel::{row, set_row};

/// Writes a row of lanes of samples for each of `count` variables, from the numbers of `live` samples one after the other; lanes
/// without a sample take those of the first.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn to_rows<R: Lanes>(
    hand: R,
    count: usize,
    (samples, live): (&[R::Element], usize),
    rows: &mut [R::Element],
) {
    to_rows_from(hand, count, samples, |lane| if lane < live { lane * count } else { 0 }, rows);
}

/// The same from the samples that begin at these places, one for each lane.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn to_rows_from<R: Lanes>(
    hand: R,
    count: usize,
    samples: &[R::Element],
    place: impl Fn(usize) -> usize,
    rows: &mut [R::Element],
) {
    const { assert!(matches!(R::LANES, 1 | 8 | 16), "a square of other lanes") };
    match R::LANES {
        8 => squares_to_rows::<8, R>(hand, count, samples, place, rows),
        16 => squares_to_rows::<16, R>(hand, count, samples, place, rows),
        _ => squares_to_rows::<1, R>(hand, count, samples, place, rows),
    }
}

/// The same way back: `value` of each row is written to the samples, as many as there are lanes.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn to_samples<R: Lanes>(
    hand: R,
    count: usize,
    rows: &[R::Element],
    value: impl Fn(R) -> R,
    samples: &mut [R::Element],
) {
    const { assert!(matches!(R::LANES, 1 | 8 | 16), "a square of other lanes") };
    match R::LANES {
        8 => squares_to_samples::<8, R>(hand, count, rows, value, samples),
        16 => squares_to_samples::<16, R>(hand, count, rows, value, samples),
        _ => squares_to_samples::<1, R>(hand, count, rows, value, samples),
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
#[expect(clippy::needless_range_loop, reason = "an iterator would keep the square in memory")]
fn squares_to_rows<const L: usize, R: Lanes>(
    hand: R,
    count: usize,
    samples: &[R::Element],
    place: impl Fn(usize) -> usize,
    rows: &mut [R::Element],
) {
    let mut lanes: [&[R::Element]; L] = [&[]; L];
    for lane in 0..L {
        // All of one length, so that they share the check of an index.
        lanes[lane] = &samples[place(lane)..][..count];
    }
    let squares = count - count % L;
    for first in (0..squares).step_by(L) {
        let mut square = [hand; L];
        for lane in 0..L {
            square[lane] = hand.load(&lanes[lane][first..first + L]);
        }
        let square = transposed(square);
        for i in 0..L {
            set_row(rows, first + i, square[i]);
        }
    }
    for m in squares..count {
        for lane in 0..L {
            rows[m * L + lane] = lanes[lane][m];
        }
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
#[expect(clippy::needless_range_loop, reason = "an iterator would keep the square in memory")]
fn squares_to_samples<const L: usize, R: Lanes>(
    hand: R,
    count: usize,
    rows: &[R::Element],
    value: impl Fn(R) -> R,
    samples: &mut [R::Element],
) {
    let mut lanes: [&mut [R::Element]; L] = core::array::from_fn(|_| Default::default());
    let mut rest = samples;
    for lane in &mut lanes {
        (*lane, rest) = rest.split_at_mut(count);
    }
    let squares = count - count % L;
    for first in (0..squares).step_by(L) {
        let mut square = [hand; L];
        for i in 0..L {
            square[i] = value(row(hand, rows, first + i));
        }
        let square = transposed(square);
        for lane in 0..L {
            square[lane].store(&mut lanes[lane][first..first + L]);
        }
    }
    let mut last = [R::Element::default(); L];
    for m in squares..count {
        value(row(hand, rows, m)).store(&mut last);
        for (lane, last) in lanes.iter_mut().zip(last) {
            lane[m] = last;
        }
    }
}

/// The bits of a number's place are those of its row, then those of its lane. Each round moves them by one, and after as many as
/// there are bits of a lane they have changed places.
#[cfg_attr(not(debug_assertions), inline(always))]
fn transposed<const L: usize, R: Lanes>(mut square: [R; L]) -> [R; L] {
    // A loop over the rounds would keep the square in memory.
    if L >= 8 {
        square = round(round(round(square)));
    }
    if L >= 16 {
        square = round(square);
    }
    square
}

/// Each row of the first half, interleaved with that of the second half.
#[cfg_attr(not(debug_assertions), inline(always))]
fn round<const L: usize, R: Lanes>(rows: [R; L]) -> [R; L] {
    let mut square = rows;
    for i in 0..L / 2 {
        (square[2 * i], square[2 * i + 1]) = rows[i].interleave(rows[i + L / 2]);
    }
    square
}

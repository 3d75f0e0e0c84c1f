//! Sums that are kept lane by lane.

use voidgrad_real::{Element, Lanes, Real};

use crate::lanes::MOST_LANES;

/// Sums that go on from block to block, lane by lane.
#[derive(Debug)]
pub(super) struct LaneSums<T> {
    /// `Σ ĝ`, `Σ ĝ²` and `Σ f`
    pub(super) moments: [[T; MOST_LANES]; 3],
    /// N rows of lanes.
    phi: Vec<T>,
}

impl<T: Element> LaneSums<T> {
    /// No terms yet, for N parameters, in memory that is at hand.
    pub(super) fn new(parameters: usize, mut phi: Vec<T>) -> Self {
        phi.clear();
        phi.resize(parameters * MOST_LANES, T::default());
        Self { moments: [[T::default(); MOST_LANES]; 3], phi }
    }

    /// Sets vectors to the sums of φ.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn load<R: Lanes<Element = T>>(&self, hand: R, phi: &mut [R]) {
        for (sum, lanes) in phi.iter_mut().zip(self.phi.chunks_exact(MOST_LANES)) {
            *sum = hand.load(lanes);
        }
    }

    /// Keeps vectors as the sums of φ.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn store<R: Lanes<Element = T>>(&mut self, phi: &[R]) {
        for (sum, lanes) in phi.iter().zip(self.phi.chunks_exact_mut(MOST_LANES)) {
            sum.store(lanes);
        }
    }

    /// Writes the sum over the lanes of each entry of φ, and gives the memory back.
    pub(super) fn finish(self, phi: &mut [f64]) -> Vec<T> {
        for (sum, lanes) in phi.iter_mut().zip(self.phi.chunks_exact(MOST_LANES)) {
            *sum = total(lanes);
        }
        self.phi
    }
}

/// The sum over lanes, whose unused ones are 0, in a fixed order.
pub(super) fn total<T: Element>(lanes: &[T]) -> f64 {
    let mut lanes: [f64; MOST_LANES] = core::array::from_fn(|i| lanes[i].into());
    let mut half = MOST_LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// 0, 1, 2, … in the lanes.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn lane_numbers<R: Lanes>(hand: R) -> R {
    let mut numbers = [R::Element::default(); MOST_LANES];
    for (i, number) in numbers.iter_mut().enumerate() {
        *number = number.constant(i as f64);
    }
    hand.load(&numbers)
}

//! What depends on the variables alone.

use voidgrad_real::{Element, Lanes};

use crate::lanes::MOST_LANES;

/// A number of each variable.
pub(super) struct Variables<'a, T> {
    /// Logits.
    pub(super) a: &'a [T],
    /// `e^-a` and `e^a`: `(1 - θ)/θ` and `θ/(1 - θ)`.
    pub(super) odds: [&'a [T]; 2],
    /// `∂/∂a ln p(b)` at the states 0 and 1: `-σ(a)` and `σ(-a)`.
    pub(super) scores: [&'a [T]; 2],
}

impl<'a, T: Element> Variables<'a, T> {
    /// Those of these logits, in this memory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn new<R: Lanes<Element = T>>(hand: R, logits: &[f64], memory: &'a mut Vec<T>) -> Self {
        // Full lanes.
        let length = logits.len().next_multiple_of(MOST_LANES);
        memory.clear();
        memory.resize(5 * length, T::default());
        let (a, rest) = memory.split_at_mut(length);
        let (down, rest) = rest.split_at_mut(length);
        let (up, rest) = rest.split_at_mut(length);
        let (of_zero, of_one) = rest.split_at_mut(length);
        a.iter_mut().zip(logits).for_each(|(to, a)| *to = to.constant(*a));
        for first in (0..logits.len()).step_by(R::LANES) {
            let a = hand.load(&a[first..]);
            (-a).exp().store(&mut down[first..]);
            a.exp().store(&mut up[first..]);
            (-a.sigmoid()).store(&mut of_zero[first..]);
            (-a).sigmoid().store(&mut of_one[first..]);
        }
        Self { a, odds: [down, up], scores: [of_zero, of_one] }
    }
}

//! The rates of the next steps.

use voidgrad_real::Lanes;

use super::{Adam, Rates, normal};

/// What all entries share in each of the next steps. All of them are made together: a single step would wait for its two divisions
/// and its root.
pub(crate) struct RatesAhead<const STEPS: usize> {
    decays1: [f64; STEPS],
    decays2: [f64; STEPS],
    steps: [f64; STEPS],
    scales: [f64; STEPS],
}

impl<const STEPS: usize> RatesAhead<STEPS> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new() -> Self {
        let zeros = [0.0; STEPS];
        Self { decays1: zeros, decays2: zeros, steps: zeros, scales: zeros }
    }

    /// The next steps of `adam`; `STEPS` is a multiple of the lanes.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn fill<R: Lanes<Element = f64>>(&mut self, hand: R, adam: &Adam) {
        let (mut decay1, mut decay2) = (adam.decay1, adam.decay2);
        for i in 0..STEPS {
            (decay1, decay2) = (normal(decay1 * adam.beta1), normal(decay2 * adam.beta2));
            (self.decays1[i], self.decays2[i]) = (decay1, decay2);
        }
        let (one, rate) = (hand.constant(1.0), hand.constant(adam.learning_rate));
        for i in (0..STEPS).step_by(R::LANES) {
            (rate / (one - hand.load(&self.decays1[i..]))).store(&mut self.steps[i..]);
            (one - hand.load(&self.decays2[i..])).sqrt().recip().store(&mut self.scales[i..]);
        }
    }

    /// Those of step `i`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn rates(&self, adam: &Adam, i: usize) -> Rates {
        let Adam { beta1, beta2, epsilon, .. } = *adam;
        let (decay1, decay2) = (self.decays1[i], self.decays2[i]);
        Rates { beta1, beta2, epsilon, decay1, decay2, step: self.steps[i], scale: self.scales[i] }
    }
}

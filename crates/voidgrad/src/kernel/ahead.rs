//! What is known of the next steps of a training before they are made.

use voidgrad_real::Lanes;

use super::chunk::conditional::size_and_slope;
use crate::noise::Stream;
use crate::optimise::{Adam, Rates, RatesAhead};

/// How many steps are prepared together.
const BLOCK: usize = 64;

/// Words of the stream that a step takes: two for each of its numbers.
const WORDS: u128 = 4;

/// The noise and the rates of the next steps of a training, prepared for [`BLOCK`] of them together: a single step would wait
/// for its logarithm, its divisions and its roots.
///
/// It outlives the call that prepared it, so steps that are made one by one cost little more than steps that are made together. Meanwhile the
/// stream is behind the noise of all prepared steps. Whoever makes a step in another way, or moves the stream, an optimiser or a
/// parameter, has to [`settle`](Self::settle) first.
pub(crate) struct Ahead {
    /// The position of the stream before the noise of these steps.
    start: u128,
    /// u and v of one step after the other, and a pair behind them that no step is made of.
    pairs: [f64; 2 * (BLOCK + 1)],
    /// `ln(u/(1 - u))`
    logits: [f64; BLOCK + 1],
    /// The rates of the two optimisers.
    rates: [RatesAhead<BLOCK>; 2],
    /// How many of these steps are made; all of them if nothing is prepared.
    made: usize,
    /// Whether `logits` and `rates` are those of `pairs`.
    is_prepared: bool,
    /// The sample of the next step.
    sample: Option<Sample>,
}

impl Ahead {
    /// Nothing known yet.
    pub(crate) fn new() -> Self {
        Self {
            start: 0,
            pairs: [0.5; 2 * (BLOCK + 1)],
            logits: [0.0; BLOCK + 1],
            rates: [RatesAhead::new(), RatesAhead::new()],
            made: BLOCK,
            is_prepared: false,
            sample: None,
        }
    }

    /// Whether all prepared steps are made.
    pub(crate) fn is_used_up(&self) -> bool {
        self.made == BLOCK
    }

    /// The position of the stream after the noise of the steps that are made, if some are not.
    pub(crate) fn position(&self) -> Option<u128> {
        (!self.is_used_up()).then(|| (self.start + WORDS * self.made as u128) % Stream::LENGTH)
    }

    /// Takes the stream back behind the steps that are made, and forgets the others.
    pub(crate) fn settle(&mut self, stream: &mut Stream) {
        if let Some(position) = self.position() {
            stream.set_position(position);
            (self.made, self.sample) = (BLOCK, None);
        }
    }

    /// Draws the noise of the next steps, unless it is there, and returns for how many of the `wanted` steps it is.
    pub(super) fn draw(&mut self, stream: &mut Stream, wanted: u64) -> usize {
        if self.is_used_up() {
            self.start = stream.position();
            stream.fill_open01(&mut self.pairs[..2 * BLOCK]);
            (self.made, self.is_prepared, self.sample) = (0, false, None);
        }
        let left = BLOCK - self.made;
        usize::try_from(wanted).unwrap_or(left).min(left)
    }

    /// Prepares the steps whose noise is drawn, unless they are.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn prepare<R: Lanes<Element = f64>>(&mut self, hand: R, optimisers: [&Adam; 2]) {
        if self.is_prepared {
            return;
        }
        for (logit, pair) in self.logits.iter_mut().zip(self.pairs.chunks_exact(2)) {
            *logit = pair[0];
        }
        for logits in self.logits[..BLOCK].chunks_exact_mut(R::LANES) {
            let u = hand.load(logits);
            u.ln_ratio(hand.constant(1.0) - u).store(logits);
        }
        for (rates, adam) in self.rates.iter_mut().zip(optimisers) {
            rates.fill(hand, adam);
        }
        self.is_prepared = true;
    }

    /// How many of these steps are made.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn made(&self) -> usize {
        self.made
    }

    /// The rates of a step.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn rates(&self, [descent, control_descent]: [&Adam; 2], step: usize) -> [Rates; 2] {
        let [rates, control_rates] = &self.rates;
        [rates.rates(descent, step), control_rates.rates(control_descent, step)]
    }

    /// The sample of the next step, for the logit `a`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn sample<R: Lanes<Element = f64>>(&self, hand: R, a: f64) -> Sample {
        self.sample.unwrap_or_else(|| self.draw_sample(hand, a, self.made))
    }

    /// The sample of a step, for the logit `a`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn draw_sample<R: Lanes<Element = f64>>(&self, hand: R, a: f64, step: usize) -> Sample {
        let one = hand.constant(1.0);
        let z = a + self.logits[step];
        let (b, sign) = if z >= 0.0 { (1.0, 1.0) } else { (0.0, -1.0) };
        // w is e^a where b = 1 and e^-a where b = 0; then ∂/∂a ln p(b) is ±1/(1 + w).
        let v = hand.constant(self.pairs[2 * step + 1]);
        let w = hand.constant(sign * a).exp();
        let (size, slope) = size_and_slope(v, w);
        let score = one / (one + w);
        Sample { b, z, z_tilde: sign * size.first(), z_tilde_a: slope.first(), score: sign * score.first() }
    }

    /// Takes over how many steps are made, and the sample of the next one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn keep(&mut self, made: usize, sample: Sample) {
        (self.made, self.sample) = (made, Some(sample));
    }
}

/// A sample before f.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub(super) b: f64,
    pub(super) z: f64,
    pub(super) z_tilde: f64,
    pub(super) z_tilde_a: f64,
    pub(super) score: f64,
}

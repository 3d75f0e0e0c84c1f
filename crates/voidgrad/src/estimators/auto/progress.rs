//! What a step gains through `ĝ`, and what it gains without it.

use super::candidate::moved;
use crate::error::ShapeMismatch;
use crate::estimator::StepGradients;
use crate::estimators::towards;

/// Steps that the means are over.
const WINDOW: f64 = 256.0;
/// Steps before the gains say something.
const FEWEST: f64 = 8.0;
/// Standard errors that the direct gain is lowered by. A gradient that is nothing but noise then counts in one of forty cases.
const DOUBT: f64 = 2.0;
/// Numbers of the state beside the gradients and the roots.
const NUMBERS: usize = 8;

/// What is known from the steps of a model.
///
/// Adam moves a parameter by a given length times `Ĝ_i/√E[Ĝ_i²]`. So a step along gradients with the means `G_i` gains in proportion to `Σ_i G_i²/√E[Ĝ_i²]`. The product of the gradients of two
/// successive steps has the mean `G_i²`, but for what `G_i` changes by from the one to the other, because their noise is independent.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// Pairs of successive steps that the means are made of.
    pairs: f64,
    /// The parameters that learn from `ĝ`.
    estimated: Gain,
    /// All others.
    direct: Gain,
    /// The root of the mean of `‖ĝ‖²`.
    norm: f64,
}

/// What a step gains by some of the parameters.
#[derive(Debug, Clone, Default)]
struct Gain {
    /// The gradient of the step before.
    before: Vec<f64>,
    /// The roots of the means of its squares.
    roots: Vec<f64>,
    /// The mean of the gains, and the root of that of their squares.
    mean: f64,
    spread: f64,
}

impl Progress {
    /// Takes in a step, with the norm of the `ĝ` that it was made of.
    pub(super) fn learn(&mut self, gradients: StepGradients<'_>, norm: f64) {
        let StepGradients { estimated, direct } = gradients;
        if !estimated.iter().chain(direct).chain([&norm]).all(|x| x.is_finite()) {
            return;
        }
        if [estimated.len(), direct.len()] != self.lengths() {
            let gains = [estimated, direct].map(Gain::first);
            let [estimated, direct] = gains;
            *self = Self { pairs: 0.0, estimated, direct, norm };
            return;
        }
        self.pairs += 1.0;
        let shares = [0.0, 1.0].map(|first| 1.0 / (self.pairs + first).min(WINDOW));
        self.estimated.learn(estimated, shares);
        self.direct.learn(direct, shares);
        self.norm = moved(self.norm, norm, shares[1]);
    }

    /// What a step gains whose `ĝ` has this norm, times the norm. The unit is the same for all norms, so this is 1 if the steps are not known.
    pub(super) fn gain(&self, norm: f64) -> f64 {
        let Self { pairs, estimated, direct, norm: mean } = self;
        // The root for a parameter goes with the norm of ĝ.
        let through = estimated.mean.max(0.0) * mean;
        // If nothing is certain, the rule for ĝ alone is left.
        let certain = direct.mean - DOUBT * direct.spread / pairs.min(WINDOW).sqrt();
        let gain = through + certain.max(0.0) * norm;
        if *pairs >= FEWEST && gain > 0.0 && gain.is_finite() { gain } else { 1.0 }
    }

    fn lengths(&self) -> [usize; 2] {
        [self.estimated.before.len(), self.direct.before.len()]
    }

    /// All of it as numbers.
    pub(super) fn state(&self) -> Vec<f64> {
        let Self { pairs, estimated, direct, norm } = self;
        let mut state = vec![*pairs, *norm];
        state.extend(self.lengths().map(|length| length as f64));
        for Gain { before, roots, mean, spread } in [estimated, direct] {
            state.extend([*mean, *spread]);
            state.extend(before);
            state.extend(roots);
        }
        state
    }

    /// What [`state`](Self::state) gave.
    ///
    /// # Errors
    /// Returns an error if there are more or fewer numbers than it says.
    pub(super) fn of_state(state: &[f64]) -> Result<Self, ShapeMismatch> {
        let mismatch =
            |expected| ShapeMismatch { name: "what is known of steps", found: state.len(), expected };
        let (&[pairs, norm, first, second], gains) = state.split_first_chunk().ok_or(mismatch(NUMBERS))?;
        let lengths =
            [first, second].map(|length| super::state::place(length).filter(|length| *length <= state.len()));
        let [Some(first), Some(second)] = lengths else { return Err(mismatch(usize::MAX)) };
        let expected = 2 * (first + second) + NUMBERS;
        if state.len() != expected {
            return Err(mismatch(expected));
        }
        let (estimated, direct) = gains.split_at(2 * first + 2);
        let [estimated, direct] = [(estimated, first), (direct, second)].map(|(numbers, length)| {
            let (before, roots) = numbers[2..].split_at(length);
            Gain { before: before.to_vec(), roots: roots.to_vec(), mean: numbers[0], spread: numbers[1] }
        });
        Ok(Self { pairs, estimated, direct, norm })
    }
}

impl Gain {
    /// After the first step.
    fn first(gradient: &[f64]) -> Self {
        Self {
            before: gradient.to_vec(),
            roots: gradient.iter().map(|x| x.abs()).collect(),
            mean: 0.0,
            spread: 0.0,
        }
    }

    /// Takes in one more step, which counts by these shares: in the mean of the gains, and in those of the squares.
    fn learn(&mut self, gradient: &[f64], [of_gains, of_squares]: [f64; 2]) {
        let Self { before, roots, mean, spread } = self;
        let mut gain = 0.0;
        for ((before, root), now) in before.iter_mut().zip(roots).zip(gradient) {
            // The root of earlier steps: that of this one would go with the product.
            if *root > 0.0 {
                gain += *before / *root * now;
            }
            *root = moved(*root, *now, of_squares);
            *before = *now;
        }
        if gain.is_finite() {
            *mean = towards(*mean, gain, of_gains);
            *spread = moved(*spread, gain, of_gains);
        }
    }
}

//! One of the estimators, and what is known of it.

use super::Criterion;
use crate::distribution::Distribution;
use crate::estimator::{Answer, AnyEstimator, Memory, Told};

/// Rounds that a score is the mean of.
const WINDOW: f64 = 32.0;
/// Rounds that a level is the mean of.
const SCALE: f64 = 256.0;
/// Rounds before a change of the level says something.
const STREAK: f64 = 128.0;
/// Rounds of a first turn that count.
const FIRST: u64 = 4;
/// Examples that a candidate learns from before it is measured, if it learns: a regression has weights after four.
const SETTLING: u64 = 4;

/// One of the estimators, and what is known of it.
pub(super) struct Candidate<D: Distribution> {
    pub(super) name: String,
    pub(super) estimator: AnyEstimator<D>,
    /// Whether it has something to learn.
    learns: bool,
    /// What a round costs; 0 before it is known.
    pub(super) cost: f64,
    /// Whether it asks for one sample and nothing else; z̃ may take more noise.
    pub(super) is_single: bool,
    /// How many uniform numbers it takes.
    pub(super) noise: usize,
    /// The root of what the criterion says, so that no square is too large or too small.
    pub(super) score: f64,
    /// Rounds that the score is made of.
    pub(super) measured: f64,
    /// Rounds that it was measured in, without a gap except for trials of others.
    pub(super) streak: f64,
    /// What a score over these rounds is.
    pub(super) level: f64,
    /// Examples that it has learned from.
    pub(super) lessons: u64,
    /// Rounds since it had settled.
    pub(super) turn: u64,
    /// Examples of the round under way.
    examples: u64,
    /// What had been spent after the last of these.
    pub(super) last: f64,
    /// The norm of `ĝ` of the last round.
    pub(super) norm: f64,
    /// The sum of `ĝ` over the examples of the round under way; empty if it has no part in it.
    sum: Vec<f64>,
    gradient: Vec<f64>,
    weights: Vec<f64>,
    memory: Memory,
}

impl<D: Distribution> Candidate<D> {
    pub(super) fn new((name, estimator): (String, AnyEstimator<D>)) -> Self {
        Self {
            name,
            learns: !estimator.state().is_empty(),
            estimator,
            cost: 0.0,
            is_single: false,
            noise: 0,
            score: 0.0,
            measured: 0.0,
            streak: 0.0,
            level: 0.0,
            lessons: 0,
            turn: 0,
            examples: 0,
            last: 0.0,
            norm: 0.0,
            sum: Vec::new(),
            gradient: Vec::new(),
            weights: Vec::new(),
            memory: Memory::default(),
        }
    }

    /// The most rounds of its first turn.
    pub(super) fn first_turn(&self) -> u64 {
        if self.learns { SETTLING + FIRST } else { FIRST }
    }

    /// Whether all rounds of its first turn have been made.
    pub(super) fn has_whole_turn(&self) -> bool {
        self.turn >= FIRST
    }

    /// The score to compare. One that could never be measured is the worst.
    pub(super) fn value(&self) -> f64 {
        if self.measured > 0.0 { self.score } else { f64::INFINITY }
    }

    /// Forgets the round under way, which has not ended.
    pub(super) fn forget(&mut self) {
        self.sum.clear();
        self.examples = 0;
    }

    /// Ends a round, after which so much had been spent. The result is the factor by which its level has changed, 1 if it has not been measured for long enough; nothing if it has no
    /// part in the round.
    pub(super) fn end_round(&mut self, spent: f64, criterion: Criterion) -> Option<f64> {
        if self.examples == 0 {
            return None;
        }
        self.estimator.end_round();
        self.norm = norm(&self.sum);
        let factor = self.measure(criterion.root(self.norm, self.cost));
        self.lessons += self.examples;
        self.last = spent;
        self.forget();
        Some(factor)
    }

    fn measure(&mut self, found: f64) -> f64 {
        if self.learns && self.lessons < SETTLING {
            return 1.0;
        }
        self.turn += 1;
        if !found.is_finite() {
            return 1.0;
        }
        self.measured += 1.0;
        self.streak += 1.0;
        self.score = moved(self.score, found, 1.0 / self.measured.min(WINDOW));
        let before = self.level;
        self.level = moved(before, found, 1.0 / self.streak.min(SCALE));
        let factor = self.level / before;
        if self.streak > STREAK && factor > 0.0 && factor.is_finite() { factor } else { 1.0 }
    }

    /// Adds its `ĝ` of an example, which it computes if it has not been answered, and learns from it.
    pub(super) fn learn(&mut self, distribution: &D, told: Told<'_>) {
        let Self { estimator, gradient, weights, memory, .. } = self;
        gradient.clear();
        if told.answered.is_empty() {
            gradient.resize(distribution.parameters().len(), 0.0);
            weights.clear();
            weights.resize(told.values.len(), 1.0 / told.values.len() as f64);
            estimator.answer(distribution, told, Answer { gradient, weights, phi_bar: None, memory });
        } else {
            gradient.extend_from_slice(told.answered);
        }
        self.sum.resize(self.gradient.len(), 0.0);
        self.sum.iter_mut().zip(&self.gradient).for_each(|(sum, own)| *sum += own);
        self.examples += 1;
        self.estimator.learn(distribution, told);
    }
}

/// The root of a mean of squares, moved by a share of the difference.
pub(super) fn moved(root: f64, found: f64, share: f64) -> f64 {
    (root * (1.0 - share).sqrt()).hypot(found * share.sqrt()).min(f64::MAX)
}

/// `√Σ x²`, whose squares may be no numbers.
pub(super) fn norm(x: &[f64]) -> f64 {
    let largest = x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    if !(largest > 0.0 && largest.is_finite()) {
        return largest;
    }
    largest * x.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt()
}

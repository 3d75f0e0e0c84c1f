//! Population-based incremental learning.

use super::SearchError;
use super::weights::{check_selected, weights};
use crate::error::{EstimateError, InvalidParameter, all_finite, same_length};
use crate::noise::Stream;
use crate::objective::{Objective, Points, evaluate};

/// Minimises f over M bits by rounds of K samples: population-based incremental learning (PBIL).
///
/// The bits are drawn independently, with the probabilities θ, and `θ ← θ + η·Σ_k w_k·(b_k - θ)` with the [`weights`] of the K values. This is a step of length η along the natural gradient, by θ, of `E[W(b)]`: W is f rewritten by its
/// quantiles, so that only the order of its values matters. In θ, the Fisher information is `diag(1/(θ·(1 - θ)))`, and a score divided by it is `b - θ`.
///
/// **Margins.** After a step, θ is moved into `[1/M, 1 - 1/M]`, so that no bit is fixed for ever. For fewer than four bits the margin is ¼. [`Settings::margin`] gives another.
///
/// To maximise f, negate it. The best sample of all rounds is kept. The noise of round t is the [`Stream`] `(seed, run, t)`, so a search needs no position of its noise, and f may be evaluated anywhere: [`ask`](Self::ask) gives the samples, and
/// [`tell`](Self::tell) takes the values; [`step`](Self::step) does both.
///
/// ```
/// use voidgrad::search::{Pbil, Settings};
/// // As many ones as possible, of 30.
/// let f = |b: &[f64]| -b.iter().sum::<f64>();
/// let mut search = Pbil::new(30, Settings { seed: 1, ..Settings::default() })?;
/// while search.round() < 200 && search.best().is_none_or(|best| best.f > -30.0) {
///     search.step(&f)?;
/// }
/// assert_eq!(search.best().unwrap().b, [1.0; 30]);
/// # Ok::<(), voidgrad::search::SearchError>(())
/// ```
///
/// Source: Baluja 1994, Population-based incremental learning, without mutation; Ollivier, Arnold, Auger and Hansen 2017, Information-geometric optimization algorithms, on Bernoulli distributions. The margins are those that the theory of
/// such algorithms uses (Krejca and Witt 2020, Theory of estimation-of-distribution algorithms).
#[derive(Debug, Clone)]
pub struct Pbil {
    settings: Settings,
    margin: f64,
    theta: Vec<f64>,
    round: u64,
    best: Option<Found>,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// K, the samples of a round, at least 1.
    pub samples: usize,
    /// q₀, the part of the samples that θ moves to, in (0, 1].
    pub selected: f64,
    /// η, in (0, 1].
    pub learning_rate: f64,
    /// How close θ comes to 0 and 1, in [0, ½); if there is none, 1/M, and ¼ at most.
    pub margin: Option<f64>,
    /// Seed of the noise.
    pub seed: u64,
    /// Run of the noise.
    pub run: u64,
}

/// 100 samples, of which the best tenth counts, η = 0.1, seed 0, run 0.
impl Default for Settings {
    fn default() -> Self {
        Self { samples: 100, selected: 0.1, learning_rate: 0.1, margin: None, seed: 0, run: 0 }
    }
}

/// A sample with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// `f(b)`.
    pub f: f64,
    /// b, M entries of 0 and 1.
    pub b: Vec<f64>,
}

/// Everything that a [`Pbil`] needs to continue with the same bits; its settings are configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct PbilState {
    /// Rounds made.
    pub round: u64,
    /// θ, M entries.
    pub theta: Vec<f64>,
    /// The best sample so far.
    pub best: Option<Found>,
}

/// The largest margin that is taken if none is asked for.
const LARGEST_MARGIN: f64 = 0.25;

/// The most numbers of a round: more are no allocation.
const LARGEST_ROUND: usize = isize::MAX as usize / size_of::<f64>();

impl Pbil {
    /// A search among M bits, whose probabilities start at ½.
    ///
    /// # Errors
    /// Returns an error if M is 0, if a setting is not in its domain, or if K·M numbers are more than memory can have.
    pub fn new(variables: usize, settings: Settings) -> Result<Self, SearchError> {
        let refused = |name, value, allowed| Err(InvalidParameter { name, value, allowed }.into());
        let Settings { samples, selected, learning_rate, margin, .. } = settings;
        for (name, count) in [("variables", variables), ("samples", samples)] {
            if count == 0 {
                return refused(name, 0.0, "at least 1");
            }
        }
        let numbers = samples.checked_mul(variables);
        if numbers.is_none_or(|numbers| numbers > LARGEST_ROUND) {
            return Err(EstimateError::TooManyPoints { points: samples, dimension: variables }.into());
        }
        check_selected(selected)?;
        if !(learning_rate > 0.0 && learning_rate <= 1.0) {
            return refused("learning rate", learning_rate, "a number in (0, 1]");
        }
        let margin = margin.unwrap_or_else(|| LARGEST_MARGIN.min(1.0 / variables as f64));
        if !(0.0..0.5).contains(&margin) {
            return refused("margin", margin, "a number in [0, ½)");
        }
        Ok(Self { settings, margin, theta: vec![0.5; variables], round: 0, best: None })
    }

    /// θ, M entries.
    #[must_use]
    pub fn probabilities(&self) -> &[f64] {
        &self.theta
    }

    /// Rounds made.
    #[must_use]
    pub fn round(&self) -> u64 {
        self.round
    }

    /// The sample with the lowest value so far; the first of equal ones. Nothing before the first round.
    #[must_use]
    pub fn best(&self) -> Option<&Found> {
        self.best.as_ref()
    }

    /// The samples of the next round, K rows of M entries. They are the same until the round is told.
    #[must_use]
    pub fn ask(&self) -> Vec<f64> {
        let variables = self.theta.len();
        let mut stream = Stream::new(self.settings.seed, self.settings.run, self.round);
        let mut points = vec![0.0; self.settings.samples * variables];
        stream.fill_open01(&mut points);
        for row in points.chunks_exact_mut(variables) {
            // With θ of exactly 0 or 1, without a margin, every u decides as it should.
            row.iter_mut().zip(&self.theta).for_each(|(u, theta)| *u = f64::from(u8::from(*u < *theta)));
        }
        points
    }

    /// Takes the K values of f at the samples that [`ask`](Self::ask) gave, and moves θ.
    ///
    /// # Errors
    /// Returns an error if there are not K values, or if one is NaN or infinite; then nothing has changed.
    pub fn tell(&mut self, f: &[f64]) -> Result<(), SearchError> {
        same_length("values of f", f.len(), self.settings.samples)?;
        all_finite("f", f)?;
        let points = self.ask();
        self.learn(&points, f)
    }

    /// Makes a round: samples, their values, and a step of θ.
    ///
    /// # Errors
    /// Returns an error if the objective fails, or if a value is NaN or infinite; then nothing has changed.
    pub fn step(&mut self, objective: &(impl Objective + ?Sized)) -> Result<(), SearchError> {
        let points = self.ask();
        let mut f = vec![0.0; self.settings.samples];
        evaluate(objective, Points::rows(&points, self.theta.len()), &mut f)?;
        self.learn(&points, &f)
    }

    fn learn(&mut self, points: &[f64], f: &[f64]) -> Result<(), SearchError> {
        let mut w = vec![0.0; f.len()];
        weights(f, self.settings.selected, &mut w)?;
        let variables = self.theta.len();
        let mut step = vec![0.0; variables];
        for (b, w) in points.chunks_exact(variables).zip(&w).filter(|(_, w)| **w > 0.0) {
            step.iter_mut()
                .zip(b.iter().zip(&self.theta))
                .for_each(|(step, (b, theta))| *step += w * (b - theta));
        }
        for (theta, step) in self.theta.iter_mut().zip(step) {
            *theta = (*theta + self.settings.learning_rate * step).clamp(self.margin, 1.0 - self.margin);
        }
        for (b, f) in points.chunks_exact(variables).zip(f) {
            if self.best.as_ref().is_none_or(|best| *f < best.f) {
                self.best = Some(Found { f: *f, b: b.to_vec() });
            }
        }
        self.round += 1;
        Ok(())
    }

    /// What the search continues from.
    #[must_use]
    pub fn state(&self) -> PbilState {
        PbilState { round: self.round, theta: self.theta.clone(), best: self.best.clone() }
    }

    /// Takes over what [`state`](Self::state) gave; a search with the same settings then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if θ or the best sample do not have M entries, if an entry of θ is not in [0, 1], if the best sample has other entries than 0 and 1, or if its value is NaN or infinite; then nothing has changed.
    pub fn restore(&mut self, state: PbilState) -> Result<(), SearchError> {
        same_length("θ", state.theta.len(), self.theta.len())?;
        let refused = |name, value, allowed| Err(InvalidParameter { name, value, allowed }.into());
        if let Some(theta) = state.theta.iter().find(|theta| !(0.0..=1.0).contains(*theta)) {
            return refused("θ", *theta, "a number in [0, 1]");
        }
        if let Some(Found { f, b }) = &state.best {
            same_length("best sample", b.len(), self.theta.len())?;
            all_finite("f", &[*f])?;
            if let Some(b) = b.iter().find(|b| **b != 0.0 && **b != 1.0) {
                return refused("entry of the best sample", *b, "0 or 1");
            }
        }
        let PbilState { round, theta, best } = state;
        (self.round, self.theta, self.best) = (round, theta, best);
        Ok(())
    }
}

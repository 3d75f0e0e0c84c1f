//! The estimator that measures others while it is used, and uses the best.

mod candidate;
mod criterion;
mod error;
mod progress;
mod state;
mod table;
mod teaching;

use std::collections::BTreeSet;
use std::fmt;

use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::distribution::Distribution;
use crate::error::{EstimateError, ShapeMismatch};
use crate::estimator::{Answer, AnyEstimator, Choice, Estimator, Learned, StepGradients, Told, Want};
use crate::kernel::Examples;
use crate::noise::Rule;
use candidate::Candidate;
use progress::Progress;

pub use criterion::Criterion;
pub use error::AutoError;

/// One of several estimators, the one that has been the best in the rounds so far, by the mean of `‖ĝ‖²` and what a round costs.
///
/// The [`Criterion`] says how the two go together: `√E‖ĝ‖² × cost` for an optimiser whose steps have a given length, such as Adam, and `E‖ĝ‖² × cost` for plain gradient steps.
/// The cost of a round is the number of its evaluations of f, or what [`with_costs`](Self::with_costs) says.
///
/// **Which one is in use** depends on earlier rounds alone, and changes only when a [round ends](Estimator::end_round). So `ĝ` has the mean of the candidates:
/// it is unbiased if they are.
///
/// **The score** of a candidate is the criterion with the mean of `‖ĝ‖²` over its rounds, of the last 32 mostly: with the n-th, the mean moves by `1/min(n, 32)` of the difference. On a plate,
/// ĝ is the sum over the examples: that is what a parameter gets that they share, such as a bias of an encoder. Scores fall while a training goes on. So if the same mean over the last 256 rounds of the candidate
/// that has been measured in each round for longest, and in 128 rounds at least, changes by a factor, those of all that the round has not measured change by the same factor.
///
/// **Measured for free** are candidates that take one sample, whenever the candidate in use [starts with a sample](Estimator::starts_with_a_sample): f is known
/// there. They learn from it, too, so a moving average is settled before it is used. All others are measured in rounds of their own:
///
/// - *First turns.* The first of the list begins. Each other candidate has a first turn of four rounds, as soon as they cost no more than a quarter of what has been spent.
///   One that learns is measured after its first four examples. A first turn is over as soon as the score is more than √2 times the best.
/// - *Trials.* A candidate that is not the best has a round as soon as what has been spent since its last is `cost · n / 0.05 · max(1, (score / best score)²)`, where n candidates are measured in this
///   way. So trials take a twentieth of the cost, and less the worse they are.
///
/// **A model** has parameters that learn without `ĝ`, such as those of a decoder. They gain from every step, so they want cheap rounds. A loop that tells the gradients of each
/// step by [`end_step`](Estimator::end_step) gets the candidate with the least `cost/(A/√E‖ĝ‖² + B)`. Here `A/√E‖ĝ‖²` is what a step gains by the parameters that learn from `ĝ`, and B what it gains by
/// the others. The gain by parameters with the gradients `Ĝ_i` is `Σ_i G_i²/√E[Ĝ_i²]`, as Adam makes it. The product of two successive `Ĝ_i` is an estimate of `G_i²`; means are over the last 256 steps. All learning rates are
/// taken to be equal. A loop that does not tell them gets what is best for `ĝ` alone, and so does [`Criterion::Squares`].
///
/// `ĝ` of these rounds is used like any other. A candidate whose variance is greater by orders of magnitude spoils the averages of squares that an optimiser like Adam
/// keeps; it does not belong on the list. Nor does a biased one.
///
/// **A control.** One candidate may have a control with parameters φ. It is the [`control`](Estimator::control) of the choice: the variance's gradient by φ is that of its `ĝ`, in its own rounds and, at the first sample, in those of the
/// others. So φ is trained before the candidate is used, without an evaluation of f. The price in a round of another candidate is the noise of z̃, and two evaluations of
/// the control for each example.
///
/// The costs are settled in the first round and are part of the [state](Estimator::state), as all measurements are: a run that is restored makes the same choices.
/// [`choices`](Estimator::choices) says which candidate was in use when. On a plate a candidate is measured with its averages as they are when the example's turn to be learned
/// comes.
///
/// Source: none, the rule is this library's. It is a bandit whose exploration has a bounded cost, as in ε-greedy.
///
/// ```
/// use voidgrad::estimators::{Auto, Disarm, ReinforceEma};
/// use voidgrad::{Bernoulli, Estimator, Round, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.4; 20])?;
/// // The mean of f is large beside its differences: a settled average is worth more than a second sample.
/// let f = |b: &[f64]| 100.0 + b.iter().sum::<f64>();
/// let mut auto = Auto::new(vec![
///     ("disarm".to_owned(), Box::new(Disarm::new(2)?)),
///     ("reinforce-ema".to_owned(), Box::new(ReinforceEma::new(0.99)?)),
/// ])?;
/// let (mut stream, mut round) = (Stream::new(1, 0, 0), Round::new());
/// for _ in 0..500 {
///     round.draw(&auto, &bernoulli, &mut stream)?;
///     round.evaluate(&f)?;
///     round.tell(&mut auto, &bernoulli)?;
/// }
/// let choices = auto.choices();
/// assert_eq!(choices[0].name, "disarm");
/// assert_eq!(choices[choices.len() - 1].name, "reinforce-ema");
/// assert_eq!(choices.iter().map(|choice| choice.rounds).sum::<u64>(), 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Auto<D: Distribution = Bernoulli> {
    candidates: Vec<Candidate<D>>,
    criterion: Criterion,
    /// What has been spent.
    spent: f64,
    /// The candidate of the next round.
    current: usize,
    /// The best one.
    best: usize,
    choices: Vec<Stretch>,
    /// Evaluations of f in the round under way.
    evaluations: u64,
    /// The candidate of the last round.
    used: usize,
    progress: Progress,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "auto",
    title: "automatic choice",
    formula: "ĝ of the candidate with the least √E‖ĝ‖² × evaluations in earlier rounds",
    source: "none, the rule is this library's",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::Varies),
    parameters: "K, those that have a choice with K each; unless given, local-expectation up to M = 15, and disarm, rloo, reinforce-ema, reinforce-optimal",
};

/// The share of the cost that trials take.
const SHARE: f64 = 0.05;
/// How many times the cost of a first turn has to have been spent before.
const AFFORDABLE: f64 = 4.0;
/// How many times as high as that of the best the square of a score is that ends a first turn.
const HOPELESS: f64 = 2.0;

/// A stretch of the choices, with the place of the best candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    best: usize,
    rounds: u64,
    trials: u64,
    evaluations: u64,
}

impl<D: Distribution> Auto<D> {
    /// A choice among these estimators, each with a name of its own. The first round is that of the first one that wants ∇f, so that an f without it is refused
    /// at once, or else that of the first.
    ///
    /// # Errors
    /// Returns an error if there is no estimator, if two have the same name, or if two have a control with parameters.
    pub fn new(candidates: Vec<(String, AnyEstimator<D>)>) -> Result<Self, AutoError> {
        if candidates.is_empty() {
            return Err(AutoError::Empty);
        }
        let mut taught: Option<&String> = None;
        for (place, (name, estimator)) in candidates.iter().enumerate() {
            if candidates[..place].iter().any(|(other, _)| other == name) {
                return Err(AutoError::Duplicate { name: name.clone() });
            }
            if estimator.control().is_some_and(|control| control.parameters() > 0)
                && let Some(first) = taught.replace(name)
            {
                return Err(AutoError::Controls { first: first.clone(), second: name.clone() });
            }
        }
        let candidates: Vec<Candidate<D>> = candidates.into_iter().map(Candidate::new).collect();
        let wants_slopes =
            |candidate: &Candidate<D>| (0..2).any(|k| candidate.estimator.want(k) != Want::Value);
        let first = candidates.iter().position(wants_slopes).unwrap_or(0);
        Ok(Self {
            candidates,
            criterion: Criterion::default(),
            spent: 0.0,
            current: first,
            best: first,
            choices: Vec::new(),
            evaluations: 0,
            used: first,
            progress: Progress::default(),
        })
    }

    /// The same with another criterion.
    #[must_use]
    pub fn with_criterion(self, criterion: Criterion) -> Self {
        Self { criterion, ..self }
    }

    /// The same with these costs of a round, one for each candidate and in their order, instead of its evaluations of f. They may be seconds: whoever has a clock measures each candidate
    /// once, before the first round.
    ///
    /// ```
    /// use std::time::Instant;
    /// use voidgrad::estimators::{Auto, Disarm, Rloo};
    /// use voidgrad::estimator::AnyEstimator;
    /// use voidgrad::{Bernoulli, Estimator, Round, Stream};
    /// let bernoulli = Bernoulli::from_logits(&[0.4; 20])?;
    /// let f = |b: &[f64]| b.iter().sum::<f64>();
    /// let candidates: Vec<(String, AnyEstimator)> =
    ///     vec![("disarm".to_owned(), Box::new(Disarm::new(2)?)), ("rloo".to_owned(), Box::new(Rloo::new(2)?))];
    /// let mut seconds = Vec::new();
    /// for (_, estimator) in &candidates {
    ///     let (mut round, mut stream, started) = (Round::new(), Stream::new(0, 0, 0), Instant::now());
    ///     for _ in 0..100 {
    ///         round.draw(estimator, &bernoulli, &mut stream)?;
    ///         round.evaluate(&f)?;
    ///         round.answer(estimator, &bernoulli)?;
    ///     }
    ///     seconds.push(started.elapsed().as_secs_f64() / 100.0);
    /// }
    /// let auto = Auto::new(candidates)?.with_costs(&seconds)?;
    /// // They are in the state, with all that is measured.
    /// assert_eq!(auto.costs().collect::<Vec<f64>>(), seconds);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there are more or fewer than candidates, or if one is not a positive number.
    pub fn with_costs(mut self, costs: &[f64]) -> Result<Self, AutoError> {
        let (found, expected) = (costs.len(), self.candidates.len());
        if found != expected {
            return Err(AutoError::Costs { found, expected });
        }
        for (candidate, &cost) in self.candidates.iter_mut().zip(costs) {
            if !(cost > 0.0 && cost.is_finite()) {
                return Err(AutoError::Cost { name: candidate.name.clone(), cost });
            }
            candidate.cost = cost;
        }
        Ok(self)
    }

    /// The names of the candidates, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.candidates.iter().map(|candidate| candidate.name.as_str())
    }

    /// What a round of each candidate costs, in their order; 0 before the first round, unless they were [given](Self::with_costs).
    pub fn costs(&self) -> impl Iterator<Item = f64> {
        self.candidates.iter().map(|candidate| candidate.cost)
    }

    /// What the [`Criterion`] says of each candidate, or the root of it for [`Criterion::Squares`], as far as it is known, in their order; 0 if it has not been measured.
    pub fn scores(&self) -> impl Iterator<Item = f64> {
        self.candidates.iter().map(|candidate| candidate.score)
    }

    /// The name of the candidate of the next round.
    #[must_use]
    pub fn in_use(&self) -> &str {
        &self.candidates[self.current].name
    }

    fn estimator(&self) -> &AnyEstimator<D> {
        &self.candidates[self.current].estimator
    }

    /// Whether the rounds of `user` measure candidate `i`.
    fn is_free(&self, i: usize, user: usize) -> bool {
        i != user && self.candidates[i].is_single && self.candidates[user].estimator.starts_with_a_sample()
    }

    /// Takes in what was measured in the round that ends.
    fn measure(&mut self) {
        let Self { candidates, criterion, spent, current, best, .. } = self;
        // The one that has been measured for longest says how f changes. The best one would not do: it is the best while it is measured too low, and then rises.
        let (mut longest, mut factor) = (0.0, 1.0);
        for candidate in candidates.iter_mut() {
            let Some(found) = candidate.end_round(*spent, *criterion) else { continue };
            if candidate.streak > longest {
                (longest, factor) = (candidate.streak, found);
            }
        }
        for candidate in candidates.iter_mut().filter(|candidate| candidate.last < *spent) {
            candidate.score = (candidate.score * factor).min(f64::MAX);
            if current == best {
                candidate.streak = 0.0;
            }
        }
    }

    /// What is compared: the cost of a gain. It is in proportion to the score if all that learns does so from `ĝ`.
    fn value(&self, candidate: &Candidate<D>) -> f64 {
        let score = candidate.value();
        match self.criterion {
            Criterion::Norm if score.is_finite() => score / self.progress.gain(score / candidate.cost),
            _ => score,
        }
    }

    /// Chooses the candidate of the next round.
    fn choose(&mut self) {
        if !self.has_had_its_turn(self.current) {
            return;
        }
        let whole = self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.has_whole_turn());
        let best = whole.min_by(|(_, one), (_, other)| self.value(one).total_cmp(&self.value(other)));
        let best = best.map_or(self.best, |(place, _)| place);
        (self.best, self.current) = (best, best);
        let is_paid = |i: &usize| *i != best && !self.is_free(*i, best);
        let paid: Vec<usize> = (0..self.candidates.len()).filter(is_paid).collect();
        for &i in &paid {
            let Candidate { cost, last, .. } = self.candidates[i];
            let due = if self.has_had_its_turn(i) {
                let worse = (self.value(&self.candidates[i]) / self.value(&self.candidates[best])).powi(2);
                last + cost * paid.len() as f64 / SHARE * if worse > 1.0 { worse } else { 1.0 }
            } else {
                AFFORDABLE * cost * self.candidates[i].first_turn() as f64
            };
            if self.spent >= due {
                self.current = i;
                return;
            }
        }
    }

    /// Whether the first turn of candidate `i` is over, be it because it is much worse than the best.
    fn has_had_its_turn(&self, i: usize) -> bool {
        let (own, best) = (&self.candidates[i], &self.candidates[self.best]);
        let is_hopeless =
            i != self.best && own.measured > 0.0 && self.value(own) > HOPELESS.sqrt() * self.value(best);
        own.has_whole_turn() || is_hopeless
    }

    /// Adds a round to the choices.
    fn count(&mut self) {
        if self.choices.last().is_none_or(|stretch| stretch.best != self.best) {
            self.choices.push(Stretch { best: self.best, rounds: 0, trials: 0, evaluations: 0 });
        }
        let place = self.choices.len() - 1;
        let stretch = &mut self.choices[place];
        stretch.rounds += 1;
        stretch.trials += u64::from(self.current != self.best);
        stretch.evaluations += std::mem::take(&mut self.evaluations);
    }
}

impl<D: Distribution> Estimator<D> for Auto<D> {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        let estimator = self.estimator();
        estimator.ask(distribution, &noise[..estimator.noise(distribution)], points);
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        self.answer_and_teach(distribution, told, answer);
    }

    fn learn(&mut self, distribution: &D, told: Told<'_>) {
        if self.evaluations == 0 {
            for candidate in &mut self.candidates {
                let Candidate { estimator, cost, is_single, noise, .. } = candidate;
                if *cost == 0.0 {
                    *cost = estimator.evaluations(distribution) as f64;
                }
                *is_single = teaching::is_single(estimator, distribution);
                *noise = estimator.noise(distribution);
            }
        }
        self.evaluations += told.values.len() as u64;
        for i in 0..self.candidates.len() {
            let noise = self.candidates[i].noise;
            if i == self.current {
                self.candidates[i].learn(distribution, Told { noise: &told.noise[..noise], ..told });
            } else if self.is_free(i, self.current) && noise <= told.noise.len() {
                self.candidates[i].learn(distribution, teaching::first(told, distribution, noise));
            }
        }
    }

    fn end_round(&mut self) {
        if self.evaluations == 0 {
            return;
        }
        self.spent += self.candidates[self.current].cost;
        self.used = self.current;
        self.count();
        self.measure();
        self.choose();
    }

    fn end_step(&mut self, gradients: StepGradients<'_>) {
        self.progress.learn(gradients, self.candidates[self.used].norm);
    }

    fn choices(&self) -> Vec<Choice> {
        let choice = |stretch: &Stretch| {
            let Stretch { best, rounds, trials, evaluations } = *stretch;
            Choice { name: self.candidates[best].name.clone(), rounds, trials, evaluations }
        };
        self.choices.iter().map(choice).collect()
    }

    fn starts_with_a_sample(&self) -> bool {
        self.estimator().starts_with_a_sample()
    }

    fn has_equal_weights(&self) -> bool {
        self.estimator().has_equal_weights()
    }

    fn evaluations(&self, distribution: &D) -> u64 {
        self.estimator().evaluations(distribution)
    }

    fn possible_evaluations(&self, distribution: &D) -> Vec<u64> {
        let own = |candidate: &Candidate<D>| candidate.estimator.possible_evaluations(distribution);
        let all: BTreeSet<u64> = self.candidates.iter().flat_map(own).collect();
        all.into_iter().collect()
    }

    fn want(&self, k: usize) -> Want {
        self.estimator().want(k)
    }

    /// A control is trained in the rounds of the other candidates, too, so its z̃ has noise in all of them.
    fn noise(&self, distribution: &D) -> usize {
        let taught = self.taught().map_or(0, |taught| self.candidates[taught].estimator.noise(distribution));
        self.estimator().noise(distribution).max(taught)
    }

    /// All candidates suit, or none is used.
    fn suits(&self, distribution: &D) -> Result<(), EstimateError> {
        self.candidates.iter().try_for_each(|candidate| candidate.estimator.suits(distribution))
    }

    fn treats_states_alike(&self) -> bool {
        self.estimator().treats_states_alike()
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        self.estimator().rule(distribution)
    }

    fn plate(&self, examples: &mut Examples<'_>) -> bool {
        self.taught() == Some(self.current) && self.estimator().plate(examples)
    }

    fn control(&self) -> Option<&dyn Control> {
        self.taught().and_then(|taught| self.candidates[taught].estimator.control())
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        self.taught().and_then(|taught| self.candidates[taught].estimator.control_mut())
    }

    fn state(&self) -> Learned {
        self.learned()
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        self.take(state)
    }
}

impl<D: Distribution> fmt::Debug for Auto<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        f.debug_struct("Auto")
            .field("candidates", &names)
            .field("in_use", &self.in_use())
            .finish_non_exhaustive()
    }
}

//! One estimator at a number of evaluations.

use std::time::{Duration, Instant};

use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Method, Needs};
use voidgrad::{Bernoulli, Estimator as _, Objective, Round, Stream};

use super::comparison::Comparison;
use super::size::Size;
use crate::choice::Refusal;
use crate::evaluation::{self, Evaluation, Sampling, Technique};
use crate::{preparation, seed};
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{self, plural};

/// An estimator that is ready to be measured.
pub(crate) struct Contender {
    /// What it is.
    pub(crate) method: &'static Method,
    /// How often one of its estimates evaluates f.
    pub(crate) evaluations: u64,
    estimator: AnyEstimator,
}

/// What was measured, for the mean of as many independent estimates as the budget allows.
#[derive(Debug, Clone)]
pub(crate) struct Measurement {
    /// The estimator.
    pub(crate) method: &'static Method,
    /// How often a gradient evaluates f.
    pub(crate) evaluations: u64,
    /// How many estimates are averaged for that.
    pub(crate) averaged: u64,
    /// Whether it has learned from estimates before those that were measured: a control, or a moving average.
    pub(crate) learned: bool,
    /// Steps for which its control was trained, if it has one.
    pub(crate) control_steps: u64,
    /// Whether that is more than asked for, because the estimator can't do with less.
    pub(crate) over_budget: bool,
    /// `√((1/M) Σ_m (E[ĝ_m] - g_m)²)`.
    pub(crate) bias: f64,
    /// What sampling alone would leave of it; 0 where it is exact.
    pub(crate) bias_standard_error: f64,
    /// `(1/M) Σ_m Var[ĝ_m]`, with respect to the logit.
    pub(crate) variance: f64,
    /// Of `variance`; 0 where it is exact.
    pub(crate) standard_error: f64,
    /// What is known of `variance`.
    pub(crate) size: Size,
    /// How they were computed.
    pub(crate) technique: Technique,
    /// Samples drawn; 0 where the result is exact.
    pub(crate) samples: u64,
    /// Seconds a gradient, on one thread.
    pub(crate) seconds: f64,
}

/// The most terms of a sum instead of samples.
const TERMS: u64 = 1 << 16;

/// Variables times evaluations of all samples together: a few seconds. Above it there are fewer samples.
const WORK: u64 = 4_000_000_000;

/// The same for the training of a control; above it there are fewer steps.
const TRAINING: u64 = 400_000_000;

/// Fewer samples than this say nothing.
const FEWEST_SAMPLES: u64 = 200;

/// Row of the stream of weights, as in `train`.
const WEIGHTS: u64 = u64::MAX;

impl Contender {
    /// The estimator with as many evaluations of f as are allowed, or as few as it can do with.
    ///
    /// # Errors
    /// A sentence that says why it can't be compared here.
    pub(crate) fn new(comparison: &Comparison, method: &'static Method) -> Result<Self, Refusal> {
        let budget = comparison.evaluations;
        // DisARM takes pairs, so it leaves one evaluation of an odd number unused.
        let choices = [Some(budget), Some(budget - 1), None];
        let choices = if method.cost.has_choice() { &choices[..] } else { &choices[2..] };
        let refuse = |reason: String| Refusal { estimator: method.name, reason };
        let mut refusal = refuse(String::new());
        for &evaluations in choices {
            match comparison.make(method, evaluations, &mut Stream::new(comparison.seed, 0, WEIGHTS)) {
                Ok(estimator) => {
                    let evaluations = estimator.evaluations(&comparison.bernoulli);
                    let unit = evaluation::unit(&comparison.bernoulli, &*estimator);
                    return if unit > WORK / FEWEST_SAMPLES {
                        Err(refuse(format!(
                            "{} evaluations are too many to sample it",
                            number::grouped(evaluations)
                        )))
                    } else {
                        Ok(Self { method, evaluations, estimator })
                    };
                }
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Trains what there is to train, and measures.
    ///
    /// # Errors
    /// Returns an error if an estimate fails, or if a moment is NaN or infinite.
    pub(crate) fn measure(self, comparison: &Comparison) -> Result<Measurement, Refusal> {
        let (estimator, over_budget) = (self.method.name, self.evaluations > comparison.evaluations);
        match self.measured(comparison) {
            Ok(measurement) => Ok(Measurement { over_budget, ..measurement }),
            Err(error) => Err(Refusal { estimator, reason: number::shortened(&error.to_string()) }),
        }
    }

    fn measured(mut self, comparison: &Comparison) -> Result<Measurement, Error> {
        let Comparison { bernoulli, problem, control_steps, .. } = comparison;
        // The estimators have streams of their own, so that their errors are independent.
        let seed = seed::derive(comparison.seed, self.method.name.bytes().map(u64::from));
        let unit = evaluation::unit(bernoulli, &*self.estimator);
        let control_steps =
            (*control_steps).min(TRAINING / (preparation::BATCH * unit)).max(1.min(*control_steps));
        let learned = preparation::train(&mut self.estimator, bernoulli, problem, control_steps, seed)?;
        // What it has learned may be to use another number.
        self.evaluations = self.estimator.evaluations(bernoulli);
        let samples = comparison.samples.min(WORK / unit);
        let sampling = Sampling { terms: TERMS, work: WORK, samples, seed };
        let evaluation = evaluation::evaluate(bernoulli, problem, &self.estimator, sampling)?;
        // Without noise a second estimate is the first one again.
        let is_exact = self.estimator.noise(bernoulli) == 0;
        let averaged = if is_exact { 1 } else { (comparison.evaluations / self.evaluations).max(1) };
        if evaluation.technique == Technique::MonteCarlo {
            comparison.sees_rare_states(samples)?;
        }
        let size = comparison.size_of(&evaluation, is_exact);
        let seconds = seconds(&self.estimator, bernoulli, problem)? * averaged as f64;
        let measurement = self.measurement(&evaluation, &comparison.gradient, averaged, seconds);
        Ok(Measurement { learned, control_steps, size, ..measurement })
    }

    fn measurement(
        self,
        evaluation: &Evaluation,
        gradient: &[f64],
        averaged: u64,
        seconds: f64,
    ) -> Measurement {
        let Evaluation { mean, variance, standard_error, technique, samples } = evaluation;
        let count = averaged as f64;
        Measurement {
            method: self.method,
            evaluations: self.evaluations * averaged,
            averaged,
            learned: false,
            control_steps: 0,
            over_budget: false,
            bias: distance(mean, gradient),
            bias_standard_error: if *samples == 0 { 0.0 } else { (variance / *samples as f64).sqrt() },
            variance: variance / count,
            // There are as many samples as it takes.
            standard_error: standard_error.unwrap_or(f64::INFINITY) / count,
            size: Size::Value,
            technique: *technique,
            samples: *samples,
            seconds,
        }
    }
}

impl Measurement {
    /// The variance that one evaluation of f would have, if variances fell with the number of evaluations; 0 where it is
    /// nothing but rounding, which says nothing about the order.
    pub(crate) fn product(&self) -> f64 {
        match self.size {
            Size::Value => self.variance * self.evaluations as f64,
            Size::Zero | Size::Rounding { .. } => 0.0,
        }
    }

    /// [`product`](Self::product) as people read it.
    pub(crate) fn product_text(&self) -> String {
        let evaluations = self.evaluations as f64;
        match self.size {
            Size::Rounding { below } => Size::Rounding { below: below * evaluations }.text(0.0),
            size => size.text(self.product()),
        }
    }

    /// Of [`product`](Self::product).
    pub(crate) fn product_standard_error(&self) -> f64 {
        self.standard_error * self.evaluations as f64
    }

    /// Whether it asks for values of f and nothing else.
    pub(crate) fn is_black_box(&self) -> bool {
        self.method.needs == Needs::Values
    }

    /// What else has to be known about it, in words.
    pub(crate) fn marks(&self) -> String {
        let mut marks = Vec::new();
        if self.method.is_biased() {
            marks.push("biased".to_owned());
        }
        match self.method.needs {
            Needs::Values | Needs::Gradient | Needs::Flips if self.learned => {
                marks.push("settled average".to_owned());
            }
            Needs::Values | Needs::Gradient | Needs::Flips => {}
            Needs::Control => {
                marks.push(format!("control trained for {}", plural(self.control_steps, "step")));
            }
        }
        match self.method.needs {
            Needs::Gradient => marks.push("needs ∇f".to_owned()),
            Needs::Flips => marks.push("needs flips".to_owned()),
            Needs::Values | Needs::Control => {}
        }
        if self.over_budget {
            marks.push("more evaluations".to_owned());
        }
        if self.averaged > 1 {
            marks.push(format!("mean of {}", self.averaged));
        }
        marks.join(", ")
    }
}

/// `√((1/M) Σ_m (mean_m - gradient_m)²)`, whose squares may be no numbers.
fn distance(mean: &[f64], gradient: &[f64]) -> f64 {
    let distances = || mean.iter().zip(gradient).map(|(mean, exact)| (mean - exact).abs());
    let largest = distances().fold(0.0, f64::max);
    if largest == 0.0 {
        return 0.0;
    }
    let squares: f64 = distances().map(|distance| (distance / largest).powi(2)).sum();
    largest * (squares / mean.len() as f64).sqrt()
}

/// Seconds an estimate takes, its noise included: the best of five turns, since whatever else runs on the machine only
/// ever adds to it.
fn seconds(estimator: &AnyEstimator, bernoulli: &Bernoulli, objective: &dyn Objective) -> Result<f64, Error> {
    const TURNS: u32 = 5;
    const TURN: Duration = Duration::from_millis(8);
    let (mut round, mut stream) = (Round::new(), Stream::new(0, 0, 0));
    let mut best = f64::INFINITY;
    for _ in 0..TURNS {
        let started = Instant::now();
        let mut estimates = 0_u32;
        while started.elapsed() < TURN {
            for _ in 0..4 {
                evaluation::estimate(&mut round, estimator, bernoulli, objective, &mut stream)?;
            }
            estimates += 4;
        }
        best = best.min(started.elapsed().as_secs_f64() / f64::from(estimates));
    }
    Ok(best)
}

//! The comparison: the problem, the budget, and the estimators in their order.

use voidgrad::estimators::{AnyEstimator, Method, Setup};
use voidgrad::{Bernoulli, Objective as _, Stream};

use super::measurement::{Contender, Measurement};
use super::problem::{Kind, Problem};
use crate::choice;
use crate::cli::CompareArguments;
use crate::error::Error;
use crate::experiment::identical;
use crate::number;
use crate::progress::Steps;

/// Everything that determines the results, but for the times.
pub(crate) struct Comparison {
    /// Which problem.
    pub(crate) kind: Kind,
    /// t.
    pub(crate) target: f64,
    /// The probability of every variable.
    pub(crate) theta: f64,
    /// K, the evaluations of f that a gradient may take.
    pub(crate) evaluations: u64,
    /// Samples, where moments are not exact.
    pub(crate) samples: u64,
    /// Steps for which a control is trained.
    pub(crate) control_steps: u64,
    /// Seed of everything.
    pub(crate) seed: u64,
    /// The objective.
    pub(crate) problem: Problem,
    /// The variables.
    pub(crate) bernoulli: Bernoulli,
    /// The exact gradient.
    pub(crate) gradient: Vec<f64>,
    methods: Vec<&'static Method>,
}

/// What came out.
pub(crate) struct Outcome {
    /// The unbiased ones first, each group by the variance times the evaluations.
    pub(crate) ranking: Vec<Measurement>,
    /// Why others could not be compared, a sentence each.
    pub(crate) left_out: Vec<String>,
}

/// λ and η that controls start from, as in `train`, and the temperature of Concrete.
const LAMBDA: f64 = 0.5;
const ETA: f64 = 1.0;

impl Comparison {
    /// The comparison that the arguments describe.
    ///
    /// # Errors
    /// Where the arguments don't go together.
    pub(crate) fn new(arguments: &CompareArguments) -> Result<Self, Error> {
        let CompareArguments {
            problem: kind, target, theta, evaluations, samples, control_steps, seed, ..
        } = *arguments;
        let dim = match (kind, arguments.dim) {
            (Kind::Toy, None) => 1,
            (Kind::Toy, Some(dim)) if dim != 1 => {
                return Err(Error::arguments(format!("--problem toy has one variable, not --dim {dim}")));
            }
            (_, dim) => dim.unwrap_or(200),
        };
        let (bernoulli, problem) = (identical(theta, dim)?, kind.problem(target));
        let gradient = problem.gradient(&bernoulli);
        let asked = &arguments.estimators;
        let methods = Method::of_bernoulli()
            .map(|(method, _)| method)
            .filter(|method| asked.is_empty() || asked.iter().any(|other| other.name == method.name))
            .collect();
        let comparison = Self {
            kind,
            target,
            theta,
            evaluations,
            samples,
            control_steps,
            seed,
            problem,
            bernoulli,
            gradient,
            methods,
        };
        if !comparison.rounding().is_finite() {
            return Err(Error::arguments(format!("--target {target:e} makes f larger than any number")));
        }
        let (contenders, left_out) = comparison.contenders();
        if contenders.is_empty() {
            return Err(Error::arguments(left_out.join("; ")));
        }
        Ok(comparison)
    }

    /// The estimator with K evaluations, for this problem.
    ///
    /// # Errors
    /// Where it can't be used here.
    pub(crate) fn make(
        &self,
        method: &Method,
        evaluations: Option<u64>,
        stream: &mut Stream,
    ) -> Result<AnyEstimator, Error> {
        let setup = Setup { target: self.target, lambda: LAMBDA, eta: ETA, evaluations, ..Setup::default() };
        choice::make(method, &setup, &self.bernoulli, &self.problem, stream)
    }

    /// One line before it starts.
    pub(crate) fn announcement(&self) -> String {
        let count = self.methods.len();
        let samples = number::grouped(self.samples);
        let plural = if count == 1 { "" } else { "s" };
        format!(
            "comparing {count} estimator{plural} at {} evaluations of f, {samples} samples each",
            self.evaluations
        )
    }

    /// How many steps [`measure`](Self::measure) makes at most.
    pub(crate) fn steps(&self) -> usize {
        self.methods.len()
    }

    fn contenders(&self) -> (Vec<Contender>, Vec<String>) {
        let (mut contenders, mut left_out) = (Vec::new(), Vec::new());
        for method in &self.methods {
            match Contender::new(self, method) {
                Ok(contender) => contenders.push(contender),
                Err(reason) => left_out.push(reason),
            }
        }
        (contenders, left_out)
    }

    /// Measures all of them, one after the other; the samples of each are made in parallel.
    ///
    /// # Errors
    /// Where an estimate fails.
    pub(crate) fn measure(&self, steps: &Steps) -> Result<Outcome, Error> {
        let (contenders, left_out) = self.contenders();
        let mut ranking = Vec::new();
        for contender in contenders {
            steps.about(contender.method.name);
            let over_budget = contender.evaluations > self.evaluations;
            ranking.push(Measurement { over_budget, ..contender.measure(self)? });
            steps.advance();
        }
        // What is left of a variance of 0 by rounding says nothing about the order.
        ranking.sort_by(|one, other| {
            one.method
                .is_biased()
                .cmp(&other.method.is_biased())
                .then(self.settled(one.product()).total_cmp(&self.settled(other.product())))
                .then(one.evaluations.cmp(&other.evaluations))
        });
        Ok(Outcome { ranking, left_out })
    }

    /// A variance, or a variance times evaluations; 0 where it is nothing but rounding.
    pub(crate) fn settled(&self, variance: f64) -> f64 {
        if variance < self.rounding().powi(2) { 0.0 } else { variance }
    }

    /// The size of what rounding may leave of ĝ: f where it is largest and least, and what a few hundred operations lose.
    pub(crate) fn rounding(&self) -> f64 {
        let corner = |up: bool| -> Vec<f64> {
            self.gradient.iter().map(|&slope| f64::from(u8::from((slope > 0.0) == up))).collect()
        };
        1e-14 * [true, false].map(|up| self.problem.value(&corner(up)).abs()).iter().sum::<f64>()
    }
}

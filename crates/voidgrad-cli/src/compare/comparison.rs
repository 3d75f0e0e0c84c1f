//! The comparison: the problem, the budget, and the estimators in their order.

use std::sync::Arc;

use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, Method, Setup};
use voidgrad::{Bernoulli, Stream};

use super::measurement::{Contender, Measurement};
use super::problem::{Kind, Problem};
use crate::choice::{self, Refusal};
use crate::cli::CompareArguments;
use crate::variables::identical;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::progress::Steps;
use voidgrad_kit::work::{self, Collected, End, Sink};

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
    /// Why others could not be compared.
    pub(crate) left_out: Vec<Refusal>,
}

/// What the options are, if they are not given.
const EVALUATIONS: u64 = 2;
const SAMPLES: u64 = 50_000;

/// λ and η that controls start from, as in `train`, and the temperature of Concrete.
const LAMBDA: f64 = 0.5;
const ETA: f64 = 1.0;

impl Comparison {
    /// The comparison that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if the arguments don't go together.
    pub(crate) fn new(kind: Kind, arguments: &CompareArguments) -> Result<Self, Error> {
        let CompareArguments { target, theta, evaluations, samples, control_steps, seed, .. } = *arguments;
        let (evaluations, samples) = (evaluations.unwrap_or(EVALUATIONS), samples.unwrap_or(SAMPLES));
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
        let methods = Bernoulli::estimators()
            .iter()
            .map(|row| row.method)
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
        if !comparison.size().is_finite() {
            return Err(Error::arguments(format!(
                "--target {} makes f larger than any number",
                number::exact(target)
            )));
        }
        let refusals: Vec<Refusal> = comparison
            .methods
            .iter()
            .filter_map(|method| Contender::new(&comparison, method).err())
            .collect();
        match refusals.len() {
            count if count == comparison.methods.len() => {
                let reasons: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
                Err(Error::arguments(reasons.join("; ")))
            }
            _ => Ok(comparison),
        }
    }

    /// The estimator with K evaluations, for this problem.
    ///
    /// # Errors
    /// Returns an error if it can't be used here.
    pub(crate) fn make(
        &self,
        method: &'static Method,
        evaluations: Option<u64>,
        stream: &mut Stream,
    ) -> Result<AnyEstimator, Refusal> {
        let setup = Setup { lambda: LAMBDA, eta: ETA, evaluations, ..Setup::relaxing(self.problem) };
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

    /// Measures all of them, one after the other; the samples of each are made in parallel. One that can't be measured is left
    /// out.
    pub(crate) fn measure(self: &Arc<Self>, steps: &Arc<Steps>) -> (Outcome, End) {
        let (comparison, shown) = (Arc::clone(self), Arc::clone(steps));
        let work = move |results: &Sink<Result<Measurement, Refusal>>| {
            for method in &comparison.methods {
                shown.about(method.name);
                results.put(
                    Contender::new(&comparison, method).and_then(|contender| contender.measure(&comparison)),
                );
                shown.advance();
            }
            Ok(())
        };
        let Collected { results, end } = work::collect(work, || steps.line());
        let measured = results.len();
        let mut outcome = Outcome { ranking: Vec::new(), left_out: Vec::new() };
        for result in results {
            match result {
                Ok(measurement) => outcome.ranking.push(measurement),
                Err(refusal) => outcome.left_out.push(refusal),
            }
        }
        let reason = "it was not measured before the end of the comparison".to_owned();
        let rest = self.methods[measured..].iter();
        outcome
            .left_out
            .extend(rest.map(|method| Refusal { estimator: method.name, reason: reason.clone() }));
        rank(&mut outcome.ranking);
        (outcome, end)
    }

    /// f where it is largest and least.
    pub(crate) fn size(&self) -> f64 {
        let corner = |up: bool| -> Vec<f64> {
            self.gradient.iter().map(|&slope| f64::from(u8::from((slope > 0.0) == up))).collect()
        };
        [true, false].map(|up| self.problem.value(&corner(up)).abs()).iter().sum()
    }
}

fn rank(ranking: &mut [Measurement]) {
    ranking.sort_by(|one, other| {
        one.method
            .is_biased()
            .cmp(&other.method.is_biased())
            .then(one.product().total_cmp(&other.product()))
            .then(one.evaluations.cmp(&other.evaluations))
    });
}

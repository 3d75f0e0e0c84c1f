//! The automatic choice beside each of its candidates alone, at equal evaluations of f.
//!
//! `cargo bench --package voidgrad-benches --bench auto`
//!
//! Each training has a budget of evaluations of f. After each of them, its objective is how far the exact `E[f]` is above that of a training with the exact
//! gradient, which takes one evaluation a step. A run is the mean of that over the budget, and a number of the table the median over 20 runs. [`Auto`] is to be within a tenth
//! of the best candidate, up to a tolerance, and not the worst. docs/auto.md has the table.

use std::error::Error;

use voidgrad::error::ObjectiveError;
use voidgrad::estimator::{AnyEstimator, Choice};
use voidgrad::estimators::{Auto, Listed, Setup};
use voidgrad::objective::Points;
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{Bernoulli, ClosedForms, Distribution, Estimator, Objective, Round, Stream};

type Failure = Box<dyn Error + Send + Sync>;

const RUNS: u64 = 20;

/// What is minimised, and how long.
struct Training {
    name: &'static str,
    problem: Problem,
    evaluations: usize,
    learning_rate: f64,
    /// K of all candidates; unless given, those of the automatic list.
    samples: Option<u64>,
    /// What the objective may be above a tenth.
    tolerance: f64,
}

/// A function of bits whose expectation has a simple form.
enum Problem {
    /// The mean of `(b - t)²` over so many bits.
    Quadratic(MeanQuadratic, usize),
    /// Less the cut of a graph with these edges between so many vertices. The entropy is added, times a temperature that falls from 1 to 0.
    MaxCut(Vec<(usize, usize)>, usize),
}

fn main() -> Result<(), Failure> {
    let quadratic = |count| Problem::Quadratic(MeanQuadratic { target: 0.499 }, count);
    let max_cut = || Problem::MaxCut(planted(60), 60);
    let trainings = [
        Training {
            name: "quadratic",
            problem: quadratic(1),
            evaluations: 4_000,
            learning_rate: 0.01,
            samples: None,
            tolerance: 1e-6,
        },
        Training {
            name: "quadratic-200",
            problem: quadratic(200),
            evaluations: 4_000,
            learning_rate: 0.01,
            samples: None,
            tolerance: 1e-6,
        },
        Training {
            name: "quadratic-200, longer",
            problem: quadratic(200),
            evaluations: 40_000,
            learning_rate: 0.01,
            samples: None,
            tolerance: 1e-6,
        },
        Training {
            name: "max-cut",
            problem: max_cut(),
            evaluations: 6_000,
            learning_rate: 0.05,
            samples: None,
            tolerance: 0.1,
        },
        Training {
            name: "max-cut, K = 20",
            problem: max_cut(),
            evaluations: 20_000,
            learning_rate: 0.05,
            samples: Some(20),
            tolerance: 0.1,
        },
    ];
    trainings.iter().try_for_each(Training::compare)
}

impl Training {
    /// Prints the excess of each candidate and of the choice, and what it chose.
    fn compare(&self) -> Result<(), Failure> {
        let setup = Setup { evaluations: self.samples, ..Setup::default() };
        let start = self.problem.start(0)?;
        let exact: Vec<Vec<f64>> =
            (0..RUNS).map(|run| Ok(self.run(run, None)?.0)).collect::<Result<_, Failure>>()?;
        let excess = |name: &str| -> Result<(f64, Vec<Choice>), Failure> {
            let (mut means, mut choices) = (Vec::new(), Vec::new());
            for (run, exact) in (0..RUNS).zip(&exact) {
                let row = Bernoulli::estimator(name)?;
                let made = row.make(&setup, &start, &mut Stream::new(0, 0, 0))?;
                let (curve, chosen) = self.run(run, Some(made))?;
                let sum: f64 = curve.iter().zip(exact).map(|(f, exact)| f - exact).sum();
                means.push(sum / curve.len() as f64);
                choices.extend(chosen);
            }
            means.sort_by(f64::total_cmp);
            Ok((0.5 * (means[means.len() / 2 - 1] + means[means.len() / 2]), choices))
        };
        println!("{}: {} evaluations, {RUNS} runs", self.name, self.evaluations);
        let candidates = Auto::of_table(&setup, &start, &mut Stream::new(0, 0, 0))?;
        let (mut best, mut worst) = (f64::INFINITY, f64::NEG_INFINITY);
        for name in candidates.names() {
            let (found, _) = excess(name)?;
            println!("  {name:18}  {found:.3e}");
            (best, worst) = (best.min(found), worst.max(found));
        }
        let (found, choices) = excess("auto")?;
        let holds = found <= 1.1 * best + self.tolerance && found < worst;
        let verdict = if holds { "within a tenth of the best" } else { "NOT within a tenth of the best" };
        println!("  {:18}  {found:.3e}, {verdict}, {:.2} times it", "auto", found / best);
        for name in candidates.names() {
            let count = |number: fn(&Choice) -> u64| -> u64 {
                choices.iter().filter(|choice| choice.name == name).map(number).sum()
            };
            println!(
                "    {name}: {} rounds a run, {} of them trials of others",
                count(|choice| choice.rounds) / RUNS,
                count(|choice| choice.trials) / RUNS
            );
        }
        Ok(())
    }

    /// The expectation after each evaluation of f, that of the last complete step; and the choices. Without an estimator the gradient is exact.
    fn run(&self, run: u64, mut estimator: Option<AnyEstimator>) -> Result<(Vec<f64>, Vec<Choice>), Failure> {
        let mut bernoulli = self.problem.start(run)?;
        let mut adam = Adam::new(bernoulli.len(), self.learning_rate)?;
        let (mut stream, mut round) = (Stream::new(1, run, 0), Round::new());
        let mut curve = vec![self.problem.expectation(&bernoulli)];
        while curve.len() <= self.evaluations {
            let (mut gradient, evaluations) = match &mut estimator {
                None => (self.problem.gradient(&bernoulli), self.samples.unwrap_or(1)),
                Some(estimator) => {
                    let evaluations = estimator.evaluations(&bernoulli);
                    round.draw(estimator, &bernoulli, &mut stream)?;
                    round.evaluate(&self.problem)?;
                    round.tell(estimator, &bernoulli)?;
                    (round.gradient().to_vec(), evaluations)
                }
            };
            if let Problem::MaxCut(..) = self.problem {
                let spent = curve.len() as f64 / self.evaluations as f64;
                bernoulli.add_entropy_gradient(spent - 1.0, &mut gradient);
            }
            let mut logits = bernoulli.logits().to_vec();
            adam.step(&mut logits, &gradient)?;
            let before = curve[curve.len() - 1];
            curve.extend((1..evaluations).map(|_| before));
            bernoulli.set_parameters(&logits)?;
            curve.push(self.problem.expectation(&bernoulli));
        }
        curve.truncate(self.evaluations + 1);
        Ok((curve, estimator.map(|estimator| estimator.choices()).unwrap_or_default()))
    }
}

impl Problem {
    /// The variables that a run begins with.
    fn start(&self, run: u64) -> Result<Bernoulli, Failure> {
        let mut logits = match self {
            Self::Quadratic(_, count) => return Ok(Bernoulli::from_logits(&vec![0.0; *count])?),
            Self::MaxCut(_, count) => vec![0.0; *count],
        };
        Stream::new(2, run, 0).fill_open01(&mut logits);
        for u in &mut logits {
            *u = 0.2 * (*u - 0.5);
        }
        Ok(Bernoulli::from_logits(&logits)?)
    }

    fn expectation(&self, bernoulli: &Bernoulli) -> f64 {
        match self {
            Self::Quadratic(f, _) => f.expectation(bernoulli),
            Self::MaxCut(edges, _) => {
                let p = bernoulli.probabilities();
                -edges.iter().map(|&(i, j)| p[i] + p[j] - 2.0 * p[i] * p[j]).sum::<f64>()
            }
        }
    }

    fn gradient(&self, bernoulli: &Bernoulli) -> Vec<f64> {
        match self {
            Self::Quadratic(f, _) => f.gradient(bernoulli),
            Self::MaxCut(edges, count) => {
                let (p, mut gradient) = (bernoulli.probabilities(), vec![0.0; *count]);
                for &(i, j) in edges {
                    gradient[i] -= 1.0 - 2.0 * p[j];
                    gradient[j] -= 1.0 - 2.0 * p[i];
                }
                gradient.iter_mut().zip(p).for_each(|(gradient, p)| *gradient *= p * (1.0 - p));
                gradient
            }
        }
    }
}

impl Objective for Problem {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        match self {
            Self::Quadratic(quadratic, _) => return quadratic.values(points, f),
            Self::MaxCut(edges, _) => {
                points.fill(f, |b| -(edges.iter().filter(|(i, j)| b[*i] != b[*j]).count() as f64));
            }
        }
        Ok(())
    }
}

/// A random graph with nine of ten edges between the vertices of even and odd numbers, nine for each vertex.
fn planted(vertices: usize) -> Vec<(usize, usize)> {
    let mut noise = Stream::new(1, 0, 1);
    let pairs = (0..vertices).flat_map(|i| (0..i).map(move |j| (i, j)));
    let is_edge = |(i, j): &(usize, usize)| {
        let mut uniform = [0.0];
        noise.fill_open01(&mut uniform);
        uniform[0] < if (i + j) % 2 == 1 { 0.27 } else { 0.03 }
    };
    pairs.filter(is_edge).collect()
}

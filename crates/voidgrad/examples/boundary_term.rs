//! What the boundary term of the variance's gradient is worth in a training of RELAX.
//!
//! `cargo run --release --package voidgrad --example boundary_term`
//!
//! φ is trained by Adam along the gradient that RELAX has, and along that with the boundary term, from the same start and on the same noise. A row of a table has the median variance
//! of ĝ without and with the term; the geometric mean of their quotients, with its standard error; how many runs have less variance with the term; and, on the way without it, the median
//! size of the term beside the rest of the gradient, and the median cosine of their angle. docs/control-learning.md has the tables.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use voidgrad::controls::{Kinked, Relax, RelaxLinear};
use voidgrad::nalgebra::DVector;
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::variance::{self, Tolerance};
use voidgrad::{Bernoulli, Distribution, Estimate, Noise, Stream};

type Failure = Box<dyn Error + Send + Sync>;

const TARGET: f64 = 0.499;
const RATE: f64 = 0.01;
/// The steps after which a variance is measured.
const MEASURED: [usize; 5] = [0, 100, 500, 2_000, 10_000];
/// Of the exact gradients that a training follows.
const TOLERANCE: Tolerance = Tolerance { relative: 1e-5, absolute: 0.0, panels: 4_000 };
/// The samples of a variance that is not exact, and of each half of a gradient.
const SAMPLES: u64 = 40_000;

/// The first problem, or a square of a sum, which leaves a control of one z at a time some variance.
fn f(b: &[f64]) -> f64 {
    match b {
        [b] => (b - TARGET).powi(2),
        b => (b.iter().sum::<f64>() - 1.3).powi(2) / 4.0,
    }
}

/// What a training knows of its gradients.
#[derive(Clone, Copy, PartialEq)]
enum Knows {
    /// The expectation, at θ = ½.
    Exact,
    /// One sample in each step, at θ = ½.
    Sample,
    /// The same, and θ is trained as well.
    Theta,
}

struct Case {
    title: &'static str,
    runs: u64,
    variables: usize,
    knows: Knows,
}

/// What is seen of a run at the measured steps.
#[derive(Clone, Default)]
struct Seen {
    variance: Vec<f64>,
    /// The length of the boundary term, as a fraction of that of the rest.
    ratio: Vec<f64>,
    cosine: Vec<f64>,
    /// The steps before θ is below 0.1.
    above: usize,
    /// What all steps took.
    time: Duration,
}

fn main() -> Result<(), Failure> {
    let linear = |run| RelaxLinear::draw(0.5, TARGET, &mut Stream::new(3, run, 0));
    let relax = |run| Relax::draw(0.5, TARGET, &mut Stream::new(3, run, 0));
    let one = |title, runs, knows| Case { title, runs, variables: 1, knows };
    one("relax-linear, exact gradients at θ = ½", 100, Knows::Exact).compare(linear)?;
    one("relax-linear, one sample in a step, θ = ½", 100, Knows::Sample).compare(linear)?;
    one("relax-linear, one sample in a step, θ trained", 100, Knows::Theta).compare(linear)?;
    one("relax, one sample in a step, θ = ½", 100, Knows::Sample).compare(relax)?;
    let title = "relax-linear, four variables, one sample in a step, θ = ½";
    Case { title, runs: 20, variables: 4, knows: Knows::Sample }.compare(linear)
}

impl Case {
    fn compare<C: Kinked + Send + Sync, E: Error + Send + Sync + 'static>(
        &self,
        draw: impl Fn(u64) -> Result<C, E> + Sync,
    ) -> Result<(), Failure> {
        let (without, with) = (self.all(&draw, false)?, self.all(&draw, true)?);
        println!("{}: {} runs\n", self.title, self.runs);
        println!("| steps | without | with | quotient | less | term / rest | cosine |");
        println!("|---|---|---|---|---|---|---|");
        for (i, steps) in MEASURED.iter().enumerate() {
            let column = |seen: &[Seen], of: fn(&Seen) -> &Vec<f64>| -> Vec<f64> {
                seen.iter().map(|seen| of(seen)[i]).collect()
            };
            let (before, after) =
                (column(&without, |seen| &seen.variance), column(&with, |seen| &seen.variance));
            let less = before.iter().zip(&after).filter(|(before, after)| after < before).count();
            let logs: Vec<f64> =
                before.iter().zip(&after).map(|(before, after)| (after / before).ln()).collect();
            let count = logs.len() as f64;
            let mean = logs.iter().sum::<f64>() / count;
            let error =
                (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count * (count - 1.0))).sqrt();
            println!(
                "| {steps} | {:.2e} | {:.2e} | {:.2} ± {:.2} | {less} | {:.2} | {:.2} |",
                median(before),
                median(after),
                mean.exp(),
                mean.exp() * error,
                median(column(&without, |seen| &seen.ratio)),
                median(column(&without, |seen| &seen.cosine)),
            );
        }
        let steps = MEASURED[MEASURED.len() - 1] as f64;
        let time =
            |seen: &[Seen]| median(seen.iter().map(|seen| 1e6 * seen.time.as_secs_f64() / steps).collect());
        println!("\na step takes {:.2} µs without and {:.2} µs with the term", time(&without), time(&with));
        if self.knows == Knows::Theta {
            let above = |seen: &[Seen]| median(seen.iter().map(|seen| seen.above as f64).collect());
            println!("θ is below 0.1 after {} steps without and {} with", above(&without), above(&with));
        }
        println!();
        Ok(())
    }

    /// All runs, on all cores.
    fn all<C: Kinked + Send + Sync, E: Error + Send + Sync + 'static>(
        &self,
        draw: &(impl Fn(u64) -> Result<C, E> + Sync),
        with_boundary: bool,
    ) -> Result<Vec<Seen>, Failure> {
        let next = AtomicU64::new(0);
        let work = || -> Result<Vec<(u64, Seen)>, Failure> {
            let mut seen = Vec::new();
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                if run >= self.runs {
                    return Ok(seen);
                }
                seen.push((run, self.train(draw(run)?, run, with_boundary)?));
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut seen = std::thread::scope(|scope| -> Result<Vec<(u64, Seen)>, Failure> {
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            let mut seen = Vec::new();
            for thread in threads {
                seen.extend(thread.join().map_err(|_| "a thread has panicked")??);
            }
            Ok(seen)
        })?;
        seen.sort_by_key(|(run, _)| *run);
        Ok(seen.into_iter().map(|(_, seen)| seen).collect())
    }

    fn train<C: Kinked + Send + Sync>(
        &self,
        mut control: C,
        run: u64,
        with_boundary: bool,
    ) -> Result<Seen, Failure> {
        let mut bernoulli = Bernoulli::from_logits(&vec![0.0; self.variables])?;
        let (mut theta_descent, mut descent) =
            (Adam::new(self.variables, RATE)?, Adam::new(control.parameters(), RATE)?);
        let (mut stream, mut noise) = (Stream::new(4, run, 0), vec![0.0; 2 * self.variables]);
        let mut estimate = Estimate::new(self.variables);
        let mut phi = control.phi();
        let mut seen = Seen { above: usize::MAX, ..Seen::default() };
        for step in 0..=MEASURED[MEASURED.len() - 1] {
            if MEASURED.contains(&step) {
                seen.measure(&bernoulli, &control, run)?;
            }
            let start = Instant::now();
            let gradient: DVector<f64> = if self.knows == Knows::Exact {
                let exact = variance::gradient_within(&bernoulli, &f, &control, TOLERANCE)?;
                if with_boundary { exact.total() } else { exact.of_samples }
            } else {
                stream.fill_open01(&mut noise);
                let (u, v) = noise.split_at(self.variables);
                estimate.update(&bernoulli, &f, &control, Noise::new(u, v)?)?;
                let mut gradient = estimate.variance_gradient(&control);
                if with_boundary {
                    gradient += estimate.boundary_term(&bernoulli, &control)?;
                }
                gradient
            };
            if self.knows == Knows::Theta {
                let mut logits = bernoulli.logits().to_vec();
                theta_descent.step(&mut logits, estimate.gradient.as_slice())?;
                bernoulli.set_parameters(&logits)?;
                if bernoulli.probabilities()[0] < 0.1 {
                    seen.above = seen.above.min(step + 1);
                }
            }
            descent.step(phi.as_mut_slice(), gradient.as_slice())?;
            control.set_phi(phi.as_view())?;
            seen.time += start.elapsed();
        }
        Ok(seen)
    }
}

impl Seen {
    fn measure<C: Kinked + Send + Sync>(
        &mut self,
        bernoulli: &Bernoulli,
        control: &C,
        run: u64,
    ) -> Result<(), Failure> {
        let (samples, boundary, product) = if bernoulli.len() == 1 {
            self.variance.push(variance::quadrature(bernoulli, &f, control)?.variance);
            let exact = variance::gradient(bernoulli, &f, control)?;
            let product = exact.of_samples.dot(&exact.boundary);
            (exact.of_samples.norm(), exact.boundary.norm(), product)
        } else {
            self.variance.push(variance::monte_carlo(bernoulli, &f, control, SAMPLES, run)?.variance);
            // The two halves have their own noise, which a product of them does not add up.
            let halves = [half(bernoulli, control, 2 * run)?, half(bernoulli, control, 2 * run + 1)?];
            let [[samples, boundary], [samples_2, boundary_2]] = &halves;
            let product = 0.5 * (samples.dot(boundary_2) + samples_2.dot(boundary));
            let length = |one: &DVector<f64>, other: &DVector<f64>| one.dot(other).max(0.0).sqrt();
            (length(samples, samples_2), length(boundary, boundary_2), product)
        };
        self.ratio.push(boundary / samples);
        self.cosine.push(product / (samples * boundary));
        Ok(())
    }
}

/// The mean of both parts of the variance's gradient.
fn half(bernoulli: &Bernoulli, control: &impl Kinked, row: u64) -> Result<[DVector<f64>; 2], Failure> {
    let (mut stream, mut noise) = (Stream::new(5, row, 0), vec![0.0; 2 * bernoulli.len()]);
    let mut estimate = Estimate::new(bernoulli.len());
    let mut sums = [DVector::zeros(control.parameters()), DVector::zeros(control.parameters())];
    for _ in 0..SAMPLES {
        stream.fill_open01(&mut noise);
        let (u, v) = noise.split_at(bernoulli.len());
        estimate.update(bernoulli, &f, control, Noise::new(u, v)?)?;
        sums[0] += estimate.variance_gradient(control);
        sums[1] += estimate.boundary_term(bernoulli, control)?;
    }
    Ok(sums.map(|sum| sum / SAMPLES as f64))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    f64::midpoint(values[half], values[values.len() - 1 - half])
}

//! A large cut of a graph, from values of the cut alone.
//!
//! `cargo run --release --package voidgrad --example max_cut`
//!
//! Every vertex is on one of two sides, and the cut is the number of edges between the sides. Instead of sides, this example looks for their probabilities: the
//! logits of independent bits b descend `E[-cut(b)] - T·H(b)`. [`Rloo`] estimates the gradient of the expectation. It sees nothing of the graph but the cuts
//! of its samples. The entropy H has an exact gradient. It keeps the bits random at first; its weight T, the temperature, falls to 0.
//!
//! `cargo xtask train --problem max-cut` does this for graphs in files, also with the exact gradient, beside local search and simulated annealing.

use std::error::Error;

use voidgrad::estimators::Rloo;
use voidgrad::optimise::Adam;
use voidgrad::train::{Block, Gradients};
use voidgrad::{Bernoulli, ClosedForms, Distribution, Round, Stream, Trainer};

const VERTICES: usize = 200;
/// Values of the cut in a step.
const SAMPLES: u64 = 20;
const STEPS: u64 = 2_000;
/// T at the first step.
const HOT: f64 = 1.0;

fn main() -> Result<(), Box<dyn Error>> {
    let (edges, planted) = graph(&mut Stream::new(1, 0, 1));
    let negative_cut = |b: &[f64]| -(edges.iter().filter(|(i, j)| b[*i] != b[*j]).count() as f64);

    let logits = Block::new(vec![0.0; VERTICES], Adam::new(VERTICES, 0.05)?);
    let mut trainer = Trainer::new(1, 0).block("logits", logits)?;
    let mut estimator = Rloo::new(SAMPLES)?;
    let mut round = Round::new();
    for step in 1..=STEPS {
        let progress = trainer.step(&mut |step: &mut Gradients<'_>| -> Result<f64, Box<dyn Error>> {
            let temperature = HOT * (1.0 - step.iteration() as f64 / STEPS as f64);
            let bits = Bernoulli::from_logits(step.parameters("logits")?)?;
            // Ask for samples of b, evaluate f there, and tell the estimator the values.
            round.draw(&estimator, &bits, step.noise())?;
            round.evaluate(&negative_cut)?;
            round.tell(&mut estimator, &bits)?;
            let gradient = step.gradient_mut("logits")?;
            gradient.copy_from_slice(round.gradient());
            bits.add_entropy_gradient(-temperature, gradient);
            // The rounded probabilities are a candidate. The trainer keeps the best one.
            let mut sides = vec![0.0; VERTICES];
            bits.mode(&mut sides);
            step.offer(negative_cut(&sides), &sides);
            // An estimate of E[-cut].
            Ok(round.f())
        })?;
        if step % 400 == 0 {
            let best = progress.best().map_or(0.0, |best| -best.value);
            println!(
                "step {step}: the mean cut of the samples is {:.1}, the best cut {best}",
                -progress.loss()
            );
        }
    }
    println!("the cut that was planted in the graph is {planted}, of {} edges", edges.len());
    Ok(())
}

/// A random graph with nine of ten edges between the vertices of even and odd numbers, and how many these are.
fn graph(noise: &mut Stream) -> (Vec<(usize, usize)>, usize) {
    let mut edges = Vec::new();
    for (i, j) in (0..VERTICES).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let mut uniform = [0.0];
        noise.fill_open01(&mut uniform);
        if uniform[0] < if (i + j) % 2 == 1 { 0.108 } else { 0.012 } {
            edges.push((i, j));
        }
    }
    let planted = edges.iter().filter(|(i, j)| (i + j) % 2 == 1).count();
    (edges, planted)
}

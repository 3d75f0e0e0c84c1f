//! What the best controls leave, from samples, beside the exact numbers.
//!
//! `cargo run --release --package voidgrad --example floors`
//!
//! The first table has a function without a pattern of six bits, and a thousand estimates for each number of samples: their mean and their deviation, and the standard error that they state. The
//! second one has random cuts of more bits; pairs leave nothing of a cut, so for them a product of three bits is added. docs/floors.md has both tables.

use std::error::Error;
use std::time::Instant;

use voidgrad::objective::Multilinear;
use voidgrad::variance::{SampledFloor, floors, floors_of_multilinear, sampled_floors};
use voidgrad::{Bernoulli, Stream};

/// Estimates for each number of samples.
const RUNS: u64 = 1_000;

/// Numbers in (-1, 1).
fn drawn(seed: u64, count: usize) -> Vec<f64> {
    let mut u = vec![0.0; count];
    Stream::new(seed, 0, 0).fill_open01(&mut u);
    u.iter().map(|u| 2.0 * u - 1.0).collect()
}

/// The state that b is.
fn state(b: &[f64]) -> usize {
    b.iter().rev().fold(0, |state, &b| 2 * state + usize::from(b == 1.0))
}

/// Variables with θ from 0.25 to 0.75.
fn variables(count: usize) -> Result<Bernoulli, Box<dyn Error>> {
    let thetas: Vec<f64> = drawn(3, count).iter().map(|x| 0.5 + 0.25 * x).collect();
    Ok(Bernoulli::from_probabilities(&thetas)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    six_bits()?;
    println!();
    more_bits()
}

fn six_bits() -> Result<(), Box<dyn Error>> {
    let (bernoulli, table) = (variables(6)?, drawn(1003, 64));
    let f = |b: &[f64]| table[state(b)];
    let exact = floors(&bernoulli, &f)?;
    println!(
        "| samples | family | weights | exact | mean of the estimates | their deviation | root of the mean squared standard error |"
    );
    println!("|---|---|---|---|---|---|---|");
    for samples in [100, 400, 4_000] {
        let mut sums = [[0.0; 3]; 3];
        let exact = [exact.constant, exact.additive, exact.pairwise];
        for seed in 0..RUNS {
            let found = sampled_floors(&bernoulli, &f, samples, seed)?;
            let found = [Some(found.constant), found.additive, found.pairwise];
            for ((found, exact), sums) in found.into_iter().zip(exact).zip(&mut sums) {
                let SampledFloor { variance, standard_error } = found.ok_or("too few samples")?;
                let terms = [variance, (variance - exact).powi(2), standard_error.powi(2)];
                sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term / RUNS as f64);
            }
        }
        for (((name, weights), exact), [mean, square, error]) in
            [("constant", 1), ("additive", 7), ("pairwise", 22)].into_iter().zip(exact).zip(sums)
        {
            let (deviation, error) = (square.sqrt(), error.sqrt());
            println!(
                "| {samples} | {name} | {weights} | {exact:.5} | {mean:.5} | {deviation:.5} | {error:.5} |"
            );
        }
    }
    Ok(())
}

fn more_bits() -> Result<(), Box<dyn Error>> {
    const SAMPLES: u64 = 100_000;
    println!(
        "| M | constant, exact | sampled | additive, exact | sampled | pairwise, sampled, with the product | time |"
    );
    println!("|---|---|---|---|---|---|---|");
    for count in [20, 60, 100, 1_000] {
        let bernoulli = variables(count)?;
        let numbers = drawn(5, 3 * count);
        let mut linear = vec![0.0; count];
        let mut pairs = Vec::new();
        // Edges to the next bit and to two others, with weights of both signs.
        for (edge, weight) in numbers.iter().enumerate() {
            let (m, n) = (edge / 3, (edge / 3 + [1, 5, 8][edge % 3]) % count);
            linear[m] += weight;
            linear[n] += weight;
            pairs.push((m, n, -2.0 * weight));
        }
        let cut = Multilinear::new(0.0, &linear, &pairs)?;
        let f = |b: &[f64]| cut.value(b) + 8.0 * b[0] * b[1] * b[2];
        let exact = floors_of_multilinear(&bernoulli, &cut)?;
        let begun = Instant::now();
        let with_product = sampled_floors(&bernoulli, &f, SAMPLES, 1)?;
        let time = begun.elapsed().as_secs_f64();
        let found = sampled_floors(&bernoulli, &cut, SAMPLES, 1)?;
        let text = |floor: Option<SampledFloor>| {
            floor.map_or("none".to_owned(), |SampledFloor { variance, standard_error }| {
                format!("{variance:.4} ± {standard_error:.4}")
            })
        };
        println!(
            "| {count} | {:.4} | {} | {:.4} | {} | {} | {time:.1} s |",
            exact.constant,
            text(Some(found.constant)),
            exact.additive,
            text(found.additive),
            text(with_product.pairwise)
        );
    }
    Ok(())
}

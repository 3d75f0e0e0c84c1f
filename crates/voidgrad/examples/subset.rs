//! The best four of sixteen features of a regression, from values of the error alone.
//!
//! `cargo run --release --package voidgrad --example subset`
//!
//! [`Subset`] is a distribution of the subsets of four features: `p(b) ∝ exp(Σ a_m b_m)`, with exactly four ones in b. Every sample has the right number of features, so f needs no
//! penalty. The logits a descend `E[f(b)]`, f being the mean squared error of the least-squares fit on the features of b. [`Rloo`] estimates the gradient of the
//! expectation from ten values of f. With 16 features there are 1,820 subsets, few enough to look at all of them and see whether the best one was found.
//!
//! `cargo xtask train --problem subset` does this for data of other sizes, beside Bernoulli variables with a penalty.

use std::error::Error;

use voidgrad::estimators::Rloo;
use voidgrad::gaussian::box_muller;
use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::train::{Settings, Step};
use voidgrad::{ClosedForms, Distribution, Stream, Subset, train};

const FEATURES: usize = 16;
const CHOSEN: usize = 4;
const OBSERVATIONS: usize = 100;
/// Values of f in a step.
const SAMPLES: u64 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let (x, y) = data(&mut Stream::new(1, 0, 1));
    let error = |b: &[f64]| {
        let chosen: Vec<usize> = (0..FEATURES).filter(|&m| b[m] == 1.0).collect();
        let x = x.select_columns(&chosen);
        // Least squares by the normal equations XᵀX·w = Xᵀy.
        let weights = x.tr_mul(&x).cholesky().map(|root| root.solve(&x.tr_mul(&y)));
        weights.map_or(f64::NAN, |weights| (&y - &x * weights).norm_squared() / OBSERVATIONS as f64)
    };

    // All subsets are equally probable.
    let start = Subset::from_logits(&[0.0; FEATURES], CHOSEN)?;
    let settings = Settings { iterations: 400, learning_rate: 0.05, seed: 1, ..Settings::default() };
    let mut b = [0.0; FEATURES];
    let mut show = |step: &Step<'_, Subset>| {
        if step.iteration.is_multiple_of(100) {
            step.distribution.mode(&mut b);
            let (features, entropy) = (chosen(&b), step.distribution.entropy());
            println!(
                "step {}: features {features:?} have an error of {:.4}, entropy {entropy:.2}",
                step.iteration,
                error(&b)
            );
        }
    };
    let end = train(start, &error, Rloo::new(SAMPLES)?, &settings, 0, &mut show)?;
    // The probability that each feature is chosen, exact; the sum is four.
    let marginals: Vec<String> =
        end.distribution.marginals().iter().map(|theta| format!("{theta:.2}")).collect();
    println!("marginals {}", marginals.join(" "));

    let (best, least) = best(&error);
    println!("of all subsets, features {best:?} have the least error, {least:.4}");
    Ok(())
}

fn chosen(b: &[f64]) -> Vec<usize> {
    (0..FEATURES).filter(|&m| b[m] == 1.0).collect()
}

/// The best of all subsets.
fn best(error: &dyn Fn(&[f64]) -> f64) -> (Vec<usize>, f64) {
    let subsets = (0..1_u32 << FEATURES).filter(|subset| subset.count_ones() as usize == CHOSEN);
    let all = subsets.map(|subset| {
        let b: Vec<f64> = (0..FEATURES).map(|m| f64::from(subset >> m & 1)).collect();
        (chosen(&b), error(&b))
    });
    all.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or_default()
}

/// Features of which each is correlated with the one before, and a target that depends on the features 1, 2, 7 and 12.
fn data(noise: &mut Stream) -> (DMatrix<f64>, DVector<f64>) {
    let mut normal = || {
        let mut u = [0.0; 2];
        noise.fill_open01(&mut u);
        box_muller(u[0], u[1])[0]
    };
    let mut x = DMatrix::from_fn(OBSERVATIONS, FEATURES, |_, _| normal());
    for m in 1..FEATURES {
        let before = 0.6 * x.column(m - 1);
        x.set_column(m, &(before + 0.8 * x.column(m)));
    }
    let y = x.column(1) - 0.8 * x.column(2) + 0.6 * x.column(7) + 0.5 * x.column(12);
    (x, y.map(|y| y + 0.5 * normal()))
}

//! `z̃` is distributed as z where the argmax of z is b.
//!
//! The tests of Kolmogorov and Smirnov here have fixed seeds. All 21 reject at `√n·D > 3.5`, each with a probability of
//! `2·e^(-2·3.5²) = 5e-11` where the distributions are the same, so all together with less than 2e-9.

use super::{LOGITS, NOISE, logit, one_variable, unit, z, z_tilde};
use crate::categorical::state;
use crate::controls::Zero;
use crate::estimators::categorical::Estimate;
use crate::noise::{Noise, Stream};

const CRITICAL: f64 = 3.5;
const A: [f64; 3] = [0.3, -1.2, 0.8];

#[test]
fn the_argmax_of_z_tilde_is_the_state() {
    for a in LOGITS {
        for i in 0..NOISE.len().pow(3) {
            let v = [i % 7, i / 7 % 7, i / 49].map(|i| NOISE[i]);
            for b in 0..3 {
                let z_tilde = z_tilde(v, b, a);
                assert!(z_tilde.iter().all(|z| z.is_finite()), "{a:?} {v:?} {b}: {z_tilde:?}");
                let less = (0..3).filter(|&k| z_tilde[k] < z_tilde[b]).count();
                assert_eq!(less, 2, "{a:?} {v:?} {b}: {z_tilde:?}");
            }
        }
    }
}

// Where ln(-ln v_k) - ln θ_k is far below -z̃_b, the formula alone gives the same number twice.
#[test]
fn the_argmax_of_z_tilde_is_the_state_where_the_formula_rounds_to_a_tie() {
    let mut ties = 0;
    for v_k in [1.0 - f64::EPSILON / 2.0, 1.0 - 1e-14, 1.0 - 1e-10] {
        for v_b in [f64::MIN_POSITIVE, 1e-100, 1e-12, 0.1, (-1.0_f64).exp(), 0.9, 1.0 - f64::EPSILON / 2.0] {
            for ln_theta in [-1e-300, -1e-3, -1.0] {
                let drawn = state::g_tilde_drawn(v_b);
                let alone = -((-v_k.ln()).ln() - ln_theta).max(-drawn);
                ties += usize::from(alone == drawn);
                let other = state::g_tilde_other(v_k, drawn, ln_theta);
                assert!(
                    other < drawn && other >= alone.min(drawn) - 2.0 - 1e-10,
                    "{v_k} {v_b}: {other} {drawn}"
                );
            }
        }
    }
    assert!(ties > 10);
}

#[test]
fn the_estimators_z_and_z_tilde_are_those_of_the_formulas() {
    for a in LOGITS {
        let categorical = one_variable(a);
        let mut estimate = Estimate::new(&categorical);
        for (u, v) in [([0.2, 0.9, 0.5], [0.4, 0.8, 0.1]), ([0.99, 1e-9, 0.3], [1e-12, 0.7, 1.0 - 1e-12])] {
            estimate.update(&categorical, &|_: &[f64]| 1.0, &Zero, Noise::new(&u, &v).unwrap()).unwrap();
            let b = logit::argmax(&z(u, a));
            assert_eq!(estimate.b, unit(b));
            for k in 0..3 {
                // Both are sums of a few terms of at most 1400.
                assert!((estimate.z[k] - z(u, a)[k]).abs() < 1e-12);
                assert!((estimate.z_tilde[k] - z_tilde(v, b, a)[k]).abs() < 1e-12);
            }
        }
    }
}

/// Samples of z̃ for each state, with v of one stream, and of z by rejection, with u of another; by state and entry.
fn samples(count: usize) -> [[[Vec<f64>; 3]; 3]; 2] {
    let mut samples: [[[Vec<f64>; 3]; 3]; 2] = Default::default();
    let (mut stream, mut noise) = (Stream::new(32, 0, 0), [0.0; 3]);
    for _ in 0..count {
        for (b, of_b) in samples[0].iter_mut().enumerate() {
            stream.fill_open01(&mut noise);
            of_b.iter_mut().zip(z_tilde(noise, b, A)).for_each(|(of_k, z_tilde)| of_k.push(z_tilde));
        }
    }
    let mut stream = Stream::new(32, 1, 0);
    while samples[1].iter().any(|of_b| of_b[0].len() < count) {
        stream.fill_open01(&mut noise);
        let z = z(noise, A);
        let b = logit::argmax(&z);
        samples[1][b].iter_mut().zip(z).for_each(|(of_k, z)| of_k.push(z));
    }
    samples
}

/// `√n·D` between a sample and a distribution.
fn against_distribution(sample: &[f64], cumulative: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let distance = sorted.iter().enumerate().map(|(i, &x)| {
        let expected = cumulative(x);
        (expected - i as f64 / n).max((i + 1) as f64 / n - expected)
    });
    n.sqrt() * distance.fold(0.0, f64::max)
}

/// `√(nm/(n + m))·D` between two samples.
fn against_sample(left: &[f64], right: &[f64]) -> f64 {
    let sorted = |sample: &[f64]| {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (left, right) = (sorted(left), sorted(right));
    let (n, m) = (left.len() as f64, right.len() as f64);
    let mut distance = 0.0_f64;
    for &x in left.iter().chain(&right) {
        let below = |sample: &[f64]| sample.partition_point(|&y| y <= x) as f64;
        distance = distance.max((below(&left) / n - below(&right) / m).abs());
    }
    (n * m / (n + m)).sqrt() * distance
}

// P(z_k ≤ z | b) = (e^(-θx) - θ·e^(-x))/(1 - θ) with θ = θ_k and x = e^(-z), for k ≠ b: the integral over z_b > z of its
// Gumbel density times the truncated distribution of z_k, and P(z_b ≤ z). For k = b it is e^(-x).
#[test]
fn z_tilde_has_the_distribution_of_z_given_the_state() {
    let [of_z_tilde, of_z] = samples(20_000);
    let theta = one_variable(A).probabilities().to_vec();
    for b in 0..3 {
        for k in 0..3 {
            let cumulative = |z: f64| {
                let x = (-z).exp();
                if k == b {
                    (-x).exp()
                } else {
                    ((-theta[k] * x).exp() - theta[k] * (-x).exp()) / (1.0 - theta[k])
                }
            };
            let distance = against_distribution(&of_z_tilde[b][k], cumulative);
            assert!(distance < CRITICAL, "b = {b}, k = {k}: {distance}");
            let distance = against_sample(&of_z_tilde[b][k], &of_z[b][k]);
            assert!(distance < CRITICAL, "b = {b}, k = {k}, by rejection: {distance}");
        }
        // A number that all three entries go into: they have to be dependent in the right way.
        let joint = |samples: &[Vec<f64>; 3]| -> Vec<f64> {
            let entries = samples[0].iter().zip(&samples[1]).zip(&samples[2]);
            entries.map(|((x, y), z)| x.exp() * y - z * (x - 2.0 * y)).collect()
        };
        let distance = against_sample(&joint(&of_z_tilde[b]), &joint(&of_z[b]));
        assert!(distance < CRITICAL, "b = {b}, jointly: {distance}");
    }
}

#[test]
fn the_same_test_tells_z_tilde_from_z_of_another_state_and_from_z_without_one() {
    let [of_z_tilde, of_z] = samples(20_000);
    assert!(against_sample(&of_z_tilde[0][0], &of_z[1][0]) > CRITICAL);
    assert!(against_sample(&of_z_tilde[2][2], &of_z[0][2]) > CRITICAL);
    let all: Vec<f64> = of_z.iter().flat_map(|of_b| &of_b[0]).copied().collect();
    assert!(against_sample(&of_z_tilde[0][0], &all) > CRITICAL);
}

// The density of z̃ = g̃(v) is 1/|∂z̃/∂v|; z̃_b depends on v_b alone, so the determinant is the product.
#[test]
fn the_density_given_the_state_is_that_of_z_tilde() {
    const STEP: f64 = 1e-5;
    for a in [A, [3.0, 0.0, -2.0], [0.0; 3]] {
        for v in [[0.3, 0.8, 0.5], [0.05, 0.6, 0.9]] {
            for b in 0..3 {
                let slope = |k: usize| {
                    let at = |offset: f64| {
                        let v_b = if k == b { v[b] + offset } else { v[b] };
                        logit::g_tilde(v[k] + offset, v_b, unit(k), unit(b), a)
                    };
                    (at(STEP) - at(-STEP)) / (2.0 * STEP)
                };
                let expected: f64 = (0..3).map(|k| -slope(k).ln()).sum();
                let found = logit::ln_density_given(z_tilde(v, b, a), a, unit(b));
                // The step's square times third derivatives of up to 1000, and rounding of 1e-11.
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }
}

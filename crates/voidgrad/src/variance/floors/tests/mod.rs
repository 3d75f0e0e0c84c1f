mod exact;
mod multilinear;
mod sampled;

use crate::bernoulli::Bernoulli;
use crate::noise::Stream;

fn of(thetas: &[f64]) -> Bernoulli {
    Bernoulli::from_probabilities(thetas).unwrap()
}

/// Numbers in (-1, 1) that have no pattern.
fn drawn(seed: u64, count: usize) -> Vec<f64> {
    let mut u = vec![0.0; count];
    Stream::new(seed, 0, 0).fill_open01(&mut u);
    u.iter().map(|u| 2.0 * u - 1.0).collect()
}

/// The state that b is.
fn state(b: &[f64]) -> usize {
    b.iter().rev().fold(0, |state, &b| 2 * state + usize::from(b == 1.0))
}

fn point(state: usize, variables: usize) -> Vec<f64> {
    (0..variables).map(|m| f64::from(u8::from(state & 1 << m != 0))).collect()
}

//! The point at which everything is computed.

use nalgebra::{SMatrix, SVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use voidgrad::controls::relu_network::Weights;

/// A column of five numbers.
pub(super) type Column = SVector<f64, 5>;
/// Five by five of them.
pub(super) type Square = SMatrix<f64, 5, 5>;

/// The number of z in one measurement.
pub(super) const SAMPLES: usize = 256;
/// ż, where a derivative is taken along z.
pub(super) const Z_DOT: f64 = 0.7;
/// c̄, the weight on c.
pub(super) const C_BAR: f64 = -0.3;

/// REBAR's parameters and data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rebar {
    pub(super) eta: f64,
    pub(super) lambda: f64,
    pub(super) target: f64,
}

impl Rebar {
    pub(super) fn example() -> Self {
        Self { eta: 0.8, lambda: 0.5, target: 0.499 }
    }
}

/// RELAX's parameters and data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relax {
    pub(super) lambda: f64,
    pub(super) w1: Column,
    pub(super) b1: Column,
    pub(super) w2: Square,
    pub(super) b2: Column,
    pub(super) w3: Column,
    pub(super) b3: f64,
    pub(super) target: f64,
}

impl Relax {
    /// Weights as `torch.nn.Linear` draws them, with which the last `ReLU` is off at some z and on at others.
    pub(super) fn example() -> Self {
        let Weights { w1, b1, w2, b2, w3, b3 } = Weights::draw(&mut ChaCha8Rng::seed_from_u64(SEED));
        Self { lambda: 0.5, w1, b1, w2, b2, w3, b3, target: 0.499 }
    }
}

/// Seeds whose last `ReLU` is on at about half of all z are rare; this one's is.
const SEED: u64 = 1;

/// Logistic noise: `z = ln(u/(1 - u))`.
pub(super) fn noise() -> [f64; SAMPLES] {
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_123);
    std::array::from_fn(|_| voidgrad::logit(rng.random_range(1e-12..1.0)))
}

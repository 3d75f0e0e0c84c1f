//! The controls, as functions of `z` and of their parameters in the order of `φ`.

use crate::by_hand::{Number, sigmoid};

/// `(b - t)²`.
pub fn quadratic<D: Number>(b: D, target: f64) -> D {
    (b - target).powi(2)
}

/// `f(σ(z/λ))`.
pub fn relaxed<D: Number>(z: D, lambda: D, target: f64) -> D {
    quadratic(sigmoid(z / lambda), target)
}

/// The constant; `z` is there for its shape only.
pub fn constant<D: Number>(_: D, baseline: D) -> D {
    baseline
}

/// `η·f(σ(z/λ))`.
pub fn rebar<D: Number>(z: D, eta: D, lambda: D, target: f64) -> D {
    eta * relaxed(z, lambda, target)
}

/// The weights of RELAX's network, 46 numbers: `w₁`, `b₁`, `W₂` by columns, `b₂`, `w₃`, `b₃`.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a, D>(pub &'a [D]);

impl<D: Number> Network<'_, D> {
    /// The output, before a last `ReLU`.
    pub fn output(&self, z: D) -> D {
        let hidden = self.second(z).map(relu);
        (0..5).fold(self.0[45], |sum, i| sum + self.0[40 + i] * hidden[i])
    }

    /// The smallest of the absolute values that a `ReLU` is taken of: how far the next kink is.
    pub fn margin(&self, z: D) -> f64 {
        let inputs = self.first(z).into_iter().chain(self.second(z)).chain([self.output(z)]);
        inputs.map(|input| input.re().abs()).fold(f64::INFINITY, f64::min)
    }

    /// All z between `low` and `high` where a `ReLU` of a hidden layer or of the output has its kink.
    pub fn kinks(&self, low: D, high: D) -> Vec<f64> {
        const STEPS: usize = 4000;
        let inputs = |z: D| -> Vec<f64> {
            let all = self.first(z).into_iter().chain(self.second(z)).chain([self.output(z)]);
            all.map(|input| input.re()).collect()
        };
        let at = |step: usize| low + (high - low) * (step as f64 / STEPS as f64);
        let mut kinks = Vec::new();
        for step in 0..STEPS {
            let (mut left, mut right) = (at(step), at(step + 1));
            let (before, after) = (inputs(left), inputs(right));
            for unit in (0..before.len()).filter(|&unit| (before[unit] > 0.0) != (after[unit] > 0.0)) {
                for _ in 0..60 {
                    let middle = (left + right) * 0.5;
                    if (inputs(middle)[unit] > 0.0) == (before[unit] > 0.0) {
                        left = middle;
                    } else {
                        right = middle;
                    }
                }
                kinks.push(left.re());
                (left, right) = (at(step), at(step + 1));
            }
        }
        kinks
    }

    fn first(&self, z: D) -> [D; 5] {
        std::array::from_fn(|i| self.0[i] * z + self.0[5 + i])
    }

    fn second(&self, z: D) -> [D; 5] {
        let hidden = self.first(z).map(relu);
        std::array::from_fn(|i| {
            (0..5).fold(self.0[35 + i], |sum, j| sum + self.0[10 + 5 * j + i] * hidden[j])
        })
    }
}

/// `max(x, 0)`, its derivative at 0 is 0.
pub fn relu<D: Number>(x: D) -> D {
    if x.re() > 0.0 { x } else { D::zero() }
}

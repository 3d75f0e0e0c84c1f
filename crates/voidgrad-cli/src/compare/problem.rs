//! What is estimated.

use clap::ValueEnum;
use voidgrad::controls::{AnyControl, ByGradient, Relaxable, ReluNetwork};
use voidgrad::error::{InvalidParameter, ObjectiveError};
use voidgrad::objective::{Differentiable, Points, TwiceDifferentiable};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{Bernoulli, Categorical, Objective, sigmoid};

use voidgrad_kit::number;

/// The name of an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `f(b) = (1/M) Σ_m (b_m - t)²`.
    Quadratic,
    /// `f(b) = (1/M) Σ_m w_m·b_m`.
    Linear,
    /// `f(b) = (b - t)²`.
    Toy,
}

/// What can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compared {
    /// f(b), the mean of the (b − t)² of all variables
    Quadratic,
    /// f(b), the mean of ±(1 + m/M)·b of the variables m = 0, 1, …, with alternating signs
    Linear,
    /// f(b) = (b − t)², one variable
    Toy,
    /// the training of a variational autoencoder with binary latent variables
    Vae,
}

/// The options of objectives, and of the training of a model.
const OF_OBJECTIVES: [&str; 4] = ["dim", "theta", "target", "control-steps"];
const OF_TRAININGS: [&str; 11] = [
    "auto-costs",
    "control-optimiser",
    "latents",
    "model",
    "data",
    "test-data",
    "iterations",
    "batch",
    "learning-rate",
    "control-learning-rate",
    "repeats",
];

impl Compared {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        self.kind().map_or("vae", Kind::name)
    }

    /// The objective, if it is one.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Self::Quadratic => Some(Kind::Quadratic),
            Self::Linear => Some(Kind::Linear),
            Self::Toy => Some(Kind::Toy),
            Self::Vae => None,
        }
    }

    /// The names of those that have this option; none if all have it.
    pub(crate) fn with_option(option: &str) -> Vec<&'static str> {
        match option {
            option if OF_OBJECTIVES.contains(&option) => vec!["quadratic", "linear", "toy"],
            option if OF_TRAININGS.contains(&option) => vec!["vae"],
            _ => Vec::new(),
        }
    }
}

/// An objective with its exact gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Problem {
    /// `(1/M) Σ_m (b_m - t)²`.
    Quadratic(MeanQuadratic),
    /// `(1/M) Σ_m w_m·b_m`.
    Linear,
}

impl Kind {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quadratic => "quadratic",
            Self::Linear => "linear",
            Self::Toy => "toy",
        }
    }

    /// The objective.
    pub(crate) fn problem(self, target: f64) -> Problem {
        match self {
            Self::Quadratic | Self::Toy => Problem::Quadratic(MeanQuadratic { target }),
            Self::Linear => Problem::Linear,
        }
    }

    /// The objective in words.
    pub(crate) fn formula(self, target: f64) -> String {
        let target = number::exact(target);
        match self {
            Self::Quadratic => format!("f(b) = mean of (b_m − {target})²"),
            Self::Linear => "f(b) = mean of w_m·b_m, w_m = ±(1 + m/M)".to_owned(),
            Self::Toy => format!("f(b) = (b − {target})²"),
        }
    }
}

impl Problem {
    /// `∂/∂a E[f(b)]`, with respect to the logits.
    pub(crate) fn gradient(self, bernoulli: &Bernoulli) -> Vec<f64> {
        let logits = bernoulli.logits();
        let count = logits.len();
        match self {
            Self::Quadratic(objective) => objective.gradient(bernoulli),
            Self::Linear => {
                let slope =
                    |(m, &a): (usize, &f64)| weight(m, count) / count as f64 * sigmoid(a) * sigmoid(-a);
                logits.iter().enumerate().map(slope).collect()
            }
        }
    }
}

fn weight(m: usize, count: usize) -> f64 {
    let sign = if m.is_multiple_of(2) { 1.0 } else { -1.0 };
    sign * (1.0 + m as f64 / count as f64)
}

impl Problem {
    /// `f(b)`.
    pub(crate) fn value(&self, b: &[f64]) -> f64 {
        let count = b.len();
        match self {
            Self::Quadratic(objective) => objective.value(b),
            Self::Linear => {
                b.iter().enumerate().map(|(m, b)| weight(m, count) * b).sum::<f64>() / count as f64
            }
        }
    }
}

impl Objective for Problem {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| self.value(b));
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for Problem {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        match self {
            Self::Quadratic(objective) => objective.value_and_gradient(x, gradient),
            Self::Linear => {
                for (m, gradient) in gradient.iter_mut().enumerate() {
                    *gradient = weight(m, x.len()) / x.len() as f64;
                }
                self.value(x)
            }
        }
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for Problem {
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]) {
        match self {
            Self::Quadratic(objective) => objective.hessian_product(x, x_dot, product),
            Self::Linear => product.fill(0.0),
        }
    }
}

/// The toy brings its fused controls.
impl Relaxable for Problem {
    fn of_bits(&self, bernoulli: &Bernoulli, eta: f64, lambda: f64) -> Result<AnyControl, InvalidParameter> {
        match self {
            Self::Quadratic(objective) => objective.of_bits(bernoulli, eta, lambda),
            Self::Linear => ByGradient(*self).of_bits(bernoulli, eta, lambda),
        }
    }

    fn of_bits_and_network(
        &self,
        bernoulli: &Bernoulli,
        network: ReluNetwork,
        eta: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter> {
        match self {
            Self::Quadratic(objective) => objective.of_bits_and_network(bernoulli, network, eta, lambda),
            Self::Linear => ByGradient(*self).of_bits_and_network(bernoulli, network, eta, lambda),
        }
    }

    fn of_states(
        &self,
        categorical: &Categorical,
        eta: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter> {
        ByGradient(*self).of_states(categorical, eta, lambda)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_the_sum_over_all_states() {
        let theta = [0.3, 0.6, 0.9];
        let bernoulli = Bernoulli::from_probabilities(&theta).unwrap();
        for kind in [Kind::Quadratic, Kind::Linear] {
            let problem = kind.problem(0.2);
            let mut expected = [0.0; 3];
            for state in 0..8_u32 {
                let b = [0, 1, 2].map(|m| f64::from(state >> m & 1));
                let p: f64 = b.iter().zip(theta).map(|(b, p)| if *b == 1.0 { p } else { 1.0 - p }).product();
                for m in 0..3 {
                    expected[m] += p * problem.value(&b) * (b[m] - theta[m]);
                }
            }
            let gradient = problem.gradient(&bernoulli);
            assert!(
                gradient.iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-15),
                "{gradient:?} {expected:?}"
            );
        }
    }

    #[test]
    fn the_derivative_of_the_linear_objective_is_its_difference() {
        let mut gradient = [0.0; 4];
        let problem = Problem::Linear;
        problem.value_and_gradient(&[0.2, 0.9, 0.4, 0.1], &mut gradient);
        for (m, slope) in gradient.into_iter().enumerate() {
            let mut b = [0.0; 4];
            b[m] = 1.0;
            assert_eq!(slope, problem.value(&b));
        }
    }
}

//! RELAX over several samples, each the others' baseline.

use super::{Bias, Draw, Estimator, Method, Needs, leave_one_out};
use crate::bernoulli::{Bernoulli, logit};
use crate::control::Control;
use crate::controls::RelaxLinear;
use crate::error::InvalidParameter;
use crate::estimator::{EstimateError, suits};
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};

/// The mean of K estimates of [`estimate`](crate::estimate()) in which the advantage `A_k = f(b_k) - c_φ(z̃_k)` is taken
/// less the mean of the others:
///
/// `ĝ = 1/K Σ_k (A_k - 1/(K-1) Σ_{j≠k} A_j)·∂/∂a ln p(b_k) + ∂/∂a c_φ(z_k) - ∂/∂a c_φ(z̃_k)`.
///
/// With the control 0 it is RLOO. The noise is u and v of the first sample, then those of the next.
///
/// Source: RELAX (Grathwohl et al. 2018), equation 8, with the baseline of Kool, van Hoof and Welling 2019.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaxLoo<C> {
    control: C,
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "relax-loo",
    title: "RELAX, leave-one-out",
    formula: "RELAX of K samples, f(b_k) - c(z̃_k) less the mean of the others; c as in relax-linear",
    source: "Grathwohl et al. 2018, equation 8; Kool, van Hoof and Welling 2019",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "K, c 2K times",
    parameters: "K ≥ 2, 2 unless given; λ and 46 weights, trained on the variance",
    bernoulli: Some(|setup, rng| {
        let control = RelaxLinear::draw(setup.lambda, setup.target, rng)?;
        Ok(Box::new(RelaxLoo::new(control, setup.evaluations.unwrap_or(2))?))
    }),
    categorical: None,
    gaussian: None,
};

impl<C: Control + Send + Sync> RelaxLoo<C> {
    /// The estimator with this control and K samples.
    ///
    /// # Errors
    /// Where K is less than 2, or so large that nobody could wait for it.
    pub fn new(control: C, samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { control, samples: super::several(samples)? })
    }
}

/// The samples, rows of M entries.
#[derive(Default)]
struct Samples {
    b: Vec<f64>,
    z: Vec<f64>,
    z_tilde: Vec<f64>,
    /// `∂z̃/∂a`.
    z_tilde_a: Vec<f64>,
    score: Vec<f64>,
    /// `A_k`, and what is left of them less the baselines.
    advantages: Vec<f64>,
    centred: Vec<f64>,
    /// `∂c/∂z` of one sample.
    c_z: Vec<f64>,
    /// The weights of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`: on `∂²c/∂z∂φ` at z (the same for all samples) and at z̃, and on `∂c/∂φ` at z̃.
    z_dot: Vec<f64>,
    z_tilde_dot: Vec<f64>,
    c_bar: Vec<f64>,
}

impl Samples {
    fn resize(&mut self, samples: usize, variables: usize) {
        let Self { b, z, z_tilde, z_tilde_a, score, z_tilde_dot, c_z, z_dot, .. } = self;
        for rows in [b, z, z_tilde, z_tilde_a, score, z_tilde_dot] {
            rows.resize(samples * variables, 0.0);
        }
        for row in [c_z, z_dot] {
            row.resize(variables, 0.0);
        }
    }

    /// Sample k, from its u and v.
    fn draw(&mut self, k: usize, logits: &[f64], u: &[f64], v: &[f64]) {
        for (m, &a) in logits.iter().enumerate() {
            let i = k * logits.len() + m;
            self.z[i] = logit::g(u[m], a);
            let b = logit::threshold(self.z[i]);
            self.b[i] = f64::from(u8::from(b));
            self.z_tilde[i] = logit::g_tilde(v[m], a, b);
            self.z_tilde_a[i] = logit::g_tilde::d_a(v[m], a, b);
            self.score[i] = logit::ln_p::d_a(b, a);
        }
    }
}

impl<C: Control + Send + Sync> Estimator for RelaxLoo<C> {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        self.suits(bernoulli, objective)?;
        let Draw { gradient, f: mean, memory } = draw;
        let made = memory.of(Samples::default);
        let (variables, count) = (bernoulli.len(), self.samples as f64);
        made.resize(self.samples, variables);
        made.advantages.clear();
        gradient.fill(0.0);
        *mean = 0.0;
        for (k, noise) in noise.chunks(2 * variables).enumerate() {
            let (u, v) = noise.split_at(variables);
            made.draw(k, bernoulli.logits(), u, v);
            let row = k * variables..(k + 1) * variables;
            let f = evaluate(objective, &made.b[row.clone()])?;
            *mean += f / count;
            self.control.value_and_d_z(&made.z[row.clone()], &mut made.c_z);
            gradient.iter_mut().zip(&made.c_z).for_each(|(gradient, c_z)| *gradient += c_z / count);
            let c = self.control.value_and_d_z(&made.z_tilde[row.clone()], &mut made.c_z);
            for ((gradient, c_z), z_a) in gradient.iter_mut().zip(&made.c_z).zip(&made.z_tilde_a[row]) {
                *gradient -= c_z * z_a / count;
            }
            made.advantages.push(f - c);
        }
        leave_one_out(&made.advantages, &mut made.centred);
        for (score, advantage) in made.score.chunks(variables).zip(&made.centred) {
            gradient.iter_mut().zip(score).for_each(|(gradient, score)| *gradient += advantage * score);
        }
        let scale = 2.0 / variables as f64 / count;
        made.z_dot.iter_mut().zip(&*gradient).for_each(|(z_dot, gradient)| *z_dot = scale * gradient);
        for (i, z_tilde_dot) in made.z_tilde_dot.iter_mut().enumerate() {
            *z_tilde_dot = -made.z_dot[i % variables] * made.z_tilde_a[i];
        }
        // How much ĝ moves with one advantage: its own score, less its share in the baselines of the others.
        let along =
            |score: &[f64]| -> f64 { score.iter().zip(&made.z_dot).map(|(s, z_dot)| s * z_dot).sum() };
        made.c_bar.clear();
        made.c_bar.extend(made.score.chunks(variables).map(along));
        let total: f64 = made.c_bar.iter().sum();
        for c_bar in &mut made.c_bar {
            *c_bar = -(*c_bar - (total - *c_bar) / (count - 1.0));
        }
        Ok(())
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        2 * self.samples * bernoulli.len()
    }

    fn suits(&self, bernoulli: &Bernoulli, _: &dyn Objective) -> Result<(), EstimateError> {
        Ok(suits(&self.control, bernoulli.len())?)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.control)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.control)
    }

    fn add_variance_gradient(&self, draw: &Draw, phi_bar: &mut [f64]) {
        let Some(Samples { z, z_tilde, z_dot, z_tilde_dot, c_bar, .. }) = draw.memory.get() else { return };
        let variables = z_dot.len();
        for (k, &c_bar) in c_bar.iter().enumerate() {
            let row = k * variables..(k + 1) * variables;
            self.control.vjp_jvp(&z_tilde[row.clone()], &z_tilde_dot[row.clone()], c_bar, phi_bar);
            self.control.vjp_jvp(&z[row], z_dot, 0.0, phi_bar);
        }
    }
}

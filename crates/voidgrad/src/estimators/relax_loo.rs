//! RELAX over several samples, each the others' baseline.

use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::{Bernoulli, logit};
use crate::control::{Control, OfExample};
use crate::distribution::Distribution as _;
use crate::error::{EstimateError, InvalidParameter};
use crate::estimator::{Answer, Estimator, Told, suits};
use crate::kernel::pathwise;

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
    cost: Cost::f(Count::K).and_control(Count::TimesK(2)),
    parameters: "K ≥ 2, 2 unless given; η (1 for the toy), λ and 46 weights, trained on the variance",
};

impl<C: Control + Send + Sync> RelaxLoo<C> {
    /// The estimator with this control and K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(control: C, samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { control, samples: super::several(samples)? })
    }
}

/// What an answer computes on its way; the samples are rows of M entries.
#[derive(Default)]
struct Parts {
    z: Vec<f64>,
    z_tilde: Vec<f64>,
    /// `∂z̃/∂a`.
    z_tilde_a: Vec<f64>,
    score: Vec<f64>,
    /// `A_k`, and what is left of them less the baselines.
    advantages: Vec<f64>,
    centred: Vec<f64>,
    /// `∂c/∂z` of one sample, at z and at z̃.
    c_z: Vec<f64>,
    c_z_tilde: Vec<f64>,
    /// The weights of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`: on `∂²c/∂z∂φ` at z (the same for all samples) and at z̃, and on `∂c/∂φ` at z̃.
    z_dot: Vec<f64>,
    z_tilde_dot: Vec<f64>,
    c_bar: Vec<f64>,
}

impl Parts {
    fn resize(&mut self, samples: usize, variables: usize) {
        let Self { z, z_tilde, z_tilde_a, score, z_tilde_dot, c_z, c_z_tilde, z_dot, .. } = self;
        for rows in [z, z_tilde, z_tilde_a, score, z_tilde_dot] {
            rows.resize(samples * variables, 0.0);
        }
        for row in [c_z, c_z_tilde, z_dot] {
            row.resize(variables, 0.0);
        }
    }

    /// Sample k, from its u and v.
    fn draw(&mut self, k: usize, logits: &[f64], b: &[f64], (u, v): (&[f64], &[f64])) {
        for (m, &a) in logits.iter().enumerate() {
            let (i, b) = (k * logits.len() + m, b[m] == 1.0);
            self.z[i] = logit::g(u[m], a);
            self.z_tilde[i] = logit::g_tilde(v[m], a, b);
            self.z_tilde_a[i] = logit::g_tilde::d_a(v[m], a, b);
            self.score[i] = logit::ln_p::d_a(b, a);
        }
    }

    /// The weights of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`.
    fn weigh(&mut self, gradient: &[f64], count: f64) {
        let variables = gradient.len();
        let scale = 2.0 / variables as f64 / count;
        self.z_dot.iter_mut().zip(gradient).for_each(|(z_dot, gradient)| *z_dot = scale * gradient);
        for (i, z_tilde_dot) in self.z_tilde_dot.iter_mut().enumerate() {
            *z_tilde_dot = -self.z_dot[i % variables] * self.z_tilde_a[i];
        }
        // How much ĝ moves with one advantage: its own score, less its share in the baselines of the others.
        let along =
            |score: &[f64]| -> f64 { score.iter().zip(&self.z_dot).map(|(s, z_dot)| s * z_dot).sum() };
        self.c_bar.clear();
        self.c_bar.extend(self.score.chunks(variables).map(along));
        let total: f64 = self.c_bar.iter().sum();
        for c_bar in &mut self.c_bar {
            *c_bar = -(*c_bar - (total - *c_bar) / (count - 1.0));
        }
    }
}

impl<C: Control + Send + Sync> Estimator for RelaxLoo<C> {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let variables = bernoulli.len();
        for (noise, b) in noise.chunks_exact(2 * variables).zip(points.chunks_exact_mut(variables)) {
            bernoulli.sample(&noise[..variables], b);
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, phi_bar, memory, .. } = answer;
        let control = OfExample::new(&self.control, told.example);
        let parts = memory.of(Parts::default);
        let (variables, count) = (bernoulli.len(), self.samples as f64);
        parts.resize(self.samples, variables);
        parts.advantages.clear();
        for (k, noise) in told.noise.chunks_exact(2 * variables).enumerate() {
            let row = k * variables..(k + 1) * variables;
            parts.draw(k, bernoulli.logits(), &told.points[row.clone()], noise.split_at(variables));
            control.value_and_d_z(&parts.z[row.clone()], &mut parts.c_z);
            let c = control.value_and_d_z(&parts.z_tilde[row.clone()], &mut parts.c_z_tilde);
            for (m, gradient) in gradient.iter_mut().enumerate() {
                let z_tilde_a = parts.z_tilde_a[row.start + m];
                *gradient += pathwise(parts.c_z[m], parts.c_z_tilde[m], z_tilde_a) / count;
            }
            parts.advantages.push(told.values[k] - c);
        }
        leave_one_out(&parts.advantages, &mut parts.centred);
        for (score, advantage) in parts.score.chunks(variables).zip(&parts.centred) {
            gradient.iter_mut().zip(score).for_each(|(gradient, score)| *gradient += advantage * score);
        }
        let Some(phi_bar) = phi_bar else { return };
        parts.weigh(gradient, count);
        for (k, &c_bar) in parts.c_bar.iter().enumerate() {
            let row = k * variables..(k + 1) * variables;
            let (z, z_tilde) = (&parts.z[row.clone()], &parts.z_tilde[row.clone()]);
            control.vjp_jvp(z_tilde, &parts.z_tilde_dot[row], c_bar, phi_bar);
            control.vjp_jvp(z, &parts.z_dot, 0.0, phi_bar);
        }
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        2 * self.samples * bernoulli.len()
    }

    fn suits(&self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        Ok(suits(&self.control, bernoulli.len())?)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.control)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.control)
    }
}

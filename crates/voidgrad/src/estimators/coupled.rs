//! REBAR and RELAX with coupled noise: z̃ made of the same u as z.

use crate::bernoulli::{Bernoulli, logit};
use crate::control::{Control, OfExample};
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::estimator::{Answer, Coupling, Estimator, Told, suits};
use crate::kernel::{g_hat, weights};
use voidgrad_real::sigmoid;

/// The estimator of [`estimate`](crate::estimate()) with `v` a function of u, the one for which `z̃ = z`:
///
/// `ĝ = (f(b) - c_φ(z))·∂/∂a ln p(b) + ∂c/∂z·(1 - ∂z̃/∂a)`.
///
/// Given b, `v = (u - (1 - θ))/θ` (where b = 1) and `v = 1 - u/(1 - θ)` (where b = 0) are uniform on (0, 1), as an
/// independent v is; the estimator is a sum of terms with one noise each, so its mean does not change. Its variance
/// does, one way or the other. It takes half of the noise, and one evaluation of the control instead of two.
///
/// Source: REBAR (Tucker et al. 2017), appendix C.
#[derive(Debug, Clone, PartialEq)]
pub struct Coupled<C> {
    control: C,
}

impl<C: Control + Send + Sync> Coupled<C> {
    /// The estimator with this control.
    pub fn new(control: C) -> Self {
        Self { control }
    }
}

/// z, `∂c/∂z`, and the weights of `∂²c/∂z∂φ` in `(2/M)(∂ĝ/∂φ)ᵀ ĝ`.
#[derive(Default)]
struct Parts {
    z: Vec<f64>,
    c_z: Vec<f64>,
    z_dot: Vec<f64>,
}

impl<C: Control + Send + Sync> Estimator for Coupled<C> {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, phi_bar, memory, .. } = answer;
        let control = OfExample::new(&self.control, told.example);
        let Parts { z, c_z, z_dot } = memory.of(Parts::default);
        let variables = bernoulli.len();
        for values in [&mut *z, &mut *c_z, &mut *z_dot] {
            values.resize(variables, 0.0);
        }
        for (z, (&a, &u)) in z.iter_mut().zip(bernoulli.logits().iter().zip(told.noise)) {
            *z = logit::g(u, a);
        }
        let advantage = told.values[0] - control.value_and_d_z(z, c_z);
        let scale = 2.0 / variables as f64;
        let mut c_bar = 0.0;
        for (m, &a) in bernoulli.logits().iter().enumerate() {
            let is_one = told.points[m] == 1.0;
            let s = if is_one { a } else { -a };
            // ∂z̃/∂a is p(b)·(1 - e^-|z|), so what is left of 1 is a sum of two positive numbers.
            let rest = sigmoid(-s) + sigmoid(s) * (-z[m].abs()).exp();
            let score = logit::ln_p::d_a(is_one, a);
            gradient[m] = g_hat(advantage, score, c_z[m] * rest);
            let scaled = scale * gradient[m];
            z_dot[m] = scaled * rest;
            c_bar += weights(scaled, score, rest).c_bar;
        }
        if let Some(phi_bar) = phi_bar {
            control.vjp_jvp(z, z_dot, c_bar, phi_bar);
        }
    }

    fn suits(&self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        Ok(suits(&self.control, bernoulli.len())?)
    }

    fn coupling(&self) -> Option<Coupling> {
        Some(Coupling::Common)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.control)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.control)
    }
}

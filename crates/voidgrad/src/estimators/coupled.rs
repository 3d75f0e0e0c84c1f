//! REBAR and RELAX with coupled noise: z̃ made of the same u as z.

use crate::bernoulli::{Bernoulli, logit};
use crate::control::Control;
use crate::estimator::{EstimateError, suits};
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};
use crate::variance::{self, Exact, Moments, Technique, VarianceError};
use voidgrad_real::sigmoid;

use super::{Draw, Estimator};

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

/// z, `∂c/∂z`, the weights of `∂c/∂z` in `ĝ`, and those of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`.
#[derive(Default)]
struct Sample {
    b: Vec<f64>,
    z: Vec<f64>,
    c_z: Vec<f64>,
    z_dot: Vec<f64>,
    c_bar: f64,
}

impl<C: Control + Send + Sync> Estimator for Coupled<C> {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        self.suits(bernoulli, objective)?;
        let Draw { gradient, f, memory } = draw;
        let Sample { b, z, c_z, z_dot, c_bar } = memory.of(Sample::default);
        let variables = bernoulli.len();
        for values in [&mut *b, &mut *z, &mut *c_z, &mut *z_dot] {
            values.resize(variables, 0.0);
        }
        for (m, (&a, &u)) in bernoulli.logits().iter().zip(&*noise).enumerate() {
            z[m] = logit::g(u, a);
            b[m] = f64::from(u8::from(logit::threshold(z[m])));
        }
        *f = evaluate(objective, b)?;
        let advantage = *f - self.control.value_and_d_z(z, c_z);
        let scale = 2.0 / variables as f64;
        *c_bar = 0.0;
        for (m, &a) in bernoulli.logits().iter().enumerate() {
            let is_one = b[m] == 1.0;
            let s = if is_one { a } else { -a };
            // ∂z̃/∂a is p(b)·(1 - e^-|z|), so what is left of 1 is a sum of two positive numbers.
            let rest = sigmoid(-s) + sigmoid(s) * (-z[m].abs()).exp();
            let score = logit::ln_p::d_a(is_one, a);
            gradient[m] = advantage * score + c_z[m] * rest;
            z_dot[m] = scale * gradient[m] * rest;
            *c_bar -= scale * gradient[m] * score;
        }
        Ok(())
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

    /// One variable, by quadrature.
    fn moments(&self, bernoulli: &Bernoulli, objective: &dyn Objective) -> Result<Exact, VarianceError> {
        let Moments { mean, variance } = variance::coupled(bernoulli, objective, &self.control)?;
        Ok(Exact { mean: vec![mean], variance, technique: Technique::Quadrature })
    }

    fn add_variance_gradient(&self, draw: &Draw, phi_bar: &mut [f64]) {
        if let Some(Sample { z, z_dot, c_bar, .. }) = draw.memory.get() {
            self.control.vjp_jvp(z, z_dot, *c_bar, phi_bar);
        }
    }
}

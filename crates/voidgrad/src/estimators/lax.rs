//! LAX: a learned control for a continuous variable.

use super::{Bias, Cost, Count, Method, Needs};
use crate::control::{Control, OfExample};
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::estimator::{Answer, Estimator, Told, suits};
use crate::gaussian::{self, Gaussian};

/// The estimator of `∂/∂θ E[f(x)]` for `x = μ + σ·ε` with a black box f and a control of x:
///
/// `ĝ = (f(x) - c_φ(x))·∂/∂θ ln p(x|θ) + ∂/∂θ c_φ(x(ε))`, `θ = (μ, ln σ)`.
///
/// The score function is used for what is left of f, the reparameterisation for c, whose derivative is known: where `c = f`
/// the estimate is the pathwise gradient, where `c = 0` it is REINFORCE. It is unbiased for every smooth control, since both terms
/// of c have the mean `∂/∂θ E[c(x)]`. The control takes M numbers; one that [`#[control]`](macro@crate::control) writes for one z
/// works for every M.
///
/// `(2/2M)(∂ĝ/∂φ)ᵀ ĝ`, for training φ, averages over the 2M parameters.
///
/// Source: RELAX (Grathwohl et al. 2018), section 3.1, equation 7.
///
/// ```
/// use voidgrad::estimators::Lax;
/// use voidgrad::{Gaussian, Round, control};
///
/// #[control]
/// fn cube(z: f64, weight: f64) -> f64 {
///     weight * z * z * z
/// }
///
/// let gaussian = Gaussian::new(&[2.0], &[0.5])?;
/// let f = |x: &[f64]| x[0] * x[0] * x[0];
/// let mut round = Round::new();
/// round.estimate(&Lax::new(Cube::new(1.0)?), &gaussian, &f, &[0.3, 0.2])?;
/// // The control is f itself: the gradient along x = μ + σ·ε.
/// let x = round.f().cbrt();
/// assert!((round.gradient()[0] - 3.0 * x * x).abs() < 1e-12);
/// assert!((round.gradient()[1] - 3.0 * x * x * (x - 2.0)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lax<C> {
    control: C,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "lax",
    title: "LAX",
    formula: "ĝ = (f(x) - c(x))·∂/∂θ ln p(x) + ∂/∂θ c(x(ε)), x = μ + σε, c: one layer of 10 tanh over all of x",
    source: "Grathwohl et al. 2018, equation 7",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(1)),
    parameters: "10·(M + 2) + 1 weights, trained on the variance",
};

impl<C: Control + Send + Sync> Lax<C> {
    /// LAX with this control.
    pub fn new(control: C) -> Self {
        Self { control }
    }
}

/// What an answer computes on its way.
#[derive(Default)]
struct Parts {
    epsilon: Vec<f64>,
    /// `∂/∂θ ln p(x)`, 2M entries.
    score: Vec<f64>,
    c_x: Vec<f64>,
    /// The weights of `(1/M)(∂ĝ/∂φ)ᵀ ĝ` on `∂²c/∂x∂φ`.
    x_dot: Vec<f64>,
}

impl<C: Control + Send + Sync> Estimator<Gaussian> for Lax<C> {
    fn ask(&self, gaussian: &Gaussian, noise: &[f64], points: &mut [f64]) {
        gaussian.sample(noise, points);
    }

    fn answer(&self, gaussian: &Gaussian, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, phi_bar, memory, .. } = answer;
        let control = OfExample::new(&self.control, told.example);
        let Parts { epsilon, score, c_x, x_dot } = memory.of(Parts::default);
        let (variables, x) = (gaussian.len(), told.points);
        for values in [&mut *epsilon, &mut *c_x, &mut *x_dot] {
            values.resize(variables, 0.0);
        }
        score.resize(2 * variables, 0.0);
        Gaussian::epsilon(told.noise, epsilon);
        for (m, &ln_sigma) in gaussian.ln_sigma().iter().enumerate() {
            // About 0 instead of μ: x - μ has lost digits where σ is small beside μ.
            let deviation = gaussian::g(epsilon[m], 0.0, ln_sigma);
            score[m] = gaussian::ln_p::d_mu(deviation, 0.0, ln_sigma);
            score[variables + m] = gaussian::ln_p::d_ln_sigma(deviation, 0.0, ln_sigma);
        }
        let advantage = told.values[0] - control.value_and_d_z(x, c_x);
        let scale = 2.0 / gradient.len() as f64;
        let mut c_bar = 0.0;
        for (m, (&mu, &ln_sigma)) in gaussian.mu().iter().zip(gaussian.ln_sigma()).enumerate() {
            let paths = [
                (m, gaussian::g::d_mu(epsilon[m], mu, ln_sigma)),
                (variables + m, gaussian::g::d_ln_sigma(epsilon[m], mu, ln_sigma)),
            ];
            x_dot[m] = 0.0;
            for (i, x_theta) in paths {
                gradient[i] = advantage * score[i] + c_x[m] * x_theta;
                x_dot[m] += scale * gradient[i] * x_theta;
                c_bar -= scale * gradient[i] * score[i];
            }
        }
        if let Some(phi_bar) = phi_bar {
            control.vjp_jvp(x, x_dot, c_bar, phi_bar);
        }
    }

    fn suits(&self, gaussian: &Gaussian) -> Result<(), EstimateError> {
        Ok(suits(&self.control, gaussian.len())?)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.control)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.control)
    }
}

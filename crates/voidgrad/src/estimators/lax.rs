//! LAX: a learned control for a continuous variable.

use super::{Bias, Draw, Estimator, Method, Needs};
use crate::control::Control;
use crate::controls::Perceptron;
use crate::estimator::{EstimateError, suits};
use crate::gaussian::{self, Gaussian};
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};

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
/// use voidgrad::estimators::{Draw, Lax};
/// use voidgrad::{Gaussian, Uniforms, control};
///
/// #[control]
/// fn cube(z: f64, weight: f64) -> f64 {
///     weight * z * z * z
/// }
///
/// let gaussian = Gaussian::new(&[2.0], &[0.5])?;
/// let noise = Uniforms::new(&[0.3, 0.2])?;
/// let f = |x: &[f64]| x[0] * x[0] * x[0];
/// let mut draw = Draw::new(&gaussian);
/// draw.update(&Lax::new(Cube::new(1.0)?), &gaussian, &f, noise)?;
/// // The control is f itself: the gradient along x = μ + σ·ε.
/// let x = draw.f.cbrt();
/// assert!((draw.gradient[0] - 3.0 * x * x).abs() < 1e-12);
/// assert!((draw.gradient[1] - 3.0 * x * x * (x - 2.0)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lax<C> {
    control: C,
}

/// Units of the control of the list.
const UNITS: usize = 10;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "lax",
    title: "LAX",
    formula: "ĝ = (f(x) - c(x))·∂/∂θ ln p(x) + ∂/∂θ c(x(ε)), x = μ + σε, c: one layer of 10 tanh over all of x",
    source: "Grathwohl et al. 2018, equation 7",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: "1, c once",
    parameters: "10·(M + 2) + 1 weights, trained on the variance",
    bernoulli: None,
    categorical: None,
    gaussian: Some(|_, gaussian, rng| Ok(Box::new(Lax::new(Perceptron::draw(gaussian.len(), UNITS, rng)?)))),
};

impl<C: Control + Send + Sync> Lax<C> {
    /// LAX with this control.
    pub fn new(control: C) -> Self {
        Self { control }
    }
}

/// x with what `(1/M)(∂ĝ/∂φ)ᵀ ĝ` takes: the weights on `∂²c/∂x∂φ` and on `∂c/∂φ`.
#[derive(Default)]
struct Sample {
    x: Vec<f64>,
    epsilon: Vec<f64>,
    /// `∂/∂θ ln p(x)`, 2M entries.
    score: Vec<f64>,
    c_x: Vec<f64>,
    x_dot: Vec<f64>,
    c_bar: f64,
}

impl<C: Control + Send + Sync> Estimator<Gaussian> for Lax<C> {
    fn estimate(
        &self,
        gaussian: &Gaussian,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        self.suits(gaussian, objective)?;
        let Draw { gradient, f, memory } = draw;
        let Sample { x, epsilon, score, c_x, x_dot, c_bar } = memory.of(Sample::default);
        let variables = gaussian.len();
        for values in [&mut *x, &mut *epsilon, &mut *c_x, &mut *x_dot] {
            values.resize(variables, 0.0);
        }
        score.resize(2 * variables, 0.0);
        Gaussian::epsilon(&noise, epsilon);
        for (m, (&mu, &ln_sigma)) in gaussian.mu().iter().zip(gaussian.ln_sigma()).enumerate() {
            x[m] = gaussian::g(epsilon[m], mu, ln_sigma);
            // About 0 instead of μ: x - μ has lost digits where σ is small beside μ.
            let deviation = gaussian::g(epsilon[m], 0.0, ln_sigma);
            score[m] = gaussian::ln_p::d_mu(deviation, 0.0, ln_sigma);
            score[variables + m] = gaussian::ln_p::d_ln_sigma(deviation, 0.0, ln_sigma);
        }
        *f = evaluate(objective, x)?;
        let advantage = *f - self.control.value_and_d_z(x, c_x);
        let scale = 2.0 / gradient.len() as f64;
        *c_bar = 0.0;
        for (m, (&mu, &ln_sigma)) in gaussian.mu().iter().zip(gaussian.ln_sigma()).enumerate() {
            let paths = [
                (m, gaussian::g::d_mu(epsilon[m], mu, ln_sigma)),
                (variables + m, gaussian::g::d_ln_sigma(epsilon[m], mu, ln_sigma)),
            ];
            x_dot[m] = 0.0;
            for (i, x_theta) in paths {
                gradient[i] = advantage * score[i] + c_x[m] * x_theta;
                x_dot[m] += scale * gradient[i] * x_theta;
                *c_bar -= scale * gradient[i] * score[i];
            }
        }
        Ok(())
    }

    fn suits(&self, gaussian: &Gaussian, _: &dyn Objective) -> Result<(), EstimateError> {
        Ok(suits(&self.control, gaussian.len())?)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.control)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.control)
    }

    fn add_variance_gradient(&self, draw: &Draw, phi_bar: &mut [f64]) {
        if let Some(Sample { x, x_dot, c_bar, .. }) = draw.memory.get() {
            self.control.vjp_jvp(x, x_dot, *c_bar, phi_bar);
        }
    }
}

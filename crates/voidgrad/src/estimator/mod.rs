//! The estimator that REINFORCE, REBAR and RELAX share.

mod batch;
mod error;
#[cfg(test)]
mod tests;

pub use batch::{Batch, estimate_batch};
pub use error::EstimateError;
pub(crate) use error::{check_estimate, check_gradient, check_sum, check_variance_gradient};

use nalgebra::{DMatrix, DVector};

use crate::bernoulli::{Bernoulli, logit};
use crate::control::Control;
use crate::error::{ShapeMismatch, same_length};
use crate::kernel::Drawn;
use crate::noise::Noise;
use crate::objective::{Objective, evaluate};
use voidgrad_real::sigmoid;

/// One sample's estimate of `∂/∂a E[f(b)]`, with respect to the M logits:
///
/// `ĝ = (f(b) - c_φ(z̃))·∂/∂a ln p(b) + ∂/∂a c_φ(z) - ∂/∂a c_φ(z̃)`
///
/// where `z = g(u, a)`, `b = H(z)`, `z̃ = g̃(v, a, b)`, and b is held fixed in `∂z̃/∂a`. It is unbiased for
/// every control. Source: RELAX (Grathwohl et al. 2018), equation 8; REINFORCE and REBAR are choices of the
/// control.
///
/// ```
/// use voidgrad::{Bernoulli, Constant, Noise, estimate};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 3.0 * b[0];
/// let control = Constant::new(1.0)?;
/// let estimate = estimate(&bernoulli, &f, &control, Noise::new(&[0.75], &[0.5])?)?;
/// assert_eq!((estimate.b[0], estimate.f), (1.0, 3.0));
/// assert_eq!(estimate.gradient[0], (3.0 - 1.0) * 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the noise or the control does not have M entries, or where `f(b)` or `ĝ` is NaN or infinite.
pub fn estimate(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
    noise: Noise<'_>,
) -> Result<Estimate, EstimateError> {
    let mut estimate = Estimate::new(bernoulli.len());
    estimate.update(bernoulli, objective, control, noise)?;
    Ok(estimate)
}

/// What [`estimate`] returns: the sample and its gradient.
///
/// It is also the workspace of a loop: [`update`](Self::update) makes another estimate in the same memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The sample, M entries of 0 and 1.
    pub b: Vec<f64>,
    /// `z`, M entries.
    pub z: Vec<f64>,
    /// `z̃`, M entries.
    pub z_tilde: Vec<f64>,
    /// `f(b)`.
    pub f: f64,
    /// `ĝ` with respect to the logits, M entries.
    pub gradient: DVector<f64>,
    /// `∂/∂a ln p(b)`.
    score: Vec<f64>,
    /// `∂z̃/∂a`, b held fixed.
    z_tilde_a: Vec<f64>,
    /// `∂c/∂z` at z and at z̃.
    c_z: Vec<f64>,
    c_z_tilde: Vec<f64>,
    /// The weights of `(2/M)(∂ĝ/∂φ)ᵀ ĝ`: on `∂²c/∂z∂φ` at z and at z̃, and on `∂c/∂φ` at z̃.
    z_dot: Vec<f64>,
    z_tilde_dot: Vec<f64>,
    c_bar: f64,
}

impl Estimate {
    /// Memory for estimates of M variables; all values are 0.
    #[must_use]
    pub fn new(variables: usize) -> Self {
        let zeros = || vec![0.0; variables];
        Self {
            b: zeros(),
            z: zeros(),
            z_tilde: zeros(),
            f: 0.0,
            gradient: DVector::zeros(variables),
            score: zeros(),
            z_tilde_a: zeros(),
            c_z: zeros(),
            c_z_tilde: zeros(),
            z_dot: zeros(),
            z_tilde_dot: zeros(),
            c_bar: 0.0,
        }
    }

    /// Makes another estimate in this memory, without allocating.
    ///
    /// # Errors
    /// As [`estimate`]; also where the memory is for another number of variables. After an error the values are
    /// those of the attempt that failed.
    pub fn update(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(impl Objective + ?Sized),
        control: &(impl Control + ?Sized),
        noise: Noise<'_>,
    ) -> Result<(), EstimateError> {
        let variables = bernoulli.len();
        self.begin(bernoulli, objective, control, noise)?;
        control.value_and_d_z(&self.z, &mut self.c_z);
        let c_tilde = control.value_and_d_z(&self.z_tilde, &mut self.c_z_tilde);
        let advantage = self.f - c_tilde;
        self.c_bar = 0.0;
        let scale = 2.0 / variables as f64;
        for m in 0..variables {
            // ∂z/∂a is 1.
            let gradient = advantage * self.score[m] + self.c_z[m] - self.c_z_tilde[m] * self.z_tilde_a[m];
            self.gradient[m] = gradient;
            self.z_dot[m] = scale * gradient;
            self.z_tilde_dot[m] = -scale * gradient * self.z_tilde_a[m];
            self.c_bar -= scale * gradient * self.score[m];
        }
        self.check(bernoulli)
    }

    /// [`update`](Self::update) and [`add_variance_gradient`](Self::add_variance_gradient) in one: where there is one
    /// variable and the control has a fused kernel, nothing is computed twice.
    ///
    /// # Errors
    /// As [`update`](Self::update); also if `phi_bar` does not have N entries, or if one is NaN or infinite after the addition.
    pub fn update_with_variance_gradient(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(impl Objective + ?Sized),
        control: &(impl Control + ?Sized),
        noise: Noise<'_>,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        same_length("phi_bar", phi_bar.len(), control.parameters())?;
        self.update_and_add(bernoulli, objective, control, noise, phi_bar)?;
        check_variance_gradient(phi_bar, bernoulli.logits())
    }

    /// [`update_with_variance_gradient`](Self::update_with_variance_gradient) for a caller that checks `phi_bar` itself, once for
    /// many samples.
    pub(crate) fn update_and_add(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(impl Objective + ?Sized),
        control: &(impl Control + ?Sized),
        noise: Noise<'_>,
        phi_bar: &mut [f64],
    ) -> Result<(), EstimateError> {
        if bernoulli.len() == 1 {
            self.begin(bernoulli, objective, control, noise)?;
            let (z_tilde_a, score) = (self.z_tilde_a[0], self.score[0]);
            let drawn = Drawn { f: self.f, z: self.z[0], z_tilde: self.z_tilde[0], z_tilde_a, score };
            if let Some(gradient) = control.sample(&drawn, phi_bar) {
                self.keep(&drawn, self.b[0], gradient);
                return self.check(bernoulli);
            }
        }
        self.update(bernoulli, objective, control, noise)?;
        self.add_variance_gradient(control, phi_bar);
        Ok(())
    }

    /// Takes over an estimate of one variable that a kernel made; `∂c/∂z` stays with the kernel.
    #[inline(always)]
    pub(crate) fn keep(&mut self, drawn: &Drawn, b: f64, gradient: f64) {
        let Drawn { f, z, z_tilde, z_tilde_a, score } = *drawn;
        (self.f, self.b[0], self.z[0], self.z_tilde[0]) = (f, b, z, z_tilde);
        (self.z_tilde_a[0], self.score[0], self.gradient[0]) = (z_tilde_a, score, gradient);
        (self.z_dot[0], self.z_tilde_dot[0]) = (2.0 * gradient, -2.0 * gradient * z_tilde_a);
        self.c_bar = -2.0 * gradient * score;
    }

    /// Checks the arguments, draws, and takes the value of f.
    fn begin(
        &mut self,
        bernoulli: &Bernoulli,
        objective: &(impl Objective + ?Sized),
        control: &(impl Control + ?Sized),
        noise: Noise<'_>,
    ) -> Result<(), EstimateError> {
        let variables = bernoulli.len();
        same_length("estimate", self.b.len(), variables)?;
        same_length("noise", noise.u().len(), variables)?;
        suits(control, variables)?;
        self.draw(bernoulli.logits(), noise);
        self.f = evaluate(objective, &self.b)?;
        Ok(())
    }

    /// Refuses a gradient that is NaN or infinite.
    fn check(&self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        check_gradient(self.gradient.as_slice(), bernoulli.logits())
    }

    /// `∂ĝ/∂φ`, M × N, at the control that the estimate was made with.
    ///
    /// With respect to the flat, unconstrained φ of [`Control`].
    #[must_use]
    pub fn jacobian(&self, control: &(impl Control + ?Sized)) -> DMatrix<f64> {
        let (rows, columns) = (self.b.len(), control.parameters());
        let mut c_phi = DVector::zeros(columns);
        control.d_phi(&self.z_tilde, c_phi.as_mut_slice());
        let mut jacobian = DMatrix::zeros(rows, columns);
        control.d_z_d_phi(&self.z, &mut jacobian);
        let mut at_z_tilde = DMatrix::zeros(rows, columns);
        control.d_z_d_phi(&self.z_tilde, &mut at_z_tilde);
        for n in 0..columns {
            for m in 0..rows {
                jacobian[(m, n)] -= self.score[m] * c_phi[n] + self.z_tilde_a[m] * at_z_tilde[(m, n)];
            }
        }
        jacobian
    }

    /// `(2/M)(∂ĝ/∂φ)ᵀ ĝ`, N entries, made without the M × N matrix: an estimate of `∂/∂φ (1/M) Σ_m Var[ĝ_m]`.
    ///
    /// With respect to the flat, unconstrained φ of [`Control`], at the control that the estimate was made
    /// with. Source: RELAX, equation 9; `E[ĝ]` does not depend on φ, so the derivative of the variance is
    /// that of `E[ĝ²]`.
    ///
    /// It is unbiased where `∂c/∂z` is continuous in z. A `ReLU` makes it jump, and the mean then lacks what
    /// comes from the jumps that a step of φ moves: ĝ is a step function of such a φ, and its derivative a
    /// delta function that no sample sees. In RELAX's network that concerns the layers before the last
    /// `ReLU`, whichever tool takes the derivative; λ and the layer after it are not concerned, nor is the
    /// unbiasedness of `ĝ` itself.
    #[must_use]
    pub fn variance_gradient(&self, control: &(impl Control + ?Sized)) -> DVector<f64> {
        let mut phi_bar = DVector::zeros(control.parameters());
        self.add_variance_gradient(control, phi_bar.as_mut_slice());
        phi_bar
    }

    /// Adds [`variance_gradient`](Self::variance_gradient) to `phi_bar`, which has N entries, without
    /// allocating. Nothing is checked: an entry may become infinite.
    pub fn add_variance_gradient(&self, control: &(impl Control + ?Sized), phi_bar: &mut [f64]) {
        control.vjp_jvp(&self.z_tilde, &self.z_tilde_dot, self.c_bar, phi_bar);
        control.vjp_jvp(&self.z, &self.z_dot, 0.0, phi_bar);
    }

    /// `ĝ` with respect to the probabilities, `ĝ_θ = ĝ_a/(θ(1 - θ))`, for the variables that the estimate
    /// was made with.
    ///
    /// # Errors
    /// Returns an error if `bernoulli` does not have M variables, or if an entry is NaN or infinite: θ may be so close to 0 or 1 that
    /// θ(1 - θ) rounds to 0.
    pub fn gradient_of_probabilities(&self, bernoulli: &Bernoulli) -> Result<DVector<f64>, EstimateError> {
        same_length("bernoulli", bernoulli.len(), self.b.len())?;
        let slopes = bernoulli.logits().iter().map(|&a| sigmoid(a) * sigmoid(-a));
        let gradient = DVector::from_iterator(
            self.b.len(),
            self.gradient.iter().zip(slopes).map(|(g, slope)| g / slope),
        );
        check_gradient(gradient.as_slice(), bernoulli.logits())?;
        Ok(gradient)
    }

    /// b, z, z̃ and their derivatives by the logits.
    fn draw(&mut self, logits: &[f64], noise: Noise<'_>) {
        for (m, ((&a, &u), &v)) in logits.iter().zip(noise.u()).zip(noise.v()).enumerate() {
            let z = logit::g(u, a);
            let b = logit::threshold(z);
            self.z[m] = z;
            self.b[m] = f64::from(u8::from(b));
            self.z_tilde[m] = logit::g_tilde(v, a, b);
            self.z_tilde_a[m] = logit::g_tilde::d_a(v, a, b);
            self.score[m] = logit::ln_p::d_a(b, a);
        }
    }
}

/// Refuses a control that is made for another dimension.
pub(crate) fn suits(control: &(impl Control + ?Sized), variables: usize) -> Result<(), ShapeMismatch> {
    same_length("z of the control", control.dimension().unwrap_or(variables), variables)
}

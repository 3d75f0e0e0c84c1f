//! The estimator that REINFORCE, REBAR and RELAX share.

mod boundary;

use nalgebra::{DMatrix, DVector};

use crate::bernoulli::{Bernoulli, logit};
use crate::control::{Control, OfExample};
use crate::distribution::Distribution as _;
use crate::error::{EstimateError, check_gradient, same_length};
use crate::estimator::{Answer, Coupling, Estimator, Told, suits};
use crate::kernel::{Drawn, Examples, g_hat, pathwise, weights};
use crate::noise::Noise;
use crate::objective::Objective;

/// One sample's estimate of `∂/∂a E[f(b)]`, with respect to the M logits:
///
/// `ĝ = (f(b) - c_φ(z̃))·∂/∂a ln p(b) + ∂/∂a c_φ(z) - ∂/∂a c_φ(z̃)`
///
/// where `z = g(u, a)`, `b = H(z)`, `z̃ = g̃(v, a, b)`, and b is held fixed in `∂z̃/∂a`. It is unbiased for
/// every control. Source: RELAX (Grathwohl et al. 2018), equation 8; REINFORCE and REBAR are choices of the
/// control.
///
/// ```
/// use voidgrad::controls::Constant;
/// use voidgrad::{Bernoulli, Noise, estimate};
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
/// Returns an error if the noise or the control does not have M entries, if the objective fails, or if `f(b)` or `ĝ` is NaN or infinite.
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
    /// As [`estimate`]; also returns an error if the memory is for another number of variables. After an error the values are
    /// those of the attempt that failed.
    pub fn update(
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
        bernoulli.sample(noise.u(), &mut self.b);
        let value = objective.value(&self.b).map_err(EstimateError::Failed)?;
        if !value.is_finite() {
            return Err(EstimateError::Objective { value, b: self.b.clone() });
        }
        self.f = value;
        self.draw(bernoulli, noise);
        self.combine(control);
        check_gradient(self.gradient.as_slice(), bernoulli.logits())
    }

    /// The estimate of this b, which is that of the noise, and of its value of f.
    pub(crate) fn take(&mut self, logits: &[f64], b: &[f64], f: f64, noise: Noise<'_>) {
        self.b.copy_from_slice(b);
        self.f = f;
        self.relax(logits, noise);
        for ((score, &b), &a) in self.score.iter_mut().zip(b).zip(logits) {
            *score = logit::ln_p::d_a(b == 1.0, a);
        }
    }

    /// Another estimate from the same value of f: z and z̃ are drawn anew, given b. It takes no evaluation of f.
    pub(crate) fn redraw(&mut self, logits: &[f64], b: &[f64], f: f64, noise: Noise<'_>) {
        self.take(logits, b, f, noise);
        for ((z, &u), (&a, &b)) in self.z.iter_mut().zip(noise.u()).zip(logits.iter().zip(b)) {
            *z = logit::g_tilde(u, a, b == 1.0);
        }
    }

    /// `ĝ` of what was drawn, and the weights of its variance gradient.
    pub(crate) fn combine(&mut self, control: &(impl Control + ?Sized)) {
        control.value_and_d_z(&self.z, &mut self.c_z);
        let c_tilde = control.value_and_d_z(&self.z_tilde, &mut self.c_z_tilde);
        let advantage = self.f - c_tilde;
        self.c_bar = 0.0;
        let scale = 2.0 / self.b.len() as f64;
        for m in 0..self.b.len() {
            let (score, z_tilde_a) = (self.score[m], self.z_tilde_a[m]);
            // ∂z/∂a is 1.
            let gradient = g_hat(advantage, score, pathwise(self.c_z[m], self.c_z_tilde[m], z_tilde_a));
            self.gradient[m] = gradient;
            self.weigh(m, scale * gradient);
        }
    }

    /// The weights of entry m in `(∂ĝ/∂φ)ᵀ w`, given `w_m`.
    fn weigh(&mut self, m: usize, w: f64) {
        let weights = weights(w, self.score[m], self.z_tilde_a[m]);
        self.z_dot[m] = weights.z_dot;
        self.z_tilde_dot[m] = weights.z_tilde_dot;
        self.c_bar += weights.c_bar;
    }

    /// Adds `(∂ĝ/∂φ)ᵀ w` of what was drawn to `phi_bar`; w has M entries.
    pub(crate) fn add_transposed(
        &mut self,
        control: &(impl Control + ?Sized),
        w: &[f64],
        phi_bar: &mut [f64],
    ) {
        self.c_bar = 0.0;
        w.iter().enumerate().for_each(|(m, w)| self.weigh(m, *w));
        self.add_variance_gradient(control, phi_bar);
    }

    /// Writes `∂ĝ/∂φ·φ̇` of what was drawn, M entries: the formula of `ĝ` with the derivatives of c along φ̇, and without f.
    pub(crate) fn along(
        &mut self,
        control: &(impl Control + ?Sized),
        phi_dot: &[f64],
        gradient_dot: &mut [f64],
    ) {
        // The memory of ∂c/∂z holds its derivatives.
        control.along_phi(&self.z, phi_dot, &mut self.c_z);
        let c_dot = control.along_phi(&self.z_tilde, phi_dot, &mut self.c_z_tilde);
        for (m, gradient_dot) in gradient_dot.iter_mut().enumerate() {
            let path = pathwise(self.c_z[m], self.c_z_tilde[m], self.z_tilde_a[m]);
            *gradient_dot = g_hat(-c_dot, self.score[m], path);
        }
    }

    /// `ĝ` of what was drawn; `2/M·(∂ĝ/∂φ)ᵀ ĝ` is added to `phi_bar`. A control of one z with a fused kernel computes nothing twice.
    pub(crate) fn combine_and_add(&mut self, control: &(impl Control + ?Sized), phi_bar: &mut [f64]) {
        if self.b.len() == 1 {
            let (f, z, z_tilde) = (self.f, self.z[0], self.z_tilde[0]);
            let drawn = Drawn { f, z, z_tilde, z_tilde_a: self.z_tilde_a[0], score: self.score[0] };
            if let Some(gradient) = control.sample(&drawn, phi_bar) {
                self.gradient[0] = gradient;
                return;
            }
        }
        self.combine(control);
        self.add_variance_gradient(control, phi_bar);
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
    /// unbiasedness of `ĝ` itself. [`boundary_term`](Self::boundary_term) estimates what is missing.
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

    /// z, z̃, their derivatives by the logits, and the score, given b.
    pub(crate) fn draw(&mut self, bernoulli: &Bernoulli, noise: Noise<'_>) {
        self.relax(bernoulli.logits(), noise);
        // The distribution has the probabilities, and needs no exponential.
        bernoulli.score(&self.b, &mut self.score);
    }

    /// z, z̃ and their derivatives by the logits, given b.
    fn relax(&mut self, logits: &[f64], noise: Noise<'_>) {
        for (m, ((&a, &u), &v)) in logits.iter().zip(noise.u()).zip(noise.v()).enumerate() {
            let b = self.b[m] == 1.0;
            self.z[m] = logit::g(u, a);
            (self.z_tilde[m], self.z_tilde_a[m]) = logit::g_tilde_and_d_a(v, a, b);
        }
    }
}

/// REINFORCE, REBAR and RELAX are choices of the control; the noise is `u`, M entries, and then `v`.
impl<C: Control + Send + Sync> Estimator for C {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(&noise[..bernoulli.len()], points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let variables = bernoulli.len();
        let estimate = answer.memory.of(|| Estimate::new(variables));
        if estimate.b.len() != variables {
            *estimate = Estimate::new(variables);
        }
        let (u, v) = told.noise.split_at(variables);
        estimate.b.copy_from_slice(told.points);
        estimate.f = told.values[0];
        estimate.draw(bernoulli, Noise::trusted(u, v));
        let control = OfExample::new(self, told.example);
        match answer.phi_bar {
            Some(phi_bar) => estimate.combine_and_add(&control, phi_bar),
            None => estimate.combine(&control),
        }
        answer.gradient.copy_from_slice(estimate.gradient.as_slice());
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        2 * bernoulli.len()
    }

    fn suits(&self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        Ok(suits(self, bernoulli.len())?)
    }

    fn coupling(&self) -> Option<Coupling> {
        Some(Coupling::Independent)
    }

    fn plate(&self, examples: &mut Examples<'_>) -> bool {
        Control::plate(self, examples)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(self)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(self)
    }
}

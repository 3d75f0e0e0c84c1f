//! The estimator that REINFORCE, REBAR and RELAX share, for categorical variables.

use crate::categorical::{Categorical, logit, row, state};
use crate::control::{Control, OfExample};
use crate::error::{EstimateError, check_gradient, same_length};
use crate::estimator::{Answer, Coupling, Estimator, Told, suits};
use crate::kernel::{g_hat, pathwise};
use crate::noise::Noise;
use crate::objective::Objective;

/// One sample's estimate of `∂/∂a E[f(b)]`, with respect to the M × K logits:
///
/// `ĝ = (f(b) - c_φ(z̃))·∂/∂a ln p(b) + ∂/∂a c_φ(z) - ∂/∂a c_φ(z̃)`
///
/// where `z = g(u, a)`, `b = argmax z` in every row, `z̃ = g̃(v, a, b)`, and b is held fixed in `∂z̃/∂a`. It is
/// unbiased for every control of z, M × K numbers. The noise `u` and `v` have M × K entries each. f takes b one-hot.
///
/// ```
/// use voidgrad::controls::Constant;
/// use voidgrad::estimators::categorical;
/// use voidgrad::{Categorical, Noise};
/// let variable = Categorical::from_probabilities(&[0.5, 0.25, 0.25], 3)?;
/// let f = |b: &[f64]| 3.0 * b[0];
/// let noise = Noise::new(&[0.9, 0.5, 0.5], &[0.5; 3])?;
/// let estimate = categorical::estimate(&variable, &f, &Constant::new(1.0)?, noise)?;
/// assert_eq!((estimate.b[0], estimate.f), (1.0, 3.0));
/// assert_eq!(estimate.gradient, [(3.0 - 1.0) * 0.5, (3.0 - 1.0) * -0.25, (3.0 - 1.0) * -0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the noise or the control does not have M × K entries, if the objective fails, or if `f(b)` or `ĝ` is NaN or infinite.
///
/// Source: RELAX (Grathwohl et al. 2018), equation 8 and appendix B for categorical variables.
pub fn estimate(
    categorical: &Categorical,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
    noise: Noise<'_>,
) -> Result<Estimate, EstimateError> {
    let mut estimate = Estimate::new(categorical);
    estimate.update(categorical, objective, control, noise)?;
    Ok(estimate)
}

/// What [`estimate`] returns: the sample and its gradient. All vectors have M rows of K entries.
///
/// It is also the workspace of a loop: [`update`](Self::update) makes another estimate in the same memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The sample, one-hot.
    pub b: Vec<f64>,
    /// `z`.
    pub z: Vec<f64>,
    /// `z̃`.
    pub z_tilde: Vec<f64>,
    /// `f(b)`.
    pub f: f64,
    /// `ĝ` with respect to the logits.
    pub gradient: Vec<f64>,
    /// `∂/∂a ln p(b)`.
    score: Vec<f64>,
    /// `∂z̃_k/∂ln θ_k`, b held fixed.
    slope: Vec<f64>,
    /// `∂c/∂z` at z and at z̃; after an estimate, the weights on `∂²c/∂z∂φ` there that `(2/MK)(∂ĝ/∂φ)ᵀ ĝ` has.
    at_z: Vec<f64>,
    at_z_tilde: Vec<f64>,
    /// Its weight on `∂c/∂φ` at z̃.
    c_bar: f64,
}

impl Estimate {
    /// Memory for estimates of as many variables and states; all values are 0.
    #[must_use]
    pub fn new(categorical: &Categorical) -> Self {
        let zeros = || vec![0.0; categorical.len()];
        Self {
            b: zeros(),
            z: zeros(),
            z_tilde: zeros(),
            f: 0.0,
            gradient: zeros(),
            score: zeros(),
            slope: zeros(),
            at_z: zeros(),
            at_z_tilde: zeros(),
            c_bar: 0.0,
        }
    }

    /// Makes another estimate in this memory, without allocating.
    ///
    /// # Errors
    /// As [`estimate`]; also returns an error if the memory is for another number of variables or states. After an error the values
    /// are those of the attempt that failed.
    pub fn update(
        &mut self,
        categorical: &Categorical,
        objective: &(impl Objective + ?Sized),
        control: &(impl Control + ?Sized),
        noise: Noise<'_>,
    ) -> Result<(), EstimateError> {
        let entries = categorical.len();
        same_length("estimate", self.b.len(), entries)?;
        same_length("noise", noise.u().len(), entries)?;
        suits(control, entries)?;
        self.draw(categorical, noise);
        let value = objective.value(&self.b).map_err(EstimateError::Failed)?;
        if !value.is_finite() {
            return Err(EstimateError::Objective { value, b: self.b.clone() });
        }
        self.f = value;
        self.combine(categorical, control);
        check_gradient(&self.gradient, categorical.logits())
    }

    /// `(2/MK)(∂ĝ/∂φ)ᵀ ĝ`, N entries: an estimate of `∂/∂φ (1/MK) Σ Var[ĝ]`, at the control that the estimate was
    /// made with.
    ///
    /// It is unbiased where `∂c/∂z` is continuous in z, as for Bernoulli variables.
    ///
    /// Source: RELAX (Grathwohl et al. 2018), equation 9.
    #[must_use]
    pub fn variance_gradient(&self, control: &(impl Control + ?Sized)) -> Vec<f64> {
        let mut phi_bar = vec![0.0; control.parameters()];
        self.add_variance_gradient(control, &mut phi_bar);
        phi_bar
    }

    /// Adds [`variance_gradient`](Self::variance_gradient) to `phi_bar`, which has N entries. Nothing is checked:
    /// an entry may become infinite.
    pub fn add_variance_gradient(&self, control: &(impl Control + ?Sized), phi_bar: &mut [f64]) {
        control.vjp_jvp(&self.z_tilde, &self.at_z_tilde, self.c_bar, phi_bar);
        control.vjp_jvp(&self.z, &self.at_z, 0.0, phi_bar);
    }

    /// b, z, z̃, the score and the slopes of z̃.
    pub(crate) fn draw(&mut self, categorical: &Categorical, noise: Noise<'_>) {
        let (u, v) = (noise.u(), noise.v());
        let (theta, ln_theta) = (categorical.probabilities(), categorical.ln_probabilities());
        for start in (0..categorical.len()).step_by(categorical.states()) {
            let row = start..start + categorical.states();
            for i in row.clone() {
                self.z[i] = state::g(u[i], ln_theta[i]);
            }
            let b = start + logit::argmax(&self.z[row.clone()]);
            let drawn = state::g_tilde_drawn(v[b]);
            for i in row {
                self.b[i] = 0.0;
                self.score[i] = -theta[i];
                self.z_tilde[i] = state::g_tilde_other(v[i], drawn, ln_theta[i]);
                self.slope[i] = state::g_tilde_other::d_ln_theta(v[i], drawn, ln_theta[i]);
            }
            self.b[b] = 1.0;
            self.score[b] = categorical.complements()[b];
            self.z_tilde[b] = drawn;
            self.slope[b] = 0.0;
        }
    }

    /// `ĝ` from its parts, and then what [`add_variance_gradient`](Self::add_variance_gradient) needs.
    pub(crate) fn combine(&mut self, categorical: &Categorical, control: &(impl Control + ?Sized)) {
        control.value_and_d_z(&self.z, &mut self.at_z);
        let c_tilde = control.value_and_d_z(&self.z_tilde, &mut self.at_z_tilde);
        let advantage = self.f - c_tilde;
        for start in (0..categorical.len()).step_by(categorical.states()) {
            let row = start..start + categorical.states();
            let (theta, rest) =
                (&categorical.probabilities()[row.clone()], &categorical.complements()[row.clone()]);
            let gradient = &mut self.gradient[row.clone()];
            for (gradient, i) in gradient.iter_mut().zip(row.clone()) {
                *gradient = pathwise(self.at_z[i], self.at_z_tilde[i], self.slope[i]);
            }
            row::pull_back(theta, rest, gradient);
            for (gradient, i) in gradient.iter_mut().zip(row) {
                *gradient = g_hat(advantage, self.score[i], *gradient);
            }
        }
        // ∂c/∂z has done its work.
        self.at_z.copy_from_slice(&self.gradient);
        self.weigh_at_z(categorical, 2.0 / categorical.len() as f64);
    }

    /// The weights of `(∂ĝ/∂φ)ᵀ w`, with as many entries as `ĝ`.
    pub(crate) fn weigh(&mut self, categorical: &Categorical, w: &[f64]) {
        self.at_z.copy_from_slice(w);
        self.weigh_at_z(categorical, 1.0);
    }

    /// The same of so many times the w that is where the weights at z will be.
    fn weigh_at_z(&mut self, categorical: &Categorical, scale: f64) {
        self.c_bar = 0.0;
        for start in (0..categorical.len()).step_by(categorical.states()) {
            let row = start..start + categorical.states();
            let (theta, rest) =
                (&categorical.probabilities()[row.clone()], &categorical.complements()[row.clone()]);
            for i in row.clone() {
                self.c_bar -= scale * self.at_z[i] * self.score[i];
            }
            row::centre(theta, rest, &mut self.at_z[row.clone()]);
            for i in row {
                self.at_z[i] *= scale;
                self.at_z_tilde[i] = -self.at_z[i] * self.slope[i];
            }
        }
    }
}

/// REINFORCE, REBAR and RELAX are choices of the control; the noise is `u`, M × K entries, and then `v`.
impl<C: Control + Send + Sync> Estimator<Categorical> for C {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        categorical.argmax_of_z(&noise[..categorical.len()], points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let estimate = answer.memory.of(|| Estimate::new(categorical));
        if estimate.b.len() != categorical.len() {
            *estimate = Estimate::new(categorical);
        }
        let (u, v) = told.noise.split_at(categorical.len());
        estimate.draw(categorical, Noise::trusted(u, v));
        estimate.f = told.values[0];
        let control = OfExample::new(self, told.example);
        estimate.combine(categorical, &control);
        if let Some(phi_bar) = answer.phi_bar {
            estimate.add_variance_gradient(&control, phi_bar);
        }
        answer.gradient.copy_from_slice(&estimate.gradient);
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        2 * categorical.len()
    }

    fn suits(&self, categorical: &Categorical) -> Result<(), EstimateError> {
        Ok(suits(self, categorical.len())?)
    }

    fn coupling(&self) -> Option<Coupling> {
        Some(Coupling::Independent)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(self)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(self)
    }
}

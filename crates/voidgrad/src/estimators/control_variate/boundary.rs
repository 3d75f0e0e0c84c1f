//! What kinks that move with φ add to the gradient of the variance.

use nalgebra::DVector;

use super::Estimate;
use crate::bernoulli::{Bernoulli, logit};
use crate::controls::Kinked;
use crate::error::{EstimateError, check_variance_gradient, same_length};
use crate::estimator::suits;
use crate::kernel::{g_hat, pathwise};
use voidgrad_real::sigmoid;

impl Estimate {
    /// An estimate of what [`variance_gradient`](Self::variance_gradient) lacks of `∂/∂φ (1/M) Σ_m Var[ĝ_m]`, N entries: the sum of both is unbiased. It takes no
    /// evaluation of f.
    ///
    /// If `∂c/∂z` jumps by J at a kink κ, then `ĝ_m²` jumps when `z_m` or `z̃_m` passes over it. An expectation of a function that jumps changes with the place of the
    /// jump by the density there times the height: for a control that is the mean over the coordinates, the missing term is
    ///
    /// `-(2/M) Σ_m Σ_κ p(κ; a_m)·(J/M)·∂κ/∂φ·E[ĝ_m(z_m = κ) - ∂κ/∂a·ĝ_m(z̃_m = κ)]`
    ///
    /// with `b_m = H(κ)` in the expectation, with the mean of the two slopes for `∂c/∂z` at κ, and with `∂z̃/∂a` at `z̃ = κ` for `∂κ/∂a`. This method
    /// takes the kinks on the side of `b_m`, their density given `b_m`, and the other noise of this sample.
    ///
    /// It costs a value of c for each kink and each coordinate. [`variance::gradient`](crate::variance::gradient()) has the exact term of one variable. docs/control-learning.md
    /// of the repository says what it is worth in a training.
    ///
    /// ```
    /// use voidgrad::controls::RelaxLinear;
    /// use voidgrad::{Bernoulli, Noise, Stream, estimate};
    /// let bernoulli = Bernoulli::from_probabilities(&[0.35])?;
    /// let control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 0))?;
    /// let f = |b: &[f64]| (b[0] - 0.499).powi(2);
    /// let estimate = estimate(&bernoulli, &f, &control, Noise::new(&[0.3], &[0.6])?)?;
    /// let gradient = estimate.variance_gradient(&control) + estimate.boundary_term(&bernoulli, &control)?;
    /// assert_eq!(gradient.len(), 47);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the distribution or the control does not have M variables, or if an entry is NaN or infinite.
    pub fn boundary_term(
        &self,
        bernoulli: &Bernoulli,
        control: &(impl Kinked + ?Sized),
    ) -> Result<DVector<f64>, EstimateError> {
        same_length("bernoulli", bernoulli.len(), self.b.len())?;
        suits(control, self.b.len())?;
        let share = 1.0 / self.b.len() as f64;
        let mut term = DVector::zeros(control.parameters());
        let kinks = control.kinks();
        let c_tilde = control.value(&self.z_tilde);
        for (m, &a) in bernoulli.logits().iter().enumerate() {
            let b = self.b[m] == 1.0;
            let p = sigmoid(if b { a } else { -a });
            let own = control.value(&[self.z_tilde[m]]);
            for kink in kinks.iter().filter(|kink| logit::threshold(kink.z) == b) {
                let slope = share * kink.mean_slope();
                let by_a = -p * (-kink.z.abs()).exp_m1();
                let at_z = pathwise(slope, self.c_z_tilde[m], self.z_tilde_a[m]);
                let at_z = g_hat(self.f - c_tilde, self.score[m], at_z);
                let moved = c_tilde + share * (control.value(&[kink.z]) - own);
                let at_z_tilde = g_hat(self.f - moved, self.score[m], pathwise(self.c_z[m], slope, by_a));
                let height = share * (at_z - by_a * at_z_tilde);
                let density = logit::density_given(kink.z, a, b);
                term.axpy(-2.0 * share * density * height, &kink.moved, 1.0);
            }
        }
        check_variance_gradient(term.as_slice(), bernoulli.logits())?;
        Ok(term)
    }
}

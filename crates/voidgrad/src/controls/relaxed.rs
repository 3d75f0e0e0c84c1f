//! REBAR's control of any objective: the objective itself at the relaxed bits or states.

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView};

use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::categorical::relaxation::Relaxation;
use crate::control::{BatchControl, Control};
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, ShapeMismatch, finite, positive};
use crate::objective::{Differentiable, TwiceDifferentiable};

/// `c(z) = η·f(s)`: the objective at the relaxed variables, scaled by η. Of Bernoulli variables they are `s = σ(z/λ)`, of categorical ones
/// `s = softmax(z/λ)` in every row of K entries.
///
/// `φ = (η, ln λ)` if the objective has [products with its second derivative](Differentiable::twice_differentiable);
/// if it has a gradient only, λ stays as it is and `φ = (η)`. The derivatives need `∇f` at relaxed states, never at b.
/// The f of the control need not be the one that is averaged: whatever it is, the estimate is unbiased. If f
/// [depends on the example](Differentiable::of_example), so does the control.
///
/// Source: REBAR (Tucker et al. 2017), equation 5 and appendix C; the relaxation is that of Maddison et al. 2017 and
/// Jang et al. 2017.
///
/// ```
/// use voidgrad::controls::Relaxed;
/// use voidgrad::objective::Smooth;
/// use voidgrad::estimators::categorical;
/// use voidgrad::{Bernoulli, Categorical, Control, Noise};
/// let f = Smooth::new(
///     |x: &[f64]| x[0] * x[0] - x[1],
///     |x: &[f64], gradient: &mut [f64]| {
///         gradient.copy_from_slice(&[2.0 * x[0], -1.0, 0.0]);
///         x[0] * x[0] - x[1]
///     },
/// );
/// let variable = Categorical::from_probabilities(&[0.5, 0.25, 0.25], 3)?;
/// let control = Relaxed::new(f, &variable, 1.0, 0.5)?;
/// let third = 1.0 / 3.0;
/// assert!((control.value(&[7.0; 3]) - (third * third - third)).abs() < 1e-15);
///
/// let noise = Noise::new(&[0.9, 0.5, 0.5], &[0.5; 3])?;
/// let estimate = categorical::estimate(&variable, &f, &control, noise)?;
/// assert_eq!(estimate.variance_gradient(&control).len(), 1);
///
/// let bits = Bernoulli::from_logits(&[0.0; 3])?;
/// let control = Relaxed::new(f, &bits, 1.0, 0.5)?;
/// assert_eq!(control.value(&[0.0; 3]), 0.25 - 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxed<F> {
    objective: F,
    entries: usize,
    /// K; 1 for Bernoulli variables.
    states: usize,
    eta: f64,
    lambda: f64,
}

/// Variables whose samples can be relaxed: Bernoulli and categorical ones.
pub trait Variables: Distribution + sealed::Sealed {
    /// The entries of z, and how many of them belong to one variable.
    #[doc(hidden)]
    fn arrangement(&self) -> [usize; 2];
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for crate::bernoulli::Bernoulli {}
    impl Sealed for crate::categorical::Categorical {}
}

impl Variables for Bernoulli {
    fn arrangement(&self) -> [usize; 2] {
        [self.len(), 1]
    }
}

impl Variables for Categorical {
    fn arrangement(&self) -> [usize; 2] {
        [self.len(), self.states()]
    }
}

impl<F: Differentiable> Relaxed<F> {
    /// The control of objective f for variables like these.
    ///
    /// # Errors
    /// Returns an error if η is not finite, or if λ is not positive and finite.
    pub fn new(
        objective: F,
        variables: &impl Variables,
        eta: f64,
        lambda: f64,
    ) -> Result<Self, InvalidParameter> {
        let [entries, states] = variables.arrangement();
        Ok(Self { objective, entries, states, eta: finite("eta", eta)?, lambda: positive("lambda", lambda)? })
    }

    /// That with η = 1 at a temperature that has been checked.
    pub(crate) fn of_unit(objective: F, variables: &impl Variables, lambda: f64) -> Self {
        let [entries, states] = variables.arrangement();
        Self { objective, entries, states, eta: 1.0, lambda }
    }

    /// η.
    #[must_use]
    pub fn eta(&self) -> f64 {
        self.eta
    }

    /// λ.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// f.
    #[must_use]
    pub fn objective(&self) -> &F {
        &self.objective
    }

    fn relax(&self, z: &[f64]) -> Relaxation {
        Relaxation::new(z, self.states, self.lambda)
    }

    /// `f(s)`.
    fn at(&self, relaxation: &Relaxation) -> f64 {
        self.objective.value_and_gradient(&relaxation.s, &mut vec![0.0; relaxation.s.len()])
    }

    /// `f(s)` and, in `gradient`, `∇f(s)` less its mean `Σ_k s_k ∇f_k` by row: `∂f(s)/∂y` is s times that.
    fn centred_gradient(&self, relaxation: &Relaxation, gradient: &mut [f64]) -> f64 {
        let f = self.objective.value_and_gradient(&relaxation.s, gradient);
        relaxation.centre(gradient);
        f
    }

    /// `H ẏ` where H is the second derivative of `f(softmax(y))`.
    fn hessian_product(
        &self,
        relaxation: &Relaxation,
        centred: &[f64],
        y_dot: &[f64],
        second: &dyn TwiceDifferentiable,
    ) -> Vec<f64> {
        let mut s_dot = y_dot.to_vec();
        relaxation.centre(&mut s_dot);
        s_dot.iter_mut().zip(&relaxation.s).for_each(|(s_dot, s)| *s_dot *= s);
        let mut product = vec![0.0; s_dot.len()];
        second.hessian_product(&relaxation.s, &s_dot, &mut product);
        relaxation.centre(&mut product);
        if self.states == 1 {
            // The derivative of s·(1 - s)·∇f, of which `centred` is (1 - s)·∇f.
            for (m, product) in product.iter_mut().enumerate() {
                let s = relaxation.s[m];
                *product = centred[m] * (s_dot[m] - s * s * y_dot[m]) + s * *product;
            }
            return product;
        }
        let rows = s_dot.chunks_exact(self.states).zip(centred.chunks_exact(self.states));
        let rows = rows.zip(relaxation.s.chunks_exact(self.states));
        for (product, ((s_dot, centred), s)) in product.chunks_exact_mut(self.states).zip(rows) {
            // The derivative of s·∇f in the row; centring does not change it, since Σ ṡ = 0.
            let mean: f64 = s_dot.iter().zip(centred).map(|(s_dot, centred)| s_dot * centred).sum();
            for k in 0..product.len() {
                product[k] = s_dot[k] * centred[k] + s[k] * (product[k] - mean);
            }
        }
        product
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

impl<F: Differentiable> Control for Relaxed<F> {
    fn parameters(&self) -> usize {
        if self.objective.twice_differentiable().is_some() { 2 } else { 1 }
    }

    fn dimension(&self) -> Option<usize> {
        Some(self.entries)
    }

    fn phi(&self) -> DVector<f64> {
        let phi = [self.eta, self.lambda.ln()];
        DVector::from_column_slice(&phi[..self.parameters()])
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        if phi.len() != self.parameters() {
            return Err(ShapeMismatch { name: "phi", found: phi.len(), expected: self.parameters() });
        }
        self.eta = phi[0];
        if phi.len() == 2 {
            self.lambda = phi[1].exp().clamp(f64::MIN_POSITIVE, f64::MAX);
        }
        Ok(())
    }

    fn named(&self) -> Vec<(String, f64)> {
        let named = [("eta".to_owned(), self.eta), ("lambda".to_owned(), self.lambda)];
        named.into_iter().take(self.parameters()).collect()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.eta * self.at(&self.relax(z))
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let relaxation = self.relax(z);
        let f = self.centred_gradient(&relaxation, c_z);
        for (c_z, s) in c_z.iter_mut().zip(&relaxation.s) {
            *c_z *= self.eta * s / self.lambda;
        }
        self.eta * f
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        c_phi.fill(0.0);
        self.vjp_jvp(z, &vec![0.0; z.len()], 1.0, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        let relaxation = self.relax(z);
        let mut centred = vec![0.0; z.len()];
        self.centred_gradient(&relaxation, &mut centred);
        for m in 0..z.len() {
            c_z_phi[(m, 0)] = relaxation.s[m] * centred[m] / self.lambda;
        }
        if let Some(second) = self.objective.twice_differentiable() {
            let product = self.hessian_product(&relaxation, &centred, &relaxation.y, second);
            for m in 0..z.len() {
                c_z_phi[(m, 1)] = -self.eta * (c_z_phi[(m, 0)] + product[m] / self.lambda);
            }
        }
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        let relaxation = self.relax(z);
        let mut centred = vec![0.0; z.len()];
        let f = self.centred_gradient(&relaxation, &mut centred);
        let y_dot: Vec<f64> = z_dot.iter().map(|z_dot| z_dot / self.lambda).collect();
        let f_y: Vec<f64> = centred.iter().zip(&relaxation.s).map(|(centred, s)| centred * s).collect();
        let f_dot = dot(&f_y, &y_dot);
        phi_bar[0] += c_bar * f + f_dot;
        if let Some(second) = self.objective.twice_differentiable() {
            // λ·∂y/∂λ = -y, and the same for ẏ.
            let product = self.hessian_product(&relaxation, &centred, &y_dot, second);
            let (along_y, curvature) = (dot(&f_y, &relaxation.y), dot(&product, &relaxation.y));
            phi_bar[1] -= self.eta * (c_bar * along_y + f_dot + curvature);
        }
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        let relaxation = self.relax(z);
        let f = self.centred_gradient(&relaxation, c_z_dot);
        let f_y: Vec<f64> = c_z_dot.iter().zip(&relaxation.s).map(|(centred, s)| centred * s).collect();
        let product = match (self.objective.twice_differentiable(), phi_dot) {
            (Some(second), &[_, by]) => {
                // Along ln λ, y changes by -y.
                let product = self.hessian_product(&relaxation, c_z_dot, &relaxation.y, second);
                Some((by, product))
            }
            _ => None,
        };
        let mut c_dot = phi_dot[0] * f;
        for (c_z_dot, f_y) in c_z_dot.iter_mut().zip(&f_y) {
            *c_z_dot = phi_dot[0] * f_y / self.lambda;
        }
        if let Some((by, product)) = product {
            let change = -self.eta * by;
            c_dot += change * dot(&f_y, &relaxation.y);
            for ((c_z_dot, f_y), product) in c_z_dot.iter_mut().zip(&f_y).zip(product) {
                *c_z_dot += change * (f_y + product) / self.lambda;
            }
        }
        c_dot
    }

    fn linear(&self) -> Vec<Range<usize>> {
        vec![Range { start: 0, end: 1 }]
    }

    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        let objective = self.objective.of_example(example)?;
        let Self { entries, states, eta, lambda, .. } = *self;
        Some(Box::new(Relaxed { objective, entries, states, eta, lambda }))
    }
}

/// Its samples are made one by one.
impl<F: Differentiable> BatchControl for Relaxed<F> {}

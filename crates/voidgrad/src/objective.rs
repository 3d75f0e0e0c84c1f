//! What is averaged over b, and the toy problem of the REBAR and RELAX papers.

use voidgrad_macros::differentiate;
use voidgrad_real::sigmoid;

use crate::bernoulli::Bernoulli;
use crate::estimator::EstimateError;

/// An objective `f: {0, 1}ᴹ → R`; it need not be differentiable, nor even known but by its values.
///
/// Any `Fn(&[f64]) -> f64` is one; b comes as 0 and 1. Of [`Categorical`](crate::Categorical) variables b is one-hot, M rows of K entries; of
/// [`Gaussian`](crate::Gaussian) ones it is M real numbers.
///
/// ```
/// use voidgrad::Objective;
/// let parity = |b: &[f64]| b.iter().sum::<f64>() % 2.0;
/// assert_eq!(parity.value(&[1.0, 1.0, 1.0]), 1.0);
/// ```
pub trait Objective {
    /// `f(b)`.
    fn value(&self, b: &[f64]) -> f64;

    /// `f` of many samples: b comes row by row, a sample a row, and each has its entry in `f`.
    ///
    /// # Panics
    /// Where `variables` is 0.
    fn values(&self, variables: usize, b: &[f64], f: &mut [f64]) {
        b.chunks_exact(variables).zip(f).for_each(|(b, f)| *f = self.value(b));
    }

    /// f with its gradient, where it has one.
    fn differentiable(&self) -> Option<&dyn Differentiable> {
        None
    }
}

/// An objective that is a smooth function of a relaxed b, any numbers from 0 to 1 (or beyond), and its gradient there.
pub trait Differentiable: Objective {
    /// Writes `∇f(x)`, as many entries as x has, and returns `f(x)`.
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64;

    /// f with products of its second derivative, where it has them.
    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        None
    }
}

/// An objective whose second derivative is known by its products with vectors.
///
/// ```
/// use voidgrad::objective::TwiceDifferentiable;
/// use voidgrad::MeanQuadratic;
/// let mut product = [0.0; 2];
/// MeanQuadratic { target: 0.25 }.hessian_product(&[0.5, 0.0], &[1.0, -3.0], &mut product);
/// // f is the mean of two squares.
/// assert_eq!(product, [1.0, -3.0]);
/// ```
pub trait TwiceDifferentiable: Differentiable {
    /// Writes `H(x)·ẋ` with `H = ∂²f/∂x∂x`, as many entries as x has.
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]);
}

/// `f(b)`.
///
/// # Errors
/// Where it is NaN or infinite.
pub fn evaluate(objective: &(impl Objective + ?Sized), b: &[f64]) -> Result<f64, EstimateError> {
    let value = objective.value(b);
    if value.is_finite() { Ok(value) } else { Err(EstimateError::Objective { value, b: b.to_vec() }) }
}

/// `f(x)`, and `∇f(x)` to `gradient`.
///
/// # Errors
/// Where the objective has no gradient, or where the value or an entry of the gradient is NaN or infinite.
pub fn evaluate_with_gradient(
    objective: &dyn Objective,
    x: &[f64],
    gradient: &mut [f64],
) -> Result<f64, EstimateError> {
    let differentiable = objective.differentiable().ok_or(EstimateError::NoGradient)?;
    let value = differentiable.value_and_gradient(x, gradient);
    match gradient.iter().chain([&value]).copied().find(|value| !value.is_finite()) {
        Some(value) => Err(EstimateError::Objective { value, b: x.to_vec() }),
        None => Ok(value),
    }
}

/// An objective made of two closures, one for f and one for f with ∇f.
///
/// A function that was differentiated by the macro goes into the second.
///
/// ```
/// use voidgrad::objective::{Differentiable, Smooth};
/// use voidgrad::{Objective, differentiate};
///
/// #[differentiate(wrt(x))]
/// fn f(x: [f64; 2]) -> f64 {
///     (x[0] - 0.3) * (x[1] + 2.0 * x[0])
/// }
///
/// let objective = Smooth::new(
///     |b: &[f64]| f([b[0], b[1]]),
///     |x: &[f64], gradient: &mut [f64]| {
///         gradient.copy_from_slice(&f::d_x([x[0], x[1]]));
///         f([x[0], x[1]])
///     },
/// );
/// let mut gradient = [0.0; 2];
/// let value = objective.differentiable().unwrap().value_and_gradient(&[0.5, 0.0], &mut gradient);
/// assert_eq!((value, gradient), (0.2, [1.4, 0.2]));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Smooth<F, G> {
    f: F,
    value_and_gradient: G,
}

impl<F: Fn(&[f64]) -> f64, G: Fn(&[f64], &mut [f64]) -> f64> Smooth<F, G> {
    /// The objective f; the second closure writes `∇f(x)` and returns `f(x)`.
    pub fn new(f: F, value_and_gradient: G) -> Self {
        Self { f, value_and_gradient }
    }
}

impl<F: Fn(&[f64]) -> f64, G: Fn(&[f64], &mut [f64]) -> f64> Objective for Smooth<F, G> {
    fn value(&self, b: &[f64]) -> f64 {
        (self.f)(b)
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl<F: Fn(&[f64]) -> f64, G: Fn(&[f64], &mut [f64]) -> f64> Differentiable for Smooth<F, G> {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        (self.value_and_gradient)(x, gradient)
    }
}

impl<F: Fn(&[f64]) -> f64 + ?Sized> Objective for F {
    fn value(&self, b: &[f64]) -> f64 {
        self(b)
    }
}

/// `(b - t)²`, the toy problem (RELAX, Grathwohl et al. 2018, section 5.1); b may be relaxed to any number.
///
/// ```
/// assert_eq!(voidgrad::quadratic(1.0, 0.25), 0.5625);
/// ```
#[must_use]
#[differentiate(wrt(b), order = 2)]
pub fn quadratic(b: f64, target: f64) -> f64 {
    (b - target) * (b - target)
}

/// `f(b) = (1/M) Σ_m (b_m - t)²`, with its exact expectation and gradient.
///
/// ```
/// use voidgrad::{Bernoulli, MeanQuadratic, Objective};
/// let objective = MeanQuadratic { target: 0.25 };
/// assert_eq!(objective.value(&[1.0, 0.0]), (0.5625 + 0.0625) / 2.0);
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// assert_eq!(objective.expectation(&bernoulli), (0.5625 + 0.0625) / 2.0);
/// assert_eq!(objective.gradient(&bernoulli), [0.5 * 0.25]);
/// # Ok::<(), voidgrad::InvalidParameter>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanQuadratic {
    /// t.
    pub target: f64,
}

impl MeanQuadratic {
    /// `E[f(b)] = (1/M) Σ_m θ_m·(1 - t)² + (1 - θ_m)·t²`.
    #[must_use]
    pub fn expectation(&self, bernoulli: &Bernoulli) -> f64 {
        let [at_0, at_1] = [0.0, 1.0].map(|b| quadratic(b, self.target));
        let logits = bernoulli.logits();
        logits.iter().map(|&a| sigmoid(a) * at_1 + sigmoid(-a) * at_0).sum::<f64>() / logits.len() as f64
    }

    /// `∂/∂a_m E[f(b)] = (1/M)·(1 - 2t)·θ_m·(1 - θ_m)`, with respect to the logits, M entries.
    #[must_use]
    pub fn gradient(&self, bernoulli: &Bernoulli) -> Vec<f64> {
        let logits = bernoulli.logits();
        let slope = (1.0 - 2.0 * self.target) / logits.len() as f64;
        logits.iter().map(|&a| slope * sigmoid(a) * sigmoid(-a)).collect()
    }
}

impl Objective for MeanQuadratic {
    fn value(&self, b: &[f64]) -> f64 {
        // Sums side by side do not wait for each other.
        let (chunks, rest) = b.as_chunks::<8>();
        let mut sums = [0.0; 8];
        for chunk in chunks {
            for (sum, &b) in sums.iter_mut().zip(chunk) {
                *sum += quadratic(b, self.target);
            }
        }
        let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
        let whole = ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
        rest.iter().fold(whole, |sum, &b| sum + quadratic(b, self.target)) / b.len() as f64
    }

    fn values(&self, variables: usize, b: &[f64], f: &mut [f64]) {
        if variables == 1 {
            // The mean of one number takes no division, and the loop no rows.
            b.iter().zip(f).for_each(|(b, f)| *f = quadratic(*b, self.target));
        } else {
            b.chunks_exact(variables).zip(f).for_each(|(b, f)| *f = self.value(b));
        }
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for MeanQuadratic {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        for (&entry, gradient) in x.iter().zip(gradient) {
            *gradient = quadratic::d_b(entry, self.target) / x.len() as f64;
        }
        self.value(x)
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for MeanQuadratic {
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]) {
        for ((&entry, x_dot), product) in x.iter().zip(x_dot).zip(product) {
            *product = quadratic::d_b_d_b(entry, self.target) * x_dot / x.len() as f64;
        }
    }
}

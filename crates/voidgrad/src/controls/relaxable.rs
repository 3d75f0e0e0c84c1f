//! What REBAR and RELAX relax: an objective that makes controls of itself.

use std::fmt;

use super::relu_network::Weights;
use super::{Rebar, Relax, RelaxLinear, Relaxed, ReluNetwork, Sum};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::error::InvalidParameter;
use crate::objective::Differentiable;
use crate::toy::MeanQuadratic;

/// A control of a kind that is chosen at run time.
pub type AnyControl = Box<dyn Control + Send + Sync>;

/// An objective that makes the controls of REBAR and RELAX of itself, each for variables like those given.
///
/// [`ByGradient`] makes one of every objective with a gradient. An objective may bring its own controls with fused kernels, written with
/// [`#[control]`](macro@crate::control), as [`MeanQuadratic`] does.
///
/// ```
/// use voidgrad::controls::{AnyControl, ByGradient, Rebar, Relaxable};
/// use voidgrad::error::InvalidParameter;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, Categorical, Control};
///
/// /// `(b - 0.25)²`, with a fused control for Bernoulli variables.
/// struct Own;
///
/// impl Relaxable for Own {
///     fn of_bits(&self, _: &Bernoulli, eta: f64, lambda: f64) -> Result<AnyControl, InvalidParameter> {
///         Ok(Box::new(Rebar::new(eta, lambda, 0.25)?))
///     }
///
///     fn of_states(&self, rows: &Categorical, eta: f64, lambda: f64) -> Result<AnyControl, InvalidParameter> {
///         ByGradient(MeanQuadratic { target: 0.25 }).of_states(rows, eta, lambda)
///     }
/// }
///
/// let control = Own.of_bits(&Bernoulli::from_logits(&[0.0])?, 1.0, 0.5)?;
/// assert_eq!(control.value(&[0.0]), 0.0625);
/// # Ok::<(), InvalidParameter>(())
/// ```
pub trait Relaxable: Send + Sync {
    /// REBAR's control `c(z) = η·f(σ(z/λ))` of Bernoulli variables.
    ///
    /// # Errors
    /// Returns an error if η is not finite, or if λ is not positive and finite.
    fn of_bits(&self, bernoulli: &Bernoulli, eta: f64, lambda: f64) -> Result<AnyControl, InvalidParameter>;

    /// RELAX's control `c(z) = η·f(σ(z/λ)) + r(z)` of Bernoulli variables. A fused control may hold η at 1.
    ///
    /// # Errors
    /// As [`of_bits`](Self::of_bits).
    fn of_bits_and_network(
        &self,
        bernoulli: &Bernoulli,
        network: ReluNetwork,
        eta: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter> {
        Ok(Box::new(Sum::new(self.of_bits(bernoulli, eta, lambda)?, network)))
    }

    /// REBAR's control `c(z) = η·f(softmax(z/λ))` of categorical variables.
    ///
    /// # Errors
    /// As [`of_bits`](Self::of_bits).
    fn of_states(
        &self,
        categorical: &Categorical,
        eta: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter>;
}

/// So that what holds one can be printed.
impl fmt::Debug for dyn Relaxable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dyn Relaxable")
    }
}

/// An objective that is relaxed by its gradient: its controls are [`Relaxed`] ones, and for RELAX the [`Sum`] of one and a [`ReluNetwork`].
///
/// The controls hold copies of the objective. If it is large, let its closures share an [`Arc`](std::sync::Arc).
///
/// ```
/// use voidgrad::controls::ByGradient;
/// use voidgrad::estimators::{Listed, Setup};
/// use voidgrad::objective::Smooth;
/// use voidgrad::{Bernoulli, Estimator, Stream, differentiate};
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
/// let bernoulli = Bernoulli::from_logits(&[0.0, 1.0])?;
/// let setup = Setup::relaxing(ByGradient(objective));
/// let rebar = Bernoulli::estimator("rebar")?.make(&setup, &bernoulli, &mut Stream::new(1, 0, 0))?;
/// // λ = ½: c(0) is f at (½, ½).
/// assert_eq!(rebar.control().unwrap().value(&[0.0, 0.0]), f([0.5, 0.5]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ByGradient<F>(pub F);

impl<F: Differentiable + Clone + Send + Sync + 'static> Relaxable for ByGradient<F> {
    fn of_bits(&self, bernoulli: &Bernoulli, eta: f64, lambda: f64) -> Result<AnyControl, InvalidParameter> {
        Ok(Box::new(Relaxed::new(self.0.clone(), bernoulli, eta, lambda)?))
    }

    fn of_states(
        &self,
        categorical: &Categorical,
        eta: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter> {
        Ok(Box::new(Relaxed::new(self.0.clone(), categorical, eta, lambda)?))
    }
}

/// Its controls of Bernoulli variables have fused kernels: [`Rebar`], [`Relax`] and [`RelaxLinear`]; the last two have no η. The functions are
/// `#[inline]`, so that the kernels are compiled where they are used.
impl Relaxable for MeanQuadratic {
    #[inline]
    fn of_bits(&self, _: &Bernoulli, eta: f64, lambda: f64) -> Result<AnyControl, InvalidParameter> {
        Ok(Box::new(Rebar::new(eta, lambda, self.target)?))
    }

    #[inline]
    fn of_bits_and_network(
        &self,
        _: &Bernoulli,
        network: ReluNetwork,
        _: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter> {
        let Weights { w1, b1, w2, b2, w3, b3 } = *network.weights();
        Ok(if network.ends_in_relu() {
            Box::new(Relax::new(lambda, w1, b1, w2, b2, w3, b3, self.target)?)
        } else {
            Box::new(RelaxLinear::new(lambda, w1, b1, w2, b2, w3, b3, self.target)?)
        })
    }

    fn of_states(
        &self,
        categorical: &Categorical,
        eta: f64,
        lambda: f64,
    ) -> Result<AnyControl, InvalidParameter> {
        ByGradient(*self).of_states(categorical, eta, lambda)
    }
}

//! REBAR and RELAX of an f that is asked: f and ∇f at the relaxed points, instead of a control that was compiled with f.

mod drawing;
mod of_values;

use super::mixing::Mixing;
use crate::categorical::relaxation::Relaxation;
use crate::control::{Control, OfExample};
use crate::controls::{Relaxed, Zero};
use crate::error::{EstimateError, InvalidParameter, ShapeMismatch, finite, positive, same_length};
use crate::estimator::{Answer, Estimator, Learned, Memory, Told, Want, suits};
use drawing::{Drawing, Drawn};
use of_values::OfValues;

/// The estimator of REBAR and RELAX whose control relaxes the f that is averaged, whatever that is:
///
/// `ĝ = (f(b) - c(z̃))·∂/∂a ln p(b) + ∂/∂a c(z) - ∂/∂a c(z̃)`, `c(z) = η·f(s(z)) + r(z)`,
///
/// with `s(z) = σ(z/λ)`, of categorical variables `softmax(z/λ)` in every row. A round has three points: b, whose weight is 1, and `s(z)` and `s(z̃)`, where f is wanted with its
/// gradient and whose weights are 0. So f has to be a smooth function of numbers between 0 and 1, and whoever owns it computes ∇f; [`Relaxed`] is the same control of an f that
/// the estimator itself can call.
///
/// r is a control of z alone, [`Zero`] for REBAR. Its parameters are those of the estimator's [control](Estimator::control), and are trained on the variance.
///
/// **η** is the number with which `ĝ` varied least in earlier rounds, by a regression in which each example counts `decay` to the power of its age, and which starts
/// from the η given: that counts as much as ten examples. `ĝ` is affine in η, so the variance is a quadratic function of it, and the regression finds its least. **λ** stays as it is: `∂ĝ/∂λ` has second
/// derivatives of f, which a gradient does not tell.
///
/// The noise is u and then v, as that of [`estimate`](crate::estimate()) and [`categorical::estimate`](crate::estimators::categorical::estimate()). With the same η and the same noise `ĝ` is that of the control
/// [`Relaxed`] up to rounding. On a plate of `f32` f is evaluated at points that are rounded.
///
/// Source: REBAR (Tucker et al. 2017), equations 5 and 6; RELAX (Grathwohl et al. 2018), equation 8; the regression is that of Geffner and Domke 2018.
///
/// ```
/// use voidgrad::estimators::Asking;
/// use voidgrad::objective::Smooth;
/// use voidgrad::{Bernoulli, Estimator, Round, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4])?;
/// let f = Smooth::new(
///     |b: &[f64]| 2.0 + b[0] * b[1],
///     |x: &[f64], gradient: &mut [f64]| {
///         gradient.copy_from_slice(&[x[1], x[0]]);
///         2.0 + x[0] * x[1]
///     },
/// );
/// let mut rebar = Asking::rebar(1.0, 0.5, 0.999)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..100 {
///     round.draw(&rebar, &bernoulli, &mut stream)?;
///     round.evaluate(&f)?;
///     round.tell(&mut rebar, &bernoulli)?;
/// }
/// assert_eq!((round.points().len(), round.weights()), (3, &[1.0, 0.0, 0.0][..]));
/// // The constant 2 is in c as well as in f: η is close to 1.
/// assert!((rebar.eta() - 1.0).abs() < 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Asking<R = Zero> {
    /// r.
    control: R,
    /// η before anything is learned.
    eta: f64,
    lambda: f64,
    /// The change of η.
    mixing: Mixing,
    /// Memory for what a round teaches.
    memory: Memory,
}

/// Draws that the η given counts for.
const PRIOR: f64 = 10.0;

impl Asking {
    /// REBAR that starts with this η, at temperature λ; its regression forgets by this factor with each example.
    ///
    /// # Errors
    /// Returns an error if η is not finite, if λ is not positive and finite, or if the decay is not in [0, 1).
    pub fn rebar(eta: f64, lambda: f64, decay: f64) -> Result<Self, InvalidParameter> {
        Self::relax(Zero, eta, lambda, decay)
    }
}

impl<R: Control + Send + Sync> Asking<R> {
    /// RELAX with this r.
    ///
    /// # Errors
    /// As [`rebar`](Asking::rebar).
    pub fn relax(control: R, eta: f64, lambda: f64, decay: f64) -> Result<Self, InvalidParameter> {
        Ok(Self {
            control,
            eta: finite("eta", eta)?,
            lambda: positive("lambda", lambda)?,
            // One control alone needs no ridge.
            mixing: Mixing::new(1, 1, super::decay(decay)?, 0.0).with_prior(PRIOR),
            memory: Memory::default(),
        })
    }

    /// η of the next round.
    #[must_use]
    pub fn eta(&self) -> f64 {
        self.eta + self.mixing.weights()[0]
    }

    /// λ.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Makes `ĝ` with η as it was given, and the term that one more unit of η adds to it.
    fn split<D: Drawing>(&self, distribution: &D, told: Told<'_>, parts: &mut Parts<D::Drawn>) {
        let Parts { drawn, at_start, by_eta } = parts;
        drawn.draw(distribution, told.noise);
        let relaxed = Relaxed::of_unit(OfValues(told), distribution, self.lambda);
        drawn.combine(distribution, 0.0, &relaxed);
        by_eta.clear();
        by_eta.extend_from_slice(drawn.gradient());
        drawn.combine(distribution, told.values[0], &OfExample::new(&self.control, told.example));
        at_start.clear();
        at_start.extend(drawn.gradient().iter().zip(&*by_eta).map(|(own, by_eta)| own + self.eta * by_eta));
    }
}

/// What an answer computes on its way.
struct Parts<E> {
    drawn: E,
    /// `ĝ` with η as it was given.
    at_start: Vec<f64>,
    /// `∂ĝ/∂η`.
    by_eta: Vec<f64>,
}

impl<E> Parts<E> {
    fn of<D: Drawing<Drawn = E>>(distribution: &D) -> Self
    where
        E: Drawn<D>,
    {
        Self { drawn: E::new(distribution), at_start: Vec::new(), by_eta: Vec::new() }
    }
}

impl<D: Drawing, R: Control + Send + Sync> Estimator<D> for Asking<R> {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        let entries = distribution.dimension();
        let mut drawn = D::Drawn::new(distribution);
        drawn.draw(distribution, noise);
        points[..entries].copy_from_slice(drawn.b());
        for (point, z) in points[entries..].chunks_exact_mut(entries).zip([drawn.z(), drawn.z_tilde()]) {
            point.copy_from_slice(&Relaxation::new(z, distribution.states(), self.lambda).s);
        }
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, phi_bar, memory } = answer;
        let parts = memory.of(|| Parts::of(distribution));
        self.split(distribution, told, parts);
        let Parts { drawn, at_start, by_eta } = parts;
        let change = self.mixing.weights()[0];
        let entries = gradient.iter_mut().zip(at_start.iter().zip(&*by_eta));
        entries.for_each(|(gradient, (at_start, by_eta))| *gradient = at_start + change * by_eta);
        weights.copy_from_slice(&[1.0, 0.0, 0.0]);
        let Some(phi_bar) = phi_bar else { return };
        let scale = 2.0 / gradient.len() as f64;
        at_start.iter_mut().zip(gradient).for_each(|(weight, gradient)| *weight = scale * *gradient);
        // ĝ is affine in c, so ∂ĝ/∂φ has nothing of f.
        drawn.add_transposed(distribution, &OfExample::new(&self.control, told.example), at_start, phi_bar);
    }

    fn learn(&mut self, distribution: &D, told: Told<'_>) {
        let mut memory = std::mem::take(&mut self.memory);
        let parts = memory.of(|| Parts::of(distribution));
        self.split(distribution, told, parts);
        self.mixing.learn(&[&parts.at_start], &[&parts.by_eta]);
        self.memory = memory;
    }

    fn state(&self) -> Learned {
        self.mixing.state()
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the estimator's state", state.len(), self.mixing.state().len())?;
        self.mixing = self.mixing.restored(state)?;
        Ok(())
    }

    fn want(&self, k: usize) -> Want {
        if k == 0 { Want::Value } else { Want::Gradient }
    }

    fn evaluations(&self, _: &D) -> u64 {
        3
    }

    fn noise(&self, distribution: &D) -> usize {
        2 * distribution.dimension()
    }

    fn suits(&self, distribution: &D) -> Result<(), EstimateError> {
        Ok(suits(&self.control, distribution.dimension())?)
    }

    fn treats_states_alike(&self) -> bool {
        false
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.control)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.control)
    }
}

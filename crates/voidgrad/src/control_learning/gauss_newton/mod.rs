//! Least squares: steps of Gauss and Newton on evaluations of f that are remembered.
//!
//! `E‖ĝ‖²` is a sum of squares whose Jacobian `∂ĝ/∂φ` is known in closed form.

mod normal;
#[cfg(test)]
mod tests;

use nalgebra::DVector;

use super::LearningError;
use super::caution::{DAMPING, DAMPINGS, damping_of, look_near_zero, within_reach};
use super::error::array;
use super::window::Window;
use crate::control::Control;
use crate::error::same_length;
use crate::estimators::Estimate;
use crate::noise::{Noise, Stream};
use normal::Normal;

/// Moves φ of a control of Bernoulli variables to where the variance of `ĝ` is least, by steps of Levenberg and Marquardt.
///
/// It remembers the last D evaluations: the logits, b and f(b). A step draws z and z̃ anew for all of them, given their b, which takes no evaluation of f, and
/// solves `(JᵀJ + μS)·Δφ = -Jᵀĝ`, where ĝ are the D·M entries of the estimates, J is `∂ĝ/∂φ` and S is the diagonal of `JᵀJ`.
///
/// **What keeps φ from being fitted to the noise.** A control can make nearly all `ĝ` 0, at the price of rare and huge ones that no sample shows: REBAR's does so as λ → 0. So the noise
/// is new in each step; in half of the draws one of the 2M numbers is close to 0, which is z or z̃ close to the threshold, on a logarithmic scale down to 10⁻¹³, and draws are
/// weighted by how much more often that makes them come (weights are at most 2); and no entry of φ moves further in a step than its own size, or than 1 if that is less.
///
/// **There is nothing to tune.** D·M is at least 2N, so that there are two equations for each of the N parameters, and at least 128, so that the noise of the draws is small; D is at least 32. Of five values of the damping μ, the last
/// one times 10⁻², 10⁻¹, 1, 10 and 10², the one whose `Σ ĝ²` on the same noise is least is taken; if none makes it less than it was, φ stays, and the next μ is 10³ times as large.
/// It starts at 10⁻³. Entries of S are at least 10⁻⁶ of the largest.
///
/// Until D evaluations have been remembered, every [`step`](Self::step) moves φ. After that, φ fits what is remembered: it moves once D/8 evaluations are new, and with each evaluation
/// as long as the last step was cut short by that limit.
///
/// φ of a step depends on earlier evaluations alone. So `ĝ` stays unbiased, if an estimate is made before its evaluation is remembered.
///
/// A step costs D·(N² + the control's Jacobian) and `5·N³/3` operations, which is why N is at most 512.
///
/// Source: Levenberg 1944 and Marquardt 1963, on `∂ĝ/∂φ` of RELAX (Grathwohl et al. 2018, equation 9). Drawing z anew given b is the conditional
/// reparameterisation of REBAR (Tucker et al. 2017, appendix C).
///
/// ```
/// use voidgrad::controls::RelaxLinear;
/// use voidgrad::control_learning::GaussNewton;
/// use voidgrad::{Bernoulli, Round, Stream};
///
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// let f = |b: &[f64]| (b[0] - 0.499).powi(2);
/// let mut control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 2))?;
/// let mut learner = GaussNewton::new(&control, bernoulli.len())?;
/// let (mut stream, mut own, mut round) = (Stream::new(1, 0, 0), Stream::new(1, 0, 1), Round::new());
/// let mut squares = Vec::new();
/// for _ in 0..100 {
///     round.draw(&control, &bernoulli, &mut stream)?;
///     round.evaluate(&f)?;
///     round.tell(&mut control, &bernoulli)?;
///     squares.push(round.gradient()[0].powi(2));
///     learner.remember(bernoulli.logits(), round.points().as_slice(), round.f())?;
///     learner.step(&mut control, &mut own)?;
/// }
/// let mean = |squares: &[f64]| squares.iter().sum::<f64>() / squares.len() as f64;
/// assert!(mean(&squares[80..]) < 1e-3 * mean(&squares[..10]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct GaussNewton {
    window: Window,
    draws: usize,
    /// Evaluations since φ moved last.
    new: usize,
    damping: f64,
    noise: Vec<f64>,
    estimates: Vec<Estimate>,
    /// How much more often the noise of an estimate would have come by itself.
    weights: Vec<f64>,
    normal: Normal,
}

/// The most parameters of a control that is learned by solving for all of them.
pub const LARGEST: usize = 512;

/// The fewest evaluations that are remembered.
const FEWEST: usize = 32;

/// The fewest equations of a step: half of the draws are near the threshold and weigh little, so fewer leave much noise in φ.
const EQUATIONS: usize = 128;

/// The part of a full memory that is new before the next step: one of so many.
const RENEWED: usize = 8;

/// What μ is multiplied with: one factor for each attempt.
const ATTEMPTS: [f64; 5] = [1e-2, 1e-1, 1.0, 1e1, 1e2];

/// What μ is multiplied with if no attempt succeeds.
const FAILURE: f64 = 1e3;

impl GaussNewton {
    /// A learner for a control like this one, of M variables, which has seen nothing yet.
    ///
    /// # Errors
    /// Returns an error if the control has more than [`LARGEST`] parameters, or if it is made for another number of variables.
    pub fn new(control: &(impl Control + ?Sized), variables: usize) -> Result<Self, LearningError> {
        let parameters = control.parameters();
        if parameters > LARGEST {
            return Err(LearningError::Parameters { found: parameters });
        }
        same_length("z of the control", control.dimension().unwrap_or(variables), variables)?;
        let draws = (2 * parameters).max(EQUATIONS).div_ceil(variables.max(1)).max(FEWEST);
        Ok(Self {
            window: Window::new((1, variables), draws),
            draws,
            new: 0,
            damping: DAMPING,
            noise: vec![0.0; 2 * variables + 1],
            weights: vec![1.0; draws],
            estimates: vec![Estimate::new(variables); draws],
            normal: Normal::new(parameters),
        })
    }

    /// D, the number of evaluations that are remembered, and of estimates that a step draws.
    #[must_use]
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// How many uniform numbers a [`step`](Self::step) takes of its stream: D·(2M + 1).
    #[must_use]
    pub fn uniforms(&self) -> usize {
        self.draws * self.noise.len()
    }

    /// Remembers an evaluation: b was drawn from variables with these logits, and f is its value. The oldest of D is forgotten.
    ///
    /// # Errors
    /// Returns an error if the logits or b are not M.
    pub fn remember(&mut self, logits: &[f64], b: &[f64], f: f64) -> Result<(), LearningError> {
        self.window.push(logits, b, &[f])?;
        self.new = self.draws.min(self.new + 1);
        Ok(())
    }

    /// Moves φ by one step, if it is time for one. Nothing moves before the first evaluation, if less than D/8 of a full memory are new, or if no step makes the estimates smaller.
    ///
    /// # Errors
    /// Returns an error if the control has other parameters than the one that the learner was made for.
    pub fn step(
        &mut self,
        control: &mut (impl Control + ?Sized),
        stream: &mut Stream,
    ) -> Result<(), LearningError> {
        same_length("φ", control.parameters(), self.normal.parameters())?;
        if self.window.is_empty() || control.parameters() == 0 {
            return Ok(());
        }
        if self.window.len() == self.draws && self.new < self.draws / RENEWED {
            return Ok(());
        }
        self.new = 0;
        let phi = control.phi();
        self.redraw(stream);
        let before = self.squares(control);
        self.normal.clear();
        for (estimate, weight) in self.estimates.iter().zip(&self.weights) {
            self.normal.add(*weight, &estimate.jacobian(control), &estimate.gradient);
        }
        let mut best: Option<(f64, f64, DVector<f64>)> = None;
        let mut is_on_the_way = false;
        for factor in ATTEMPTS {
            let damping = self.damping * factor;
            let Some(step) = self.normal.step(damping) else { continue };
            let reached = within_reach(&phi, step.clone());
            let is_shortened = reached != step;
            let moved = &phi + reached;
            control.set_phi(moved.as_view())?;
            let squares = self.squares(control);
            // Not a number is less than nothing.
            if squares < best.as_ref().map_or(before, |(least, ..)| *least) {
                best = Some((squares, damping, moved));
                is_on_the_way = is_shortened;
            }
        }
        let (damping, phi) = match best {
            Some((_, damping, moved)) => (damping, moved),
            None => (self.damping * FAILURE, phi),
        };
        if is_on_the_way {
            self.new = self.draws;
        }
        self.damping = damping.clamp(DAMPINGS[0], DAMPINGS[1]);
        control.set_phi(phi.as_view())?;
        Ok(())
    }

    /// New noise for the last D evaluations; those of fewer are taken several times.
    fn redraw(&mut self, stream: &mut Stream) {
        let Self { window, noise, estimates, weights, .. } = self;
        let variables = window.variables();
        for (draw, (estimate, weight)) in estimates.iter_mut().zip(weights).enumerate() {
            let [logits, b, f] = window.newest(draw % window.len());
            stream.fill_open01(noise);
            let (noise, choice) = noise.split_at_mut(2 * variables);
            *weight = look_near_zero(noise, choice[0]);
            let (u, v) = noise.split_at(variables);
            estimate.redraw(logits, b, f[0], Noise::trusted(u, v));
        }
    }

    /// `Σ ĝ²` of the estimates with this control.
    fn squares(&mut self, control: &(impl Control + ?Sized)) -> f64 {
        let squares = self.estimates.iter_mut().zip(&self.weights).map(|(estimate, weight)| {
            estimate.combine(control);
            weight * estimate.gradient.norm_squared()
        });
        squares.sum()
    }

    /// What the learner continues from, as named arrays.
    #[must_use]
    pub fn state(&self) -> Vec<(&'static str, Vec<f64>)> {
        vec![("window", self.window.flat()), ("new", vec![self.new as f64]), ("damping", vec![self.damping])]
    }

    /// Takes over what [`state`](Self::state) gave; the learner then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if an array is missing, is of another length, or has a number that no state has; then nothing has changed.
    pub fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), LearningError> {
        let [window, new, damping] = ["window", "new", "damping"].map(|name| array(state, name));
        let (window, new, damping) = (window?, new?, damping?);
        same_length("new", new.len(), 1)?;
        same_length("damping", damping.len(), 1)?;
        let damping = damping_of(damping[0])?;
        let new = (0..=self.draws).find(|count| *count as f64 == new[0]).ok_or(LearningError::State {
            name: "new",
            value: new[0],
            allowed: "a whole number from 0 to the number of evaluations that are remembered",
        })?;
        self.window.restore(window)?;
        (self.new, self.damping) = (new, damping);
        Ok(())
    }
}

//! Least squares on a plate, with conjugate gradients.

#[cfg(test)]
mod tests;

use nalgebra::DVector;

use super::LearningError;
use super::caution::{DAMPING, DAMPINGS, damping_of, look_near_zero, within_reach};
use super::draws::Draws;
use super::error::{array, check_round};
use crate::control::{BatchControl, Control};
use crate::error::same_length;
use crate::noise::Stream;

/// Moves φ of a control of the Bernoulli variables of a [`Plate`](crate::batch::Plate) to where the variance of `ĝ` is least: a step of Levenberg and Marquardt after each
/// round, whose equations are solved by conjugate gradients.
///
/// A step draws z and z̃ anew for all N examples, given their b, which takes no evaluation of f, and solves `(JᵀJ + μS)·Δφ = -Jᵀĝ`, where ĝ are the N·M entries of the estimates,
/// J is `∂ĝ/∂φ` and S is the diagonal of `JᵀJ`. J is never written down: the control's kernel makes `J·φ̇`, from `∂c/∂φ·φ̇` and `∂²c/∂z∂φ·φ̇`, and `Jᵀw`.
///
/// It is for controls with few parameters. Nothing of earlier rounds is remembered, so there have to be at least two equations for each parameter, and if most of `E‖ĝ‖²` stays
/// whatever φ is, φ has a part of their noise. [`Replay`](super::Replay) has no such limits.
///
/// **There is nothing to tune.** The noise is drawn as [`GaussNewton`](super::GaussNewton) draws it. S is estimated by 4 products of Jᵀ with random signs, and its entries are at least 10⁻⁶ of the
/// largest. Conjugate gradients, preconditioned with S, end after 20 iterations or N of them, or if the residual is a tenth of what it was. μ starts at 10⁻³. A step is tried with a tenth of the last
/// μ, and as long as it does not make `Σ ĝ²` less on the same noise, with ten times as much, five times at most; then φ stays. No entry of φ moves further than its own size, or than 1.
///
/// φ of a step depends on earlier evaluations alone, so `ĝ` stays unbiased, if an estimate is made before the step.
///
/// A step costs some 10 to 200 times what the control's part of an estimate costs.
///
/// Source: Levenberg 1944 and Marquardt 1963; Martens 2010, Deep learning via Hessian-free optimization; Bekas, Kokiopoulou and Saad 2007 for the diagonal.
///
/// ```
/// use voidgrad::control_learning::TruncatedNewton;
/// use voidgrad::controls::Constant;
/// use voidgrad::{Bernoulli, Plate, Stream};
///
/// // 100 examples of two variables; f is far from 0, and a constant takes that away.
/// let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; 2])?, 100);
/// let f = |b: &[f64]| 5.0 + b[0] * b[1];
/// let logits = [0.3; 200];
/// let mut control = Constant::new(0.0)?;
/// let mut learner = TruncatedNewton::new(&control, (100, 2))?;
/// let (mut stream, mut own) = (Stream::new(1, 0, 0), Stream::new(1, 0, 1));
/// let mut squares = Vec::new();
/// for _ in 0..20 {
///     plate.ask(&control, &logits, &mut stream)?;
///     plate.evaluate(&f)?;
///     plate.tell(&mut control)?;
///     squares.push(plate.gradient().iter().map(|g| g * g).sum::<f64>());
///     learner.step(&mut control, [&logits, plate.points(), plate.f()], &mut own)?;
/// }
/// assert!(squares[19] < 0.05 * squares[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TruncatedNewton {
    parameters: usize,
    rows: usize,
    variables: usize,
    damping: f64,
}

/// Equations for each parameter.
const EQUATIONS: usize = 2;

/// Products with random signs, of which S is made.
const PROBES: usize = 4;

/// The least entry of S, as a part of the largest: what nothing depends on does not move.
const LEAST: f64 = 1e-6;

/// The most iterations of conjugate gradients.
const ITERATIONS: usize = 20;

/// The residual at which they end, as a part of the first.
const RESIDUAL: f64 = 0.1;

/// The most attempts of a step.
const ATTEMPTS: i32 = 5;

/// The draws of a step, each weighted.
struct Problem<'a, C: ?Sized> {
    control: &'a mut C,
    draws: Draws<'a>,
    /// The roots of how much more often the noise of each entry of ĝ would have come by itself.
    roots: Vec<f64>,
}

impl<C: BatchControl + Sync + ?Sized> Problem<'_, C> {
    /// The weighted ĝ.
    fn residuals(&self) -> DVector<f64> {
        let mut estimates = vec![0.0; self.roots.len()];
        self.draws.estimates(self.control, &mut estimates);
        self.weighted(estimates)
    }

    /// `J·φ̇`.
    fn along(&self, phi_dot: &DVector<f64>) -> DVector<f64> {
        let mut estimates = vec![0.0; self.roots.len()];
        self.draws.along(self.control, phi_dot.as_slice(), &mut estimates);
        self.weighted(estimates)
    }

    /// `Jᵀw`.
    fn transposed(&self, w: &DVector<f64>) -> DVector<f64> {
        let mut phi_bar = DVector::zeros(self.control.parameters());
        let w = self.weighted(w.as_slice().to_vec());
        self.draws.transposed(self.control, w.as_slice(), phi_bar.as_mut_slice());
        phi_bar
    }

    fn weighted(&self, mut entries: Vec<f64>) -> DVector<f64> {
        entries.iter_mut().zip(&self.roots).for_each(|(entry, root)| *entry *= root);
        DVector::from_vec(entries)
    }

    /// `(JᵀJ + μS)·x = right`, by conjugate gradients.
    fn solve(&self, damping: f64, scales: &DVector<f64>, right: &DVector<f64>) -> DVector<f64> {
        let mut x = DVector::zeros(right.len());
        let mut residual = right.clone();
        let mut preconditioned = residual.component_div(scales);
        let mut direction = preconditioned.clone();
        let mut size = residual.dot(&preconditioned);
        let enough = RESIDUAL * RESIDUAL * size;
        for _ in 0..ITERATIONS.min(right.len()) {
            let product =
                self.transposed(&self.along(&direction)) + damping * scales.component_mul(&direction);
            let length = size / direction.dot(&product);
            // Numbers that can't be squared end it.
            if !length.is_finite() {
                break;
            }
            x.axpy(length, &direction, 1.0);
            residual.axpy(-length, &product, 1.0);
            preconditioned = residual.component_div(scales);
            let next = residual.dot(&preconditioned);
            if next <= enough {
                break;
            }
            direction = &preconditioned + (next / size) * direction;
            size = next;
        }
        x
    }
}

impl TruncatedNewton {
    /// A learner for a control like this one, for rounds of N rows of M variables.
    ///
    /// # Errors
    /// Returns an error if N·M is less than two for each parameter, or if the control is made for another number of variables.
    pub fn new(
        control: &(impl Control + ?Sized),
        (rows, variables): (usize, usize),
    ) -> Result<Self, LearningError> {
        same_length("z of the control", control.dimension().unwrap_or(variables), variables)?;
        let parameters = control.parameters();
        let needed = EQUATIONS.saturating_mul(parameters);
        if rows.saturating_mul(variables) < needed {
            return Err(LearningError::Equations {
                parameters,
                found: rows.saturating_mul(variables),
                needed,
            });
        }
        Ok(Self { parameters, rows, variables, damping: DAMPING })
    }

    /// How many uniform numbers a [`step`](Self::step) takes of its stream.
    #[must_use]
    pub fn uniforms(&self) -> usize {
        self.rows * (2 * self.variables + 1 + PROBES * self.variables)
    }

    /// Moves φ by one step, on a round: N·M logits, N·M entries of b and N values of f. φ stays if no step makes the estimates smaller.
    ///
    /// The control has the data of the round, if it has data.
    ///
    /// # Errors
    /// Returns an error if something has another length than the learner was made for.
    pub fn step<C: BatchControl + Sync + ?Sized>(
        &mut self,
        control: &mut C,
        [logits, b, f]: [&[f64]; 3],
        stream: &mut Stream,
    ) -> Result<(), LearningError> {
        let entries = self.rows * self.variables;
        check_round(control, self.parameters, [logits, b, f], (self.rows, self.variables))?;
        let mut uniforms = vec![0.0; self.uniforms()];
        stream.fill_open01(&mut uniforms);
        let (noise, rest) = uniforms.split_at_mut(2 * entries);
        let (choices, signs) = rest.split_at(self.rows);
        let examples = noise.chunks_exact_mut((2 * self.variables).max(1)).zip(choices);
        let weights = examples.map(|(noise, choice)| look_near_zero(noise, *choice).sqrt());
        let roots = weights.flat_map(|root| std::iter::repeat_n(root, self.variables)).collect();
        let phi = control.phi();
        let mut problem = Problem { control, draws: Draws::new(logits, b, f, noise), roots };
        self.descend(&phi, &mut problem, signs)
    }

    /// Tries steps until one makes the estimates smaller.
    fn descend<C: BatchControl + Sync + ?Sized>(
        &mut self,
        phi: &DVector<f64>,
        problem: &mut Problem<'_, C>,
        signs: &[f64],
    ) -> Result<(), LearningError> {
        let residuals = problem.residuals();
        let before = residuals.norm_squared();
        let scales = scales(problem, signs);
        // Nothing depends on φ, or something is not a number.
        if !(before.is_finite() && scales.max() > 0.0 && scales.iter().all(|scale| scale.is_finite())) {
            return Ok(());
        }
        let right = -problem.transposed(&residuals);
        self.damping = (0.1 * self.damping).max(DAMPINGS[0]);
        for _ in 0..ATTEMPTS {
            let step = within_reach(phi, problem.solve(self.damping, &scales, &right));
            problem.control.set_phi((phi + step).as_view())?;
            if problem.residuals().norm_squared() < before {
                return Ok(());
            }
            self.damping = (10.0 * self.damping).min(DAMPINGS[1]);
        }
        problem.control.set_phi(phi.as_view())?;
        Ok(())
    }

    /// What the learner continues from, as named arrays.
    #[must_use]
    pub fn state(&self) -> Vec<(&'static str, Vec<f64>)> {
        vec![("damping", vec![self.damping])]
    }

    /// Takes over what [`state`](Self::state) gave; the learner then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if the array is missing, or has a number that no state has; then nothing has changed.
    pub fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), LearningError> {
        let damping = array(state, "damping")?;
        same_length("damping", damping.len(), 1)?;
        self.damping = damping_of(damping[0])?;
        Ok(())
    }
}

/// The diagonal of `JᵀJ`, estimated: the mean square of Jᵀ with random signs.
fn scales<C: BatchControl + Sync + ?Sized>(problem: &Problem<'_, C>, signs: &[f64]) -> DVector<f64> {
    let mut sum = DVector::zeros(problem.control.parameters());
    for signs in signs.chunks_exact((signs.len() / PROBES).max(1)) {
        let signs = signs.iter().map(|u| if *u > 0.5 { 1.0 } else { -1.0 }).collect();
        let product = problem.transposed(&DVector::from_vec(signs));
        sum += product.component_mul(&product);
    }
    let least = LEAST * sum.max();
    sum.map(|entry: f64| entry.max(least) / PROBES as f64)
}

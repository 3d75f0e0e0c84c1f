//! Recursive least squares for the parameters in which a control is linear.
//!
//! `ĝ` is an affine function of them, so each draw is a linear equation, whose solution takes no step length.

#[cfg(test)]
mod tests;
mod triangle;

use super::error::{array, check_round};
use super::memory::{adam_of, arrays_of};
use super::{LARGEST, LearningError};
use crate::control::{Control, OfExample};
use crate::error::{InvalidParameter, all_finite, are_finite, same_length};
use crate::estimators::Estimate;
use crate::noise::{Noise, Stream};
use crate::optimise::{Adam, Optimiser};
use triangle::Triangle;

/// Moves φ of a control of Bernoulli variables after each round of evaluations: the entries `φ_L` that enter c [linearly](Control::linear) to where the variance of `ĝ` over the past is least, by recursive least
/// squares; all others by a step of Adam along the gradient of the variance.
///
/// `ĝ = ĝ₀ + J·φ_L`, with the columns J of `∂ĝ/∂φ` and a `ĝ₀` that does not depend on `φ_L`. So `Σ ‖ĝ‖²` over past draws is a quadratic form in `φ_L`. The learner keeps it as a triangle of L·(L+1)/2
/// numbers for L linear entries, and multiplies it with `exp(-N/T)` for each new round of N evaluations. Each round has its own J and `ĝ₀`, from the logits and the other entries of φ as they were
/// then. What has changed since is forgotten.
///
/// A round is N evaluations: the estimates of a step, or the examples of a [`Plate`](crate::batch::Plate). For each, z and z̃ are drawn anew, given b, as often as it takes for L equations in a round, and once at least. That
/// takes no evaluation of f. Draws of one evaluation share the weight 1 of this evaluation.
///
/// **There is nothing to tune.** The memory is `T = 10·L` evaluations. If noise remains that no `φ_L` can remove, L parameters that are fitted to T evaluations add the part L/(2T) to the variance: a twentieth. `φ_L` as it was
/// counts as one evaluation: the sum has the further term `Σ_n (S_n/W)·(φ_n - φ⁰_n)²`, where S is the diagonal of the quadratic form and W the sum of all weights. So a parameter about which little
/// is known moves little. Both rules hold in every unit of f, c and φ.
///
/// The triangle is updated by rotations (QR), which keep all digits that the equations have. A round whose `ĝ` or J is not finite teaches nothing.
///
/// φ of a step depends on earlier evaluations alone, so `ĝ` stays unbiased if an estimate is made before the step.
///
/// A step costs `2·L²` operations for each equation, `L³`, and the control's Jacobian `∂ĝ/∂φ`; L is at most 512.
///
/// Source: Plackett 1950 for the recursion; Haykin, Adaptive Filter Theory, chapters on recursive least squares and on their square-root form; `∂ĝ/∂φ` is that of RELAX (Grathwohl et al. 2018, equation 9).
///
/// ```
/// use voidgrad::control_learning::LeastSquares;
/// use voidgrad::controls::Basis;
/// use voidgrad::{Bernoulli, Round, Stream};
///
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// let f = |b: &[f64]| (b[0] - 0.499).powi(2);
/// let mut control = Basis::flat()?;
/// // One evaluation of one variable in a round. The learning rate is Adam's, which has nothing to do here: all six parameters are linear.
/// let mut learner = LeastSquares::new(&control, (1, 1), 0.01)?;
/// let (mut stream, mut own, mut round) = (Stream::new(1, 0, 0), Stream::new(1, 0, 1), Round::new());
/// let mut squares = Vec::new();
/// for _ in 0..100 {
///     round.draw(&control, &bernoulli, &mut stream)?;
///     round.evaluate(&f)?;
///     round.tell(&mut control, &bernoulli)?;
///     squares.push(round.gradient()[0].powi(2));
///     let told = [bernoulli.logits(), round.points().as_slice(), &[round.f()]];
///     learner.step(&mut control, told, &mut own)?;
/// }
/// let mean = |squares: &[f64]| squares.iter().sum::<f64>() / squares.len() as f64;
/// assert!(mean(&squares[80..]) < 1e-3 * mean(&squares[..10]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LeastSquares {
    rows: usize,
    variables: usize,
    parameters: usize,
    /// The places of the linear entries in φ, and those of the others.
    places: [Vec<usize>; 2],
    /// How often z and z̃ are drawn for each evaluation.
    draws: usize,
    /// Of the variables `φ_L`.
    triangle: Triangle,
    /// W, the sum of the weights of all evaluations.
    weight: f64,
    /// It moves the other entries.
    adam: Adam,
}

/// T for each linear parameter.
const MEMORY: f64 = 10.0;

impl LeastSquares {
    /// A learner for a control like this one, for rounds of N rows of M variables, with Adam's learning rate for the parameters that are not linear. It has seen nothing yet.
    ///
    /// # Errors
    /// Returns an error if the control has no linear parameter, or more than [`LARGEST`], if N or M is 0, if the learning rate is not a positive number, or if the control is made for another number of variables.
    pub fn new(
        control: &(impl Control + ?Sized),
        (rows, variables): (usize, usize),
        learning_rate: f64,
    ) -> Result<Self, LearningError> {
        for (name, count) in [("rows of a round", rows), ("variables", variables)] {
            if count == 0 {
                return Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" }.into());
            }
        }
        same_length("z of the control", control.dimension().unwrap_or(variables), variables)?;
        let parameters = control.parameters();
        let linear: Vec<usize> = control.linear().into_iter().flatten().collect();
        if linear.is_empty() || linear.len() > LARGEST {
            return Err(LearningError::Linear { found: linear.len() });
        }
        let others: Vec<usize> =
            (0..parameters).filter(|place| linear.binary_search(place).is_err()).collect();
        Ok(Self {
            rows,
            variables,
            parameters,
            draws: linear.len().div_ceil(rows.saturating_mul(variables)),
            triangle: Triangle::new(linear.len()),
            weight: 0.0,
            adam: Adam::new(others.len(), learning_rate)?,
            places: [linear, others],
        })
    }

    /// T, the evaluations after which a weight has fallen to 1/e.
    #[must_use]
    pub fn memory(&self) -> f64 {
        MEMORY * self.places[0].len() as f64
    }

    /// How often a [`step`](Self::step) draws z and z̃ for each evaluation.
    #[must_use]
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// How many uniform numbers a [`step`](Self::step) takes of its stream: 2·N·M for each of the [`draws`](Self::draws).
    #[must_use]
    pub fn uniforms(&self) -> usize {
        2 * self.draws * self.rows * self.variables
    }

    /// Learns from a round: N·M logits, the N·M entries of b that were drawn with them, and N values of f. The control has the data of the round, if it has data.
    ///
    /// # Errors
    /// Returns an error if something has another length than the learner was made for, if a value of f is NaN or infinite, or if Adam's gradient is not finite; then nothing has moved.
    pub fn step(
        &mut self,
        control: &mut (impl Control + ?Sized),
        [logits, b, f]: [&[f64]; 3],
        stream: &mut Stream,
    ) -> Result<(), LearningError> {
        check_round(control, self.parameters, [logits, b, f], (self.rows, self.variables))?;
        all_finite("f", f)?;
        let mut phi = control.phi();
        let pick = |places: &[usize]| -> Vec<f64> { places.iter().map(|place| phi[*place]).collect() };
        let [mut linear, mut others] = [pick(&self.places[0]), pick(&self.places[1])];
        let Some((triangle, gradient)) = self.equations(control, &linear, [logits, b, f], stream) else {
            return Ok(());
        };
        let weight = self.kept() * self.weight + self.rows as f64;
        let scales = triangle.scales();
        // Nothing depends on a parameter whose column is 0, so any stiffness keeps it where it is.
        let stiffness: Vec<f64> =
            scales.iter().map(|scale| if *scale > 0.0 { scale / weight.sqrt() } else { 1.0 }).collect();
        let solved = triangle.nearest(&linear, &stiffness);
        if are_finite(&solved) {
            linear = solved;
        }
        self.adam.step(&mut others, &gradient)?;
        for (places, entries) in self.places.iter().zip([linear, others]) {
            places.iter().zip(entries).for_each(|(place, entry)| phi[*place] = entry);
        }
        control.set_phi(phi.as_view())?;
        (self.triangle, self.weight) = (triangle, weight);
        Ok(())
    }

    /// The triangle with the equations of a round, and the gradient of the variance by the other parameters; nothing if the round has a number that is not finite.
    fn equations(
        &self,
        control: &(impl Control + ?Sized),
        linear: &[f64],
        [logits, b, f]: [&[f64]; 3],
        stream: &mut Stream,
    ) -> Option<(Triangle, Vec<f64>)> {
        let Self { rows, variables, draws, places: [linear_places, other_places], .. } = self;
        let mut noise = vec![0.0; self.uniforms()];
        stream.fill_open01(&mut noise);
        let mut noise = noise.chunks_exact(2 * variables);
        let mut triangle = self.triangle.clone();
        triangle.discount(self.kept().sqrt());
        let mut gradient = vec![0.0; other_places.len()];
        let mut estimate = Estimate::new(*variables);
        let mut row = vec![0.0; linear.len()];
        let root = (1.0 / *draws as f64).sqrt();
        let scale = 2.0 / (variables * rows * draws) as f64;
        for (n, f) in f.iter().enumerate() {
            let at = n * variables..(n + 1) * variables;
            let control = OfExample::new(control, n);
            for noise in noise.by_ref().take(*draws) {
                let (u, v) = noise.split_at(*variables);
                estimate.redraw(&logits[at.clone()], &b[at.clone()], *f, Noise::trusted(u, v));
                estimate.combine(&control);
                let jacobian = estimate.jacobian(&control);
                for (g, derivatives) in estimate.gradient.iter().zip(jacobian.row_iter()) {
                    let mut right = -g;
                    for ((entry, place), phi) in row.iter_mut().zip(linear_places).zip(linear) {
                        right += derivatives[*place] * phi;
                        *entry = root * derivatives[*place];
                    }
                    triangle.rotate(0, &mut row, root * right);
                    for (sum, place) in gradient.iter_mut().zip(other_places) {
                        *sum += scale * g * derivatives[*place];
                    }
                }
            }
        }
        triangle.is_finite().then_some((triangle, gradient))
    }

    /// What is left of a weight after a round.
    fn kept(&self) -> f64 {
        (-(self.rows as f64) / self.memory()).exp()
    }

    /// What the learner continues from, as named arrays.
    #[must_use]
    pub fn state(&self) -> Vec<(&'static str, Vec<f64>)> {
        let mut state = vec![
            ("triangle", self.triangle.flat()),
            ("right", self.triangle.right().to_vec()),
            ("weight", vec![self.weight]),
        ];
        state.extend(arrays_of(&self.adam, self.places[1].len()));
        state
    }

    /// Takes over what [`state`](Self::state) gave; the learner then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if an array is missing, is of another length, or has a number that no state has; then nothing has changed.
    pub fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), LearningError> {
        let unknowns = self.places[0].len();
        let (triangle, right) = (array(state, "triangle")?, array(state, "right")?);
        let weight = array(state, "weight")?;
        same_length("triangle", triangle.len(), unknowns * (unknowns + 1) / 2)?;
        same_length("right", right.len(), unknowns)?;
        same_length("weight", weight.len(), 1)?;
        for (name, values) in [("triangle", triangle), ("right", right)] {
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(LearningError::State { name, value: *value, allowed: "a finite number" });
            }
        }
        let most = self.rows as f64 / (1.0 - self.kept());
        // A sum of rounded numbers is a little above its limit at most.
        if !(0.0..=most * (1.0 + 1e-9)).contains(&weight[0]) {
            let allowed = "at least 0, and at most the sum of all weights";
            return Err(LearningError::State { name: "weight", value: weight[0], allowed });
        }
        let adam = adam_of(&self.adam, state)?;
        self.triangle = Triangle::of(triangle, right);
        (self.weight, self.adam) = (weight[0], adam);
        Ok(())
    }
}

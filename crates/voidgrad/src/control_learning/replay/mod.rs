//! Steps of Adam on evaluations that are remembered.

#[cfg(test)]
mod tests;

use super::LearningError;
use super::draws::Draws;
use super::error::array;
use super::memory::{adam_of, arrays_of};
use super::window::Window;
use crate::control::{Control, check_examples};
use crate::error::{InvalidParameter, same_length};
use crate::noise::Stream;
use crate::optimise::{Adam, Optimiser};

/// Moves φ of a control of Bernoulli variables by steps of Adam along the gradient of the variance, several for each round of evaluations: each step takes rounds that
/// it remembers, and draws z and z̃ anew, given their b. That takes no evaluation of f.
///
/// A round is N evaluations: the examples of a [`Plate`](crate::batch::Plate), or the estimates of a step. The last 256 rounds are remembered, or as many as 2²¹ numbers hold, but 32 at least. A step takes one of them by chance, or [several](Self::with_rounds).
///
/// An evaluation belongs to its logits, which are remembered with it, and to the data that the control had: those of its examples, and what it shares with f, such as a decoder that is itself
/// trained. Give the control the data of the round before each [`step`](Self::step). With data of another round, φ learns a difference that is none.
///
/// φ depends on earlier evaluations alone, so `ĝ` stays unbiased if an estimate is made before its evaluation is remembered.
///
/// A step costs what the control's part of an estimate costs. For each round there are as many steps as the remembered rounds have equations for each parameter, one at least and
/// twenty at most: more would fit φ to the noise of few evaluations.
///
/// **Why not least squares.** In a model with 32 latent variables, most of `E‖ĝ‖²` stays whatever the control, and equations with so much noise are fitted to their noise by
/// [`GaussNewton`](super::GaussNewton) and [`TruncatedNewton`](super::TruncatedNewton). The measurements are in `docs/control-learning.md`.
///
/// Source: equation 9 of RELAX (Grathwohl et al. 2018), with the conditional reparameterisation of REBAR (Tucker et al. 2017, appendix C) and the memory of Lin 1992,
/// experience replay.
///
/// ```
/// use voidgrad::control_learning::Replay;
/// use voidgrad::controls::RelaxLinear;
/// use voidgrad::{Bernoulli, Plate, Stream};
///
/// // 50 examples of one variable, all with the same f.
/// let mut plate = Plate::new(Bernoulli::from_logits(&[0.0])?, 50);
/// let f = |b: &[f64]| (b[0] - 0.499).powi(2);
/// let logits = [0.3; 50];
/// let mut control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 2))?;
/// let mut replay = Replay::new(&control, (50, 1), 0.01)?;
/// let (mut stream, mut own) = (Stream::new(1, 0, 0), Stream::new(1, 0, 1));
/// let mut squares = Vec::new();
/// for _ in 0..40 {
///     plate.ask(&control, &logits, &mut stream)?;
///     plate.evaluate(&f)?;
///     plate.tell(&mut control)?;
///     squares.push(plate.gradient().iter().map(|g| g * g).sum::<f64>());
///     replay.remember(&logits, plate.points(), plate.f())?;
///     for _ in 0..replay.steps() {
///         // A control with data would be given those of these rounds here.
///         let _rounds = replay.draw(&mut own);
///         replay.step(&mut control)?;
///     }
/// }
/// assert!(squares[39] < 0.2 * squares[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Replay {
    window: Window,
    steps: u64,
    adam: Adam,
    /// The rounds of a step; 0 is the newest.
    rounds: Vec<usize>,
    rows: Rows,
    phi_bar: Vec<f64>,
}

/// The rows of a step.
#[derive(Debug, Clone, Default)]
struct Rows {
    logits: Vec<f64>,
    b: Vec<f64>,
    f: Vec<f64>,
    /// 2M uniform numbers for each row: of z and of z̃, given b.
    noise: Vec<f64>,
}

/// The most rounds that are remembered, and the fewest.
const ROUNDS: usize = 256;
const FEWEST: usize = 32;

/// Numbers of rounds that are remembered, if they are not so few rounds.
const NUMBERS_OF_ROUNDS: usize = 1 << 21;

/// The most steps for each round, if nothing else is asked for.
const STEPS: u64 = 20;

impl Replay {
    /// A learner for a control like this one, for rounds of N rows of M variables, with Adam's learning rate. It has seen nothing yet.
    ///
    /// # Errors
    /// Returns an error if N is 0, if the learning rate is not a positive number, or if the control is made for another number of variables.
    pub fn new(
        control: &(impl Control + ?Sized),
        (rows, variables): (usize, usize),
        learning_rate: f64,
    ) -> Result<Self, LearningError> {
        if rows == 0 {
            return Err(
                InvalidParameter { name: "rows of a round", value: 0.0, allowed: "at least 1" }.into()
            );
        }
        same_length("z of the control", control.dimension().unwrap_or(variables), variables)?;
        let parameters = control.parameters();
        Ok(Self {
            window: Window::new((rows, variables), most_rounds(rows, variables)),
            steps: STEPS,
            adam: Adam::new(parameters, learning_rate)?,
            rounds: vec![0],
            rows: Rows::default(),
            phi_bar: vec![0.0; parameters],
        })
    }

    /// The same with another limit for the steps of a round.
    #[must_use]
    pub fn with_steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The same with so many rounds in a step, drawn with replacement: for rounds of few rows.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub fn with_rounds(self, rounds: usize) -> Result<Self, InvalidParameter> {
        match rounds {
            0 => Err(InvalidParameter { name: "rounds of a step", value: 0.0, allowed: "at least 1" }),
            _ => Ok(Self { rounds: vec![0; rounds], ..self }),
        }
    }

    /// How many steps are to be made now, after a round was remembered: [`draw`](Self::draw) and [`step`](Self::step) so many times.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let equations = self.window.len() * self.window.rows() * self.window.variables();
        let each = (equations / self.phi_bar.len().max(1)) as u64;
        each.max(1).min(self.steps)
    }

    /// The limit for the steps of a round.
    #[must_use]
    pub fn most_steps(&self) -> u64 {
        self.steps
    }

    /// How many uniform numbers a [`draw`](Self::draw) takes of its stream.
    #[must_use]
    pub fn uniforms(&self) -> usize {
        self.rounds.len() * (1 + 2 * self.window.rows() * self.window.variables())
    }

    /// How many rounds are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.window.len()
    }

    /// Remembers a round: N·M logits, the N·M entries of b that were drawn with them, and N values of f. The oldest round is forgotten.
    ///
    /// # Errors
    /// Returns an error if one of them has another length.
    pub fn remember(&mut self, logits: &[f64], b: &[f64], f: &[f64]) -> Result<(), LearningError> {
        self.window.push(logits, b, f)
    }

    /// Draws what the next step learns from: rounds, and z and z̃ given their b. It says which rounds, in the order of their rows: 0 is the newest, 1 the one before it. A control with
    /// data is to be given those of these rounds before the [`step`](Self::step).
    pub fn draw(&mut self, stream: &mut Stream) -> &[usize] {
        let Self { window, rounds, rows: Rows { logits, b, f, noise }, .. } = self;
        let variables = window.variables();
        let mut choices = vec![0.0; rounds.len()];
        stream.fill_open01(&mut choices);
        noise.resize(2 * rounds.len() * window.rows() * variables, 0.0);
        stream.fill_open01(noise);
        [&mut *logits, b, f].into_iter().for_each(Vec::clear);
        for (round, choice) in rounds.iter_mut().zip(choices) {
            *round = place(choice, window.len());
            for (to, from) in [&mut *logits, b, f].into_iter().zip(window.newest(*round)) {
                to.extend_from_slice(from);
            }
        }
        rounds
    }

    /// The logits of all rows that were [drawn](Self::draw) last.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        &self.rows.logits
    }

    /// Moves φ by a step of Adam along the gradient of `(1/N)Σ‖ĝ‖²` over what was [drawn](Self::draw) last. Nothing moves before the first round.
    ///
    /// # Errors
    /// Returns an error if the control has other parameters than the one that the learner was made for, or data for fewer examples than the step has, or if the gradient is
    /// not finite; then nothing has moved.
    pub fn step(&mut self, control: &mut (impl Control + ?Sized)) -> Result<(), LearningError> {
        same_length("φ", control.parameters(), self.phi_bar.len())?;
        if self.rows.f.is_empty() {
            return Ok(());
        }
        check_examples(control, self.rows.f.len())?;
        self.add_up(control);
        let mut phi = control.phi();
        self.adam.step(phi.as_mut_slice(), &self.phi_bar)?;
        control.set_phi(phi.as_view())?;
        Ok(())
    }

    /// The gradient of `(1/N)Σ‖ĝ‖²`.
    fn add_up(&mut self, control: &(impl Control + ?Sized)) {
        let Self { rows: Rows { logits, b, f, noise }, phi_bar, window, .. } = self;
        Draws::new(logits, b, f, noise).variance_gradient(control, phi_bar);
        // The sums are of (2/M)(∂ĝ/∂φ)ᵀ ĝ.
        let scale = window.variables() as f64 / f.len() as f64;
        for sum in phi_bar.iter_mut() {
            *sum *= scale;
        }
    }

    /// What the learner continues from, as named arrays.
    #[must_use]
    pub fn state(&self) -> Vec<(&'static str, Vec<f64>)> {
        let mut state = vec![("window", self.window.flat())];
        state.extend(arrays_of(&self.adam, self.phi_bar.len()));
        state
    }

    /// Takes over what [`state`](Self::state) gave; the learner then continues with the same bits.
    ///
    /// # Errors
    /// Returns an error if an array is missing, is of another length, or has a number that no state has; then nothing has changed.
    pub fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), LearningError> {
        let restored = adam_of(&self.adam, state)?;
        self.window.restore(array(state, "window")?)?;
        self.adam = restored;
        self.rows = Rows::default();
        Ok(())
    }
}

/// How many rounds are remembered.
fn most_rounds(rows: usize, variables: usize) -> usize {
    let each = rows.saturating_mul(variables.saturating_mul(2).saturating_add(1));
    (NUMBERS_OF_ROUNDS / each).clamp(FEWEST, ROUNDS)
}

/// One of so many places, by a uniform number; 0 if there is none.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a uniform number times a length is an index"
)]
fn place(uniform: f64, length: usize) -> usize {
    ((uniform * length as f64) as usize).min(length.saturating_sub(1))
}

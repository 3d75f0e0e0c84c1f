//! The least variance that the control of an estimator leaves.

#[cfg(test)]
mod tests;

use nalgebra::DVector;

use super::{VarianceError, moments, monte_carlo};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::control_learning::{GaussNewton, LARGEST, LearningError, Replay};
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::estimator::{Coupling, Estimator, Round, check_wants};
use crate::noise::Stream;
use crate::objective::{Objective, Points};
use crate::optimise::{Adam, Optimiser as _};

/// What [`floor_in_use`] returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FloorInUse {
    /// `(1/M) Σ_m Var[ĝ_m]` with the best φ that was found.
    pub variance: f64,
    /// The standard error of `variance`; 0 if it is exact.
    pub standard_error: f64,
    /// Evaluations of f from which φ was learned.
    pub evaluations: u64,
}

/// The least variance, over the parameters φ, that an estimator has with its own control `c_φ`, and φ with it: the floor of REBAR, of RELAX, or of a control that a user wrote.
///
/// φ is learned at this point alone, from values of f at draws of b: by [`GaussNewton`], which gives its last φ and the mean of its later ones, and by [`Replay`] from each of these and from φ as it is. The learners know `ĝ` of one
/// sample with independent noise. For an estimator with another `ĝ`, Adam descends its own variance as well.
///
/// Of all φ that are found, the one with the least variance is taken, φ as it is among them. The control has it afterwards. Variances are measured on other draws than φ is learned from: without samples if [`moments`] can do it,
/// as with one variable, else with two sets of samples, one to choose and one for the result. So the result is the variance of a φ, measured without bias. The true floor may lie below it, if there
/// is a better φ that no learner finds.
///
/// `samples` is for moments that need them. To learn φ, f is evaluated up to 4,096 times more, and for an estimator with another `ĝ` in 6,400 estimates as well, with the streams `(seed, u64::MAX - 2, row)`. The result has the same
/// bits for every number of threads.
///
/// Source: equation 9 of RELAX (Grathwohl et al. 2018): φ descends the variance.
///
/// ```
/// use voidgrad::controls::Rebar;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// let f = MeanQuadratic { target: 0.2 };
/// let mut control = Rebar::new(1.0, 0.5, 0.2)?;
/// let before = variance::quadrature(&bernoulli, &f, &control)?.variance;
/// let floor = variance::floor_in_use(&bernoulli, &f, &mut control, 1000, 1)?;
/// assert!(floor.variance < before && floor.standard_error == 0.0);
/// // The control has the best η and λ now.
/// assert_eq!(variance::quadrature(&bernoulli, &f, &control)?.variance, floor.variance);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the estimator has no control, if there are fewer than 2 samples, if the objective fails, if f of a draw is NaN or infinite, or if the variance is NaN or infinite with every φ. φ is then as it was.
pub fn floor_in_use(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync),
    estimator: &mut (impl Estimator + ?Sized),
    samples: u64,
    seed: u64,
) -> Result<FloorInUse, VarianceError> {
    if samples < 2 {
        return Err(VarianceError::TooFewSamples { samples });
    }
    estimator.suits(bernoulli)?;
    check_wants(estimator, bernoulli, objective)?;
    let Some(control) = estimator.control_mut() else { return Err(VarianceError::NoControl) };
    let first = control.phi();
    let mut found = vec![first.clone()];
    let mut evaluations = 0;
    if !first.is_empty() {
        let known = Known::new(bernoulli, objective, seed)?;
        evaluations = known.f.len() as u64;
        let learned = candidates(control, bernoulli, &known, seed);
        // Whatever else happens, φ is as it was.
        control.set_phi(first.as_view()).map_err(EstimateError::from)?;
        found.extend(learned);
        // The learners have ĝ of one sample with independent noise. An estimator with another one has a gradient of its own.
        if estimator.coupling() != Some(Coupling::Independent) {
            let own = by_descent(estimator, bernoulli, objective, seed);
            evaluations += DESCENT * BATCH * estimator.evaluations(bernoulli);
            found.extend(own.into_iter().filter(|phi| phi.iter().all(|phi| phi.is_finite())));
        }
    }
    let measured = choose(bernoulli, objective, estimator, &found, (samples, seed));
    let (chosen, measured) = match measured {
        Ok((chosen, measured)) => (chosen, Ok(measured)),
        Err(error) => (0, Err(error)),
    };
    if let Some(control) = estimator.control_mut() {
        control.set_phi(found[chosen].as_view()).map_err(EstimateError::from)?;
    }
    measured.map(|(variance, standard_error)| FloorInUse { variance, standard_error, evaluations })
}

/// Rounds of evaluations, and the most rows of one.
const ROUNDS: usize = 64;
const ROWS: usize = 64;

/// Entries of b in all rounds together, if one round is not more.
const NUMBERS: usize = 1 << 24;

/// The run of the streams.
const RUN: u64 = u64::MAX - 2;

/// The most steps of least squares, and the fewest that are worth it. Where a step takes long, there are fewer.
const LEAST_SQUARES: usize = 400;
const FEWEST: usize = 40;

/// Multiplications of all steps together: some seconds.
const WORK: usize = 1 << 31;

/// Learning rates of Adam and the steps with each.
const RATES: [f64; 4] = [0.03, 0.01, 0.003, 0.001];
const STEPS: usize = 400;

/// Steps along the estimator's own gradient, with all rates together, and the estimates that one averages.
const DESCENT: u64 = 800;
const BATCH: u64 = 8;

/// Entries of b in all of these steps: a second with a small control.
const ENTRIES: usize = 1 << 25;

/// Evaluations from which φ is learned, in rounds of a few rows.
struct Known {
    rows: usize,
    b: Vec<f64>,
    f: Vec<f64>,
}

impl Known {
    fn new(
        bernoulli: &Bernoulli,
        objective: &(impl Objective + ?Sized),
        seed: u64,
    ) -> Result<Self, VarianceError> {
        let variables = bernoulli.len();
        let rows = (4096 / variables).clamp(8, ROWS);
        let rounds = (NUMBERS / (rows * variables)).clamp(1, ROUNDS);
        let (mut b, mut f) = (vec![0.0; rounds * rows * variables], vec![0.0; rounds * rows]);
        let (mut stream, mut noise) = (Stream::new(seed, RUN, 0), vec![0.0; variables]);
        for row in b.chunks_exact_mut(variables) {
            stream.fill_open01(&mut noise);
            bernoulli.sample(&noise, row);
        }
        objective.values(Points::rows(&b, variables), &mut f).map_err(EstimateError::Failed)?;
        match f.iter().position(|f| !f.is_finite()) {
            Some(i) => {
                let b = b[i * variables..(i + 1) * variables].to_vec();
                Err(EstimateError::Objective { value: f[i], b }.into())
            }
            None => Ok(Self { rows, b, f }),
        }
    }
}

/// The φ of every learner. One that fails has none: another one may do.
fn candidates(
    control: &mut dyn Control,
    bernoulli: &Bernoulli,
    known: &Known,
    seed: u64,
) -> Vec<DVector<f64>> {
    let first = control.phi();
    let mut found = Vec::new();
    if let Ok(Some(both)) = by_least_squares(control, bernoulli, known, seed) {
        found.extend(both);
    }
    for (row, start) in (2..).zip([vec![first], found.clone()].concat()) {
        let stream = Stream::new(seed, RUN, row);
        if let Ok(phi) = by_replay(control, &start, (bernoulli, known), stream) {
            found.push(phi);
        }
    }
    found.retain(|phi| phi.iter().all(|phi| phi.is_finite()));
    found
}

/// The last φ of [`GaussNewton`], and the mean of those of the later half of its steps; nothing if a step takes too long.
fn by_least_squares(
    control: &mut dyn Control,
    bernoulli: &Bernoulli,
    known: &Known,
    seed: u64,
) -> Result<Option<[DVector<f64>; 2]>, LearningError> {
    let (variables, parameters) = (bernoulli.len(), control.parameters());
    if parameters > LARGEST {
        return Ok(None);
    }
    let mut learner = GaussNewton::new(control, variables)?;
    let squares = parameters * parameters;
    let work = learner.draws() * variables * squares + 2 * squares * parameters;
    let steps = LEAST_SQUARES.min(WORK / work).min(known.f.len());
    if steps < FEWEST {
        return Ok(None);
    }
    let mut own = Stream::new(seed, RUN, 1);
    let mut mean = DVector::zeros(parameters);
    let later = steps.div_ceil(2);
    for (i, (b, f)) in known.b.chunks_exact(variables).zip(&known.f).take(steps).enumerate() {
        learner.remember(bernoulli.logits(), b, *f)?;
        learner.step(control, &mut own)?;
        if i >= steps - later {
            mean += control.phi() / later as f64;
        }
    }
    Ok(Some([control.phi(), mean]))
}

/// φ after steps of [`Replay`] that become smaller.
fn by_replay(
    control: &mut dyn Control,
    start: &DVector<f64>,
    (bernoulli, known): (&Bernoulli, &Known),
    mut stream: Stream,
) -> Result<DVector<f64>, VarianceError> {
    let variables = bernoulli.len();
    control.set_phi(start.as_view()).map_err(EstimateError::from)?;
    let logits = bernoulli.logits().repeat(known.rows);
    let steps = (ENTRIES / (RATES.len() * logits.len())).clamp(1, STEPS);
    for rate in RATES {
        let mut learner = Replay::new(control, (known.rows, variables), rate)?;
        for (b, f) in known.b.chunks_exact(logits.len()).zip(known.f.chunks_exact(known.rows)) {
            learner.remember(&logits, b, f)?;
        }
        for _ in 0..steps {
            learner.draw(&mut stream);
            learner.step(control)?;
        }
    }
    Ok(control.phi())
}

/// φ after steps along the gradient of the estimator's own variance, or as far as they can be made.
fn by_descent(
    estimator: &mut (impl Estimator + ?Sized),
    bernoulli: &Bernoulli,
    objective: &impl Objective,
    seed: u64,
) -> Option<DVector<f64>> {
    let mut phi = estimator.control()?.phi();
    let (mut round, mut stream) = (Round::new(), Stream::new(seed, RUN, u64::MAX));
    let mut sum = vec![0.0; phi.len()];
    for rate in RATES {
        let mut adam = Adam::new(phi.len(), rate).ok()?;
        for _ in 0..DESCENT / RATES.len() as u64 {
            sum.fill(0.0);
            for _ in 0..BATCH {
                round.draw(estimator, bernoulli, &mut stream).ok()?;
                round.evaluate(objective).ok()?;
                round.answer_with_variance_gradient(estimator, bernoulli).ok()?;
                sum.iter_mut().zip(round.variance_gradient()).for_each(|(sum, term)| *sum += term);
            }
            // Adam divides by the size of the gradient, so a sum does as well as a mean.
            adam.step(phi.as_mut_slice(), &sum).ok()?;
            estimator.control_mut()?.set_phi(phi.as_view()).ok()?;
        }
    }
    Some(phi)
}

/// The number of the φ with the least variance, with that variance and its standard error.
fn choose(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync),
    estimator: &mut (impl Estimator + ?Sized),
    found: &[DVector<f64>],
    (samples, seed): (u64, u64),
) -> Result<(usize, (f64, f64)), VarianceError> {
    let mut best: Option<(usize, (f64, f64))> = None;
    let mut failure = None;
    // All on the same samples, so their differences have little noise.
    for (number, phi) in found.iter().enumerate() {
        match measured(bernoulli, objective, estimator, phi, (samples, RUN ^ seed)) {
            Ok(moments) if best.is_none_or(|(_, (least, _))| moments.0 < least) => {
                best = Some((number, moments));
            }
            Ok(_) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (best, failure) {
        // The least of several samples is too small: the chosen one is measured on samples of its own.
        (Some((number, (_, error))), _) if error > 0.0 => {
            Ok((number, measured(bernoulli, objective, estimator, &found[number], (samples, seed))?))
        }
        (Some(best), _) => Ok(best),
        (None, Some(error)) => Err(error),
        (None, None) => Err(VarianceError::NoControl),
    }
}

/// The variance with this φ, and its standard error.
fn measured(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + Sync),
    estimator: &mut (impl Estimator + ?Sized),
    phi: &DVector<f64>,
    (samples, seed): (u64, u64),
) -> Result<(f64, f64), VarianceError> {
    if let Some(control) = estimator.control_mut() {
        control.set_phi(phi.as_view()).map_err(EstimateError::from)?;
    }
    match moments(bernoulli, objective, estimator) {
        Ok(exact) => Ok((exact.variance, 0.0)),
        Err(
            VarianceError::NoRule
            | VarianceError::UsesNoise { .. }
            | VarianceError::TooManyNodes { .. }
            | VarianceError::TooManyVariables { .. }
            | VarianceError::OutOfReach
            | VarianceError::NotConverged { .. },
        ) => {
            let sampled = monte_carlo(bernoulli, objective, estimator, samples, seed)?;
            Ok((sampled.variance, sampled.standard_error))
        }
        Err(error) => Err(error),
    }
}

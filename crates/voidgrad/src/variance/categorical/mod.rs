//! Exact moments of REBAR and RELAX for one categorical variable of few states, by quadrature.

#[cfg(test)]
mod tests;

use std::f64::consts::PI;

use super::{LARGEST_RULE, Moments, Technique, Tolerance, VarianceError, over_rule};
use crate::categorical::{Categorical, row, state};
use crate::control::Control;
use crate::error::EstimateError;
use crate::estimator::{Coupling, Estimator};
use crate::kernel::{g_hat, pathwise};
use crate::objective::{Objective, Points};
use voidgrad_real::sigmoid;

/// The moments of an estimator of categorical variables without samples: with a control, as REBAR and RELAX have it, by quadrature to a relative error of 1e-7 of the variance, for one variable of two or three states; the others
/// [by a sum over their noise](over_rule).
///
/// Given b, `ĝ = A(z̃) + B(z)`, where z and z̃ are independent and have the same distribution `p(z|b)`, so `Var[ĝ] = E[Var[A|b] + Var[B|b]] + Var[E[ĝ|b]]`, and integrals over the K numbers of one z are enough. They are
/// those over the uniform numbers v of `z̃ = g̃(v, a, b)`: `z̃_b` is a Gumbel variable, and the others are below it.
/// Each has the tanh-sinh rule, whose step is halved until the variance does not change by more than the tolerance; of a control with kinks that may be out of reach.
///
/// With four states a rule with that tolerance would have 4·99⁴ nodes, 92 times [`LARGEST_RULE`].
///
/// ```
/// use voidgrad::controls::Relaxed;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Categorical, variance};
/// let categorical = Categorical::from_probabilities(&[0.3, 0.7], 2)?;
/// let f = MeanQuadratic { target: 0.4 };
/// let rebar = Relaxed::new(f, &categorical, 1.0, 0.5)?;
/// let found = variance::moments_of_categorical(&categorical, &f, &rebar)?;
/// let samples = variance::monte_carlo(&categorical, &f, &rebar, 10_000, 1)?;
/// assert!((found.variance - samples.variance).abs() < 5.0 * samples.standard_error);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error in these cases:
/// - the estimator has a control, and there is more than one variable, or one of more than three states;
/// - it has none, and [`over_rule`] returns one;
/// - the objective fails, or a moment is NaN or infinite;
/// - the tolerance is out of reach of a rule with [`LARGEST_RULE`] nodes.
///
/// Source: RELAX (Grathwohl et al. 2018), equation 8 and appendix B, and REBAR (Tucker et al. 2017), appendix C, for `ĝ` and z̃; Takahasi and Mori 1974 for the rule.
pub fn moments_of_categorical(
    categorical: &Categorical,
    objective: &dyn Objective,
    estimator: &(impl Estimator<Categorical> + ?Sized),
) -> Result<Moments, VarianceError> {
    match (estimator.control(), estimator.coupling()) {
        (Some(control), Some(Coupling::Independent)) => {
            estimator.suits(categorical)?;
            quadrature(categorical, objective, control)
        }
        _ => over_rule(categorical, objective, estimator),
    }
}

/// The most states that are integrated over.
const STATES: usize = 3;

/// Halvings of a step of ½ for the first rule.
const FIRST: u32 = 1;

fn quadrature(
    categorical: &Categorical,
    objective: &dyn Objective,
    control: &dyn Control,
) -> Result<Moments, VarianceError> {
    let states = categorical.states();
    if categorical.variables() != 1 {
        return Err(VarianceError::TooManyVariables { found: categorical.variables(), allowed: 1 });
    }
    if states > STATES {
        return Err(VarianceError::TooManyStates { found: states, allowed: STATES });
    }
    let mut rows = vec![0.0; states * states];
    (0..states).for_each(|b| rows[b * states + b] = 1.0);
    let mut f = vec![0.0; states];
    objective.values(Points::rows(&rows, states), &mut f).map_err(EstimateError::Failed)?;
    if let Some((b, &value)) = f.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        let b = rows[b * states..(b + 1) * states].to_vec();
        return Err(EstimateError::Objective { value, b }.into());
    }
    let tolerance = Tolerance::default();
    let mut sides: Vec<Side<'_>> = (0..states).map(|b| Side::new(categorical, control, f[b], b)).collect();
    let (mut before, mut error) = (None::<State>, f64::INFINITY);
    for halvings in FIRST.. {
        let rule = rule(halvings);
        let nodes = (0..states).fold(states as u64, |nodes, _| nodes.saturating_mul(rule.len() as u64));
        if nodes > LARGEST_RULE {
            break;
        }
        for side in &mut sides {
            side.integrate(&rule);
        }
        let state = State::of(categorical, &sides);
        let found =
            Moments { mean: state.mean.clone(), variance: state.variance, technique: Technique::Quadrature }
                .finite()?;
        if let Some(before) = &before {
            let allowed =
                tolerance.absolute.max(tolerance.relative * state.variance).max(1e-24 * state.scale);
            let of_mean = tolerance.relative * state.variance.sqrt() + 1e-12 * state.scale.sqrt();
            error = (state.variance - before.variance).abs();
            let moved =
                state.mean.iter().zip(&before.mean).any(|(mean, other)| (mean - other).abs() > of_mean);
            if error <= allowed && !moved {
                return Ok(found);
            }
        }
        before = Some(state);
    }
    let variance = before.map_or(f64::NAN, |state| state.variance);
    Err(VarianceError::NotConverged { variance, error })
}

/// Nodes and weights of `∫ g(v) dv` over (0, 1), `v = σ(π·sinh x)`, for steps of x of ½ that have been halved so often. They end at |x| = 3.1: beyond is 8e-16 of the interval, at each end.
fn rule(halvings: u32) -> Vec<(f64, f64)> {
    let (step, last) = (0.5 / f64::from(1_u32 << halvings), (62 << halvings) / 10);
    let node = |i: i32| {
        let x = f64::from(i) * step;
        let [grown, decayed] = [x, -x].map(f64::exp);
        let (y, slope) = (0.5 * PI * (grown - decayed), 0.5 * PI * (grown + decayed));
        let (v, rest) = (sigmoid(y), sigmoid(-y));
        (v, step * slope * v * rest)
    };
    (-last..=last).map(node).collect()
}

/// Everything about one b.
struct Side<'a> {
    categorical: &'a Categorical,
    control: &'a dyn Control,
    f: f64,
    b: usize,
    /// About the means of A and of B as far as they were known, so that squares of small deviations are not lost in those of large values.
    centre: [Vec<f64>; 2],
    /// `E[A|b]` and `E[B|b]`, less the centre they were computed with.
    first: [Vec<f64>; 2],
    /// `Σ_k Var[A_k|b] + Var[B_k|b]`.
    variance: f64,
}

impl<'a> Side<'a> {
    fn new(categorical: &'a Categorical, control: &'a dyn Control, f: f64, b: usize) -> Self {
        let zeros = || [vec![0.0; categorical.len()], vec![0.0; categorical.len()]];
        let mut side = Self { categorical, control, f, b, centre: zeros(), first: zeros(), variance: 0.0 };
        // Says roughly where the means are.
        side.integrate(&rule(FIRST));
        side
    }

    /// The integrals by the product of this rule, about the means that the last one has given.
    fn integrate(&mut self, rule: &[(f64, f64)]) {
        for (centre, first) in self.centre.iter_mut().zip(&self.first) {
            centre.iter_mut().zip(first).for_each(|(centre, first)| *centre += first);
        }
        let states = self.categorical.states();
        let mut first = [vec![0.0; states], vec![0.0; states]];
        let mut second = 0.0;
        let mut point = Point::new(states);
        let mut index = vec![0; states];
        loop {
            let mut weight = 1.0;
            for (v, &i) in point.v.iter_mut().zip(&index) {
                *v = rule[i].0;
                weight *= rule[i].1;
            }
            self.parts(&mut point);
            for (part, (first, centre)) in point.parts.iter().zip(first.iter_mut().zip(&self.centre)) {
                for ((value, first), centre) in part.iter().zip(first).zip(centre) {
                    let deviation = value - centre;
                    *first += weight * deviation;
                    second += weight * deviation * deviation;
                }
            }
            // The next of all combinations.
            let Some(k) = index.iter().position(|&i| i + 1 < rule.len()) else { break };
            index[..k].fill(0);
            index[k] += 1;
        }
        let squares = first.iter().flatten().map(|first| first * first).sum::<f64>();
        self.variance = (second - squares).max(0.0);
        self.first = first;
    }

    /// A and B at v: `A = (f(b) - c)·∂/∂a ln p(b) - ∂c/∂z̃·∂z̃/∂a`, and `B = ∂c/∂z·∂z/∂a` where z is the same number.
    fn parts(&self, point: &mut Point) {
        let (categorical, b) = (self.categorical, self.b);
        let (theta, rest) = (categorical.probabilities(), categorical.complements());
        let ln_theta = categorical.ln_probabilities();
        let Point { v, z, slope, c_z, parts: [of_z_tilde, of_z] } = point;
        let drawn = state::g_tilde_drawn(v[b]);
        for (k, (z, slope)) in z.iter_mut().zip(&mut *slope).enumerate() {
            (*z, *slope) = if k == b {
                (drawn, 0.0)
            } else {
                let (v, ln_theta) = (v[k], ln_theta[k]);
                (
                    state::g_tilde_other(v, drawn, ln_theta),
                    state::g_tilde_other::d_ln_theta(v, drawn, ln_theta),
                )
            };
        }
        let c = self.control.value_and_d_z(z, c_z);
        for k in 0..c_z.len() {
            of_z_tilde[k] = pathwise(0.0, c_z[k], slope[k]);
            of_z[k] = pathwise(c_z[k], 0.0, 0.0);
        }
        row::pull_back(theta, rest, of_z_tilde);
        row::pull_back(theta, rest, of_z);
        for (k, part) in of_z_tilde.iter_mut().enumerate() {
            let score = if k == b { rest[k] } else { -theta[k] };
            *part = g_hat(self.f - c, score, *part);
        }
    }

    /// `E[ĝ_k|b]`.
    fn mean(&self, k: usize) -> f64 {
        self.centre.iter().chain(&self.first).map(|part| part[k]).sum()
    }
}

/// One node.
struct Point {
    v: Vec<f64>,
    z: Vec<f64>,
    /// `∂z̃/∂ln θ`.
    slope: Vec<f64>,
    c_z: Vec<f64>,
    parts: [Vec<f64>; 2],
}

impl Point {
    fn new(states: usize) -> Self {
        let zeros = || vec![0.0; states];
        Self { v: zeros(), z: zeros(), slope: zeros(), c_z: zeros(), parts: [zeros(), zeros()] }
    }
}

/// The moments as the rule has them.
struct State {
    mean: Vec<f64>,
    variance: f64,
    /// The squares of the means of the parts: rounding is a share of it.
    scale: f64,
}

impl State {
    fn of(categorical: &Categorical, sides: &[Side<'_>]) -> Self {
        let (states, theta) = (categorical.states(), categorical.probabilities());
        let over = |of: &dyn Fn(&Side<'_>) -> f64| -> f64 {
            sides.iter().zip(theta).map(|(side, theta)| theta * of(side)).sum()
        };
        let mean: Vec<f64> = (0..states).map(|k| over(&|side| side.mean(k))).collect();
        let distance = |side: &Side<'_>| {
            mean.iter().enumerate().map(|(k, mean)| (side.mean(k) - mean).powi(2)).sum::<f64>()
        };
        let variance = over(&|side| side.variance + distance(side)) / states as f64;
        let scale = over(&|side| side.centre.iter().flatten().map(|centre| centre * centre).sum());
        Self { mean, variance, scale }
    }
}

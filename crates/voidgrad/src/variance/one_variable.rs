//! Exact moments for one variable, by quadrature.

use super::integrand::Integrand;
use super::panel::{Panel, Sensitivity, Sums};
use super::{Moments, Technique, Tolerance, VarianceError};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::error::EstimateError;
use crate::estimator::{Coupling, suits};
use crate::objective::{Objective, Points};

/// The moments of `ĝ` for one variable, by quadrature, to a relative error of 1e-7 of the variance.
///
/// Given b, `ĝ` is the sum of a function of z̃ and a function of z, which are independent and have the same
/// distribution, so that integrals over one variable are enough. They are taken about the means, `Var =
/// E[Var[ĝ|b]] + Var[E[ĝ|b]]`, so a variance that is a small fraction of REINFORCE's keeps its digits.
///
/// ```
/// use voidgrad::controls::Zero;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// let moments = variance::quadrature(&bernoulli, &MeanQuadratic { target: 0.499 }, &Zero)?;
/// assert!((moments.mean[0] - 0.0005).abs() < 1e-12);
/// assert!((moments.variance - 0.015_625_125_000_25).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if there is more than one variable, if the objective fails, if a moment is NaN or infinite, or if the tolerance is out
/// of reach.
pub fn quadrature(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
) -> Result<Moments, VarianceError> {
    quadrature_within(bernoulli, objective, control, Tolerance::default())
}

/// [`quadrature`] with a tolerance for the error of the variance; that of the mean is as small a fraction of the
/// standard deviation.
///
/// # Errors
/// As [`quadrature`].
pub fn quadrature_within(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
    tolerance: Tolerance,
) -> Result<Moments, VarianceError> {
    moments(bernoulli, objective, control, Coupling::Independent, tolerance)
}

/// The moments with either noise of z̃.
pub(super) fn moments(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
    coupling: Coupling,
    tolerance: Tolerance,
) -> Result<Moments, VarianceError> {
    let &[a] = bernoulli.logits() else {
        return Err(VarianceError::TooManyVariables { found: bernoulli.len(), allowed: 1 });
    };
    suits(control, 1).map_err(EstimateError::from)?;
    let mut f = [0.0; 2];
    objective.values(Points::rows(&[0.0, 1.0], 1), &mut f).map_err(EstimateError::Failed)?;
    let side = |b: bool| Side::new(Integrand::new(control, f[usize::from(b)], a, b, coupling));
    let mut sides = [side(false), side(true)];
    loop {
        let state = State::of(&sides);
        if !(state.mean.is_finite() && state.variance.is_finite()) {
            return Err(VarianceError::NotFinite { mean: state.mean, variance: state.variance });
        }
        let allowed = tolerance.absolute.max(tolerance.relative * state.variance).max(state.rounding);
        let error: f64 = sides.iter_mut().zip(&state.sensitivities).map(|(side, s)| side.measure(s)).sum();
        if error <= allowed {
            let technique = Technique::Quadrature;
            return Ok(Moments { mean: vec![state.mean], variance: state.variance, technique });
        }
        let panels: usize = sides.iter().map(|side| side.panels.len()).sum();
        let share = allowed / (2.0 * panels as f64);
        let divided = panels < tolerance.panels && {
            let [first, second] = &mut sides;
            // Both, whether or not the first has something to divide.
            first.refine(share) | second.refine(share)
        };
        if !divided {
            return Err(VarianceError::NotConverged { variance: state.variance, error });
        }
    }
}

/// Everything about one b.
struct Side<'a, C: ?Sized> {
    integrand: Integrand<'a, C>,
    /// About the mean of the parts, so that squares of small deviations are not lost in those of large values.
    centre: [f64; 2],
    panels: Vec<Panel>,
    errors: Vec<f64>,
}

impl<'a, C: Control + ?Sized> Side<'a, C> {
    fn new(integrand: Integrand<'a, C>) -> Self {
        let breakpoints = integrand.breakpoints();
        // The first panels say where about the means are; a second look refers to that.
        let rough = total(&Panel::between(&breakpoints, &integrand, [0.0; 2]));
        let centre = rough.first.map(|first| first / rough.mass);
        let panels = Panel::between(&breakpoints, &integrand, centre);
        Self { integrand, centre, panels, errors: Vec::new() }
    }

    fn measure(&mut self, sensitivity: &Sensitivity) -> f64 {
        self.errors.clear();
        self.errors.extend(self.panels.iter().map(|panel| panel.error(sensitivity, self.centre)));
        self.errors.iter().sum()
    }

    /// Splits the panels whose error is larger than `share`; says whether there was one.
    fn refine(&mut self, share: f64) -> bool {
        let mut divided = false;
        for (i, &error) in self.errors.iter().enumerate() {
            if error > share && self.panels[i].divisible() {
                let [low, high] = self.panels[i].split(&self.integrand, self.centre);
                self.panels[i] = low;
                self.panels.push(high);
                divided = true;
            }
        }
        divided
    }
}

fn total(panels: &[Panel]) -> Sums {
    panels.iter().fold(Sums::default(), |sums, panel| sums.plus(&panel.sums()))
}

/// The moments as the panels have them now.
struct State {
    mean: f64,
    variance: f64,
    /// An error of the variance that no refinement takes away.
    rounding: f64,
    sensitivities: [Sensitivity; 2],
}

impl State {
    fn of<C: Control + ?Sized>(sides: &[Side<'_, C>; 2]) -> Self {
        let sums = [total(&sides[0].panels), total(&sides[1].panels)];
        let p = [sides[0].integrand.p(), sides[1].integrand.p()];
        let mean_given = |b: usize| {
            let [tilde, free] = sides[b].centre;
            tilde + free + sums[b].first[0] + sums[b].first[1]
        };
        let variance_given = |b: usize| {
            (0..2).map(|part| (sums[b].second[part] - sums[b].first[part].powi(2)).max(0.0)).sum::<f64>()
        };
        let distance = mean_given(1) - mean_given(0);
        let variance =
            p[0] * variance_given(0) + p[1] * variance_given(1) + p[0] * p[1] * distance * distance;
        let sensitivity = |b: usize| Sensitivity {
            shift: sums[b].first,
            second: p[b],
            first: 2.0 * p[0] * p[1] * distance.abs() + p[b] * variance.sqrt(),
        };
        let scale = |b: usize| p[b] * sides[b].centre.iter().map(|part| part * part).sum::<f64>();
        Self {
            mean: p[0] * mean_given(0) + p[1] * mean_given(1),
            variance,
            rounding: 1e-24 * (scale(0) + scale(1)),
            sensitivities: [sensitivity(0), sensitivity(1)],
        }
    }
}

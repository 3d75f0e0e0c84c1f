//! Schedules of learning rates.

use std::fmt;
use std::sync::Arc;

use crate::error::InvalidParameter;

/// By what the base learning rate is multiplied at each step.
///
/// The unit is the step: t counts the steps made before, so the first step has t = 0. A schedule is configuration, not state. It is a pure
/// function of t, so a resumed run needs no more than its number of steps.
///
/// | schedule | factor at step t |
/// |---|---|
/// | [`constant`](Self::constant) | 1 |
/// | [`warm_up`](Self::warm_up)`(n)` | `min((t + 1)/n, 1)` |
/// | [`cosine`](Self::cosine)`(n, end)` | `end + (1 - end)·(1 + cos(π·min(t/n, 1)))/2` |
/// | [`step_decay`](Self::step_decay)`(n, γ)` | `γ^⌊t/n⌋` |
/// | [`exponential`](Self::exponential)`(γ)` | `γᵗ` |
/// | [`function`](Self::function)`(f)` | `f(t)` |
/// | `s.`[`after_warm_up`](Self::after_warm_up)`(n)` | `(t + 1)/n·s(0)` for t < n, then `s(t - n)` |
///
/// Sources: Loshchilov and Hutter 2017, equation 5, for the cosine; Goyal et al. 2017, section 2.2, for the warm-up.
///
/// ```
/// use voidgrad::optimise::Schedule;
/// let schedule = Schedule::cosine(100, 0.1)?.after_warm_up(4)?;
/// assert_eq!(schedule.factor(0), 0.25);
/// assert_eq!(schedule.factor(3), 1.0);
/// assert_eq!(schedule.factor(4), 1.0);
/// assert!((schedule.factor(54) - 0.55).abs() < 1e-15);
/// assert_eq!(schedule.factor(104), 0.1);
/// assert_eq!(schedule.factor(u64::MAX), 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    /// Steps of warm-up before the shape.
    warm_up: u64,
    shape: Shape,
}

#[derive(Clone, Default)]
enum Shape {
    #[default]
    Constant,
    Cosine {
        steps: u64,
        end: f64,
    },
    StepDecay {
        every: u64,
        factor: f64,
    },
    Exponential {
        factor: f64,
    },
    Function(Arc<dyn Fn(u64) -> f64 + Send + Sync>),
}

impl Schedule {
    /// The base learning rate at every step.
    #[must_use]
    pub fn constant() -> Self {
        Self::default()
    }

    /// A linear warm-up over `steps` steps, then the base learning rate.
    ///
    /// # Errors
    /// Returns an error if `steps` is 0.
    pub fn warm_up(steps: u64) -> Result<Self, InvalidParameter> {
        Self::constant().after_warm_up(steps)
    }

    /// Half a cosine from 1 at the first step to `end` after `steps` steps, and `end` from then on.
    ///
    /// # Errors
    /// Returns an error if `steps` is 0, or if `end` is not in [0, 1].
    pub fn cosine(steps: u64, end: f64) -> Result<Self, InvalidParameter> {
        let (steps, end) = (at_least_one("steps of the cosine", steps)?, share("end of the cosine", end)?);
        Ok(Shape::Cosine { steps, end }.into())
    }

    /// Multiplies the rate by `factor` every `every` steps.
    ///
    /// # Errors
    /// Returns an error if `every` is 0, or if `factor` is not in [0, 1].
    pub fn step_decay(every: u64, factor: f64) -> Result<Self, InvalidParameter> {
        let (every, factor) = (at_least_one("steps between decays", every)?, share("decay", factor)?);
        Ok(Shape::StepDecay { every, factor }.into())
    }

    /// Multiplies the rate by `factor` at every step.
    ///
    /// # Errors
    /// Returns an error if `factor` is not in [0, 1].
    pub fn exponential(factor: f64) -> Result<Self, InvalidParameter> {
        Ok(Shape::Exponential { factor: share("decay", factor)? }.into())
    }

    /// Your own function of t. It has to be pure, or a resumed run differs. A step is refused if the function gives a number that is not
    /// in [0, ∞).
    #[must_use]
    pub fn function(factor: impl Fn(u64) -> f64 + Send + Sync + 'static) -> Self {
        Shape::Function(Arc::new(factor)).into()
    }

    /// This schedule after a linear warm-up of `steps` steps to its first factor. It replaces an earlier warm-up.
    ///
    /// # Errors
    /// Returns an error if `steps` is 0.
    pub fn after_warm_up(self, steps: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { warm_up: at_least_one("steps of the warm-up", steps)?, ..self })
    }

    /// The factor at the step before which `step` steps were made.
    #[must_use]
    pub fn factor(&self, step: u64) -> f64 {
        match step.checked_sub(self.warm_up) {
            Some(step) => self.shape.factor(step),
            None => (step + 1) as f64 / self.warm_up as f64 * self.shape.factor(0),
        }
    }

    /// Whether the factor is 1 at every step.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.warm_up == 0 && matches!(self.shape, Shape::Constant)
    }
}

impl Shape {
    fn factor(&self, step: u64) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Cosine { steps, end } if step >= steps => end,
            Self::Cosine { steps, end } => {
                let angle = std::f64::consts::PI * (step as f64 / steps as f64);
                end + (1.0 - end) * (0.5 * (1.0 + angle.cos()))
            }
            Self::StepDecay { every, factor } => factor.powf((step / every) as f64),
            Self::Exponential { factor } => factor.powf(step as f64),
            Self::Function(ref factor) => factor(step),
        }
    }
}

impl From<Shape> for Schedule {
    fn from(shape: Shape) -> Self {
        Self { warm_up: 0, shape }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => to.write_str("Constant"),
            Self::Cosine { steps, end } => write!(to, "Cosine {{ steps: {steps}, end: {end:?} }}"),
            Self::StepDecay { every, factor } => {
                write!(to, "StepDecay {{ every: {every}, factor: {factor:?} }}")
            }
            Self::Exponential { factor } => write!(to, "Exponential {{ factor: {factor:?} }}"),
            Self::Function(_) => to.write_str("Function"),
        }
    }
}

fn at_least_one(name: &'static str, count: u64) -> Result<u64, InvalidParameter> {
    if count == 0 { Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" }) } else { Ok(count) }
}

fn share(name: &'static str, value: f64) -> Result<f64, InvalidParameter> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(InvalidParameter { name, value, allowed: "a number in [0, 1]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_at_the_corners() {
        let warm_up = Schedule::warm_up(3).unwrap();
        let thirds = [0, 1, 2, 3, u64::MAX].map(|t| warm_up.factor(t));
        assert_eq!(thirds, [1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0, 1.0]);
        assert_eq!(Schedule::warm_up(1).unwrap().factor(0), 1.0);

        let cosine = Schedule::cosine(4, 0.0).unwrap();
        assert_eq!([cosine.factor(0), cosine.factor(4), cosine.factor(5)], [1.0, 0.0, 0.0]);
        // cos(π/2) is 6e-17 in f64, and cos(3π/4) is rounded once.
        assert!((cosine.factor(2) - 0.5).abs() < 1e-16);
        assert!((cosine.factor(3) - (0.5 - 0.125_f64.sqrt())).abs() < 1e-16);
        assert_eq!(Schedule::cosine(4, 1.0).unwrap().factor(2), 1.0);

        let decay = Schedule::step_decay(10, 0.5).unwrap();
        let halves = [0, 9, 10, 19, 20, u64::MAX].map(|t| decay.factor(t));
        assert_eq!(halves, [1.0, 1.0, 0.5, 0.5, 0.25, 0.0]);
        assert_eq!(Schedule::exponential(0.5).unwrap().factor(3), 0.125);
        // 0⁰ is 1: the first step is made.
        assert_eq!([0, 1].map(|t| Schedule::exponential(0.0).unwrap().factor(t)), [1.0, 0.0]);
        assert_eq!(Schedule::constant().factor(u64::MAX), 1.0);
    }

    #[test]
    fn a_warm_up_goes_before_any_schedule() {
        let schedule = Schedule::function(|t| 2.0 + t as f64).after_warm_up(2).unwrap();
        assert_eq!([0, 1, 2, 3].map(|t| schedule.factor(t)), [1.0, 2.0, 2.0, 3.0]);
        assert!(Schedule::constant().is_constant() && !schedule.is_constant());
        assert!(!Schedule::warm_up(1).unwrap().is_constant());
    }

    #[test]
    fn arguments_outside_their_domain_are_refused() {
        let message = |result: Result<Schedule, InvalidParameter>| result.unwrap_err().to_string();
        assert_eq!(message(Schedule::warm_up(0)), "steps of the warm-up = 0 is not at least 1");
        assert_eq!(message(Schedule::cosine(0, 0.0)), "steps of the cosine = 0 is not at least 1");
        assert_eq!(message(Schedule::cosine(9, 1.5)), "end of the cosine = 1.5 is not a number in [0, 1]");
        assert_eq!(message(Schedule::step_decay(0, 0.5)), "steps between decays = 0 is not at least 1");
        assert_eq!(message(Schedule::step_decay(5, -0.5)), "decay = -0.5 is not a number in [0, 1]");
        assert_eq!(message(Schedule::exponential(f64::NAN)), "decay = NaN is not a number in [0, 1]");
    }
}

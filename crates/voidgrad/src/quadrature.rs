//! Adaptive integrals over finite intervals, for tests.

use crate::variance::Tolerance;
use crate::variance::nodes::{divisible, nodes};

/// An integral, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Integral {
    /// Its value.
    pub(crate) value: f64,
    /// An estimate of its error, rather too large than too small.
    pub(crate) error: f64,
}

/// `∫ f(x) dx` from the first of the increasing `breakpoints` to the last.
///
/// Each panel between two breakpoints is bisected until the Gauss–Legendre rules of the whole and of its
/// halves agree; kinks and jumps that are known belong among the breakpoints. The value is there even where
/// the tolerance was not reached: look at the error.
pub(crate) fn integrate(f: impl Fn(f64) -> f64, breakpoints: &[f64], tolerance: Tolerance) -> Integral {
    let rule = |low: f64, high: f64| nodes(low, high).map(|(x, weight)| weight * f(x)).sum::<f64>();
    let mut panels: Vec<Panel> = breakpoints
        .windows(2)
        .map(|ends| Panel::new(ends[0], ends[1], rule(ends[0], ends[1]), &rule))
        .collect();
    loop {
        let value: f64 = panels.iter().map(Panel::value).sum();
        let error: f64 = panels.iter().map(Panel::error).sum();
        let allowed = tolerance.absolute.max(tolerance.relative * value.abs());
        // Written so that a NaN ends the loop.
        let unfinished = error > allowed && panels.len() < tolerance.panels;
        if !unfinished {
            return Integral { value, error };
        }
        let share = allowed / (2.0 * panels.len() as f64);
        let before = panels.len();
        for i in 0..before {
            if panels[i].error() > share && panels[i].divisible() {
                let Panel { low, high, halves, .. } = panels[i];
                let middle = f64::midpoint(low, high);
                panels[i] = Panel::new(low, middle, halves[0], &rule);
                panels.push(Panel::new(middle, high, halves[1], &rule));
            }
        }
        if panels.len() == before {
            return Integral { value, error };
        }
    }
}

struct Panel {
    low: f64,
    high: f64,
    whole: f64,
    halves: [f64; 2],
}

impl Panel {
    fn new(low: f64, high: f64, whole: f64, rule: &impl Fn(f64, f64) -> f64) -> Self {
        let middle = f64::midpoint(low, high);
        Self { low, high, whole, halves: [rule(low, middle), rule(middle, high)] }
    }

    fn value(&self) -> f64 {
        self.halves[0] + self.halves[1]
    }

    fn error(&self) -> f64 {
        (self.value() - self.whole).abs()
    }

    fn divisible(&self) -> bool {
        divisible(self.low, self.high)
    }
}

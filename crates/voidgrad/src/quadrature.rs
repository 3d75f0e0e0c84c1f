//! Adaptive integrals over finite intervals.

use std::sync::LazyLock;

use gauss_quad::GaussLegendre;

/// When an adaptive computation may stop: at an estimated error of `max(absolute, relative·|value|)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// The error as a fraction of the value.
    pub relative: f64,
    /// The error that is always small enough.
    pub absolute: f64,
    /// The number of panels after which to give up.
    pub panels: usize,
}

/// A relative error of 1e-7, within 4,000 panels.
impl Default for Tolerance {
    fn default() -> Self {
        Self { relative: 1e-7, absolute: 0.0, panels: 4000 }
    }
}

/// An integral, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Integral {
    /// Its value.
    pub value: f64,
    /// An estimate of its error, rather too large than too small.
    pub error: f64,
}

/// `∫ f(x) dx` from the first of the increasing `breakpoints` to the last.
///
/// Each panel between two breakpoints is bisected until the Gauss–Legendre rules of the whole and of its
/// halves agree; kinks and jumps that are known belong among the breakpoints. The value is there even where
/// the tolerance was not reached: look at the error.
///
/// ```
/// use voidgrad::quadrature::{Tolerance, integrate};
/// let integral = integrate(|x: f64| x.abs().sqrt(), &[-1.0, 0.0, 1.0], Tolerance::default());
/// assert!((integral.value - 4.0 / 3.0).abs() <= integral.error && integral.error < 2e-7);
/// ```
pub fn integrate(f: impl Fn(f64) -> f64, breakpoints: &[f64], tolerance: Tolerance) -> Integral {
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

/// Nodes of a panel's rule. Eight are exact for polynomials of degree 15 and few enough to be spent close to
/// a kink.
pub(crate) const NODES: usize = 8;

/// Nodes and weights of the rule on `[low, high]`.
pub(crate) fn nodes(low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
    static RULE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
        const DEGREE: std::num::NonZeroUsize = std::num::NonZeroUsize::new(NODES).unwrap();
        GaussLegendre::new(DEGREE).as_node_weight_pairs().to_vec()
    });
    let (middle, half) = (f64::midpoint(low, high), 0.5 * (high - low));
    RULE.iter().map(move |&(x, weight)| (middle + half * x, half * weight))
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

/// Whether a panel is wide enough for its nodes to be different numbers.
pub(crate) fn divisible(low: f64, high: f64) -> bool {
    high - low > 1e-13 * (low.abs() + high.abs())
}

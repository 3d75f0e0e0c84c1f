//! Nodes of the quadrature, and when it may stop.

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

/// Whether a panel is wide enough for its nodes to be different numbers.
pub(crate) fn divisible(low: f64, high: f64) -> bool {
    high - low > 1e-13 * (low.abs() + high.abs())
}

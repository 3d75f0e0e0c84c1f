//! The counts around the most probable one.

use std::f64::consts::TAU;

use crate::distribution::divergence::psi;
use crate::noise::Node;

/// The counts from the most probable one outwards, by the ratios of neighbouring probabilities.
pub(super) struct Window<U, D> {
    pub(super) mode: f64,
    /// The probability of the mode.
    pub(super) p: f64,
    /// `p(b + 1)/p(b)`; 0 at the largest b.
    pub(super) up: U,
    /// `p(b - 1)/p(b)` for b > 0.
    pub(super) down: D,
}

/// What is visited next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// More counts of this side.
    Same,
    /// No more of this side.
    Other,
    /// None at all.
    Nothing,
}

impl<U: Fn(f64) -> f64, D: Fn(f64) -> f64> Window<U, D> {
    /// Calls `visit` with counts and their probabilities: the mode, the next larger one, the next smaller one, and so on, on each side until it returns [`Next::Other`] or nothing is left there.
    fn for_each(&self, mut visit: impl FnMut(f64, f64) -> Next) {
        let mut above = Some((self.mode, self.p)).filter(|(b, p)| visit(*b, *p) != Next::Nothing);
        let mut below = above;
        while above.is_some() || below.is_some() {
            above = above.map(|(b, p)| (b + 1.0, p * (self.up)(b))).filter(|(_, p)| *p > 0.0);
            if let Some((b, p)) = above {
                match visit(b, p) {
                    Next::Same => {}
                    Next::Other => above = None,
                    Next::Nothing => return,
                }
            }
            below = below.filter(|(b, _)| *b > 0.0).map(|(b, p)| (b - 1.0, p * (self.down)(b)));
            below = below.filter(|(_, p)| *p > 0.0);
            if let Some((b, p)) = below {
                match visit(b, p) {
                    Next::Same => {}
                    Next::Other => below = None,
                    Next::Nothing => return,
                }
            }
        }
    }

    /// The count whose part of (0, 1) has u in it. Counts that together have a probability below a rounding error of 1 are not drawn.
    pub(super) fn count(&self, u: f64) -> f64 {
        let (mut rest, mut count) = (u, self.mode);
        self.for_each(|b, p| {
            rest -= p;
            if rest < 0.0 {
                count = b;
                return Next::Nothing;
            }
            if p < 1e-30 { Next::Other } else { Next::Same }
        });
        count
    }

    /// `E[x(b)]`, where x grows slower than the probability falls.
    pub(super) fn expectation(&self, x: impl Fn(f64) -> f64) -> f64 {
        let (mut sum, mut size) = (0.0, 0.0);
        self.for_each(|b, p| {
            let term = p * x(b);
            sum += term;
            size += term.abs();
            // Where probabilities have become so small, each is less than half of the one before.
            if term.abs() < 1e-20 * size && p < 1e-20 * self.p { Next::Other } else { Next::Same }
        });
        sum
    }

    /// A node for each count.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let (mut nodes, mut start) = (Vec::new(), 0.0);
        self.for_each(|_, p| {
            nodes.push(Node { u: f64::min(start + 0.5 * p, 1.0 - f64::EPSILON), weight: p });
            start += p;
            Next::Same
        });
        nodes
    }
}

/// `ln b! - (b + ½)·ln b + b - ½·ln 2π`, what Stirling's formula lacks, for b > 0.
///
/// Source: Loader 2000, "Fast and accurate computation of binomial probabilities".
pub(super) fn stirling_error(b: f64) -> f64 {
    if b < 16.0 {
        let factorial: f64 = (1..16_u8).map(f64::from).take_while(|k| *k <= b).product();
        return factorial.ln() - (b + 0.5) * b.ln() + b - 0.5 * TAU.ln();
    }
    // The next term is 3e-18 at 16.
    let square = 1.0 / (b * b);
    let tail =
        1.0 / 1260.0 - square * (1.0 / 1680.0 - square * (1.0 / 1188.0 - square * (691.0 / 360_360.0)));
    (1.0 / 12.0 - square * (1.0 / 360.0 - square * tail)) / b
}

/// `b·ln(b/m) + m - b`, never negative, where `x = ln(m/b)`.
pub(super) fn deviance(b: f64, m: f64, x: f64) -> f64 {
    // e^x may be too large for a number.
    if x > 2.0 { m - b - b * x } else { b * psi(x) }
}

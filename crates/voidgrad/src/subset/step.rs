//! The choice of one element: a Bernoulli variable that depends on how many are left to choose.

use voidgrad_real::softplus;

/// Whether an element is chosen, if a certain number is left to choose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// `ln(p/(1 - p))` of the probability p that it is chosen; infinite if there is no choice.
    odds: f64,
    /// The smaller of p and 1 - p.
    rarer: f64,
}

impl Step {
    /// The element is chosen, because all others are needed as well.
    pub(super) const FORCED: Self = Self { odds: f64::INFINITY, rarer: 0.0 };

    /// The step with this logit.
    pub(super) fn new(odds: f64) -> Self {
        let e = (-odds.abs()).exp();
        Self { odds, rarer: e / (1.0 + e) }
    }

    /// The logit; `None` if there is no choice.
    pub(super) fn odds(&self) -> Option<f64> {
        Some(self.odds).filter(|odds| odds.is_finite())
    }

    /// The smaller one of both probabilities.
    pub(super) fn rarer(&self) -> f64 {
        self.rarer
    }

    /// p.
    pub(super) fn chosen(&self) -> f64 {
        if self.odds > 0.0 { 1.0 - self.rarer } else { self.rarer }
    }

    /// 1 - p.
    pub(super) fn passed(&self) -> f64 {
        if self.odds > 0.0 { self.rarer } else { 1.0 - self.rarer }
    }

    /// Whether this number chooses the element. The rarer of both outcomes has the numbers close to 0, which are finer than those close to 1.
    pub(super) fn chooses(&self, u: f64) -> bool {
        (u < self.rarer) == (self.odds <= 0.0)
    }

    /// `-ln p` and `-ln(1 - p)`; 0 if there is no choice.
    pub(super) fn surprisals(&self) -> [f64; 2] {
        self.odds().map_or([0.0; 2], |odds| [softplus(-odds), softplus(odds)])
    }
}

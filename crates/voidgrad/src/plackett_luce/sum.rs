//! Sums of exponentials.

/// `Σ e^x` of numbers x of any size, as its largest exponent and the logarithm of what the sum is of that.
///
/// The logarithm alone would lose its digits beside an exponent of 1e300.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExpSum {
    largest: f64,
    ln_ratio: f64,
}

impl ExpSum {
    /// The sum of no term.
    pub(super) const EMPTY: Self = Self { largest: f64::MIN, ln_ratio: f64::NEG_INFINITY };

    /// `e^x`.
    pub(super) fn of(x: f64) -> Self {
        Self { largest: x, ln_ratio: 0.0 }
    }

    /// 1 over it.
    pub(super) fn recip(self) -> Self {
        Self { largest: -self.largest, ln_ratio: -self.ln_ratio }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        if self.ln_ratio == f64::NEG_INFINITY {
            return other;
        }
        let (more, less) = if self.largest >= other.largest { (self, other) } else { (other, self) };
        // What the smaller exponent is above the larger one, with what belongs to it.
        let distance = (less.largest - more.largest) + less.ln_ratio - more.ln_ratio;
        let added =
            if distance > 0.0 { distance + (-distance).exp().ln_1p() } else { distance.exp().ln_1p() };
        Self { ln_ratio: more.ln_ratio + added, ..more }
    }

    /// `x - ln Σ`.
    pub(super) fn ln_share(self, x: f64) -> f64 {
        (x - self.largest) - self.ln_ratio
    }

    /// The logarithm of what it is of another sum.
    pub(super) fn ln_ratio_to(self, other: Self) -> f64 {
        other.ln_share(self.largest) + self.ln_ratio
    }
}

//! One Bernoulli variable.

/// By its logit.
pub mod logit {
    use crate::by_hand::{Number, softplus};

    /// `z`.
    pub fn g<D: Number>(u: f64, a: D) -> D {
        a + (u / (1.0 - u)).ln()
    }

    /// `z̃`.
    pub fn g_tilde<D: Number>(v: f64, a: D, b: bool) -> D {
        let ln_odds = v.ln() - (-v).ln_1p();
        // ln(1 + v/(1 - v)·1/(1 - θ)), and 1/(1 - θ) = 1 + e^a.
        if b { softplus(softplus(a) + ln_odds) } else { -softplus(softplus(-a) + ln_odds) }
    }

    /// `ln p(b)`.
    pub fn ln_p<D: Number>(b: bool, a: D) -> D {
        if b { -softplus(-a) } else { -softplus(a) }
    }
}

/// By its probability.
pub mod probability {
    use crate::by_hand::Number;

    /// `z`.
    pub fn g<D: Number>(u: f64, theta: D) -> D {
        (theta / (-theta + 1.0)).ln() + (u / (1.0 - u)).ln()
    }

    /// `z̃`.
    pub fn g_tilde<D: Number>(v: f64, theta: D, b: bool) -> D {
        let odds = v / (1.0 - v);
        if b { ((-theta + 1.0).recip() * odds + 1.0).ln() } else { -(theta.recip() * odds + 1.0).ln() }
    }

    /// `ln p(b)`.
    pub fn ln_p<D: Number>(b: bool, theta: D) -> D {
        if b { theta.ln() } else { (-theta + 1.0).ln() }
    }
}

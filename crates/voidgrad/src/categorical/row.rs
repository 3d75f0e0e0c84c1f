//! `softmax(a)` of one variable, and the derivatives that go through it.

/// What all states of one variable share: the largest logit and the sum of the exponentials of the others.
///
/// The largest is never added to the others, so what is left of 1 where its probability rounds to 1 is kept:
/// `1 - θ` and `ln θ` are exact to a few units in the last place, for every state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(super) a: &'a [f64],
    /// The first of the largest logits.
    pub(super) top: usize,
    /// `Σ_{k≠top} e^(a_k - a_top)`.
    others: f64,
}

/// One state's probability.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probability {
    /// `θ_k`.
    pub(crate) theta: f64,
    /// `1 - θ_k`.
    pub(crate) rest: f64,
    /// `ln θ_k`, finite.
    pub(crate) ln_theta: f64,
}

impl<'a> Row<'a> {
    /// Of finite logits, or of what [`distances`] makes of them.
    pub(crate) fn new(a: &'a [f64]) -> Self {
        let top = super::logit::argmax(a);
        let mut others = 0.0;
        for (k, value) in a.iter().enumerate() {
            if k != top {
                others += (value - a[top]).exp();
            }
        }
        Self { a, top, others }
    }

    pub(crate) fn at(&self, k: usize) -> Probability {
        let sum = 1.0 + self.others;
        if k == self.top {
            return Probability { theta: 1.0 / sum, rest: self.others / sum, ln_theta: -self.others.ln_1p() };
        }
        // The difference of two finite logits can be infinite; ln θ must not be, a NaN would follow.
        let distance = (self.a[k] - self.a[self.top]).max(f64::MIN / 2.0);
        let theta = distance.exp() / sum;
        Probability { theta, rest: 1.0 - theta, ln_theta: distance - self.others.ln_1p() }
    }
}

/// `x - Σ_k θ_k x_k`, in place: the tangent of `ln softmax(a)` in the direction x.
///
/// Only for a state with `θ > ½` is the difference of nearly equal numbers avoided by another order of the sum;
/// for the others there is none.
pub(crate) fn centre(theta: &[f64], rest: &[f64], x: &mut [f64]) {
    let mean: f64 = theta.iter().zip(&*x).map(|(theta, x)| theta * x).sum();
    let likely = theta.iter().position(|&theta| theta > 0.5);
    let likely = likely.map(|k| (k, rest[k] * x[k] - without(k, theta.iter().zip(&*x).map(|(t, x)| t * x))));
    for x in x.iter_mut() {
        *x -= mean;
    }
    if let Some((k, value)) = likely {
        x[k] = value;
    }
}

/// `w - θ·Σ_k w_k`, in place: the weights w on `ln softmax(a)` pulled back to the logits a.
pub(crate) fn pull_back(theta: &[f64], rest: &[f64], w: &mut [f64]) {
    let sum: f64 = w.iter().sum();
    let likely = theta.iter().position(|&theta| theta > 0.5);
    let likely = likely.map(|k| (k, rest[k] * w[k] - theta[k] * without(k, w.iter().copied())));
    for (w, theta) in w.iter_mut().zip(theta) {
        *w -= theta * sum;
    }
    if let Some((k, value)) = likely {
        w[k] = value;
    }
}

/// The sum of all but entry `k`.
fn without(k: usize, values: impl Iterator<Item = f64>) -> f64 {
    values.enumerate().filter(|(i, _)| *i != k).map(|(_, value)| value).sum()
}

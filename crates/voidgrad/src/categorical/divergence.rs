//! Entropy and `KL(softmax(a) || softmax(a'))` of one variable.

use super::row::Row;
use crate::distribution::divergence::{gain, saturated, term};

impl<'a> Row<'a> {
    /// `a_k - a_top`, K entries.
    pub(crate) fn below_top(&self) -> impl Iterator<Item = f64> + use<'a> {
        let (a, top) = (self.a, self.a[self.top]);
        a.iter().map(move |a| saturated(a - top))
    }

    /// `-Σ θ·ln θ`, in nats; its terms have one sign.
    pub(crate) fn entropy(&self) -> f64 {
        let terms = (0..self.a.len()).map(|k| self.at(k)).map(|here| here.theta * here.ln_theta);
        -terms.sum::<f64>()
    }

    /// The divergence, in nats.
    pub(crate) fn kl(&self, other: &Self) -> f64 {
        let ln_ratios = self.ln_ratios(other);
        let terms = ln_ratios.enumerate().map(|(k, x)| term(self.at(k).theta, other.at(k).theta, x));
        saturated(terms.sum())
    }

    /// `θ' - θ`, K entries.
    pub(crate) fn gains(&self, other: &Self) -> Vec<f64> {
        let ln_ratios = self.ln_ratios(other).enumerate();
        let mut gains: Vec<f64> =
            ln_ratios.map(|(k, x)| gain(self.at(k).theta, other.at(k).theta, x)).collect();
        // Of a probability close to 1 most digits are lost; what it gains, the others lose.
        if let Some(likely) = (0..gains.len()).find(|&k| self.at(k).theta > 0.5) {
            gains[likely] = 0.0;
            gains[likely] = -gains.iter().sum::<f64>();
        }
        gains
    }

    /// `d_k = (a'_k - a'_top) - (a_k - a_top)`, K entries, where `top` is the most probable state here: the constants by which the logits of a row are
    /// undetermined are not in it. A sum of two rounded differences would be wrong by a rounding error of the constants.
    pub(crate) fn distances(&self, other: &Self) -> Vec<f64> {
        let distance = |k: usize| {
            let [difference, rest] = difference(other.a[k], self.a[k]);
            let [of_top, rest_of_top] = self::difference(other.a[self.top], self.a[self.top]);
            saturated((difference - of_top) + (rest - rest_of_top))
        };
        (0..self.a.len()).map(distance).collect()
    }

    /// `x_k = ln(θ'_k/θ_k)`, K entries.
    fn ln_ratios(&self, other: &Self) -> impl Iterator<Item = f64> {
        let distances = self.distances(other);
        // ln Σ_k θ_k·e^(d_k), first what it differs from ln 1 by.
        let growth = distances.iter().enumerate().map(|(k, d)| {
            let here = self.at(k);
            if *d > 1.0 { (here.ln_theta + d).exp() - here.theta } else { here.theta * d.exp_m1() }
        });
        let growth: f64 = growth.sum();
        let growth = if growth.abs() <= 0.5 {
            growth.ln_1p()
        } else {
            self.at(self.top).ln_theta - other.at(self.top).ln_theta
        };
        distances.into_iter().map(move |d| saturated(d - growth))
    }
}

/// `x - y` and its rounding error (Knuth, TAOCP 2, 4.2.2); of an overflow the largest number, without one.
fn difference(x: f64, y: f64) -> [f64; 2] {
    let difference = x - y;
    if difference.is_infinite() {
        return [saturated(difference), 0.0];
    }
    let back = difference - x;
    let rest = (x - (difference - back)) - (y + back);
    [difference, if rest.is_finite() { rest } else { 0.0 }]
}

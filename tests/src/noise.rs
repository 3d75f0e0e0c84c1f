//! The noise of one Bernoulli variable, given b, by nodes of a rule instead of by chance.

use crate::rule::{gauss_legendre, panels};

/// A value of the noise and its share of the probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// `u`, conditional on b.
    pub u: f64,
    /// `v`, which is independent of b; at the same node z̃ is what z is.
    pub v: f64,
    /// z, or z̃.
    pub z: f64,
    /// The probability, given b; all weights add up to 1.
    pub weight: f64,
}

/// Nodes for the noise given b, where the logit is `a`.
///
/// On the axis `x = ln(v/(1 - v))` the integrands are smooth and decay like `e^-|x|`; what is left out has a
/// probability of 1e-13 above 30 and of 1e-18 below -42: where a state is as rare as 1e-6, all of its variance is down there. The reparameterisation given b is `|z| = ln(1 + e^x/(1 - p(b)))`. A `kink` of the integrand at one of the given z
/// becomes the end of a panel.
#[must_use]
pub fn nodes(a: f64, b: bool, kinks: &[f64], width: f64) -> Vec<Node> {
    let sign = if b { 1.0 } else { -1.0 };
    let other = 1.0 / (1.0 + (sign * a).exp());
    let mut points = panels(-42.0, 30.0, width);
    for z in kinks.iter().filter(|&&z| z * sign > 0.0) {
        points.push((other * z.abs().exp_m1()).ln().clamp(-42.0, 30.0));
    }
    points.sort_by(f64::total_cmp);
    points.dedup();
    let largest = 1.0 - 0.5 * f64::EPSILON;
    let node = |(x, weight): (f64, f64)| {
        let z = sign * (x.exp() / other).ln_1p();
        let (v, density) = (1.0 / (1.0 + (-x).exp()), 0.25 / (0.5 * x).cosh().powi(2));
        let u = 1.0 / (1.0 + (a - z).exp());
        Node { u: u.min(largest), v, z, weight: weight * density }
    };
    gauss_legendre(8, &points).into_iter().map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_carry_the_whole_probability() {
        for (a, b) in [(-13.0, true), (-1.0, false), (0.0, true), (4.0, false)] {
            let total: f64 = nodes(a, b, &[0.3, -0.7], 2.0).iter().map(|node| node.weight).sum();
            // 8 nodes on panels of width 2 are good to 1e-10, the tails to 1e-13.
            assert!((total - 1.0).abs() < 1e-9, "{total}");
        }
    }
}

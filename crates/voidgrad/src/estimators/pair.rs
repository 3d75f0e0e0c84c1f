//! A sample and its reflection, which ARM and `DisARM` share.

use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::lanes::loops;
use crate::noise::{Node, Rule};
use voidgrad_real::sigmoid;

/// Writes what u and 1 - u make, a row each.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn sample(bernoulli: &Bernoulli, u: &[f64], pair: &mut [f64]) {
    let (b, reflected) = pair.split_at_mut(bernoulli.len());
    bernoulli.sample(u, b);
    loops(
        bernoulli.len(),
        #[inline(always)]
        || {
            for ((reflected, &u), &theta) in reflected.iter_mut().zip(u).zip(bernoulli.probabilities()) {
                // 1 - u ≥ 1 - θ, exact where 1 - u would round to 1.
                *reflected = f64::from(u8::from(u <= theta));
            }
        },
    );
}

/// How ĝ depends on u between the points where a sample changes.
#[derive(Clone, Copy)]
pub(super) enum Between {
    /// Not at all.
    Constant,
    /// As a polynomial of degree 1, so that its square is one of degree 2.
    Linear,
}

/// As [`rule`] with nodes for all of ĝ that is constant between the points where a sample changes, whether or not it stays as it is if all u become 1 - u.
pub(super) fn both_sides(bernoulli: &Bernoulli) -> Rule {
    let of_one = |a: &f64| {
        let rare = sigmoid(-a.abs());
        let half = 0.5 - rare;
        let pieces = [(0.5 * rare, rare), (rare + 0.5 * half, half)];
        let below = pieces.into_iter().filter(|(_, weight)| *weight > 0.0);
        below.flat_map(|(u, weight)| [Node { u, weight }, Node { u: 1.0 - u, weight }]).collect()
    };
    Rule::new(bernoulli.logits().iter().map(of_one).collect())
}

/// Nodes on each side of `1 - θ` and of `θ`, exact for ĝ and its square.
///
/// If all u become 1 - u, ĝ stays as it is, so one of the variables needs half of its nodes. It is the one with the
/// rarest state: of the two numbers that lead there, only the one close to 0 is always a number.
pub(super) fn rule(bernoulli: &Bernoulli, between: Between) -> Rule {
    const OFFSET: f64 = 0.288_675_134_594_812_9;
    let parts: &[(f64, f64)] = match between {
        Between::Constant => &[(0.5, 1.0)],
        // The rule of Gauss with two nodes, √3/6 from the middle.
        Between::Linear => &[(0.5 - OFFSET, 0.5), (0.5 + OFFSET, 0.5)],
    };
    let logits = bernoulli.logits();
    let rarest = (0..logits.len()).max_by(|&i, &j| logits[i].abs().total_cmp(&logits[j].abs()));
    let of_one = |(m, &a): (usize, &f64)| {
        // The outer pieces are as wide as the rarer state is probable.
        let rare = sigmoid(-a.abs());
        let half = 0.5 - rare;
        let mut nodes = Vec::new();
        for &(part, weight) in parts {
            nodes.push(Node { u: rare * part, weight: weight * rare });
            if half > 0.0 {
                nodes.push(Node { u: rare + half * part, weight: weight * half });
            }
        }
        if rarest == Some(m) {
            for node in &mut nodes {
                node.weight *= 2.0;
            }
        } else {
            let above: Vec<Node> = nodes.iter().map(|node| Node { u: 1.0 - node.u, ..*node }).collect();
            nodes.extend(above);
        }
        nodes
    };
    Rule::new(logits.iter().enumerate().map(of_one).collect())
}

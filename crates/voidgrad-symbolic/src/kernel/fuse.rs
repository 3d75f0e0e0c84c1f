//! What a parameter's sum is made of, with what its terms have in common taken out.

use super::scalars::product;
use crate::graph::{Graph, NodeId, Op};

/// `weight·p + m`, where `p` is a derivative of the value and `m` one of its tangent.
///
/// Both come from one reverse pass over one function, so they mostly share a guard and a factor:
/// `δ·h` and `δ·ḣ` become `δ·(c̄·h + ḣ)`, which is one product a sum instead of two, and the inner sum is the same for all
/// rows of a matrix.
pub(super) fn weighted_sum(graph: &mut Graph, weight: NodeId, p: NodeId, m: NodeId) -> NodeId {
    if graph.is_zero(p) {
        return m;
    }
    if graph.is_zero(m) {
        return graph.mul(weight, p);
    }
    match (graph.op(p).clone(), graph.op(m).clone()) {
        (Op::Neg(p), Op::Neg(m)) => {
            let sum = weighted_sum(graph, weight, p, m);
            graph.neg(sum)
        }
        (Op::Select(p_mask, p, p_else), Op::Select(m_mask, m, m_else))
            if p_mask == m_mask && graph.is_zero(p_else) && graph.is_zero(m_else) =>
        {
            let sum = weighted_sum(graph, weight, p, m);
            graph.select(p_mask, sum, p_else)
        }
        (Op::Mul(a, b), Op::Mul(c, d)) if a == c => factored(graph, a, weight, b, d),
        (Op::Mul(a, b), Op::Mul(c, d)) if a == d => factored(graph, a, weight, b, c),
        (Op::Mul(a, b), Op::Mul(c, d)) if b == c => factored(graph, b, weight, a, d),
        (Op::Mul(a, b), Op::Mul(c, d)) if b == d => factored(graph, b, weight, a, c),
        // `p = 1·p`: where m has p as a factor, `p·(c̄ + m/p)`.
        (_, Op::Mul(c, d)) if p == c => {
            let sum = graph.add(weight, d);
            product(graph, p, sum)
        }
        (_, Op::Mul(c, d)) if p == d => {
            let sum = graph.add(weight, c);
            product(graph, p, sum)
        }
        _ => {
            let product = graph.mul(weight, p);
            graph.add(product, m)
        }
    }
}

fn factored(graph: &mut Graph, factor: NodeId, weight: NodeId, p: NodeId, m: NodeId) -> NodeId {
    let sum = weighted_sum(graph, weight, p, m);
    product(graph, factor, sum)
}

/// A factor of `term` that all samples share, and the rest: the sum over the samples is multiplied with it once, at the end.
/// `shared` says by index what they share.
pub(super) fn shared_factor(graph: &mut Graph, shared: &[bool], term: NodeId) -> Option<(NodeId, NodeId)> {
    // What is made on the way is no factor of anything.
    let is_shared = |id: NodeId| shared.get(id.index()).copied().unwrap_or(false);
    match *graph.op(term) {
        Op::Neg(a) => {
            let (factor, rest) = shared_factor(graph, shared, a)?;
            Some((factor, graph.neg(rest)))
        }
        Op::Mul(a, b) if is_shared(a) => Some((a, b)),
        Op::Mul(a, b) if is_shared(b) => Some((b, a)),
        Op::Mul(a, b) => {
            if let Some((factor, rest)) = shared_factor(graph, shared, a) {
                return Some((factor, under_guard(graph, rest, b)));
            }
            let (factor, rest) = shared_factor(graph, shared, b)?;
            Some((factor, under_guard(graph, rest, a)))
        }
        Op::Select(mask, value, zero) if graph.is_zero(zero) => {
            let (factor, rest) = if is_shared(value) && graph.literal_value(value).is_none() {
                (value, graph.literal(1.0))
            } else {
                shared_factor(graph, shared, value)?
            };
            Some((factor, graph.select(mask, rest, zero)))
        }
        _ => None,
    }
}

/// `guarded·factor`, the guard outside: with a sum it is one masked operation.
fn under_guard(graph: &mut Graph, guarded: NodeId, factor: NodeId) -> NodeId {
    match *graph.op(guarded) {
        Op::Select(mask, value, zero) if graph.is_zero(zero) => {
            let value = under_guard(graph, value, factor);
            graph.select(mask, value, zero)
        }
        _ => product(graph, guarded, factor),
    }
}

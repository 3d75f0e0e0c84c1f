//! `c̄·p + m`, the two derivatives that a parameter's sum is made of, with what they have in common taken out.

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

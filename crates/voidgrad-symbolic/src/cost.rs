//! What a value costs, in operations on numbers: the measure of the bounds on generated code.

use crate::graph::{Graph, NodeId, Op};

/// The number of operations that computing `roots` takes, each shared value counted once. An array counts by its
/// entries (one where their number is not known), a matrix product by its multiplications and additions.
#[must_use]
pub fn operations(graph: &Graph, roots: &[NodeId]) -> usize {
    let needed = graph.reachable(roots);
    graph.ids().filter(|id| needed[id.index()]).map(|id| operations_of(graph, id)).sum()
}

fn operations_of(graph: &Graph, id: NodeId) -> usize {
    let length = |id: NodeId| graph.shape(id).entries().unwrap_or(1);
    match graph.op(id) {
        Op::Literal(_)
        | Op::Zero
        | Op::Constant(_)
        | Op::Length(_)
        | Op::Places
        | Op::State(_)
        | Op::Scan(..)
        | Op::ScanEnd(..)
        | Op::Parameter(_)
        | Op::Bool(_)
        | Op::Broadcast(_)
        | Op::Index(..)
        | Op::Assemble(_)
        | Op::Part(..)
        | Op::Join(_)
        | Op::Transpose(_) => 0,
        Op::MatMul(a, _) => {
            // rows·columns results of `inner` products and `inner - 1` sums each
            let inner = match graph.shape(*a) {
                crate::graph::Shape::Matrix(_, inner) => inner.fixed().unwrap_or(1),
                _ => 1,
            };
            length(id) * (2 * inner).saturating_sub(1).max(1)
        }
        Op::Dot(a, _) => (2 * length(*a)).saturating_sub(1).max(1),
        Op::LogSumExp(a) => 4 * length(*a),
        Op::Sum(a) => length(*a).saturating_sub(1).max(1),
        _ => length(id),
    }
}

//! What is computed when: once, on the forward pass, on the backward pass.

use crate::graph::{Graph, NodeId, Op};

/// What all samples share, is no argument, and is read by something that varies or is one of `roots`.
pub(super) fn shared(graph: &Graph, varies: &[bool], roots: &[NodeId]) -> Vec<NodeId> {
    let needed = graph.reachable(roots);
    let mut shared = vec![false; graph.len()];
    for root in roots {
        shared[root.index()] |= !varies[root.index()];
    }
    for id in graph.ids().filter(|id| needed[id.index()] && varies[id.index()]) {
        graph.op(id).operands(|operand| shared[operand.index()] |= !varies[operand.index()]);
    }
    graph.ids().filter(|id| shared[id.index()] && !is_at_hand(graph, *id)).collect()
}

/// What the forward pass computes and the backward pass reads, but for the numbers of the sample themselves (`given`).
pub(super) fn residuals(
    graph: &Graph,
    varies: &[bool],
    given: &[NodeId],
    forward: &[NodeId],
    backward: &[NodeId],
) -> Vec<NodeId> {
    let (on_the_way, needed) = (graph.reachable(forward), graph.reachable(backward));
    let mut kept = vec![false; graph.len()];
    for root in backward {
        kept[root.index()] |= on_the_way[root.index()];
    }
    for id in graph.ids().filter(|id| needed[id.index()] && !on_the_way[id.index()]) {
        graph.op(id).operands(|operand| kept[operand.index()] |= on_the_way[operand.index()]);
    }
    graph.ids().filter(|id| kept[id.index()] && varies[id.index()] && !given.contains(id)).collect()
}

/// True for constants and for the arguments and their entries.
fn is_at_hand(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Literal(_) | Op::Zero | Op::Constant(_) | Op::Bool(_) | Op::Parameter(_) => true,
        Op::Index(array, _) => matches!(graph.op(*array), Op::Parameter(_)),
        _ => false,
    }
}

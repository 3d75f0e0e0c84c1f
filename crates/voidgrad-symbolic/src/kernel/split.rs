//! What is computed when: once, on the way forward, on the way back.

use crate::graph::{Graph, NodeId, Op};

/// The values that one stage leaves for another.
pub(super) struct Split {
    /// By index: whether a value changes from sample to sample.
    pub(super) varies: Vec<bool>,
    /// What all samples share, is no argument, and is read by something that varies.
    pub(super) shared: Vec<NodeId>,
    /// What the way forward computes and the way back reads.
    pub(super) residuals: Vec<NodeId>,
}

impl Split {
    /// `given` are the numbers of one sample; `forward` and `backward` the results of the two ways.
    pub(super) fn new(graph: &Graph, given: &[NodeId], forward: &[NodeId], backward: &[NodeId]) -> Self {
        let varies = graph.dependent(given);
        let all: Vec<NodeId> = forward.iter().chain(backward).copied().collect();
        let (on_the_way, needed) = (graph.reachable(forward), graph.reachable(&all));
        let (mut shared, mut residuals) = (vec![false; graph.len()], vec![false; graph.len()]);
        for root in &all {
            shared[root.index()] |= !varies[root.index()];
        }
        for root in backward {
            residuals[root.index()] |= on_the_way[root.index()];
        }
        for id in graph.ids().filter(|id| needed[id.index()] && varies[id.index()]) {
            graph.op(id).operands(|operand| {
                shared[operand.index()] |= !varies[operand.index()];
                residuals[operand.index()] |= on_the_way[operand.index()] && !on_the_way[id.index()];
            });
        }
        Self {
            shared: graph.ids().filter(|id| shared[id.index()] && !is_at_hand(graph, *id)).collect(),
            residuals: graph
                .ids()
                .filter(|id| residuals[id.index()] && varies[id.index()] && !given.contains(id))
                .collect(),
            varies,
        }
    }
}

/// True for constants and for the arguments and their entries.
fn is_at_hand(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Literal(_) | Op::Zero | Op::Path(_) | Op::Bool(_) | Op::Parameter(_) => true,
        Op::Index(array, _) => matches!(graph.op(*array), Op::Parameter(_)),
        _ => false,
    }
}

//! Which values get a name, and which are written where they are read.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId, Op, Shape};

/// Expressions of more operations than this get a name, so that no line grows without bound.
pub(super) const LONGEST_EXPRESSION: usize = 10;

/// A number that is read more often than this gets a name.
const FREQUENT: usize = 2;

/// The decision for each node.
pub(super) struct Plan {
    bound: Vec<bool>,
    /// How often each number is read, by its bits.
    constants: HashMap<u64, usize>,
}

impl Plan {
    pub(super) fn new(graph: &Graph, roots: &[NodeId], single_output: bool) -> Self {
        let reachable = graph.reachable(roots);
        let mut uses = vec![0_usize; graph.len()];
        // Scalars that a loop over entries reads, and arrays that something reads as a whole.
        let (mut in_loop, mut whole) = (vec![false; graph.len()], vec![false; graph.len()]);
        for root in roots {
            uses[root.index()] += 1;
        }
        for id in graph.ids().filter(|id| reachable[id.index()]) {
            let op = graph.op(id);
            let loops = !graph.shape(id).is_scalar() || matches!(op, Op::Sum(_) | Op::LogSumExp(_));
            let mut seen: Option<NodeId> = None;
            op.operands(|operand| {
                if seen != Some(operand) || !matches!(op, Op::Compare(..)) {
                    uses[operand.index()] += 1;
                }
                seen = Some(operand);
                in_loop[operand.index()] |=
                    loops && graph.shape(operand).is_scalar() && !matches!(op, Op::Assemble(_));
                whole[operand.index()] |= reads_whole(graph, op, operand);
            });
        }
        let inside = graph.inside_recurrences();
        let mut bound = vec![false; graph.len()];
        let mut weight = vec![0_usize; graph.len()];
        for id in graph.ids().filter(|id| reachable[id.index()]) {
            let index = id.index();
            let op = graph.op(id);
            let mut inlined = 1;
            op.operands(|operand| {
                if !bound[operand.index()] {
                    inlined += weight[operand.index()];
                }
            });
            weight[index] = inlined;
            // A matrix of one number in every entry needs a type where something reads it as a whole.
            let is_trivial = is_trivial(graph, id) && !(whole[index] && matches!(op, Op::Broadcast(_)));
            let is_result = single_output && roots.contains(&id) && uses[index] == 1;
            // What changes with the rounds of a recurrence is written inside it.
            bound[index] = !inside[index]
                && !is_trivial
                && !is_result
                && match (graph.is_mask(id), graph.shape(id)) {
                    (true, Shape::Scalar) => {
                        uses[index] > 1
                            || in_loop[index]
                            || graph.name(id).is_some()
                            || inlined > LONGEST_EXPRESSION
                    }
                    // Masks of many entries are never stored.
                    (true, _) => false,
                    (false, Shape::Scalar) => {
                        uses[index] > 1
                            || in_loop[index]
                            || graph.name(id).is_some()
                            || inlined > LONGEST_EXPRESSION
                    }
                    (false, _) => {
                        uses[index] > 1
                            || whole[index]
                            || graph.name(id).is_some()
                            || inlined > LONGEST_EXPRESSION
                            || matches!(
                                op,
                                Op::MatMul(..)
                                    | Op::Assemble(_)
                                    | Op::Join(_)
                                    | Op::CallGradient(..)
                                    | Op::CallAlong(..)
                                    | Op::Scan(..)
                            )
                    }
                };
            if bound[index] || is_trivial {
                weight[index] = 0;
            }
        }
        let mut constants = HashMap::new();
        for id in graph.ids().filter(|id| reachable[id.index()]) {
            let bits = match graph.op(id) {
                Op::Literal(bits) => *bits,
                Op::Zero => 0.0_f64.to_bits(),
                _ => continue,
            };
            *constants.entry(bits).or_default() += uses[id.index()];
        }
        Self { bound, constants }
    }

    pub(super) fn uses_constant(&self, value: f64) -> bool {
        self.constants.get(&value.to_bits()).is_some_and(|uses| *uses > FREQUENT)
    }

    pub(super) fn is_bound(&self, id: NodeId) -> bool {
        self.bound.get(id.index()).copied().unwrap_or(false)
    }
}

/// True for what is as short as a name.
fn is_trivial(graph: &Graph, id: NodeId) -> bool {
    match *graph.op(id) {
        Op::Literal(_) | Op::Zero | Op::Constant(_) | Op::Parameter(_) | Op::Bool(_) => true,
        Op::Length(_) | Op::Places => true,
        Op::Neg(a) => graph.shape(a).is_scalar() && matches!(graph.op(a), Op::Parameter(_)),
        Op::Index(a, _) => matches!(graph.op(a), Op::Parameter(_)),
        Op::Broadcast(a) => is_trivial(graph, a),
        // A transpose is written into the product that reads it.
        Op::Transpose(_) => true,
        _ => false,
    }
}

/// True where `op` reads all entries of an operand at once, so that it must exist.
fn reads_whole(graph: &Graph, op: &Op, operand: NodeId) -> bool {
    if graph.shape(operand).is_scalar() {
        return false;
    }
    match op {
        Op::MatMul(..) | Op::Transpose(_) | Op::Outer(..) | Op::Index(..) => true,
        Op::Part(..) | Op::Join(_) => true,
        Op::Dot(..) => matches!(graph.shape(operand), Shape::Matrix(..)),
        Op::Call(..) | Op::CallGradient(..) | Op::CallAlong(..) => true,
        _ => false,
    }
}

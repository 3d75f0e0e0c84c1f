//! What a function has that no kernel over arrays can be made of.

use std::fmt;

use crate::graph::{Graph, NodeId, Op};
use crate::kernel::scalars::is_matrix;

/// Why there is no kernel over arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A loop whose steps read the ones before them.
    Recurrence,
    /// A call that is passed a whole array.
    WholeArray,
    /// A matrix that is another one at each sample, and is multiplied with.
    MatrixOfZ,
    /// More operations than are written.
    Large,
    /// Anything else.
    Form,
}

/// As a reason: what stands behind "since".
impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Recurrence => "it has a loop whose steps depend on each other",
            Self::WholeArray => "it passes a whole array to another function",
            Self::MatrixOfZ => "it multiplies with a matrix that is another one at each sample",
            Self::Large => "it takes too many operations",
            Self::Form => "its formula can't be written as loops over the entries of arrays",
        })
    }
}

impl Obstacle {
    /// What a value alone is in the way by.
    pub(super) fn of(graph: &Graph, id: NodeId) -> Option<Self> {
        match *graph.op(id) {
            Op::State(_) | Op::Scan(..) | Op::ScanEnd(..) => Some(Self::Recurrence),
            Op::CallGradient(..) | Op::CallAlong(..) => Some(Self::WholeArray),
            Op::Call(callee, ..) => (!graph.callee(callee).takes_numbers()).then_some(Self::WholeArray),
            _ => None,
        }
    }

    /// The first in all that a kernel would compute; `given` are the numbers of a sample.
    pub(super) fn find(graph: &Graph, roots: &[NodeId], given: &[NodeId]) -> Option<Self> {
        let needed = graph.reachable(roots);
        let varies = graph.dependent(given);
        let changes = |id: NodeId| varies[id.index()] && is_matrix(graph, id);
        graph.ids().filter(|id| needed[id.index()]).find_map(|id| match *graph.op(id) {
            Op::MatMul(a, b) if changes(a) || changes(b) => Some(Self::MatrixOfZ),
            _ => Self::of(graph, id),
        })
    }
}

//! The order in which a stage computes: waves of numbers, then loops over entries, then products of matrices.

use std::collections::{BTreeMap, HashSet};

use super::terms::size;
use crate::graph::{Graph, NodeId, Op};

/// How a value is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number, from other numbers.
    Number,
    /// A number out of arrays that are in memory: an entry, ln Σ e^x.
    Lookup,
    /// A number that a loop over so many entries adds up.
    Sum(usize),
    /// An array of so many entries, in a loop.
    Entries(usize),
    /// A matrix that all samples share, times an array.
    Product,
    /// An array of a few numbers, 0 elsewhere.
    Assembly,
}

/// When and how each value is computed.
pub(super) struct Schedule {
    /// By index: none for what is given, and for what nothing needs.
    slots: Vec<Option<(usize, Kind)>>,
    /// Arrays that are read elsewhere than in the loop that computes them.
    stored: HashSet<NodeId>,
    pub(super) waves: usize,
}

/// A loop over so many entries, in a wave.
pub(super) type Loop = (usize, usize);

impl Schedule {
    /// The schedule for `roots`, down to what `is_given`. `None` where something has no form in rows of lanes.
    pub(super) fn new(graph: &Graph, roots: &[NodeId], is_given: &dyn Fn(NodeId) -> bool) -> Option<Self> {
        let mut schedule = Self { slots: vec![None; graph.len()], stored: HashSet::new(), waves: 1 };
        let mut needed = vec![false; graph.len()];
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            if !is_given(id) && !std::mem::replace(&mut needed[id.index()], true) {
                operands(graph, id, |operand| open.push(operand));
            }
        }
        for id in graph.ids().filter(|id| needed[id.index()]) {
            let kind = kind(graph, id, is_given)?;
            let mut wave = 0;
            operands(graph, id, |operand| wave = wave.max(schedule.ready(operand, kind)));
            schedule.slots[id.index()] = Some((wave, kind));
            schedule.waves = schedule.waves.max(wave + 2);
        }
        for id in graph.ids().filter(|id| needed[id.index()]) {
            schedule.store_operands(graph, id, schedule.region(id));
        }
        Some(schedule)
    }

    /// The first wave in which a value can be read to compute one of this kind.
    fn ready(&self, operand: NodeId, reader: Kind) -> usize {
        let Some((wave, kind)) = self.slots[operand.index()] else { return 0 };
        match (kind, reader) {
            (Kind::Number | Kind::Lookup, _) => wave,
            (Kind::Entries(n), Kind::Entries(m) | Kind::Sum(m)) if n == m => wave,
            (Kind::Entries(_), Kind::Product) => wave,
            _ => wave + 1,
        }
    }

    /// The first wave in which an array is there for what is added to the sums of φ at the end of the wave.
    pub(super) fn ready_for_product(&self, id: NodeId) -> usize {
        self.ready(id, Kind::Product)
    }

    /// The loop in which an array is read entry by entry.
    pub(super) fn ready_for_loop(&self, id: NodeId, entries: usize) -> Loop {
        (self.ready(id, Kind::Entries(entries)), entries)
    }

    /// The wave in which a number can be read.
    pub(super) fn ready_for_number(&self, id: NodeId) -> usize {
        self.ready(id, Kind::Number)
    }

    pub(super) fn slot(&self, id: NodeId) -> Option<(usize, Kind)> {
        self.slots[id.index()]
    }

    /// The loop that computes a value or its sum.
    pub(super) fn region(&self, id: NodeId) -> Option<Loop> {
        match self.slots[id.index()] {
            Some((wave, Kind::Entries(n) | Kind::Sum(n))) => Some((wave, n)),
            _ => None,
        }
    }

    /// Notes which arrays have to be in memory since `reader` reads them, in this loop or in none.
    pub(super) fn store_operands(&mut self, graph: &Graph, reader: NodeId, region: Option<Loop>) {
        operands(graph, reader, |operand| self.store_for(graph, operand, region));
    }

    /// Notes that an array has to be in memory if it is computed in another loop than this one. A mask never is: it is compared
    /// anew.
    pub(super) fn store_for(&mut self, graph: &Graph, array: NodeId, region: Option<Loop>) {
        match self.slots[array.index()] {
            Some(_) if graph.is_mask(array) => self.store_operands(graph, array, region),
            Some((_, Kind::Entries(_))) if region.is_none() || self.region(array) != region => {
                self.stored.insert(array);
            }
            Some((_, Kind::Product | Kind::Assembly)) => {
                self.stored.insert(array);
            }
            _ => {}
        }
    }

    pub(super) fn is_stored(&self, id: NodeId) -> bool {
        self.stored.contains(&id)
    }

    /// The values of a kind of each wave, in the order of the graph, but for masks.
    pub(super) fn of_wave<'s>(
        &'s self,
        graph: &'s Graph,
        wave: usize,
    ) -> impl Iterator<Item = (NodeId, Kind)> + 's {
        graph.ids().filter_map(move |id| match self.slots[id.index()] {
            Some((at, kind)) if at == wave && !graph.is_mask(id) => Some((id, kind)),
            _ => None,
        })
    }

    /// The loops of a wave.
    pub(super) fn loops(&self, graph: &Graph, wave: usize) -> BTreeMap<usize, Vec<NodeId>> {
        let mut loops: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for (id, kind) in self.of_wave(graph, wave) {
            if let Kind::Entries(n) | Kind::Sum(n) = kind {
                loops.entry(n).or_default().push(id);
            }
        }
        loops
    }
}

fn kind(graph: &Graph, id: NodeId, is_given: &dyn Fn(NodeId) -> bool) -> Option<Kind> {
    let entries = |id: NodeId| graph.shape(id).entries();
    let is_matrix = |id: NodeId| size(graph.shape(id)).is_some_and(|(rows, columns)| rows > 1 && columns > 1);
    let count = entries(id)?;
    Some(match *graph.op(id) {
        Op::Dot(a, _) | Op::Sum(a) => Kind::Sum(entries(a)?),
        Op::Index(..) | Op::LogSumExp(_) => Kind::Lookup,
        Op::MatMul(a, b) => match matrix_and_array(graph, a, b)? {
            (matrix, ..) if is_given(matrix) => Kind::Product,
            _ => return None,
        },
        // Of a vector, the entries are the same in the same order; a matrix is transposed where a product reads it.
        Op::Transpose(a) if !is_matrix(a) => Kind::Entries(count),
        Op::Assemble(_) => Kind::Assembly,
        Op::Outer(..)
        | Op::Transpose(_)
        | Op::State(_)
        | Op::Scan(..)
        | Op::ScanEnd(..)
        | Op::CallGradient(..)
        | Op::CallAlong(..) => return None,
        Op::Call(callee, ..)
            if graph.callee(callee).passes.iter().any(|pass| *pass != crate::graph::Pass::Number) =>
        {
            return None;
        }
        _ if graph.shape(id).is_scalar() => Kind::Number,
        _ => Kind::Entries(count),
    })
}

/// The operands of a value; a product reads the matrix as it stands, whether or not it is transposed.
fn operands(graph: &Graph, id: NodeId, mut visit: impl FnMut(NodeId)) {
    if let Op::MatMul(a, b) = *graph.op(id)
        && let Some((matrix, _, array)) = matrix_and_array(graph, a, b)
    {
        visit(matrix);
        visit(array);
    } else {
        graph.op(id).operands(visit);
    }
}

/// A product as a matrix, whether it is transposed, and an array of one column.
pub(super) fn matrix_and_array(graph: &Graph, a: NodeId, b: NodeId) -> Option<(NodeId, bool, NodeId)> {
    let ((rows, _), (_, columns)) = (size(graph.shape(a))?, size(graph.shape(b))?);
    let untransposed = |matrix: NodeId, is_transposed: bool| match *graph.op(matrix) {
        Op::Transpose(inner) => (inner, !is_transposed),
        _ => (matrix, is_transposed),
    };
    if columns == 1 {
        let (matrix, is_transposed) = untransposed(a, false);
        Some((matrix, is_transposed, b))
    } else if rows == 1 {
        // (xᵀ·B)ᵀ = Bᵀ·x
        let (matrix, is_transposed) = untransposed(b, true);
        Some((matrix, is_transposed, a))
    } else {
        None
    }
}

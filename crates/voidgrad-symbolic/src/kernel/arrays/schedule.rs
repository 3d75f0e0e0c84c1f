//! The order in which a stage computes: waves of numbers, then loops over entries, then products of matrices.

use std::collections::{BTreeMap, HashSet};

use super::Extent;
use super::obstacle::Obstacle;
use crate::graph::{Dim, Graph, NodeId, Op, Shape};
use crate::kernel::scalars::is_matrix;

/// How a value is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number, from other numbers.
    Number,
    /// A number out of arrays that are in memory: an entry, ln Σ e^x.
    Lookup,
    /// A number that a loop over so many entries adds up.
    Sum(Extent),
    /// An array of so many entries, in a loop.
    Entries(Extent),
    /// A matrix that all samples share, times an array.
    Product,
    /// An array of a few numbers or of parts of other arrays, 0 elsewhere; or a matrix that is transposed.
    Assembly,
}

/// How many lanes a row of a stage has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// One: then rows are plain numbers, and a matrix in memory can be multiplied with as one that is given.
    One,
    /// As many as the machine has.
    Many,
}

/// When and how each value is computed.
pub(super) struct Schedule {
    /// By index: what is there before the stage.
    given: Vec<bool>,
    /// By index: none for what is given, and for what nothing needs.
    slots: Vec<Option<(usize, Kind)>>,
    /// Arrays that are read elsewhere than in the loop that computes them.
    stored: HashSet<NodeId>,
    width: Width,
    pub(super) waves: usize,
}

/// A loop over so many entries, in a wave.
pub(super) type Loop = (usize, Extent);

impl Schedule {
    /// The schedule for `roots`, down to what `is_given`. `None` where something has no form in rows of lanes.
    pub(super) fn new(
        graph: &Graph,
        roots: &[NodeId],
        width: Width,
        is_given: &dyn Fn(NodeId) -> bool,
    ) -> Option<Self> {
        let given: Vec<bool> = graph.ids().map(is_given).collect();
        let mut schedule =
            Self { given, slots: vec![None; graph.len()], stored: HashSet::new(), width, waves: 1 };
        let mut needed = vec![false; graph.len()];
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            if !schedule.given[id.index()] && !std::mem::replace(&mut needed[id.index()], true) {
                schedule.operands(graph, id, |operand| open.push(operand));
            }
        }
        for id in graph.ids().filter(|id| needed[id.index()]) {
            let kind = schedule.kind(graph, id)?;
            let mut wave = 0;
            schedule.operands(graph, id, |operand| wave = wave.max(schedule.ready(operand, &kind)));
            schedule.slots[id.index()] = Some((wave, kind));
            schedule.waves = schedule.waves.max(wave + 2);
        }
        schedule.store_all(graph);
        schedule.sink(graph);
        schedule.store_all(graph);
        Some(schedule)
    }

    /// Notes anew which arrays have to be in memory.
    fn store_all(&mut self, graph: &Graph) {
        self.stored.clear();
        for id in graph.ids() {
            if self.slots[id.index()].is_some() {
                self.store_operands(graph, id, self.region(id).as_ref());
            }
        }
    }

    /// Moves arrays to the first loop that reads them, where what they are made of is in memory anyway but for one: then they
    /// need none of their own.
    fn sink(&mut self, graph: &Graph) {
        let mut latest: Vec<Option<usize>> = vec![None; graph.len()];
        for id in graph.ids().rev() {
            let Some((mut wave, kind)) = self.slots[id.index()].clone() else { continue };
            if let (Kind::Entries(_), Some(later)) = (&kind, latest[id.index()]) {
                let mut made = 0;
                self.operands(graph, id, |operand| made += usize::from(self.needs_memory(graph, operand)));
                if later > wave && made <= 1 {
                    wave = later;
                    self.slots[id.index()] = Some((wave, kind.clone()));
                }
            }
            let by = match kind {
                Kind::Lookup => wave.saturating_sub(1),
                _ => wave,
            };
            self.operands(graph, id, |operand| {
                let slot = &mut latest[operand.index()];
                *slot = Some(slot.map_or(by, |known| known.min(by)));
            });
        }
    }

    /// Whether an array would need memory to be read in a later loop.
    fn needs_memory(&self, graph: &Graph, id: NodeId) -> bool {
        matches!(self.slots[id.index()], Some((_, Kind::Entries(_))))
            && !self.stored.contains(&id)
            && !is_inline(graph, id)
    }

    /// The first wave in which a value can be read to compute one of this kind.
    fn ready(&self, operand: NodeId, reader: &Kind) -> usize {
        let Some((wave, kind)) = &self.slots[operand.index()] else { return 0 };
        match (kind, reader) {
            (Kind::Number | Kind::Lookup, _) => *wave,
            // What goes entry by entry has operands of its own length, so the loop that reads them can compute them.
            (Kind::Entries(_), Kind::Entries(_) | Kind::Sum(_) | Kind::Product) => *wave,
            _ => wave + 1,
        }
    }

    /// The first wave in which an array is there for what is added to the sums of φ at the end of the wave.
    pub(super) fn ready_for_product(&self, id: NodeId) -> usize {
        self.ready(id, &Kind::Product)
    }

    /// The loop in which an array is read entry by entry.
    pub(super) fn ready_for_loop(&self, id: NodeId, entries: Extent) -> Loop {
        (self.ready(id, &Kind::Entries(entries.clone())), entries)
    }

    /// The wave in which a number can be read.
    pub(super) fn ready_for_number(&self, id: NodeId) -> usize {
        self.ready(id, &Kind::Number)
    }

    pub(super) fn slot(&self, id: NodeId) -> Option<&(usize, Kind)> {
        self.slots[id.index()].as_ref()
    }

    /// The loop that computes a value or its sum.
    pub(super) fn region(&self, id: NodeId) -> Option<Loop> {
        match &self.slots[id.index()] {
            Some((wave, Kind::Entries(n) | Kind::Sum(n))) => Some((*wave, n.clone())),
            _ => None,
        }
    }

    /// Notes which arrays have to be in memory since `reader` reads them, in this loop or in none.
    pub(super) fn store_operands(&mut self, graph: &Graph, reader: NodeId, region: Option<&Loop>) {
        let mut operands = Vec::new();
        self.operands(graph, reader, |operand| operands.push(operand));
        for operand in operands {
            self.store_for(graph, operand, region);
        }
    }

    /// Notes that an array has to be in memory if it is computed in another loop than this one.
    pub(super) fn store_for(&mut self, graph: &Graph, array: NodeId, region: Option<&Loop>) {
        match self.slots[array.index()] {
            Some(_) if is_inline(graph, array) && region.is_some() => {
                self.store_operands(graph, array, region);
            }
            Some((_, Kind::Entries(_))) if self.region(array).as_ref() != region => {
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

    /// The values of a wave with their kinds, in the order of the graph, but for what is written where it is read.
    pub(super) fn of_wave<'s>(
        &'s self,
        graph: &'s Graph,
        wave: usize,
    ) -> impl Iterator<Item = (NodeId, &'s Kind)> + 's {
        graph.ids().filter_map(move |id| match &self.slots[id.index()] {
            Some((at, kind)) if *at == wave && (!is_inline(graph, id) || self.is_stored(id)) => {
                Some((id, kind))
            }
            _ => None,
        })
    }

    /// The loops of a wave.
    pub(super) fn loops(&self, graph: &Graph, wave: usize) -> BTreeMap<Extent, Vec<NodeId>> {
        let mut loops: BTreeMap<Extent, Vec<NodeId>> = BTreeMap::new();
        for (id, kind) in self.of_wave(graph, wave) {
            if let Kind::Entries(n) | Kind::Sum(n) = kind {
                loops.entry(n.clone()).or_default().push(id);
            }
        }
        loops
    }

    /// How a value is computed; `None` where it has no form in rows of lanes.
    fn kind(&self, graph: &Graph, id: NodeId) -> Option<Kind> {
        let entries = |id: NodeId| Extent::of(graph.shape(id));
        Some(match *graph.op(id) {
            Op::Dot(a, _) | Op::Sum(a) => Kind::Sum(entries(a)),
            Op::Index(..) | Op::LogSumExp(_) => Kind::Lookup,
            Op::MatMul(..) => {
                self.product(graph, id)?;
                Kind::Product
            }
            // Of a vector, the entries are the same in the same order; a matrix is transposed where a product reads it.
            Op::Transpose(a) if !is_matrix(graph, a) => Kind::Entries(entries(id)),
            Op::Assemble(_) | Op::Part(..) | Op::Join(_) | Op::Transpose(_) => Kind::Assembly,
            Op::Outer(..) => return None,
            _ if Obstacle::of(graph, id).is_some() => return None,
            _ if graph.shape(id).is_scalar() => Kind::Number,
            _ => Kind::Entries(entries(id)),
        })
    }

    /// The operands of a value; a product reads the matrix as it stands, whether or not it is transposed.
    fn operands(&self, graph: &Graph, id: NodeId, mut visit: impl FnMut(NodeId)) {
        match self.product(graph, id) {
            Some(Product { matrix, array, .. }) => {
                visit(matrix);
                visit(array);
            }
            None => graph.op(id).operands(visit),
        }
    }

    /// A product of a matrix of plain numbers with an array of one column, or of one row.
    pub(super) fn product(&self, graph: &Graph, id: NodeId) -> Option<Product> {
        let Op::MatMul(a, b) = *graph.op(id) else { return None };
        let (Shape::Matrix(rows, _), Shape::Matrix(_, columns)) = (graph.shape(a), graph.shape(b)) else {
            return None;
        };
        let is_one = |length: &Dim| length.fixed() == Some(1);
        let product = |matrix: NodeId, is_transposed: bool, array: NodeId| match *graph.op(matrix) {
            Op::Transpose(inner) => Product { matrix: inner, is_transposed: !is_transposed, array },
            _ => Product { matrix, is_transposed, array },
        };
        // (xᵀ·B)ᵀ = Bᵀ·x
        let forms =
            [is_one(columns).then(|| product(a, false, b)), is_one(rows).then(|| product(b, true, a))];
        forms
            .into_iter()
            .flatten()
            .find(|product| self.width == Width::One || self.given[product.matrix.index()])
    }
}

/// What is written where it is read: masks, which memory does not hold, constants, and a number in every entry.
pub(super) fn is_inline(graph: &Graph, id: NodeId) -> bool {
    graph.is_mask(id)
        || matches!(
            graph.op(id),
            Op::Literal(_) | Op::Zero | Op::Constant(_) | Op::Length(_) | Op::Places | Op::Broadcast(_)
        )
}

/// `A·x` or `Aᵀ·x`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product {
    pub(super) matrix: NodeId,
    pub(super) is_transposed: bool,
    pub(super) array: NodeId,
}

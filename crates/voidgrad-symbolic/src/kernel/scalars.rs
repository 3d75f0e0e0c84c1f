//! A graph over arrays as a graph over numbers: each entry is a node of its own.

use std::collections::HashMap;

use crate::graph::{Dim, Graph, NodeId, Op, Position, Shape};

/// The most nodes that a kernel may have; a larger one would be code that no cache holds.
const LARGEST: usize = 4_000;

/// The entries of arrays as nodes of a graph that has numbers only.
pub(super) struct Scalars {
    /// The graph of the entries.
    pub(super) graph: Graph,
    /// The entries of each node of the source, column by column.
    entries: HashMap<NodeId, Vec<NodeId>>,
    /// By index of the source: what changes from sample to sample.
    varies: Vec<bool>,
    /// By index of the graph: what all samples share.
    shared: Vec<bool>,
}

impl Scalars {
    /// The entries of `roots` and of all that they are made of; `given` are the numbers of one sample. `None` where a length is not known, where there are too
    /// many, or where an array is passed to a call or runs through a long loop.
    pub(super) fn new(source: &Graph, given: &[NodeId], roots: &[NodeId]) -> Option<Self> {
        let varies = source.dependent(given);
        let mut scalars =
            Self { graph: Graph::default(), entries: HashMap::new(), varies, shared: Vec::new() };
        let needed = source.reachable(roots);
        for id in source.ids().filter(|id| needed[id.index()]) {
            let entries = scalars.expand(source, id)?;
            scalars.carry_name(source, id, &entries);
            scalars.note_shared(given.contains(&id));
            scalars.entries.insert(id, entries);
            if scalars.graph.len() > LARGEST {
                return None;
            }
        }
        Some(scalars)
    }

    /// The entries of a node of the source.
    pub(super) fn of(&self, id: NodeId) -> &[NodeId] {
        &self.entries[&id]
    }

    /// Extends `shared` to the nodes that are new; `is_given` where they are a number of one sample.
    fn note_shared(&mut self, is_given: bool) {
        for id in self.graph.ids().skip(self.shared.len()) {
            let mut shared = !is_given || !matches!(self.graph.op(id), Op::Parameter(_));
            self.graph.op(id).operands(|operand| shared &= self.shared[operand.index()]);
            self.shared.push(shared);
        }
    }

    fn is_shared(&mut self, id: NodeId) -> bool {
        self.note_shared(false);
        self.shared[id.index()]
    }

    /// `a·b` in a product of arrays. Where a guarded number that all samples share is multiplied with another such number,
    /// their product is one too, under the same guard.
    fn product(&mut self, a: NodeId, b: NodeId) -> NodeId {
        for (guarded, factor) in [(a, b), (b, a)] {
            if let Op::Select(mask, value, zero) = *self.graph.op(guarded)
                && self.graph.is_zero(zero)
                && self.is_shared(value)
                && self.is_shared(factor)
            {
                let value = product(&mut self.graph, value, factor);
                return self.graph.select(mask, value, zero);
            }
        }
        product(&mut self.graph, a, b)
    }

    /// `h1` is the array of `h1_0`, `h1_1`, ….
    fn carry_name(&mut self, source: &Graph, id: NodeId, entries: &[NodeId]) {
        let name = source.describe(id);
        let numbered = |i: usize| match source.shape(id) {
            Shape::Scalar => name.clone(),
            Shape::Matrix(rows, columns) if columns.fixed() != Some(1) => {
                let rows = rows.fixed().unwrap_or(1);
                format!("{name}_{}_{}", i % rows, i / rows)
            }
            _ => format!("{name}_{i}"),
        };
        for (i, entry) in entries.iter().enumerate() {
            // The name of an array says more than one that is made from the operands, and a quotient may have become a product.
            let is_better = !source.shape(id).is_scalar() || matches!(source.op(id), Op::Div(..));
            if source.hint(id).is_some() || is_better {
                self.graph.set_hint(*entry, numbered(i));
            }
        }
    }

    fn expand(&mut self, source: &Graph, id: NodeId) -> Option<Vec<NodeId>> {
        let shape = source.shape(id);
        let count = shape.entries()?;
        if count > LARGEST {
            return None;
        }
        let op = source.op(id);
        Some(match op {
            Op::Parameter(index) => {
                let is_mask = source.is_mask(id);
                let parameter = self.graph.parameter(*index, shape.clone(), is_mask);
                if shape.is_scalar() {
                    return Some(vec![parameter]);
                }
                let entry = |i| self.graph.node(Op::Index(parameter, position(shape, i)), Shape::Scalar);
                (0..count).map(entry).collect()
            }
            Op::Zero => vec![self.graph.zero(); count],
            Op::Places => (0..count).map(|i| self.graph.literal(i as f64)).collect(),
            Op::Length(length) => vec![self.graph.literal(length.fixed()? as f64)],
            Op::Constant(index) => {
                vec![self.graph.constant_node(source.constant(*index).clone())]
            }
            Op::Literal(_) | Op::Bool(_) => vec![self.graph.node(op.clone(), Shape::Scalar)],
            Op::Index(array, at) => {
                vec![self.of(*array)[entry_number(source.shape(*array), *at)?]]
            }
            Op::Assemble(parts) => {
                let mut entries = vec![self.graph.zero(); count];
                for (at, part) in parts {
                    entries[entry_number(shape, *at)?] = self.of(*part)[0];
                }
                entries
            }
            Op::Part(a, first) => {
                let numbers = entries_behind(source.shape(*a), *first, shape)?;
                numbers.into_iter().map(|number| self.of(*a)[number]).collect()
            }
            Op::Join(parts) => self.joined(source, parts, shape)?,
            Op::Transpose(a) => {
                let (rows, columns) = size(shape)?;
                let of_a = self.of(*a);
                (0..columns).flat_map(|j| (0..rows).map(move |i| of_a[j + i * columns])).collect()
            }
            Op::MatMul(a, b) => {
                let ((rows, inner), (_, columns)) = (size(source.shape(*a))?, size(source.shape(*b))?);
                if rows * inner * columns > LARGEST {
                    return None;
                }
                let (left, right) = (self.of(*a).to_vec(), self.of(*b).to_vec());
                let cells = (0..columns).flat_map(|j| (0..rows).map(move |i| (i, j)));
                cells
                    .map(|(i, j)| {
                        let factors = (0..inner).map(|k| (left[i + k * rows], right[k + j * inner]));
                        self.sum_of_products(factors)
                    })
                    .collect()
            }
            Op::Outer(a, b) => {
                let (left, right) = (self.of(*a).to_vec(), self.of(*b).to_vec());
                let cells = right.iter().flat_map(|b| left.iter().map(move |a| (*a, *b)));
                cells.map(|(a, b)| self.product(a, b)).collect()
            }
            Op::Dot(a, b) => {
                let (left, right) = (self.of(*a).to_vec(), self.of(*b).to_vec());
                vec![self.sum_of_products(left.into_iter().zip(right))]
            }
            Op::Sum(a) => {
                let terms = self.of(*a).to_vec();
                let zero = self.graph.zero();
                vec![terms.into_iter().fold(zero, |sum, term| self.graph.add(sum, term))]
            }
            Op::LogSumExp(a) => {
                let terms = self.of(*a).to_vec();
                vec![self.log_sum_exp(&terms)]
            }
            Op::Call(callee, orders, arguments) => {
                let called = source.callee(*callee).clone();
                if !called.takes_numbers() {
                    return None;
                }
                let callee = self.graph.intern_callee(called);
                let call = |i| {
                    let arguments =
                        arguments.iter().map(|argument| self.entry(source, *argument, i)).collect();
                    self.graph.node(Op::Call(callee, orders.clone(), arguments), Shape::Scalar)
                };
                (0..count).map(call).collect()
            }
            Op::State(_) | Op::Scan(..) | Op::ScanEnd(..) | Op::CallGradient(..) | Op::CallAlong(..) => {
                return None;
            }
            op => (0..count).map(|i| self.elementwise(source, op, i)).collect(),
        })
    }

    /// Parts at their places, and zeros elsewhere.
    fn joined(&mut self, source: &Graph, parts: &[(Position, NodeId)], shape: &Shape) -> Option<Vec<NodeId>> {
        let mut entries = vec![self.graph.zero(); shape.entries()?];
        for (first, part) in parts {
            let numbers = entries_behind(shape, *first, source.shape(*part))?;
            for (number, entry) in numbers.into_iter().zip(self.of(*part)) {
                entries[number] = *entry;
            }
        }
        Some(entries)
    }

    /// Entry `i` of an operand; a number is the same at every place.
    fn entry(&self, source: &Graph, operand: NodeId, i: usize) -> NodeId {
        let entries = self.of(operand);
        if source.shape(operand).is_scalar() { entries[0] } else { entries[i] }
    }

    fn elementwise(&mut self, source: &Graph, op: &Op, i: usize) -> NodeId {
        if let Op::Div(a, b) = *op
            && self.varies[a.index()]
            && !self.varies[b.index()]
        {
            // All samples share the divisor, so they share its reciprocal: a product costs a tenth of a division, and has half a
            // unit in the last place more of error.
            let (a, b) = (self.entry(source, a, i), self.entry(source, b, i));
            let one = self.graph.literal(1.0);
            let reciprocal = self.graph.div(one, b);
            return self.graph.mul(a, reciprocal);
        }
        let op = op.clone().map_operands(|operand| self.entry(source, operand, i));
        let graph = &mut self.graph;
        match op {
            Op::Broadcast(a) => a,
            Op::Neg(a) => graph.neg(a),
            Op::Add(a, b) => graph.add(a, b),
            Op::Sub(a, b) => graph.sub(a, b),
            Op::Mul(a, b) => graph.mul(a, b),
            Op::Div(a, b) => graph.div(a, b),
            Op::And(a, b) => graph.and(a, b),
            Op::Or(a, b) => graph.or(a, b),
            Op::Not(a) => graph.not(a),
            Op::Select(mask, a, b) => graph.select(mask, a, b),
            op => graph.node(op, Shape::Scalar),
        }
    }

    fn sum_of_products(&mut self, factors: impl Iterator<Item = (NodeId, NodeId)>) -> NodeId {
        let zero = self.graph.zero();
        factors.fold(zero, |sum, (a, b)| {
            let product = self.product(a, b);
            self.graph.add(sum, product)
        })
    }

    /// `shift + ln Σ e^(x - shift)` with the largest entry as the shift; -∞ - -∞ would be no number.
    fn log_sum_exp(&mut self, terms: &[NodeId]) -> NodeId {
        let graph = &mut self.graph;
        let lowest = graph.literal(f64::NEG_INFINITY);
        let written_zero = graph.literal(0.0);
        let largest = terms.iter().fold(lowest, |largest, term| graph.binary("max", largest, *term));
        let is_lowest = graph.compare(crate::graph::Comparison::Eq, largest, lowest);
        let shift = graph.node(Op::Select(is_lowest, written_zero, largest), Shape::Scalar);
        let zero = graph.zero();
        let sum = terms.iter().fold(zero, |sum, term| {
            let difference = graph.sub(*term, shift);
            let power = graph.unary("exp", difference);
            graph.add(sum, power)
        });
        let ln = graph.unary("ln", sum);
        graph.add(shift, ln)
    }
}

/// `a·b` of values that stand: where one of them is guarded, the guard stays inside, so that it is applied once and not in
/// each product.
pub(super) fn product(graph: &mut Graph, a: NodeId, b: NodeId) -> NodeId {
    let is_one = |id| graph.is_literal(id, 1.0);
    if graph.is_zero(a) || graph.is_zero(b) {
        graph.zero()
    } else if is_one(a) {
        b
    } else if is_one(b) {
        a
    } else {
        let shape = if graph.shape(a).is_scalar() { graph.shape(b) } else { graph.shape(a) }.clone();
        match graph.find(Op::Mul(b, a), &shape) {
            Some(known) => known,
            None => graph.node(Op::Mul(a, b), shape),
        }
    }
}

/// Rows and columns; an array is a column.
pub(super) fn size(shape: &Shape) -> Option<(usize, usize)> {
    match shape {
        Shape::Scalar => Some((1, 1)),
        Shape::Array(n) => Some((n.fixed()?, 1)),
        Shape::Matrix(rows, columns) => Some((rows.fixed()?, columns.fixed()?)),
    }
}

/// More than one row and more than one column; a length that is not known here counts as more than one.
pub(super) fn is_matrix(graph: &Graph, id: NodeId) -> bool {
    let is_more = |length: &Dim| length.fixed().is_none_or(|count| count > 1);
    matches!(graph.shape(id), Shape::Matrix(rows, columns) if is_more(rows) && is_more(columns))
}

/// The number of an entry, column by column.
pub(super) fn entry_number(shape: &Shape, at: Position) -> Option<usize> {
    let (rows, _) = size(shape)?;
    Some(match at {
        Position::Entry(i) => i,
        Position::Cell(row, column) => row + column * rows,
    })
}

/// The numbers of the entries that a part from `first` on has.
pub(crate) fn entries_behind(whole: &Shape, first: Position, part: &Shape) -> Option<Vec<usize>> {
    let (rows, columns) = size(part)?;
    let places = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
    places.map(|(row, column)| entry_number(whole, whole.behind(first, part.position(row, column)))).collect()
}

/// The place of entry `i`.
fn position(shape: &Shape, i: usize) -> Position {
    match size(shape) {
        Some((rows, columns)) if columns != 1 => Position::Cell(i % rows, i / rows),
        _ => Position::Entry(i),
    }
}

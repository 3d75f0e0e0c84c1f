//! The expression graph: one append-only arena, hash-consed, children before parents.
//!
//! Every value of a function and of its derivatives is a node, and equal nodes are one node, so common parts are
//! shared without a search. Walks go over the arena by index; nothing iterates over a hash map, so the same
//! source gives the same output, byte for byte.

mod block;
mod describe;
mod graft;
mod lengths;
mod op;
mod shape;
pub mod text;

use std::collections::HashMap;

pub use block::Block;
pub use op::{Callee, Comparison, Constant, Op, Pass, Position, Recurrence, Within};
pub use shape::{Dim, Shape};

/// The most nodes that the body of one function may grow to.
pub const NODE_LIMIT: usize = 10_000;

/// A node's place in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The index into per-node tables.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node: what it computes, and the shape of the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// The shape of its value.
    pub shape: Shape,
}

/// The arena, with the names that the user gave to values and the paths that the source mentions.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    index: HashMap<Node, NodeId>,
    names: Vec<Option<String>>,
    hints: Vec<Option<String>>,
    constants: Vec<Constant>,
    callees: Vec<Callee>,
    agreements: Vec<(Dim, Dim)>,
    states: usize,
    masks: Vec<bool>,
    entries: HashMap<(NodeId, Position), NodeId>,
    parts: HashMap<(NodeId, Position, Shape), NodeId>,
}

impl Graph {
    /// The node for `op`, where there is one.
    #[must_use]
    pub fn find(&self, op: Op, shape: &Shape) -> Option<NodeId> {
        self.index.get(&Node { op, shape: shape.clone() }).copied()
    }

    /// The entry of `array` at `at`, where it was asked for before: without this memory, following an index inward
    /// through shared parts would take exponential time.
    #[must_use]
    pub fn indexed(&self, array: NodeId, at: Position) -> Option<NodeId> {
        self.entries.get(&(array, at)).copied()
    }

    /// Remembers an answer for [`Graph::indexed`].
    pub fn remember_index(&mut self, array: NodeId, at: Position, entry: NodeId) {
        self.entries.insert((array, at), entry);
    }

    /// The part of `array` from `first` on with this shape, if it was asked for before, for the same reason.
    #[must_use]
    pub fn known_part(&self, array: NodeId, first: Position, shape: &Shape) -> Option<NodeId> {
        self.parts.get(&(array, first, shape.clone())).copied()
    }

    /// Remembers an answer for [`Graph::known_part`].
    pub fn remember_part(&mut self, array: NodeId, first: Position, part: NodeId) {
        self.parts.insert((array, first, self.shape(part).clone()), part);
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True before the first node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes, in the order in which they were made.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).expect("the node limit is far below 2^32")).map(NodeId)
    }

    /// What a node computes.
    #[must_use]
    pub fn op(&self, id: NodeId) -> &Op {
        &self.nodes[id.index()].op
    }

    /// The shape of a node's value.
    #[must_use]
    pub fn shape(&self, id: NodeId) -> &Shape {
        &self.nodes[id.index()].shape
    }

    /// True where a node's value is a mask.
    #[must_use]
    pub fn is_mask(&self, id: NodeId) -> bool {
        self.masks[id.index()]
    }

    /// The name that the user gave to a value.
    #[must_use]
    pub fn name(&self, id: NodeId) -> Option<&str> {
        self.names[id.index()].as_deref()
    }

    /// Names a value; the first name stays.
    pub fn set_name(&mut self, id: NodeId, name: &str) {
        let slot = &mut self.names[id.index()];
        if slot.is_none() {
            *slot = Some(name.to_owned());
        }
    }

    /// The name that a value would have: an adjoint is `x_bar` after `x`, a tangent `x_dot`.
    #[must_use]
    pub fn hint(&self, id: NodeId) -> Option<&str> {
        self.names[id.index()].as_deref().or(self.hints[id.index()].as_deref())
    }

    /// Suggests a name for a value that the user did not name; the first one stays.
    pub fn set_hint(&mut self, id: NodeId, name: String) {
        if matches!(self.op(id), Op::Literal(_) | Op::Zero | Op::Constant(_) | Op::Bool(_)) {
            return;
        }
        self.hints[id.index()].get_or_insert(name);
    }

    /// The constant with this index.
    #[must_use]
    pub fn constant(&self, index: usize) -> &Constant {
        &self.constants[index]
    }

    /// The node of a constant, which joins the list unless it stands there already.
    pub fn constant_node(&mut self, constant: Constant) -> NodeId {
        let index = self.intern_constant(constant);
        self.node(Op::Constant(index), Shape::Scalar)
    }

    /// The constant `node` as a real number: `PATH as f64`.
    pub fn cast_constant(&mut self, node: NodeId) -> NodeId {
        match *self.op(node) {
            Op::Constant(index) => {
                let path = self.constant(index).path.clone();
                self.constant_node(Constant { path, is_cast: true })
            }
            _ => node,
        }
    }

    fn intern_constant(&mut self, constant: Constant) -> usize {
        self.constants.iter().position(|known| *known == constant).unwrap_or_else(|| {
            self.constants.push(constant);
            self.constants.len() - 1
        })
    }

    /// The pairs of lengths that must be equal and are found at run time.
    #[must_use]
    pub fn agreements(&self) -> &[(Dim, Dim)] {
        &self.agreements
    }

    /// Notes that two lengths must be equal, where that is not known yet.
    pub fn must_agree(&mut self, a: &Dim, b: &Dim) {
        let pair = (a.clone(), b.clone());
        let is_open = matches!(a, Dim::Runtime(..)) || matches!(b, Dim::Runtime(..));
        if is_open && a != b && !self.agreements.contains(&pair) {
            self.agreements.push(pair);
        }
    }

    /// [`Graph::must_agree`] for all lengths of two shapes.
    pub fn shapes_must_agree(&mut self, a: &Shape, b: &Shape) {
        match (a, b) {
            (Shape::Array(m), Shape::Array(n)) => self.must_agree(m, n),
            (Shape::Matrix(a, b), Shape::Matrix(c, d)) => {
                self.must_agree(a, c);
                self.must_agree(b, d);
            }
            _ => {}
        }
    }

    /// The callee with this index.
    #[must_use]
    pub fn callee(&self, index: usize) -> &Callee {
        &self.callees[index]
    }

    /// The index of `callee`, which joins the list unless it stands there already.
    pub fn intern_callee(&mut self, callee: Callee) -> usize {
        self.callees.iter().position(|known| *known == callee).unwrap_or_else(|| {
            self.callees.push(callee);
            self.callees.len() - 1
        })
    }

    /// An operation of another graph with the numbers that its paths and callees have in this one.
    pub fn adopt(&mut self, op: Op, source: &Self) -> Op {
        match op {
            Op::Constant(index) => Op::Constant(self.intern_constant(source.constant(index).clone())),
            Op::Call(callee, orders, arguments) => {
                Op::Call(self.intern_callee(source.callee(callee).clone()), orders, arguments)
            }
            op => op,
        }
    }

    /// The node for `op`, which joins the arena unless an equal one is there.
    pub fn node(&mut self, op: Op, shape: Shape) -> NodeId {
        let mask = match &op {
            Op::Compare(..) | Op::And(..) | Op::Or(..) | Op::Not(_) | Op::Bool(_) => true,
            Op::Broadcast(a) | Op::Index(a, _) | Op::Part(a, _) => self.is_mask(*a),
            Op::Select(_, a, _) => self.is_mask(*a),
            _ => false,
        };
        self.insert(Node { op, shape }, mask)
    }

    /// The node of a parameter; `mask` where its type is `bool`.
    pub fn parameter(&mut self, index: usize, shape: Shape, mask: bool) -> NodeId {
        self.insert(Node { op: Op::Parameter(index), shape }, mask)
    }

    fn insert(&mut self, node: Node, mask: bool) -> NodeId {
        if let Some(&id) = self.index.get(&node) {
            return id;
        }
        let id = NodeId(u32::try_from(self.nodes.len()).expect("the node limit is far below 2^32"));
        self.index.insert(node.clone(), id);
        self.nodes.push(node);
        self.names.push(None);
        self.hints.push(None);
        self.masks.push(mask);
        id
    }

    /// The state of a new recurrence over arrays of this shape.
    pub fn new_state(&mut self, backward: bool, shape: Shape) -> (Recurrence, NodeId) {
        let recurrence = Recurrence { state: self.states, backward };
        self.states += 1;
        (recurrence, self.node(Op::State(recurrence.state), shape))
    }

    /// Which nodes one round of a recurrence computes for its `next` state, by index; recurrences inside it count as one
    /// step, whatever their own rounds compute.
    #[must_use]
    pub fn of_one_round(&self, next: NodeId) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        reached[next.index()] = true;
        for id in self.ids().rev() {
            if reached[id.index()] {
                match self.op(id) {
                    Op::Scan(_, first, _) | Op::ScanEnd(_, first, _) => reached[first.index()] = true,
                    op => op.operands(|operand| reached[operand.index()] = true),
                }
            }
        }
        reached
    }

    /// Which nodes are a part of a recurrence's next state that changes from round to round, by index.
    #[must_use]
    pub fn inside_recurrences(&self) -> Vec<bool> {
        let mut inside = vec![false; self.len()];
        for id in self.ids() {
            inside[id.index()] = match self.op(id) {
                Op::State(_) => true,
                Op::Scan(_, first, _) | Op::ScanEnd(_, first, _) => inside[first.index()],
                op => {
                    let mut any = false;
                    op.operands(|operand| any |= inside[operand.index()]);
                    any
                }
            };
        }
        inside
    }

    /// `node` with `array` in the place of the state `state`. A recurrence over that state keeps its own.
    pub fn with_states(&mut self, node: NodeId, state: usize, array: NodeId) -> NodeId {
        let Some(leaf) = self.find(Op::State(state), &self.shape(array).clone()) else { return node };
        let needed = self.reachable(&[node]);
        let mut replaced: HashMap<NodeId, NodeId> = HashMap::from([(leaf, array)]);
        let ids: Vec<NodeId> = self.ids().filter(|id| needed[id.index()] && *id != leaf).collect();
        for id in ids {
            let (op, shape) = (self.op(id).clone(), self.shape(id).clone());
            let own = match &op {
                Op::Scan(recurrence, _, next) | Op::ScanEnd(recurrence, _, next)
                    if recurrence.state == state =>
                {
                    Some(*next)
                }
                _ => None,
            };
            let copy = op.clone().map_operands(|operand| match replaced.get(&operand) {
                Some(copy) if Some(operand) != own => *copy,
                _ => operand,
            });
            if copy != op {
                let copy = self.node(copy, shape);
                let hint = self.describe(id);
                self.set_hint(copy, hint);
                replaced.insert(id, copy);
            }
        }
        replaced.get(&node).copied().unwrap_or(node)
    }

    /// The node of a number.
    pub fn literal(&mut self, value: f64) -> NodeId {
        self.node(Op::Literal(value.to_bits()), Shape::Scalar)
    }

    /// The number that a literal stands for.
    #[must_use]
    pub fn literal_value(&self, id: NodeId) -> Option<f64> {
        match self.op(id) {
            Op::Literal(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    /// True where the node is the literal `value`.
    #[must_use]
    #[allow(clippy::float_cmp)] // an exact match is meant
    pub fn is_literal(&self, id: NodeId, value: f64) -> bool {
        self.literal_value(id) == Some(value)
    }

    /// True for the zero that may be folded away.
    #[must_use]
    pub fn is_zero(&self, id: NodeId) -> bool {
        match self.op(id) {
            Op::Zero => true,
            Op::Broadcast(a) => matches!(self.op(*a), Op::Zero),
            _ => false,
        }
    }

    /// Which nodes the `outputs` are made of, by index.
    #[must_use]
    pub fn reachable(&self, outputs: &[NodeId]) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        for output in outputs {
            reached[output.index()] = true;
        }
        for id in self.ids().rev() {
            if reached[id.index()] {
                self.op(id).operands(|operand| reached[operand.index()] = true);
            }
        }
        reached
    }

    /// Which nodes depend on one of `inputs`, by index.
    #[must_use]
    pub fn dependent(&self, inputs: &[NodeId]) -> Vec<bool> {
        let mut depends = vec![false; self.len()];
        for input in inputs {
            depends[input.index()] = true;
        }
        for id in self.ids() {
            if !depends[id.index()] {
                let mut any = false;
                self.op(id).operands(|operand| any |= depends[operand.index()]);
                depends[id.index()] = any;
            }
        }
        depends
    }
}

//! A graph at z and at z̃, as one graph.

use std::collections::HashMap;

use super::Extent;
use super::terms::{Terms, terms};
use crate::graph::{Graph, NodeId, Op, Shape};

/// Both points in one graph, so that what they share is one node.
pub(super) struct Points<'a> {
    source: &'a Graph,
    /// The graph of both.
    pub(super) graph: Graph,
    /// By index of the source: what differs from sample to sample.
    varies: Vec<bool>,
    /// By index of the source: what differs between the points.
    differs: Vec<bool>,
    copies: [HashMap<NodeId, NodeId>; 2],
}

/// What the names of values at the points end in.
const SUFFIXES: [&str; 2] = ["", "_tilde"];

impl<'a> Points<'a> {
    /// `given` are the numbers of a sample: parameters of the source, each with the number that it has as a parameter at z and
    /// at z̃.
    pub(super) fn new(source: &'a Graph, given: &[(NodeId, [usize; 2])]) -> Self {
        let ids: Vec<NodeId> = given.iter().map(|(id, _)| *id).collect();
        let two: Vec<NodeId> = given.iter().filter(|(_, [a, b])| a != b).map(|(id, _)| *id).collect();
        let mut points = Self {
            source,
            graph: Graph::default(),
            varies: source.dependent(&ids),
            differs: source.dependent(&two),
            copies: [HashMap::new(), HashMap::new()],
        };
        for (id, numbers) in given {
            for (at, number) in numbers.iter().enumerate() {
                let copy = points.graph.parameter(*number, source.shape(*id).clone(), false);
                let suffix = if numbers[0] == numbers[1] { "" } else { SUFFIXES[at] };
                points.graph.set_hint(copy, format!("{}{suffix}", source.describe(*id)));
                points.copies[at].insert(*id, copy);
            }
        }
        points
    }

    /// One point alone; `given` are the numbers of a row, parameters of the source.
    pub(super) fn one(source: &'a Graph, given: &[NodeId]) -> Self {
        let mut points = Self {
            source,
            graph: Graph::default(),
            varies: source.dependent(given),
            differs: vec![false; source.len()],
            copies: [HashMap::new(), HashMap::new()],
        };
        for id in given {
            points.at(0, *id);
        }
        points
    }

    /// The node that a node of the source is at a point: 0 for z, 1 for z̃.
    pub(super) fn at(&mut self, point: usize, root: NodeId) -> NodeId {
        let needed = self.source.reachable(&[root]);
        for id in self.source.ids().filter(|id| needed[id.index()]) {
            if !self.copies[point].contains_key(&id) {
                let copy = self.copy(point, id);
                self.copies[point].insert(id, copy);
            }
        }
        self.copies[point][&root]
    }

    fn copy(&mut self, point: usize, id: NodeId) -> NodeId {
        let (source, copies) = (self.source, &self.copies[point]);
        let shape = source.shape(id).clone();
        let copy = match *source.op(id) {
            Op::Parameter(index) => self.graph.parameter(index, shape, source.is_mask(id)),
            // All samples share the divisor, so they share its reciprocal: a product costs a tenth of a division, and has half a
            // unit in the last place more of error.
            Op::Div(a, b) if self.varies[a.index()] && !self.varies[b.index()] => {
                let (a, b) = (copies[&a], copies[&b]);
                let one = self.graph.literal(1.0);
                let divisor = self.graph.shape(b).clone();
                let reciprocal = self.graph.node(Op::Div(one, b), divisor);
                self.graph.node(Op::Mul(a, reciprocal), shape)
            }
            // The backward pass reads σ and σ′ of the forward pass, and takes no exponential. The error is that of the quick σ″.
            Op::Unary(primitive, x) if primitive.row().name == "d2_sigmoid" => {
                let x = copies[&x];
                let [sigmoid, slope] = ["sigmoid", "d_sigmoid"].map(|name| self.graph.unary(name, x));
                let two = self.graph.literal(2.0);
                let one = self.graph.literal(1.0);
                let twice = self.graph.mul(two, sigmoid);
                let bend = self.graph.sub(one, twice);
                self.graph.mul(slope, bend)
            }
            Op::Dot(a, b) => {
                let (a, b) = (copies[&a], copies[&b]);
                self.dot(a, b)
            }
            // A row or a column times one number, which is no outer product.
            Op::Outer(a, b) | Op::MatMul(a, b) if self.is_one(a) || self.is_one(b) => {
                let (one, array) = if self.is_one(a) { (a, b) } else { (b, a) };
                let (one, array) = (copies[&one], copies[&array]);
                let number = self.graph.node(Op::Sum(one), Shape::Scalar);
                self.graph.node(Op::Mul(number, array), shape)
            }
            ref op => {
                let op = self.graph.adopt(op.clone(), source).map_operands(|operand| copies[&operand]);
                self.graph.node(op, shape)
            }
        };
        let suffix = if self.differs[id.index()] { SUFFIXES[point] } else { "" };
        self.graph.set_hint(copy, format!("{}{suffix}", source.describe(id)));
        copy
    }

    /// An array of one entry.
    fn is_one(&self, id: NodeId) -> bool {
        let shape = self.source.shape(id);
        !shape.is_scalar() && Extent::of(shape).fixed() == Some(1)
    }

    /// `A·(u·vᵀ)`, summed over the entries, as `u·(A·v)`, term by term: no matrix is made for each sample.
    fn dot(&mut self, a: NodeId, b: NodeId) -> NodeId {
        for (matrix, other) in [(a, b), (b, a)] {
            let found = terms(&mut self.graph, &[other]).filter(|terms| !terms.outer.is_empty());
            let Some(Terms { entries, outer }) = found else { continue };
            let graph = &mut self.graph;
            let rest = entries.map(|entries| graph.node(Op::Dot(matrix, entries), Shape::Scalar));
            let products = outer.into_iter().map(|(u, v)| {
                let product = graph.node(Op::MatMul(matrix, v), graph.shape(u).clone());
                graph.node(Op::Dot(u, product), Shape::Scalar)
            });
            let all: Vec<NodeId> = rest.into_iter().chain(products).collect();
            let zero = self.graph.zero();
            return all.into_iter().fold(zero, |sum, term| self.graph.add(sum, term));
        }
        self.graph.node(Op::Dot(a, b), Shape::Scalar)
    }
}

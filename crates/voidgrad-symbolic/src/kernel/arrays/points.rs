//! A graph at z and at z̃, as one graph.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId, Op};

/// Both points in one graph, so that what they share is one node.
pub(super) struct Points<'a> {
    source: &'a Graph,
    /// The graph of both.
    pub(super) graph: Graph,
    /// By index of the source: what differs from sample to sample.
    varies: Vec<bool>,
    copies: [HashMap<NodeId, NodeId>; 2],
}

/// What the names of values at the points end in.
const SUFFIXES: [&str; 2] = ["", "_tilde"];

impl<'a> Points<'a> {
    /// `given` are the numbers of a sample: parameters of the source, each with the number that it has as a parameter at z and
    /// at z̃.
    pub(super) fn new(source: &'a Graph, given: &[(NodeId, [usize; 2])]) -> Self {
        let ids: Vec<NodeId> = given.iter().map(|(id, _)| *id).collect();
        let mut points = Self {
            source,
            graph: Graph::default(),
            varies: source.dependent(&ids),
            copies: [HashMap::new(), HashMap::new()],
        };
        for (id, numbers) in given {
            for (at, number) in numbers.iter().enumerate() {
                let copy = points.graph.parameter(*number, source.shape(*id).clone(), false);
                points.graph.set_hint(copy, format!("{}{}", source.describe(*id), SUFFIXES[at]));
                points.copies[at].insert(*id, copy);
            }
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
        let varies = |id: NodeId| self.varies[id.index()];
        let copy = match *source.op(id) {
            Op::Parameter(index) => self.graph.parameter(index, shape, source.is_mask(id)),
            // All samples share the divisor, so they share its reciprocal: a product costs a tenth of a division, and has half a
            // unit in the last place more of error.
            Op::Div(a, b) if varies(a) && !varies(b) => {
                let (a, b) = (copies[&a], copies[&b]);
                let one = self.graph.literal(1.0);
                let divisor = self.graph.shape(b).clone();
                let reciprocal = self.graph.node(Op::Div(one, b), divisor);
                self.graph.node(Op::Mul(a, reciprocal), shape)
            }
            ref op => {
                let op = self.graph.adopt(op.clone(), source).map_operands(|operand| copies[&operand]);
                self.graph.node(op, shape)
            }
        };
        let suffix = if varies(id) { SUFFIXES[point] } else { "" };
        self.graph.set_hint(copy, format!("{}{suffix}", source.describe(id)));
        copy
    }
}

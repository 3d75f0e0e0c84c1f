//! Lengths that are found to be the same.

use super::{Dim, Graph, Node, NodeId, Op, Shape};

impl Graph {
    /// Pairs of lengths that have to be equal so that each operation has operands that fit.
    #[must_use]
    pub fn equal_lengths(&self) -> Vec<(Dim, Dim)> {
        let mut pairs = self.agreements.clone();
        for id in self.ids() {
            match self.op(id) {
                Op::MatMul(a, b) => {
                    if let (Shape::Matrix(_, inner), Shape::Matrix(rows, _)) =
                        (self.shape(*a), self.shape(*b))
                    {
                        pairs.push((inner.clone(), rows.clone()));
                    }
                }
                Op::Dot(a, b) => pairs.extend(self.shape(*a).pairs(self.shape(*b))),
                op if op.is_elementwise() => {
                    op.operands(|operand| pairs.extend(self.shape(id).pairs(self.shape(operand))));
                }
                _ => {}
            }
        }
        pairs
    }

    /// The same graph with other lengths, and the node that each node is there, by its index.
    #[must_use]
    pub fn with_lengths(&self, to: &dyn Fn(&Dim) -> Dim) -> (Self, Vec<NodeId>) {
        let mut graph = Self {
            agreements: self.agreements.clone(),
            constants: self.constants.clone(),
            callees: self.callees.clone(),
            states: self.states,
            ..Self::default()
        };
        let mut copies: Vec<NodeId> = Vec::with_capacity(self.len());
        for (id, Node { op, shape }) in self.ids().zip(&self.nodes) {
            let op = match op {
                Op::Length(length) => Op::Length(to(length)),
                op => op.clone().map_operands(|operand| copies[operand.index()]),
            };
            let shape = match shape {
                Shape::Scalar => Shape::Scalar,
                Shape::Array(length) => Shape::Array(to(length)),
                Shape::Matrix(rows, columns) => Shape::Matrix(to(rows), to(columns)),
            };
            if let Op::Broadcast(array) = op
                && *graph.shape(array) == shape
            {
                // An array of a length that had two names, which have become one.
                copies.push(array);
                continue;
            }
            let copy = graph.insert(Node { op, shape }, self.is_mask(id));
            if let Some(name) = self.name(id) {
                graph.set_name(copy, name);
            }
            if let Some(hint) = &self.hints[id.index()] {
                graph.set_hint(copy, hint.clone());
            }
            copies.push(copy);
        }
        (graph, copies)
    }
}

impl Shape {
    /// Its lengths with those of another shape that has the same number of entries; none for a number, which any shape takes.
    fn pairs(&self, other: &Self) -> Vec<(Dim, Dim)> {
        match (self, other) {
            (Self::Scalar, _) | (_, Self::Scalar) => Vec::new(),
            (Self::Array(m), Self::Array(n) | Self::Matrix(n, _)) | (Self::Matrix(m, _), Self::Array(n)) => {
                vec![(m.clone(), n.clone())]
            }
            (Self::Matrix(a, b), Self::Matrix(c, d)) => {
                vec![(a.clone(), c.clone()), (b.clone(), d.clone())]
            }
        }
    }
}

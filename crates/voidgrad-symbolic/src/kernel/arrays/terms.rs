//! What is added to the sums of φ.

use super::Extent;
use super::write::{Effect, Sums};
use crate::graph::{Dim, Graph, NodeId, Op, Position, Shape};
use crate::kernel::scalars::is_matrix;

/// The terms of the sums of one parameter.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// A number, or an array of the parameter's shape.
    pub(super) entries: Option<NodeId>,
    /// `a·bᵀ`, for a matrix.
    pub(super) outer: Vec<(NodeId, NodeId)>,
}

impl Terms {
    /// Adds these, which are those of a part from `first` on, to the terms of the whole, which is transposed or not. The
    /// factors of an outer product are vectors that are 0 beside the part.
    fn stand(self, graph: &mut Graph, first: Position, shape: &Shape, transposed: bool, terms: &mut Self) {
        let ((row, column), [rows, columns]) = (first.cell(), shape.sides());
        for (a, b) in self.outer {
            let mut wide = |vector: NodeId, first: usize, length: &Dim| {
                let shape = Shape::Matrix(length.clone(), Dim::Fixed(1));
                // A row is a column here, with the same entries in the same order.
                let [its_rows, its_columns] = graph.shape(vector).sides();
                let is_row = its_rows.fixed() == Some(1) && its_columns.fixed() != Some(1);
                let column = if is_row { graph.transpose(vector) } else { vector };
                graph.join(vec![(Position::Entry(first), column)], shape)
            };
            let (a, b) = (wide(a, row, &rows), wide(b, column, &columns));
            terms.outer.push(if transposed { (b, a) } else { (a, b) });
        }
        if let Some(entries) = self.entries {
            let joined = graph.join(vec![(first, entries)], shape.clone());
            terms.add(graph, joined, transposed);
        }
    }

    /// Adds a number or an array, which is transposed or not, entry by entry.
    fn add(&mut self, graph: &mut Graph, term: NodeId, transposed: bool) {
        let is_array = !graph.shape(term).is_scalar();
        let term = if transposed && is_array { graph.transpose(term) } else { term };
        self.entries = Some(match self.entries {
            Some(before) => graph.add(before, term),
            None => term,
        });
    }
}

/// Entries of the flat sum that a backward pass adds to itself, one parameter after the other.
#[derive(Debug, Clone)]
pub struct Total {
    /// The first in the flat sum.
    pub first: Extent,
    /// How many there are.
    pub entries: Extent,
}

/// What a backward pass adds to the sums of parameters, each with its first entry in the flat sum; and, if outer products are multiplied by others, where its
/// own sums belong.
pub(super) fn effects(
    graph: &mut Graph,
    parameters: Vec<(Extent, Vec<NodeId>)>,
    sums: Sums,
) -> Option<(Vec<Effect>, Vec<Total>)> {
    let (mut effects, mut totals, mut place) = (Vec::new(), Vec::new(), Extent::default());
    for (first, nodes) in parameters {
        let Terms { entries, outer } = terms(graph, &nodes)?;
        if let Some(id) = entries {
            if sums == Sums::Lanes {
                effects.push(Effect::Add(id, first.clone()));
            } else {
                let entries = Extent::of(graph.shape(id));
                effects.push(Effect::Add(id, place.clone()));
                place = &place + &entries;
                totals.push(Total { first: first.clone(), entries });
            }
        }
        if !outer.is_empty() {
            effects.push(Effect::Outer(outer, first));
        }
    }
    Some((effects, totals))
}

/// More outer products than this, of one parameter, are not written.
const MOST_OUTER: usize = 64;

/// The terms of a sum at both points; `None` where an outer product is a part of something else than a sum.
pub(super) fn terms(graph: &mut Graph, nodes: &[NodeId]) -> Option<Terms> {
    let outer: Vec<NodeId> = graph.ids().filter(|id| is_outer(graph, *id)).collect();
    let holds_outer = graph.dependent(&outer);
    let mut terms = Terms::default();
    for node in nodes {
        collect(graph, *node, &[], false, &holds_outer, &mut terms)?;
    }
    terms.outer = joined(graph, terms.outer);
    Some(terms)
}

/// `a·cᵀ + b·cᵀ` as `(a + b)·cᵀ`, and so on the other side: an addition for each entry of a vector instead of one for each entry of a matrix.
fn joined(graph: &mut Graph, pairs: Vec<(NodeId, NodeId)>) -> Vec<(NodeId, NodeId)> {
    let mut joined: Vec<(NodeId, NodeId)> = Vec::new();
    for (a, b) in pairs {
        match joined.iter_mut().find(|(left, right)| *left == a || *right == b) {
            Some((left, right)) if *right == b => *left = graph.add(*left, a),
            Some((_, right)) => *right = graph.add(*right, b),
            None => joined.push((a, b)),
        }
    }
    joined
}

/// What a term is multiplied with, from the outside to the inside.
#[derive(Clone, Copy)]
enum Factor {
    Minus,
    Times(NodeId),
    Over(NodeId),
    /// 0 where the mask does not hold.
    Where(NodeId),
}

/// Adds the terms of a node that is multiplied with `factors`, and transposed or not.
fn collect(
    graph: &mut Graph,
    node: NodeId,
    factors: &[Factor],
    transposed: bool,
    holds_outer: &[bool],
    terms: &mut Terms,
) -> Option<()> {
    let inside = |factor| [factors, &[factor]].concat();
    let is_scalar = |graph: &Graph, id: NodeId| graph.shape(id).is_scalar();
    // A vector or a number is added entry by entry, whatever it is made of; so is a matrix that is made entry by entry.
    let is_matrix = is_matrix(graph, node) && holds_outer[node.index()];
    if graph.is_zero(node) {
        return Some(());
    }
    match graph.op(node).clone() {
        Op::Add(a, b) if is_matrix => {
            collect(graph, a, factors, transposed, holds_outer, terms)?;
            collect(graph, b, factors, transposed, holds_outer, terms)
        }
        Op::Sub(a, b) if is_matrix => {
            collect(graph, a, factors, transposed, holds_outer, terms)?;
            collect(graph, b, &inside(Factor::Minus), transposed, holds_outer, terms)
        }
        Op::Neg(a) if is_matrix => collect(graph, a, &inside(Factor::Minus), transposed, holds_outer, terms),
        Op::Mul(a, b) if is_matrix && is_scalar(graph, a) => {
            collect(graph, b, &inside(Factor::Times(a)), transposed, holds_outer, terms)
        }
        Op::Mul(a, b) if is_matrix && is_scalar(graph, b) => {
            collect(graph, a, &inside(Factor::Times(b)), transposed, holds_outer, terms)
        }
        Op::Div(a, b) if is_matrix && is_scalar(graph, b) => {
            collect(graph, a, &inside(Factor::Over(b)), transposed, holds_outer, terms)
        }
        Op::Select(mask, a, zero) if is_matrix && is_scalar(graph, mask) && graph.is_zero(zero) => {
            collect(graph, a, &inside(Factor::Where(mask)), transposed, holds_outer, terms)
        }
        Op::Transpose(a) if is_matrix => collect(graph, a, factors, !transposed, holds_outer, terms),
        Op::Outer(a, b) | Op::MatMul(a, b) if is_outer(graph, node) => {
            let a = scaled(graph, a, factors);
            terms.outer.push(if transposed { (b, a) } else { (a, b) });
            (terms.outer.len() <= MOST_OUTER).then_some(())
        }
        Op::Join(parts) if is_matrix => {
            for (first, part) in parts {
                let mut of_part = Terms::default();
                collect(graph, part, factors, false, holds_outer, &mut of_part)?;
                let shape = graph.shape(node).clone();
                of_part.stand(graph, first, &shape, transposed, terms);
            }
            (terms.outer.len() <= MOST_OUTER).then_some(())
        }
        // An outer product as a part of something else.
        _ if is_matrix => None,
        _ => {
            let term = scaled(graph, node, factors);
            terms.add(graph, term, transposed);
            Some(())
        }
    }
}

/// A column times a row.
fn is_outer(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Outer(..) => true,
        Op::MatMul(a, b) => is_matrix(graph, id) && !is_matrix(graph, *a) && !is_matrix(graph, *b),
        _ => false,
    }
}

fn scaled(graph: &mut Graph, term: NodeId, factors: &[Factor]) -> NodeId {
    factors.iter().rev().fold(term, |term, factor| match *factor {
        Factor::Minus => graph.neg(term),
        Factor::Times(by) => graph.mul(by, term),
        Factor::Over(by) => graph.div(term, by),
        Factor::Where(mask) => {
            let shape = graph.shape(term).clone();
            let zero = graph.zero();
            let zero = graph.broadcast(zero, &shape);
            graph.select(mask, term, zero)
        }
    })
}

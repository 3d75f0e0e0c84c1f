//! What is added to the sums of φ.

use crate::graph::{Graph, NodeId, Op, Shape};

/// The terms of the sums of one parameter.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// A number, or an array of the parameter's shape.
    pub(super) entries: Option<NodeId>,
    /// `a·bᵀ`, for a matrix.
    pub(super) outer: Vec<(NodeId, NodeId)>,
}

/// The terms of a sum at both points; `None` where an outer product is a part of something else than a sum.
pub(super) fn terms(graph: &mut Graph, nodes: &[NodeId]) -> Option<Terms> {
    let mut terms = Terms::default();
    for node in nodes {
        collect(graph, *node, &[], false, &mut terms)?;
    }
    let has_outer = terms.entries.is_some_and(|entries| {
        let needed = graph.reachable(&[entries]);
        graph.ids().any(|id| needed[id.index()] && is_outer(graph, id))
    });
    (!has_outer).then_some(terms)
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
    terms: &mut Terms,
) -> Option<()> {
    let inside = |factor| [factors, &[factor]].concat();
    let is_scalar = |graph: &Graph, id: NodeId| graph.shape(id).is_scalar();
    if graph.is_zero(node) {
        return Some(());
    }
    // A vector or a number is added entry by entry, whatever it is made of.
    let is_matrix = matches!(size(graph.shape(node)), Some((rows, columns)) if rows > 1 && columns > 1);
    match graph.op(node).clone() {
        Op::Add(a, b) if is_matrix => {
            collect(graph, a, factors, transposed, terms)?;
            collect(graph, b, factors, transposed, terms)
        }
        Op::Sub(a, b) if is_matrix => {
            collect(graph, a, factors, transposed, terms)?;
            collect(graph, b, &inside(Factor::Minus), transposed, terms)
        }
        Op::Neg(a) if is_matrix => collect(graph, a, &inside(Factor::Minus), transposed, terms),
        Op::Mul(a, b) if is_matrix && is_scalar(graph, a) => {
            collect(graph, b, &inside(Factor::Times(a)), transposed, terms)
        }
        Op::Mul(a, b) if is_matrix && is_scalar(graph, b) => {
            collect(graph, a, &inside(Factor::Times(b)), transposed, terms)
        }
        Op::Div(a, b) if is_matrix && is_scalar(graph, b) => {
            collect(graph, a, &inside(Factor::Over(b)), transposed, terms)
        }
        Op::Select(mask, a, zero) if is_matrix && is_scalar(graph, mask) && graph.is_zero(zero) => {
            collect(graph, a, &inside(Factor::Where(mask)), transposed, terms)
        }
        Op::Transpose(a) if is_matrix => collect(graph, a, factors, !transposed, terms),
        Op::Outer(a, b) | Op::MatMul(a, b) if is_outer(graph, node) => {
            let a = scaled(graph, a, factors);
            terms.outer.push(if transposed { (b, a) } else { (a, b) });
            Some(())
        }
        _ if transposed => None,
        _ => {
            let term = scaled(graph, node, factors);
            terms.entries = Some(match terms.entries {
                Some(before) => graph.add(before, term),
                None => term,
            });
            Some(())
        }
    }
}

/// A column times a row.
fn is_outer(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Outer(..) => true,
        Op::MatMul(a, b) => {
            let inner = size(graph.shape(*a)).map(|(_, columns)| columns);
            let is_matrix = |id: &NodeId| size(graph.shape(*id)).is_some_and(|(r, c)| r > 1 && c > 1);
            inner == Some(1) && !is_matrix(a) && !is_matrix(b) && is_matrix(&id)
        }
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

/// Rows and columns; an array is a column.
pub(super) fn size(shape: &Shape) -> Option<(usize, usize)> {
    match shape {
        Shape::Scalar => Some((1, 1)),
        Shape::Array(n) => Some((n.fixed()?, 1)),
        Shape::Matrix(rows, columns) => Some((rows.fixed()?, columns.fixed()?)),
    }
}

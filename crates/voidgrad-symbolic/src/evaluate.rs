//! The values of a graph in `f64`: what the tests of the engine hold its derivatives against.

use crate::graph::{Comparison, Dim, Graph, NodeId, Op, Position, Shape};
use crate::kernel::entries_behind;

/// The value of `root` where the parameters have these entries (column by column); masks are 0 or 1. `None` where
/// a value is not known to the engine: a length, a call to another function, a constant by its path.
#[must_use]
pub fn evaluate(graph: &Graph, parameters: &[Vec<f64>], root: NodeId) -> Option<Vec<f64>> {
    let needed = graph.reachable(&[root]);
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(graph.len());
    for id in graph.ids() {
        let value = if needed[id.index()] { value(graph, parameters, &values, id)? } else { Vec::new() };
        values.push(value);
    }
    values.swap_remove(root.index()).into()
}

fn place(shape: &Shape, at: Position) -> Option<usize> {
    Some(match (shape, at) {
        (Shape::Matrix(rows, _), Position::Cell(i, j)) => i + j * rows.fixed()?,
        (_, Position::Entry(i) | Position::Cell(i, _)) => i,
    })
}

/// Rows and columns.
fn size(shape: &Shape) -> Option<(usize, usize)> {
    match shape {
        Shape::Scalar => Some((1, 1)),
        Shape::Array(n) => Some((n.fixed()?, 1)),
        Shape::Matrix(rows, columns) => Some((rows.fixed()?, columns.fixed()?)),
    }
}

fn compare(comparison: Comparison, a: f64, b: f64) -> bool {
    match comparison {
        Comparison::Lt => a < b,
        Comparison::Le => a <= b,
        Comparison::Gt => a > b,
        Comparison::Ge => a >= b,
        #[allow(clippy::float_cmp)] // the user's own `==`
        Comparison::Eq => a == b,
        #[allow(clippy::float_cmp)] // the user's own `!=`
        Comparison::Ne => a != b,
    }
}

fn value(graph: &Graph, parameters: &[Vec<f64>], values: &[Vec<f64>], id: NodeId) -> Option<Vec<f64>> {
    let shape = graph.shape(id);
    let length = match shape {
        Shape::Array(Dim::Runtime(parameter, _)) => parameters.get(*parameter)?.len(),
        shape => shape.entries()?,
    };
    let entry = |id: NodeId, i: usize| {
        let entries = &values[id.index()];
        if graph.shape(id).is_scalar() { entries[0] } else { entries[i] }
    };
    let each = |f: &dyn Fn(usize) -> f64| Some((0..length).map(f).collect());
    let mask = |answer: bool| f64::from(u8::from(answer));
    match graph.op(id) {
        Op::Literal(bits) => Some(vec![f64::from_bits(*bits)]),
        Op::Zero => Some(vec![0.0; length]),
        Op::Places => each(&|i| i as f64),
        Op::Length(Dim::Fixed(n)) => Some(vec![*n as f64]),
        Op::Length(Dim::Runtime(parameter, 0)) => Some(vec![parameters.get(*parameter)?.len() as f64]),
        Op::Length(_) => None,
        Op::Bool(value) => Some(vec![mask(*value)]),
        Op::Parameter(index) => parameters.get(*index).cloned(),
        Op::State(_) | Op::Scan(..) | Op::ScanEnd(..) => None,
        Op::Constant(_) | Op::Call(..) | Op::CallGradient(..) | Op::CallAlong(..) => None,
        Op::Neg(a) => each(&|i| -entry(*a, i)),
        Op::Add(a, b) => each(&|i| entry(*a, i) + entry(*b, i)),
        Op::Sub(a, b) => each(&|i| entry(*a, i) - entry(*b, i)),
        Op::Mul(a, b) => each(&|i| entry(*a, i) * entry(*b, i)),
        Op::Div(a, b) => each(&|i| entry(*a, i) / entry(*b, i)),
        Op::Powi(a, n) => each(&|i| entry(*a, i).powi(*n)),
        Op::Unary(primitive, a) => each(&|i| (primitive.row().evaluate)(entry(*a, i))),
        Op::Binary(primitive, a, b) => each(&|i| (primitive.row().evaluate)(entry(*a, i), entry(*b, i))),
        Op::Compare(comparison, a, b) => each(&|i| mask(compare(*comparison, entry(*a, i), entry(*b, i)))),
        Op::And(a, b) => each(&|i| entry(*a, i) * entry(*b, i)),
        Op::Or(a, b) => each(&|i| entry(*a, i).max(entry(*b, i))),
        Op::Not(a) => each(&|i| 1.0 - entry(*a, i)),
        Op::Select(mask, a, b) => each(&|i| if entry(*mask, i) > 0.0 { entry(*a, i) } else { entry(*b, i) }),
        Op::Broadcast(a) => each(&|i| entry(*a, i)),
        Op::Index(a, at) => Some(vec![values[a.index()][place(graph.shape(*a), *at)?]]),
        Op::Assemble(entries) => {
            let mut array = vec![0.0; length];
            for (at, entry) in entries {
                array[place(shape, *at)?] = values[entry.index()][0];
            }
            Some(array)
        }
        Op::Part(a, first) => {
            let numbers = entries_behind(graph.shape(*a), *first, shape)?;
            Some(numbers.into_iter().map(|number| values[a.index()][number]).collect())
        }
        Op::Join(parts) => {
            let mut array = vec![0.0; length];
            for (first, part) in parts {
                let numbers = entries_behind(shape, *first, graph.shape(*part))?;
                for (number, entry) in numbers.into_iter().zip(&values[part.index()]) {
                    array[number] = *entry;
                }
            }
            Some(array)
        }
        Op::MatMul(a, b) => {
            let ((rows, inner), (_, columns)) = (size(graph.shape(*a))?, size(graph.shape(*b))?);
            let (left, right) = (&values[a.index()], &values[b.index()]);
            let cell =
                |i: usize, j: usize| (0..inner).map(|k| left[i + k * rows] * right[k + j * inner]).sum();
            Some((0..columns).flat_map(|j| (0..rows).map(move |i| (i, j))).map(|(i, j)| cell(i, j)).collect())
        }
        Op::Outer(a, b) => {
            let (left, right) = (&values[a.index()], &values[b.index()]);
            Some(right.iter().flat_map(|b| left.iter().map(move |a| a * b)).collect())
        }
        Op::Transpose(a) => {
            let (rows, columns) = size(graph.shape(*a))?;
            let entries = &values[a.index()];
            Some(
                (0..rows)
                    .flat_map(|i| (0..columns).map(move |j| (i, j)))
                    .map(|(i, j)| entries[i + j * rows])
                    .collect(),
            )
        }
        Op::Dot(a, b) => {
            Some(vec![values[a.index()].iter().zip(&values[b.index()]).map(|(a, b)| a * b).sum()])
        }
        Op::LogSumExp(a) => {
            let entries = &values[a.index()];
            let largest = entries.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Some(vec![largest + entries.iter().map(|entry| (entry - largest).exp()).sum::<f64>().ln()])
        }
        Op::Sum(a) => Some(vec![values[a.index()].iter().sum()]),
    }
}

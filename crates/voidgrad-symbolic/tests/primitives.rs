//! Every row of the primitive table against finite differences, and every rule against itself.

use voidgrad_symbolic::calculus::{adjoints, tangents};
use voidgrad_symbolic::evaluate::evaluate;
use voidgrad_symbolic::graph::{Graph, NodeId, Op, Shape};
use voidgrad_symbolic::primitives::{Binary, Unary};

/// Five-point central differences with h = 2⁻¹³·max(|x|, 1): the truncation error h⁴·f⁽⁵⁾/30 stays below 1e-9 while the
/// fifth derivative is below 1e8 (the steepest here, the second derivative of the logit at 0.08, has 3e7), and the
/// rounding error ε/h is 2e-12 of the value. The bound leaves a factor of ten.
const RELATIVE: f64 = 1e-8;

fn difference(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 2.0_f64.powi(-13) * x.abs().max(1.0);
    (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
}

fn points(domain: (f64, f64)) -> impl Iterator<Item = f64> {
    // Inside by a margin of 3 %, which is more than 2h.
    (0..23).map(move |i| domain.0 + (domain.1 - domain.0) * (0.03 + 0.94 * f64::from(i) / 22.0))
}

fn assert_close(what: &str, at: &[f64], got: f64, truth: f64) {
    let scale = truth.abs().max(1.0);
    assert!((got - truth).abs() <= RELATIVE * scale, "{what} at {at:?}: {got}, by differences {truth}");
}

fn scalar_parameter(graph: &mut Graph, index: usize) -> NodeId {
    graph.parameter(index, Shape::Scalar, false)
}

fn at(graph: &Graph, x: &[f64], node: NodeId) -> f64 {
    let inputs: Vec<Vec<f64>> = x.iter().map(|x| vec![*x]).collect();
    evaluate(graph, &inputs, node).expect("tables hold no calls")[0]
}

fn near_a_kink(kinks: &[f64], x: f64) -> bool {
    kinks.iter().any(|kink| (x - kink).abs() < 0.02)
}

#[test]
fn first_and_second_derivatives_of_one_argument_are_those_of_differences() {
    for primitive in Unary::all() {
        let row = primitive.row();
        let mut graph = Graph::default();
        let x = scalar_parameter(&mut graph, 0);
        let y = graph.node(Op::Unary(primitive, x), Shape::Scalar);
        let one = graph.literal(1.0);
        let first = adjoints(&mut graph, &[(y, one)], &[x])[0].unwrap_or_else(|| graph.zero());
        let second = tangents(&mut graph, &[(x, one)], &[first])[0].unwrap_or_else(|| graph.zero());
        let mut checked = 0;
        for point in points(row.domain).filter(|x| !near_a_kink(row.kinks, *x)) {
            let value = (row.evaluate)(point);
            assert!(value.is_finite(), "{} is not finite at {point}, which is in its domain", row.name);
            assert_close(row.name, &[point], at(&graph, &[point], first), difference(row.evaluate, point));
            let slope = |x: f64| at(&graph, &[x], first);
            assert_close(row.name, &[point], at(&graph, &[point], second), difference(slope, point));
            checked += 1;
        }
        assert!(checked > 15, "{} was checked at {checked} points only", row.name);
    }
}

#[test]
fn all_derivatives_of_two_arguments_are_those_of_differences() {
    for primitive in Binary::all() {
        let row = primitive.row();
        let mut graph = Graph::default();
        let (a, b) = (scalar_parameter(&mut graph, 0), scalar_parameter(&mut graph, 1));
        let y = graph.node(Op::Binary(primitive, a, b), Shape::Scalar);
        let one = graph.literal(1.0);
        let gradient = adjoints(&mut graph, &[(y, one)], &[a, b]);
        let first: Vec<NodeId> =
            gradient.into_iter().map(|node| node.unwrap_or_else(|| graph.zero())).collect();
        let mut second = Vec::new();
        for direction in [a, b] {
            let along = tangents(&mut graph, &[(direction, one)], &first);
            second
                .push(along.into_iter().map(|node| node.unwrap_or_else(|| graph.zero())).collect::<Vec<_>>());
        }
        for u in points(row.domain[0]).step_by(4) {
            for v in points(row.domain[1]).step_by(3) {
                if row.kink_at_equal && (u - v).abs() < 0.02 {
                    continue;
                }
                let f = row.evaluate;
                assert_close(row.name, &[u, v], at(&graph, &[u, v], first[0]), difference(|u| f(u, v), u));
                assert_close(row.name, &[u, v], at(&graph, &[u, v], first[1]), difference(|v| f(u, v), v));
                for i in 0..2 {
                    let slope = |u: f64, v: f64| at(&graph, &[u, v], first[i]);
                    let (by_u, by_v) = (difference(|u| slope(u, v), u), difference(|v| slope(u, v), v));
                    assert_close(row.name, &[u, v], at(&graph, &[u, v], second[0][i]), by_u);
                    assert_close(row.name, &[u, v], at(&graph, &[u, v], second[1][i]), by_v);
                }
            }
        }
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> =
        Unary::all().map(|p| p.row().name).chain(Binary::all().map(|p| p.row().name)).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

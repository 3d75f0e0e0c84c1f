//! Values as products.

use super::Numbers;
use crate::evaluate::evaluate;
use crate::graph::{Comparison, Dim, Graph, NodeId, Op, Shape};
use crate::kernel::product::{Kind, Product, Products};

#[test]
fn products_of_the_same_factors_are_the_same_node() {
    let mut n = Numbers::new();
    let [sin, exp] = n.of_z;
    let first = n.product(&[n.a, sin, n.b, exp, n.c_bar, sin]);
    let inner = n.product(&[sin, n.b]);
    let outer = n.product(&[n.c_bar, exp]);
    let second = n.product(&[inner, n.a, outer, sin]);
    assert_ne!(first, second);
    assert_eq!(n.written(first), n.written(second));
    // One factor sin z is not two.
    let third = n.product(&[inner, n.a, outer]);
    assert_ne!(n.written(first), n.written(third));
}

#[test]
fn signs_go_before_the_product() {
    let mut n = Numbers::new();
    let (a, z) = (n.a, n.z);
    // As they stand: the constructors would simplify.
    let mut node = |op| n.graph.node(op, Shape::Scalar);
    let (minus_a, minus_z) = (node(Op::Neg(a)), node(Op::Neg(z)));
    let (plain, both, one) =
        (node(Op::Mul(a, z)), node(Op::Mul(minus_a, minus_z)), node(Op::Mul(a, minus_z)));
    let minus_plain = node(Op::Neg(plain));
    assert_eq!(n.written(both), n.written(plain));
    assert_eq!(n.written(one), n.written(minus_plain));
    assert_ne!(n.written(one), n.written(plain));
}

#[test]
fn guards_are_applied_once_and_after_all_factors() {
    let mut n = Numbers::new();
    let [positive, larger] = n.masks;
    let [sin, exp] = n.of_z;
    let (first, second) = (n.guarded(positive, sin), n.guarded(positive, exp));
    let third = n.guarded(larger, n.z);
    let product = n.product(&[first, n.a, second, third, n.b]);
    let written = n.written(product);
    assert_eq!(n.count(written, |op| matches!(op, Op::Select(..))), 2);
    assert_eq!(n.at(written, [1.0, 3.0, 2.0, 0.0, 0.0]), 3.0 * 2.0_f64.sin() * 2.0_f64.exp() * 2.0);
    // Either guard alone makes it 0, whatever it guards: b is infinite.
    assert_eq!(n.at(written, [3.0, f64::INFINITY, 2.0, 0.0, 0.0]), 0.0);
    assert_eq!(n.at(written, [-2.0, f64::INFINITY, -1.0, 0.0, 0.0]), 0.0);
}

#[test]
fn what_terms_have_in_common_goes_before_the_sum() {
    let mut n = Numbers::new();
    let [sin, exp] = n.of_z;
    let [positive, larger] = n.masks;
    // [z > 0] a·sin·e^z·c̄ - [z > 0][z > a] sin·b·ż
    let first = n.product(&[n.a, sin, exp, n.c_bar]);
    let second = n.product(&[sin, n.b, n.z_dot]);
    let (first, second) = (n.guarded(positive, first), n.guarded(larger, second));
    let second = n.guarded(positive, second);
    let sum = n.graph.sub(first, second);
    let product = n.products().of(sum);
    assert!(!product.negative);
    assert_eq!(product.guards, [positive]);
    let [common, rest] = product.factors[..] else { panic!("{product:?} has not two factors") };
    assert_eq!(common, sin);
    assert!(matches!(n.graph.op(rest), Op::Sub(..)));
    let written = n.written(sum);
    for numbers in [[1.0, 3.0, 2.0, 5.0, 7.0], [1.0, 3.0, 0.5, 5.0, 7.0], [-2.0, 3.0, -1.0, 5.0, 7.0]] {
        let (found, expected) = (n.at(written, numbers), n.at(sum, numbers));
        // Seven roundings at most.
        assert!((found - expected).abs() <= 1e-15 * expected.abs(), "{found}, not {expected}");
    }
    assert_eq!(n.count(written, |op| matches!(op, Op::Unary(..))), 2);
    let reached = n.graph.reachable(&[written]);
    let readers = n.graph.ids().filter(|id| {
        let mut reads = false;
        n.graph.op(*id).operands(|operand| reads |= operand == sin);
        reached[id.index()] && reads
    });
    assert_eq!(readers.count(), 1, "sin z is a factor of both terms");
}

#[test]
fn what_all_samples_share_is_one_value() {
    let mut n = Numbers::new();
    let product = n.product(&[n.a, n.of_z[0], n.c_bar, n.b, n.z]);
    let written = n.written(product);
    let mut products = n.products();
    let reached = products.graph.reachable(&[written]);
    let mut of_kind = |kind: Kind| {
        let ids: Vec<NodeId> = products.graph.ids().filter(|id| reached[id.index()]).collect();
        let is_product = |id: &NodeId| matches!(products.graph.op(*id), Op::Mul(..));
        let muls: Vec<NodeId> = ids.into_iter().filter(is_product).collect();
        muls.into_iter().filter(|id| products.kind(*id) == kind).count()
    };
    // a·b before the samples, sin(z)·z on the forward pass, and two products on the backward pass.
    assert_eq!([Kind::Shared, Kind::Forward, Kind::Weight].map(&mut of_kind), [1, 1, 2]);
}

#[test]
fn numbers_that_are_written_become_one() {
    let mut n = Numbers::new();
    let [two, three] = [2.0, 3.0].map(|x| n.graph.literal(x));
    let product = n.product(&[two, n.z, three]);
    let written = n.written(product);
    assert_eq!(n.at(written, [0.0, 0.0, 7.0, 0.0, 0.0]), 42.0);
    assert_eq!(n.count(written, |op| matches!(op, Op::Mul(..))), 1);
}

#[test]
fn factors_that_all_samples_share_are_left_for_the_end() {
    let mut n = Numbers::new();
    let [sin, exp] = n.of_z;
    let (a, b, c_bar, z_dot) = (n.a, n.b, n.c_bar, n.z_dot);
    let mut of = |factors: &[NodeId]| {
        let node = n.product(factors);
        n.products().of(node)
    };
    let (mut first, mut second) = (of(&[a, a, b, sin, c_bar]).negated(), of(&[exp, a, sin, z_dot]).negated());
    let (rest_of_first, rest_of_second) = (of(&[a, b, sin, c_bar]), of(&[exp, sin, z_dot]));
    let scale = n.products().take_shared(&mut [&mut first, &mut second]);
    // a once, though the first has it twice; sin z, which they have in common too, belongs to the samples.
    assert_eq!(scale, Product { negative: true, guards: Vec::new(), factors: vec![a] });
    assert_eq!((&first, &second), (&rest_of_first, &rest_of_second));
    // The sign of one alone stays.
    let (mut first, mut second) = (rest_of_first.clone().negated(), rest_of_second);
    let scale = n.products().take_shared(&mut [&mut first, &mut second]);
    assert_eq!(scale, Product::one());
    assert_eq!(first, rest_of_first.negated());
}

#[test]
fn random_expressions_keep_their_values() {
    // Small integers, so that sums and products are exact in every order; a generator of Knuth's, the same for every run.
    let mut state = 1_u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % n
    };
    for _ in 0..300 {
        let mut n = Numbers::new();
        let mut nodes = vec![n.a, n.b, n.z, n.z_dot, n.c_bar];
        for _ in 0..14 {
            let (x, y) = (nodes[below(nodes.len())], nodes[below(nodes.len())]);
            nodes.push(match below(6) {
                0 => n.graph.add(x, y),
                1 => n.graph.sub(x, y),
                2 => n.graph.neg(x),
                3 => n.guarded(n.masks[below(2)], x),
                _ => n.graph.mul(x, y),
            });
        }
        let id = nodes[nodes.len() - 1];
        let written = n.written(id);
        for _ in 0..4 {
            let numbers = [(); 5].map(|()| [-2.0, -1.0, 1.0, 2.0][below(4)]);
            let (found, expected) = (n.at(written, numbers), n.at(id, numbers));
            assert!(expected.abs() < 1e15, "{expected} may have been rounded");
            assert_eq!(found, expected, "at {numbers:?}");
        }
    }
}

/// A graph with numbers s (of all samples) and w (a weight), and arrays a, b of three entries of the forward pass.
fn arrays() -> (Graph, [NodeId; 4]) {
    let mut graph = Graph::default();
    let array = Shape::Array(Dim::Fixed(3));
    let nodes = [Shape::Scalar, Shape::Scalar, array.clone(), array];
    let nodes = std::array::from_fn(|index| graph.parameter(index, nodes[index].clone(), false));
    (graph, nodes)
}

/// The node as it is written, after a check that its value is the same up to rounding.
fn rewritten(graph: &mut Graph, [_, w, a, b]: [NodeId; 4], id: NodeId) -> NodeId {
    let written = Products::new(graph, &[a, b], &[w]).node(id);
    let given = [vec![1.5], vec![-0.75], vec![0.5, -2.0, 3.0], vec![4.0, 0.25, -1.0]];
    // All numbers are short binary fractions, so nothing is rounded.
    assert_eq!(evaluate(graph, &given, written).unwrap(), evaluate(graph, &given, id).unwrap());
    written
}

#[test]
fn numbers_go_before_sums_over_entries() {
    let (mut graph, nodes) = arrays();
    let [s, w, a, b] = nodes;
    let (sa, wb) = (graph.mul(s, a), graph.mul(w, b));
    let first = graph.node(Op::Dot(sa, wb), Shape::Scalar);
    let (ab, sw) = (graph.mul(a, b), graph.mul(s, w));
    let minus = graph.neg(ab);
    let sum = graph.node(Op::Sum(minus), Shape::Scalar);
    let second = graph.mul(sw, sum);
    let (first, second) = (rewritten(&mut graph, nodes, first), rewritten(&mut graph, nodes, second));
    // The same sum of a·b.
    let sums = |graph: &Graph, id: NodeId| -> Vec<NodeId> {
        let reached = graph.reachable(&[id]);
        graph
            .ids()
            .filter(|id| reached[id.index()] && matches!(graph.op(*id), Op::Sum(_) | Op::Dot(..)))
            .collect()
    };
    assert_eq!(sums(&graph, first), sums(&graph, second));
    assert_eq!(sums(&graph, first).len(), 1);
}

#[test]
fn terms_with_different_numbers_are_summed_by_themselves() {
    let (mut graph, nodes) = arrays();
    let [s, w, a, b] = nodes;
    // Σ (s·a + w·b)·b, where 1 - 2·a has no numbers but those that are written out, and stays one factor.
    let (sa, wb) = (graph.mul(s, a), graph.mul(w, b));
    let mixed = graph.add(sa, wb);
    let (one, two) = (graph.literal(1.0), graph.literal(2.0));
    let twice = graph.mul(two, a);
    let rest = graph.sub(one, twice);
    let rest_b = graph.mul(rest, b);
    let sum = graph.node(Op::Dot(mixed, rest_b), Shape::Scalar);
    let written = rewritten(&mut graph, nodes, sum);
    let reached = graph.reachable(&[written]);
    for id in graph.ids().filter(|id| reached[id.index()]) {
        if let Op::Sum(inside) = *graph.op(id) {
            let inside = graph.reachable(&[inside]);
            assert!(!inside[s.index()] && !inside[w.index()]);
        }
    }
}

#[test]
fn a_guard_of_entries_stays_inside_of_their_sum() {
    let (mut graph, nodes) = arrays();
    let [s, w, a, b] = nodes;
    let mask = graph.compare(Comparison::Gt, a, b);
    let zero = graph.zero();
    let array = graph.shape(a).clone();
    for value in [s, w] {
        let spread = graph.broadcast(value, &array);
        let guarded = graph.node(Op::Select(mask, spread, zero), array.clone());
        let sum = graph.node(Op::Sum(guarded), Shape::Scalar);
        rewritten(&mut graph, nodes, sum);
        rewritten(&mut graph, nodes, guarded);
    }
}

#[test]
fn a_square_of_squares_is_not_written_out() {
    let mut numbers = Numbers::new();
    let mut power = numbers.z;
    for _ in 0..30 {
        power = numbers.product(&[power, power]);
    }
    let written = numbers.written(power);
    // Four squarings in one product of 16 factors take 15 multiplications.
    assert!(numbers.count(written, |op| matches!(op, Op::Mul(..))) <= 30 / 4 * 15 + 3);
}

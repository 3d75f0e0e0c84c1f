//! The parameters in which a function is linear.

use crate::graph::{Graph, NodeId, Op};

/// With more parameters than this that exclude each other, the set is large, and not always the largest.
const MOST_SEARCHED: usize = 20;

/// The largest set of `parameters` in which `output` is affine, all of them together: by parameter, whether it is in the set. `weights` say how much a parameter counts; of
/// sets that count the same, the one with the first parameters.
///
/// The derivative by a parameter of the set depends on no parameter of the set, and neither does a condition.
#[must_use]
pub fn linear(graph: &Graph, output: NodeId, parameters: &[NodeId], weights: &[usize]) -> Vec<bool> {
    let excludes = Excludes::find(graph, output, parameters);
    let open: Vec<usize> = (0..parameters.len()).filter(|i| !excludes.of(*i, *i)).collect();
    let is_searched =
        open.iter().filter(|i| open.iter().any(|j| excludes.of(**i, *j))).count() <= MOST_SEARCHED;
    let (_, chosen) = excludes.largest(open, weights, is_searched);
    (0..parameters.len()).map(|i| chosen.contains(&i)).collect()
}

/// Which parameters are not linear together; one that is not linear by itself excludes itself.
struct Excludes(Vec<Vec<bool>>);

impl Excludes {
    fn find(graph: &Graph, output: NodeId, parameters: &[NodeId]) -> Self {
        let needed = graph.reachable(&[output]);
        let depends: Vec<Vec<bool>> = parameters.iter().map(|id| graph.dependent(&[*id])).collect();
        let mut excludes = vec![vec![false; parameters.len()]; parameters.len()];
        for id in graph.ids().filter(|id| needed[id.index()]) {
            let mut exclude = |left: NodeId, right: NodeId| {
                let on = |operand: NodeId| {
                    (0..depends.len()).filter(|i| depends[*i][operand.index()]).collect::<Vec<_>>()
                };
                for (i, j) in on(left).into_iter().flat_map(|i| on(right).into_iter().map(move |j| (i, j))) {
                    (excludes[i][j], excludes[j][i]) = (true, true);
                }
            };
            match *graph.op(id) {
                Op::Neg(_)
                | Op::Add(..)
                | Op::Sub(..)
                | Op::Broadcast(_)
                | Op::Index(..)
                | Op::Assemble(_) => {}
                Op::Part(..) | Op::Join(_) | Op::Transpose(_) | Op::Sum(_) => {}
                Op::Mul(a, b) | Op::MatMul(a, b) | Op::Outer(a, b) | Op::Dot(a, b) => exclude(a, b),
                // What is divided, and what is chosen, is linear where the rest does not depend on a parameter at all.
                Op::Div(a, by) => {
                    exclude(a, by);
                    exclude(by, by);
                }
                Op::Select(mask, a, b) => {
                    exclude(mask, mask);
                    exclude(mask, a);
                    exclude(mask, b);
                }
                ref op => {
                    let mut operands = Vec::new();
                    op.operands(|operand| operands.push(operand));
                    for left in &operands {
                        for right in &operands {
                            exclude(*left, *right);
                        }
                    }
                }
            }
        }
        Self(excludes)
    }

    fn of(&self, i: usize, j: usize) -> bool {
        self.0[i][j]
    }

    /// The set of `open` parameters that weighs most, none excluding another, and its weight.
    fn largest(&self, mut open: Vec<usize>, weights: &[usize], is_searched: bool) -> (usize, Vec<usize>) {
        let Some(place) = open.iter().position(|i| open.iter().any(|j| self.of(*i, *j))) else {
            return (open.iter().fold(0, |sum: usize, i| sum.saturating_add(weights[*i])), open);
        };
        let first = open.remove(place);
        let rest: Vec<usize> = open.iter().copied().filter(|i| !self.of(first, *i)).collect();
        let (weight, mut with) = self.largest(rest, weights, is_searched);
        with.push(first);
        let with = (weight.saturating_add(weights[first]), with);
        if !is_searched {
            return with;
        }
        let without = self.largest(open, weights, is_searched);
        if without.0 > with.0 { without } else { with }
    }
}

#[cfg(test)]
mod tests {
    use super::linear;
    use crate::graph::{Comparison, Graph, NodeId, Op, Shape};

    /// Numbers as parameters: `z`, which is not asked for, and others.
    fn numbers<const N: usize>(graph: &mut Graph) -> (NodeId, [NodeId; N]) {
        let z = graph.parameter(0, Shape::Scalar, false);
        (z, std::array::from_fn(|i| graph.parameter(i + 1, Shape::Scalar, false)))
    }

    fn chosen<const N: usize>(of: impl Fn(&mut Graph, NodeId, [NodeId; N]) -> NodeId) -> Vec<bool> {
        let mut graph = Graph::default();
        let (z, parameters) = numbers(&mut graph);
        let output = of(&mut graph, z, parameters);
        linear(&graph, output, &parameters, &[1; N])
    }

    #[test]
    fn a_sum_is_linear_in_all_factors_but_not_in_what_functions_take() {
        let found = chosen(|graph, z, [eta, lambda, shift]| {
            let x = graph.div(z, lambda);
            let f = graph.unary("sigmoid", x);
            let product = graph.mul(eta, f);
            graph.add(product, shift)
        });
        assert_eq!(found, [true, false, true]);
    }

    #[test]
    fn of_two_factors_of_one_product_one_is_taken() {
        let product = |graph: &mut Graph, z, [a, b, c]: [NodeId; 3]| {
            let [left, right] = [graph.mul(a, b), graph.mul(b, c)];
            let sum = graph.add(left, right);
            graph.mul(sum, z)
        };
        // a and c are two, b is one.
        assert_eq!(chosen(product), [true, false, true]);
        let mut graph = Graph::default();
        let (z, parameters) = numbers(&mut graph);
        let output = product(&mut graph, z, parameters);
        assert_eq!(linear(&graph, output, &parameters, &[1, 5, 1]), [false, true, false]);
        // Of two sets that count the same, the one with the first.
        assert_eq!(linear(&graph, output, &parameters, &[1, 2, 1]), [true, false, true]);
    }

    #[test]
    fn a_condition_and_a_step_are_not_linear_though_their_derivatives_are_0() {
        let found = chosen(|graph, z, [at, height, of_floor]| {
            let mask = graph.node(Op::Compare(Comparison::Gt, z, at), Shape::Scalar);
            let one = graph.literal(1.0);
            let step = graph.select(mask, height, one);
            let floor = graph.unary("floor", of_floor);
            graph.add(step, floor)
        });
        assert_eq!(found, [false, true, false]);
    }

    #[test]
    fn a_square_is_not_linear_and_what_c_does_not_read_is() {
        let found = chosen(|graph, z, [a, _unread]| {
            let square = graph.mul(a, a);
            graph.mul(square, z)
        });
        assert_eq!(found, [false, true]);
    }

    #[test]
    fn many_that_exclude_each_other_are_not_searched_for_ever() {
        let found = chosen(|graph, _, parameters: [NodeId; 64]| {
            let zero = graph.zero();
            (0..64).fold(zero, |sum, i| {
                let product = graph.mul(parameters[i], parameters[(i + 1) % 64]);
                graph.add(sum, product)
            })
        });
        assert_eq!(found.iter().filter(|is_chosen| **is_chosen).count(), 32);
    }
}

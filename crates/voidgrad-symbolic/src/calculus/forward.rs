//! Forward mode: the derivative of every value in one direction, in one walk upward.

use crate::graph::{Graph, NodeId, Op, Pass, Position};

/// The tangents of `outputs` in the direction that `seeds` gives: pairs of an input and its tangent. `None` where
/// an output does not depend on them. Intermediate tangents are named after their values: `h1_dot`.
pub fn tangents(graph: &mut Graph, seeds: &[(NodeId, NodeId)], outputs: &[NodeId]) -> Vec<Option<NodeId>> {
    let needed = graph.reachable(outputs);
    let nodes: Vec<NodeId> = graph.ids().filter(|id| needed[id.index()]).collect();
    let mut tangents: Vec<Option<NodeId>> = vec![None; graph.len()];
    for &(input, tangent) in seeds {
        tangents[input.index()] = Some(tangent);
    }
    for node in nodes {
        if tangents[node.index()].is_some() || graph.is_mask(node) {
            continue;
        }
        let mut push = Push { graph, tangents: &tangents };
        let Some(tangent) = push.tangent(node).filter(|tangent| !push.graph.is_zero(*tangent)) else {
            continue;
        };
        let shape = graph.shape(node).clone();
        let tangent = graph.broadcast(tangent, &shape);
        let hint = format!("{}_dot", graph.describe(node));
        graph.set_hint(tangent, hint);
        tangents[node.index()] = Some(tangent);
    }
    outputs.iter().map(|output| tangents[output.index()]).collect()
}

struct Push<'g> {
    graph: &'g mut Graph,
    tangents: &'g [Option<NodeId>],
}

impl Push<'_> {
    fn of(&self, node: NodeId) -> Option<NodeId> {
        self.tangents[node.index()]
    }

    /// The sum of two tangents, of which none, one or both depend on the direction.
    fn sum(&mut self, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.add(a, b)),
            (one, None) | (None, one) => one,
        }
    }

    fn linear(&mut self, a: NodeId, f: impl FnOnce(&mut Graph, NodeId) -> NodeId) -> Option<NodeId> {
        self.of(a).map(|dot| f(self.graph, dot))
    }

    /// The tangent of an operation that is linear in each of its two operands.
    fn bilinear(
        &mut self,
        a: NodeId,
        b: NodeId,
        f: fn(&mut Graph, NodeId, NodeId) -> NodeId,
    ) -> Option<NodeId> {
        let left = self.of(a).map(|dot| f(self.graph, dot, b));
        let right = self.of(b).map(|dot| f(self.graph, a, dot));
        self.sum(left, right)
    }

    #[allow(clippy::too_many_lines)] // one arm an operation, and each arm is short
    fn tangent(&mut self, node: NodeId) -> Option<NodeId> {
        match self.graph.op(node).clone() {
            Op::Literal(_)
            | Op::Zero
            | Op::Constant(_)
            | Op::Length(_)
            | Op::Places
            | Op::State(_)
            | Op::Parameter(_)
            | Op::Bool(_)
            | Op::Compare(..)
            | Op::And(..)
            | Op::Or(..)
            | Op::Not(_) => None,
            Op::Neg(a) => self.linear(a, Graph::neg),
            Op::Add(a, b) => {
                let (left, right) = (self.of(a), self.of(b));
                self.sum(left, right)
            }
            Op::Sub(a, b) => match (self.of(a), self.of(b)) {
                (Some(a), Some(b)) => Some(self.graph.sub(a, b)),
                (None, Some(b)) => Some(self.graph.neg(b)),
                (a, None) => a,
            },
            Op::Mul(a, b) if a == b => self.linear(a, |graph, dot| {
                let two = graph.literal(2.0);
                let double = graph.mul(two, a);
                graph.mul(double, dot)
            }),
            Op::Mul(a, b) => self.bilinear(a, b, Graph::mul),
            Op::Div(a, b) => {
                let rate = self.graph.reciprocal(b);
                let top = self.of(a).map(|dot| self.graph.mul(dot, rate));
                let bottom = self.of(b).map(|dot| {
                    let rate = self.graph.mul(dot, rate);
                    let product = self.graph.mul(node, rate);
                    self.graph.neg(product)
                });
                self.sum(top, bottom)
            }
            Op::Powi(_, 0) => None,
            Op::Powi(a, n) => self.linear(a, |graph, dot| {
                let factor = graph.literal(f64::from(n));
                let power = graph.powi(a, n - 1);
                let rate = graph.mul(factor, power);
                graph.mul(rate, dot)
            }),
            Op::Unary(primitive, a) => self.linear(a, |graph, dot| {
                let rate = (primitive.row().derivative)(graph, a, node);
                graph.mul(rate, dot)
            }),
            Op::Binary(primitive, a, b) => {
                let [of_a, of_b] = primitive.row().derivatives;
                let left = self.of(a).map(|dot| {
                    let rate = of_a(self.graph, a, b, node);
                    self.graph.mul(rate, dot)
                });
                let right = self.of(b).map(|dot| {
                    let rate = of_b(self.graph, a, b, node);
                    self.graph.mul(rate, dot)
                });
                self.sum(left, right)
            }
            Op::Select(mask, a, b) => {
                if self.of(a).is_none() && self.of(b).is_none() {
                    return None;
                }
                let zero = self.graph.zero();
                let (a, b) = (self.of(a).unwrap_or(zero), self.of(b).unwrap_or(zero));
                Some(self.graph.select(mask, a, b))
            }
            Op::Broadcast(a) => {
                let shape = self.graph.shape(node).clone();
                self.linear(a, |graph, dot| graph.broadcast(dot, &shape))
            }
            Op::Index(a, at) => self.linear(a, |graph, dot| graph.index(dot, at)),
            Op::Assemble(entries) => {
                let shape = self.graph.shape(node).clone();
                let dots: Vec<(Position, NodeId)> =
                    entries.iter().filter_map(|(at, entry)| Some((*at, self.of(*entry)?))).collect();
                (!dots.is_empty()).then(|| self.graph.assemble(dots, shape))
            }
            Op::Part(a, first) => {
                let shape = self.graph.shape(node).clone();
                self.linear(a, |graph, dot| graph.part(dot, first, &shape))
            }
            Op::Join(parts) => {
                let shape = self.graph.shape(node).clone();
                let dots: Vec<(Position, NodeId)> =
                    parts.iter().filter_map(|(first, part)| Some((*first, self.of(*part)?))).collect();
                (!dots.is_empty()).then(|| self.graph.join(dots, shape))
            }
            Op::MatMul(a, b) => self.bilinear(a, b, Graph::matmul),
            Op::Outer(a, b) => self.bilinear(a, b, |graph, a, b| {
                let row = graph.transpose(b);
                graph.matmul(a, row)
            }),
            Op::Transpose(a) => self.linear(a, Graph::transpose),
            Op::Dot(a, b) => self.bilinear(a, b, Graph::dot),
            Op::Sum(a) => self.linear(a, Graph::sum),
            Op::LogSumExp(a) => self.linear(a, |graph, dot| {
                let softmax = graph.softmax(a, node);
                graph.dot(softmax, dot)
            }),
            Op::Scan(recurrence, first, next) | Op::ScanEnd(recurrence, first, next) => {
                let (first_dot, next_dot) = (self.of(first), self.of(next));
                if first_dot.is_none() && next_dot.is_none() {
                    return None;
                }
                let rate = self.graph.state_rate(recurrence, first, next);
                let states = self.graph.states_of(recurrence, first, next);
                let zero = self.graph.zero();
                let offset = self.graph.with_states(next_dot.unwrap_or(zero), recurrence.state, states);
                let shape = self.graph.shape(next).clone();
                let first_dot = first_dot.unwrap_or(zero);
                let (linear, body) = self.graph.linear_recurrence(recurrence.backward, rate, offset, &shape);
                let is_end = matches!(self.graph.op(node), Op::ScanEnd(..));
                Some(if is_end {
                    self.graph.node(Op::ScanEnd(linear, first_dot, body), crate::graph::Shape::Scalar)
                } else {
                    self.graph.node(Op::Scan(linear, first_dot, body), shape)
                })
            }
            Op::CallAlong(..) => unreachable!("no third derivatives are taken"),
            Op::CallGradient(callee, i, arguments) => {
                let mut sum = None;
                for (j, &argument) in arguments.iter().enumerate() {
                    let term =
                        self.of(argument).map(|dot| self.graph.call_along(callee, [i, j], &arguments, dot));
                    sum = self.sum(sum, term);
                }
                sum
            }
            Op::Call(callee, orders, arguments) if orders.len() == 1 => {
                let mut sum = None;
                for (j, &argument) in arguments.iter().enumerate() {
                    let term = self.of(argument).map(|dot| match self.graph.callee(callee).passes[j] {
                        Pass::Number | Pass::NumberReference => {
                            let rate = self.graph.call_derivative(node, j);
                            self.graph.mul(rate, dot)
                        }
                        Pass::Array | Pass::Reference => {
                            self.graph.call_along(callee, [orders[0], j], &arguments, dot)
                        }
                    });
                    sum = self.sum(sum, term);
                }
                sum
            }
            Op::Call(_, _, arguments) => {
                let mut sum = None;
                for (position, argument) in arguments.into_iter().enumerate() {
                    let term = self.of(argument).map(|dot| {
                        let rate = self.graph.call_derivative(node, position);
                        if matches!(self.graph.op(rate), Op::CallGradient(..)) {
                            self.graph.dot(rate, dot)
                        } else {
                            self.graph.mul(rate, dot)
                        }
                    });
                    sum = self.sum(sum, term);
                }
                sum
            }
        }
    }
}

//! Reverse accumulation: one walk from the output down to the inputs.
//!
//! An adjoint is a value together with its *guard*: the condition under which the node has any influence on the
//! output. Guards grow at each branch and are applied last, after all multiplications, so a factor that is NaN or
//! infinite in a branch that was not taken can't get into a derivative.

use super::forward::tangents;
use crate::graph::{Graph, NodeId, Op, Pass, Position, Recurrence, Shape};

/// `∂output/∂node`, under the condition that the node has an influence; `None` where it always has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Adjoint {
    guard: Option<NodeId>,
    value: NodeId,
}

/// The adjoints that have arrived at one node so far.
#[derive(Default)]
struct Pending {
    whole: Vec<Adjoint>,
    entries: Vec<(Position, Adjoint)>,
}

/// The gradients of `Σ_k bar_k·output_k` with respect to `inputs`; `None` where there is no dependence.
///
/// `seeds` are the pairs `(output_k, bar_k)`. Intermediate adjoints are named after their values: `h1_bar`.
pub fn adjoints(graph: &mut Graph, seeds: &[(NodeId, NodeId)], inputs: &[NodeId]) -> Vec<Option<NodeId>> {
    let nodes: Vec<NodeId> = graph.ids().collect();
    let active = graph.dependent(inputs);
    let mut sweep = Sweep { graph, active, pending: Vec::new(), states: Vec::new() };
    sweep.pending.resize_with(nodes.len(), Pending::default);
    for &(output, bar) in seeds {
        sweep.contribute(output, Adjoint { guard: None, value: bar });
    }
    let mut gradients = vec![None; inputs.len()];
    for node in nodes.into_iter().rev() {
        let Some(adjoint) = sweep.collect(node) else { continue };
        if let Some(input) = inputs.iter().position(|input| *input == node) {
            gradients[input] = Some(sweep.guarded(adjoint));
        } else {
            let hint = format!("{}_bar", sweep.graph.describe(node));
            sweep.graph.set_hint(adjoint.value, hint);
            sweep.propagate(node, adjoint);
        }
    }
    // Inside a loop the rates are expressions in its state; outside, in the states that it went through.
    for (state, states) in std::mem::take(&mut sweep.states) {
        for gradient in gradients.iter_mut().flatten() {
            *gradient = sweep.graph.with_states(*gradient, state, states);
        }
    }
    gradients
}

struct Sweep<'g> {
    graph: &'g mut Graph,
    active: Vec<bool>,
    pending: Vec<Pending>,
    /// The recurrences that were met, with their states as arrays.
    states: Vec<(usize, NodeId)>,
}

impl Sweep<'_> {
    fn is_active(&self, node: NodeId) -> bool {
        self.active.get(node.index()).copied().unwrap_or(false)
    }

    /// The value with its guard applied.
    fn guarded(&mut self, adjoint: Adjoint) -> NodeId {
        match adjoint.guard {
            None => adjoint.value,
            Some(guard) => {
                let zero = self.graph.zero();
                self.graph.select(guard, adjoint.value, zero)
            }
        }
    }

    /// Moves a guard that is the value's outermost operation to where guards belong.
    fn split(&mut self, adjoint: Adjoint) -> Adjoint {
        let (mask, value) = match *self.graph.op(adjoint.value) {
            Op::Select(mask, value, zero) if self.graph.is_zero(zero) => (mask, value),
            Op::Select(mask, zero, value) if self.graph.is_zero(zero) => (self.graph.not(mask), value),
            _ => return adjoint,
        };
        // A scalar value under a mask of many entries needs the mask to have its shape.
        if self.graph.shape(value) != self.graph.shape(adjoint.value) {
            return adjoint;
        }
        let guard = Some(self.and(adjoint.guard, mask));
        self.split(Adjoint { guard, value })
    }

    fn and(&mut self, guard: Option<NodeId>, mask: NodeId) -> NodeId {
        match guard {
            None => mask,
            Some(guard) => self.graph.and(guard, mask),
        }
    }

    fn sum(&mut self, a: Adjoint, b: Adjoint) -> Adjoint {
        if a.guard == b.guard {
            return Adjoint { guard: a.guard, value: self.graph.add(a.value, b.value) };
        }
        if let (Some(p), Some(q)) = (a.guard, b.guard) {
            if self.graph.not(p) == q {
                let value = if matches!(self.graph.op(p), Op::Not(_)) {
                    self.graph.select(q, b.value, a.value)
                } else {
                    self.graph.select(p, a.value, b.value)
                };
                return Adjoint { guard: None, value };
            }
            // Under the wider of two guards, the one that implies it needs no second look at the other's.
            let guard = self.graph.or(p, q);
            let left = if guard == p { a.value } else { self.guarded(a) };
            let right = if guard == q { b.value } else { self.guarded(b) };
            return Adjoint { guard: Some(guard), value: self.graph.add(left, right) };
        }
        let (left, right) = (self.guarded(a), self.guarded(b));
        Adjoint { guard: None, value: self.graph.add(left, right) }
    }

    /// All that has arrived at `node`, as one adjoint.
    fn collect(&mut self, node: NodeId) -> Option<Adjoint> {
        let Pending { mut whole, mut entries } = std::mem::take(&mut self.pending[node.index()]);
        if !entries.is_empty() {
            entries.sort_by_key(|(at, _)| *at);
            let mut merged: Vec<(Position, Adjoint)> = Vec::new();
            for (at, adjoint) in entries {
                match merged.last_mut() {
                    Some((last, sum)) if *last == at => *sum = self.sum(*sum, adjoint),
                    _ => merged.push((at, adjoint)),
                }
            }
            let shape = self.graph.shape(node).clone();
            let merged = merged.into_iter().map(|(at, adjoint)| (at, self.guarded(adjoint))).collect();
            whole.push(Adjoint { guard: None, value: self.graph.assemble(merged, shape) });
        }
        let adjoint = whole.into_iter().reduce(|a, b| self.sum(a, b))?;
        (!self.graph.is_zero(adjoint.value)).then_some(adjoint)
    }

    fn contribute(&mut self, operand: NodeId, adjoint: Adjoint) {
        if !self.is_active(operand) || self.graph.is_zero(adjoint.value) {
            return;
        }
        let mut adjoint = self.split(adjoint);
        let shape = self.graph.shape(operand).clone();
        let wide = |graph: &Graph, id: NodeId| shape.is_scalar() && !graph.shape(id).is_scalar();
        if wide(self.graph, adjoint.value) || adjoint.guard.is_some_and(|guard| wide(self.graph, guard)) {
            // A scalar that was spread over an array gathers what comes back from the entries.
            let entries = self.guarded(adjoint);
            adjoint = Adjoint { guard: None, value: self.graph.sum(entries) };
        } else if self.graph.shape(adjoint.value) != &shape {
            adjoint.value = self.graph.broadcast(adjoint.value, &shape);
        }
        self.pending[operand.index()].whole.push(adjoint);
    }

    /// Contributes `f(value)`, under the node's guard.
    fn pass(&mut self, operand: NodeId, adjoint: Adjoint, f: impl FnOnce(&mut Graph, NodeId) -> NodeId) {
        if self.is_active(operand) {
            let value = f(self.graph, adjoint.value);
            self.contribute(operand, Adjoint { guard: adjoint.guard, value });
        }
    }

    /// For operations that mix entries: a guard per entry is applied before, a guard on the whole stays outside.
    fn settled(&mut self, node: NodeId, adjoint: Adjoint) -> Adjoint {
        match adjoint.guard {
            Some(guard) if !self.graph.shape(guard).is_scalar() => {
                let value = self.guarded(adjoint);
                let hint = format!("{}_bar", self.graph.describe(node));
                self.graph.set_hint(value, hint);
                Adjoint { guard: None, value }
            }
            _ => adjoint,
        }
    }

    #[allow(clippy::too_many_lines)] // one arm an operation, and each arm is short
    fn propagate(&mut self, node: NodeId, adjoint: Adjoint) {
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
            | Op::Not(_) => {}
            Op::Neg(a) => self.pass(a, adjoint, Graph::neg),
            Op::Add(a, b) => {
                self.contribute(a, adjoint);
                self.contribute(b, adjoint);
            }
            Op::Sub(a, b) => {
                self.contribute(a, adjoint);
                self.pass(b, adjoint, Graph::neg);
            }
            Op::Mul(a, b) if a == b => self.pass(a, adjoint, |graph, bar| {
                let two = graph.literal(2.0);
                let double = graph.mul(two, a);
                graph.mul(bar, double)
            }),
            Op::Mul(a, b) => {
                self.pass(a, adjoint, |graph, bar| graph.mul(bar, b));
                self.pass(b, adjoint, |graph, bar| graph.mul(bar, a));
            }
            Op::Div(a, b) => {
                self.pass(a, adjoint, |graph, bar| {
                    let rate = graph.reciprocal(b);
                    graph.mul(bar, rate)
                });
                self.pass(b, adjoint, |graph, bar| {
                    let rate = graph.reciprocal(b);
                    let rate = graph.mul(bar, rate);
                    let product = graph.mul(rate, node);
                    graph.neg(product)
                });
            }
            Op::Powi(_, 0) => {}
            Op::Powi(a, n) => self.pass(a, adjoint, |graph, bar| {
                let factor = graph.literal(f64::from(n));
                let power = graph.powi(a, n - 1);
                let rate = graph.mul(factor, power);
                graph.mul(bar, rate)
            }),
            Op::Unary(primitive, a) => self.pass(a, adjoint, |graph, bar| {
                let rate = (primitive.row().derivative)(graph, a, node);
                graph.mul(bar, rate)
            }),
            Op::Binary(primitive, a, b) => {
                for (operand, derivative) in [a, b].into_iter().zip(primitive.row().derivatives) {
                    self.pass(operand, adjoint, |graph, bar| {
                        let rate = derivative(graph, a, b, node);
                        graph.mul(bar, rate)
                    });
                }
            }
            Op::Select(mask, a, b) => {
                let other = self.graph.not(mask);
                for (operand, mask) in [(a, mask), (b, other)] {
                    let guard = Some(self.and(adjoint.guard, mask));
                    self.contribute(operand, Adjoint { guard, value: adjoint.value });
                }
            }
            // `contribute` sums over the entries, or spreads over them, as the operand's shape wants it.
            Op::Broadcast(a) => self.contribute(a, adjoint),
            Op::Sum(a) => self.contribute(a, adjoint),
            Op::LogSumExp(a) => self.pass(a, adjoint, |graph, bar| {
                let softmax = graph.softmax(a, node);
                graph.mul(bar, softmax)
            }),
            Op::Index(a, at) => {
                if self.is_active(a) {
                    let adjoint = self.split(adjoint);
                    self.pending[a.index()].entries.push((at, adjoint));
                }
            }
            Op::Assemble(entries) => {
                let adjoint = self.settled(node, adjoint);
                for (at, entry) in entries {
                    self.pass(entry, adjoint, |graph, bar| graph.index(bar, at));
                }
            }
            Op::Part(a, first) => {
                let adjoint = self.settled(node, adjoint);
                let shape = self.graph.shape(a).clone();
                self.pass(a, adjoint, |graph, bar| graph.join(vec![(first, bar)], shape));
            }
            Op::Join(parts) => {
                let adjoint = self.settled(node, adjoint);
                for (first, part) in parts {
                    let shape = self.graph.shape(part).clone();
                    self.pass(part, adjoint, |graph, bar| graph.part(bar, first, &shape));
                }
            }
            Op::MatMul(a, b) => {
                let adjoint = self.settled(node, adjoint);
                self.pass(a, adjoint, |graph, bar| {
                    let b = graph.transpose(b);
                    graph.matmul(bar, b)
                });
                self.pass(b, adjoint, |graph, bar| {
                    let a = graph.transpose(a);
                    graph.matmul(a, bar)
                });
            }
            Op::Outer(a, b) => {
                let adjoint = self.settled(node, adjoint);
                self.pass(a, adjoint, |graph, bar| graph.matmul(bar, b));
                self.pass(b, adjoint, |graph, bar| {
                    let bar = graph.transpose(bar);
                    graph.matmul(bar, a)
                });
            }
            Op::Transpose(a) => {
                let adjoint = self.settled(node, adjoint);
                self.pass(a, adjoint, Graph::transpose);
            }
            Op::Dot(a, b) => {
                self.pass(a, adjoint, |graph, bar| graph.mul(bar, b));
                self.pass(b, adjoint, |graph, bar| graph.mul(bar, a));
            }
            Op::Scan(recurrence, first, next) | Op::ScanEnd(recurrence, first, next) => {
                let adjoint = self.settled(node, adjoint);
                let is_end = self.graph.shape(node).is_scalar();
                let rate = self.graph.state_rate(recurrence, first, next);
                let (shape, zero) = (self.graph.shape(next).clone(), self.graph.zero());
                // The adjoint of the state runs against the loop; what is read of the states joins it on the way.
                let (last, offset) = if is_end { (adjoint.value, zero) } else { (zero, adjoint.value) };
                let (back, body) = self.graph.linear_recurrence(!recurrence.backward, rate, offset, &shape);
                self.pass(next, adjoint, |graph, _| graph.node(Op::Scan(back, last, body), shape));
                self.pass(first, adjoint, |graph, _| {
                    graph.node(Op::ScanEnd(back, last, body), Shape::Scalar)
                });
                let states = self.graph.states_of(recurrence, first, next);
                self.states.push((recurrence.state, states));
            }
            Op::CallAlong(..) => unreachable!("no third derivatives are taken"),
            Op::CallGradient(callee, i, arguments) => {
                let adjoint = self.settled(node, adjoint);
                for (j, &argument) in arguments.iter().enumerate() {
                    self.pass(argument, adjoint, |graph, bar| {
                        graph.call_along(callee, [j, i], &arguments, bar)
                    });
                }
            }
            Op::Call(callee, orders, arguments) if orders.len() == 1 => {
                for (j, &argument) in arguments.iter().enumerate() {
                    self.pass(argument, adjoint, |graph, bar| match graph.callee(callee).passes[j] {
                        Pass::Number | Pass::NumberReference => {
                            let rate = graph.call_derivative(node, j);
                            graph.mul(bar, rate)
                        }
                        Pass::Array | Pass::Reference => {
                            graph.call_along(callee, [j, orders[0]], &arguments, bar)
                        }
                    });
                }
            }
            Op::Call(_, _, arguments) => {
                for (position, argument) in arguments.into_iter().enumerate() {
                    self.pass(argument, adjoint, |graph, bar| {
                        let rate = graph.call_derivative(node, position);
                        graph.mul(bar, rate)
                    });
                }
            }
        }
    }
}

impl Graph {
    /// `e^(a - y)`, where `y` is the [`Op::LogSumExp`] of `a`: its derivative.
    pub fn softmax(&mut self, a: NodeId, y: NodeId) -> NodeId {
        let difference = self.sub(a, y);
        self.unary("exp", difference)
    }

    /// `1/b`. The derivatives of a quotient all divide by its denominator, so they share one division.
    pub(super) fn reciprocal(&mut self, b: NodeId) -> NodeId {
        let one = self.literal(1.0);
        self.div(one, b)
    }

    /// The states of a recurrence before each of its rounds.
    pub(super) fn states_of(&mut self, recurrence: Recurrence, first: NodeId, next: NodeId) -> NodeId {
        let shape = self.shape(next).clone();
        self.node(Op::Scan(recurrence, first, next), shape)
    }

    /// `∂next/∂state` at each of the states that the recurrence goes through.
    pub(super) fn state_rate(&mut self, recurrence: Recurrence, first: NodeId, next: NodeId) -> NodeId {
        let shape = self.shape(next).clone();
        let leaf = self.node(Op::State(recurrence.state), shape);
        let one = self.literal(1.0);
        let rate = tangents(self, &[(leaf, one)], &[next])[0].unwrap_or_else(|| self.zero());
        let states = self.states_of(recurrence, first, next);
        self.with_states(rate, recurrence.state, states)
    }

    /// A new recurrence `state = rate·state + offset`, with its next state.
    pub(super) fn linear_recurrence(
        &mut self,
        backward: bool,
        rate: NodeId,
        offset: NodeId,
        shape: &Shape,
    ) -> (Recurrence, NodeId) {
        let (recurrence, state) = self.new_state(backward, shape.clone());
        let product = self.mul(rate, state);
        let next = self.add(product, offset);
        (recurrence, self.broadcast(next, shape))
    }

    /// `∂/∂x_i (∂f/∂x_j · dot)` of a call.
    pub(super) fn call_along(
        &mut self,
        callee: usize,
        [i, j]: [usize; 2],
        arguments: &[NodeId],
        dot: NodeId,
    ) -> NodeId {
        let (shape, dot_shape) = (self.shape(arguments[i]).clone(), self.shape(arguments[j]).clone());
        let dot = self.broadcast(dot, &dot_shape);
        self.node(Op::CallAlong(callee, [i, j], arguments.to_vec(), dot), shape)
    }

    /// The derivative of the call `node` with respect to its argument `position`.
    pub(super) fn call_derivative(&mut self, node: NodeId, position: usize) -> NodeId {
        let Op::Call(callee, mut orders, arguments) = self.op(node).clone() else {
            unreachable!("only calls are differentiated like this")
        };
        if !self.callee(callee).passes[position].is_number() {
            // The call gives one number, so the derivative has the array's shape.
            let shape = self.shape(arguments[position]).clone();
            return self.node(Op::CallGradient(callee, position, arguments), shape);
        }
        let shape = self.shape(node).clone();
        orders.push(position);
        orders.sort_unstable();
        self.node(Op::Call(callee, orders, arguments), shape)
    }
}

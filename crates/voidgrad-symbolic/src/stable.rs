//! Stable forms: what the user wrote, in the form whose value and derivatives keep their digits.
//!
//! `ln(1 + e^x)` overflows from x = 710 on and its textbook derivative `e^x/(1 + e^x)` is NaN there; `softplus(x)`
//! and `σ(x)` are the same functions and do not. The rules are named and tried in order on each operation that the
//! user wrote, while the graph is built; the emitted function itself is untouched. `σ(logit(x))` is never
//! rewritten to `x`: the derivatives would lose their poles.

use crate::graph::{Graph, NodeId, Op, Shape};

/// A rule: the stable form of `op`, where it applies.
type Rule = fn(&mut Graph, &Op) -> Option<NodeId>;

/// The rules, by name.
pub static RULES: &[(&str, Rule)] = &[
    ("1/(1 + e^-x) = σ(x)", sigmoid_of_reciprocal),
    ("e^x/(1 + e^x) = σ(x)", sigmoid_of_ratio),
    ("1 - σ(x) = σ(-x)", mirrored_sigmoid),
    ("e^x - 1 = exp_m1(x)", exp_m1),
    ("ln(1 + e^x) = softplus(x)", softplus),
    ("ln σ(x) = log_sigmoid(x)", log_sigmoid),
    ("ln(x/(1 - x)) = logit(x)", logit),
    ("ln(e^a + e^b) = logaddexp(a, b)", logaddexp),
    ("ln(1 - e^x) = log1mexp(x)", log1mexp),
    ("ln(1 ± n/d) = ln_1p_ratio(±n, d)", ln_1p_ratio),
    ("ln(1 ± x) = ln_1p(±x)", ln_1p),
];

/// The node for `op` as the user wrote it, in its stable form.
pub fn written(graph: &mut Graph, op: Op, shape: Shape) -> NodeId {
    match RULES.iter().find_map(|(_, rule)| rule(graph, &op)) {
        Some(stable) => stable,
        None => graph.node(op, shape),
    }
}

/// The argument, where `id` is the primitive `name` of something.
fn argument(graph: &Graph, id: NodeId, name: &str) -> Option<NodeId> {
    match *graph.op(id) {
        Op::Unary(primitive, x) if primitive.row().name == name => Some(x),
        _ => None,
    }
}

/// `x`, where `op` is the primitive `name` of `x`.
fn applied(op: &Op, name: &str) -> Option<NodeId> {
    match *op {
        Op::Unary(primitive, x) if primitive.row().name == name => Some(x),
        _ => None,
    }
}

/// `x`, where `id` is `1 + x` or `x + 1`.
fn one_plus(graph: &Graph, id: NodeId) -> Option<NodeId> {
    match *graph.op(id) {
        Op::Add(a, b) if graph.is_literal(a, 1.0) => Some(b),
        Op::Add(a, b) if graph.is_literal(b, 1.0) => Some(a),
        _ => None,
    }
}

/// `x`, where `id` is `1 - x`.
fn one_minus(graph: &Graph, id: NodeId) -> Option<NodeId> {
    match *graph.op(id) {
        Op::Sub(a, b) if graph.is_literal(a, 1.0) => Some(b),
        _ => None,
    }
}

fn sigmoid_of_reciprocal(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let denominator = match *op {
        Op::Div(a, b) if graph.is_literal(a, 1.0) => b,
        _ => applied(op, "recip")?,
    };
    let exponential = one_plus(graph, denominator)?;
    let x = argument(graph, exponential, "exp")?;
    let x = graph.neg(x);
    Some(graph.unary("sigmoid", x))
}

fn sigmoid_of_ratio(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let Op::Div(numerator, denominator) = *op else { return None };
    let x = argument(graph, numerator, "exp")?;
    (one_plus(graph, denominator)? == numerator).then(|| graph.unary("sigmoid", x))
}

fn mirrored_sigmoid(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let Op::Sub(one, sigmoid) = *op else { return None };
    let x = argument(graph, sigmoid, "sigmoid").filter(|_| graph.is_literal(one, 1.0))?;
    let x = graph.neg(x);
    Some(graph.unary("sigmoid", x))
}

fn exp_m1(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let Op::Sub(exponential, one) = *op else { return None };
    let x = argument(graph, exponential, "exp").filter(|_| graph.is_literal(one, 1.0))?;
    Some(graph.unary("exp_m1", x))
}

fn softplus(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let exponential = match applied(op, "ln") {
        Some(sum) => one_plus(graph, sum)?,
        None => applied(op, "ln_1p")?,
    };
    let x = argument(graph, exponential, "exp")?;
    Some(graph.unary("softplus", x))
}

fn log_sigmoid(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let x = argument(graph, applied(op, "ln")?, "sigmoid")?;
    Some(graph.unary("log_sigmoid", x))
}

fn logit(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let Op::Div(x, rest) = *graph.op(applied(op, "ln")?) else { return None };
    (one_minus(graph, rest)? == x).then(|| graph.unary("logit", x))
}

fn logaddexp(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let Op::Add(left, right) = *graph.op(applied(op, "ln")?) else { return None };
    let (a, b) = (argument(graph, left, "exp")?, argument(graph, right, "exp")?);
    Some(graph.binary("logaddexp", a, b))
}

fn log1mexp(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let exponential = match applied(op, "ln") {
        Some(difference) => one_minus(graph, difference)?,
        None => match *graph.op(applied(op, "ln_1p")?) {
            Op::Neg(inner) => inner,
            _ => return None,
        },
    };
    let x = argument(graph, exponential, "exp")?;
    Some(graph.unary("log1mexp", x))
}

fn ln_1p_ratio(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let (ratio, is_negative) = match applied(op, "ln") {
        Some(argument) => match one_plus(graph, argument) {
            Some(ratio) => (ratio, false),
            None => (one_minus(graph, argument)?, true),
        },
        None => (applied(op, "ln_1p")?, false),
    };
    let Op::Div(n, d) = *graph.op(ratio) else { return None };
    let n = if is_negative { graph.neg(n) } else { n };
    Some(graph.binary("ln_1p_ratio", n, d))
}

fn ln_1p(graph: &mut Graph, op: &Op) -> Option<NodeId> {
    let argument = applied(op, "ln")?;
    let x = match one_plus(graph, argument) {
        Some(x) => x,
        None => {
            let x = one_minus(graph, argument)?;
            graph.neg(x)
        }
    };
    Some(graph.unary("ln_1p", x))
}

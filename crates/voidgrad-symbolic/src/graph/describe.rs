//! Names that say what a value is.

use super::{Graph, NodeId, Op};

impl Graph {
    /// The name of a value: the user's, or one that says what it is, like `exp_x`, `x_over_y`, `product`. It depends
    /// on the operands alone, so an edit elsewhere in the function does not change it.
    #[must_use]
    pub fn describe(&self, id: NodeId) -> String {
        self.hint(id).map_or_else(|| describe(self, id), str::to_owned)
    }
}

/// Two operands' names of more letters than this do not make a name that anyone would read.
const LONGEST_PAIR: usize = 16;

fn describe(graph: &Graph, id: NodeId) -> String {
    let name = |id: NodeId| match graph.op(id) {
        Op::Neg(a) => graph.hint(*a).map(|name| format!("minus_{name}")),
        _ => graph.hint(id).map(str::to_owned),
    };
    let one = |what: &str, a: NodeId| match name(a) {
        Some(a) => format!("{what}_{a}"),
        None => what.to_owned(),
    };
    let two = |a: NodeId, between: &str, b: NodeId, otherwise: &str| match (name(a), name(b)) {
        (Some(a), Some(b)) if a.len() + b.len() <= LONGEST_PAIR => format!("{a}_{between}_{b}"),
        _ => otherwise.to_owned(),
    };
    match graph.op(id) {
        Op::Neg(a) => one("minus", *a),
        Op::Add(a, b) => two(*a, "plus", *b, "sum"),
        Op::Sub(a, b) => two(*a, "minus", *b, "difference"),
        Op::Mul(a, b) | Op::MatMul(a, b) | Op::Outer(a, b) => two(*a, "times", *b, "product"),
        Op::Div(a, b) => two(*a, "over", *b, "ratio"),
        Op::Powi(a, _) => one("power", *a),
        Op::Unary(primitive, a) => one(primitive.row().name, *a),
        Op::Binary(primitive, a, b) => two(*a, primitive.row().name, *b, primitive.row().name),
        Op::Compare(..) | Op::And(..) | Op::Or(..) | Op::Not(_) => "condition".to_owned(),
        Op::Select(..) => "selected".to_owned(),
        Op::Dot(a, b) => two(*a, "dot", *b, "dot"),
        Op::Sum(a) => one("sum", *a),
        Op::LogSumExp(a) => one("log_sum_exp", *a),
        Op::Call(callee, orders, _) => {
            let function = graph.callee(*callee).name();
            match orders.len() {
                0 => format!("{function}_value"),
                1 => format!("d_{function}"),
                _ => format!("dd_{function}"),
            }
        }
        Op::State(_) => "state".to_owned(),
        Op::Scan(..) => "states".to_owned(),
        Op::ScanEnd(..) => "end".to_owned(),
        Op::Assemble(_) => "entries".to_owned(),
        Op::Part(a, _) => one("part", *a),
        Op::Join(_) => "joined".to_owned(),
        Op::Transpose(a) => one("transposed", *a),
        _ => "value".to_owned(),
    }
}

//! Method calls: `f64`'s, nalgebra's, and those of arrays.

use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Ident};

use super::call::Read;
use super::part::takes_length;
use super::{Reader, Value};
use crate::graph::{Comparison, Dim, NodeId, Op, Position, Shape};
use crate::primitives::{BINARY, Binary, Call, UNARY, Unary};

impl Reader<'_> {
    /// `receiver.method(arguments)`.
    pub(super) fn method_call(&mut self, call: &ExprMethodCall) -> Option<Value> {
        let ExprMethodCall { attrs: _, receiver, dot_token: _, method, turbofish, paren_token: _, args } =
            call;
        let receiver = self.expression(receiver)?;
        let turbofish = turbofish.as_ref();
        if !takes_length(method) {
            self.turbofish(turbofish, method)?;
        }
        let arguments: Vec<&Expr> = args.iter().collect();
        match receiver {
            Value::Parts(parts) => self.parts_method(parts, method, &arguments),
            Value::Sequence(item, shape) => self.sequence_method(*item, shape, method, &arguments),
            Value::Places(length) => {
                let shape = Shape::Array(length.clone());
                self.sequence_method(Value::Place(length), shape, method, &arguments)
            }
            Value::Range(from, to, variable) => self.range_method((from, to, variable), method, &arguments),
            Value::Node(node) | Value::Item(node) if self.graph.is_mask(node) => {
                self.refuse(method, "a method of `bool` is not modelled; use `!`, `&&`, `||` and `if`")
            }
            Value::Node(node) if !self.graph.shape(node).is_scalar() => {
                match self.part_method(node, method, turbofish, &arguments)? {
                    Some(value) => Some(value),
                    None => self.array_method(node, method, &arguments),
                }
            }
            Value::Integer(..) if method == "clone" && arguments.is_empty() => Some(receiver),
            Value::Integer(..) => {
                self.refuse(method, "a method of an integer is not modelled; write the number")
            }
            receiver => {
                let arguments = self.read_all(args.iter())?;
                self.scalar_method(receiver, method, &arguments, call)
            }
        }
    }

    /// A method of `f64`, also where it is called as `f64::sin(x)`.
    pub(super) fn scalar_method(
        &mut self,
        receiver: Value,
        method: &Ident,
        arguments: &[Read<'_>],
        whole: impl ToTokens + Copy,
    ) -> Option<Value> {
        let name = method.to_string();
        match (name.as_str(), arguments) {
            ("clone" | "to_owned" | "into", []) => return Some(receiver),
            ("constant", [value]) if self.real.is_some() => {
                return self.scalar_of(&value.value, value.expression).map(Value::Node);
            }
            ("powi", [Read { expression, value, is_reference: _ }]) => {
                let Value::Integer(n, variable) = *value else {
                    return self.refuse(
                        expression,
                        "an integer that stands in the source is needed here, or a loop variable",
                    );
                };
                self.must_be(variable, "i32");
                // Two derivatives lower the exponent twice.
                let Some(n) = i32::try_from(n).ok().filter(|n| *n > i32::MIN + 2) else {
                    return self.refuse(expression, "the exponent does not fit `i32`");
                };
                let ([a], item) = self.reals([receiver], whole)?;
                let shape = self.graph.shape(a).clone();
                let node = self.written(Op::Powi(a, n), shape, method)?;
                return Some(item.wrap(node));
            }
            ("clamp", [low, high]) => {
                return self.clamp(receiver, low.value.clone(), high.value.clone(), method);
            }
            ("mul_add", [factor, addend]) => {
                let values = [receiver, factor.value.clone(), addend.value.clone()];
                let ([a, b, c], item) = self.reals(values, whole)?;
                let shape = self.joined(a, b, method)?;
                let product = self.written(Op::Mul(a, b), shape, method)?;
                let shape = self.joined(product, c, method)?;
                let node = self.written(Op::Add(product, c), shape, method)?;
                return Some(item.wrap(node));
            }
            ("sin_cos", []) => {
                let ([a], item) = self.reals([receiver], whole)?;
                let (sin, cos) = (self.graph.unary("sin", a), self.graph.unary("cos", a));
                return Some(Value::Tuple(vec![item.wrap(sin), item.wrap(cos)]));
            }
            ("is_nan", []) => {
                let ([a], item) = self.reals([receiver], whole)?;
                let node = self.graph.compare(Comparison::Ne, a, a);
                return Some(item.wrap(node));
            }
            _ => {}
        }
        if let ([other], Some(comparison)) = (arguments, Comparison::of_method(&name))
            && self.real.is_some()
        {
            let ([a, b], item) = self.reals([receiver, other.value.clone()], whole)?;
            let shape = self.joined(a, b, method)?;
            let node = self.written(Op::Compare(comparison, a, b), shape, method)?;
            return Some(item.wrap(node));
        }
        let unary = self.callable(&name, Unary::find);
        if let ([], Some(primitive)) = (arguments, unary) {
            let ([a], item) = self.reals([receiver], whole)?;
            let shape = self.graph.shape(a).clone();
            let node = self.written(Op::Unary(primitive, a), shape, method)?;
            return Some(item.wrap(node));
        }
        let binary = self.callable(&name, Binary::find);
        if let ([other], Some(primitive)) = (arguments, binary) {
            let ([a, b], item) = self.reals([receiver, other.value.clone()], whole)?;
            let shape = self.joined(a, b, method)?;
            let node = self.written(Op::Binary(primitive, a, b), shape, method)?;
            return Some(item.wrap(node));
        }
        self.unknown_method(method)
    }

    /// A primitive that is called as a method here. For `f64` those are the standard library's; in a function that is
    /// generic over `Real`, the field's functions are methods too.
    fn callable<P>(&self, name: &str, find: fn(&str, Call) -> Option<P>) -> Option<P> {
        find(name, Call::Method).or_else(|| self.real.as_ref().and_then(|_| find(name, Call::Function)))
    }

    fn unknown_method<T>(&mut self, method: &Ident) -> Option<T> {
        let name = method.to_string();
        if Unary::find(&name, Call::Function).is_some() || Binary::find(&name, Call::Function).is_some() {
            return self.refuse(method, format!("`{name}` is a function of voidgrad: write `{name}(x)`"));
        }
        let hint = match name.as_str() {
            "log" => "write `x.ln() / base.ln()`".to_owned(),
            "rem_euclid" | "div_euclid" => "it jumps; write it with `floor`".to_owned(),
            "unwrap" | "expect" => {
                "a differentiated function can't fail; check the input before the call".to_owned()
            }
            "chunks" | "chunks_exact" | "as_chunks" | "windows" | "split_at" => {
                "parts are those of an array or a slice; write `x.as_slice()` for a vector".to_owned()
            }
            "rows" | "fixed_rows" | "row" | "columns" | "fixed_columns" | "column" | "view" | "fixed_view" => {
                "parts of this kind are those of nalgebra's vectors and matrices; write `&x[start..end]` for an array or a slice".to_owned()
            }
            "slice" | "fixed_slice" => "nalgebra calls it `view((row, column), (rows, columns))` now".to_owned(),
            "rows_range" | "columns_range" | "view_range" => {
                "write the place and the count: `rows(start, count)`, `columns(start, count)`".to_owned()
            }
            "collect" | "to_vec" => "write `[a, b, …]`, or `map` on an array".to_owned(),
            _ => match nearest(&name) {
                Some(known) => format!("is `{known}` meant?"),
                None => "the guide lists those that are, under `primitives`".to_owned(),
            },
        };
        self.refuse(method, format!("the method `{name}` is not modelled; {hint}"))
    }

    /// `x.clamp(low, high)`, as the standard library branches.
    fn clamp(&mut self, receiver: Value, low: Value, high: Value, method: &Ident) -> Option<Value> {
        let ([x, low, high], item) = self.reals([receiver, low, high], method)?;
        let below = self.graph.compare(Comparison::Lt, x, low);
        let above = self.graph.compare(Comparison::Gt, x, high);
        let shape = self.graph.shape(x).clone();
        let inner = self.written(Op::Select(above, high, x), shape.clone(), method)?;
        let node = self.written(Op::Select(below, low, inner), shape, method)?;
        Some(item.wrap(node))
    }

    /// A method of an array or a matrix.
    fn array_method(&mut self, a: NodeId, method: &Ident, arguments: &[&Expr]) -> Option<Value> {
        let shape = self.graph.shape(a).clone();
        let is_matrix = matches!(shape, Shape::Matrix(..));
        let name = method.to_string();
        let node = match (name.as_str(), arguments) {
            ("clone" | "to_owned" | "clone_owned" | "into_owned" | "into" | "as_ref", []) => Some(a),
            // A column is a slice of its entries; those of a matrix are not modelled as one array.
            ("as_slice", []) if shape.is_column() && shape.entries().is_some() => {
                let slice = Shape::Array(shape.entries().map_or(Dim::Fixed(1), Dim::Fixed));
                Some(self.graph.part(a, Position::Entry(0), &slice))
            }
            ("as_slice", []) => Some(a),
            ("column_sum" | "column_mean" | "row_sum" | "row_mean" | "row_sum_tr" | "row_mean_tr", []) if is_matrix => {
                self.along_axis(a, &name, method)
            }
            ("iter" | "into_iter", []) => return Some(Value::Sequence(Box::new(Value::Item(a)), shape)),
            ("len" | "nrows", []) => return Some(self.length(&shape)),
            ("map", [f]) => {
                let item = self.apply(f, vec![Value::Item(a)])?;
                let entry = self.item_node(item, f)?;
                Some(self.graph.broadcast(entry, &shape))
            }
            ("transpose", []) if is_matrix => Some(self.graph.transpose(a)),
            ("sum", []) if is_matrix => self.written(Op::Sum(a), Shape::Scalar, method),
            ("norm_squared", []) if is_matrix => self.written(Op::Dot(a, a), Shape::Scalar, method),
            ("norm", []) if is_matrix => {
                let square = self.written(Op::Dot(a, a), Shape::Scalar, method)?;
                Some(self.graph.unary("sqrt", square))
            }
            ("dot", [other]) if is_matrix => {
                let b = self.array(other)?;
                if *self.graph.shape(b) != shape {
                    self.joined(a, b, method)?;
                }
                self.written(Op::Dot(a, b), Shape::Scalar, method)
            }
            ("component_mul" | "component_div", [other]) if is_matrix => {
                let b = self.array(other)?;
                let shape = self.joined(a, b, method)?;
                let op = if name == "component_mul" { Op::Mul(a, b) } else { Op::Div(a, b) };
                self.written(op, shape, method)
            }
            ("tr_mul", [other]) if is_matrix => {
                let b = self.array(other)?;
                let transposed = self.graph.transpose(a);
                match (self.graph.shape(transposed).clone(), self.graph.shape(b).clone()) {
                    (Shape::Matrix(_, inner), Shape::Matrix(rows, _)) if inner.may_equal(&rows) => {
                        self.matrix_product(transposed, b, method)
                    }
                    (left, right) => self.refuse(
                        method,
                        format!("the shapes do not fit: {left} (transposed) on the left, {right} on the right"),
                    ),
                }
            }
            ("scale", [factor]) if is_matrix => {
                let factor = self.scalar(factor)?;
                self.written(Op::Mul(a, factor), shape, method)
            }
            ("zip_map", [other, f]) if is_matrix => {
                let b = self.array(other)?;
                let shape = self.joined(a, b, method)?;
                let item = self.apply(f, vec![Value::Item(a), Value::Item(b)])?;
                let entry = self.item_node(item, f)?;
                Some(self.graph.broadcast(entry, &shape))
            }
            ("sum" | "dot", _) => self.refuse(
                method,
                "this is a method of nalgebra's vectors; for arrays write `a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>()`",
            ),
            _ => return self.unknown_method(method),
        };
        node.map(Value::Node)
    }

    /// Sums and means along one axis: products with ones.
    fn along_axis(&mut self, a: NodeId, name: &str, method: &Ident) -> Option<NodeId> {
        let Shape::Matrix(rows, columns) = self.graph.shape(a).clone() else { return None };
        let one = self.graph.literal(1.0);
        // nalgebra's `column_sum` is the sum of the columns, and its `row_sum` that of the rows.
        let is_of_columns = name.starts_with("column");
        let (count, sum) = if is_of_columns {
            let ones = self.graph.broadcast(one, &Shape::Matrix(columns.clone(), Dim::Fixed(1)));
            let shape = Shape::Matrix(rows, Dim::Fixed(1));
            (columns, self.written(Op::MatMul(a, ones), shape, method)?)
        } else {
            let ones = self.graph.broadcast(one, &Shape::Matrix(rows.clone(), Dim::Fixed(1)));
            let transposed = self.graph.transpose(a);
            let shape = Shape::Matrix(columns, Dim::Fixed(1));
            let sum = self.written(Op::MatMul(transposed, ones), shape, method)?;
            (rows, if name.ends_with("_tr") { sum } else { self.graph.transpose(sum) })
        };
        if !name.contains("mean") {
            return Some(sum);
        }
        let count = self.graph.node(Op::Length(count), Shape::Scalar);
        let shape = self.graph.shape(sum).clone();
        self.written(Op::Div(sum, count), shape, method)
    }

    fn length(&mut self, shape: &Shape) -> Value {
        let (Shape::Array(n) | Shape::Matrix(n, _)) = shape else { return self.size(1) };
        match n.fixed().and_then(|n| i64::try_from(n).ok()) {
            Some(n) => self.size(n),
            None => Value::Length(n.clone()),
        }
    }

    /// A whole array.
    pub(super) fn array(&mut self, expression: &Expr) -> Option<NodeId> {
        let value = self.expression(expression)?;
        let node = self.node_of(&value, expression)?;
        if self.graph.shape(node).is_scalar() {
            return self.refuse(expression, "an array or a matrix is needed here");
        }
        Some(node)
    }
}

/// The known method that is most like `name`: the one that starts alike.
fn nearest(name: &str) -> Option<&'static str> {
    let methods =
        UNARY.iter().map(|row| (row.name, row.call)).chain(BINARY.iter().map(|row| (row.name, row.call)));
    let shared = |known: &str| known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    methods
        .filter(|(_, call)| *call == Call::Method)
        .map(|(known, _)| known)
        .filter(|known| shared(known) >= 3)
        .max_by_key(|known| shared(known))
}

/// The length of an array, for loops over its entries.
pub(super) fn fixed_length(shape: &Shape) -> Option<usize> {
    match shape {
        Shape::Array(Dim::Fixed(n)) => Some(*n),
        Shape::Matrix(..) => shape.entries(),
        _ => None,
    }
}

//! Calls by path: voidgrad's own functions, `f64::sin`, nalgebra's constructors, and other differentiated functions.

use syn::{Expr, ExprArray, ExprCall, ExprGroup, ExprParen, ExprPath, Path, PathArguments, PathSegment};

use super::{Reader, Value};
use crate::graph::{Callee, Dim, Op, Pass, Position, Shape};
use crate::primitives::{Binary, Call, Unary};

/// An argument that was read.
pub(super) struct Read<'e> {
    pub(super) expression: &'e Expr,
    pub(super) value: Value,
    /// True if the argument is a reference.
    pub(super) is_reference: bool,
}

impl Reader<'_> {
    /// `path(arguments)`.
    pub(super) fn call(&mut self, call: &ExprCall) -> Option<Value> {
        let ExprCall { attrs: _, func, paren_token: _, args } = call;
        let Expr::Path(ExprPath { attrs: _, qself, path }) = without_parentheses(func) else {
            return self.refuse(func, "only a function named by a path can be differentiated");
        };
        if qself.is_some() {
            return self
                .refuse(func, "a qualified path is not modelled; import the function and call it by name");
        }
        if let Some(value) = self.constructor(path, call).or_else(|| self.matrix_of_lines(path, call)) {
            return value;
        }
        let arguments = self.read_all(args.iter())?;
        self.without_arguments(path)?;
        if self.is_select(path) {
            return self.select(arguments, call);
        }
        if self.is_method_path(path)
            && let Some((receiver, rest)) = arguments.split_first()
        {
            return self.scalar_method(receiver.value.clone(), &path.segments[1].ident, rest, call);
        }
        self.call_path(
            path,
            arguments
                .into_iter()
                .map(|Read { expression: _, value, is_reference }| (value, is_reference))
                .collect(),
        )
    }

    /// Reads the arguments of a call, once.
    pub(super) fn read_all<'e>(
        &mut self,
        expressions: impl Iterator<Item = &'e Expr>,
    ) -> Option<Vec<Read<'e>>> {
        let read: Vec<Option<Read<'e>>> = expressions
            .map(|expression| {
                let value = self.expression(expression)?;
                Some(Read { expression, value, is_reference: self.is_reference(expression) })
            })
            .collect();
        read.into_iter().collect()
    }

    /// Refuses type arguments, which would choose another function.
    fn without_arguments(&mut self, path: &Path) -> Option<()> {
        let Path { leading_colon: _, segments } = path;
        for PathSegment { ident: _, arguments } in segments {
            if !matches!(arguments, PathArguments::None) {
                return self.refuse(
                    arguments,
                    "type arguments of a function are not modelled; leave them out, they follow from the call",
                );
            }
        }
        Some(())
    }

    /// A function named by `path`, as `map(path)` calls it.
    pub(super) fn apply_path(&mut self, path: &Path, arguments: Vec<Value>) -> Option<Value> {
        self.without_arguments(path)?;
        if self.is_method_path(path) {
            let method = &path.segments[1].ident;
            let mut arguments = arguments.into_iter();
            let receiver = arguments.next()?;
            return match arguments.next() {
                None => self.scalar_method(receiver, method, &[], path),
                Some(_) => self.refuse(path, "write a closure: `|x, y| x.max(y)`"),
            };
        }
        self.call_path(path, arguments.into_iter().map(|value| (value, false)).collect())
    }

    /// Each argument comes with whether it is a reference.
    fn call_path(&mut self, path: &Path, arguments: Vec<(Value, bool)>) -> Option<Value> {
        let values = |arguments: Vec<(Value, bool)>| arguments.into_iter().map(|(value, _)| value);
        let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if let Some(primitive) = Unary::find(&name, Call::Function) {
            self.functions.push((path.clone(), primitive.row().name));
            let Ok([x]) = <[Value; 1]>::try_from(values(arguments).collect::<Vec<_>>()) else {
                return self.refuse(path, format!("`{name}` takes one argument"));
            };
            let ([x], item) = self.reals([x], path)?;
            let shape = self.graph.shape(x).clone();
            if !item.is_item() && !shape.is_scalar() {
                return self.refuse(
                    path,
                    format!("`{name}` takes one number, this is a {shape}; write `.map({name})`"),
                );
            }
            let node = self.written(Op::Unary(primitive, x), shape, path)?;
            return Some(item.wrap(node));
        }
        if let Some(primitive) = Binary::find(&name, Call::Function) {
            self.functions.push((path.clone(), primitive.row().name));
            let Ok([a, b]) = <[Value; 2]>::try_from(values(arguments).collect::<Vec<_>>()) else {
                return self.refuse(path, format!("`{name}` takes two arguments"));
            };
            let ([a, b], item) = self.reals([a, b], path)?;
            let shape = self.joined(a, b, path)?;
            let node = self.written(Op::Binary(primitive, a, b), shape, path)?;
            return Some(item.wrap(node));
        }
        if let Some(name) = ["log_sum_exp", "softmax"].into_iter().find(|known| name == *known) {
            return self.reduction(path, name, values(arguments).collect());
        }
        self.differentiated(path, arguments)
    }

    /// A call to another differentiated function. Its derivatives are found through its namesake type, so a
    /// function that has none is an error that the compiler reports on this path.
    fn differentiated(&mut self, path: &Path, arguments: Vec<(Value, bool)>) -> Option<Value> {
        if path.get_ident().is_some_and(|name| self.scope.slot(&name.to_string()).is_some()) {
            return self.refuse(path, "a call of a local variable can't be differentiated; call a function annotated with `#[differentiate]`");
        }
        let mut nodes = Vec::new();
        let mut passes = Vec::new();
        let mut shape = Shape::Scalar;
        let (mut over_items, mut takes_arrays) = (false, false);
        for (argument, is_reference) in arguments {
            let is_item = matches!(argument, Value::Item(_));
            let node = match argument {
                Value::Item(node) => node,
                value => self.node_of(&value, path)?,
            };
            over_items |= is_item;
            if is_item {
                shape = self.graph.shape(node).join(&shape)?;
            }
            takes_arrays |= !is_item && !self.graph.shape(node).is_scalar();
            passes.push(match (self.graph.shape(node).is_scalar() || is_item, is_reference) {
                (true, false) => Pass::Number,
                (true, true) => Pass::NumberReference,
                (false, true) => Pass::Reference,
                (false, false) => Pass::Array,
            });
            nodes.push(node);
        }
        if takes_arrays
            && !over_items
            && let Some(value) = self.inlined(path, &nodes)?
        {
            return Some(value);
        }
        let callee = self.graph.intern_callee(Callee { path: path.clone(), within: None, passes });
        let node = self.written(Op::Call(callee, Vec::new(), nodes), shape, path)?;
        Some(if over_items { Value::Item(node) } else { Value::Node(node) })
    }

    /// `SVector::from([…])` and `Vector3::new(…)`; `None` where the path is no constructor.
    #[allow(clippy::option_option)] // no constructor, an error, a value
    fn constructor(&mut self, path: &Path, call: &ExprCall) -> Option<Option<Value>> {
        let [ty, function] = [path.segments.get(path.segments.len().checked_sub(2)?)?, path.segments.last()?];
        let name = ty.ident.to_string();
        let is_vector =
            name == "SVector" || name.strip_prefix("Vector").is_some_and(|n| n.parse::<usize>().is_ok());
        if !is_vector {
            return None;
        }
        if let ("from_iterator", Some(argument), 1) =
            (function.ident.to_string().as_str(), call.args.first(), call.args.len())
        {
            return Some(self.vector_of_iterator(ty, argument));
        }
        let entries: Vec<&Expr> = match (function.ident.to_string().as_str(), call.args.first()) {
            ("new", Some(_)) => call.args.iter().collect(),
            ("from", Some(Expr::Array(ExprArray { attrs: _, bracket_token: _, elems })))
                if call.args.len() == 1 =>
            {
                elems.iter().collect()
            }
            _ => {
                return Some(
                    self.refuse(path, "this constructor is not modelled; write `SVector::from([a, b, …])`"),
                );
            }
        };
        let nodes: Vec<_> = entries.into_iter().map(|entry| self.scalar(entry)).collect();
        Some(nodes.into_iter().collect::<Option<Vec<_>>>().map(|nodes| {
            let shape = Shape::Matrix(Dim::Fixed(nodes.len()), Dim::Fixed(1));
            let entries = nodes.into_iter().enumerate().map(|(i, node)| (Position::Entry(i), node)).collect();
            Value::Node(self.graph.node(Op::Assemble(entries), shape))
        }))
    }

    /// `f64::sin` and its kin; in a function that is generic over its numbers, also `R::sin` and `Real::sin`.
    fn is_method_path(&self, path: &Path) -> bool {
        let [ty, _] = two_segments(path);
        ty.is_some_and(|ty| ty == "f64" || self.real.as_ref().is_some_and(|real| ty == real || ty == "Real"))
    }

    /// `R::select`.
    fn is_select(&self, path: &Path) -> bool {
        let [ty, method] = two_segments(path);
        self.real.is_some() && ty == self.real.as_ref() && method.is_some_and(|method| method == "select")
    }

    fn select(&mut self, arguments: Vec<Read<'_>>, call: &ExprCall) -> Option<Value> {
        let Ok([mask, on_true, on_false]) = <[Read<'_>; 3]>::try_from(arguments) else {
            return self.refuse(call, "`select` takes a mask and two values");
        };
        self.choose(&mask.value, on_true.value, on_false.value, call)
    }

    /// `log_sum_exp(x)` and `softmax(x)` of an array.
    fn reduction(&mut self, path: &Path, name: &'static str, arguments: Vec<Value>) -> Option<Value> {
        let array = match <[Value; 1]>::try_from(arguments) {
            Ok([Value::Node(node)]) => Some(node),
            _ => None,
        };
        let Some(array) = array.filter(|array| matches!(self.graph.shape(*array), Shape::Array(_))) else {
            return self.refuse(path, format!("`{name}` takes one array: `{name}(&x)` with `x: [f64; N]`"));
        };
        self.functions.push((path.clone(), name));
        let sum = self.written(Op::LogSumExp(array), Shape::Scalar, path)?;
        Some(Value::Node(if name == "softmax" { self.graph.softmax(array, sum) } else { sum }))
    }
}

/// `f` for `(f)`.
fn without_parentheses(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(ExprParen { attrs: _, paren_token: _, expr })
        | Expr::Group(ExprGroup { attrs: _, group_token: _, expr }) => without_parentheses(expr),
        other => other,
    }
}

/// The two segments of a path like `f64::sin`.
fn two_segments(path: &Path) -> [Option<&syn::Ident>; 2] {
    if path.segments.len() == 2 {
        [Some(&path.segments[0].ident), Some(&path.segments[1].ident)]
    } else {
        [None, None]
    }
}

//! Method calls, and the methods of numbers and integers.

use syn::{Expr, ExprMethodCall, GenericArgument, Type};

use super::expression::present;
use super::types::Ty;
use super::value::{Closure, Float, Integer, Width};
use super::{Interpreter, Result, Value, panics, primitives, unknown};

impl Interpreter<'_> {
    pub(super) fn method_call(&mut self, call: &ExprMethodCall) -> Result<Value> {
        let receiver = self.expression(&call.receiver, None)?;
        let name = call.method.to_string();
        if let Some(turbofish) = &call.turbofish {
            self.known_turbofish(&name, &turbofish.args.iter().collect::<Vec<_>>())?;
        }
        let mut arguments = Vec::new();
        for argument in present(call.args.iter())? {
            let wanted = (name == "powi").then_some(Ty::Integer(Width::I32));
            arguments.push(self.argument(argument, wanted.as_ref())?);
        }
        // Both have the same rows in all methods that generated code calls with a vector.
        let (mut receiver, mut arguments) = (receiver, arguments);
        if let (Value::Unsized(_), Some(Value::Matrix(other))) =
            (&receiver, arguments.first().map(Value::behind))
        {
            receiver = self.sized(receiver, other.rows)?;
        } else if let Value::Matrix(matrix) = receiver.behind() {
            let rows = matrix.rows;
            arguments =
                arguments.into_iter().map(|argument| self.sized(argument, rows)).collect::<Result<_>>()?;
        }
        self.method(receiver, &name, &arguments)
    }

    /// An argument, which may be the path of a function.
    fn argument(&mut self, argument: &Expr, wanted: Option<&Ty>) -> Result<Value> {
        if let Expr::Path(path) = argument {
            let is_bound = path.path.get_ident().is_some_and(|name| self.lookup(&name.to_string()).is_ok());
            if !is_bound && !matches!(self.path(path), Ok(Value::Number(..) | Value::Integer(_))) {
                let inputs = syn::parse_quote!(|x| #path(x));
                return Ok(Value::Closure(std::rc::Rc::new(Closure {
                    code: inputs,
                    names: self.names.clone(),
                })));
            }
        }
        self.expression(argument, wanted)
    }

    /// Types after a method's name: those that leave everything as it is.
    fn known_turbofish(&mut self, method: &str, arguments: &[&GenericArgument]) -> Result<()> {
        for argument in arguments {
            let GenericArgument::Type(ty) = argument else { return unknown("a turbofish") };
            let fits = matches!(
                (method, self.ty(ty)?),
                ("collect", Ty::Vec(_))
                    | (_, Ty::Infer)
                    | ("sum" | "product" | "map" | "fold", Ty::Float(Float::F64))
            );
            if !fits || matches!(ty, Type::Never(_)) {
                return unknown("a turbofish");
            }
        }
        Ok(())
    }

    /// `receiver.name(arguments)`; the receiver is looked at through references.
    pub(super) fn method(&mut self, receiver: Value, name: &str, arguments: &[Value]) -> Result<Value> {
        if let Value::Array(_) | Value::Matrix(_) | Value::Iterator(_) | Value::Range(..) = receiver.behind()
        {
            return self.collection_method(receiver, name, arguments);
        }
        match (receiver.behind().clone(), name) {
            // A clone of a reference is one of what it points at.
            (value @ (Value::Number(..) | Value::Bool(_) | Value::Integer(_)), "clone" | "to_owned")
                if arguments.is_empty() =>
            {
                Ok(value)
            }
            (Value::Number(x, float), _) => self.number_method(x, float, name, arguments),
            (Value::Integer(n), _) => Self::integer_method(n, name, arguments),
            (Value::Tuple(parts), "clone") => Ok(Value::Tuple(parts)),
            _ => unknown(format!("the method {name}")),
        }
    }

    fn number_method(
        &mut self,
        x: super::Number,
        float: Float,
        name: &str,
        arguments: &[Value],
    ) -> Result<Value> {
        let is_generated = !self.reals.is_empty();
        let context = &self.context;
        if float == Float::F32 {
            let exact = matches!(name, "sqrt" | "abs" | "floor" | "ceil" | "round" | "trunc" | "max" | "min");
            if !exact {
                return unknown("a method of f32");
            }
        }
        // A method can't be called on a literal whose type is open.
        let float = if float == Float::Literal { Float::F64 } else { float };
        let made = |y: super::Number| {
            let value = Value::Number(y, float);
            Ok(if float == Float::F32 { super::types::rounded(&value) } else { value })
        };
        match (name, arguments) {
            ("powi", [Value::Integer(n)]) => match i32::try_from(n.fit(Width::I32)?.value) {
                Ok(n) => made(context.powi(x, n)),
                Err(_) => panics("an exponent out of range"),
            },
            ("sin_cos", []) => {
                let (sin, cos) = (context.method("sin", x), context.method("cos", x));
                let parts = sin.into_iter().chain(cos).map(|y| Value::Number(y, float));
                Ok(Value::Tuple(parts.collect()))
            }
            ("is_nan", []) => Ok(Value::Bool(x.value.is_nan())),
            ("is_finite", []) => Ok(Value::Bool(x.value.is_finite())),
            ("mul_add", [Value::Number(a, _), Value::Number(b, _)]) => {
                // voidgrad's is fused only where the machine fuses.
                let fused = context.mul_add(x, *a, *b);
                made(if is_generated && !cfg!(target_feature = "fma") {
                    context.add(context.mul(x, *a), *b)
                } else {
                    fused
                })
            }
            ("clamp", [Value::Number(low, _), Value::Number(high, _)]) => {
                if low.value > high.value || low.value.is_nan() || high.value.is_nan() {
                    return panics("clamp with bounds in the wrong order");
                }
                context.compared(x, *low);
                context.compared(x, *high);
                made(if x.value < low.value {
                    *low
                } else if x.value > high.value {
                    *high
                } else {
                    x
                })
            }
            (name, []) => {
                if is_generated && let Some(y) = primitives::generated(name, x.value) {
                    return made(super::Number::constant(y));
                }
                match context.method(name, x) {
                    Some(y) => made(y),
                    None => unknown(format!("the method {name}")),
                }
            }
            (name, [Value::Number(y, other)]) => {
                let _ = float.with(*other)?;
                if is_generated {
                    if let Some(y) = primitives::generated_of_two(name, x.value, y.value) {
                        return made(super::Number::constant(y));
                    }
                    if name == "constant" {
                        return Ok(Value::number(y.value));
                    }
                    if let Some(answer) = compared(name, x.value, y.value) {
                        return Ok(Value::Bool(answer));
                    }
                }
                if name == "logaddexp" {
                    return unknown("a function of voidgrad as a method");
                }
                match context.method_of_two(name, x, *y) {
                    Some(y) => made(y),
                    None => unknown(format!("the method {name}")),
                }
            }
            ("mask", [Value::Bool(value)]) if is_generated => Ok(Value::Bool(*value)),
            _ => unknown(format!("the method {name}")),
        }
    }

    fn integer_method(n: Integer, name: &str, arguments: &[Value]) -> Result<Value> {
        if n.width == Width::Literal {
            return unknown("a method of a literal");
        }
        match (name, arguments) {
            ("pow", [Value::Integer(exponent)]) => {
                match u32::try_from(exponent.value).ok().and_then(|e| n.value.checked_pow(e)) {
                    Some(value) => Integer::new(value, n.width).map(Value::Integer),
                    None => panics("an integer overflows"),
                }
            }
            ("abs", []) => Integer::new(n.value.abs(), n.width).map(Value::Integer),
            ("min" | "max", [Value::Integer(other)]) => {
                let other = other.fit(n.width)?;
                let value = if name == "min" { n.value.min(other.value) } else { n.value.max(other.value) };
                Integer::new(value, n.width).map(Value::Integer)
            }
            _ => unknown("a method of an integer"),
        }
    }
}

/// The comparisons that `Real` has as methods.
fn compared(name: &str, a: f64, b: f64) -> Option<bool> {
    Some(match name {
        "is_lt" => a < b,
        "is_le" => a <= b,
        "is_gt" => a > b,
        "is_ge" => a >= b,
        "is_eq" => a == b,
        "is_ne" => a != b,
        _ => return None,
    })
}

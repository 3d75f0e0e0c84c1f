//! Paths and calls.

use syn::{Expr, ExprCall, ExprPath, GenericArgument, Path, PathArguments, Type};

use super::expression::present;
use super::types::Ty;
use super::value::Float;
use super::{Interpreter, Result, Stop, Value, attributes, unknown};

/// The longest array that a helper of generated code makes.
const LONGEST: usize = 5000;

impl Interpreter<'_> {
    pub(super) fn is_constant(&self, name: &str) -> bool {
        self.program.constants.contains_key(name)
    }

    /// The value that a name has.
    pub(super) fn lookup(&self, name: &str) -> Result<Value> {
        if let Some((_, value)) = self.names.iter().rev().find(|(bound, _)| bound == name) {
            return match value {
                Some(value) => Ok(value.clone()),
                None => unknown("a variable without a value"),
            };
        }
        match self.program.constants.get(name) {
            Some(value) => Ok(Value::number(*value)),
            None => unknown(format!("the name {name}")),
        }
    }

    pub(super) fn path(&mut self, path: &ExprPath) -> Result<Value> {
        if path.qself.is_some() {
            return unknown("a qualified constant");
        }
        let names = segments(&path.path)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let value = match names.as_slice() {
            [name] => return self.lookup(name),
            ["self" | "crate", name] if self.is_constant(name) => return self.lookup(name),
            ["f64", constant] | ["std" | "core", "f64", constant] => match *constant {
                "NAN" => f64::NAN,
                "INFINITY" => f64::INFINITY,
                "NEG_INFINITY" => f64::NEG_INFINITY,
                "EPSILON" => f64::EPSILON,
                "MAX" => f64::MAX,
                "MIN_POSITIVE" => f64::MIN_POSITIVE,
                _ => return unknown("a constant"),
            },
            ["std" | "core", "f64", "consts", constant] => match *constant {
                "PI" => std::f64::consts::PI,
                "E" => std::f64::consts::E,
                "LN_2" => std::f64::consts::LN_2,
                _ => return unknown("a constant"),
            },
            [ty, constant @ ("MAX" | "MIN")] => {
                let Some(width) = super::value::Width::named(ty) else { return unknown("a constant") };
                let (low, high) = width.bounds();
                return super::value::Integer::new(if *constant == "MAX" { high } else { low }, width)
                    .map(Value::Integer);
            }
            _ => return unknown("a path"),
        };
        Ok(Value::number(value))
    }

    pub(super) fn call_expression(&mut self, call: &ExprCall, wanted: Option<&Ty>) -> Result<Value> {
        let written: Vec<&Expr> = present(call.args.iter())?;
        let Expr::Path(function) = &*call.func else { return unknown("a call of an expression") };
        attributes::only_known(&function.attrs)?;
        if let Some(result) = self.generated_call(function, &written, wanted) {
            return result;
        }
        let mut arguments = Vec::new();
        for argument in written {
            arguments.push(self.expression(argument, None)?);
        }
        self.call_path(function, arguments)
    }

    /// A function by its path, as calls and `map(path)` name it.
    pub(super) fn call_path(&mut self, function: &ExprPath, arguments: Vec<Value>) -> Result<Value> {
        let names = segments(&function.path)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let names = match &function.qself {
            None => names,
            // `<f64>::sin` and `<f64 as Real>::sin`
            Some(qself) => {
                let Type::Path(ty) = &*qself.ty else { return unknown("a qualified path") };
                if !ty.path.is_ident("f64") || qself.position > 2 {
                    return unknown("a qualified path");
                }
                let method = names[names.len() - 1];
                let of_real = matches!(&names[..qself.position], ["Real"] | ["voidgrad", "Real"]);
                if qself.position > 0 && !of_real {
                    return unknown("a qualified path");
                }
                if of_real {
                    let [Value::Number(x, _)] = arguments.as_slice() else { return unknown("arguments") };
                    let known = self.context.method(method, *x).or_else(|| self.context.function(method, *x));
                    return known
                        .map_or_else(|| unknown("a method of Real"), |y| Ok(Value::Number(y, Float::F64)));
                }
                vec!["f64", method]
            }
        };
        match names.as_slice() {
            [name] | ["self" | "crate", name] => {
                let bound = self.names.iter().rev().find(|(bound, _)| bound == name);
                if let Some((_, Some(Value::Closure(closure)))) = bound {
                    let closure = closure.clone();
                    return self.enter_closure(&closure, arguments);
                }
                let local = self.local_functions.iter().rev().find(|(local, _)| local == name);
                let found = local.map(|(_, function)| function).or_else(|| self.program.functions.get(*name));
                if let Some(found) = found.cloned() {
                    return self.call_depth(&found, arguments);
                }
                self.own_function(name, &arguments)
            }
            ["voidgrad", name] => self.own_function(name, &arguments),
            [ty, function] | ["self" | "crate", ty, function]
                if self.program.generated.contains_key(&((*ty).to_owned(), (*function).to_owned())) =>
            {
                let found = self.program.generated[&((*ty).to_owned(), (*function).to_owned())].clone();
                self.call_depth(&found, arguments)
            }
            ["Real", method] if self.reals.is_empty() => match arguments.as_slice() {
                [Value::Number(x, Float::F64)] => {
                    let known = self.context.method(method, *x).or_else(|| self.context.function(method, *x));
                    known.map_or_else(|| unknown("a method of Real"), |y| Ok(Value::Number(y, Float::F64)))
                }
                _ => unknown("a method of Real"),
            },
            ["f64", "from"] => match arguments.as_slice() {
                [Value::Number(number, _)] => Ok(Value::Number(*number, Float::F64)),
                [Value::Integer(n)] if !matches!(n.width, super::value::Width::Literal) => {
                    Ok(Value::number(n.value as f64))
                }
                _ => unknown("f64::from"),
            },
            ["f64", method] | ["std" | "core", "primitive", "f64", method] => {
                let mut arguments = arguments.into_iter();
                let Some(receiver) = arguments.next() else { return unknown("a method without a receiver") };
                let is_number = matches!(receiver, Value::Number(..));
                if !is_number {
                    return unknown("a method of f64 on something else");
                }
                self.method(receiver, method, &arguments.collect::<Vec<_>>())
            }
            _ => unknown(format!("the function {}", names.join("::"))),
        }
    }

    fn call_depth(&mut self, function: &syn::ItemFn, arguments: Vec<Value>) -> Result<Value> {
        if self.depth >= super::DEEPEST - 20 {
            return Err(Stop::Limit);
        }
        self.depth += 20;
        let functions = std::mem::take(&mut self.local_functions);
        let value = self.call(function, arguments);
        self.local_functions = functions;
        self.depth -= 20;
        value
    }

    /// voidgrad's functions.
    fn own_function(&mut self, name: &str, arguments: &[Value]) -> Result<Value> {
        match arguments {
            [Value::Number(x, Float::F64 | Float::Literal)] => {
                if let Some(y) = self.context.function(name, *x) {
                    return Ok(Value::Number(y, Float::F64));
                }
            }
            [Value::Number(a, _), Value::Number(b, _)] if name == "logaddexp" => {
                if let Some(y) = self.context.method_of_two(name, *a, *b) {
                    return Ok(Value::Number(y, Float::F64));
                }
            }
            [Value::Reference(inner)] if matches!(name, "log_sum_exp" | "softmax") => {
                return self.soft(name, inner);
            }
            _ => {}
        }
        unknown(format!("the function {name}"))
    }

    /// `log_sum_exp` and `softmax`, as voidgrad computes them.
    fn soft(&mut self, name: &str, array: &Value) -> Result<Value> {
        let Value::Array(_) = array else { return unknown("log_sum_exp of no array") };
        let x = array.numbers();
        let Some(first) = x.first() else { return unknown("log_sum_exp of nothing") };
        // The largest one cancels, whichever it is.
        let largest = super::Number::constant(x.iter().map(|x| x.value).fold(first.value, f64::max));
        let shift = if name == "log_sum_exp" && largest.value == f64::NEG_INFINITY {
            super::Number::constant(0.0)
        } else {
            largest
        };
        let context = &self.context;
        let exponential =
            |x: &super::Number| context.method("exp", context.sub(*x, shift)).expect("f64 has it");
        let weights: Vec<super::Number> = x.iter().map(exponential).collect();
        if name == "softmax" {
            let sum = weights.iter().copied().reduce(|a, b| context.add(a, b)).expect("it is not empty");
            let parts = weights.iter().map(|weight| Value::Number(context.div(*weight, sum), Float::F64));
            return Ok(Value::Array(parts.collect()));
        }
        let sum = weights.iter().fold(super::Number::constant(0.0), |sum, weight| context.add(sum, *weight));
        let logarithm = context.method("ln", sum).expect("f64 has it");
        Ok(Value::Number(context.add(shift, logarithm), Float::F64))
    }

    /// The number that a const argument is.
    pub(super) fn const_argument(&mut self, argument: &GenericArgument) -> Result<usize> {
        let n = match argument {
            GenericArgument::Const(length) => self.length(length)?,
            GenericArgument::Type(Type::Path(path)) => match path.path.get_ident() {
                Some(name) => match self.lookup(&name.to_string())? {
                    Value::Integer(n) => n.as_usize()?,
                    _ => return unknown("a const argument"),
                },
                None => return unknown("a const argument"),
            },
            _ => return unknown("a const argument"),
        };
        if n > LONGEST { unknown("a long array") } else { Ok(n) }
    }
}

/// The names of a path; arguments in angle brackets say what types already say, where they are the number type.
pub(super) fn segments(path: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for segment in &path.segments {
        if let PathArguments::Parenthesized(_) = &segment.arguments {
            return unknown("a path");
        }
        if let PathArguments::AngleBracketed(list) = &segment.arguments {
            let is_plain = |argument: &GenericArgument| match argument {
                GenericArgument::Type(Type::Infer(_)) => true,
                GenericArgument::Type(Type::Path(ty)) => ty.path.is_ident("f64"),
                _ => false,
            };
            let is_matrix = matches!(segment.ident.to_string().as_str(), "SVector" | "SMatrix");
            if !is_matrix && !list.args.iter().all(is_plain) {
                return unknown("arguments of a path");
            }
        }
        names.push(segment.ident.to_string());
    }
    Ok(names)
}

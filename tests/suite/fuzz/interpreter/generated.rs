//! What generated code calls beside methods: voidgrad's helpers, and derivatives of other functions.

use syn::{Expr, ExprPath, GenericArgument, PathArguments, Type};

use super::types::Ty;
use super::value::Float;
use super::{Interpreter, Matrix, Number, Result, Value, panics, unknown};

impl Interpreter<'_> {
    /// A call of a constructor or of a helper; `None` for any other function.
    pub(super) fn generated_call(
        &mut self,
        function: &ExprPath,
        arguments: &[&Expr],
        wanted: Option<&Ty>,
    ) -> Option<Result<Value>> {
        if function.qself.is_some() {
            return None;
        }
        let names: Vec<String> =
            function.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let [.., ty, method] = names.as_slice()
            && let Some(value) = self.constructor(ty, method, arguments)
        {
            return Some(value);
        }
        match names.as_slice() {
            [real, "select"] if self.reals.iter().any(|known| known == real) => Some(self.select(arguments)),
            ["voidgrad", helper] if function.path.leading_colon.is_some() => {
                let const_arguments: Vec<GenericArgument> = match &function.path.segments.last()?.arguments {
                    PathArguments::AngleBracketed(list) => list.args.iter().cloned().collect(),
                    _ => Vec::new(),
                };
                // A function that users call too is no helper.
                self.helper(helper, &const_arguments, arguments, wanted).transpose()
            }
            _ => None,
        }
    }

    fn select(&mut self, arguments: &[&Expr]) -> Result<Value> {
        let [mask, on_true, on_false] = arguments else { return unknown("select") };
        let mask = self.condition(mask)?;
        let (on_true, on_false) = (self.expression(on_true, None)?, self.expression(on_false, None)?);
        Ok(if mask { on_true } else { on_false })
    }

    fn helper(
        &mut self,
        name: &str,
        consts: &[GenericArgument],
        arguments: &[&Expr],
        wanted: Option<&Ty>,
    ) -> Result<Option<Value>> {
        const HELPERS: &[&str] = &[
            "sum",
            "array",
            "vector",
            "matrix",
            "dvector",
            "dmatrix",
            "same_length",
            "scan",
            "scan_back",
            "scan_vec",
            "scan_vec_back",
            "scan_end",
            "scan_end_back",
            "log_sum_exp_of",
            "partial",
            "second_partial",
            "second_direction",
        ];
        if !HELPERS.contains(&name) {
            return Ok(None);
        }
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.expression(argument, None)?);
        }
        if let "partial" | "second_partial" | "second_direction" = name {
            return self.partial(consts, values).map(Some);
        }
        let size = |wanted: Option<&Ty>| match wanted {
            Some(Ty::Matrix(Some(rows), Some(columns))) => Ok((*rows, *columns)),
            _ => unknown("a size that is not declared"),
        };
        Ok(Some(match (name, values.as_slice()) {
            ("same_length", [_, Value::Integer(a), _, Value::Integer(b)]) => {
                if a.value != b.value {
                    return panics("lengths that differ");
                }
                Value::Unit
            }
            ("sum", [Value::Integer(n), zero, f]) => {
                let Value::Number(mut sum, _) = *zero else { return unknown("sum") };
                for i in 0..n.as_usize()? {
                    let term = self.entry(f, &[i])?;
                    sum = self.context.add(sum, term);
                }
                Value::Number(sum, Float::F64)
            }
            ("array", [f]) => {
                let Some(n) = consts.first() else { return unknown("array") };
                let n = self.const_argument(n)?;
                let parts: Result<Vec<Value>> =
                    (0..n).map(|i| self.apply(f, vec![Value::usize(i)])).collect();
                Value::Array(parts?)
            }
            ("vector", [Value::Closure(f)]) if wanted.is_none() => Value::Unsized(f.clone()),
            ("vector", [f]) => {
                let (rows, columns) = size(wanted)?;
                self.matrix_of(rows, columns, |this, i, _| this.entry(f, &[i]))?
            }
            ("matrix", [f]) => {
                let (rows, columns) = size(wanted)?;
                self.matrix_of(rows, columns, |this, i, j| this.entry(f, &[i, j]))?
            }
            ("dvector", [Value::Integer(n), f]) => {
                self.matrix_of(n.as_usize()?, 1, |this, i, _| this.entry(f, &[i]))?
            }
            ("dmatrix", [Value::Integer(rows), Value::Integer(columns), f]) => {
                self.matrix_of(rows.as_usize()?, columns.as_usize()?, |this, i, j| this.entry(f, &[i, j]))?
            }
            ("scan" | "scan_back", [first, f]) => {
                let Some(n) = consts.first() else { return unknown("scan") };
                let n = self.const_argument(n)?;
                self.scan(n, first, f, name == "scan_back")?.0
            }
            ("scan_vec" | "scan_vec_back", [Value::Integer(n), first, f]) => {
                self.scan(n.as_usize()?, first, f, name == "scan_vec_back")?.0
            }
            ("scan_end" | "scan_end_back", [Value::Integer(n), first, f]) => {
                self.scan(n.as_usize()?, first, f, name == "scan_end_back")?.1
            }
            ("log_sum_exp_of", [Value::Integer(n), _, f]) => {
                let entries: Result<Vec<f64>> =
                    (0..n.as_usize()?).map(|i| self.entry(f, &[i]).map(|entry| entry.value)).collect();
                let entries = entries?;
                Value::number(voidgrad_real::log_sum_exp_of(entries.len(), 0.0, |i| entries[i]))
            }
            _ => return unknown(format!("the helper {name}")),
        }))
    }

    /// `value`, or what it points at, with its `rows` if they were not known.
    pub(super) fn sized(&mut self, value: Value, rows: usize) -> Result<Value> {
        match value {
            Value::Unsized(f) => {
                let f = Value::Closure(f);
                self.matrix_of(rows, 1, |this, i, _| this.entry(&f, &[i]))
            }
            Value::Reference(inner) => Ok(self.sized(*inner, rows)?.reference()),
            value => Ok(value),
        }
    }

    fn entry(&mut self, f: &Value, at: &[usize]) -> Result<Number> {
        match self.apply(f, at.iter().map(|i| Value::usize(*i)).collect())? {
            Value::Number(number, _) => Ok(number),
            _ => unknown("an entry that is no number"),
        }
    }

    fn matrix_of(
        &mut self,
        rows: usize,
        columns: usize,
        mut entry: impl FnMut(&mut Self, usize, usize) -> Result<Number>,
    ) -> Result<Value> {
        let mut entries = Vec::new();
        for column in 0..columns {
            for row in 0..rows {
                entries.push(entry(self, row, column)?);
            }
        }
        Ok(Value::Matrix(Matrix { rows, columns, entries }))
    }

    /// The states before each round, and the one after the last.
    fn scan(&mut self, n: usize, first: &Value, f: &Value, is_backward: bool) -> Result<(Value, Value)> {
        let mut states = vec![first.clone(); n];
        let mut state = first.clone();
        for round in 0..n {
            let i = if is_backward { n - 1 - round } else { round };
            states[i] = state.clone();
            state = self.apply(f, vec![state, Value::usize(i)])?;
        }
        Ok((Value::Array(states), state))
    }

    /// A derivative of another function: by the position of its arguments.
    fn partial(&mut self, consts: &[GenericArgument], values: Vec<Value>) -> Result<Value> {
        let (mut places, mut callee) = (Vec::new(), None);
        for argument in consts {
            match argument {
                GenericArgument::Const(place) => places.push(self.length(place)?),
                GenericArgument::Type(Type::Paren(ty)) => {
                    if let Type::Path(path) = &*ty.elem {
                        callee = path.path.segments.last().map(|segment| segment.ident.to_string());
                    }
                }
                GenericArgument::Type(Type::Infer(_)) => {}
                _ => return unknown("a derivative of another function"),
            }
        }
        let Some(callee) = callee else { return unknown("a derivative of another function") };
        let Some(function) = self.program.functions.get(&callee) else {
            return unknown("a derivative of another function");
        };
        let names: Vec<String> = function
            .sig
            .inputs
            .iter()
            .map(|input| match input {
                syn::FnArg::Typed(typed) => match &*typed.pat {
                    syn::Pat::Ident(ident) => ident.ident.to_string(),
                    _ => String::new(),
                },
                syn::FnArg::Receiver(_) => String::new(),
            })
            .collect();
        let mut values = values.into_iter();
        let Some(Value::Tuple(mut arguments)) = values.next() else {
            return unknown("a derivative of another function");
        };
        let mut name: String = places
            .iter()
            .filter_map(|place| names.get(*place))
            .fold(String::new(), |name, x| format!("{name}_d_{x}"));
        if let Some(dot) = values.next() {
            arguments.push(dot);
            name.push_str("_along");
        }
        let key = (callee, name.trim_start_matches('_').to_owned());
        match self.program.generated.get(&key).cloned() {
            Some(function) => self.call(&function, arguments),
            None => unknown(format!("the derivative {}", key.1)),
        }
    }
}

//! Closures, and the constructors of vectors.

use syn::{Expr, ReturnType};

use super::value::Closure;
use super::{Interpreter, Matrix, Result, Stop, Value, unknown};

impl Interpreter<'_> {
    /// Calls a closure, or a function by its path.
    pub(super) fn apply(&mut self, f: &Value, arguments: Vec<Value>) -> Result<Value> {
        match f {
            Value::Closure(closure) => self.enter_closure(closure, arguments),
            _ => unknown("a call of a value"),
        }
    }

    pub(super) fn enter_closure(&mut self, closure: &Closure, arguments: Vec<Value>) -> Result<Value> {
        self.step()?;
        let code = &closure.code;
        if code.inputs.len() != arguments.len() {
            return unknown("the arguments of a closure");
        }
        // What the closure reads is what was there when it was made: nothing may change it in between.
        let outer = std::mem::replace(&mut self.names, closure.names.clone());
        let floor = std::mem::replace(&mut self.floor, closure.names.len());
        let mut result = Ok(Value::Unit);
        for (pattern, argument) in code.inputs.iter().zip(arguments) {
            match self.bind(pattern, argument) {
                Ok(true) => {}
                Ok(false) => result = unknown("a pattern of a closure that does not match"),
                Err(stop) => result = Err(stop),
            }
        }
        if result.is_ok() {
            result = self.closure_body(code);
        }
        self.names = outer;
        self.floor = floor;
        match result {
            Err(Stop::Return(value)) => Ok(*value),
            Err(Stop::Break(..) | Stop::Continue(_)) => unknown("a jump out of a closure"),
            result => result,
        }
    }

    fn closure_body(&mut self, code: &syn::ExprClosure) -> Result<Value> {
        let wanted = match &code.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(self.ty(ty)?),
        };
        let value = self.expression(&code.body, wanted.as_ref())?;
        match &wanted {
            Some(ty) => Self::fit(value, ty),
            None => Ok(value),
        }
    }

    /// `SVector::from([…])`, `SMatrix::<R, 2, 2>::from([[…], […]])`, `Vector2::new(…)`.
    pub(super) fn constructor(
        &mut self,
        ty: &str,
        function: &str,
        arguments: &[&Expr],
    ) -> Option<Result<Value>> {
        let is_vector = matches!(ty, "SVector" | "Vector2" | "Vector3");
        if !is_vector && ty != "SMatrix" {
            return None;
        }
        let mut values = Vec::new();
        for argument in arguments {
            match self.expression(argument, None) {
                Ok(value) => values.push(value),
                Err(stop) => return Some(Err(stop)),
            }
        }
        let columns = match (function, values.as_slice()) {
            ("new", numbers) if is_vector && ty != "SVector" && numbers.iter().all(is_number) => {
                vec![numbers.to_vec()]
            }
            ("from", [Value::Array(entries)]) if entries.iter().all(is_number) && is_vector => {
                vec![entries.clone()]
            }
            ("from", [Value::Array(columns)]) => {
                let columns: Option<Vec<Vec<Value>>> = columns
                    .iter()
                    .map(|column| match column {
                        Value::Array(entries) if entries.iter().all(is_number) => Some(entries.clone()),
                        _ => None,
                    })
                    .collect();
                match columns {
                    Some(columns) => columns,
                    None => return Some(unknown("a constructor")),
                }
            }
            _ => return Some(unknown("a constructor")),
        };
        let rows = columns.first().map_or(0, Vec::len);
        let given = ty.strip_prefix("Vector").and_then(|n| n.parse::<usize>().ok());
        if rows == 0
            || given.is_some_and(|given| given != rows)
            || columns.iter().any(|column| column.len() != rows)
        {
            return Some(unknown("a constructor"));
        }
        let entries = columns.iter().flatten().flat_map(Value::numbers).collect();
        Some(Ok(Value::Matrix(Matrix { rows, columns: columns.len(), entries })))
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Number(..))
}

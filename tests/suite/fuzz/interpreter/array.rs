//! Arrays, and nalgebra's vectors and matrices.

use super::value::Float;
use super::{Interpreter, Matrix, Number, Result, Value, panics, unknown};

impl Interpreter<'_> {
    pub(super) fn index(whole: &Value, at: &Value) -> Result<Value> {
        match (whole.behind(), at) {
            (Value::Array(parts), Value::Integer(at)) => match parts.get(at.as_usize()?) {
                Some(part) => Ok(part.clone()),
                None => panics("an index out of bounds"),
            },
            (Value::Array(parts), Value::Range(from, to)) => {
                match parts.get(from.as_usize()?..to.as_usize()?) {
                    Some(parts) => Ok(Value::Array(parts.to_vec())),
                    None => panics("a range out of bounds"),
                }
            }
            (Value::Matrix(matrix), at) => Ok(Value::Number(matrix.entries[place(matrix, at)?], Float::F64)),
            _ => unknown("an index"),
        }
    }

    /// `a op b` of matrices.
    pub(super) fn matrices(&self, a: Matrix, op: &str, b: Value) -> Result<Value> {
        let context = &self.context;
        let matrix = match (op, b) {
            ("+", Value::Matrix(b)) => zipped(&a, &b, |a, b| context.add(a, b))?,
            ("-", Value::Matrix(b)) => zipped(&a, &b, |a, b| context.sub(a, b))?,
            ("*", Value::Matrix(b)) => self.product(&a, &b)?,
            ("*", Value::Number(b, _)) => a.map(|a| context.mul(a, b)),
            ("/", Value::Number(b, _)) => a.map(|a| context.div(a, b)),
            _ => return unknown("an operator on matrices"),
        };
        Ok(Value::Matrix(matrix))
    }

    fn product(&self, a: &Matrix, b: &Matrix) -> Result<Matrix> {
        if a.columns != b.rows {
            return panics("shapes that do not fit");
        }
        let mut entries = Vec::new();
        for column in 0..b.columns {
            for row in 0..a.rows {
                let left = (0..a.columns).map(|k| a.entries[row + k * a.rows]);
                let right = (0..b.rows).map(|k| b.entries[k + column * b.rows]);
                entries.push(self.dot(left, right));
            }
        }
        Ok(Matrix { rows: a.rows, columns: b.columns, entries })
    }

    fn dot(&self, a: impl Iterator<Item = Number>, b: impl Iterator<Item = Number>) -> Number {
        let context = &self.context;
        let products = a.zip(b).map(|(a, b)| context.mul(a, b));
        products.reduce(|sum, term| context.add(sum, term)).unwrap_or_else(|| Number::constant(0.0))
    }

    pub(super) fn matrix_method(&mut self, a: &Matrix, name: &str, arguments: &[Value]) -> Result<Value> {
        let number = |number: Number| Ok(Value::Number(number, Float::F64));
        let entries = || a.entries.iter().copied();
        match (name, arguments) {
            ("clone" | "clone_owned" | "into_owned", []) => Ok(Value::Matrix(a.clone())),
            ("len", []) => Ok(Value::usize(a.entries.len())),
            ("nrows", []) => Ok(Value::usize(a.rows)),
            ("ncols", []) => Ok(Value::usize(a.columns)),
            ("transpose", []) => Ok(Value::Matrix(transposed(a))),
            ("sum", []) => {
                number(entries().fold(Number::constant(0.0), |sum, entry| self.context.add(sum, entry)))
            }
            ("norm_squared", []) => number(self.dot(entries(), entries())),
            ("norm", []) => {
                let square = self.dot(entries(), entries());
                number(self.context.method("sqrt", square).expect("f64 has it"))
            }
            ("rows", [Value::Integer(first), Value::Integer(count)]) if a.columns == 1 => {
                let (first, count) = (first.as_usize()?, count.as_usize()?);
                match a.entries.get(first..first + count) {
                    Some(part) => {
                        Ok(Value::Matrix(Matrix { entries: part.to_vec(), rows: count, columns: 1 }))
                    }
                    None => panics("rows beyond the end"),
                }
            }
            ("scale", [Value::Number(factor, _)]) => {
                Ok(Value::Matrix(a.clone().map(|entry| self.context.mul(entry, *factor))))
            }
            ("map", [f]) => {
                let mut results = Vec::new();
                for entry in entries() {
                    let result = self.apply(f, vec![Value::Number(entry, Float::F64)])?;
                    let Value::Number(result, _) = result else { return unknown("a map to no number") };
                    results.push(result);
                }
                Ok(Value::Matrix(Matrix { entries: results, ..*a }))
            }
            ("zip_map", [other, f]) => {
                let b = behind_reference(other)?;
                let (b, mut results) = (b.clone(), Vec::new());
                if (a.rows, a.columns) != (b.rows, b.columns) {
                    return panics("shapes that do not fit");
                }
                for (left, right) in entries().zip(b.entries) {
                    let pair = vec![Value::Number(left, Float::F64), Value::Number(right, Float::F64)];
                    let Value::Number(result, _) = self.apply(f, pair)? else {
                        return unknown("a map to no number");
                    };
                    results.push(result);
                }
                Ok(Value::Matrix(Matrix { entries: results, ..*a }))
            }
            ("dot", [other]) => {
                let b = behind_reference(other)?;
                if (a.rows, a.columns) != (b.rows, b.columns) {
                    return panics("shapes that do not fit");
                }
                number(self.dot(entries(), b.entries.iter().copied()))
            }
            ("component_mul", [other]) => {
                zipped(a, behind_reference(other)?, |a, b| self.context.mul(a, b)).map(Value::Matrix)
            }
            ("component_div", [other]) => {
                zipped(a, behind_reference(other)?, |a, b| self.context.div(a, b)).map(Value::Matrix)
            }
            ("tr_mul", [other]) => self.product(&transposed(a), behind_reference(other)?).map(Value::Matrix),
            _ => unknown(format!("the method {name} of a matrix")),
        }
    }
}

impl Matrix {
    pub(super) fn map(self, f: impl FnMut(Number) -> Number) -> Self {
        Self { entries: self.entries.into_iter().map(f).collect(), ..self }
    }
}

fn behind_reference(value: &Value) -> Result<&Matrix> {
    match value {
        Value::Reference(inner) => match &**inner {
            Value::Matrix(matrix) => Ok(matrix),
            _ => unknown("an argument that is no matrix"),
        },
        _ => unknown("a matrix by value where a reference is taken"),
    }
}

fn zipped(a: &Matrix, b: &Matrix, f: impl Fn(Number, Number) -> Number) -> Result<Matrix> {
    if (a.rows, a.columns) != (b.rows, b.columns) {
        return panics("shapes that do not fit");
    }
    let entries = a.entries.iter().zip(&b.entries).map(|(a, b)| f(*a, *b)).collect();
    Ok(Matrix { entries, ..*a })
}

fn transposed(a: &Matrix) -> Matrix {
    let entries = (0..a.rows).flat_map(|row| (0..a.columns).map(move |column| (row, column)));
    let entries = entries.map(|(row, column)| a.entries[row + column * a.rows]).collect();
    Matrix { rows: a.columns, columns: a.rows, entries }
}

/// The index of an entry in the storage of a matrix.
pub(super) fn place(matrix: &Matrix, at: &Value) -> Result<usize> {
    let place = match at {
        Value::Integer(at) => at.as_usize()?,
        Value::Tuple(pair) => match pair.as_slice() {
            [Value::Integer(row), Value::Integer(column)] => {
                let (row, column) = (row.as_usize()?, column.as_usize()?);
                if row >= matrix.rows || column >= matrix.columns {
                    return panics("an index out of bounds");
                }
                row + column * matrix.rows
            }
            _ => return unknown("an index"),
        },
        _ => return unknown("an index"),
    };
    if place < matrix.entries.len() { Ok(place) } else { panics("an index out of bounds") }
}

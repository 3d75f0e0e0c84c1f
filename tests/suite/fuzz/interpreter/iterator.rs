//! Iterators, which hold all their items: nothing that a closure does can be seen from outside.

use super::value::{Float, Integer};
use super::{Interpreter, Number, Result, Value, unknown};

/// More items than this are not written down.
const LONGEST: i128 = 5000;

impl Interpreter<'_> {
    /// What `for` and `zip` make of a value.
    pub(super) fn items(value: Value) -> Result<Vec<Value>> {
        Ok(match value {
            Value::Iterator(items) | Value::Array(items) => items,
            Value::Range(from, to) => {
                if to.value - from.value > LONGEST {
                    return unknown("a long range");
                }
                (from.value..to.value)
                    .map(|n| Integer::combined(from, to, n).map(Value::Integer))
                    .collect::<Result<_>>()?
            }
            Value::Matrix(matrix) => numbers(matrix.entries),
            Value::Reference(inner) => match *inner {
                Value::Array(items) => items.into_iter().map(Value::reference).collect(),
                Value::Matrix(matrix) => numbers(matrix.entries).into_iter().map(Value::reference).collect(),
                _ => return unknown("an iterator over a reference"),
            },
            _ => return unknown("an iterator over something else"),
        })
    }

    /// A method of an array, a matrix or an iterator.
    pub(super) fn collection_method(
        &mut self,
        receiver: Value,
        name: &str,
        arguments: &[Value],
    ) -> Result<Value> {
        match (&receiver, receiver.behind(), name) {
            (_, Value::Array(parts), "len") => return Ok(Value::usize(parts.len())),
            (_, Value::Array(parts), "clone" | "to_owned" | "to_vec") => {
                return Ok(Value::Array(parts.clone()));
            }
            (_, Value::Array(_) | Value::Matrix(_), "iter") if arguments.is_empty() => {
                return Self::items(receiver.behind().clone().reference()).map(Value::Iterator);
            }
            (_, Value::Array(_), "into_iter") | (Value::Matrix(_), _, "into_iter") => {
                return Self::items(receiver).map(Value::Iterator);
            }
            (Value::Reference(_), Value::Matrix(_), "into_iter") => {
                return Self::items(receiver).map(Value::Iterator);
            }
            (_, Value::Array(parts), "map") => {
                let [f] = arguments else { return unknown("arguments of map") };
                let results: Result<Vec<Value>> =
                    parts.clone().into_iter().map(|part| self.apply(f, vec![part])).collect();
                return results.map(Value::Array);
            }
            (_, Value::Array(parts), "as_slice") => return Ok(Value::Array(parts.clone()).reference()),
            (_, Value::Array(parts), _) => return parts_method(parts, name, arguments),
            (_, Value::Matrix(matrix), _) => {
                let matrix = matrix.clone();
                return self.matrix_method(&matrix, name, arguments);
            }
            _ => {}
        }
        let items = Self::items(receiver)?;
        self.iterator_method(items, name, arguments)
    }

    fn iterator_method(&mut self, items: Vec<Value>, name: &str, arguments: &[Value]) -> Result<Value> {
        let usize_argument = |value: &Value| match value {
            Value::Integer(n) => n.as_usize(),
            _ => unknown("a count"),
        };
        Ok(match (name, arguments) {
            ("iter", []) => return unknown("iter of an iterator"),
            ("into_iter" | "by_ref", []) => Value::Iterator(items),
            ("copied" | "cloned", []) => {
                let items: Result<Vec<Value>> = items
                    .into_iter()
                    .map(|item| match item {
                        Value::Reference(inner) => Ok(*inner),
                        _ => unknown("copied of values"),
                    })
                    .collect();
                Value::Iterator(items?)
            }
            ("zip", [other]) => {
                let other = Self::items(other.clone())?;
                Value::Iterator(items.into_iter().zip(other).map(|(a, b)| Value::Tuple(vec![a, b])).collect())
            }
            ("enumerate", []) => Value::Iterator(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(i, item)| Value::Tuple(vec![Value::usize(i), item]))
                    .collect(),
            ),
            ("rev", []) => Value::Iterator(items.into_iter().rev().collect()),
            ("skip", [n]) => Value::Iterator(items.into_iter().skip(usize_argument(n)?).collect()),
            ("take", [n]) => Value::Iterator(items.into_iter().take(usize_argument(n)?).collect()),
            ("map", [f]) => {
                let results: Result<Vec<Value>> =
                    items.into_iter().map(|item| self.apply(f, vec![item])).collect();
                Value::Iterator(results?)
            }
            ("chain", [other]) => Value::Iterator([items, Self::items(other.clone())?].concat()),
            ("flat_map", [f]) => {
                let mut results = Vec::new();
                for item in items {
                    let result = self.apply(f, vec![item])?;
                    results.extend(Self::items(result)?);
                }
                Value::Iterator(results)
            }
            ("flatten", []) => {
                let results: Result<Vec<Vec<Value>>> = items.into_iter().map(Self::items).collect();
                Value::Iterator(results?.concat())
            }
            ("filter", [f]) => {
                let mut kept = Vec::new();
                for item in items {
                    match self.apply(f, vec![item.clone().reference()])? {
                        Value::Bool(true) => kept.push(item),
                        Value::Bool(false) => {}
                        _ => return unknown("a filter"),
                    }
                }
                Value::Iterator(kept)
            }
            ("sum", []) => {
                // The standard library starts at -0.0.
                let mut sum = Number::constant(-0.0);
                for item in &items {
                    sum = self.context.add(sum, number(item)?);
                }
                self.context.zero_sum.set(self.context.zero_sum.get() || sum.value == 0.0);
                Value::Number(sum, Float::F64)
            }
            ("product", []) => {
                let mut product = Number::constant(1.0);
                for item in &items {
                    product = self.context.mul(product, number(item)?);
                }
                Value::Number(product, Float::F64)
            }
            ("fold", [first, f]) => {
                let mut sum = first.clone();
                for item in items {
                    sum = self.apply(f, vec![sum, item])?;
                }
                sum
            }
            ("collect", []) => Value::Array(items),
            _ => return unknown(format!("the method {name} of an iterator")),
        })
    }
}

/// Parts of an array.
fn parts_method(parts: &[Value], name: &str, arguments: &[Value]) -> Result<Value> {
    let [Value::Integer(count)] = arguments else {
        return unknown(format!("the method {name} of an array"));
    };
    let count = count.as_usize()?;
    let slice = |parts: &[Value]| Value::Array(parts.to_vec()).reference();
    if name != "split_at" && count == 0 {
        return unknown("parts without entries");
    }
    Ok(match name {
        "chunks" => Value::Iterator(parts.chunks(count).map(slice).collect()),
        "chunks_exact" => Value::Iterator(parts.chunks_exact(count).map(slice).collect()),
        "windows" => Value::Iterator(parts.windows(count).map(slice).collect()),
        "split_at" if count <= parts.len() => {
            let (left, right) = parts.split_at(count);
            Value::Tuple(vec![slice(left), slice(right)])
        }
        _ => return unknown(format!("the method {name} of an array")),
    })
}

fn numbers(entries: Vec<Number>) -> Vec<Value> {
    entries.into_iter().map(|entry| Value::Number(entry, Float::F64)).collect()
}

/// A number, or a reference to one.
fn number(item: &Value) -> Result<Number> {
    match item {
        Value::Number(number, Float::F64 | Float::Literal) => Ok(*number),
        Value::Reference(inner) => match &**inner {
            Value::Number(number, Float::F64) => Ok(*number),
            _ => unknown("a sum of no numbers"),
        },
        _ => unknown("a sum of no numbers"),
    }
}

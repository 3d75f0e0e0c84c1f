//! Parts of arrays and columns: `x[2..5]`, `v.rows(2, 3)`, `x.chunks(4)`, and iterators that leave out or append entries.

use syn::{
    AngleBracketedGenericArguments, Expr, ExprIndex, ExprRange, GenericArgument, Ident, PathArguments,
    PathSegment, RangeLimits,
};

use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Op, Position, Shape};

const NUMBER: &str = "an integer that stands in the source is needed here, or a loop variable";

const LENGTH: &str = "where a part begins and how large it is must be numbers that are known here, and this is a length that is not; pass the part as an argument of its own";

impl Reader<'_> {
    /// `x[a..b]`.
    pub(super) fn slice(&mut self, array: NodeId, range: &ExprRange, index: &ExprIndex) -> Option<Value> {
        let ExprRange { attrs: _, start, limits, end } = range;
        let shape = self.graph.shape(array).clone();
        let Shape::Array(length) = &shape else {
            return self.refuse(
                &index.index,
                "this is a part of an array or a slice; write `rows(start, count)` for a vector",
            );
        };
        let first = match start {
            Some(start) => self.count(start)?,
            None => 0,
        };
        let past = match (end, limits) {
            (Some(end), RangeLimits::HalfOpen(_)) => self.count(end)?,
            (Some(end), RangeLimits::Closed(_)) => self.count(end)?.checked_add(1)?,
            (None, _) => match length.fixed() {
                Some(length) => length,
                None => {
                    return self.refuse(range, "the length is not known here, so the end has to be a number");
                }
            },
        };
        let Some(count) = past.checked_sub(first).filter(|count| *count > 0) else {
            return self.refuse(range, "this part has no entries");
        };
        self.part_at(array, first, count, range).map(Value::Node)
    }

    /// The methods that give parts of an array or a column; nothing in the inner place for another method.
    #[allow(clippy::option_option)] // an error, another method, a value
    pub(super) fn part_method(
        &mut self,
        array: NodeId,
        method: &Ident,
        turbofish: Option<&AngleBracketedGenericArguments>,
        arguments: &[&Expr],
    ) -> Option<Option<Value>> {
        let shape = self.graph.shape(array).clone();
        let is_matrix = matches!(shape, Shape::Matrix(..));
        let is_array = matches!(shape, Shape::Array(_));
        let value = match (method.to_string().as_str(), arguments) {
            ("rows", [start, count]) if is_matrix => {
                let (start, count) = (self.count(start)?, self.count(count)?);
                self.view(array, [start, 0], [Some(count), None], method)?
            }
            ("columns", [start, count]) if is_matrix => {
                let (start, count) = (self.count(start)?, self.count(count)?);
                self.view(array, [0, start], [None, Some(count)], method)?
            }
            ("fixed_rows" | "fixed_columns", [start]) if is_matrix => {
                let (start, [count]) = (self.count(start)?, self.const_arguments(turbofish, method)?);
                if method == "fixed_rows" {
                    self.view(array, [start, 0], [Some(count), None], method)?
                } else {
                    self.view(array, [0, start], [None, Some(count)], method)?
                }
            }
            ("row", [at]) if is_matrix => {
                let at = self.count(at)?;
                self.view(array, [at, 0], [Some(1), None], method)?
            }
            ("column", [at]) if is_matrix => {
                let at = self.count(at)?;
                self.view(array, [0, at], [None, Some(1)], method)?
            }
            ("view", [start, counts]) if is_matrix => {
                let (start, [rows, columns]) = (self.pair(start)?, self.pair(counts)?);
                self.view(array, start, [Some(rows), Some(columns)], method)?
            }
            ("fixed_view", [row, column]) if is_matrix => {
                let start = [self.count(row)?, self.count(column)?];
                let [rows, columns] = self.const_arguments(turbofish, method)?;
                self.view(array, start, [Some(rows), Some(columns)], method)?
            }
            ("row_iter" | "column_iter", []) if is_matrix => self.lines(array, method)?,
            ("split_at", [at]) if is_array => {
                let (at, length) = (self.count(at)?, self.known_length(&shape, method)?);
                if at == 0 || at >= length {
                    return self.refuse(
                        method,
                        format!("one of the two parts would have no entries: the length is {length}"),
                    );
                }
                let left = self.part_at(array, 0, at, method)?;
                let right = self.part_at(array, at, length - at, method)?;
                Value::Tuple(vec![Value::Node(left), Value::Node(right)])
            }
            ("chunks" | "chunks_exact" | "windows", [count]) if is_array => {
                let count = self.count(count)?;
                let step = if method == "windows" { 1 } else { count };
                let is_exact = method != "chunks";
                self.parts(array, (count, step, is_exact), method)?
            }
            ("as_chunks", []) if is_array => {
                let [count] = self.const_arguments(turbofish, method)?;
                let length = self.known_length(&shape, method)?;
                if count == 0 || length % count != 0 {
                    return self.refuse(method, format!("the length is {length}, which is not so many chunks without a rest; write `chunks({count})`"));
                }
                let chunks = self.parts(array, (count, count, true), method)?;
                // No rest is left, and an array of no entries is nothing here.
                Value::Tuple(vec![chunks, Value::Unit])
            }
            _ => return Some(None),
        };
        Some(Some(value))
    }

    /// Parts of so many entries, each so far behind the one before; the last one may be shorter if it is not to be exact.
    fn parts(
        &mut self,
        array: NodeId,
        (count, step, is_exact): (usize, usize, bool),
        method: &Ident,
    ) -> Option<Value> {
        let length = self.known_length(&self.graph.shape(array).clone(), method)?;
        if count == 0 || (is_exact && count > length) {
            return self
                .refuse(method, format!("there is no part of {count} entries: the length is {length}"));
        }
        let mut parts = Vec::new();
        let mut first = 0;
        while first < length && (!is_exact || first + count <= length) {
            self.round(method)?;
            let part = self.part_at(array, first, count.min(length - first), method)?;
            parts.push(Value::Node(part));
            first += step;
        }
        Some(Value::Parts(parts))
    }

    /// A method of several arrays or numbers, which are known one by one.
    pub(super) fn parts_method(
        &mut self,
        parts: Vec<Value>,
        method: &Ident,
        arguments: &[&Expr],
    ) -> Option<Value> {
        match (method.to_string().as_str(), arguments) {
            ("iter" | "into_iter" | "copied" | "cloned", []) => Some(Value::Parts(parts)),
            ("len", []) => i64::try_from(parts.len()).ok().map(|count| self.size(count)),
            ("map", [f]) => {
                self.loops.met(f, !parts.is_empty(), method);
                let mut values = Vec::with_capacity(parts.len());
                for part in parts {
                    self.round(method)?;
                    values.push(self.apply(f, vec![part])?);
                }
                Some(Value::Parts(values))
            }
            ("flat_map", [f]) => {
                self.loops.met(f, !parts.is_empty(), method);
                let mut arrays = Vec::with_capacity(parts.len());
                for part in parts {
                    self.round(method)?;
                    let value = self.apply(f, vec![part])?;
                    arrays.push(self.appended(value, f)?);
                }
                self.joined_parts(arrays, method)
            }
            ("flatten", []) => {
                let arrays: Vec<Option<NodeId>> =
                    parts.into_iter().map(|part| self.appended(part, method)).collect();
                self.joined_parts(arrays.into_iter().collect::<Option<_>>()?, method)
            }
            ("fold", [initial, f]) => {
                let mut sum = self.expression(initial)?;
                self.loops.met(f, !parts.is_empty(), method);
                for part in parts {
                    self.round(method)?;
                    sum = self.apply(f, vec![sum, part])?;
                }
                Some(sum)
            }
            ("sum" | "product", []) => {
                let is_sum = method == "sum";
                let first = Value::Node(self.graph.literal(if is_sum { 0.0 } else { 1.0 }));
                let mut parts = parts.into_iter();
                // The standard library starts at -0.0, which changes no sum but that of zeros.
                let start = match parts.next() {
                    Some(part) => part,
                    None => first,
                };
                parts.try_fold(start, |sum, part| {
                    let ([a, b], _) = self.reals([sum, part], method)?;
                    let is_array = [a, b].iter().any(|node| !self.graph.shape(*node).is_scalar());
                    if is_array {
                        return self.refuse(method, "these are arrays; write `map` to make a number of each");
                    }
                    let op = if is_sum { Op::Add(a, b) } else { Op::Mul(a, b) };
                    self.written(op, Shape::Scalar, method).map(Value::Node)
                })
            }
            _ => self.refuse(
                method,
                "this method of several parts is not modelled; `map`, `flat_map`, `flatten`, `sum`, `product` and `fold` are, or a `for` loop",
            ),
        }
    }

    /// `chain`, `skip` and `take` of an iterator over arrays; nothing in the inner place for another method.
    #[allow(clippy::option_option)] // an error, another method, a value
    pub(super) fn sequence_part(
        &mut self,
        item: &Value,
        shape: &Shape,
        method: &Ident,
        arguments: &[&Expr],
    ) -> Option<Option<Value>> {
        let value = match (method.to_string().as_str(), arguments) {
            ("chain", [other]) => {
                let left = self.appended(Value::Sequence(Box::new(item.clone()), shape.clone()), method)?;
                let right = self.expression(other)?;
                let right = self.appended(right, other)?;
                self.joined_parts(vec![left, right], method)?
            }
            ("skip" | "take", [count]) => {
                let (given, length) = (self.count(count)?, self.known_length(shape, method)?);
                let (first, count) = if method == "skip" {
                    (given, length.saturating_sub(given))
                } else {
                    (0, given.min(length))
                };
                if count == 0 {
                    return self.refuse(method, "no entries are left");
                }
                let item = self.item_part(item, first, count, method)?;
                Value::Sequence(Box::new(item), Shape::Array(Dim::Fixed(count)))
            }
            _ => return Some(None),
        };
        Some(Some(value))
    }

    /// `SVector::from_iterator(…)` and its kin, whose type may say the length.
    pub(super) fn vector_of_iterator(&mut self, ty: &PathSegment, argument: &Expr) -> Option<Value> {
        let value = self.expression(argument)?;
        let array = self.appended(value, argument)?;
        let (Shape::Array(length) | Shape::Matrix(length, _)) = self.graph.shape(array).clone() else {
            return self.refuse(argument, "an iterator over an array is needed here");
        };
        let count = self.known_length(&Shape::Array(length.clone()), argument)?;
        if let PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) = &ty.arguments {
            let is_length = |argument: &&GenericArgument| {
                matches!(argument, GenericArgument::Const(Expr::Lit(literal))
                    if matches!(&literal.lit, syn::Lit::Int(n) if n.base10_parse().is_ok_and(|n: usize| n == count)))
            };
            if args.len() == 2 && !args.iter().any(|argument| is_length(&argument)) {
                return self.refuse(
                    &args[1],
                    format!("the iterator gives {count} entries; write that number as the length"),
                );
            }
        }
        let shape = Shape::Matrix(length, Dim::Fixed(1));
        Some(Value::Node(match self.graph.op(array).clone() {
            _ if *self.graph.shape(array) == shape => array,
            // What makes an array of parts or of entries makes a column of them.
            op @ (Op::Join(_) | Op::Assemble(_)) => self.graph.node(op, shape),
            _ => self.graph.node(Op::Join(vec![(Position::Entry(0), array)]), shape),
        }))
    }

    /// The array of what an iterator gives, or an array itself; its length is known.
    fn appended(&mut self, value: Value, tokens: impl quote::ToTokens + Copy) -> Option<NodeId> {
        match value {
            Value::Node(node) if !self.graph.shape(node).is_scalar() => Some(node),
            Value::Sequence(item, shape) => {
                let entry = self.item_node(*item, tokens)?;
                let count = self.known_length(&shape, tokens)?;
                let shape = match shape {
                    Shape::Matrix(_, ref columns) if columns.fixed() != Some(1) => {
                        return self.refuse(tokens, "the entries of a matrix are not modelled as one array; multiply it with a vector");
                    }
                    shape if self.graph.shape(entry) == &shape => shape,
                    _ => Shape::Array(Dim::Fixed(count)),
                };
                Some(self.graph.broadcast(entry, &shape))
            }
            Value::Parts(parts) => {
                let mut nodes = Vec::with_capacity(parts.len());
                for part in parts {
                    nodes.push(self.node_of(&part, tokens)?);
                }
                if nodes.iter().any(|node| !self.graph.shape(*node).is_scalar()) {
                    return self.refuse(
                        tokens,
                        "these are arrays; append their entries with `flatten` or `flat_map`",
                    );
                }
                let shape = Shape::Array(Dim::Fixed(nodes.len()));
                let entries =
                    nodes.into_iter().enumerate().map(|(i, node)| (Position::Entry(i), node)).collect();
                Some(self.graph.node(Op::Assemble(entries), shape))
            }
            _ => self.refuse(tokens, "an array or an iterator over one is needed here"),
        }
    }

    /// An iterator over arrays, one after the other.
    fn joined_parts(&mut self, arrays: Vec<NodeId>, method: &Ident) -> Option<Value> {
        let mut parts = Vec::with_capacity(arrays.len());
        let mut length = 0;
        for array in arrays {
            let count = self.known_length(&self.graph.shape(array).clone(), method)?;
            parts.push((Position::Entry(length), array));
            length += count;
        }
        let shape = Shape::Array(Dim::Fixed(length));
        let node = match parts.as_slice() {
            [(_, array)] if *self.graph.shape(*array) == shape => *array,
            _ => self.graph.node(Op::Join(parts), shape.clone()),
        };
        self.within_bounds(method)?;
        Some(Value::Sequence(Box::new(Value::Item(node)), shape))
    }

    fn item_part(&mut self, item: &Value, first: usize, count: usize, method: &Ident) -> Option<Value> {
        match item {
            Value::Item(node) => {
                let shape = Shape::Array(Dim::Fixed(count));
                Some(Value::Item(self.graph.part(*node, Position::Entry(first), &shape)))
            }
            Value::Tuple(parts) => {
                let parts: Vec<Option<Value>> =
                    parts.iter().map(|part| self.item_part(part, first, count, method)).collect();
                Some(Value::Tuple(parts.into_iter().collect::<Option<_>>()?))
            }
            Value::Node(node) if self.graph.shape(*node).is_scalar() => Some(item.clone()),
            _ => self.refuse(
                method,
                "the entries that are left are not modelled here; take the part of each array",
            ),
        }
    }

    /// The block of a vector or a matrix from a row and a column on; a side without a count is the whole side.
    fn view(
        &mut self,
        array: NodeId,
        first: [usize; 2],
        counts: [Option<usize>; 2],
        method: &Ident,
    ) -> Option<Value> {
        let whole = self.graph.shape(array).clone();
        let mut sides = Vec::with_capacity(2);
        for (side, (what, (first, (count, length)))) in ["rows", "columns"]
            .into_iter()
            .zip(first.into_iter().zip(counts.into_iter().zip(whole.sides())))
            .enumerate()
        {
            let Some(count) = count else {
                sides.push(length);
                continue;
            };
            if count == 0 {
                return self.refuse(method, "this part has no entries");
            }
            let past = first.checked_add(count);
            if past.is_none_or(|past| length.fixed().is_some_and(|length| past > length)) {
                let message = if whole.is_column() && side == 0 {
                    format!(
                        "a part of {count} entries from {first} on goes beyond the length, which is {length}"
                    )
                } else if count == 1 {
                    let one = what.trim_end_matches('s');
                    format!("there is no {one} {first}, counted from 0: the matrix has {length} {what}")
                } else {
                    format!(
                        "{count} {what} from {first} on go beyond the {what} of the matrix, which are {length}"
                    )
                };
                return self.refuse(method, message);
            }
            sides.push(Dim::Fixed(count));
        }
        let [rows, columns] = <[Dim; 2]>::try_from(sides).ok()?;
        let first = whole.position(first[0], first[1]);
        let part = self.graph.part(array, first, &Shape::Matrix(rows, columns));
        self.within_bounds(method)?;
        Some(Value::Node(part))
    }

    /// The rows or the columns of a matrix, which are known one by one.
    fn lines(&mut self, array: NodeId, method: &Ident) -> Option<Value> {
        let is_of_rows = method == "row_iter";
        let side = self.graph.shape(array).sides()[usize::from(!is_of_rows)].clone();
        let Some(count) = side.fixed() else {
            return self.refuse(
                method,
                "how many there are is not known while the macro runs; multiply with the matrix, or write `SMatrix`",
            );
        };
        let mut lines = Vec::with_capacity(count);
        for at in 0..count {
            self.round(method)?;
            let (first, counts) =
                if is_of_rows { ([at, 0], [Some(1), None]) } else { ([0, at], [None, Some(1)]) };
            lines.push(self.view(array, first, counts, method)?);
        }
        Some(Value::Parts(lines))
    }

    fn part_at(
        &mut self,
        array: NodeId,
        first: usize,
        count: usize,
        tokens: impl quote::ToTokens,
    ) -> Option<NodeId> {
        self.check_part(array, first, count, &tokens)?;
        let part = self.graph.part(array, Position::Entry(first), &Shape::Array(Dim::Fixed(count)));
        self.within_bounds(tokens)?;
        Some(part)
    }

    fn check_part(
        &mut self,
        array: NodeId,
        first: usize,
        count: usize,
        tokens: impl quote::ToTokens,
    ) -> Option<()> {
        let (Shape::Array(length) | Shape::Matrix(length, _)) = self.graph.shape(array).clone() else {
            return self.refuse(tokens, "one number has no parts");
        };
        let past = first.checked_add(count);
        if past.is_none_or(|past| length.fixed().is_some_and(|length| past > length)) {
            return self.refuse(
                tokens,
                format!(
                    "a part of {count} entries from {first} on goes beyond the length, which is {length}"
                ),
            );
        }
        Some(())
    }

    /// A number of entries, or a place.
    fn count(&mut self, expression: &Expr) -> Option<usize> {
        let value = self.expression(expression)?;
        self.count_of(&value, expression)
    }

    fn count_of(&mut self, value: &Value, expression: &Expr) -> Option<usize> {
        match value {
            Value::Integer(count, variable) => {
                self.must_be(*variable, "usize");
                match usize::try_from(*count) {
                    Ok(count) => Some(count),
                    Err(_) => self.refuse(expression, format!("this is {count}, and no place of an entry")),
                }
            }
            Value::Length(_) => self.refuse(expression, LENGTH),
            _ => self.refuse(expression, NUMBER),
        }
    }

    /// A row and a column, or how many there are of both.
    fn pair(&mut self, expression: &Expr) -> Option<[usize; 2]> {
        match self.expression(expression)? {
            Value::Tuple(pair) if pair.len() == 2 => {
                let mut numbers = [0; 2];
                for (number, value) in numbers.iter_mut().zip(pair) {
                    *number = self.count_of(&value, expression)?;
                }
                Some(numbers)
            }
            _ => self.refuse(expression, "a pair is needed here: `(row, column)`, or `(rows, columns)`"),
        }
    }

    /// The lengths in `fixed_rows::<N>(…)` or `fixed_view::<R, C>(…)`.
    fn const_arguments<const N: usize>(
        &mut self,
        turbofish: Option<&AngleBracketedGenericArguments>,
        method: &Ident,
    ) -> Option<[usize; N]> {
        let arguments: Vec<&GenericArgument> =
            turbofish.into_iter().flat_map(|list| list.args.iter()).collect();
        if arguments.len() != N {
            let numbers = ["4", "2"][..N].join(", ");
            let what = if N == 1 { "the length as a number" } else { "the lengths as numbers" };
            return self.refuse(method, format!("write {what}: `{method}::<{numbers}>`"));
        }
        let mut lengths = [0; N];
        for (length, argument) in lengths.iter_mut().zip(arguments) {
            *length = match argument {
                GenericArgument::Const(count) => self.count(count)?,
                other => return self.refuse(other, "the length must be a number in the source"),
            };
        }
        Some(lengths)
    }

    fn known_length(&mut self, shape: &Shape, tokens: impl quote::ToTokens) -> Option<usize> {
        match shape.entries() {
            Some(length) => Some(length),
            None => self.refuse(tokens, "the length must be a number that is known here: `[f64; 8]`"),
        }
    }
}

/// The methods whose type argument is a length.
pub(super) fn takes_length(method: &Ident) -> bool {
    ["fixed_rows", "fixed_columns", "fixed_view", "as_chunks"].iter().any(|known| method == known)
}

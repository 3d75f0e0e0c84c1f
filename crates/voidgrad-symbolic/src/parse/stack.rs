//! Vectors and matrices made of blocks: `stack![a, b; c, 0]`, `SMatrix::from_columns(&[a, b])`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, Expr, ExprArray, ExprCall, ExprLit, ExprReference, GenericArgument,
    Ident, Lit, Macro, Path, PathArguments, PathSegment, Token,
};

use super::{Reader, Value};
use crate::graph::{Dim, NodeId, Position, Shape};
use crate::inert;

/// A block: the expression that it is blamed on, and its value; none for zeros.
type Block<'e> = (&'e Expr, Option<NodeId>);

impl Reader<'_> {
    /// A macro where an expression is expected.
    pub(super) fn macro_call(&mut self, call: &Macro) -> Option<Value> {
        let Macro { path, bang_token: _, delimiter: _, tokens } = call;
        if path.segments.last().is_none_or(|segment| segment.ident != "stack") {
            return self.refuse(path, "a macro can't be differentiated; write the expression it stands for");
        }
        let rows = match rows.parse2(tokens.clone()) {
            Ok(rows) => rows,
            Err(error) => {
                self.diagnostics.push(error);
                return None;
            }
        };
        for block in rows.iter().flatten() {
            inert::check_expression(block, self.diagnostics);
        }
        let blocks: Vec<Option<Vec<Block<'_>>>> = rows
            .iter()
            .map(|row| {
                let blocks: Vec<Option<Block<'_>>> = row.iter().map(|block| self.block_of(block)).collect();
                blocks.into_iter().collect()
            })
            .collect();
        self.stacked(blocks.into_iter().collect::<Option<_>>()?, path)
    }

    /// `from_columns(&[…])` and `from_rows(&[…])` of a matrix type; nothing in the inner place for another function.
    #[allow(clippy::option_option)] // an error, another function, a value
    pub(super) fn matrix_of_lines(&mut self, path: &Path, call: &ExprCall) -> Option<Option<Value>> {
        let ty = path.segments.get(path.segments.len().checked_sub(2)?)?;
        let function = &path.segments.last()?.ident;
        let is_of_columns = function == "from_columns";
        if !(is_of_columns || function == "from_rows") || !names_a_matrix(&ty.ident) {
            return None;
        }
        let lines = match call.args.first() {
            Some(Expr::Reference(ExprReference { attrs: _, and_token: _, mutability: None, expr }))
                if call.args.len() == 1 =>
            {
                match &**expr {
                    Expr::Array(ExprArray { attrs: _, bracket_token: _, elems }) => elems,
                    other => return Some(self.refuse(other, "write the list here: `&[a, b]`")),
                }
            }
            _ => return Some(self.refuse(path, format!("write `{function}(&[a, b])`"))),
        };
        Some(self.lines_of(lines, is_of_columns, ty, path))
    }

    fn lines_of(
        &mut self,
        lines: &Punctuated<Expr, Token![,]>,
        is_of_columns: bool,
        ty: &PathSegment,
        path: &Path,
    ) -> Option<Value> {
        let side = usize::from(is_of_columns);
        let blocks: Vec<Option<Block<'_>>> = lines.iter().map(|line| self.block_of(line)).collect();
        let blocks: Vec<Block<'_>> = blocks.into_iter().collect::<Option<_>>()?;
        for (expression, block) in &blocks {
            let is_line = block.is_some_and(|block| self.graph.shape(block).sides()[side].fixed() == Some(1));
            if !is_line {
                let what = if is_of_columns { "column" } else { "row" };
                return self.refuse(expression, format!("a {what} is needed here"));
            }
        }
        let count = blocks.len();
        if let Some(declared) = declared_side(ty, side)
            && declared != count
        {
            return self.refuse(ty, format!("the list has {count} entries, and the type says {declared}"));
        }
        let rows =
            if is_of_columns { vec![blocks] } else { blocks.into_iter().map(|row| vec![row]).collect() };
        self.stacked(rows, path)
    }

    fn block_of<'e>(&mut self, expression: &'e Expr) -> Option<Block<'e>> {
        if let Expr::Lit(ExprLit { attrs: _, lit: Lit::Int(number) }) = expression
            && number.base10_digits() == "0"
        {
            return Some((expression, None));
        }
        let value = self.expression(expression)?;
        let node = self.node_of(&value, expression)?;
        if !matches!(self.graph.shape(node), Shape::Matrix(..)) {
            return self.refuse(
                expression,
                "a block is a vector or a matrix of nalgebra; a number is `SVector::from([x])`",
            );
        }
        Some((expression, Some(node)))
    }

    /// The matrix of rows of blocks.
    fn stacked(&mut self, rows: Vec<Vec<Block<'_>>>, path: &Path) -> Option<Value> {
        let width = rows.first().map_or(0, Vec::len);
        if width == 0 {
            return self.refuse(path, "there are no blocks here");
        }
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            let place = row.first().map_or_else(TokenStream::new, |(block, _)| block.to_token_stream());
            return self
                .refuse(place, format!("this row has {} blocks, and the first has {width}", row.len()));
        }
        let heights = self.starts(&rows, 0, path)?;
        let columns: Vec<Vec<Block<'_>>> =
            (0..width).map(|column| rows.iter().map(|row| row[column]).collect()).collect();
        let widths = self.starts(&columns, 1, path)?;
        let shape = Shape::Matrix(heights.1, widths.1);
        let mut parts: Vec<(Position, NodeId)> = Vec::new();
        for (row, first_row) in rows.into_iter().zip(heights.0) {
            for ((_, block), first_column) in row.into_iter().zip(&widths.0) {
                parts.extend(block.map(|block| (shape.position(first_row, *first_column), block)));
            }
        }
        let node = self.graph.join(parts, shape);
        self.within_bounds(path)?;
        Some(Value::Node(node))
    }

    /// The places at which lines of blocks begin along a side, and the length of all of them together.
    fn starts(&mut self, lines: &[Vec<Block<'_>>], side: usize, path: &Path) -> Option<(Vec<usize>, Dim)> {
        let (what, of) = [("rows", "row"), ("columns", "column")][side];
        let (mut starts, mut length) = (Vec::with_capacity(lines.len()), 0_usize);
        for line in lines {
            starts.push(length);
            let mut blocks = line.iter().filter_map(|(expression, block)| Some((expression, (*block)?)));
            let Some((first, block)) = blocks.next() else {
                return self
                    .refuse(path, format!("a {of} of blocks is zeros alone, so its size is not known"));
            };
            let its = self.graph.shape(block).sides()[side].clone();
            for (expression, block) in blocks {
                let other = self.graph.shape(block).sides()[side].clone();
                if !its.may_equal(&other) {
                    let message = format!("this block has {other} {what}, and the one in line with it {its}");
                    return self.refuse(expression, message);
                }
                self.graph.must_agree(&its, &other);
            }
            match its.fixed() {
                Some(count) => length = length.checked_add(count)?,
                None if lines.len() == 1 => return Some((starts, its)),
                None => {
                    return self.refuse(
                        first,
                        format!("how many {what} this block has must be a number that is known here: write `SVector<f64, N>` or `SMatrix<f64, R, C>` with numbers"),
                    );
                }
            }
        }
        Some((starts, Dim::Fixed(length)))
    }
}

/// `a, b; c, d`.
fn rows(input: ParseStream<'_>) -> syn::Result<Vec<Vec<Expr>>> {
    let mut rows = Vec::new();
    while !input.is_empty() {
        let mut row = Vec::new();
        while !input.is_empty() && !input.peek(Token![;]) {
            row.push(input.parse::<Expr>()?);
            if !input.is_empty() && !input.peek(Token![;]) {
                input.parse::<Token![,]>()?;
            }
        }
        rows.push(row);
        if !input.is_empty() {
            input.parse::<Token![;]>()?;
        }
    }
    Ok(rows)
}

/// `SMatrix`, `Matrix3`, `Matrix2x3`.
fn names_a_matrix(name: &Ident) -> bool {
    name == "SMatrix" || sides_of_name(name).is_some()
}

fn sides_of_name(name: &Ident) -> Option<[usize; 2]> {
    let name = name.to_string();
    let sides = name.strip_prefix("Matrix")?;
    let (rows, columns) = sides.split_once('x').unwrap_or((sides, sides));
    Some([rows.parse().ok()?, columns.parse().ok()?])
}

/// A side that the type names as a number.
fn declared_side(ty: &PathSegment, side: usize) -> Option<usize> {
    if let Some(sides) = sides_of_name(&ty.ident) {
        return Some(sides[side]);
    }
    let PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) = &ty.arguments else {
        return None;
    };
    match args.iter().nth(1 + side)? {
        GenericArgument::Const(Expr::Lit(ExprLit { attrs: _, lit: Lit::Int(count) })) => {
            count.base10_parse().ok()
        }
        _ => None,
    }
}

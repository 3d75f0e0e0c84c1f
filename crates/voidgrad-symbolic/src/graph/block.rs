//! Blocks: where a part of an array stands in it.

use super::{Dim, Position, Shape};

/// A rectangle of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    rows: Side,
    columns: Side,
}

/// One side of it: the first place, and how many there are; none if all that follow belong to it, however many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Side {
    first: usize,
    count: Option<usize>,
}

impl Side {
    fn contains(self, other: Self) -> bool {
        let ends = match (self.count, other.count) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(count)) => other.first + count <= self.first + own,
        };
        self.first <= other.first && ends
    }

    fn is_apart(self, other: Self) -> bool {
        let is_before = |a: Self, b: Self| a.count.is_some_and(|count| a.first + count <= b.first);
        is_before(self, other) || is_before(other, self)
    }
}

impl Block {
    /// The block that a value of this shape is from a place on.
    #[must_use]
    pub fn new(first: Position, shape: &Shape) -> Self {
        let ((row, column), [rows, columns]) = (first.cell(), shape.sides());
        let side = |first: usize, length: &Dim| Side { first, count: length.fixed() };
        Self { rows: side(row, &rows), columns: side(column, &columns) }
    }

    /// Whether another block is a part of it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.rows.contains(other.rows) && self.columns.contains(other.columns)
    }

    /// Whether the two have no entry in common, as far as it is known.
    #[must_use]
    pub fn is_apart(self, other: Self) -> bool {
        self.rows.is_apart(other.rows) || self.columns.is_apart(other.columns)
    }
}

impl Shape {
    /// The place of an entry in this row and this column.
    #[must_use]
    pub fn position(&self, row: usize, column: usize) -> Position {
        match self {
            Self::Matrix(_, columns) if columns.fixed() != Some(1) => Position::Cell(row, column),
            _ => Position::Entry(row),
        }
    }

    /// The place in an array of this shape that is as far from `first` as `at` is from the beginning of a part.
    #[must_use]
    pub fn behind(&self, first: Position, at: Position) -> Position {
        let ((row, column), (down, right)) = (first.cell(), at.cell());
        self.position(row + down, column + right)
    }

    /// The place in a part of this shape that starts at `first`; `None` if `at` stands before it or behind it.
    #[must_use]
    pub fn within(&self, first: Position, at: Position) -> Option<Position> {
        let ((row, column), (its_row, its_column)) = (first.cell(), at.cell());
        let [rows, columns] = self.sides();
        let place = |at: usize, first: usize, length: &Dim| {
            at.checked_sub(first).filter(|place| length.fixed().is_none_or(|count| *place < count))
        };
        Some(self.position(place(its_row, row, &rows)?, place(its_column, column, &columns)?))
    }

    /// The rows and the columns; an array is one column, and a number one entry.
    #[must_use]
    pub fn sides(&self) -> [Dim; 2] {
        match self {
            Self::Scalar => [Dim::Fixed(1), Dim::Fixed(1)],
            Self::Array(length) => [length.clone(), Dim::Fixed(1)],
            Self::Matrix(rows, columns) => [rows.clone(), columns.clone()],
        }
    }
}

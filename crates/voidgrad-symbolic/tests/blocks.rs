//! Blocks of matrices, whatever they are made of: the rules that simplify them against matrices of plain numbers.

use voidgrad_symbolic::evaluate::evaluate;
use voidgrad_symbolic::graph::{Block, Dim, Graph, NodeId, Position, Shape};

/// A matrix of plain numbers, column by column.
#[derive(Debug, Clone, PartialEq)]
struct Matrix {
    rows: usize,
    columns: usize,
    entries: Vec<f64>,
}

impl Matrix {
    fn new(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let places = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
        Self { rows, columns, entries: places.map(|(row, column)| entry(row, column)).collect() }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.entries[row + column * self.rows]
    }

    fn shape(&self) -> Shape {
        Shape::Matrix(Dim::Fixed(self.rows), Dim::Fixed(self.columns))
    }

    /// The entries of another matrix from a place on, and zeros elsewhere.
    fn with(&self, other: &Self, first: (usize, usize)) -> Self {
        Self::new(self.rows, self.columns, |row, column| {
            let (down, right) = (row.wrapping_sub(first.0), column.wrapping_sub(first.1));
            let is_inside = down < other.rows && right < other.columns;
            if is_inside { other.at(down, right) } else { self.at(row, column) }
        })
    }
}

/// Numbers that look drawn.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound as u64).unwrap()
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    /// The first place and the length of a part of a side.
    fn part(&mut self, length: usize) -> (usize, usize) {
        let count = 1 + self.below(length);
        (self.below(length - count + 1), count)
    }
}

type Known = (NodeId, Matrix);

/// A value that is made of known ones.
fn next(graph: &mut Graph, draw: &mut Draw, known: &[Known]) -> Known {
    let (a, of_a) = draw.of(known);
    let fitting: Vec<Known> =
        known.iter().filter(|(_, other)| other.shape() == of_a.shape()).cloned().collect();
    let (b, of_b) = draw.of(&fitting);
    match draw.below(8) {
        0 | 1 => {
            let ((row, rows), (column, columns)) = (draw.part(of_a.rows), draw.part(of_a.columns));
            let part = Matrix::new(rows, columns, |i, j| of_a.at(row + i, column + j));
            (graph.part(a, of_a.shape().position(row, column), &part.shape()), part)
        }
        2 => (graph.transpose(a), Matrix::new(of_a.columns, of_a.rows, |i, j| of_a.at(j, i))),
        3 => (graph.add(a, b), Matrix::new(of_a.rows, of_a.columns, |i, j| of_a.at(i, j) + of_b.at(i, j))),
        4 => (graph.mul(a, b), Matrix::new(of_a.rows, of_a.columns, |i, j| of_a.at(i, j) * of_b.at(i, j))),
        5 => (graph.neg(a), Matrix::new(of_a.rows, of_a.columns, |i, j| -of_a.at(i, j))),
        6 => {
            // A column times a row.
            let columns: Vec<Known> = known.iter().filter(|(_, one)| one.columns == 1).cloned().collect();
            let ((x, of_x), (y, of_y)) = (draw.of(&columns), draw.of(&columns));
            let row = graph.transpose(y);
            let product = Matrix::new(of_x.rows, of_y.rows, |i, j| of_x.entries[i] * of_y.entries[j]);
            (graph.matmul(x, row), product)
        }
        _ => {
            let (mut rows, mut columns) = (of_a.rows + draw.below(3), of_a.columns + draw.below(3));
            let (c, of_c) = draw.of(known);
            (rows, columns) = (rows.max(of_c.rows), columns.max(of_c.columns));
            let whole = Matrix::new(rows, columns, |_, _| 0.0);
            let mut parts: Vec<(Position, NodeId)> = Vec::new();
            let mut joined = whole.clone();
            for (node, matrix) in [(a, of_a), (c, of_c)] {
                let place = (draw.below(rows - matrix.rows + 1), draw.below(columns - matrix.columns + 1));
                let first = whole.shape().position(place.0, place.1);
                let block = Block::new(first, &matrix.shape());
                if parts.iter().all(|(at, part)| block.is_apart(Block::new(*at, graph.shape(*part)))) {
                    parts.push((first, node));
                    joined = joined.with(&matrix, place);
                }
            }
            parts.sort();
            (graph.join(parts, whole.shape()), joined)
        }
    }
}

#[test]
fn what_is_made_of_blocks_has_the_entries_that_it_should_have() {
    for seed in 0..300 {
        let (mut graph, mut draw) = (Graph::default(), Draw(seed));
        let number = |i: usize| ((i as f64 + 1.0) * 1.7).sin();
        let sizes = [(4, 3), (4, 3), (3, 4), (5, 1), (3, 1), (1, 4)];
        let mut known: Vec<Known> = Vec::new();
        for (index, (rows, columns)) in sizes.into_iter().enumerate() {
            let matrix = Matrix::new(rows, columns, |i, j| number(100 * index + i + rows * j));
            known.push((graph.parameter(index, matrix.shape(), false), matrix));
        }
        let arguments: Vec<Vec<f64>> = known.iter().map(|(_, matrix)| matrix.entries.clone()).collect();
        for step in 0..40 {
            let (node, expected) = next(&mut graph, &mut draw, &known);
            assert_eq!(graph.shape(node), &expected.shape(), "{seed}, {step}");
            let found = evaluate(&graph, &arguments, node).expect("all of it is known");
            // The same operations on the same numbers; only a 0 may lose its sign.
            assert_eq!(found, expected.entries, "seed {seed}, step {step}");
            let (row, column) = (draw.below(expected.rows), draw.below(expected.columns));
            let entry = graph.index(node, expected.shape().position(row, column));
            let entry = evaluate(&graph, &arguments, entry).expect("all of it is known");
            assert_eq!(entry, [expected.at(row, column)], "seed {seed}, step {step}: ({row}, {column})");
            if expected.rows * expected.columns <= 60 {
                known.push((node, expected));
            }
        }
    }
}

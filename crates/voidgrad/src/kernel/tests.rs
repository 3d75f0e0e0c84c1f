//! What kernels over arrays are made of, against plain loops.

use voidgrad_real::{Element, Lanes};

use super::*;
use crate::lanes::{Dispatch, Instructions, OnLanes, Work};

/// Whole tiles, what is left of them, one row, one column, nothing.
const SHAPES: [[usize; 2]; 9] = [[6, 5], [1, 1], [1, 7], [8, 3], [9, 4], [17, 2], [11, 1], [0, 3], [4, 0]];

/// Entries of an array, small integers that differ: their sums are exact, in `f32` too.
fn integers<T: Element>(length: usize, seed: usize) -> Vec<T> {
    (0..length).map(|i| T::default().constant(((i * 7 + seed * 5) % 23) as f64 - 11.0)).collect()
}

/// K arrays of so many rows of lanes.
fn arrays<R: Lanes, const K: usize>(rows: usize, seed: usize) -> [Vec<R::Element>; K] {
    std::array::from_fn(|k| integers(rows * R::LANES, seed + k))
}

/// `y[o]` is `Σ_t weight(o, t)·x[t]`, lane by lane.
fn expected<T: Element>(
    lanes: usize,
    [outputs, terms]: [usize; 2],
    x: &[T],
    weight: impl Fn(usize, usize) -> T,
) -> Vec<T> {
    let entry = |o: usize, lane: usize| {
        (0..terms).fold(T::default(), |sum, t| sum + weight(o, t) * x[t * lanes + lane])
    };
    (0..outputs * lanes).map(|place| entry(place / lanes, place % lanes)).collect()
}

struct Products;

impl Products {
    fn of<R: Lanes, const K: usize>(hand: R) {
        for [rows, columns] in SHAPES {
            let matrix = integers::<R::Element>(rows * columns, 3);
            let x = arrays::<R, K>(columns, 1);
            // What was in y before does not matter.
            let mut y = arrays::<R, K>(rows, 2);
            product(
                hand,
                &matrix,
                [rows, columns],
                x.each_ref().map(|x| &x[..]),
                y.each_mut().map(|y| &mut y[..]),
            );
            for (x, y) in x.iter().zip(&y) {
                assert!(*y == expected(R::LANES, [rows, columns], x, |i, j| matrix[i + rows * j]));
            }
            let (mut x, y) = (x, y);
            transposed_product(
                hand,
                &matrix,
                [rows, columns],
                y.each_ref().map(|y| &y[..]),
                x.each_mut().map(|x| &mut x[..]),
            );
            for (x, y) in x.iter().zip(&y) {
                assert!(*x == expected(R::LANES, [columns, rows], y, |j, i| matrix[i + rows * j]));
            }
        }
    }

    fn outer<R: Lanes, const K: usize>(hand: R) {
        for [rows, columns] in SHAPES {
            let (a, b) = (arrays::<R, K>(rows, 1), arrays::<R, K>(columns, 8));
            let mut sums = integers::<R::Element>(rows * columns * R::LANES, 4);
            let mut expected = sums.clone();
            for (place, sum) in expected.iter_mut().enumerate() {
                let (entry, lane) = (place / R::LANES, place % R::LANES);
                let (i, j) = (entry % rows, entry / rows);
                for (a, b) in a.iter().zip(&b) {
                    *sum = *sum + a[i * R::LANES + lane] * b[j * R::LANES + lane];
                }
            }
            add_outer(
                hand,
                [rows, columns],
                a.each_ref().map(|a| &a[..]),
                b.each_ref().map(|b| &b[..]),
                &mut sums,
            );
            assert!(sums == expected, "{rows} × {columns}");
        }
    }
}

impl<T: Element> Work<T> for Products {
    type Output = ();

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        Self::of::<R, 1>(hand);
        Self::of::<R, 2>(hand);
        Self::of::<R, 3>(hand);
        Self::of::<R, 4>(hand);
        Self::outer::<R, 1>(hand);
        Self::outer::<R, 2>(hand);
        Self::outer::<R, 3>(hand);
        Self::outer::<R, 4>(hand);
    }
}

#[test]
fn products_of_arrays_of_rows_are_those_of_plain_loops() {
    for instructions in [Instructions::Scalar, Instructions::Best] {
        f64::on_lanes(instructions, Products);
        f32::on_lanes(instructions, Products);
    }
}

// The tiles differ between instruction sets.
#[cfg(feature = "lanes")]
#[test]
fn they_are_with_all_instructions() {
    for level in crate::lanes::At::all() {
        Dispatch::<f64>::run(level, Products);
        Dispatch::<f32>::run(level, Products);
    }
}

#[test]
fn a_row_is_where_it_was_written() {
    let mut rows = [1.0, 2.0, 3.0];
    set_row(&mut rows, 1, 5.0_f64);
    add_row(0.0, &mut rows, 2, 4.0_f64);
    assert_eq!((rows, row(0.0_f64, &rows, 1)), ([1.0, 5.0, 7.0], 5.0));
    let pair = voidgrad_real::Pair::new(0.0_f64, 0.0);
    let mut rows = [1.0, 2.0, 3.0, 4.0];
    let second = row(pair, &rows, 1);
    add_row(pair, &mut rows, 0, second);
    assert_eq!(rows, [4.0, 6.0, 3.0, 4.0]);
}

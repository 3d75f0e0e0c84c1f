//! Products of a matrix that all samples share with arrays of rows.

use voidgrad_real::{Element, Lanes};

use super::rows::row;

// Tiles are inlined in release builds only: many of them in one function make its frame large where nothing is optimised.

/// `y_k = A·x_k` for K arrays side by side, at most 4 of them: more do not fit into the registers. A has `[rows, columns]` and is plain
/// numbers column by column, `A[i + rows·j]`; `x_k` is `columns` rows of lanes, `y_k` is `rows` of them.
///
/// ```
/// use voidgrad::__private::kernel::product;
/// // 2 × 3, one lane.
/// let (matrix, x) = ([1.0, 4.0, 2.0, 5.0, 3.0, 6.0], [1.0, 10.0, 100.0]);
/// let mut y = [0.0; 2];
/// product(0.0_f64, &matrix, [2, 3], [&x], [&mut y]);
/// assert_eq!(y, [321.0, 654.0]);
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn product<R: Lanes, const K: usize>(
    hand: R,
    matrix: &[R::Element],
    [rows, columns]: [usize; 2],
    x: [&[R::Element]; K],
    y: [&mut [R::Element]; K],
) {
    let columns = Columns { matrix: &matrix[..rows * columns], rows };
    tiles(hand, &columns, rows, x, y);
}

/// `y_k = Aᵀ·x_k` for K arrays side by side, with A as in [`product`]: `x_k` is `rows` rows of lanes, `y_k` is `columns` of them.
///
/// ```
/// use voidgrad::__private::kernel::transposed_product;
/// let (matrix, x) = ([1.0, 4.0, 2.0, 5.0, 3.0, 6.0], [1.0, 10.0]);
/// let mut y = [0.0; 3];
/// transposed_product(0.0_f64, &matrix, [2, 3], [&x], [&mut y]);
/// assert_eq!(y, [41.0, 52.0, 63.0]);
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn transposed_product<R: Lanes, const K: usize>(
    hand: R,
    matrix: &[R::Element],
    [rows, columns]: [usize; 2],
    x: [&[R::Element]; K],
    y: [&mut [R::Element]; K],
) {
    let matrix = Rows { matrix: &matrix[..rows * columns], terms: rows };
    tiles(hand, &matrix, columns, x, y);
}

/// The weights of a product, by output and term.
trait Weights<T> {
    /// How many terms an output has.
    fn terms(&self) -> usize;

    /// Adds the products of I outputs, the first of them `first`, with K operands.
    fn add<R: Lanes<Element = T>, const I: usize, const K: usize>(
        &self,
        hand: R,
        first: usize,
        x: [&[T]; K],
        sums: &mut [[R; K]; I],
    );
}

/// The matrix as it stands: the weights of a term are side by side.
struct Columns<'a, T> {
    matrix: &'a [T],
    rows: usize,
}

impl<T: Element> Weights<T> for Columns<'_, T> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn terms(&self) -> usize {
        self.matrix.len().checked_div(self.rows).unwrap_or(0)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add<R: Lanes<Element = T>, const I: usize, const K: usize>(
        &self,
        hand: R,
        first: usize,
        x: [&[T]; K],
        sums: &mut [[R; K]; I],
    ) {
        for (term, column) in self.matrix.chunks_exact(self.rows).enumerate() {
            let mut weights = [T::default(); I];
            weights.copy_from_slice(&column[first..][..I]);
            add_term(hand, &weights, term, x, sums);
        }
    }
}

/// The matrix on its side: the weights of an output are side by side.
struct Rows<'a, T> {
    matrix: &'a [T],
    terms: usize,
}

impl<T: Element> Weights<T> for Rows<'_, T> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn terms(&self) -> usize {
        self.terms
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add<R: Lanes<Element = T>, const I: usize, const K: usize>(
        &self,
        hand: R,
        first: usize,
        x: [&[T]; K],
        sums: &mut [[R; K]; I],
    ) {
        let mut outputs = [&self.matrix[..0]; I];
        for (i, output) in outputs.iter_mut().enumerate() {
            *output = &self.matrix[(first + i) * self.terms..][..self.terms];
        }
        for term in 0..self.terms {
            let mut weights = [T::default(); I];
            for (weight, output) in weights.iter_mut().zip(&outputs) {
                *weight = output[term];
            }
            add_term(hand, &weights, term, x, sums);
        }
    }
}

/// Adds one term of I outputs to their sums.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add_term<R: Lanes, const I: usize, const K: usize>(
    hand: R,
    weights: &[R::Element; I],
    term: usize,
    x: [&[R::Element]; K],
    sums: &mut [[R; K]; I],
) {
    let mut at = [hand; K];
    for k in 0..K {
        at[k] = row(hand, x[k], term);
    }
    for (weight, sums) in weights.iter().zip(sums) {
        let weight = hand.splat(*weight);
        for k in 0..K {
            sums[k] = weight.mul_add(at[k], sums[k]);
        }
    }
}

/// All outputs, as many together as the registers hold the sums of.
#[cfg_attr(not(debug_assertions), inline(always))]
fn tiles<R: Lanes, const K: usize>(
    hand: R,
    weights: &impl Weights<R::Element>,
    outputs: usize,
    x: [&[R::Element]; K],
    mut y: [&mut [R::Element]; K],
) {
    const { assert!(K <= 4, "more than four operands at a time") };
    let mut first = 0;
    if R::LANES > 1 && R::REGISTERS == 1 {
        // AVX-512, which has 32 registers: 16 chains of sums keep two units busy.
        if K <= 2 {
            first = tiles_of::<R, 8, K>(hand, weights, outputs, x, &mut y);
        } else {
            first = tiles_of::<R, 4, K>(hand, weights, outputs, x, &mut y);
        }
    } else if R::REGISTERS * K <= 4 {
        first = tiles_of::<R, 2, K>(hand, weights, outputs, x, &mut y);
    }
    for first in first..outputs {
        tile::<R, 1, K>(hand, weights, first, x, &mut y);
    }
}

/// Whole tiles of I outputs; returns the first output that is left.
#[cfg_attr(not(debug_assertions), inline(always))]
fn tiles_of<R: Lanes, const I: usize, const K: usize>(
    hand: R,
    weights: &impl Weights<R::Element>,
    outputs: usize,
    x: [&[R::Element]; K],
    y: &mut [&mut [R::Element]; K],
) -> usize {
    for first in (0..outputs / I * I).step_by(I) {
        tile::<R, I, K>(hand, weights, first, x, y);
    }
    outputs / I * I
}

/// I outputs of K operands.
#[cfg_attr(not(debug_assertions), inline(always))]
fn tile<R: Lanes, const I: usize, const K: usize>(
    hand: R,
    weights: &impl Weights<R::Element>,
    first: usize,
    x: [&[R::Element]; K],
    y: &mut [&mut [R::Element]; K],
) {
    let mut terms = [&x[0][..0]; K];
    for k in 0..K {
        terms[k] = &x[k][..weights.terms() * R::LANES];
    }
    let mut sums = [[hand.constant(0.0); K]; I];
    weights.add(hand, first, terms, &mut sums);
    for k in 0..K {
        let rows = &mut y[k][first * R::LANES..][..I * R::LANES];
        for i in 0..I {
            sums[i][k].store(&mut rows[i * R::LANES..]);
        }
    }
}

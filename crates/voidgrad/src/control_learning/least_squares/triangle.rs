//! The square root of discounted normal equations.

use nalgebra::{DMatrix, DVector};

/// The equations `J·x = y` of the past, as a triangle: `R` and `d` with `RᵀR = Σ_i w_i·j_iᵀj_i` and `Rᵀd = Σ_i w_i·y_i·j_iᵀ` over the rows `j_i` of J.
///
/// Rotations of Givens take in one row after the other. No product of two entries is added up, so as many digits are right as the problem has, and a column may be 10¹⁰⁰ times
/// as large as another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Triangle {
    /// R, upper triangular; its diagonal is not negative.
    r: DMatrix<f64>,
    d: DVector<f64>,
}

impl Triangle {
    /// That of no equation.
    pub(super) fn new(unknowns: usize) -> Self {
        Self { r: DMatrix::zeros(unknowns, unknowns), d: DVector::zeros(unknowns) }
    }

    /// Multiplies the weights of all equations so far with the square of a factor.
    pub(super) fn discount(&mut self, factor: f64) {
        self.r *= factor;
        self.d *= factor;
    }

    /// Takes in the equation `row·x = right`, whose first entries, up to `first`, are 0. The row is overwritten.
    pub(super) fn rotate(&mut self, first: usize, row: &mut [f64], mut right: f64) {
        let unknowns = row.len();
        for i in first..unknowns {
            let (kept, new) = (self.r[(i, i)], row[i]);
            let length = kept.hypot(new);
            if new == 0.0 || length == 0.0 {
                continue;
            }
            let (cosine, sine) = (kept / length, new / length);
            self.r[(i, i)] = length;
            for (j, entry) in row.iter_mut().enumerate().skip(i + 1) {
                let (kept, new) = (self.r[(i, j)], *entry);
                self.r[(i, j)] = cosine * kept + sine * new;
                *entry = cosine * new - sine * kept;
            }
            let kept = self.d[i];
            self.d[i] = cosine * kept + sine * right;
            right = cosine * right - sine * kept;
        }
    }

    /// The norm of each column: the root of the diagonal of `RᵀR`.
    pub(super) fn scales(&self) -> Vec<f64> {
        // Not `norm`, whose squares can overflow.
        self.r
            .column_iter()
            .map(|column| column.iter().fold(0.0, |norm: f64, entry| norm.hypot(*entry)))
            .collect()
    }

    /// The x for which `‖R·x - d‖² + Σ_n (s_n·(x_n - x⁰_n))²` is least; all `s_n` are positive.
    pub(super) fn nearest(&self, start: &[f64], stiffness: &[f64]) -> Vec<f64> {
        let unknowns = start.len();
        // In the unknown x - x⁰, the further equations have 0 on the right.
        let d = &self.d - &self.r * DVector::from_column_slice(start);
        let mut stiff = Self { r: self.r.clone(), d };
        let mut row = vec![0.0; unknowns];
        for (i, stiffness) in stiffness.iter().enumerate() {
            row.fill(0.0);
            row[i] = *stiffness;
            stiff.rotate(i, &mut row, 0.0);
        }
        let mut x = start.to_vec();
        let mut step = stiff.d;
        for i in (0..unknowns).rev() {
            let known: f64 = (i + 1..unknowns).map(|j| stiff.r[(i, j)] * step[j]).sum();
            step[i] = (step[i] - known) / stiff.r[(i, i)];
            x[i] += step[i];
        }
        x
    }

    /// R above its diagonal and on it, row by row.
    pub(super) fn flat(&self) -> Vec<f64> {
        let unknowns = self.d.len();
        (0..unknowns).flat_map(|i| (i..unknowns).map(move |j| (i, j))).map(|place| self.r[place]).collect()
    }

    /// d.
    pub(super) fn right(&self) -> &[f64] {
        self.d.as_slice()
    }

    /// The triangle with these entries; their numbers fit.
    pub(super) fn of(flat: &[f64], right: &[f64]) -> Self {
        let unknowns = right.len();
        let mut triangle = Self { d: DVector::from_column_slice(right), ..Self::new(unknowns) };
        let places = (0..unknowns).flat_map(|i| (i..unknowns).map(move |j| (i, j)));
        places.zip(flat).for_each(|(place, entry)| triangle.r[place] = *entry);
        triangle
    }

    /// Whether all entries are finite.
    pub(super) fn is_finite(&self) -> bool {
        self.r.iter().chain(self.d.iter()).all(|entry| entry.is_finite())
    }
}

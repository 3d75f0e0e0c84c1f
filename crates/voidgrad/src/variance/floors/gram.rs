//! What is known of the functions of a family without samples: their second moments with the score.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::ranges::Ranges;
use crate::bernoulli::Bernoulli;

/// The variables, with `σ_m² = θ_m·(1 - θ_m)`; the functions of a family are products of `e_m = (b_m - θ_m)/σ_m`, so that the score is `s_m = σ_m·e_m`.
pub(super) struct Variables {
    /// `σ_m`; 0 if θ is as good as 0 or 1, then there is no `e_m`.
    pub(super) sigma: Vec<f64>,
    /// `1 - 2θ_m`, which is `σ_m·E[e_m³]`.
    pub(super) tau: Vec<f64>,
    /// `Σ_m σ_m²`, which is `E[Σ_m s_m²]`.
    pub(super) information: f64,
    /// The same without one of them.
    pub(super) others: Vec<f64>,
    /// `e_m` where `b_m` is 0, and where it is 1; 0 if `σ_m` is.
    pub(super) functions: Vec<[f64; 2]>,
}

impl Variables {
    pub(super) fn new(bernoulli: &Bernoulli) -> Self {
        let sides = || bernoulli.complements().iter().zip(bernoulli.probabilities());
        let deviation = |(rest, theta): (&f64, &f64)| {
            let square = rest * theta;
            if square.is_normal() { square.sqrt() } else { 0.0 }
        };
        let sigma: Vec<f64> = sides().map(deviation).collect();
        let function = |((rest, theta), sigma): ((&f64, &f64), &f64)| {
            if *sigma == 0.0 { [0.0; 2] } else { [-theta / sigma, rest / sigma] }
        };
        let squares = Ranges::new(&sigma.iter().map(|sigma| sigma * sigma).collect::<Vec<_>>());
        let count = sigma.len();
        Self {
            tau: sides().map(|(rest, theta)| rest - theta).collect(),
            information: squares.sum(0..count),
            others: (0..count).map(|m| squares.sum(0..m) + squares.sum(m + 1..count)).collect(),
            functions: sides().zip(&sigma).map(function).collect(),
            sigma,
        }
    }

    /// M.
    pub(super) fn len(&self) -> usize {
        self.sigma.len()
    }

    /// `Σ_k Cov[e_m·s_k, s_k]`.
    pub(super) fn slant(&self, m: usize) -> f64 {
        self.tau[m] * self.sigma[m]
    }

    /// `Σ_k Var[e_m·s_k]`.
    pub(super) fn of_one(&self, m: usize) -> f64 {
        self.others[m] + self.tau[m] * self.tau[m]
    }

    /// `Σ_k Var[e_m·e_n·s_k]`.
    pub(super) fn of_two(&self, m: usize, n: usize) -> f64 {
        self.information + self.tau[m] * self.tau[m] + self.tau[n] * self.tau[n]
    }
}

/// The matrix `A_JK = Σ_m Cov[e_J·s_m, e_K·s_m]` of a family, which is known in closed form, solved for. It has no entries but those on its diagonal and those of J and K that differ in one
/// variable.
///
/// Weights are `w₀`, then those of single variables, if the family has them, then those of pairs: `(1, 0)`, `(2, 0)`, `(2, 1)`, `(3, 0)` and so on.
pub(super) enum Gram {
    Constant,
    /// An arrow: a row, a column and a diagonal.
    Additive,
    /// What is left for `w₀` and the single variables without the pairs, whose own part is a diagonal.
    Pairwise(Cholesky<f64, Dyn>),
}

/// What is added to the diagonal of 1 of what is factored, as in the families of a sum over states.
const RIDGE: f64 = 1e-12;

impl Gram {
    /// The matrix for functions of so many variables; nothing if it has no factors.
    pub(super) fn new(variables: &Variables, degree: usize) -> Option<Self> {
        match degree {
            0 => Some(Self::Constant),
            1 => Some(Self::Additive),
            _ => {
                let rest = DMatrix::from_fn(variables.len() + 1, variables.len() + 1, |row, column| {
                    without_pairs(variables, row, column)
                });
                let scale = scales(&rest);
                let scaled = DMatrix::from_fn(rest.nrows(), rest.ncols(), |row, column| {
                    if row == column { 1.0 + RIDGE } else { scale[row] * scale[column] * rest[(row, column)] }
                });
                let scale_back = |mut factor: DMatrix<f64>| {
                    for (row, scale) in scale.iter().enumerate() {
                        let size = if *scale > 0.0 { 1.0 / scale } else { 1.0 };
                        factor.row_mut(row).scale_mut(size);
                    }
                    Cholesky::pack_dirty(factor)
                };
                scaled.cholesky().map(|cholesky| Self::Pairwise(scale_back(cholesky.unpack_dirty())))
            }
        }
    }

    /// How many weights there are.
    pub(super) fn weights(variables: usize, degree: usize) -> usize {
        let pairs = if degree < 2 { 0 } else { variables * variables.saturating_sub(1) / 2 };
        1 + if degree == 0 { 0 } else { variables } + pairs
    }

    /// `A⁻¹·right`.
    pub(super) fn solve(&self, variables: &Variables, right: &[f64]) -> Vec<f64> {
        match self {
            Self::Constant => vec![quotient(right[0], variables.information)],
            Self::Additive => arrow(variables, right),
            Self::Pairwise(cholesky) => pairwise(variables, cholesky, right),
        }
    }
}

/// A quotient; 0 if there is nothing to divide by.
fn quotient(above: f64, below: f64) -> f64 {
    if below > 0.0 { above / below } else { 0.0 }
}

/// Solves `S·w₀ + Σ_m t_m·w_m = right₀` and `t_m·w₀ + D_m·w_m = right_m`.
///
/// Without the `w_m` it is `w₀·Σ_m σ_m²·(S - σ_m²)/D_m = right₀ - Σ_m t_m·right_m/D_m`, in which nothing cancels on the left. With one variable, that is 0: its function is a constant and nothing
/// else.
pub(super) fn arrow(variables: &Variables, right: &[f64]) -> Vec<f64> {
    let (first, ones) = (right[0], &right[1..]);
    let mut below = 0.0;
    let mut above = first;
    for (m, right) in ones.iter().enumerate() {
        let own = variables.of_one(m);
        below += variables.sigma[m].powi(2) * quotient(variables.others[m], own);
        above -= variables.slant(m) * quotient(*right, own);
    }
    let mut weights = vec![0.0; right.len()];
    if below > 0.0 {
        weights[0] = above / below;
        for (m, weight) in weights[1..].iter_mut().enumerate() {
            if variables.sigma[m] > 0.0 {
                *weight = quotient(ones[m] - variables.slant(m) * (above / below), variables.of_one(m));
            }
        }
    } else {
        weights[0] = quotient(first, variables.information);
    }
    weights
}

/// The matrix of `w₀` and the single variables after the weights of pairs are eliminated.
fn without_pairs(variables: &Variables, row: usize, column: usize) -> f64 {
    let slants = |m: usize, n: usize| variables.slant(m) * variables.slant(n) / variables.of_two(m, n);
    match (row.checked_sub(1), column.checked_sub(1)) {
        (None, None) => variables.information,
        (None, Some(m)) | (Some(m), None) => variables.slant(m),
        (Some(m), Some(n)) if m != n => -slants(m, n),
        (Some(m), _) => {
            let tau_squared = variables.tau[m] * variables.tau[m];
            let share = |n: usize| {
                variables.sigma[n].powi(2) * (variables.information + tau_squared) / variables.of_two(m, n)
            };
            let shares = (0..variables.len()).filter(|&n| n != m).map(share).sum::<f64>();
            if variables.sigma[m] > 0.0 { tau_squared + shares } else { 0.0 }
        }
    }
}

/// What makes the diagonal 1; 0 if it is 0.
fn scales(matrix: &DMatrix<f64>) -> Vec<f64> {
    let scale = |square: &f64| if *square > 0.0 { 1.0 / square.sqrt() } else { 0.0 };
    matrix.diagonal().iter().map(scale).collect()
}

/// Solves for the pairs last.
fn pairwise(variables: &Variables, cholesky: &Cholesky<f64, Dyn>, right: &[f64]) -> Vec<f64> {
    let count = variables.len();
    let (low, pairs) = right.split_at(count + 1);
    let mut low = DVector::from_column_slice(low);
    for (m, n, pair) in numbered(pairs) {
        let share = quotient(*pair, variables.of_two(m, n));
        low[m + 1] -= variables.slant(n) * share;
        low[n + 1] -= variables.slant(m) * share;
    }
    for (m, sigma) in variables.sigma.iter().enumerate() {
        if *sigma == 0.0 {
            low[m + 1] = 0.0;
        }
    }
    cholesky.solve_mut(&mut low);
    let mut weights = low.as_slice().to_vec();
    for (m, n, pair) in numbered(pairs) {
        let above = pair - variables.slant(n) * low[m + 1] - variables.slant(m) * low[n + 1];
        let both = variables.sigma[m] > 0.0 && variables.sigma[n] > 0.0;
        weights.push(if both { quotient(above, variables.of_two(m, n)) } else { 0.0 });
    }
    weights
}

/// The weights of pairs with their variables, the larger number first.
pub(super) fn numbered(pairs: &[f64]) -> impl Iterator<Item = (usize, usize, &f64)> {
    let (mut m, mut n) = (1, 0);
    pairs.iter().map(move |pair| {
        let place = (m, n);
        n += 1;
        if n == m {
            (m, n) = (m + 1, 0);
        }
        (place.0, place.1, pair)
    })
}

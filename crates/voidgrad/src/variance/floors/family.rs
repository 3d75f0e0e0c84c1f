//! A family of controls, and its best member.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::states::{Left, States};

/// What is added to the diagonal of 1, so that functions of which one is nearly a sum of others have a best fit, too. After k steps the
/// variance is at most `RIDGE·|w|²/k` above the least, with weights w of functions that have a variance of 1 each.
const RIDGE: f64 = 1e-12;

/// The functions `e_J` of at most so many variables, and the normal equations of their weights.
pub(super) struct Family {
    /// Their J.
    members: Vec<usize>,
    /// What each is divided by, for a variance of 1; 0 if it has none.
    scales: Vec<f64>,
    /// Nothing if even the ridge does not help.
    factor: Option<Cholesky<f64, Dyn>>,
}

impl Family {
    pub(super) fn new(states: &States, degree: usize) -> Self {
        let count = states.p.len();
        let members: Vec<usize> = (0..count).filter(|j| j.count_ones() as usize <= degree).collect();
        let variances = members.iter().map(|&j| states.covariance(j, j));
        let scales: Vec<f64> =
            variances.map(|variance| if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 }).collect();
        let matrix = DMatrix::from_fn(members.len(), members.len(), |row, column| {
            if row == column {
                1.0 + RIDGE
            } else {
                scales[row] * scales[column] * states.covariance(members[row], members[column])
            }
        });
        Self { members, scales, factor: matrix.cholesky() }
    }

    /// The rest of f after one more fit.
    pub(super) fn fitted(&self, states: &States, left: &Left) -> Vec<f64> {
        let Some(factor) = &self.factor else { return left.rest.clone() };
        let all = left.rest.iter().zip(&states.p).zip(&states.squares);
        let mut x: Vec<f64> = all.map(|((rest, p), squares)| p * rest * squares).collect();
        states.analyse(&mut x);
        let right = self.members.iter().zip(&self.scales).map(|(&j, scale)| {
            // `Σ_m Cov[e_J·s_m, r·s_m]`; the mean of `e_J·s_m` is σ_m if J is m alone, and else 0.
            let means = if j.is_power_of_two() {
                let m = j.ilog2() as usize;
                states.deviations[m] * left.mean[m]
            } else {
                0.0
            };
            scale * (x[j] - means)
        });
        let weights = factor.solve(&DVector::from_iterator(self.members.len(), right));
        x.fill(0.0);
        for ((&j, scale), weight) in self.members.iter().zip(&self.scales).zip(weights.iter()) {
            x[j] = scale * weight;
        }
        states.synthesise(&mut x);
        x.iter_mut().zip(&left.rest).for_each(|(h, rest)| *h = rest - *h);
        x
    }
}

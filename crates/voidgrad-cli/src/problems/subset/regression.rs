//! A linear regression, of which some features are to be chosen.

use voidgrad::Stream;
use voidgrad::error::ObjectiveError;
use voidgrad::gaussian::box_muller;
use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::objective::{Objective, Points};

/// Rows of the data.
pub(super) const OBSERVATIONS: usize = 200;

/// The most features of which all subsets are evaluated.
pub(super) const MOST_ENUMERATED: usize = 20;

/// `f(b)`, the mean squared error of the least-squares fit of the target on the features with `b_m = 1` and a constant, on the data of the fit, in units
/// of the variance of the target.
#[derive(Debug, Clone)]
pub(super) struct Regression {
    /// The correlations of the features with each other.
    features: DMatrix<f64>,
    /// Their correlations with the target.
    target: DVector<f64>,
}

/// What data are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// n.
    pub(super) features: usize,
    /// How many of them the target depends on.
    pub(super) chosen: usize,
    /// The standard deviation of the noise, in units of that of what they explain.
    pub(super) noise: f64,
    /// The correlation of two features next to each other.
    pub(super) correlation: f64,
}

/// The best subset.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Optimum {
    /// The least f of all subsets of its size.
    pub(super) f: f64,
    /// Whether each feature is in it.
    pub(super) chosen: Vec<bool>,
}

impl Regression {
    /// Data from a stream: features in a row, each correlated with the one before, and a target that is a weighted sum of some of them, with weights of either
    /// sign from ½ to 3/2, and noise.
    pub(super) fn generated(shape: Shape, stream: &mut Stream) -> Self {
        let Shape { features, chosen, noise, correlation } = shape;
        let innovation = (1.0 - correlation * correlation).sqrt();
        let mut x = DMatrix::zeros(OBSERVATIONS, features);
        for mut row in x.row_iter_mut() {
            let mut before = normal(stream);
            for entry in row.iter_mut() {
                *entry = before;
                before = correlation * before + innovation * normal(stream);
            }
        }
        let mut weights = DVector::zeros(features);
        // The first of a random order.
        let mut order: Vec<(f64, usize)> = (0..features).map(|m| (uniform(stream), m)).collect();
        order.sort_by(|one, other| one.0.total_cmp(&other.0));
        for &(_, m) in &order[..chosen] {
            let u = 2.0 * uniform(stream) - 1.0;
            weights[m] = u + 0.5 * u.signum();
        }
        let mut y = &x * weights;
        let scale = noise * y.variance().sqrt();
        y.iter_mut().for_each(|y| *y += scale * normal(stream));
        Self::of(x, y)
    }

    /// The regression of y on the columns of x.
    fn of(mut x: DMatrix<f64>, mut y: DVector<f64>) -> Self {
        let standardise = |mut column: voidgrad::nalgebra::DVectorViewMut<'_, f64>| {
            let mean = column.mean();
            column.add_scalar_mut(-mean);
            let norm = column.norm();
            column /= norm;
        };
        let observations = x.nrows();
        for column in x.as_mut_slice().chunks_exact_mut(observations) {
            standardise(voidgrad::nalgebra::DVectorViewMut::from_slice(column, observations));
        }
        standardise(y.as_view_mut());
        Self { features: x.tr_mul(&x), target: x.tr_mul(&y) }
    }

    /// n.
    pub(super) fn len(&self) -> usize {
        self.target.len()
    }

    /// `f(b)`; NaN if the chosen features depend on each other.
    pub(super) fn error(&self, is_chosen: impl Fn(usize) -> bool) -> f64 {
        let chosen: Vec<usize> = (0..self.len()).filter(|&m| is_chosen(m)).collect();
        let size = chosen.len();
        let features = DMatrix::from_fn(size, size, |i, j| self.features[(chosen[i], chosen[j])]);
        let target = DVector::from_fn(size, |i, _| self.target[chosen[i]]);
        // With G = LLᵀ, what is explained is cᵀG⁻¹c = |L⁻¹c|².
        let explained = features.cholesky().and_then(|root| root.l().solve_lower_triangular(&target));
        explained.map_or(f64::NAN, |explained| (1.0 - explained.norm_squared()).max(0.0))
    }

    /// The best of all subsets of this size; `None` for more than 20 features.
    pub(super) fn optimum(&self, size: usize) -> Option<Optimum> {
        if self.len() > MOST_ENUMERATED {
            return None;
        }
        let subsets = (0..1_u32 << self.len()).filter(|subset| subset.count_ones() as usize == size);
        let errors = subsets.map(|subset| (self.error(|m| subset >> m & 1 == 1), subset));
        let (f, subset) = errors.min_by(|one, other| one.0.total_cmp(&other.0))?;
        Some(Optimum { f, chosen: (0..self.len()).map(|m| subset >> m & 1 == 1).collect() })
    }
}

impl Objective for Regression {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| self.error(|m| b[m] == 1.0));
        Ok(())
    }
}

/// The same, and a penalty for every feature more or less than k: for bits that may be any number of ones.
#[derive(Debug)]
pub(super) struct Penalised {
    /// f.
    pub(super) regression: Regression,
    /// k.
    pub(super) size: usize,
    /// The penalty.
    pub(super) penalty: f64,
}

impl Objective for Penalised {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| {
            let distance = (b.iter().sum::<f64>() - self.size as f64).abs();
            self.regression.error(|m| b[m] == 1.0) + self.penalty * distance
        });
        Ok(())
    }
}

fn uniform(stream: &mut Stream) -> f64 {
    let mut u = [0.0];
    stream.fill_open01(&mut u);
    u[0]
}

fn normal(stream: &mut Stream) -> f64 {
    box_muller(uniform(stream), uniform(stream))[0]
}

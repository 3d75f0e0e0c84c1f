//! Weights of control variates, by regression on earlier draws.

use nalgebra::DMatrix;

use crate::error::ShapeMismatch;
use crate::estimator::{Learned, learned};

/// Draws before which all weights of one control are 0; another control takes one more. The weight that n draws of two independent normal numbers give has a
/// finite variance from the third on; it makes the variance of what is left `1 + 1/(n - 2)` times as large.
const FEWEST: f64 = 4.0;

/// The weights `w` with which `g + Σ_i w_i h_i` varies least, for k controls `h_i` whose mean is 0, and for several g. Here every g and every `h_i` are
/// vectors of the same length, and what varies is the sum over their entries.
///
/// They solve `Σ_j E[h_i·h_j] w_j = -E[g·h_i]`, a row for each control. Expectations are sums over the draws so far, each
/// weighted by `decay` to the power of its age. The `ridge` adds as many times `E[h_i·h_i]` to the diagonal of the matrix. The `prior` counts as so many draws before the
/// first, as large as the others, in which g was 0: it holds the weights of few draws back, and is forgotten like all draws. All
/// weights are 0 if no solution is a finite number.
///
/// The weights depend on earlier draws alone, so `g + Σ_i w_i h_i` has the mean of g. They are linear in g. With a vector m that does not depend on the
/// draw, those of `g - m` have the same expectation as those of g, and less noise if m is close to the mean of g.
///
/// Source: Geffner and Domke 2018, whose rule comes from a prior, too.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mixing {
    decay: f64,
    ridge: f64,
    prior: f64,
    /// How many draws there have been.
    draws: f64,
    /// `√Σ h_i·h_i`: the sum itself would be 0 or infinite if the controls were below 1e-154 or above 1e154.
    roots: Vec<f64>,
    /// `Σ h_i·h_j / Σ h_i·h_i`, row by row; 1 on the diagonal.
    controls: Vec<f64>,
    /// `Σ g·h_i / Σ h_i·h_i`, one g after the other.
    targets: Vec<f64>,
    /// Of one g after the other.
    weights: Vec<f64>,
}

impl Mixing {
    /// So many controls, for so many g, without a prior. The `decay` is in [0, 1), the `ridge` is not negative.
    pub(super) fn new(controls: usize, targets: usize, decay: f64, ridge: f64) -> Self {
        let identity = |i: usize| if i.is_multiple_of(controls + 1) { 1.0 } else { 0.0 };
        Self {
            decay,
            ridge,
            prior: 0.0,
            draws: 0.0,
            roots: vec![0.0; controls],
            controls: (0..controls * controls).map(identity).collect(),
            targets: vec![0.0; targets * controls],
            weights: vec![0.0; targets * controls],
        }
    }

    /// The same with a prior, which is not negative.
    pub(super) fn with_prior(self, prior: f64) -> Self {
        Self { prior, ..self }
    }

    /// The weights of the next draw, one for each control, of one g after the other.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Takes in a draw: every g, and the controls.
    pub(super) fn learn(&mut self, targets: &[&[f64]], controls: &[&[f64]]) {
        let count = self.roots.len();
        for (i, own) in controls.iter().enumerate() {
            let kept = self.decay.sqrt() * self.roots[i];
            self.roots[i] = kept;
            let largest = own.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
            let square: f64 = own.iter().map(|x| (x / largest).powi(2)).sum();
            let norm = largest * square.sqrt();
            let root = kept.hypot(norm);
            let share = (norm / root).powi(2);
            // A control of 0, or too large for its norm, says nothing.
            if !(largest > 0.0 && root.is_finite() && share > 0.0) {
                continue;
            }
            let move_towards = |slope: &mut f64, other: &[f64]| {
                let products = other.iter().zip(*own).map(|(x, own)| (x / largest) * (own / largest));
                let found = products.sum::<f64>() / square;
                if found.is_finite() {
                    *slope = super::towards(*slope, found, share);
                }
            };
            for (j, other) in controls.iter().enumerate().filter(|(j, _)| *j != i) {
                move_towards(&mut self.controls[i * count + j], other);
            }
            for (g, target) in targets.iter().enumerate() {
                move_towards(&mut self.targets[g * count + i], target);
            }
            self.roots[i] = root;
        }
        self.draws += 1.0;
        self.solve();
    }

    /// What is added to a diagonal of 1.
    fn shrinkage(&self) -> f64 {
        if self.prior == 0.0 {
            return self.ridge;
        }
        let left = self.decay.powf(self.draws);
        self.ridge + self.prior * left * (1.0 - self.decay) / (1.0 - left)
    }

    /// Makes the weights of what has been learned.
    fn solve(&mut self) {
        let ridge = self.shrinkage();
        let Self { controls, targets, weights, .. } = self;
        let count = self.roots.len();
        weights.fill(0.0);
        if count == 0 || self.draws < FEWEST + (count as f64 - 1.0) {
            return;
        }
        if count == 1 {
            weights.iter_mut().zip(targets).for_each(|(weight, target)| *weight = -*target / (1.0 + ridge));
            return;
        }
        let matrix =
            DMatrix::from_row_slice(count, count, controls) + DMatrix::identity(count, count) * ridge;
        let right = DMatrix::from_column_slice(count, targets.len() / count, targets);
        let solution = matrix.lu().solve(&right);
        if let Some(solution) = solution.filter(|solution| solution.iter().all(|w| w.is_finite())) {
            weights.iter_mut().zip(&solution).for_each(|(weight, w)| *weight = -w);
        }
    }

    /// What has been learned, as named arrays.
    pub(super) fn state(&self) -> Learned {
        let Self { roots, controls, targets, .. } = self;
        vec![
            ("draws".into(), vec![self.draws]),
            ("roots".into(), roots.clone()),
            ("controls".into(), controls.clone()),
            ("targets".into(), targets.clone()),
        ]
    }

    /// The same after it has taken over what [`state`](Self::state) gave.
    ///
    /// # Errors
    /// Returns an error if an array is missing, or has another length.
    pub(super) fn restored(&self, state: &[(&str, &[f64])]) -> Result<Self, ShapeMismatch> {
        let array = |name, values: &[f64]| learned(state, name, Some(values.len())).map(<[f64]>::to_vec);
        let mut restored = Self {
            draws: learned(state, "draws", Some(1))?[0],
            roots: array("roots", &self.roots)?,
            controls: array("controls", &self.controls)?,
            targets: array("targets", &self.targets)?,
            ..self.clone()
        };
        restored.solve();
        Ok(restored)
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::Mixing;
    use crate::noise::Stream;

    const ENTRIES: usize = 5;
    const DECAY: f64 = 0.9;

    /// A draw of two g, and of three controls, the second of which is much smaller than the others. The first g depends on them and on what none of them is,
    /// the second has nothing to do with them.
    fn draws(count: usize) -> Vec<[Vec<f64>; 5]> {
        let mut stream = Stream::new(3, 0, 0);
        let mut vector = || {
            let mut vector = vec![0.0; ENTRIES];
            stream.fill_open01(&mut vector);
            vector.into_iter().map(|x| 2.0 * x - 1.0).collect::<Vec<f64>>()
        };
        let mut draw = || {
            let [first, second, third, rest] = [vector(), vector(), vector(), vector()];
            let second: Vec<f64> = second.iter().zip(&first).map(|(x, y)| 1e-3 * (x + y)).collect();
            let g = |i: usize| 1.5 * first[i] - 400.0 * second[i] + 0.2 * third[i] + 0.7 * rest[i] - 0.1;
            [(0..ENTRIES).map(g).collect(), rest, first, second, third]
        };
        (0..count).map(|_| draw()).collect()
    }

    /// Of two g and so many controls.
    fn learned(controls: usize, ridge: f64, draws: &[[Vec<f64>; 5]]) -> Mixing {
        go_on(Mixing::new(controls, 2, DECAY, ridge), draws)
    }

    fn go_on(mut mixing: Mixing, draws: &[[Vec<f64>; 5]]) -> Mixing {
        for [g, other, first, second, third] in draws {
            let controls = [first, second, third].map(|control| &control[..]);
            mixing.learn(&[g, other], &controls[..mixing.roots.len()]);
        }
        mixing
    }

    /// Least squares of all entries of all draws, a row each, times the root of the draw's weight: of the first g, then of the second.
    fn least_squares(draws: &[[Vec<f64>; 5]], controls: usize) -> Vec<f64> {
        let rows = draws.len() * ENTRIES;
        let root = |row: usize| DECAY.powf((draws.len() - 1 - row / ENTRIES) as f64).sqrt();
        let entry = |row: usize, part: usize| root(row) * draws[row / ENTRIES][part][row % ENTRIES];
        let of = |g: usize| {
            let matrix = DMatrix::from_fn(rows, controls, |row, i| entry(row, i + 2));
            let target = DVector::from_fn(rows, |row, _| -entry(row, g));
            matrix.svd(true, true).solve(&target, 0.0).unwrap().as_slice().to_vec()
        };
        [of(0), of(1)].concat()
    }

    #[test]
    fn the_weights_are_those_of_least_squares() {
        for controls in 1..=3 {
            for count in [3 + controls, 30] {
                let draws = draws(count);
                let found = learned(controls, 0.0, &draws);
                for (found, expected) in found.weights().iter().zip(least_squares(&draws, controls)) {
                    // Rounding of sums of 150 terms, times a condition below 100.
                    let error = (found - expected).abs();
                    assert!(error < 1e-12 * expected.abs(), "{controls}: {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn they_are_0_before_four_draws_for_one_control_and_five_for_two() {
        let draws = draws(5);
        for controls in [1, 2] {
            let before = learned(controls, 0.0, &draws[..2 + controls]);
            assert!(before.weights().iter().all(|w| *w == 0.0), "{before:?}");
            let after = learned(controls, 0.0, &draws[..3 + controls]);
            assert!(after.weights().iter().all(|w| *w != 0.0), "{after:?}");
        }
    }

    /// With one control, a prior of p draws is a factor `Σ decay^age / (Σ decay^age + p·decay^n)`, the sums over n draws.
    #[test]
    fn a_prior_holds_the_weights_of_few_draws_back_and_is_forgotten() {
        let prior = 0.5;
        for count in [4, 10, 200] {
            let draws = draws(count);
            let of = |mixing| go_on(mixing, &draws).weights()[0];
            let [without, with] =
                [of(Mixing::new(1, 2, DECAY, 0.0)), of(Mixing::new(1, 2, DECAY, 0.0).with_prior(prior))];
            let total: f64 = (0..count).map(|age| DECAY.powf(age as f64)).sum();
            let expected = without * total / (total + prior * DECAY.powf(count as f64));
            assert!((with - expected).abs() < 1e-13 * expected.abs(), "{with}, not {expected}");
        }
    }

    /// A control twice has one weight, shared out if there is a ridge; one that is always 0 has none. Without a ridge the two make the matrix singular.
    #[test]
    fn a_ridge_shares_a_weight_out_among_equal_controls() {
        let twice = |[g, other, first, _, third]: [Vec<f64>; 5]| {
            [g, other, first.clone(), first, vec![0.0; third.len()]]
        };
        let draws: Vec<_> = draws(30).into_iter().map(twice).collect();
        let alone = learned(1, 0.0, &draws).weights()[0];
        let found = learned(3, 1e-6, &draws);
        // The ridge takes half of its share away.
        let expected = alone / (2.0 + 1e-6);
        assert!((found.weights()[0] - expected).abs() < 1e-8 * expected.abs(), "{found:?}");
        assert!((found.weights()[1] - expected).abs() < 1e-8 * expected.abs(), "{found:?}");
        assert_eq!(found.weights()[2].abs(), 0.0);
        assert_eq!(learned(3, 0.0, &draws).weights(), [0.0; 6]);
    }

    #[test]
    fn weights_have_the_same_bits_for_huge_and_for_tiny_draws() {
        let of = |scale: f64| {
            let scaled = |draw: [Vec<f64>; 5]| draw.map(|x| x.iter().map(|x| x * scale).collect());
            let draws: Vec<_> = draws(30).into_iter().map(scaled).collect();
            learned(3, 0.0, &draws).weights().to_vec()
        };
        assert_eq!(of(2.0_f64.powi(900)), of(1.0));
        assert_eq!(of(2.0_f64.powi(-900)), of(1.0));
    }

    #[test]
    fn a_draw_without_a_number_teaches_nothing() {
        let (draws, mut mixing) = (draws(400), Mixing::new(2, 2, DECAY, 0.0));
        for (x, y) in [(1.0, f64::NAN), (f64::INFINITY, 1.0), (1.0, f64::NEG_INFINITY)] {
            mixing.learn(&[&[x, 1.0], &[y, y]], &[&[y, 0.5], &[x, y]]);
        }
        let [first, second] = [mixing, Mixing::new(2, 2, DECAY, 0.0)].map(|mixing| go_on(mixing, &draws));
        for (first, second) in first.weights().iter().zip(second.weights()) {
            assert!((first - second).abs() < 1e-12 * second.abs(), "{first} {second}");
        }
    }

    #[test]
    fn weights_are_numbers_whatever_the_draws() {
        let (numbers, mut mixing) =
            ([0.0, 5e-324, 1e-300, 1.0, 1e300, f64::MAX], Mixing::new(2, 1, DECAY, 0.0));
        for i in 0..numbers.len().pow(4) {
            let [x, y, z, w] =
                [0, 1, 2, 3].map(|digit| numbers[i / numbers.len().pow(digit) % numbers.len()]);
            mixing.learn(&[&[x, -y]], &[&[y, z], &[-w, x]]);
            assert!(mixing.weights().iter().all(|w| w.is_finite()), "{mixing:?}");
        }
    }
}

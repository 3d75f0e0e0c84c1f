//! The weights of a family that leave least on some draws.

use std::ops::Range;

use super::draws::{Draws, dot, total};
use super::gram::Gram;

/// The most steps of a fit. The matrix that is solved for in each step is that of the draws up to their noise, so a dozen has all digits if there are four draws for each weight.
const STEPS: usize = 40;

/// The gain of a step, as a share of the variance, below which no other is made: what the weights miss is measured and taken away later.
const GAIN: f64 = 1e-3;

/// The variance, as a share of that of f, below which it is rounding.
const ROUNDING: f64 = 1e-28;

/// Weights from a fit, and what they leave of the mean of ĝ on the draws of the fit.
pub(super) struct Fit {
    pub(super) weights: Vec<f64>,
    pub(super) mean: Vec<f64>,
}

/// Least squares on the draws of these groups: conjugate gradients on `Σ_i Σ_m ((f_i - h(b_i))·s_im - c_m)²` with the best c, in the metric of the matrix that is known.
pub(super) fn fit(draws: &Draws<'_>, gram: &Gram, degree: usize, groups: &Range<usize>, f: &[f64]) -> Fit {
    let range = draws.range(groups);
    let count = range.len() as f64;
    let mut rest = f[range].to_vec();
    let mut weights = vec![0.0; Gram::weights(draws.variables.len(), degree)];
    // A mean of f that is large beside its deviations would cost digits in each step.
    weights[0] = rest.iter().sum::<f64>() / count;
    for rest in &mut rest {
        *rest -= weights[0];
    }
    // The mean of ĝ, half the slope by the weights, and the variance of ĝ.
    let state = |rest: &[f64]| {
        let mean = draws.mean_with_scores(groups.clone(), rest);
        let about = draws.about(groups.clone(), rest, &mean);
        let mut slope = total(&draws.analyse(groups.clone(), degree, &about));
        for slope in &mut slope {
            *slope /= count;
        }
        (mean, slope, dot(rest, &about) / count)
    };
    let (mut mean, slope, first) = state(&rest);
    let mut variance = first;
    let mut step = gram.solve(draws.variables, &slope);
    let mut gain = dot(&slope, &step);
    for _ in 0..STEPS {
        // A NaN is no reason to go on.
        let goes_on = gain > GAIN * variance && variance > ROUNDING * first;
        if !goes_on {
            break;
        }
        let along = draws.values(groups.clone(), |_| &step);
        let of_step = draws.mean_with_scores(groups.clone(), &along);
        let curvature = dot(&along, &draws.about(groups.clone(), &along, &of_step)) / count;
        let length = gain / curvature;
        if !length.is_finite() {
            break;
        }
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += length * step);
        rest.iter_mut().zip(&along).for_each(|(rest, along)| *rest -= length * along);
        let slope;
        (mean, slope, variance) = state(&rest);
        let next = gram.solve(draws.variables, &slope);
        let next_gain = dot(&slope, &next);
        step.iter_mut().zip(&next).for_each(|(step, next)| *step = next + next_gain / gain * *step);
        gain = next_gain;
    }
    Fit { weights, mean }
}

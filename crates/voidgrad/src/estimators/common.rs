//! What the estimators share: checks of their arguments, moving averages, and independent samples.

use crate::distribution::Distribution;
use crate::error::InvalidParameter;

/// K of an estimator that takes several samples.
pub(super) fn several(samples: u64) -> Result<usize, InvalidParameter> {
    count(samples, 2, "from 2 to 1000000")
}

/// K of an estimator that takes as many samples as this, or more.
pub(super) fn count(samples: u64, least: usize, allowed: &'static str) -> Result<usize, InvalidParameter> {
    match usize::try_from(samples) {
        Ok(count) if (least..=1_000_000).contains(&count) => Ok(count),
        _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
    }
}

/// The factor by which a moving average forgets.
pub(crate) fn decay(decay: f64) -> Result<f64, InvalidParameter> {
    let allowed = "a number in [0, 1)";
    if (0.0..1.0).contains(&decay) {
        Ok(decay)
    } else {
        Err(InvalidParameter { name: "decay", value: decay, allowed })
    }
}

/// An average moved by this share of its distance from a value. The distance of two finite numbers may be larger than an `f64` holds;
/// half of it is not.
pub(crate) fn towards(average: f64, value: f64, share: f64) -> f64 {
    let half = (0.5 * value - 0.5 * average) * share;
    (average + half) + half
}

/// Writes as many independent samples as there is noise for, row by row.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn samples(distribution: &impl Distribution, noise: &[f64], points: &mut [f64]) {
    let (uniforms, dimension) = (distribution.uniforms(), distribution.dimension());
    for (u, b) in noise.chunks_exact(uniforms).zip(points.chunks_exact_mut(dimension)) {
        distribution.sample(u, b);
    }
}

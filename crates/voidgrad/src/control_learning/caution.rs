//! What keeps φ from being fitted to the noise of the draws.

use nalgebra::DVector;

use super::LearningError;

/// The logarithm of the range in which noise is looked for near 0.
const RANGE: f64 = 30.0;

/// μ at the start.
pub(super) const DAMPING: f64 = 1e-3;

/// The limits of μ: beyond them, a step is that of Gauss and Newton, or none.
pub(super) const DAMPINGS: [f64; 2] = [1e-14, 1e6];

/// The damping of a state.
///
/// # Errors
/// Returns an error if no state has it.
pub(super) fn damping_of(value: f64) -> Result<f64, LearningError> {
    if (DAMPINGS[0]..=DAMPINGS[1]).contains(&value) {
        return Ok(value);
    }
    Err(LearningError::State { name: "damping", value, allowed: "a number in [1e-14, 1e6]" })
}

/// Moves one of some uniform numbers close to 0 if `choice` is above ½. Returns the density of uniform numbers over that of these.
pub(super) fn look_near_zero(noise: &mut [f64], choice: f64) -> f64 {
    let count = noise.len() as f64;
    if choice > 0.5 {
        let place = (2.0 * choice - 1.0) * count;
        if let Some((_, chosen)) = noise.iter_mut().enumerate().find(|(i, _)| place < *i as f64 + 1.0) {
            *chosen = (-RANGE * *chosen).exp();
        }
    }
    let least = (-RANGE).exp();
    let near = noise.iter().map(|u| if *u >= least { 1.0 / (RANGE * u) } else { 0.0 });
    1.0 / (0.5 + 0.5 * near.sum::<f64>() / count)
}

/// The step, shortened so that no entry of φ moves further than its own size, or than 1.
pub(super) fn within_reach(phi: &DVector<f64>, step: DVector<f64>) -> DVector<f64> {
    let entries = phi.iter().zip(step.iter());
    let reach = entries.map(|(entry, step)| entry.abs().max(1.0) / step.abs());
    let shorter = reach.fold(1.0, f64::min);
    step * shorter
}

//! Weights by rank.

use super::SearchError;
use crate::error::{InvalidParameter, all_finite, same_length};

/// Writes the weights of K values of f: those of the lowest, a part q₀ of them, share the weight 1 equally, and all others have 0.
///
/// Value k has the weight `w_k = (1/n)·∫ w(q) dq` over the quantiles q that belong to it and to the n values that are equal to it, itself included: from (the number of lower values)/K to (the number of values that are not higher)/K. The function `w` is `1/q₀` up
/// to q₀ and 0 beyond. So equal values have equal weights, all weights add up to 1, and if q₀·K is no whole number, the value at the border has a part. An increasing function of f has the same weights.
///
/// ```
/// use voidgrad::search::weights;
/// let mut w = [0.0; 4];
/// weights(&[3.0, 1.0, 2.0, 4.0], 0.5, &mut w)?;
/// assert_eq!(w, [0.0, 0.5, 0.5, 0.0]);
/// // The two that are second share what is left for the second.
/// weights(&[2.0, 1.0, 2.0, 4.0], 0.5, &mut w)?;
/// assert_eq!(w, [0.25, 0.5, 0.25, 0.0]);
/// # Ok::<(), voidgrad::search::SearchError>(())
/// ```
///
/// # Errors
/// Returns an error if there is no value, if `w` has another length than f, if a value is NaN or infinite, or if q₀ is not in (0, 1]; then nothing is written.
///
/// Source: Ollivier, Arnold, Auger and Hansen 2017, Information-geometric optimization algorithms: the quantile rewriting `W` of f, with its rule for ties, of the K samples as the population.
pub fn weights(f: &[f64], selected: f64, w: &mut [f64]) -> Result<(), SearchError> {
    same_length("weights", w.len(), f.len())?;
    if f.is_empty() {
        return Err(InvalidParameter { name: "values of f", value: 0.0, allowed: "at least 1" }.into());
    }
    all_finite("f", f)?;
    check_selected(selected)?;
    let mut order: Vec<usize> = (0..f.len()).collect();
    order.sort_by(|i, j| f[*i].total_cmp(&f[*j]));
    let count = f.len() as f64;
    // In numbers of values instead of quantiles: whole numbers are exact.
    let chosen = selected * count;
    let mut lower = 0;
    // -0.0 and 0.0 are equal, and neighbours in the order.
    for equal in order.chunk_by(|i, j| f[*i] == f[*j]) {
        let (start, end) = (lower as f64, (lower + equal.len()) as f64);
        let part = (end.min(chosen) - start).max(0.0);
        for k in equal {
            w[*k] = part / (chosen * equal.len() as f64);
        }
        lower += equal.len();
    }
    Ok(())
}

/// Refuses a part that is none.
pub(super) fn check_selected(selected: f64) -> Result<(), InvalidParameter> {
    if selected > 0.0 && selected <= 1.0 {
        return Ok(());
    }
    Err(InvalidParameter { name: "selected part", value: selected, allowed: "a number in (0, 1]" })
}

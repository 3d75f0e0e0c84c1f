//! The baseline that several samples are for one another.

/// Writes `1/K·(x_k - 1/(K-1) Σ_{j≠k} x_j)`, the advantage of each of K values over the others as a share of a mean.
///
/// All of it is differences from the first value, so what the values differ by keeps its digits where they are large.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn leave_one_out(values: &[f64], advantages: &mut Vec<f64>) {
    let count = values.len() as f64;
    let first = values[0];
    let mean: f64 = values.iter().map(|value| (value - first) / count).sum();
    advantages.clear();
    advantages.extend(values.iter().map(|value| ((value - first) - mean) / (count - 1.0)));
}

#[cfg(test)]
mod tests {
    use super::leave_one_out;

    #[test]
    fn it_is_the_definition_and_keeps_small_differences_of_large_values() {
        let values = [3.0, -1.0, 2.5, 7.0];
        let mut advantages = Vec::new();
        leave_one_out(&values, &mut advantages);
        for (k, advantage) in advantages.iter().enumerate() {
            let others = (values.iter().sum::<f64>() - values[k]) / 3.0;
            // Rounding of a few operations.
            assert!((advantage - (values[k] - others) / 4.0).abs() < 1e-15);
        }
        leave_one_out(&[1e15 + 1.0, 1e15], &mut advantages);
        assert_eq!(advantages, [0.5, -0.5]);
    }
}

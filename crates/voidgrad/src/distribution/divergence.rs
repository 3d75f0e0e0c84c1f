//! `KL(p || p')` without cancellation.
//!
//! `Σ_k p_k ln(p_k/p'_k)` has terms of both signs, and for two distributions that are close to each other it is a rounding error. With
//! `x_k = ln(p'_k/p_k)` it is `Σ_k p_k·(e^(x_k) - 1 - x_k)` as well, because the probabilities have the same sum. None of these terms is negative.

/// `ψ(x) = e^x - 1 - x`, never negative, within 5 units in the last place.
pub(crate) fn psi(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return x.exp_m1() - x;
    }
    // x²·Σ_n xⁿ/(n + 2)!, of which 18 terms are enough for |x| ≤ 1: 1/20! = 4e-19. The smallest come first.
    let mut sum = 1.0;
    for n in (3..=20_u8).rev() {
        sum = 1.0 + x / f64::from(n) * sum;
    }
    0.5 * x * (x * sum)
}

/// `p·ψ(x)`, the part of one state in the divergence, if `x = ln(p'/p)`; p may have rounded to 0.
pub(crate) fn term(p: f64, p_other: f64, x: f64) -> f64 {
    // e^x may be too large for a number, although p·e^x = p' is none.
    if x > 2.0 { p_other - (p + p * x) } else { p * psi(x) }
}

/// `p·(e^x - 1) = p' - p`, without the rounding of a difference of nearly equal numbers.
pub(crate) fn gain(p: f64, p_other: f64, x: f64) -> f64 {
    if x.abs() < 1.0 { p * x.exp_m1() } else { p_other - p }
}

/// The number itself, or the largest of its sign if it is infinite.
pub(crate) fn saturated(x: f64) -> f64 {
    x.clamp(f64::MIN, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::psi;

    #[test]
    fn psi_has_its_values_where_the_formula_changes() {
        // To 50 digits: mpmath.expm1(x) - x at the f64 x.
        for (x, truth) in [
            (0.0, 0.0),
            (1.0, 0.718_281_828_459_045_2),
            (-1.0, 0.367_879_441_171_442_33),
            (0.999_999_999_999_999_9, 0.718_281_828_459_045_1),
            (-0.5, 0.106_530_659_712_633_42),
            (1e-9, 5.000_000_001_666_667e-19),
            (-1e-160, 5e-321),
            (2.0, 4.389_056_098_930_65),
            (-50.0, 49.0),
        ] {
            let found = psi(x);
            // 5 units in the last place; of numbers below the normal ones, one distance.
            let bound = 5.0 * f64::EPSILON * f64::abs(truth) + f64::from_bits(1);
            assert!((found - truth).abs() <= bound, "ψ({x}) = {found:e}, not {truth:e}");
        }
    }
}

use super::{drawn, of};
use crate::bernoulli::Bernoulli;
use crate::error::{EstimateError, ShapeMismatch};
use crate::objective::Multilinear;
use crate::variance::{VarianceError, floors, floors_of_multilinear};

/// Coefficients without a pattern; of the pairs there is one of so many.
fn example(seed: u64, variables: usize, one_of: usize) -> Multilinear {
    let numbers = drawn(seed, 1 + variables + variables * variables);
    let (linear, rest) = numbers[1..].split_at(variables);
    let all = (0..variables).flat_map(|m| (0..m).map(move |n| (m, n))).zip(rest);
    let pairs: Vec<_> =
        all.map(|((m, n), q)| (m, n, *q)).filter(|(m, n, _)| (m + 3 * n) % one_of == 0).collect();
    Multilinear::new(10.0 * numbers[0], linear, &pairs).unwrap()
}

// Each way has roundings of 1e-16 in a few numbers after each other, and the sums over states a ridge of 1e-12 of what the weights are worth. At most
// ten times more is allowed of the floor itself, for θ that are not rare.
#[test]
fn the_closed_form_is_the_sum_over_all_states() {
    for variables in 1..=10 {
        for (seed, one_of) in [(1, 1), (2, 2), (3, 5), (4, 1)] {
            let f = example(seed, variables, one_of);
            let thetas: Vec<f64> = drawn(50 + seed, variables)
                .iter()
                .map(|x| if seed == 4 { 0.5 } else { 0.5 + 0.45 * x })
                .collect();
            let bernoulli = of(&thetas);
            let closed = floors_of_multilinear(&bernoulli, &f).unwrap();
            let summed = floors(&bernoulli, &f).unwrap();
            let what = || format!("{variables}, {seed}: {closed:?} {summed:?}");
            let agree = |closed: f64, summed: f64| (closed - summed).abs() <= 1e-12 * summed + 1e-28;
            assert!(agree(closed.constant, summed.constant), "{}", what());
            assert!(agree(closed.additive, summed.additive), "{}", what());
            assert!(closed.pairwise == 0.0 && summed.pairwise < 1e-28, "{}", what());
            assert!(closed.additive <= closed.constant);
        }
    }
}

// The floors of rare states are small parts of the variance of REINFORCE. The sums over states keep nine digits of them.
#[test]
fn rare_states_keep_their_digits() {
    for theta in [1e-2, 1e-3, 1e-4, 1e-5] {
        let thetas: Vec<f64> = drawn(9, 6).iter().map(|x| theta * (1.0 + 0.5 * x)).collect();
        let mirrored: Vec<f64> =
            thetas.iter().enumerate().map(|(m, t)| if m % 2 == 0 { *t } else { 1.0 - t }).collect();
        for thetas in [thetas, mirrored] {
            let f = example(7, 6, 1);
            let closed = floors_of_multilinear(&of(&thetas), &f).unwrap();
            let summed = floors(&of(&thetas), &f).unwrap();
            assert!((closed.constant / summed.constant - 1.0).abs() < 1e-9, "{theta}: {closed:?} {summed:?}");
            assert!((closed.additive / summed.additive - 1.0).abs() < 1e-9, "{theta}: {closed:?} {summed:?}");
        }
    }
}

#[test]
fn variables_without_a_state_change_nothing() {
    let f = Multilinear::new(1.0, &[2.0, -1.0, 0.5], &[(0, 1, 3.0), (1, 2, 7.0)]).unwrap();
    let bernoulli = Bernoulli::from_logits(&[0.3, -0.7, 800.0]).unwrap();
    let found = floors_of_multilinear(&bernoulli, &f).unwrap();
    // The third is always 1.
    let rest = Multilinear::new(1.5, &[2.0, 6.0], &[(0, 1, 3.0)]).unwrap();
    let two = floors_of_multilinear(&Bernoulli::from_logits(&[0.3, -0.7]).unwrap(), &rest).unwrap();
    assert!((found.constant * 1.5 / two.constant - 1.0).abs() < 1e-14, "{found:?} {two:?}");
    assert!((found.additive * 1.5 / two.additive - 1.0).abs() < 1e-14, "{found:?} {two:?}");
}

/// A sum of one function for each variable, f of the toy problem, with its floor in closed form: in signs its M weights are `(1 - 2t)/(2M)`, and at θ = ½ the score is ±½.
#[test]
fn a_hundred_thousand_variables() {
    let (count, target) = (100_000, 0.3);
    let slope = (1.0 - 2.0 * target) / count as f64;
    let f = Multilinear::new(target * target, &vec![slope; count], &[]).unwrap();
    let found = floors_of_multilinear(&Bernoulli::from_logits(&vec![0.0; count]).unwrap(), &f).unwrap();
    let expected = slope * slope / 16.0 * (count as f64 - 1.0);
    // Sums of as many terms in a row: 1e5 roundings of 1e-16 at the worst.
    assert!((found.constant / expected - 1.0).abs() < 1e-11, "{found:?} {expected}");
    assert_eq!((found.additive, found.pairwise), (0.0, 0.0));
}

#[test]
fn what_has_no_floor_is_an_error() {
    let f = Multilinear::new(0.0, &[1.0; 3], &[]).unwrap();
    let error = floors_of_multilinear(&of(&[0.5; 2]), &f).unwrap_err();
    let expected = ShapeMismatch { name: "the function's linear terms", found: 3, expected: 2 };
    assert_eq!(error, VarianceError::Estimate(EstimateError::Shape(expected)));
    let large = Multilinear::new(0.0, &[1e300, 1e300], &[]).unwrap();
    let error = floors_of_multilinear(&of(&[0.5; 2]), &large).unwrap_err();
    assert!(matches!(error, VarianceError::NotFinite { .. }), "{error}");
}

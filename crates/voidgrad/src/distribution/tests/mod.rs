//! What every distribution says of itself: probabilities, means, modes, entropies and divergences.

mod truth;

use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::chain::tests::{chain, homogeneous};
use crate::counts::tests::{binomial, counts};
use crate::counts::{Geometric, Poisson};
use crate::distribution::{ClosedForms, Distribution};
use crate::error::SampleError;
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::plackett_luce::tests::rankings;
use crate::quadrature::integrate;
use crate::subset::tests::{states as subsets_of, subset};
use crate::variance::Tolerance;

fn bernoulli(logits: &[f64]) -> Bernoulli {
    Bernoulli::from_logits(logits).unwrap()
}

fn categorical(logits: &[f64], states: usize) -> Categorical {
    Categorical::from_logits(logits, states).unwrap()
}

fn gaussian(parameters: &[f64]) -> Gaussian {
    Gaussian::from_parameters(parameters).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found:e}, not {expected:e}");
}

/// All `Kᴹ` samples of discrete variables, `values` for each variable.
fn samples(variables: usize, values: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..variables).fold(vec![vec![]], |all, _| {
        all.iter().flat_map(|start| values.iter().map(move |value| [&start[..], value].concat())).collect()
    })
}

/// Holds probabilities, means, modes, entropies and divergences against plain sums over all samples.
#[track_caller]
fn are_plain_sums<D: ClosedForms>(of: &D, other: &D, samples: &[Vec<f64>]) {
    let mut mean = vec![0.0; of.dimension()];
    let (mut mass, mut entropy, mut kl, mut most) = (0.0, 0.0, 0.0, f64::NEG_INFINITY);
    for b in samples {
        let (ln_p, ln_q) = (of.ln_p(b).unwrap(), other.ln_p(b).unwrap());
        let p = ln_p.exp();
        mass += p;
        entropy -= p * ln_p;
        kl += p * (ln_p - ln_q);
        most = ln_p.max(most);
        mean.iter_mut().zip(b).for_each(|(mean, b)| *mean += p * b);
    }
    // Sums of up to 27 terms of size 10, and logarithms with a rounding error of their own: 1e-14 is some 5 such errors.
    let tolerance = 1e-14;
    close(mass, 1.0, tolerance);
    close(of.entropy(), entropy, tolerance);
    close(of.kl(other).unwrap(), kl, tolerance);
    let (mut b, mut found) = (vec![0.5; of.dimension()], vec![f64::NAN; of.dimension()]);
    of.mode(&mut b);
    assert_eq!(of.ln_p(&b).unwrap(), most, "{b:?} is not the most probable");
    of.mean(&mut found);
    found.iter().zip(&mean).for_each(|(&found, &mean)| close(found, mean, tolerance));
}

#[test]
fn discrete_variables_agree_with_plain_sums_over_all_samples() {
    let bits = samples(3, &[vec![0.0], vec![1.0]]);
    are_plain_sums(&bernoulli(&[0.3, -1.2, 0.0]), &bernoulli(&[0.1, 2.0, -3.0]), &bits);
    are_plain_sums(&bernoulli(&[5.0, -4.0, 1.0]), &bernoulli(&[5.0, -4.5, 1.1]), &bits);
    let states = samples(2, &[vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]]);
    let of = categorical(&[0.0, 1.0, -2.0, 0.5, 0.5, 0.5], 3);
    are_plain_sums(&of, &categorical(&[3.0, 1.0, -2.5, 0.0, 0.6, -4.0], 3), &states);
    are_plain_sums(&of, &categorical(&[0.1, 1.0, -2.0, 7.5, 7.5, 7.6], 3), &states);
}

#[test]
fn subsets_agree_with_plain_sums_over_all_of_them() {
    let of = subset(&[0.0, 1.0, -2.0, 0.5, 0.3], 2);
    let all: Vec<Vec<f64>> = subsets_of(&of).into_iter().map(|(b, _)| b).collect();
    are_plain_sums(&of, &subset(&[3.0, 1.0, -2.5, 0.0, 0.6], 2), &all);
    are_plain_sums(&of, &subset(&[0.1, 1.0, -2.0, 0.5, 0.3], 2), &all);
}

#[test]
fn gaussian_variables_agree_with_integrals() {
    let (of, other) = (gaussian(&[0.4, -0.3]), gaussian(&[-0.5, 0.2]));
    let tolerance = Tolerance { relative: 1e-11, absolute: 1e-13, ..Tolerance::default() };
    // 15 standard deviations and more on both sides, beyond which there is 1e-49 of the mass.
    let mean = |f: &dyn Fn(f64) -> f64| {
        let integrand = |x: f64| of.ln_p(&[x]).unwrap().exp() * f(x);
        integrate(integrand, &[-12.0, -1.0, 0.4, 2.0, 12.0], tolerance).value
    };
    // The tolerance of the integral.
    close(of.entropy(), mean(&|x| -of.ln_p(&[x]).unwrap()), 1e-10);
    close(of.kl(&other).unwrap(), mean(&|x| of.ln_p(&[x]).unwrap() - other.ln_p(&[x]).unwrap()), 1e-10);
    let (mut mode, mut found) = ([0.0], [0.0]);
    of.mode(&mut mode);
    of.mean(&mut found);
    assert_eq!((mode, found), ([0.4], [0.4]));
}

/// Holds derivatives of `f` by the parameters, of which `add` adds three times as much to what is there.
#[track_caller]
fn is_the_derivative<D: ClosedForms + Clone>(at: &D, f: impl Fn(&D) -> f64, add: impl Fn(&D, &mut [f64])) {
    let mut gradient = vec![1.0; at.parameters().len()];
    add(at, &mut gradient);
    for (i, found) in gradient.iter().enumerate() {
        let moved = |step: f64| {
            let mut parameters = at.parameters().to_vec();
            parameters[i] += step;
            let mut moved = at.clone();
            moved.set_parameters(&parameters).unwrap();
            f(&moved)
        };
        let step = 1e-5;
        // Truncation 1e-10 times a third derivative of up to 10, and rounding 1e-15/1e-5.
        close((found - 1.0) / 3.0, (moved(step) - moved(-step)) / (2.0 * step), 2e-9);
    }
}

fn derivatives_hold<D: ClosedForms + Clone>(of: &D, other: &D) {
    is_the_derivative(of, D::entropy, |of, sum| of.add_entropy_gradient(3.0, sum));
    is_the_derivative(of, |of| of.kl(other).unwrap(), |of, sum| of.add_kl_gradient(3.0, other, sum).unwrap());
    is_the_derivative(
        other,
        |other| of.kl(other).unwrap(),
        |other, sum| of.add_kl_gradient_of_other(3.0, other, sum).unwrap(),
    );
}

#[test]
fn gradients_are_finite_differences() {
    derivatives_hold(&bernoulli(&[0.3, -2.2, 4.0]), &bernoulli(&[0.31, 2.0, -3.0]));
    derivatives_hold(
        &categorical(&[0.0, 1.0, -2.0, 5.0, 0.5, 0.5], 3),
        &categorical(&[2.0, 1.0, -2.5, 5.1, 0.6, 3.0], 3),
    );
    derivatives_hold(&subset(&[0.0, 1.0, -2.0, 0.5, 0.3], 2), &subset(&[2.0, 1.0, -2.5, 0.6, 3.0], 2));
    derivatives_hold(&homogeneous(&[0.0, 1.0, -2.0, 0.5, 0.3, 1.0], 2, 4), &homogeneous(&[0.2; 6], 2, 4));
    derivatives_hold(
        &chain(&[0.0, 1.0, -2.0, 0.5, 0.3, 1.0], 2, 2),
        &chain(&[2.0, 1.0, -2.5, 0.6, 3.0, 0.0], 2, 2),
    );
    derivatives_hold(&counts(Poisson, &[0.4, 2.0, -1.0]), &counts(Poisson, &[0.0, 2.1, 1.0]));
    derivatives_hold(&counts(Geometric, &[0.4, -1.0]), &counts(Geometric, &[0.0, -0.9]));
    derivatives_hold(&counts(binomial(5), &[0.4, -1.0]), &counts(binomial(5), &[0.0, -0.9]));
    derivatives_hold(&gaussian(&[0.4, -1.0, -0.3, 0.5]), &gaussian(&[0.0, -1.2, 0.1, 0.4]));
}

#[test]
fn two_states_are_a_bernoulli_variable() {
    for (a, other) in [(0.3, -0.4), (-700.0, -699.9), (700.0, -3.0), (1e-9, 2e-9), (0.0, 0.0), (40.0, 0.5)] {
        let (one, two) = (bernoulli(&[a]), categorical(&[0.0, a], 2));
        let (one_other, two_other) = (bernoulli(&[other]), categorical(&[0.0, other], 2));
        // Both are within their bounds of some ten units in the last place.
        let close = |found: f64, expected: f64| close(found, expected, 4e-15 * expected.abs());
        close(two.entropy(), one.entropy());
        close(two.kl(&two_other).unwrap(), one.kl(&one_other).unwrap());
        for b in [0.0, 1.0] {
            close(two.ln_p(&[1.0 - b, b]).unwrap(), one.ln_p(&[b]).unwrap());
        }
        let (mut of_one, mut of_two) = ([0.0; 3], [[0.0; 2]; 3]);
        one.add_entropy_gradient(1.0, &mut of_one[..1]);
        one.add_kl_gradient(1.0, &one_other, &mut of_one[1..2]).unwrap();
        one.add_kl_gradient_of_other(1.0, &one_other, &mut of_one[2..]).unwrap();
        two.add_entropy_gradient(1.0, &mut of_two[0]);
        two.add_kl_gradient(1.0, &two_other, &mut of_two[1]).unwrap();
        two.add_kl_gradient_of_other(1.0, &two_other, &mut of_two[2]).unwrap();
        for (expected, [of_0, of_1]) in of_one.into_iter().zip(of_two) {
            close(of_0, -expected);
            close(of_1, expected);
        }
        let (mut b, mut state) = ([0.5], [0.5; 2]);
        one.mode(&mut b);
        two.mode(&mut state);
        assert_eq!(state, [1.0 - b[0], b[0]]);
    }
}

/// Rows of parameters: usual ones, and as large as an f64 can be.
const PARAMETERS: [[f64; 6]; 9] = [
    [0.0; 6],
    [0.3, -1.2, 0.8, 2.0, 0.1, -0.7],
    [700.0, -700.0, 0.0, -745.0, 745.0, 1.0],
    [f64::MAX, f64::MIN, 0.0, f64::MAX, f64::MAX, f64::MIN],
    [f64::MIN, f64::MAX, 1.0, f64::MIN, f64::MIN, f64::MAX],
    [f64::MAX; 6],
    [5e-324, -5e-324, 1e-300, -1e300, 800.0, -800.0],
    [1e10, 1e10, -1e10, 1e5, -1e5, 1e3],
    [-1e308, 0.0, 1e-17, 709.0, 710.0, -710.0],
];

/// Holds that equal parameters have no divergence, others none that is negative, and that all is finite.
fn are_distances<D: ClosedForms>(all: &[D]) {
    for (i, of) in all.iter().enumerate() {
        let finite = |what: &str, values: &[f64]| {
            assert!(
                values.iter().all(|value| value.is_finite()),
                "{what} of {:?}: {values:?}",
                of.parameters()
            );
        };
        let mut sum = vec![0.0; of.parameters().len()];
        of.add_entropy_gradient(1.0, &mut sum);
        finite("the entropy and its gradient", &[&sum[..], &[of.entropy()]].concat());
        for (j, other) in all.iter().enumerate() {
            let [mut gradient, mut of_other] = [vec![0.0; sum.len()], vec![0.0; sum.len()]];
            of.add_kl_gradient(1.0, other, &mut gradient).unwrap();
            of.add_kl_gradient_of_other(1.0, other, &mut of_other).unwrap();
            let kl = of.kl(other).unwrap();
            finite("a divergence and its gradients", &[&gradient[..], &of_other, &[kl]].concat());
            assert!(kl >= 0.0, "{kl} from {:?} to {:?}", of.parameters(), other.parameters());
            let all_zero = kl == 0.0 && gradient.iter().chain(&of_other).all(|&entry| entry == 0.0);
            assert!(i != j || all_zero, "{:?} from itself: {kl} {gradient:?} {of_other:?}", of.parameters());
        }
    }
}

#[test]
fn a_divergence_is_finite_and_never_negative_and_0_for_equal_parameters() {
    are_distances(&PARAMETERS.map(|a| bernoulli(&a)));
    are_distances(&PARAMETERS.map(|a| categorical(&a, 3)));
    are_distances(&PARAMETERS.map(|a| categorical(&a, 2)));
    are_distances(&PARAMETERS.map(|a| gaussian(&a)));
    for size in 1..=6 {
        are_distances(&PARAMETERS.map(|a| subset(&a, size)));
    }
    are_distances(&PARAMETERS.map(|a| homogeneous(&a, 2, 5)));
    let moderate = PARAMETERS.map(|a| a.map(|a| a.clamp(-700.0, 700.0)));
    are_distances(&moderate.map(|a| counts(Poisson, &a.map(|a| a.min(13.8)))));
    are_distances(&moderate.map(|a| counts(Geometric, &a)));
    are_distances(&moderate.map(|a| counts(binomial(9), &a)));
    are_distances(&PARAMETERS.map(|a| chain(&a, 2, 2)));
}

#[test]
fn the_next_number_is_a_divergence_apart() {
    // ½·θ(1 - θ)·d² with d of one unit in the last place: plain sums would give 0 or a rounding error.
    let d = 0.5_f64.next_up() - 0.5;
    let expected = 0.5 * d * d * 0.25 / (0.25_f64.cosh() * 0.25_f64.cosh());
    let kl = bernoulli(&[0.5]).kl(&bernoulli(&[0.5_f64.next_up()])).unwrap();
    close(kl, expected, 1e-15 * expected);
    let kl = categorical(&[0.0, 0.5], 2).kl(&categorical(&[0.0, 0.5_f64.next_up()], 2)).unwrap();
    close(kl, expected, 1e-15 * expected);
    let kl = subset(&[0.0, 0.5], 1).kl(&subset(&[0.0, 0.5_f64.next_up()], 1)).unwrap();
    close(kl, expected, 1e-15 * expected);
    // ½·d² by the mean, d² by ln σ.
    for (other, expected) in [([0.5_f64.next_up(), 0.0], 0.5 * d * d), ([0.5, d], d * d)] {
        close(gaussian(&[0.5, 0.0]).kl(&gaussian(&other)).unwrap(), expected, 1e-15 * expected);
    }
}

#[test]
fn what_is_no_sample_is_refused() {
    let bits = bernoulli(&[0.0; 2]);
    let error = bits.ln_p(&[1.0, 0.5]).unwrap_err();
    assert_eq!(error.to_string(), "b[1] = 0.5 is not 0 or 1");
    assert!(matches!(bits.ln_p(&[1.0, f64::NAN]), Err(SampleError::Entry { index: 1, .. })));
    assert_eq!(bits.ln_p(&[1.0]).unwrap_err().to_string(), "b has 1 entries where 2 are needed");
    let states = categorical(&[0.0; 4], 2);
    let error = states.ln_p(&[1.0, 0.0, 0.5, 0.5]).unwrap_err();
    assert_eq!(error.to_string(), "the row [0.5, 0.5] of variable 1 is not one-hot");
    assert!(matches!(states.ln_p(&[1.0; 3]), Err(SampleError::Shape(_))));
    let numbers = gaussian(&[0.0; 4]);
    let error = numbers.ln_p(&[f64::INFINITY, 0.0]).unwrap_err();
    assert_eq!(error.to_string(), "b[0] = inf is not a finite number");
    assert!(matches!(numbers.ln_p(&[1.0; 3]), Err(SampleError::Shape(_))));
    assert_eq!(numbers.ln_p(&[f64::MAX, 0.0]), Ok(f64::MIN));
}

#[test]
fn distributions_of_other_shapes_have_no_divergence() {
    let error = bernoulli(&[0.0; 2]).kl(&bernoulli(&[0.0])).unwrap_err();
    assert_eq!(error.to_string(), "the other distribution has 1 entries where 2 are needed");
    let (two, three) = (categorical(&[0.0; 6], 2), categorical(&[0.0; 6], 3));
    let error = two.kl(&three).unwrap_err();
    assert_eq!(error.to_string(), "a row of the other distribution has 3 entries where 2 are needed");
    let mut gradient = [7.0; 6];
    assert!(two.add_kl_gradient(1.0, &three, &mut gradient).is_err());
    assert!(two.add_kl_gradient_of_other(1.0, &three, &mut gradient).is_err());
    assert_eq!(gradient, [7.0; 6]);
    assert!(gaussian(&[0.0; 4]).kl(&gaussian(&[0.0; 2])).is_err());
    let (one, two) = (subset(&[0.0; 6], 1), subset(&[0.0; 6], 2));
    let error = one.kl(&two).unwrap_err();
    assert_eq!(error.to_string(), "a subset of the other distribution has 2 entries where 1 are needed");
    assert!(one.add_kl_gradient(1.0, &two, &mut gradient).is_err());
    assert!(one.add_kl_gradient_of_other(1.0, &two, &mut gradient).is_err());
    assert!(one.kl(&subset(&[0.0; 5], 1)).is_err());
    let (two, three) = (homogeneous(&[0.0; 6], 2, 2), homogeneous(&[0.0; 6], 2, 3));
    let error = two.kl(&three).unwrap_err();
    assert_eq!(error.to_string(), "a sample of the other distribution has 3 entries where 2 are needed");
    assert!(two.add_kl_gradient(1.0, &three, &mut gradient).is_err());
    assert!(two.add_kl_gradient_of_other(1.0, &three, &mut gradient).is_err());
    assert!(two.kl(&homogeneous(&[0.0; 12], 3, 2)).is_err());
    assert_eq!(gradient, [7.0; 6]);
}

fn samples_are_of_the_stream<D: Distribution>(distribution: &D) {
    let (mut u, mut expected) = (vec![0.0; distribution.uniforms()], vec![0.0; distribution.dimension()]);
    let [mut by_hand, mut stream] = [Stream::new(5, 0, 1), Stream::new(5, 0, 1)];
    let mut b = expected.clone();
    for _ in 0..3 {
        by_hand.fill_open01(&mut u);
        distribution.sample(&u, &mut expected);
        distribution.sample_from(&mut stream, &mut b);
        assert_eq!(b, expected);
    }
    assert_eq!(stream.position(), by_hand.position());
}

#[test]
fn samples_from_a_stream_take_its_next_numbers() {
    // 3 and 150 numbers: on the stack and on the heap.
    for count in [3, 150] {
        samples_are_of_the_stream(&bernoulli(&vec![0.4; count]));
        samples_are_of_the_stream(&categorical(&vec![0.4; 2 * count], 2));
        samples_are_of_the_stream(&gaussian(&vec![0.4; 2 * count]));
        samples_are_of_the_stream(&subset(&vec![0.4; count], 2));
        samples_are_of_the_stream(&homogeneous(&[0.4; 6], 2, count));
        samples_are_of_the_stream(&rankings(&vec![0.4; count], 2));
        samples_are_of_the_stream(&counts(Poisson, &vec![0.4; count]));
    }
}

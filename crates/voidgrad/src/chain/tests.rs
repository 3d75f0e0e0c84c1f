//! Chains against sums over all sequences.
//!
//! What is left to chance are 27 counts of samples with a bound of 6 standard errors, 2e-9 for a normal number each: 5e-8, were the seeds not fixed.

use super::{Chain, ChainError};
use crate::categorical::Categorical;
use crate::distribution::{ClosedForms as _, Distribution as _};
use crate::error::SampleError;
use crate::noise::Stream;

pub(crate) fn chain(logits: &[f64], states: usize, length: usize) -> Chain {
    Chain::from_logits(logits, states, length).unwrap()
}

pub(crate) fn homogeneous(logits: &[f64], states: usize, length: usize) -> Chain {
    Chain::homogeneous(logits, states, length).unwrap()
}

/// `e^(x_k)/Σ_j e^(x_j)`.
fn softmax(row: &[f64], k: usize) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (row[k] - largest).exp() / row.iter().map(|x| (x - largest).exp()).sum::<f64>()
}

/// Every sequence, one-hot, with its probability by the definition.
pub(crate) fn sequences(chain: &Chain) -> Vec<(Vec<f64>, f64)> {
    let (states, length) = (chain.states(), chain.len());
    let (first, matrices) = chain.logits().split_at(states);
    let each = if chain.is_homogeneous() { 0 } else { states * states };
    let count = states.pow(u32::try_from(length).unwrap());
    let sequence = |number: usize| {
        let digit = |t: usize| number / states.pow(u32::try_from(t).unwrap()) % states;
        let mut p = softmax(first, digit(0));
        for t in 1..length {
            p *= softmax(&matrices[(t - 1) * each + digit(t - 1) * states..][..states], digit(t));
        }
        let b = (0..length).flat_map(|t| (0..states).map(move |k| f64::from(u8::from(digit(t) == k))));
        (b.collect(), p)
    };
    (0..count).map(sequence).collect()
}

fn logits(count: usize, scale: f64, row: u64) -> Vec<f64> {
    let mut u = vec![0.0; count];
    Stream::new(13, count as u64, row).fill_open01(&mut u);
    u.into_iter().map(|u| scale * (2.0 * u - 1.0)).collect()
}

/// Chains of some shapes, of either kind.
fn chains(scale: f64, row: u64) -> Vec<Chain> {
    let shapes = [(2, 1), (2, 2), (2, 7), (3, 1), (3, 4), (4, 3)];
    let both = shapes.into_iter().flat_map(|(states, length)| {
        let square = states * states;
        [
            chain(&logits(states + (length - 1) * square, scale, row), states, length),
            homogeneous(&logits(states + square, scale, row), states, length),
        ]
    });
    both.collect()
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:e}, not {expected:e}");
}

#[test]
fn everything_is_a_sum_over_all_sequences() {
    for (row, scale) in [(0, 0.0), (1, 1.0), (2, 5.0)] {
        for (of, other) in chains(scale, row).iter().zip(&chains(2.0, row + 7)) {
            let (all, what) = (sequences(of), format!("{of:?}"));
            // Up to 128 terms, products of 7 probabilities: 40 units in the last place of 1.
            let tolerance = 40.0 * f64::EPSILON;
            let expectation = |f: &dyn Fn(&[f64]) -> f64| all.iter().map(|(b, p)| p * f(b)).sum::<f64>();
            let [ln_p, ln_q] = [of, other].map(|chain| move |b: &[f64]| chain.ln_p(b).unwrap());
            for (b, p) in &all {
                close(&what, ln_p(b).exp(), *p, tolerance * p);
            }
            let mut mean = vec![0.0; of.dimension()];
            of.mean(&mut mean);
            for (i, mean) in mean.iter().enumerate() {
                close(&what, *mean, expectation(&|b| b[i]), tolerance * mean);
            }
            let entropy = expectation(&|b| -ln_p(b));
            close(&what, of.entropy(), entropy, tolerance * (1.0 + entropy));
            let kl = expectation(&|b| ln_p(b) - ln_q(b));
            let size = all.iter().map(|(b, _)| (ln_p(b) - ln_q(b)).abs()).fold(1.0, f64::max);
            close(&what, of.kl(other).unwrap(), kl, tolerance * size);
            let zeros = || vec![0.0; of.logits().len()];
            let [mut score, mut of_entropy, mut of_kl, mut of_other] = [zeros(), zeros(), zeros(), zeros()];
            of.add_entropy_gradient(1.0, &mut of_entropy);
            of.add_kl_gradient(1.0, other, &mut of_kl).unwrap();
            of.add_kl_gradient_of_other(1.0, other, &mut of_other).unwrap();
            let [mut by_entropy, mut by_kl, mut by_other] = [zeros(), zeros(), zeros()];
            for (b, p) in &all {
                of.score(b, &mut score);
                for i in 0..score.len() {
                    by_entropy[i] -= p * ln_p(b) * score[i];
                    by_kl[i] += p * (ln_p(b) - ln_q(b)) * score[i];
                }
                other.score(b, &mut score);
                by_other.iter_mut().zip(&score).for_each(|(sum, score)| *sum -= p * score);
            }
            for i in 0..score.len() {
                close(&what, of_entropy[i], by_entropy[i], tolerance * (1.0 + entropy));
                close(&what, of_kl[i], by_kl[i], tolerance * size);
                close(&what, of_other[i], by_other[i], tolerance * of.len() as f64);
            }
        }
    }
}

#[test]
fn a_score_is_the_derivative_of_ln_p() {
    for of in chains(1.5, 3) {
        for (b, _) in sequences(&of) {
            let mut score = vec![0.0; of.logits().len()];
            of.score(&b, &mut score);
            for (i, score) in score.iter().enumerate() {
                let moved = |step: f64| {
                    let mut moved = of.clone();
                    let mut logits = of.logits().to_vec();
                    logits[i] += step;
                    moved.set_parameters(&logits).unwrap();
                    moved.ln_p(&b).unwrap()
                };
                // Truncation 1e-10 times a third derivative below 1 for each of 7 places, and rounding 1e-14/1e-5.
                close("a score", *score, (moved(1e-5) - moved(-1e-5)) / 2e-5, 3e-9);
            }
        }
    }
}

#[test]
fn the_mode_is_the_most_probable_sequence() {
    for row in 0..20 {
        for of in chains(3.0, row) {
            let mut mode = vec![0.5; of.dimension()];
            of.mode(&mut mode);
            let most = sequences(&of).into_iter().map(|(b, _)| of.ln_p(&b).unwrap()).fold(f64::MIN, f64::max);
            // Two ways to add up to 7 logarithms.
            close("the mode", of.ln_p(&mode).unwrap(), most, 1e-14);
        }
    }
    // Of equal ones the smallest numbers; and not what is most probable at each place.
    let mut mode = [0.5; 6];
    homogeneous(&[0.0; 6], 2, 3).mode(&mut mode);
    assert_eq!(mode, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    let (a, b) = (0.4_f64.ln(), 0.6_f64.ln());
    let mut mode = [0.5; 4];
    chain(&[a, b, 5.0, 0.0, 0.0, 0.0], 2, 2).mode(&mut mode);
    assert_eq!(mode, [1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_matrix_for_all_steps_is_the_same_matrix_for_each() {
    let one = homogeneous(&logits(12, 2.0, 5), 3, 4);
    let (first, matrix) = one.logits().split_at(3);
    let each = chain(&[first, matrix, matrix, matrix].concat(), 3, 4);
    assert_eq!(one.marginals(), each.marginals());
    close("the entropy", one.entropy(), each.entropy(), 8.0 * f64::EPSILON * each.entropy());
    let (mut of_one, mut of_each) = (vec![0.0; 12], vec![0.0; 30]);
    one.add_entropy_gradient(1.0, &mut of_one);
    each.add_entropy_gradient(1.0, &mut of_each);
    for i in 0..12 {
        let sum = if i < 3 { of_each[i] } else { of_each[i] + of_each[i + 9] + of_each[i + 18] };
        close("the gradient of the entropy", of_one[i], sum, 8.0 * f64::EPSILON);
    }
}

#[test]
fn a_chain_of_one_state_is_a_categorical_variable() {
    let a = [0.3, -1.0, 2.0];
    let (one, variable) = (chain(&a, 3, 1), Categorical::from_logits(&a, 3).unwrap());
    assert_eq!((one.marginals(), one.entropy()), (variable.probabilities(), variable.entropy()));
    let (mut b, mut expected) = ([0.5; 3], [0.5; 3]);
    for u in [1e-300, 0.1, 0.4, 0.7, 0.99] {
        one.sample(&[u], &mut b);
        variable.sample(&[u], &mut expected);
        assert_eq!(b, expected);
    }
}

#[test]
fn rows_that_are_equal_are_independent_variables() {
    let row = [0.3, -1.0, 2.0];
    let (equal, rows) =
        (homogeneous(&row.repeat(4), 3, 5), Categorical::from_logits(&row.repeat(5), 3).unwrap());
    close("the entropy", equal.entropy(), rows.entropy(), 8.0 * f64::EPSILON * rows.entropy());
    for (found, expected) in equal.marginals().iter().zip(rows.probabilities()) {
        close("a marginal", *found, *expected, 4.0 * f64::EPSILON);
    }
}

#[test]
fn samples_are_sequences_with_their_probabilities() {
    let of = chain(&logits(21, 1.0, 0), 3, 3);
    let all = sequences(&of);
    let (mut stream, mut b, mut counts, samples) =
        (Stream::new(19, 0, 0), vec![0.5; 9], vec![0_u32; 27], 200_000);
    for _ in 0..samples {
        of.sample_from(&mut stream, &mut b);
        counts[all.iter().position(|(sequence, _)| *sequence == b).unwrap()] += 1;
    }
    for (count, (_, p)) in counts.iter().zip(&all) {
        let samples = f64::from(samples);
        let deviation = (f64::from(*count) - p * samples) / (samples * p * (1.0 - p)).sqrt();
        assert!(deviation.abs() < 6.0, "{deviation} standard errors");
    }
    // State 1 comes after state 0 alone, and then with a probability of 1e-283.
    let rare = homogeneous(&[0.0, -800.0, 0.0, -650.0, 0.0, 0.0], 2, 2);
    let mut b = [0.5; 4];
    rare.sample(&[0.5, 1e-283], &mut b);
    assert_eq!(b, [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn a_rule_has_the_probability_of_every_sequence() {
    for of in chains(2.0, 4).into_iter().filter(|of| of.sequences() < Some(100)) {
        let (rule, all) = (of.rule().unwrap(), sequences(&of));
        let (mut found, mut b) = (vec![0.0; all.len()], vec![0.5; of.dimension()]);
        let visited = rule.for_each(|u, weight| {
            of.sample(u, &mut b);
            found[all.iter().position(|(sequence, _)| *sequence == b).unwrap()] += weight;
            Ok::<(), SampleError>(())
        });
        visited.unwrap();
        // Sums of up to 7³·3 weights.
        found.iter().zip(&all).for_each(|(found, (_, p))| close("p", *found, *p, 1e-14));
    }
}

#[test]
fn all_sequences_are_written_once() {
    for of in chains(1.0, 0) {
        let count = usize::try_from(of.sequences().unwrap()).unwrap();
        let mut rows = vec![0.5; count * of.dimension()];
        of.write_sequences(&mut rows);
        let mut written: Vec<&[f64]> = rows.chunks(of.dimension()).collect();
        assert!(written.windows(2).all(|pair| pair[0] > pair[1]));
        written.dedup();
        assert!(written.len() == count && written.iter().all(|b| of.ln_p(b).is_ok()));
    }
    assert_eq!(homogeneous(&[0.0; 6], 2, 64).sequences(), None);
}

#[test]
fn what_is_no_chain_is_refused() {
    let refused =
        |count: usize, states, length| Chain::from_logits(&vec![0.0; count], states, length).unwrap_err();
    assert_eq!(refused(2, 2, 0).to_string(), "length of a chain = 0 is not at least 1");
    assert_eq!(refused(9, 2, 3).to_string(), "logits of the chain has 9 entries where 10 are needed");
    assert_eq!(refused(1, 1, 1).to_string(), "number of states = 1 is not at least 2");
    assert!(matches!(refused(0, 0, 1), ChainError::Value(_)));
    assert!(matches!(refused(6, 2, usize::MAX), ChainError::Shape(_)));
    let error = Chain::homogeneous(&[0.0; 6], 2, usize::MAX).unwrap_err();
    assert!(matches!(error, ChainError::TooLong { states: 2, length: usize::MAX, .. }));
    for value in [f64::NAN, f64::INFINITY] {
        assert!(matches!(
            Chain::homogeneous(&[0.0, value, 0.0, 0.0, 0.0, 0.0], 2, 2),
            Err(ChainError::Value(_))
        ));
    }
    let mut of = homogeneous(&[0.3, 0.1, 0.2, 0.0, 1.0, 2.0], 2, 3);
    let before = of.clone();
    assert!(of.set_parameters(&[1.0; 2]).is_err() && of.set_parameters(&[f64::NAN; 6]).is_err());
    assert_eq!(of, before);
    let error = of.ln_p(&[1.0, 0.0, 0.5, 0.5, 1.0, 0.0]).unwrap_err();
    assert_eq!(error.to_string(), "the row [0.5, 0.5] of variable 1 is not one-hot");
    assert!(matches!(of.ln_p(&[1.0, 0.0]), Err(SampleError::Shape(_))));
}

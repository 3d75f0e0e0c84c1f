//! Subsets against sums over all of them.
//!
//! What is left to chance are 10 + 6 counts of samples with a bound of 6 standard errors, 2e-9 for a normal number each: 3e-8, were the seeds not fixed.

use super::{LARGEST_TABLE, Subset, SubsetError};
use crate::distribution::{ClosedForms as _, Distribution as _};
use crate::error::SampleError;
use crate::noise::Stream;

pub(crate) fn subset(logits: &[f64], size: usize) -> Subset {
    Subset::from_logits(logits, size).unwrap()
}

/// A sum of many terms that is as exact as one of a few (Kahan 1965).
fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0, 0.0);
    for term in terms {
        let whole: f64 = term - lost;
        let next: f64 = sum + whole;
        lost = (next - sum) - whole;
        sum = next;
    }
    sum
}

/// Every subset with its probability, by numbers whose bits count its elements.
pub(crate) fn states(subset: &Subset) -> Vec<(Vec<f64>, f64)> {
    let (elements, size) = (subset.len(), u32::try_from(subset.size()).unwrap());
    let bits = |state: u32| (0..elements).map(move |m| f64::from(state >> m & 1)).collect::<Vec<f64>>();
    let all: Vec<Vec<f64>> =
        (0..1_u32 << elements).filter(|state| state.count_ones() == size).map(bits).collect();
    let weight = |b: &[f64]| -> f64 { b.iter().zip(subset.logits()).map(|(b, a)| b * a).sum() };
    let largest = all.iter().map(|b| weight(b)).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = all.iter().map(|b| (weight(b) - largest).exp()).collect();
    let sum = sum(weights.iter().copied());
    all.into_iter().zip(weights).map(|(b, weight)| (b, weight / sum)).collect()
}

fn logits(elements: usize, scale: f64, row: u64) -> Vec<f64> {
    let mut u = vec![0.0; elements];
    Stream::new(11, elements as u64, row).fill_open01(&mut u);
    u.into_iter().map(|u| scale * (2.0 * u - 1.0)).collect()
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:e}, not {expected:e}");
}

/// Holds everything that a distribution says against sums over all subsets, within `tolerance`, relative if probabilities are large and small.
#[track_caller]
fn are_sums(of: &Subset, other: &Subset, tolerance: f64) {
    let (states, elements) = (states(of), of.len());
    assert_eq!(of.states(), Some(states.len() as u64));
    let what = format!("{} of {:?}", of.size(), of.logits());
    let expectation = |f: &dyn Fn(&[f64]) -> f64| sum(states.iter().map(|(b, p)| p * f(b)));
    let [ln_p, ln_q] = [of, other].map(|subset| move |b: &[f64]| subset.ln_p(b).unwrap());
    let mut mode = vec![0.5; elements];
    of.mode(&mut mode);
    for (b, p) in &states {
        close(&what, ln_p(b).exp(), *p, tolerance * p + f64::MIN_POSITIVE);
        assert!(ln_p(b) <= ln_p(&mode), "{b:?} is more probable than {mode:?}");
    }
    let entropy = expectation(&|b| -ln_p(b));
    close(&what, of.entropy(), entropy, tolerance * entropy + f64::MIN_POSITIVE);
    let kl = expectation(&|b| ln_p(b) - ln_q(b));
    let size = states.iter().map(|(b, _)| (ln_p(b) - ln_q(b)).abs()).fold(0.0, f64::max);
    close(&what, of.kl(other).unwrap(), kl, tolerance * size);
    let zeros = || vec![0.0; elements];
    let (mut mean, mut of_entropy, mut of_kl, mut of_other) = (zeros(), zeros(), zeros(), zeros());
    of.mean(&mut mean);
    of.add_entropy_gradient(1.0, &mut of_entropy);
    of.add_kl_gradient(1.0, other, &mut of_kl).unwrap();
    of.add_kl_gradient_of_other(1.0, other, &mut of_other).unwrap();
    let theta_of_other = other.marginals();
    for m in 0..elements {
        let theta = expectation(&|b| b[m]);
        close(&what, mean[m], theta, tolerance * theta + f64::MIN_POSITIVE);
        let rest = expectation(&|b| 1.0 - b[m]);
        close(&what, of.complements()[m], rest, tolerance * rest + f64::MIN_POSITIVE);
        let score = |b: &[f64]| b[m] - theta;
        close(&what, of_entropy[m], expectation(&|b| -ln_p(b) * score(b)), tolerance * (1.0 + entropy));
        close(&what, of_kl[m], expectation(&|b| (ln_p(b) - ln_q(b)) * score(b)), tolerance * (1.0 + size));
        close(&what, of_other[m], theta_of_other[m] - theta, tolerance);
    }
    close(&what, mean.iter().sum(), of.size() as f64, tolerance * of.size() as f64);
    let (b, _) = &states[states.len() / 2];
    let mut score = zeros();
    of.score(b, &mut score);
    score.iter().zip(b.iter().zip(&mean)).for_each(|(score, (b, theta))| {
        close(&what, *score, b - theta, tolerance);
    });
}

fn sizes(elements: usize) -> Vec<usize> {
    let mut sizes = vec![1, 2, elements / 3, elements / 2, elements - 1, elements];
    sizes.retain(|size| (1..=elements).contains(size));
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

#[test]
fn everything_is_a_sum_over_all_subsets() {
    for elements in 1..=16 {
        for size in sizes(elements) {
            for (row, scale) in [(0, 0.0), (1, 1.0), (2, 5.0)] {
                let of = subset(&logits(elements, scale, row), size);
                let other = subset(&logits(elements, 2.0, row + 7), size);
                // 8 units in the last place for each element.
                are_sums(&of, &other, 16.0 * 8.0 * f64::EPSILON);
            }
        }
    }
}

#[test]
fn so_it_is_for_logits_from_end_to_end() {
    let ends = [-700.0, 700.0, 699.0, -699.5, 0.0, 1.0, -700.0, 350.0, 700.0];
    for elements in 2..=9 {
        for size in sizes(elements) {
            let of = subset(&ends[..elements], size);
            let other = subset(&logits(elements, 700.0, 3), size);
            // A logit of a sum of up to 9 of them is rounded by 700·9 units in the last place, and so is an exponent.
            are_sums(&of, &other, 1e4 * f64::EPSILON);
            are_sums(&other, &of, 1e4 * f64::EPSILON);
        }
    }
}

#[test]
fn a_number_that_is_added_to_all_logits_changes_nothing() {
    // With few digits, so that sums are exact.
    let a = [0.5, -1.25, 3.0, 0.0, 2.75, -640.0, 0.5];
    for size in 1..=7 {
        let of = subset(&a, size);
        for shift in [1.0, -700.0, 1024.0, 1_048_576.0] {
            let moved = subset(&a.map(|a| a + shift), size);
            assert_eq!((of.marginals(), of.complements()), (moved.marginals(), moved.complements()));
            assert_eq!((of.entropy(), of.kl(&moved)), (moved.entropy(), Ok(0.0)));
            for (b, _) in states(&of) {
                assert_eq!(of.ln_p(&b), moved.ln_p(&b));
            }
        }
    }
}

#[test]
fn the_order_of_the_elements_makes_no_difference() {
    let a = logits(40, 3.0, 5);
    let reversed: Vec<f64> = a.iter().rev().copied().collect();
    for size in [1, 7, 20, 39] {
        let (of, back) = (subset(&a, size), subset(&reversed, size));
        let tolerance = 40.0 * 8.0 * f64::EPSILON;
        for (one, other) in of.marginals().iter().zip(back.marginals().iter().rev()) {
            close("a marginal", *one, *other, tolerance * one);
        }
        close("the entropy", of.entropy(), back.entropy(), tolerance * of.entropy());
    }
}

#[test]
fn many_equal_elements_have_closed_forms() {
    let (elements, size) = (2_000, 700);
    let of = subset(&vec![-3.0; elements], size);
    // ln C(n, k).
    let ln_count: f64 = (0..size).map(|i| ((elements - i) as f64 / (i + 1) as f64).ln()).sum();
    let tolerance = 8.0 * elements as f64 * f64::EPSILON;
    close("the entropy", of.entropy(), ln_count, tolerance * ln_count);
    of.marginals().iter().for_each(|theta| close("a marginal", *theta, 0.35, tolerance * 0.35));
    let mut b = vec![0.0; elements];
    of.mode(&mut b);
    assert!(b.iter().enumerate().all(|(m, b)| (*b == 1.0) == (m < size)));
    close("ln p", of.ln_p(&b).unwrap(), -ln_count, tolerance * ln_count);
    assert_eq!(of.states(), None);
}

#[test]
fn samples_are_subsets_with_their_probabilities() {
    let of = subset(&[0.7, -1.0, 0.0, 1.6, -0.4], 2);
    let states = states(&of);
    let (mut counts, mut ones) = (vec![0_u32; states.len()], vec![0_u32; of.len()]);
    let (mut stream, mut b, samples) = (Stream::new(17, 0, 0), vec![0.5; of.len()], 200_000);
    for _ in 0..samples {
        of.sample_from(&mut stream, &mut b);
        counts[states.iter().position(|(state, _)| *state == b).unwrap()] += 1;
        ones.iter_mut().zip(&b).for_each(|(ones, b)| *ones += u32::from(*b == 1.0));
    }
    let agrees = |count: u32, p: f64| {
        let samples = f64::from(samples);
        let deviation = (f64::from(count) - p * samples) / (samples * p * (1.0 - p)).sqrt();
        assert!(deviation.abs() < 6.0, "{deviation} standard errors");
    };
    counts.iter().zip(&states).for_each(|(count, (_, p))| agrees(*count, *p));
    ones.iter().zip(of.marginals()).for_each(|(count, theta)| agrees(*count, *theta));
    // One of many elements: how often 17 is in a subset.
    let of = subset(&logits(300, 2.0, 0), 30);
    let (mut b, mut count, samples) = (vec![0.5; 300], 0, 20_000);
    for _ in 0..samples {
        of.sample_from(&mut stream, &mut b);
        assert_eq!(b.iter().sum::<f64>(), 30.0);
        count += u32::from(b[17] == 1.0);
    }
    let (theta, samples) = (of.marginals()[17], f64::from(samples));
    let deviation = (f64::from(count) - theta * samples) / (samples * theta * (1.0 - theta)).sqrt();
    assert!(deviation.abs() < 6.0, "{deviation} standard errors");
}

#[test]
fn every_noise_makes_a_subset_and_a_rare_one_is_drawn() {
    let noise = [5e-324, 1e-300, 0.3, 0.5, 1.0 - 0.5 * f64::EPSILON];
    for a in
        [[0.0; 6], [f64::MAX, f64::MIN, 0.0, 700.0, -700.0, 1e300], [-700.0, 700.0, 0.0, 0.0, 40.0, -40.0]]
    {
        for size in 1..=6 {
            let of = subset(&a, size);
            let mut b = [0.5; 6];
            for shift in 0..25 {
                let u: Vec<f64> = (0..6).map(|m| noise[(shift % 5 + m * (1 + shift / 5)) % 5]).collect();
                of.sample(&u, &mut b);
                assert_eq!(b.iter().sum::<f64>(), size as f64);
                assert!(of.ln_p(&b).unwrap().is_finite());
            }
        }
    }
    let rare = subset(&[-650.0, 0.0, 0.0], 1);
    let mut b = [0.5; 3];
    rare.sample(&[1e-283, 0.5, 0.5], &mut b);
    assert_eq!(b, [1.0, 0.0, 0.0]);
    let rare = subset(&[650.0, 0.0, 0.0], 1);
    rare.sample(&[1e-283, 0.9, 0.5], &mut b);
    assert_eq!(b[0], 0.0);
}

#[test]
fn a_rule_has_the_probability_of_every_subset() {
    for (a, size) in [(&[0.7, -1.0, 0.0, 1.6, -0.4][..], 2), (&[3.0, -2.0, 0.1, 0.0], 3), (&[0.0; 3], 3)] {
        let of = subset(a, size);
        let (rule, states) = (of.rule().unwrap(), states(&of));
        let (mut found, mut b) = (vec![0.0; states.len()], vec![0.5; of.len()]);
        let visited = rule.for_each(|u, weight| {
            of.sample(u, &mut b);
            found[states.iter().position(|(state, _)| *state == b).unwrap()] += weight;
            Ok::<(), SampleError>(())
        });
        visited.unwrap();
        found.iter().zip(&states).for_each(|(found, (_, p))| close("p", *found, *p, 1e-15));
    }
}

#[test]
fn all_subsets_are_written_once() {
    for (elements, size) in [(1, 1), (4, 2), (6, 1), (6, 6), (7, 4)] {
        let of = subset(&vec![0.0; elements], size);
        let count = usize::try_from(of.states().unwrap()).unwrap();
        let mut rows = vec![0.5; count * elements];
        of.write_states(&mut rows);
        let mut written: Vec<&[f64]> = rows.chunks(elements).collect();
        // In the order of their elements the first have the ones in front.
        assert!(written.windows(2).all(|pair| pair[0] > pair[1]));
        for b in &written {
            assert!(of.ln_p(b).is_ok());
        }
        written.dedup();
        assert_eq!(written.len(), count);
    }
    assert_eq!(subset(&[0.0; 30], 15).most_enumerated(), 23);
}

#[test]
fn what_is_no_subset_is_refused() {
    let refused = |elements: usize, size| Subset::from_logits(&vec![0.0; elements], size).unwrap_err();
    assert_eq!(refused(3, 0).to_string(), "a subset of 0 elements is not one of 1 to 3, of 3 elements");
    assert_eq!(refused(3, 4), SubsetError::Size { size: 4, elements: 3 });
    assert_eq!(refused(3, usize::MAX), SubsetError::Size { size: usize::MAX, elements: 3 });
    assert_eq!(refused(0, 1).to_string(), "number of elements = 0 is not at least 1");
    let error = SubsetError::TooLarge { size: 10_000, elements: 10_000, allowed: LARGEST_TABLE };
    assert_eq!(refused(10_000, 10_000), error);
    for value in [f64::NAN, f64::INFINITY] {
        assert!(matches!(Subset::from_logits(&[0.0, value], 1), Err(SubsetError::Value(_))));
    }
    let mut of = subset(&[0.3, 0.1, 0.2], 2);
    assert!(of.set_parameters(&[1.0; 2]).is_err() && of.set_parameters(&[f64::NAN; 3]).is_err());
    assert_eq!(of, subset(&[0.3, 0.1, 0.2], 2));
    of.set_parameters(&[5.0, 0.0, -1.0]).unwrap();
    assert_eq!(of, subset(&[5.0, 0.0, -1.0], 2));
    assert_eq!(of.ln_p(&[1.0, 1.0, 1.0]).unwrap_err().to_string(), "b has 3 ones where 2 are needed");
    assert_eq!(of.ln_p(&[1.0, 0.5, 1.0]).unwrap_err().to_string(), "b[1] = 0.5 is not 0 or 1");
    assert!(matches!(of.ln_p(&[1.0, 1.0]), Err(SampleError::Shape(_))));
}

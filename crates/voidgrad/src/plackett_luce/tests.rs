//! Rankings against sums over all of them.
//!
//! What is left to chance are 24 + 12 counts of samples with a bound of 6 standard errors, 2e-9 for a normal number each: 7e-8, were the seeds not fixed.

use super::{PlackettLuce, PlackettLuceError};
use crate::distribution::Distribution as _;
use crate::error::SampleError;
use crate::noise::Stream;

pub(crate) fn rankings(logits: &[f64], places: usize) -> PlackettLuce {
    PlackettLuce::from_logits(logits, places).unwrap()
}

/// Every ranking with its probability, by the definition: one place after the other.
pub(crate) fn all(of: &PlackettLuce) -> Vec<(Vec<f64>, f64)> {
    let a = of.logits();
    let mut all = vec![(Vec::new(), 1.0)];
    for _ in 0..of.places() {
        let longer = all.iter().flat_map(|(b, p): &(Vec<f64>, f64)| {
            let left: Vec<usize> = (0..a.len()).filter(|i| !b.contains(&(*i as f64))).collect();
            let largest = left.iter().map(|i| a[*i]).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = left.iter().map(|i| (a[*i] - largest).exp()).sum();
            let next = |i: usize| ([&b[..], &[i as f64]].concat(), p * (a[i] - largest).exp() / sum);
            left.into_iter().map(next).collect::<Vec<_>>()
        });
        all = longer.collect();
    }
    all
}

fn logits(items: usize, scale: f64, row: u64) -> Vec<f64> {
    let mut u = vec![0.0; items];
    Stream::new(23, items as u64, row).fill_open01(&mut u);
    u.into_iter().map(|u| scale * (2.0 * u - 1.0)).collect()
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:e}, not {expected:e}");
}

#[test]
fn probabilities_and_scores_are_those_of_all_rankings() {
    for items in 1..=7 {
        for places in 1..=items {
            for (row, scale) in [(0, 0.0), (1, 1.0), (2, 6.0)] {
                let of = rankings(&logits(items, scale, row), places);
                let all = all(&of);
                assert_eq!(of.rankings(), Some(all.len() as u64));
                // The bound that the documentation gives.
                let tolerance = 8.0 * items as f64 * f64::EPSILON;
                let (mut mass, mut mean, mut score) = (0.0, vec![0.0; items], vec![0.0; items]);
                let mut mode = vec![0.5; places];
                of.mode(&mut mode);
                for (b, p) in &all {
                    let ln_p = of.ln_p(b).unwrap();
                    close("ln p", ln_p, p.ln(), tolerance * (1.0 + 12.0 * places as f64));
                    assert!(ln_p <= of.ln_p(&mode).unwrap() + 1e-14, "{b:?} is more probable than {mode:?}");
                    mass += ln_p.exp();
                    of.score(b, &mut score);
                    mean.iter_mut().zip(&score).for_each(|(mean, score)| *mean += p * score);
                    // Of softmaxes, one after the other.
                    let mut expected = vec![0.0; items];
                    for place in 0..places {
                        let is_left = |i: usize| !b[..place].contains(&(i as f64));
                        let sum: f64 = (0..items).filter(|i| is_left(*i)).map(|i| of.logits()[i].exp()).sum();
                        let item = (0..items).find(|i| *i as f64 == b[place]).unwrap();
                        expected[item] += 1.0;
                        for i in (0..items).filter(|i| is_left(*i)) {
                            expected[i] -= of.logits()[i].exp() / sum;
                        }
                    }
                    score.iter().zip(expected).for_each(|(found, expected)| {
                        close("a score", *found, expected, tolerance * items as f64);
                    });
                }
                // Up to 5,040 terms.
                close("the sum", mass, 1.0, 1e-12);
                for mean in mean {
                    close("the mean of the score", mean, 0.0, 1e-13);
                }
            }
        }
    }
}

#[test]
fn one_item_comes_before_another_with_the_probability_of_both_alone() {
    let of = rankings(&logits(5, 2.0, 1), 5);
    let place = |b: &[f64], item: usize| b.iter().position(|b| *b == item as f64);
    for (i, j) in [(0, 1), (3, 2), (4, 0)] {
        let found: f64 = all(&of).iter().filter(|(b, _)| place(b, i) < place(b, j)).map(|(_, p)| p).sum();
        close("before", of.probability_before(i, j), found, 1e-14);
    }
    assert_eq!(rankings(&[f64::MAX, f64::MIN], 2).probability_before(1, 0), 0.0);
}

#[test]
fn a_number_that_is_added_to_all_logits_changes_nothing() {
    // With few digits, so that sums are exact.
    let a = [0.5, -1.25, 3.0, 0.0, 2.75];
    let of = rankings(&a, 3);
    for shift in [1.0, -700.0, 1024.0, 1_048_576.0] {
        let moved = rankings(&a.map(|a| a + shift), 3);
        for (b, _) in all(&of) {
            assert_eq!(of.ln_p(&b), moved.ln_p(&b));
        }
    }
}

#[test]
fn scores_of_almost_certain_rankings_keep_their_digits() {
    // The first is first but for 1e-20, the second is second but for e^-60.
    let of = rankings(&[100.0, 100.0 - 20.0 * 10.0_f64.ln(), 40.0 - 20.0 * 10.0_f64.ln()], 3);
    let mut score = [0.0; 3];
    of.score(&[0.0, 1.0, 2.0], &mut score);
    let later = (-60.0_f64).exp();
    for (found, expected) in score.into_iter().zip([1e-20 * (1.0 + later), later - 1e-20, -later]) {
        // Exponents of 46 and 60 have as many units in the last place.
        close("a score", found, expected, 100.0 * f64::EPSILON * f64::abs(expected));
    }
    // ln p is the logarithm of 1 less the others.
    let ln_p = of.ln_p(&[0.0, 1.0, 2.0]).unwrap();
    close("ln p", ln_p, -1e-20 - later, 100.0 * f64::EPSILON * 1e-20);
}

#[test]
fn samples_are_rankings_with_their_probabilities() {
    for (items, places) in [(4, 4), (4, 2)] {
        let of = rankings(&logits(items, 1.0, 2), places);
        let all = all(&of);
        let (mut stream, mut b) = (Stream::new(29, 0, 0), vec![0.5; places]);
        let (mut counts, samples) = (vec![0_u32; all.len()], 200_000);
        for _ in 0..samples {
            of.sample_from(&mut stream, &mut b);
            counts[all.iter().position(|(ranking, _)| *ranking == b).unwrap()] += 1;
        }
        for (count, (_, p)) in counts.iter().zip(&all) {
            let samples = f64::from(samples);
            let deviation = (f64::from(*count) - p * samples) / (samples * p * (1.0 - p)).sqrt();
            assert!(deviation.abs() < 6.0, "{deviation} standard errors");
        }
    }
}

#[test]
fn every_noise_makes_a_ranking_and_a_rare_one_is_drawn() {
    let noise = [5e-324, 1e-300, 0.3, 0.5, 1.0 - 0.5 * f64::EPSILON];
    for a in [
        [0.0; 6],
        [f64::MAX, f64::MIN, 0.0, 700.0, -700.0, 1e300],
        [-700.0, 700.0, 0.0, 0.0, 40.0, -40.0],
        [1e300; 6],
    ] {
        for places in 1..=6 {
            let of = rankings(&a, places);
            let (mut b, mut score) = (vec![0.5; places], [0.0; 6]);
            for shift in 0..25 {
                let u: Vec<f64> = (0..6).map(|m| noise[(shift % 5 + m * (1 + shift / 5)) % 5]).collect();
                of.sample(&u, &mut b);
                of.score(&b, &mut score);
                assert!(of.ln_p(&b).unwrap().is_finite() && score.iter().all(|score| score.is_finite()));
            }
        }
    }
    let mut b = [0.5; 3];
    rankings(&[-650.0, 0.0, 0.0], 3).sample(&[1e-290, 0.5, 0.4], &mut b);
    assert_eq!(b, [0.0, 2.0, 1.0]);
    // Noise decides between equal logits, beside any other.
    for u in [[0.5, 0.1, 0.2], [0.5, 0.2, 0.1]] {
        rankings(&[0.0, -1e300, -1e300], 3).sample(&u, &mut b);
        assert_eq!(b, if u[1] < u[2] { [0.0, 1.0, 2.0] } else { [0.0, 2.0, 1.0] });
    }
    // They have the same probability, too.
    let ln_p = rankings(&[0.0, -1e300, -1e300], 3).ln_p(&[0.0, 2.0, 1.0]).unwrap();
    assert_eq!(ln_p, -(2.0_f64.ln()));
}

#[test]
fn all_rankings_are_written_once() {
    for (items, places) in [(1, 1), (4, 2), (5, 1), (5, 5)] {
        let of = rankings(&vec![0.0; items], places);
        let count = usize::try_from(of.rankings().unwrap()).unwrap();
        let mut rows = vec![0.5; count * places];
        of.write_rankings(&mut rows);
        let mut written: Vec<&[f64]> = rows.chunks(places).collect();
        assert!(written.windows(2).all(|pair| pair[0] < pair[1]));
        written.dedup();
        assert!(written.len() == count && written.iter().all(|b| of.ln_p(b).is_ok()));
    }
    assert_eq!(rankings(&[0.0; 30], 30).rankings(), None);
    assert_eq!(
        (rankings(&[0.0; 30], 9).most_enumerated(), rankings(&[0.0; 30], 2).most_enumerated()),
        (9, 1024)
    );
}

#[test]
fn what_is_no_ranking_is_refused() {
    let refused = |items: usize, places| PlackettLuce::from_logits(&vec![0.0; items], places).unwrap_err();
    assert_eq!(refused(3, 0).to_string(), "0 places are not 1 to 3, of 3 items");
    assert_eq!(refused(3, 4), PlackettLuceError::Places { places: 4, items: 3 });
    assert_eq!(refused(0, 1).to_string(), "number of items = 0 is not at least 1");
    for value in [f64::NAN, f64::INFINITY] {
        assert!(matches!(PlackettLuce::from_logits(&[0.0, value], 1), Err(PlackettLuceError::Value(_))));
    }
    let mut of = rankings(&[0.3, 0.1, 0.2], 2);
    assert!(of.set_parameters(&[1.0; 2]).is_err() && of.set_parameters(&[f64::NAN; 3]).is_err());
    assert_eq!(of, rankings(&[0.3, 0.1, 0.2], 2));
    of.set_parameters(&[5.0, 0.0, -1.0]).unwrap();
    assert_eq!(of, rankings(&[5.0, 0.0, -1.0], 2));
    assert_eq!(
        of.ln_p(&[1.0, 1.0]).unwrap_err().to_string(),
        "b[1] = 1 is not an item that has no place yet"
    );
    assert_eq!(of.ln_p(&[1.0, 3.0]).unwrap_err().to_string(), "b[1] = 3 is not an item from 0 to 2");
    for value in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
        assert!(matches!(of.ln_p(&[value, 1.0]), Err(SampleError::Entry { index: 0, .. })));
    }
    assert!(matches!(of.ln_p(&[1.0]), Err(SampleError::Shape(_))));
}

//! The trait of distributions.

use super::PlackettLuce;
use super::sum::ExpSum;
use crate::distribution::Distribution;
use crate::distribution::divergence::saturated;
use crate::error::{DistributionError, SampleError, same_length};

/// The parameters are the n logits, a sample is the numbers of k items, and it takes n uniform numbers, one for each item.
///
/// The items come in the order of the numbers `-ln(1 - u)·e^-a`, which are exponential with the rate `e^a`: the first of them is each item with the probability of its softmax, and so is the next of
/// those that are left. Numbers u close to 0 are finer than those close to 1, so an item of a small probability can be the first.
///
/// For logits that differ by less than 700, `ln p` is within `8·n` units in the last place of the largest of its terms, and scores within as many of 1.
impl Distribution for PlackettLuce {
    fn parameters(&self) -> &[f64] {
        self.logits()
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        self.assign(parameters)
    }

    fn dimension(&self) -> usize {
        self.places()
    }

    fn uniforms(&self) -> usize {
        self.items()
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!(
            (u.len(), b.len()),
            (self.items(), self.places()),
            "one number for each item, one entry for each place"
        );
        let arrival = |(i, (&u, &below)): (usize, (&f64, &f64))| {
            let ln_waiting = (-(-u).ln_1p()).ln();
            // Beside logits of 1e300 the noise is rounded away: the second number decides then.
            (ln_waiting - below, ln_waiting, i)
        };
        let mut arrivals: Vec<(f64, f64, usize)> =
            u.iter().zip(&self.below).enumerate().map(arrival).collect();
        let earlier = |x: &(f64, f64, usize), y: &(f64, f64, usize)| {
            x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.cmp(&y.2))
        };
        if self.places() < self.items() {
            arrivals.select_nth_unstable_by(self.places(), earlier);
            arrivals.truncate(self.places());
        }
        arrivals.sort_unstable_by(earlier);
        b.iter_mut().zip(arrivals).for_each(|(b, (.., item))| *b = item as f64);
    }

    /// An error says so if an entry is no item, or one that is there already.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        same_length("b", b.len(), self.places())?;
        let mut is_left = vec![true; self.items()];
        for (index, &value) in b.iter().enumerate() {
            if !(0.0..self.items() as f64).contains(&value) || value.fract() != 0.0 {
                let allowed = format!("an item from 0 to {}", self.items() - 1).into();
                return Err(SampleError::Entry { index, value, allowed });
            }
            if !std::mem::replace(&mut is_left[item(value)], false) {
                let allowed = "an item that has no place yet".into();
                return Err(SampleError::Entry { index, value, allowed });
            }
        }
        Ok(self.ln_p_of_ranking(b))
    }

    /// The k items with the largest logits, from the largest on; of equal logits the smaller number first.
    fn mode(&self, b: &mut [f64]) {
        assert_eq!(b.len(), self.places(), "one entry for each place");
        b.iter_mut().zip(&self.order).for_each(|(b, item)| *b = *item as f64);
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    /// The score of an item is 1 if it has a place, less the sum of its probabilities at this place and at those before.
    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        assert_eq!(
            (b.len(), gradient.len()),
            (self.places(), self.items()),
            "one entry for each place, and for each item"
        );
        let sums = self.sums(b);
        let mut is_left = vec![true; self.items()];
        // Σ 1/S over the places before, so that a·Σ is the sum of the probabilities there.
        let mut before = ExpSum::EMPTY;
        for (place, number) in b.iter().enumerate() {
            let item = item(*number);
            is_left[item] = false;
            // 1 less the probability at its own place is the share of those that come later.
            let later = sums[place + 1].ln_ratio_to(sums[place]).exp();
            gradient[item] += weight * (later - self.share(item, before));
            before = before.plus(sums[place].recip());
        }
        for (item, gradient) in gradient.iter_mut().enumerate().filter(|(item, _)| is_left[*item]) {
            *gradient -= weight * self.share(item, before);
        }
    }
}

impl PlackettLuce {
    /// `ln p(b)` of a b that is a ranking.
    fn ln_p_of_ranking(&self, b: &[f64]) -> f64 {
        let sums = self.sums(b);
        let terms = b.iter().zip(&sums).map(|(&number, sum)| sum.ln_share(self.below[item(number)]));
        saturated(terms.sum())
    }

    /// `p(b)` of a b that is a ranking.
    pub(crate) fn p(&self, b: &[f64]) -> f64 {
        self.ln_p_of_ranking(b).exp()
    }

    /// `S`, the sum of `e^a` over the items that are left at each place, and after the last one.
    fn sums(&self, b: &[f64]) -> Vec<ExpSum> {
        let mut is_left = vec![true; self.items()];
        for &number in b {
            is_left[item(number)] = false;
        }
        // The smallest first.
        let unplaced = self.order.iter().rev().filter(|item| is_left[**item]);
        let mut sum = unplaced.fold(ExpSum::EMPTY, |sum, item| sum.plus(ExpSum::of(self.below[*item])));
        let mut sums = vec![sum; b.len() + 1];
        for (place, &number) in b.iter().enumerate().rev() {
            sum = sum.plus(ExpSum::of(self.below[item(number)]));
            sums[place] = sum;
        }
        sums
    }

    /// `e^a` of an item, times a sum of reciprocals.
    fn share(&self, item: usize, reciprocals: ExpSum) -> f64 {
        (-reciprocals.ln_share(-self.below[item])).exp()
    }
}

/// The item of this number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it has been made of one, or was checked"
)]
fn item(number: f64) -> usize {
    number as usize
}

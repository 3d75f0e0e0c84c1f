//! Covariances of b with a sum over the steps.

use super::Subset;
use crate::distribution::divergence::saturated;

impl Subset {
    /// Adds `weight·Cov[b_m, s]`, s being the sum over the elements of a value that a step has: `values(m, left)`, if m is chosen and if it is not.
    pub(crate) fn add_covariances(
        &self,
        weight: f64,
        values: impl Fn(usize, usize) -> [f64; 2],
        gradient: &mut [f64],
    ) {
        assert_eq!(gradient.len(), self.len(), "one entry for each element");
        let (elements, width) = (self.len(), self.size + 1);
        let both = |m: usize, left: usize| -> [[f64; 2]; 2] {
            let step = self.step(m, left);
            [[step.chosen(), step.passed()], values(m, left)]
        };
        // What is to come on average, from each state.
        let mut coming = vec![0.0; (elements + 1) * width];
        for m in (0..elements).rev() {
            let (here, next) = coming[m * width..(m + 2) * width].split_at_mut(width);
            for left in 0..=self.size.min(elements - m) {
                let [[chosen, passed], [of_chosen, of_passed]] = both(m, left);
                let of_passed = passed * saturated(of_passed + next[left]);
                // Without a choice the value of the other one is not defined.
                let of_chosen = if left == 0 { 0.0 } else { chosen * saturated(of_chosen + next[left - 1]) };
                here[left] = saturated(of_chosen + of_passed);
            }
        }
        let mean = coming[self.size];
        // By the number that is left: the probability, and what has come on average times the probability.
        let (mut masses, mut sums) = (vec![0.0; width], vec![0.0; width]);
        masses[self.size] = 1.0;
        for (m, gradient) in gradient.iter_mut().enumerate() {
            let next = &coming[(m + 1) * width..(m + 2) * width];
            let (mut moved_mass, mut moved_sum) = (0.0, 0.0);
            // The expectations of (s - E[s])·b_m and of (s - E[s])·(1 - b_m), which have the sum 0.
            let [mut with, mut without] = [0.0; 2];
            for left in (0..width).rev() {
                let (mass, sum) = (masses[left], sums[left]);
                let ([chosen, passed], [of_chosen, of_passed]) =
                    if mass > 0.0 { both(m, left).into() } else { ([0.0; 2], [0.0; 2]) };
                if chosen > 0.0 {
                    let ahead = saturated(saturated(of_chosen + next[left - 1]) - mean);
                    with = saturated(with + chosen * saturated(sum + mass * ahead));
                }
                if passed > 0.0 {
                    let ahead = saturated(saturated(of_passed + next[left]) - mean);
                    without = saturated(without + passed * saturated(sum + mass * ahead));
                }
                masses[left] = mass * passed + moved_mass;
                sums[left] = saturated(passed * saturated(sum + mass * of_passed) + moved_sum);
                moved_mass = mass * chosen;
                moved_sum = chosen * saturated(sum + mass * of_chosen);
            }
            *gradient += weight * if self.theta[m] < self.rest[m] { with } else { -without };
        }
    }
}

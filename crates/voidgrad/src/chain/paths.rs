//! Sums over all paths.

use super::Chain;
use crate::categorical::row;
use crate::distribution::divergence::saturated;

impl Chain {
    /// How many states are expected to be drawn from each row.
    pub(super) fn draws(&self) -> Vec<f64> {
        let mut draws = vec![0.0; self.rows.variables()];
        draws[0] = 1.0;
        for (t, before) in self.marginals.chunks_exact(self.states()).enumerate().take(self.length - 1) {
            before.iter().enumerate().for_each(|(state, mass)| draws[self.row(t + 1, state)] += mass);
        }
        draws
    }

    /// Adds `weight·∂/∂a E[Σ_t x(row_t, s_t)]` to the gradient, where x is held constant. `terms` writes the K numbers x of a row, up to a constant, and returns their mean.
    ///
    /// The derivative by a logit is `p(row)·θ_k·(q_k - Σ_j θ_j q_j)`, where `q_k` is x and what is expected after it. It is found from the last place to the first.
    pub(super) fn add_path_gradient(
        &self,
        weight: f64,
        terms: impl Fn(usize, &mut [f64]) -> f64,
        gradient: &mut [f64],
    ) {
        let states = self.states();
        assert_eq!(gradient.len(), self.logits().len(), "one entry for each logit");
        let (thetas, rests) = (self.rows.probabilities(), self.rows.complements());
        let mut all = vec![0.0; gradient.len()];
        let means: Vec<f64> =
            all.chunks_exact_mut(states).enumerate().map(|(row, values)| terms(row, values)).collect();
        // What is expected after each state, and before that from each state on.
        let (mut after, mut here) = (vec![0.0; states], vec![0.0; states]);
        let mut values = vec![0.0; states];
        for t in (0..self.length).rev() {
            let before = if t == 0 { &[1.0] } else { &self.marginals[(t - 1) * states..][..states] };
            for (state, mass) in before.iter().enumerate() {
                let row = self.row(t, state) * states..(self.row(t, state) + 1) * states;
                let (theta, rest) = (&thetas[row.clone()], &rests[row.clone()]);
                let expected: f64 = theta.iter().zip(&after).map(|(theta, after)| theta * after).sum();
                here[state] = saturated(means[row.start / states] + expected);
                for (value, (term, after)) in values.iter_mut().zip(all[row.clone()].iter().zip(&after)) {
                    *value = saturated(term + after);
                }
                row::centre(theta, rest, &mut values);
                for (gradient, (theta, value)) in gradient[row].iter_mut().zip(theta.iter().zip(&values)) {
                    *gradient += weight * (mass * theta * saturated(*value));
                }
            }
            std::mem::swap(&mut after, &mut here);
        }
    }

    /// Writes the most probable path, one-hot; of equally probable ones the one whose first differing state has the smaller number.
    pub(super) fn write_mode(&self, b: &mut [f64]) {
        let states = self.states();
        let ln_theta = self.rows.ln_probabilities();
        // The logarithm of the most probable way on, from each state at each place.
        let mut ways = vec![0.0; self.marginals.len()];
        let best = |t: usize, before: usize, ways: &[f64]| {
            let row = &ln_theta[self.row(t, before) * states..][..states];
            let mut best = (0, f64::NEG_INFINITY);
            for (k, (ln_theta, way)) in row.iter().zip(&ways[t * states..]).enumerate() {
                if ln_theta + way > best.1 {
                    best = (k, ln_theta + way);
                }
            }
            (best.0, saturated(best.1))
        };
        for t in (1..self.length).rev() {
            for before in 0..states {
                ways[(t - 1) * states + before] = best(t, before, &ways).1;
            }
        }
        b.fill(0.0);
        let mut state = 0;
        for t in 0..self.length {
            state = best(t, state, &ways).0;
            b[t * states + state] = 1.0;
        }
    }
}

//! The traits of distributions.

use super::Chain;
use crate::categorical::check_one_hot;
use crate::distribution::divergence::saturated;
use crate::distribution::{ClosedForms, Distribution};
use crate::error::{DistributionError, SampleError, ShapeMismatch, same_length};
use crate::noise::{Node, Rule};

/// The parameters are the logits of the rows, a sample is one-hot, and it takes T uniform numbers, one for each state.
///
/// The state at a place is drawn as a [`Categorical`](crate::Categorical) variable is that has the row of the state before.
impl Distribution for Chain {
    fn parameters(&self) -> &[f64] {
        self.logits()
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        self.rows.set_parameters(parameters)?;
        self.set_marginals();
        Ok(())
    }

    fn dimension(&self) -> usize {
        self.marginals.len()
    }

    fn uniforms(&self) -> usize {
        self.length
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        let sizes = (self.length, self.dimension());
        assert_eq!((u.len(), b.len()), sizes, "one number for each place, one entry for each of its states");
        b.fill(0.0);
        let mut state = 0;
        for (t, (&u, b)) in u.iter().zip(b.chunks_exact_mut(self.states())).enumerate() {
            state = self.rows.state_at(self.row(t, state), u);
            b[state] = 1.0;
        }
    }

    /// What a number decides depends on the state before: the nodes are between the thresholds of all rows of its place.
    fn rule(&self) -> Option<Rule> {
        let nodes = |t: usize| {
            let before = if t == 0 { 1 } else { self.states() };
            let rows = (0..before).map(|state| self.row(t, state));
            let mut ends: Vec<f64> =
                rows.flat_map(|row| self.rows.by_probability(row)).map(|(end, _)| end).collect();
            ends.retain(|end| *end > 0.0 && *end < 1.0);
            ends.push(1.0);
            ends.sort_unstable_by(f64::total_cmp);
            ends.dedup();
            let mut start = 0.0;
            let node = |end: f64| {
                let node = Node { u: f64::midpoint(start, end), weight: end - start };
                start = end;
                node
            };
            ends.into_iter().map(node).collect()
        };
        Some(Rule::new((0..self.length).map(nodes).collect()))
    }

    /// An error says so if a row is not one-hot.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        same_length("b", b.len(), self.dimension())?;
        check_one_hot(b, self.states())?;
        Ok(self.ln_p_of_sequence(b))
    }

    /// The most probable path; of several, the one whose first state that differs has the smaller number.
    fn mode(&self, b: &mut [f64]) {
        assert_eq!(b.len(), self.dimension(), "one entry for each state of each place");
        self.write_mode(b);
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    /// The score of a row is `b - θ` for every place at which it is drawn from, without the rounding of the difference.
    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        let sizes = (self.dimension(), self.logits().len());
        assert_eq!(
            (b.len(), gradient.len()),
            sizes,
            "one entry for each state of each place, and for each logit"
        );
        let states = self.states();
        let (theta, rest) = (self.rows.probabilities(), self.rows.complements());
        for (row, drawn) in self.entries(b) {
            for (k, i) in (row * states..(row + 1) * states).enumerate() {
                gradient[i] += weight * if k == drawn { rest[i] } else { -theta[i] };
            }
        }
    }
}

impl ClosedForms for Chain {
    /// The probability of each state at each place.
    fn mean(&self, mean: &mut [f64]) {
        mean.copy_from_slice(&self.marginals);
    }

    /// The sum of the entropies of the rows, each times the expected number of states that are drawn from it: all have one sign.
    fn entropy(&self) -> f64 {
        self.draws().iter().enumerate().map(|(row, draws)| draws * self.rows.row(row).entropy()).sum()
    }

    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        let surprisals = |row: usize, values: &mut [f64]| {
            let row = self.rows.row(row);
            values.iter_mut().zip(row.below_top()).for_each(|(value, below)| *value = -below);
            row.entropy()
        };
        self.add_path_gradient(weight, surprisals, gradient);
    }

    /// The sum of the divergences of the rows, each times the expected number of states that are drawn from it: none is negative.
    ///
    /// The error of another distribution names its logits, its states or its places.
    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        self.same_shape(other)?;
        let terms = self.draws().into_iter().enumerate();
        Ok(saturated(terms.map(|(row, draws)| draws * self.rows.row(row).kl(&other.rows.row(row))).sum()))
    }

    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        self.same_shape(other)?;
        let ratios = |row: usize, values: &mut [f64]| {
            let (of, other) = (self.rows.row(row), other.rows.row(row));
            values.iter_mut().zip(of.distances(&other)).for_each(|(value, distance)| *value = -distance);
            of.kl(&other)
        };
        self.add_path_gradient(weight, ratios, gradient);
        Ok(())
    }

    /// `θ' - θ` of each row, times the expected number of states that are drawn from it.
    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        self.same_shape(other)?;
        assert_eq!(gradient.len(), self.logits().len(), "one entry for each logit");
        for ((row, draws), own) in
            self.draws().iter().enumerate().zip(gradient.chunks_exact_mut(self.states()))
        {
            let gains = self.rows.row(row).gains(&other.rows.row(row));
            own.iter_mut().zip(gains).for_each(|(own, gain)| *own += weight * (draws * gain));
        }
        Ok(())
    }
}

impl Chain {
    /// `ln p(b)` of a b that is a sequence.
    fn ln_p_of_sequence(&self, b: &[f64]) -> f64 {
        let ln_theta = self.rows.ln_probabilities();
        saturated(self.entries(b).map(|(row, k)| ln_theta[row * self.states() + k]).sum())
    }

    /// `p(b)` of a b that is a sequence.
    pub(crate) fn p(&self, b: &[f64]) -> f64 {
        self.ln_p_of_sequence(b).exp()
    }

    /// For each place of a sample, the row that its state is drawn from, and the state.
    fn entries(&self, b: &[f64]) -> impl Iterator<Item = (usize, usize)> {
        let mut before = 0;
        b.chunks_exact(self.states()).enumerate().map(move |(t, b)| {
            let (row, state) = (self.row(t, before), b.iter().position(|b| *b == 1.0).unwrap_or(0));
            before = state;
            (row, state)
        })
    }

    /// Refuses chains with another number of logits, states or places.
    fn same_shape(&self, other: &Self) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.logits().len(), self.logits().len())?;
        same_length("a row of the other distribution", other.states(), self.states())?;
        same_length("a sample of the other distribution", other.length, self.length)
    }
}

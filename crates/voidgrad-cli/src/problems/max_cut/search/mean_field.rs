//! Mean-field annealing along the exact natural gradient.

use voidgrad::slices;

use super::{Name, Search};
use crate::problems::max_cut::experiment::MaxCut;
use crate::problems::max_cut::method::Way;
use voidgrad_kit::error::Error;

/// Restarts that are computed together.
pub(super) const LANES: usize = 8;

/// A number of each of them.
type Lanes = [f64; LANES];

/// Logits are kept below this, in size, from where every probability is 0 or 1.
pub(super) const LARGEST_LOGIT: f64 = 1_000.0;

/// The logits of the start are uniform around 0, up to this size: p = ½ itself is a saddle.
pub(super) const START: f64 = 0.01;

/// Up to [`LANES`] restarts.
///
/// Each ascends `E[f] + T·H` in its logits a, with the entropy H and a temperature T that falls to 0. By the natural gradient, which for independent
/// bits is the derivative with respect to p, a step is `a ← a + η (∂E[f]/∂p - T a)`.
pub(super) struct MeanField<'a> {
    experiment: &'a MaxCut,
    rate: f64,
    /// Restarts in use; the other lanes repeat the last one.
    used: usize,
    /// The logits of every vertex.
    logits: Vec<Lanes>,
    /// `a/2`, and `2p - 1 = tanh(a/2)`, of every vertex.
    halves: Vec<Lanes>,
    means: Vec<Lanes>,
}

impl<'a> MeanField<'a> {
    /// Restarts of these names, before the first step.
    pub(super) fn new(experiment: &'a MaxCut, names: &[Name]) -> Self {
        let vertices = experiment.graph.vertices();
        let mut logits = vec![[0.0; LANES]; vertices];
        let mut start = vec![0.0; vertices];
        for lane in 0..LANES {
            names[lane.min(names.len() - 1)].start().fill_open01(&mut start);
            for (logits, u) in logits.iter_mut().zip(&start) {
                logits[lane] = START * (2.0 * u - 1.0);
            }
        }
        let rate = experiment.learning_rate_of(Way::Exact) / experiment.scale;
        let (halves, means) = (logits.clone(), logits.clone());
        Self { experiment, rate, used: names.len(), logits, halves, means }
    }

    fn step(&mut self, temperature: f64) -> Result<(), Error> {
        for (halves, logits) in self.halves.iter_mut().zip(&self.logits) {
            *halves = logits.map(|a| a / 2.0);
        }
        slices::tanh(self.halves.as_flattened(), self.means.as_flattened_mut())
            .map_err(Error::computation)?;
        let graph = &self.experiment.graph;
        for (vertex, logits) in self.logits.iter_mut().enumerate() {
            // ∂E[f]/∂p_i = Σ_j w_ij (1 - 2 p_j).
            let mut gradient = [0.0; LANES];
            for &(other, weight) in graph.neighbours(vertex) {
                let means = &self.means[other as usize];
                for lane in 0..LANES {
                    gradient[lane] -= weight * means[lane];
                }
            }
            for lane in 0..LANES {
                let a = logits[lane] + self.rate * (gradient[lane] - temperature * logits[lane]);
                logits[lane] = a.clamp(-LARGEST_LOGIT, LARGEST_LOGIT);
            }
        }
        Ok(())
    }

    fn lane(&self, lane: usize) -> Vec<f64> {
        self.logits.iter().map(|logits| voidgrad::sigmoid(logits[lane])).collect()
    }
}

impl Search for MeanField<'_> {
    fn advance(&mut self, from: u64, to: u64) -> Result<(), Error> {
        (from..to).try_for_each(|step| self.step(self.experiment.temperature_at(step)))
    }

    fn expectations(&self) -> Vec<f64> {
        (0..self.used).map(|lane| self.experiment.graph.cut(&self.lane(lane))).collect()
    }

    fn best(&self) -> (f64, Vec<bool>) {
        let cut = |lane: usize| self.experiment.graph.cut_of(|vertex| self.logits[vertex][lane] > 0.0);
        let cuts = (0..self.used).map(|lane| (cut(lane), lane));
        // The first one of equal cuts.
        let (cut, lane) =
            cuts.reduce(|best, next| if next.0 > best.0 { next } else { best }).unwrap_or((0.0, 0));
        (cut, self.logits.iter().map(|logits| logits[lane] > 0.0).collect())
    }

    fn probabilities(&self) -> Option<Vec<f64>> {
        Some(self.lane(0))
    }

    fn state(&self) -> Vec<f64> {
        self.logits.as_flattened().to_vec()
    }

    fn restore(&mut self, state: &[f64]) -> Option<()> {
        let logits = self.logits.as_flattened_mut();
        let fits = state.len() == logits.len() && state.iter().all(|a| a.is_finite());
        fits.then(|| logits.copy_from_slice(state))
    }
}

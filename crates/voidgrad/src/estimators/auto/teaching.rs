//! The candidate whose control has parameters, and how they are trained whichever candidate is in use.

use super::{Auto, AutoError};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::{Answer, AnyEstimator, Estimator as _, Memory, Told, Want};

/// Memory for the answers of two candidates.
#[derive(Default)]
struct Memories {
    used: Memory,
    taught: Memory,
    gradient: Vec<f64>,
}

/// N, the parameters of the control of an estimator; 0 if there is none.
fn parameters<D: Distribution>(estimator: &AnyEstimator<D>) -> usize {
    estimator.control().map_or(0, Control::parameters)
}

impl<D: Distribution> Auto<D> {
    /// The candidate whose control has parameters, if there is one.
    pub(super) fn taught(&self) -> Option<usize> {
        self.candidates.iter().position(|candidate| parameters(&candidate.estimator) > 0)
    }

    /// Takes another estimator in the place of the candidate of this name, which keeps what has been measured of it. A control that holds the data of a minibatch is replaced in this
    /// way before each step.
    ///
    /// # Errors
    /// Returns an error if there is no such candidate, or if the controls of the two have different numbers of parameters.
    pub fn replace(&mut self, name: &str, estimator: AnyEstimator<D>) -> Result<(), AutoError> {
        let refused = |reason| AutoError::Replacement { name: name.to_owned(), reason };
        let candidate = self.candidates.iter_mut().find(|candidate| candidate.name == name);
        let candidate = candidate.ok_or_else(|| refused("there is no candidate of this name"))?;
        if parameters(&candidate.estimator) != parameters(&estimator) {
            return Err(refused("the new control has another number of parameters"));
        }
        candidate.estimator = estimator;
        Ok(())
    }

    /// The candidate in use answers. If the variance's gradient by φ is wanted, it is that of the candidate with a control, from the first sample of the round.
    pub(super) fn answer_and_teach(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        let used = self.estimator();
        let own = Told { noise: &told.noise[..used.noise(distribution)], ..told };
        let Some(taught) = self.taught().filter(|taught| *taught != self.current) else {
            return used.answer(distribution, own, answer);
        };
        let Answer { gradient, weights, phi_bar, memory } = answer;
        let memories = memory.of(Memories::default);
        let memory = &mut memories.used;
        used.answer(distribution, own, Answer { gradient, weights, phi_bar: None, memory });
        let Some(phi_bar) = phi_bar.filter(|_| used.starts_with_a_sample()) else { return };
        let taught = &self.candidates[taught].estimator;
        if !is_single(taught, distribution) {
            return;
        }
        memories.gradient.clear();
        memories.gradient.resize(distribution.parameters().len(), 0.0);
        let answer = Answer {
            gradient: &mut memories.gradient,
            weights: &mut [1.0],
            phi_bar: Some(phi_bar),
            memory: &mut memories.taught,
        };
        taught.answer(distribution, first(told, distribution, taught.noise(distribution)), answer);
    }
}

/// Whether a round of the estimator is one sample and nothing else; z̃ may take more noise.
pub(super) fn is_single<D: Distribution>(estimator: &AnyEstimator<D>, distribution: &D) -> bool {
    estimator.evaluations(distribution) == 1
        && estimator.starts_with_a_sample()
        && estimator.want(0) == Want::Value
        && estimator.noise(distribution) >= distribution.uniforms()
}

/// What an estimator of one sample, which takes so much noise, is told of a round that starts with a sample.
pub(super) fn first<'a, D: Distribution>(told: Told<'a>, distribution: &D, noise: usize) -> Told<'a> {
    let dimension = distribution.dimension();
    Told {
        noise: told.noise.get(..noise).unwrap_or_default(),
        points: told.points.get(..dimension).unwrap_or_default(),
        values: told.values.get(..1).unwrap_or_default(),
        gradients: told.gradients.get(..dimension).unwrap_or_default(),
        answered: &[],
        ..told
    }
}

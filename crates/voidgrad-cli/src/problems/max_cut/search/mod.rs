//! Restarts of the ways to search, each a state that makes steps.
//!
//! An evaluation reads every edge from both of its ends once. That is one exact gradient, one value of f, or as many attempts to flip a vertex as there are
//! vertices.

mod estimated;
mod local;
mod mean_field;
mod pbil;

use voidgrad::estimator::Choice;

use super::experiment::MaxCut;
use super::method::Way;
use crate::seed;
use voidgrad_kit::error::Error;

pub(super) use estimated::DAMPING;

/// One restart, or some that are computed together.
pub(super) trait Search: Send {
    /// Makes the steps of these numbers.
    ///
    /// # Errors
    /// Returns an error if an estimate fails.
    fn advance(&mut self, from: u64, to: u64) -> Result<(), Error>;

    /// `E[f]` of each restart, which is the cut itself for a way without probabilities.
    fn expectations(&self) -> Vec<f64>;

    /// The best cut that is known now, and whether each vertex is in it: of the rounded probabilities, or of all states so far.
    fn best(&self) -> (f64, Vec<bool>);

    /// The probabilities of the first restart, if there are any.
    fn probabilities(&self) -> Option<Vec<f64>> {
        None
    }

    /// What an estimator that chooses among others has chosen.
    fn choices(&self) -> Vec<Choice> {
        Vec::new()
    }

    /// Everything that changes, as numbers.
    fn state(&self) -> Vec<f64>;

    /// Takes such a state over; `None` if it does not fit.
    fn restore(&mut self, state: &[f64]) -> Option<()>;
}

/// The restarts of a run.
pub(super) struct Restarts<'a> {
    /// They share nothing, so they can be advanced in any order.
    pub(super) searches: Vec<Box<dyn Search + 'a>>,
    /// How many restarts there are.
    pub(super) count: u64,
    /// Evaluations of all of them in one step.
    pub(super) evaluations_of_step: u64,
    /// Evaluations of all of them when their probabilities are rounded.
    pub(super) evaluations_of_record: u64,
}

impl<'a> Restarts<'a> {
    /// The restarts of run `repeat` of a way, before their first step.
    ///
    /// # Errors
    /// Returns an error if the library refuses an estimator.
    pub(super) fn new(experiment: &'a MaxCut, way: Way, repeat: u64) -> Result<Self, Error> {
        let all = experiment.restarts;
        let name = |restart: usize| Name::new(experiment, way, repeat, restart as u64);
        let mut searches: Vec<Box<dyn Search + 'a>> = Vec::new();
        let (mut count, mut evaluations_of_step) = (all as u64, all as u64);
        let mut evaluations_of_record = count;
        match way {
            Way::Exact => {
                for first in (0..all).step_by(mean_field::LANES) {
                    let names: Vec<Name> = (first..all.min(first + mean_field::LANES)).map(name).collect();
                    searches.push(Box::new(mean_field::MeanField::new(experiment, &names)));
                }
            }
            Way::Estimated(method) => {
                let evaluations = experiment.evaluations_of(way)?;
                count = (all as u64 / evaluations).max(1);
                (evaluations_of_step, evaluations_of_record) = (count * evaluations, count);
                for restart in 0..usize::try_from(count).map_err(Error::arguments)? {
                    let search = estimated::Estimated::new(experiment, way, method, name(restart))?;
                    searches.push(Box::new(search));
                }
            }
            Way::Pbil => {
                count = 1;
                searches.push(Box::new(pbil::ByRank::new(experiment, name(0))?));
                // Its samples have been evaluated.
                evaluations_of_record = 0;
            }
            Way::LocalSearch | Way::SimulatedAnnealing => {
                let is_annealed = matches!(way, Way::SimulatedAnnealing);
                searches.extend((0..all).map(|restart| -> Box<dyn Search + 'a> {
                    Box::new(local::Local::new(experiment, is_annealed, name(restart)))
                }));
                // The cut is known after every flip.
                evaluations_of_record = 0;
            }
        }
        Ok(Self { searches, count, evaluations_of_step, evaluations_of_record })
    }
}

/// What the random numbers of a restart are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    seed: u64,
    repeat: u64,
    restart: u64,
}

impl Name {
    fn new(experiment: &MaxCut, way: Way, repeat: u64, restart: u64) -> Self {
        let way = match way {
            // All ways that have probabilities start from the same.
            Way::Exact | Way::Estimated(_) => 0,
            Way::LocalSearch => 1,
            Way::SimulatedAnnealing => 2,
            Way::Pbil => 3,
        };
        Self { seed: seed::derive(experiment.seed, [way]), repeat, restart }
    }

    /// The stream of where the restart begins.
    fn start(self) -> voidgrad::Stream {
        voidgrad::Stream::new(self.seed, self.repeat, self.restart)
    }

    /// The stream of a step: one of its own, so that a state needs no position.
    fn step(self, step: u64) -> voidgrad::Stream {
        voidgrad::Stream::new(seed::derive(self.seed, [self.restart]), self.repeat, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::max_cut::experiment::Source;
    use crate::problems::max_cut::generation::{self, Kind};
    use crate::problems::max_cut::graph::Graph;
    use voidgrad::Bernoulli;
    use voidgrad::estimators::{Listed, Setup};

    fn experiment(graph: Graph, iterations: u64) -> MaxCut {
        let method = |name: &str| Bernoulli::estimator(name).unwrap().method;
        MaxCut {
            source: Source::Generated { kind: Kind::Regular, vertices: 0, degree: None },
            scale: graph.scale(),
            graph,
            ways: vec![
                Way::Exact,
                Way::Estimated(method("rloo")),
                Way::Estimated(method("local-expectation")),
                Way::Pbil,
                Way::LocalSearch,
                Way::SimulatedAnnealing,
            ],
            setup: Setup { evaluations: Some(20), knows_flips: true, ..Setup::default() },
            learning_rate: None,
            temperature: 0.7,
            iterations,
            restarts: 20,
            repeats: 1,
            seed: 1,
            best_known: None,
            planted: None,
        }
    }

    /// A graph with weights of both signs.
    fn small() -> Graph {
        let edges = generation::regular(12, 3, 2).edges().iter().copied().enumerate().collect::<Vec<_>>();
        let edge = |(number, (i, j, _))| (i, j, [1.0, 2.0, -0.5][number % 3]);
        Graph::new(12, edges.into_iter().map(edge).collect())
    }

    fn largest(graph: &Graph) -> f64 {
        let cut = |state: u32| graph.cut_of(|vertex| state >> vertex & 1 == 1);
        (0..1 << graph.vertices()).map(cut).fold(f64::NEG_INFINITY, f64::max)
    }

    /// With a wrong sign of the gradient, of a gain, or of the temperature, a way ends at a small cut.
    #[test]
    fn every_way_finds_a_large_cut_of_a_small_graph() {
        let experiment = experiment(small(), 500);
        for &way in &experiment.ways {
            let mut restarts = Restarts::new(&experiment, way, 0).unwrap();
            let mut best = f64::NEG_INFINITY;
            for search in &mut restarts.searches {
                search.advance(0, 500).unwrap();
                let (cut, sides) = search.best();
                assert_eq!(cut, experiment.graph.cut_of(|vertex| sides[vertex]));
                best = best.max(cut);
            }
            let largest = largest(&experiment.graph);
            // PBIL is one search of all samples, and may end at another maximum. With a wrong sign it would end at a minimum.
            let least = if matches!(way, Way::Pbil) { 0.9 * largest } else { largest };
            assert!((least..=largest).contains(&best), "{}: {best} of {largest}", way.name());
        }
    }

    #[test]
    fn a_step_is_the_natural_gradient_of_the_objective_and_the_entropy() {
        let experiment = experiment(small(), 100);
        let mut restarts = Restarts::new(&experiment, Way::Exact, 0).unwrap();
        let search = &mut restarts.searches[0];
        search.advance(0, 60).unwrap();
        let before = search.state();
        let p = search.probabilities().unwrap();
        search.advance(60, 61).unwrap();
        for vertex in 0..12 {
            let (a, temperature) = (before[mean_field::LANES * vertex], experiment.temperature_at(60));
            let gradient = experiment.graph.derivative(vertex, &p) - temperature * a;
            let expected = a + experiment.learning_rate_of(Way::Exact) / experiment.scale * gradient;
            // Rounding of logits below 100.
            assert!((search.state()[mean_field::LANES * vertex] - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn the_state_of_every_way_is_all_that_it_needs() {
        let mut experiment = experiment(small(), 50);
        // What these have learned grows: choices, and baselines after the first round.
        for name in ["auto", "reinforce-optimal"] {
            experiment.ways.push(Way::Estimated(Bernoulli::estimator(name).unwrap().method));
        }
        for &way in &experiment.ways {
            let mut whole = Restarts::new(&experiment, way, 3).unwrap();
            let mut cut = Restarts::new(&experiment, way, 3).unwrap();
            for (whole, cut) in whole.searches.iter_mut().zip(&mut cut.searches) {
                whole.advance(0, 21).unwrap();
                cut.restore(&whole.state()).unwrap();
                whole.advance(21, 50).unwrap();
                cut.advance(21, 50).unwrap();
                assert_eq!((whole.state(), whole.best()), (cut.state(), cut.best()), "{}", way.name());
                assert_eq!(cut.restore(&whole.state()[1..]), None, "{}", way.name());
            }
        }
    }
}

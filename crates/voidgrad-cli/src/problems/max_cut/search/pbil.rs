//! Population-based incremental learning, as the library has it.

use rayon::prelude::*;
use voidgrad::search::{Found, Pbil, PbilState, Settings};

use super::{Name, Search};
use crate::problems::max_cut::experiment::MaxCut;
use crate::problems::max_cut::records::whole;
use crate::seed;
use voidgrad_kit::error::Error;

/// One search, all evaluations of a step its samples. It knows no temperature: the order of the cuts alone moves it.
pub(super) struct ByRank<'a> {
    experiment: &'a MaxCut,
    search: Pbil,
}

impl<'a> ByRank<'a> {
    /// A search of this name, before the first step.
    ///
    /// # Errors
    /// Returns an error if the library refuses it.
    pub(super) fn new(experiment: &'a MaxCut, name: Name) -> Result<Self, Error> {
        let settings = Settings {
            samples: experiment.restarts,
            seed: seed::derive(name.seed, [name.restart]),
            run: name.repeat,
            ..Settings::default()
        };
        let search = Pbil::new(experiment.graph.vertices(), settings).map_err(Error::computation)?;
        Ok(Self { experiment, search })
    }
}

impl Search for ByRank<'_> {
    fn advance(&mut self, from: u64, to: u64) -> Result<(), Error> {
        let graph = &self.experiment.graph;
        for _ in from..to {
            let points = self.search.ask();
            // The library minimises.
            let f: Vec<f64> = points
                .par_chunks(graph.vertices())
                .map(|b| -graph.cut_of(|vertex| b[vertex] == 1.0))
                .collect();
            self.search.tell(&f).map_err(Error::computation)?;
        }
        Ok(())
    }

    fn expectations(&self) -> Vec<f64> {
        vec![self.experiment.graph.cut(self.search.probabilities())]
    }

    fn best(&self) -> (f64, Vec<bool>) {
        let best = self.search.best().map_or(self.search.probabilities(), |best| &best.b);
        let sides: Vec<bool> = best.iter().map(|b| *b == 1.0).collect();
        (self.experiment.graph.cut_of(|vertex| sides[vertex]), sides)
    }

    fn state(&self) -> Vec<f64> {
        let PbilState { round, theta, best } = self.search.state();
        let best = best.into_iter().flat_map(|Found { f, b }| [vec![f], b].concat());
        std::iter::once(round as f64).chain(theta).chain(best).collect()
    }

    fn restore(&mut self, state: &[f64]) -> Option<()> {
        let (round, rest) = state.split_first()?;
        let (theta, best) = rest.split_at_checked(self.experiment.graph.vertices())?;
        let best = best.split_first().map(|(f, b)| Found { f: *f, b: b.to_vec() });
        self.search.restore(PbilState { round: whole(*round)?, theta: theta.to_vec(), best }).ok()
    }
}

//! What is searched: a graph, the ways to search it, and how long.

use std::fmt::Display;
use std::path::PathBuf;

use voidgrad::estimators::{Method, Setup};
use voidgrad::{Bernoulli, Estimator as _, Stream};

use super::file;
use super::generation::{self, Kind};
use super::graph::Graph;
use super::method::Way;
use crate::choice;
use crate::cli::TrainArguments;
use crate::costs::{self, Costs};
use crate::training::fingerprint;
use crate::variables::size;
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{self, grouped};

/// What the options of all problems are here, if they are not given. Learning rates are in units of 1 over the graph's scale.
const ITERATIONS: u64 = 2_000;
const REPEATS: u64 = 5;
const EVALUATIONS: u64 = 100;
const LEARNING_RATE: f64 = 0.3;
const ESTIMATED_LEARNING_RATE: f64 = 0.05;

/// The largest learning rate and temperature, a million: with them, every logit stays a number.
const LARGEST: f64 = 1e6;

/// The most restarts times vertices, each of which takes tens of bytes on every thread and in every checkpoint.
const LARGEST_RUN: u64 = 20_000_000;

/// What the graph was made of.
#[derive(Debug)]
pub(super) enum Source {
    /// A file, and a number for its text.
    File(PathBuf, u64),
    /// It was made.
    Generated {
        /// Its kind.
        kind: Kind,
        /// Its vertices.
        vertices: u64,
        /// The degree, where the kind has a choice.
        degree: Option<u64>,
    },
}

/// Everything that determines the results.
#[derive(Debug)]
pub(crate) struct MaxCut {
    /// What the graph was made of.
    pub(super) source: Source,
    /// The graph.
    pub(super) graph: Graph,
    /// The unit of temperatures.
    pub(super) scale: f64,
    /// The ways to search.
    pub(super) ways: Vec<Way>,
    /// What estimators start from.
    pub(super) setup: Setup,
    /// The learning rate, if it was given.
    pub(super) learning_rate: Option<f64>,
    /// The temperature at the start, in units of the scale.
    pub(super) temperature: f64,
    /// Steps of each run.
    pub(super) iterations: u64,
    /// Evaluations of a step.
    pub(super) restarts: usize,
    /// Runs of each way.
    pub(super) repeats: u64,
    /// The seed.
    pub(super) seed: u64,
    /// The best known cut, if it was given.
    pub(super) best_known: Option<f64>,
    /// The cut that was planted in the graph, if one was.
    pub(super) planted: Option<f64>,
}

impl MaxCut {
    /// The experiment that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if the graph can't be read or made, or if a value can't be used.
    pub(super) fn of(arguments: &TrainArguments) -> Result<Self, Error> {
        let ways = Way::all(&arguments.estimators)?;
        let options = &arguments.max_cut;
        for (name, value) in
            [("temperature", Some(options.temperature)), ("learning-rate", arguments.learning_rate)]
        {
            if let Some(value) = value.filter(|value| *value > LARGEST) {
                return Err(Error::arguments(format!("--{name} {value} is more than 1,000,000")));
            }
        }
        let (source, graph, planted) = source(arguments)?;
        let has_choice = |way: &Way| matches!(way, Way::Estimated(method) if method.cost.has_choice());
        let mut experiment = Self {
            source,
            scale: graph.scale(),
            graph,
            setup: Setup { evaluations: arguments.evaluations, knows_flips: true, ..Setup::default() },
            learning_rate: arguments.learning_rate,
            temperature: options.temperature,
            iterations: arguments.iterations.unwrap_or(ITERATIONS),
            restarts: size(options.restarts)?,
            repeats: arguments.repeats.unwrap_or(REPEATS),
            seed: arguments.seed,
            best_known: options.best_known,
            planted,
            ways,
        };
        if arguments.evaluations.is_some() && !experiment.ways.iter().any(has_choice) {
            return Err(Error::arguments("--evaluations is for estimators with a choice, such as rloo"));
        }
        if let Some(costs) = &arguments.auto_costs {
            experiment.setup.costs = experiment.costs_of(costs)?;
        }
        for &way in &experiment.ways {
            experiment.check(way)?;
        }
        Ok(experiment)
    }

    /// What a round of each candidate of `auto` costs.
    ///
    /// # Errors
    /// As [`Costs::of`].
    fn costs_of(&self, costs: &Costs) -> Result<Vec<(String, f64)>, Error> {
        let methods: Vec<&'static Method> = self.ways.iter().filter_map(|way| way.method()).collect();
        let start = Bernoulli::from_logits(&vec![0.0; self.graph.vertices()]).map_err(Error::arguments)?;
        let evaluations = Some(self.setup.evaluations.unwrap_or(EVALUATIONS));
        let setup = Setup { evaluations, knows_flips: true, ..Setup::default() };
        costs.of(&methods, costs::candidates(&setup, &start), |method| {
            costs::of_round(method, &setup, &start, &self.graph)
        })
    }

    /// # Errors
    /// Returns an error if an estimator can't be used for this graph.
    fn check(&self, way: Way) -> Result<(), Error> {
        let Way::Estimated(method) = way else { return Ok(()) };
        let start = Bernoulli::from_logits(&vec![0.0; self.graph.vertices()]).map_err(Error::arguments)?;
        let setup = self.setup_of(way);
        choice::make(method, &setup, &start, &self.graph, &mut Stream::new(0, 0, 0))?;
        Ok(())
    }

    /// What the estimator of a way starts from: with K where it has a choice.
    pub(super) fn setup_of(&self, way: Way) -> Setup {
        let evaluations = match way {
            Way::Estimated(method) if method.cost.has_choice() => {
                Some(self.setup.evaluations.unwrap_or(EVALUATIONS))
            }
            _ => None,
        };
        Setup { evaluations, ..self.setup.clone() }
    }

    /// The evaluations of f in one estimate, for a way that has estimates.
    pub(super) fn evaluations_of(&self, way: Way) -> Result<u64, Error> {
        let Way::Estimated(method) = way else { return Ok(1) };
        let start = Bernoulli::from_logits(&vec![0.0; self.graph.vertices()]).map_err(Error::arguments)?;
        let setup = self.setup_of(way);
        let estimator = choice::make(method, &setup, &start, &self.graph, &mut Stream::new(0, 0, 0))?;
        Ok(estimator.evaluations(&start))
    }

    /// Samples of the estimators whose variance is shown.
    pub(super) fn samples(&self) -> u64 {
        self.setup.evaluations.unwrap_or(EVALUATIONS).max(2)
    }

    /// The learning rate of a way, in units of 1 over the scale.
    pub(super) fn learning_rate_of(&self, way: Way) -> f64 {
        // All logits move at once. In a dense graph they would overshoot together: a step must be below 2/(T + ρ/2) with the largest eigenvalue ρ of the weights,
        // which is the degree in a regular graph.
        let weights: f64 = self.graph.edges().iter().map(|(_, _, weight)| weight.abs()).sum();
        let degree = 2.0 * weights / self.graph.vertices() as f64;
        let largest = self.scale / (self.scale * self.temperature + degree / 2.0);
        self.learning_rate.unwrap_or(match way {
            Way::Estimated(_) => ESTIMATED_LEARNING_RATE,
            _ => LEARNING_RATE.min(largest),
        })
    }

    /// The temperature of a step, from 0.
    pub(super) fn temperature_at(&self, step: u64) -> f64 {
        self.scale * self.temperature * (1.0 - step as f64 / self.iterations as f64)
    }

    /// What cuts are compared with, in words, and its value: the best known cut, or the planted one.
    pub(super) fn reference(&self) -> Option<(&'static str, f64)> {
        let known = self.best_known.map(|cut| ("best known", cut));
        known.or(self.planted.map(|cut| ("planted", cut)))
    }

    /// `config.toml`.
    pub(super) fn as_toml(&self) -> String {
        let mut lines = vec!["# train --config config.toml gives these results again.".to_owned()];
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name} = {value}"));
        let text = |text: &str| toml::Value::from(text).to_string();
        line("problem", &text("max-cut"));
        match &self.source {
            Source::File(path, fingerprint) => {
                line("graph", &text(&path.to_string_lossy()));
                // A comment for --config; a resumed run notices that the file has changed.
                line("# fingerprint of the graph", &format!("{fingerprint:016x}"));
            }
            Source::Generated { kind, vertices, degree } => {
                line("generate", &text(kind.name()));
                line("vertices", vertices);
                if let Some(degree) = degree {
                    line("degree", degree);
                }
            }
        }
        let names: Vec<String> = self.ways.iter().filter_map(|way| way.option()).map(text).collect();
        line("estimator", &format!("[{}]", names.join(", ")));
        if let Some(evaluations) = self.setup.evaluations {
            line("evaluations", &evaluations);
        }
        if let Some(costs) = costs::in_words(&self.setup.costs) {
            line("auto-costs", &text(&costs));
        }
        line("restarts", &self.restarts);
        line("iterations", &self.iterations);
        line("temperature", &number::exact(self.temperature));
        if let Some(rate) = self.learning_rate {
            line("learning-rate", &number::exact(rate));
        }
        match i64::try_from(self.seed) {
            Ok(seed) => line("seed", &seed),
            // TOML has no whole number beyond.
            Err(_) => line("seed", &text(&self.seed.to_string())),
        }
        line("repeats", &self.repeats);
        if let Some(cut) = self.best_known {
            line("best-known", &number::exact(cut));
        }
        lines.join("\n") + "\n"
    }
}

/// Whether all restarts together have few enough vertices.
fn check_size(vertices: u64, restarts: u64) -> Result<(), Error> {
    if vertices.saturating_mul(restarts) > LARGEST_RUN {
        return Err(Error::arguments(format!(
            "--restarts {restarts} times {} vertices is more than {}",
            grouped(vertices),
            grouped(LARGEST_RUN)
        )));
    }
    Ok(())
}

/// The graph, what it was made of, and the cut that was planted in it.
fn source(arguments: &TrainArguments) -> Result<(Source, Graph, Option<f64>), Error> {
    let options = &arguments.max_cut;
    if let Some(path) = &options.graph {
        let (graph, text) = file::read(path)?;
        check_size(graph.vertices() as u64, options.restarts)?;
        return Ok((Source::File(path.clone(), fingerprint(&text)), graph, None));
    }
    let kind = options.generate.unwrap_or(Kind::Planted);
    let (vertices, degree) = kind.size(options.vertices, options.degree).map_err(Error::arguments)?;
    // A graph that is too large would take seconds to make.
    check_size(vertices, options.restarts)?;
    let (count, edges) = (size(vertices)?, size(degree.unwrap_or(0))?);
    let (graph, planted) = match kind {
        Kind::Planted => {
            let (graph, cut) = generation::planted(count, edges, arguments.seed);
            (graph, Some(cut))
        }
        Kind::Regular => (generation::regular(count, edges, arguments.seed), None),
        Kind::Torus => (generation::torus(count.isqrt(), arguments.seed), None),
    };
    Ok((Source::Generated { kind, vertices, degree }, graph, planted))
}

//! `config.toml`: the configuration of an experiment, as `train --config` reads it.

use std::fmt::Display;

use crate::costs;
use crate::problems::quadratic::experiment::Experiment;
use voidgrad_kit::number;

impl Experiment {
    /// All that the results depend on, each option by its name, whether it was given or not.
    pub(crate) fn as_toml(&self) -> String {
        let mut names: Vec<String> = self
            .methods
            .iter()
            .map(|trained| format!("\"{}\"", trained.option(&self.control_optimisers)))
            .collect();
        names.dedup();
        let optimisers: Vec<String> =
            self.control_optimisers.iter().map(|optimiser| format!("\"{}\"", optimiser.name())).collect();
        let settings = &self.settings;
        let mut lines = vec!["# train --config config.toml gives these results again.".to_owned()];
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name} = {value}"));
        line("estimator", &format!("[{}]", names.join(", ")));
        if let Some(evaluations) = self.setup.evaluations {
            line("evaluations", &evaluations);
        }
        if let Some(costs) = costs::in_words(&self.setup.costs) {
            line("auto-costs", &format!("\"{costs}\""));
        }
        line("target", &number::exact(self.target()));
        line("dim", &self.dimension());
        line("theta0", &number::exact(self.theta0));
        line("iterations", &settings.iterations);
        line("batch", &settings.batch);
        line("learning-rate", &number::exact(settings.learning_rate));
        line("control-optimiser", &format!("[{}]", optimisers.join(", ")));
        line("control-learning-rate", &number::exact(settings.control_learning_rate));
        match i64::try_from(settings.seed) {
            Ok(seed) => line("seed", &seed),
            // TOML has no whole number beyond.
            Err(_) => line("seed", &format!("\"{}\"", settings.seed)),
        }
        line("repeats", &self.repeats);
        lines.join("\n") + "\n"
    }
}

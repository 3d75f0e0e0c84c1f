//! `config.toml`: the configuration of an experiment, as `train --config` reads it.

use std::fmt::Display;

use super::data::{File, Files};
use super::estimators;
use super::experiment::Experiment;
use crate::costs;
use voidgrad_kit::number;

impl Experiment {
    /// All that the results depend on, each option by its name, whether it was given or not.
    pub(super) fn as_toml(&self) -> String {
        let quoted = |names: Vec<&'static str>| -> String {
            let names: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
            names.join(", ")
        };
        let mut names: Vec<&str> =
            self.methods.iter().map(|trained| estimators::name_of(trained.method())).collect();
        names.dedup();
        let optimisers = self.control_optimisers.iter().map(|optimiser| optimiser.name()).collect();
        let mut lines = vec!["# train --config config.toml gives these results again.".to_owned()];
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name} = {value}"));
        line("problem", &"\"vae\"");
        line("estimator", &format!("[{}]", quoted(names)));
        if let Some(evaluations) = self.evaluations {
            line("evaluations", &evaluations);
        }
        if let Some(costs) = costs::in_words(&self.costs) {
            line("auto-costs", &format!("\"{costs}\""));
        }
        if let Some(Files { train, test }) = &self.data.files {
            let files = [Some(("data", train)), test.as_ref().map(|test| ("test-data", test))];
            for (name, File { path, fingerprint }) in files.into_iter().flatten() {
                line(name, &toml::Value::from(path.to_string_lossy().as_ref()));
                // A comment for --config; a resumed run notices that the file has changed.
                line(&format!("# fingerprint of {name}"), &format!("{fingerprint:016x}"));
            }
        }
        line("model", &format!("\"{}\"", self.model.name));
        if let Some(samples) = self.bound {
            line("bound", &samples);
        }
        line("latents", &self.latents);
        line("iterations", &self.iterations);
        line("batch", &self.batch);
        line("learning-rate", &number::exact(self.learning_rate));
        line("control-optimiser", &format!("[{}]", quoted(optimisers)));
        line("control-learning-rate", &number::exact(self.control_learning_rate));
        match i64::try_from(self.seed) {
            Ok(seed) => line("seed", &seed),
            // TOML has no whole number beyond.
            Err(_) => line("seed", &format!("\"{}\"", self.seed)),
        }
        line("repeats", &self.repeats);
        line("samples", &self.samples);
        lines.join("\n") + "\n"
    }
}

//! How to train.

use crate::error::{InvalidParameter, positive};

/// What moves the parameters φ of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ControlOptimiser {
    /// [`Adam`](crate::optimise::Adam), along the gradient of the variance of each step, as RELAX has it.
    #[default]
    Adam,
    /// [`GaussNewton`](crate::control_learning::GaussNewton), for Bernoulli variables and a control of at most 512 parameters. The logits are then moved by a
    /// [`RestartingAdam`](crate::optimise::RestartingAdam), which does not remember how noisy the estimates were.
    GaussNewton,
    /// [`LeastSquares`](crate::control_learning::LeastSquares), for Bernoulli variables and a control with 1 to 512 parameters that enter it
    /// [linearly](crate::Control::linear); Adam moves its others. The logits are moved as with `GaussNewton`.
    LeastSquares,
    /// [`Replay`](crate::control_learning::Replay), for Bernoulli variables: up to twenty steps of Adam for each step of the training. The logits are moved as with `GaussNewton`.
    Replay,
}

impl ControlOptimiser {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Adam, Self::GaussNewton, Self::LeastSquares, Self::Replay];

    /// Its name, as the command line has it.
    ///
    /// ```
    /// use voidgrad::train::ControlOptimiser;
    /// assert_eq!(ControlOptimiser::ALL.map(ControlOptimiser::name), ["adam", "gauss-newton", "least-squares", "replay"]);
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::GaussNewton => "gauss-newton",
            Self::LeastSquares => "least-squares",
            Self::Replay => "replay",
        }
    }
}

/// How to [`train`](super::train).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Steps, at least 1.
    pub iterations: u64,
    /// Samples of a step, at least 1.
    pub batch: usize,
    /// Adam's learning rate for the logits, positive.
    pub learning_rate: f64,
    /// What moves φ.
    pub control_optimiser: ControlOptimiser,
    /// Adam's learning rate for φ, positive.
    pub control_learning_rate: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// Those of the toy experiment: 10,000 steps of one sample, both learning rates 0.01, seed 0.
impl Default for Settings {
    fn default() -> Self {
        Self {
            iterations: 10_000,
            batch: 1,
            learning_rate: 0.01,
            control_optimiser: ControlOptimiser::Adam,
            control_learning_rate: 0.01,
            seed: 0,
        }
    }
}

impl Settings {
    /// Refuses settings outside their domain.
    ///
    /// # Errors
    /// Returns an error if there is no iteration or no sample, or if a learning rate is not a positive number.
    ///
    /// ```
    /// # use voidgrad::train::Settings;
    /// let error = Settings { batch: 0, ..Settings::default() }.check().unwrap_err();
    /// assert_eq!(error.to_string(), "batch = 0 is not at least 1");
    /// ```
    pub fn check(&self) -> Result<(), InvalidParameter> {
        for (name, count) in [("iterations", self.iterations), ("batch", self.batch as u64)] {
            if count == 0 {
                return Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" });
            }
        }
        positive("learning rate", self.learning_rate)?;
        positive("control learning rate", self.control_learning_rate)?;
        Ok(())
    }
}

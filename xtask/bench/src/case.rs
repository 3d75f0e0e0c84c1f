//! What is timed: the cases, the kinds of number, and the point at which everything is computed.

use voidgrad::controls::{Rebar, Relax};
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::toy::quadratic;
use voidgrad::{BatchControl, Bernoulli, Control, Stream, control, sigmoid};

use super::implementation::NUM_DUAL;
use super::vae::{self, Method};
use voidgrad_kit::error::Error;

/// t of the objective.
pub(crate) const TARGET: f64 = 0.499;
/// η and λ of the controls.
pub(crate) const ETA: f64 = 0.8;
pub(crate) const LAMBDA: f64 = 0.5;
/// The logit of the one variable.
pub(crate) const LOGIT: f64 = 0.3;
/// Both learning rates of a training step.
pub(crate) const LEARNING_RATE: f64 = 0.01;
/// Width of `relax-wide`.
pub(crate) const WIDE: usize = 64;
/// M of `quadratic-200`.
pub(crate) const MANY: usize = 200;

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// RELAX's control with 47 parameters.
    Relax,
    /// REBAR's control.
    Rebar,
    /// A control with two layers of 64.
    RelaxWide,
    /// 200 variables and a control of all of them.
    Quadratic200,
    /// A training step of [`Case::Relax`], of one sample.
    Step,
    /// A training step of a variational autoencoder.
    Vae(Method),
}

/// Every case with its name, in the order of the table.
pub(crate) const CASES: [(&str, Case); 10] = [
    ("relax", Case::Relax),
    ("rebar", Case::Rebar),
    ("relax-wide", Case::RelaxWide),
    ("quadratic-200", Case::Quadratic200),
    ("step", Case::Step),
    ("vae-rloo", Case::Vae(Method::Rloo)),
    ("vae-disarm", Case::Vae(Method::Disarm)),
    ("vae-rebar", Case::Vae(Method::Rebar)),
    ("vae-relax", Case::Vae(Method::Relax)),
    ("vae-wide", Case::Vae(Method::Wide)),
];

/// A kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    F64,
    F32,
}

/// The kinds of number, in the order of the table.
pub(crate) const PRECISIONS: [Precision; 2] = [Precision::F64, Precision::F32];

impl Precision {
    /// Its name in Rust.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
        }
    }

    /// What the library calls it.
    pub(crate) fn of_batches(self) -> voidgrad::batch::Precision {
        match self {
            Self::F64 => voidgrad::batch::Precision::Double,
            Self::F32 => voidgrad::batch::Precision::Single,
        }
    }

    /// By how much a sum may differ from the reference's, relative to the sum of the sizes of what was added.
    ///
    /// Rounding alone: a sample goes through some hundred operations, of which the logarithms of a number near 1 and
    /// the differences in ĝ lose the most digits, two or three. In `f32` a sample within 1e-7 of a kink may also fall
    /// on its other side, and then counts whole.
    pub(crate) fn tolerance(self) -> f64 {
        match self {
            Self::F64 => 1e-10,
            Self::F32 => 1e-3,
        }
    }
}

impl Case {
    /// Its name on the command line and in the results.
    pub(crate) fn name(self) -> &'static str {
        CASES.iter().find(|(_, case)| *case == self).map_or("", |(name, _)| name)
    }

    /// What its times are of.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Step | Self::Vae(_) => "ns/step",
            _ => "ns/sample",
        }
    }

    /// How many samples of its own noise an implementation is checked on; num-dual takes 75 ms for one of `relax-wide`.
    pub(crate) fn checked_samples(self, implementation: &str) -> u64 {
        match self {
            Self::RelaxWide if implementation == NUM_DUAL => 4,
            Self::RelaxWide | Self::Quadratic200 => 1_000,
            Self::Relax | Self::Rebar | Self::Step => 100_000,
            Self::Vae(method) => method.compared_steps() as u64,
        }
    }

    /// Whether it is a training, whose result is all parameters after the last step.
    pub(crate) fn is_training(self) -> bool {
        matches!(self, Self::Step | Self::Vae(_))
    }

    /// The learning rate of a training.
    pub(crate) fn learning_rate(self) -> f64 {
        if matches!(self, Self::Vae(_)) { vae::LEARNING_RATE } else { LEARNING_RATE }
    }

    /// M, of all images of a step together.
    pub(crate) fn variables(self) -> usize {
        match self {
            Self::Quadratic200 => MANY,
            Self::Vae(method) => vae::BATCH * method.latents(),
            _ => 1,
        }
    }

    /// The logits, M of them.
    pub(crate) fn logits(self) -> Vec<f64> {
        match self {
            Self::Quadratic200 => (0..MANY).map(|m| 2.0 * m as f64 / (MANY - 1) as f64 - 1.0).collect(),
            Self::Step => vec![0.0],
            Self::Vae(_) => Vec::new(),
            _ => vec![LOGIT],
        }
    }

    /// The variables.
    pub(crate) fn bernoulli(self) -> Result<Bernoulli, Error> {
        Bernoulli::from_logits(&self.logits()).map_err(Error::computation)
    }

    /// The control of the toy, with the parameters that it is timed at.
    pub(crate) fn control(self) -> Result<Box<dyn BatchControl + Sync>, Error> {
        Ok(match self {
            Self::Relax | Self::Step => Box::new(relax()?),
            Self::Vae(_) => return Err(Error::computation("a model has another control for each image")),
            Self::Rebar => Box::new(Rebar::new(ETA, LAMBDA, TARGET).map_err(Error::computation)?),
            Self::RelaxWide => Box::new(wide()?),
            Self::Quadratic200 => {
                Box::new(Quadratic200::new(ETA, LAMBDA, TARGET).map_err(Error::computation)?)
            }
        })
    }

    /// φ, flat; of a model all parameters.
    pub(crate) fn phi(self) -> Result<Vec<f64>, Error> {
        if let Self::Vae(method) = self {
            return Ok(method.start());
        }
        Ok(self.control()?.phi().as_slice().to_vec())
    }
}

/// The run of streams whose weights are drawn: one whose last `ReLU` is on at some z and off at others.
const WEIGHTS: u64 = 3;

/// The control of [`Case::Relax`].
pub(crate) fn relax() -> Result<Relax, Error> {
    Relax::draw(LAMBDA, TARGET, &mut Stream::new(WEIGHTS, 0, 0)).map_err(Error::computation)
}

/// `c(z) = f(σ(z/λ)) + r(z)`, r = Linear(1, 64) tanh Linear(64, 64) tanh Linear(64, 1).
#[control(positive(lambda), data(target))]
pub(crate) fn relax_wide(
    z: f64,
    lambda: f64,
    w1: &SVector<f64, 64>,
    b1: &SVector<f64, 64>,
    w2: &SMatrix<f64, 64, 64>,
    b2: &SVector<f64, 64>,
    w3: &SVector<f64, 64>,
    b3: f64,
    target: f64,
) -> f64 {
    let h1 = (w1 * z + b1).map(f64::tanh);
    let h2 = (w2 * h1 + b2).map(f64::tanh);
    quadratic(sigmoid(z / lambda), target) + w3.dot(&h2) + b3
}

/// The control of [`Case::RelaxWide`], its weights uniform on `±1/√inputs`.
fn wide() -> Result<RelaxWide, Error> {
    let mut stream = Stream::new(WEIGHTS, 1, 0);
    let mut uniform = |bound: f64| {
        let mut draw = [0.0];
        stream.fill_open01(&mut draw);
        bound * (2.0 * draw[0] - 1.0)
    };
    let bound = 1.0 / (WIDE as f64).sqrt();
    let (w1, b1) = (SVector::from_fn(|_, _| uniform(1.0)), SVector::from_fn(|_, _| uniform(1.0)));
    let (w2, b2) = (SMatrix::from_fn(|_, _| uniform(bound)), SVector::from_fn(|_, _| uniform(bound)));
    let (w3, b3) = (SVector::from_fn(|_, _| uniform(bound)), uniform(bound));
    RelaxWide::new(LAMBDA, w1, b1, w2, b2, w3, b3, TARGET).map_err(Error::computation)
}

/// `c(z) = η·mean_m f(σ(z_m/λ))`, a control of all 200 variables.
#[control(positive(lambda), data(target))]
pub(crate) fn quadratic_200(z: &[f64; 200], eta: f64, lambda: f64, target: f64) -> f64 {
    eta * z.iter().map(|z| quadratic(sigmoid(z / lambda), target)).sum::<f64>() / 200.0
}

//! The estimators of the note's experiment, by name.
//!
//! A new one is a control in a file of its own and a row of [`METHODS`].

use rand::Rng;

use crate::control::Control;
use crate::controls::{Rebar, Relax, RelaxLinear, Zero};
use crate::error::InvalidParameter;

/// An estimator: a choice of control for [`estimate`](crate::estimate()).
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// What a command line calls it.
    pub name: &'static str,
    /// What a report calls it.
    pub title: &'static str,
    /// Its control, as a formula.
    pub formula: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Makes its control for the objective `(b - t)²`; weights come from the generator.
    pub control: fn(&Setup, &mut dyn Rng) -> Result<AnyControl, InvalidParameter>,
}

/// A control of a kind that is chosen at run time.
pub type AnyControl = Box<dyn Control + Send + Sync>;

/// What the controls of [`METHODS`] start from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// t.
    pub target: f64,
    /// The temperature λ.
    pub lambda: f64,
    /// REBAR's scale η.
    pub eta: f64,
}

/// All estimators.
///
/// ```
/// use voidgrad::{Control, METHODS, Setup, Stream};
/// let setup = Setup { target: 0.499, lambda: 0.5, eta: 1.0 };
/// let parameters: Result<Vec<usize>, _> = METHODS
///     .iter()
///     .map(|method| Ok((method.control)(&setup, &mut Stream::new(0, 0, 0))?.parameters()))
///     .collect();
/// assert_eq!(parameters, Ok::<_, voidgrad::InvalidParameter>(vec![0, 2, 47, 47]));
/// ```
pub const METHODS: &[Method] = &[
    Method {
        name: "reinforce",
        title: "REINFORCE",
        formula: "c(z) = 0",
        source: "Williams 1992",
        control: |_, _| Ok(Box::new(Zero)),
    },
    Method {
        name: "rebar",
        title: "REBAR",
        formula: "c(z) = η·f(σ(z/λ))",
        source: "Tucker et al. 2017",
        control: |setup, _| Ok(Box::new(Rebar::new(setup.eta, setup.lambda, setup.target)?)),
    },
    Method {
        name: "relax",
        title: "RELAX",
        formula: "c(z) = f(σ(z/λ)) + r(z), r: 1-5-5-1, ReLU after every layer",
        source: "Grathwohl et al. 2018, with the note's network",
        control: |setup, rng| Ok(Box::new(Relax::draw(setup.lambda, setup.target, rng)?)),
    },
    Method {
        name: "relax-linear",
        title: "RELAX, linear output",
        formula: "c(z) = f(σ(z/λ)) + r(z), r: 1-5-5-1, no ReLU after the last layer",
        source: "Grathwohl et al. 2018, with the note's network repaired",
        control: |setup, rng| Ok(Box::new(RelaxLinear::draw(setup.lambda, setup.target, rng)?)),
    },
];

impl Method {
    /// The estimator of this name.
    ///
    /// ```
    /// use voidgrad::Method;
    /// assert_eq!(Method::find("rebar").map(|method| method.title), Some("REBAR"));
    /// assert!(Method::find("rebra").is_none());
    /// ```
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }
}

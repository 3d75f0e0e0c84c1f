//! What an estimator says of itself.

use std::sync::Arc;

use thiserror::Error;

use super::{AutoError, Cost, distributions, methods};
use crate::controls::Relaxable;
use crate::error::InvalidParameter;

/// An estimator as the list has it: what it is, what it costs, and how it is made.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// What a command line calls it.
    pub name: &'static str,
    /// What a report calls it.
    pub title: &'static str,
    /// What it computes.
    pub formula: &'static str,
    /// Where it comes from: paper and equation.
    pub source: &'static str,
    /// Whether its mean is the gradient.
    pub bias: Bias,
    /// What it asks of the objective.
    pub needs: Needs,
    /// How often an estimate evaluates f, and how often its control.
    pub cost: Cost,
    /// Its parameters, in words; empty if it has none.
    pub parameters: &'static str,
}

/// Whether the mean of an estimator is the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// It is, for every objective.
    Unbiased,
    /// It is not, unless by luck.
    Biased,
}

/// What an estimator asks of the objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// `f(b)` at samples, and nothing else: f is a black box.
    Values,
    /// `f(b)` at samples; what the estimator knows of f besides is in its control, which may be made of a relaxed f and is
    /// differentiated by `#[control]`.
    Control,
    /// `∇f` as well, at b or at relaxed numbers between 0 and 1.
    Gradient,
    /// The [flips](crate::objective::Flips) of f as well, at samples.
    Flips,
}

/// What the estimators of the tables start from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The objective that the controls of REBAR and RELAX relax, as [`Relaxable`] says; the others need none. Without one `rebar` and `relax` [ask](super::Asking) for f and ∇f at relaxed
    /// points.
    pub relaxes: Option<Arc<dyn Relaxable>>,
    /// Whether f knows its [flips](crate::objective::Flips): then `local-expectation` takes one evaluation, and `rodeo` needs no ∇f.
    pub knows_flips: bool,
    /// The temperature λ.
    pub lambda: f64,
    /// η, REBAR's scale and the coefficient of ReinMax-CV.
    pub eta: f64,
    /// The constant baseline c of REINFORCE.
    pub baseline: f64,
    /// K, the evaluations of f in an estimate, where there is a choice; `None` for the least that makes sense.
    pub evaluations: Option<u64>,
    /// The factor in [0, 1) by which estimators forget what they have learned from earlier rounds; `None` for the one that each has of its own.
    pub decay: Option<f64>,
    /// What a round of each candidate of `auto` costs, by the candidate's name; its evaluations of f if nothing is given.
    pub costs: Vec<(String, f64)>,
}

/// λ = ½, η = 1, no baseline, nothing to relax.
impl Default for Setup {
    fn default() -> Self {
        Self {
            relaxes: None,
            knows_flips: false,
            lambda: 0.5,
            eta: 1.0,
            baseline: 0.0,
            evaluations: None,
            decay: None,
            costs: Vec::new(),
        }
    }
}

impl Setup {
    /// The default with controls that relax this objective.
    ///
    /// ```
    /// use voidgrad::Bernoulli;
    /// use voidgrad::estimators::{Listed, Setup};
    /// use voidgrad::{Stream, toy::MeanQuadratic};
    /// let (row, bernoulli) = (Bernoulli::estimator("relax-linear")?, Bernoulli::from_logits(&[0.0])?);
    /// let setup = Setup::relaxing(MeanQuadratic { target: 0.499 });
    /// assert!(row.make(&setup, &bernoulli, &mut Stream::new(0, 0, 0)).is_ok());
    /// let Err(error) = row.make(&Setup::default(), &bernoulli, &mut Stream::new(0, 0, 0)) else { unreachable!() };
    /// assert!(error.to_string().starts_with("the control of relax-linear is a relaxed f, and none is given"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn relaxing(objective: impl Relaxable + 'static) -> Self {
        Self { relaxes: Some(Arc::new(objective)), ..Self::default() }
    }

    /// The objective for the control of this estimator.
    pub(super) fn relaxed(&self, method: &Method) -> Result<&dyn Relaxable, MethodError> {
        self.relaxes.as_deref().ok_or(MethodError::NothingToRelax { name: method.name })
    }
}

impl Method {
    /// The estimator of this name, whichever distributions it is for.
    ///
    /// ```
    /// use voidgrad::estimators::Method;
    /// assert_eq!(Method::find("rebar").map(|method| method.title), Some("REBAR"));
    /// assert!(Method::find("rebra").is_none());
    /// ```
    #[inline]
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        methods().find(|method| method.name == name)
    }

    /// Whether its mean is not the gradient.
    #[must_use]
    pub fn is_biased(&self) -> bool {
        self.bias == Bias::Biased
    }
}

/// An estimator of the list that cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MethodError {
    /// A value of the setup outside its domain.
    #[error(transparent)]
    Setup(#[from] InvalidParameter),
    /// Estimators that can't be chosen among.
    #[error(transparent)]
    Auto(#[from] AutoError),
    /// There is no estimator of this name.
    #[error("there is no estimator {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The estimator's control is a relaxed f, and the setup has none.
    #[error(
        "the control of {name} is a relaxed f, and none is given; give Setup::relaxes: ByGradient of an f with its gradient, or an f that is Relaxable. \
         rebar and relax ask for ∇f instead, and relax-perceptron needs values of f alone"
    )]
    NothingToRelax {
        /// The estimator's name.
        name: &'static str,
    },
    /// The estimator is for other variables.
    #[error("the estimator {name} is for {allowed} variables, and not for {asked} variables")]
    Distribution {
        /// The estimator's name.
        name: &'static str,
        /// The distribution that was asked for.
        asked: &'static str,
        /// The distributions that it is for.
        allowed: String,
    },
}

/// All estimators as a table of Markdown, one row per estimator.
///
/// ```
/// let table = voidgrad::estimators::table();
/// assert!(table.contains("| `rloo` | RLOO |"));
/// ```
#[inline]
#[must_use]
pub fn table() -> String {
    let mut table = String::from(
        "| name | estimator | ĝ | evaluations of f | needs | mean | for | parameters | source |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for method in methods() {
        let needs = match method.needs {
            Needs::Values => "f",
            Needs::Control => "f; c with its derivatives",
            Needs::Gradient => "f and ∇f",
            Needs::Flips => "f and its flips",
        };
        let mean = match method.bias {
            Bias::Unbiased => "unbiased",
            Bias::Biased => "**biased**",
        };
        let distributions = distributions(method).join(", ");
        let Method { name, title, formula, parameters, source, .. } = method;
        let cost = method.cost.to_string();
        // A bar would end the cell.
        let formula = formula.replace('|', "\\|");
        let name = format!("`{name}`");
        let cells =
            [&name, *title, &formula, &cost, needs, mean, &distributions, *parameters, *source].join(" | ");
        table.extend(["| ", &cells, " |\n"]);
    }
    table
}

//! What an estimator says of itself.

use rand::Rng;
use thiserror::Error;

use super::{AnyEstimator, METHODS};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::error::InvalidParameter;
use crate::gaussian::Gaussian;

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
    /// Evaluations of f an estimate, in M and K.
    pub cost: &'static str,
    /// Its parameters, in words; empty where it has none.
    pub parameters: &'static str,
    /// Makes it for Bernoulli variables; `None` where it is not for them.
    pub bernoulli: Option<Make<Bernoulli>>,
    /// Makes it for categorical variables; `None` where it is not for them.
    pub categorical: Option<MakeFor<Categorical>>,
    /// Makes it for Gaussian variables; `None` where it is not for them.
    pub gaussian: Option<MakeFor<Gaussian>>,
}

/// Makes an estimator; weights come from the generator.
pub type Make<D> = fn(&Setup, &mut dyn Rng) -> Result<AnyEstimator<D>, InvalidParameter>;

/// Makes an estimator of variables like these: a control of all of z at once has to know how many there are. Weights come from
/// the generator.
pub type MakeFor<D> = fn(&Setup, &D, &mut dyn Rng) -> Result<AnyEstimator<D>, InvalidParameter>;

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
}

/// What the estimators of [`METHODS`] start from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// t of the objective `(b - t)²`, which the controls of REBAR and RELAX are made of.
    pub target: f64,
    /// The temperature λ.
    pub lambda: f64,
    /// REBAR's scale η.
    pub eta: f64,
    /// The constant baseline c of REINFORCE.
    pub baseline: f64,
    /// K, the evaluations of f in an estimate, where there is a choice; `None` for the least that makes sense.
    pub evaluations: Option<u64>,
}

/// λ = ½, η = 1, no baseline, t = 0.499.
impl Default for Setup {
    fn default() -> Self {
        Self { target: 0.499, lambda: 0.5, eta: 1.0, baseline: 0.0, evaluations: None }
    }
}

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
        METHODS.iter().copied().find(|method| method.name == name)
    }

    /// Those that are made for Bernoulli variables.
    pub fn of_bernoulli() -> impl Iterator<Item = (&'static Self, Make<Bernoulli>)> {
        METHODS.iter().filter_map(|&method| Some((method, method.bernoulli?)))
    }

    /// Those that are made for categorical variables.
    ///
    /// ```
    /// use voidgrad::{Categorical, Estimator, Method, Setup, Stream};
    /// let categorical = Categorical::from_logits(&[0.0; 6], 3)?;
    /// for (method, make) in Method::of_categorical() {
    ///     let estimator = make(&Setup::default(), &categorical, &mut Stream::new(0, 0, 0))?;
    ///     println!("{}: {} numbers of noise", method.name, estimator.noise(&categorical));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_categorical() -> impl Iterator<Item = (&'static Self, MakeFor<Categorical>)> {
        METHODS.iter().filter_map(|&method| Some((method, method.categorical?)))
    }

    /// Those that are made for Gaussian variables.
    pub fn of_gaussian() -> impl Iterator<Item = (&'static Self, MakeFor<Gaussian>)> {
        METHODS.iter().filter_map(|&method| Some((method, method.gaussian?)))
    }

    /// The estimator of Bernoulli variables.
    ///
    /// ```
    /// use voidgrad::{Method, Setup, Stream};
    /// let lax = Method::find("lax").unwrap();
    /// let error = lax.make(&Setup::default(), &mut Stream::new(0, 0, 0)).map(drop).unwrap_err();
    /// assert_eq!(error.to_string(), "the estimator lax is for Gaussian variables, and not for Bernoulli variables");
    /// ```
    ///
    /// # Errors
    /// Returns an error if it is not for Bernoulli variables, or if a value of the setup is outside its domain.
    pub fn make(&self, setup: &Setup, rng: &mut dyn Rng) -> Result<AnyEstimator, MethodError> {
        let make = self.bernoulli.ok_or_else(|| self.is_not_for("Bernoulli"))?;
        Ok(make(setup, rng)?)
    }

    fn is_not_for(&self, asked: &'static str) -> MethodError {
        MethodError::Distribution { name: self.name, asked, allowed: self.distributions().join(" and ") }
    }

    /// The distributions that it is for.
    #[must_use]
    pub fn distributions(&self) -> Vec<&'static str> {
        let bernoulli = self.bernoulli.map(|_| "Bernoulli");
        let categorical = self.categorical.map(|_| "categorical");
        let gaussian = self.gaussian.map(|_| "Gaussian");
        [bernoulli, categorical, gaussian].into_iter().flatten().collect()
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

/// The list as a table of Markdown, a row an estimator.
///
/// ```
/// let table = voidgrad::estimators::table();
/// assert!(table.contains("| `rloo` | RLOO |"));
/// ```
#[must_use]
pub fn table() -> String {
    let mut table = String::from(
        "| name | estimator | ĝ | evaluations of f | needs | mean | for | parameters | source |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for method in METHODS {
        let needs = match method.needs {
            Needs::Values => "f",
            Needs::Control => "f; c with its derivatives",
            Needs::Gradient => "f and ∇f",
        };
        let mean = match method.bias {
            Bias::Unbiased => "unbiased",
            Bias::Biased => "**biased**",
        };
        let distributions = method.distributions().join(", ");
        let Method { name, title, formula, cost, parameters, source, .. } = method;
        // A bar would end the cell.
        let formula = formula.replace('|', "\\|");
        let name = format!("`{name}`");
        let cells =
            [&name, *title, &formula, *cost, needs, mean, &distributions, *parameters, *source].join(" | ");
        table.extend(["| ", &cells, " |\n"]);
    }
    table
}

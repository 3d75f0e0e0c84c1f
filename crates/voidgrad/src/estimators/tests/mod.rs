//! What every estimator of the list has to show.
//!
//! Expectations and variances are sums and integrals wherever ĝ is constant, a polynomial, or a sum of functions of one number
//! each between the points where a sample changes. What is left to chance is one z-test, which all estimators take: a number for each parameter of each unbiased estimator, and `E[f]` of those that have
//! no rule, with a bound of 6 standard errors (2e-9 for a normal number).
//! These are less than 900 numbers, [which is counted](sampled). With the 9, 16, 27, 36 and 31 counts of states of the same bound in the tests of [`categorical`](crate::categorical), [`subset`](crate::subset), [`chain`](crate::chain),
//! [`plackett_luce`](crate::plackett_luce) and [`counts`](crate::counts), and 25 tests of Kolmogorov and Smirnov there and of Gaussian numbers (5e-11 each), the false-alarm rate of the whole suite is below 2.1e-6, were the seeds not
//! fixed.

mod additive;
mod asking;
mod auto;
mod auto_control;
mod bounds;
mod categorical;
mod claims;
mod control_variate;
mod double_cv;
mod examples;
mod formulas;
mod gaussian;
mod known;
mod mixed;
mod numerics;
mod sampled;
mod structured;
mod subset;

mod weights;
mod zero_mean;

use std::sync::Arc;

use super::{DoubleCv, Listed, Method, MethodError, Rodeo, Setup};
use crate::bernoulli::Bernoulli;
use crate::controls::ByGradient;
use crate::distribution::Distribution;
use crate::error::ObjectiveError;
use crate::estimator::{AnyEstimator, Estimator as _, Learned, Round};
use crate::noise::Stream;
use crate::objective::{Differentiable, Flips, Objective, Points};
use crate::toy::MeanQuadratic;
use voidgrad_real::sigmoid;

/// A cubic function of all variables together, which no sum of functions of one of them is equal to, nor a function
/// that is quadratic in each.
#[derive(Clone)]
pub(crate) struct Cubic;

impl Cubic {
    fn weight(m: usize) -> f64 {
        [0.9, -0.6, 1.3, 0.4, -1.1, 0.7, 0.2, -0.5][m % 8]
    }

    fn sum(x: &[f64]) -> f64 {
        x.iter().enumerate().map(|(m, x)| Self::weight(m) * x).sum::<f64>() - 0.25
    }

    /// f of one point.
    #[allow(clippy::unused_self, reason = "objectives have values, types do not")]
    pub(crate) fn value(&self, b: &[f64]) -> f64 {
        let s = Self::sum(b);
        s * s * s - 0.7 * s + 2.0
    }
}

impl Objective for Cubic {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| self.value(b));
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

impl Flips for Cubic {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        Flipping(Self).value_and_flips(b, flips)
    }
}

impl Differentiable for Cubic {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let s = Self::sum(x);
        for (m, gradient) in gradient.iter_mut().enumerate() {
            *gradient = Self::weight(m) * (3.0 * s * s - 0.7);
        }
        self.value(x)
    }
}

/// [`Cubic`] times a power of two, which no arithmetic may lose a digit of.
pub(super) struct Scaled(pub(super) f64);

impl Objective for Scaled {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| self.0 * Cubic.value(b));
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

impl Flips for Scaled {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        let value = Cubic.value_and_flips(b, flips);
        for flip in flips {
            *flip *= self.0;
        }
        self.0 * value
    }
}

impl Differentiable for Scaled {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let value = Cubic.value_and_gradient(x, gradient);
        for gradient in gradient {
            *gradient *= self.0;
        }
        self.0 * value
    }
}

/// An objective with its flips, as differences of its values.
pub(crate) struct Flipping<O>(pub(crate) O);

impl<O: Objective> Objective for Flipping<O> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        self.0.values(points, f)
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        self.0.differentiable()
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

impl<O: Objective> Flips for Flipping<O> {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        let mut f = [0.0];
        self.values_and_flips(Points::rows(b, b.len()), &mut f, flips).unwrap();
        f[0]
    }

    fn values_and_flips(
        &self,
        points: Points<'_>,
        f: &mut [f64],
        flips: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        self.values(points, f)?;
        for (i, flips) in flips.chunks_exact_mut(points.dimension()).enumerate() {
            for (m, flip) in flips.iter_mut().enumerate() {
                let mut b = points.row(i).to_vec();
                b[m] = 1.0 - b[m];
                let mut flipped = [0.0];
                let point = Points::rows(&b, b.len()).of_examples(points.example(i), 1);
                self.values(point, &mut flipped)?;
                *flip = flipped[0] - f[i];
            }
        }
        Ok(())
    }
}

/// So many variables, probable and improbable.
pub(crate) fn variables(count: usize) -> Bernoulli {
    let theta = [0.3, 0.85, 0.5, 0.08, 0.62, 0.97, 0.41, 0.2];
    Bernoulli::from_probabilities(&theta[..count]).unwrap()
}

/// Every state with its probability.
fn states(bernoulli: &Bernoulli) -> Vec<(Vec<f64>, f64)> {
    let logits = bernoulli.logits();
    let state = |index: usize| {
        let b: Vec<f64> = (0..logits.len()).map(|m| if index >> m & 1 == 1 { 1.0 } else { 0.0 }).collect();
        let p =
            b.iter().zip(logits).map(|(b, &a)| if *b == 1.0 { sigmoid(a) } else { sigmoid(-a) }).product();
        (b, p)
    };
    (0..1 << logits.len()).map(state).collect()
}

/// `∂/∂a E[f(b)]` by the sum over all states.
fn gradient(bernoulli: &Bernoulli, objective: &dyn Objective) -> Vec<f64> {
    let mut gradient = vec![0.0; bernoulli.len()];
    for (b, p) in states(bernoulli) {
        let f = objective.value(&b).unwrap();
        for ((gradient, b), &a) in gradient.iter_mut().zip(&b).zip(bernoulli.logits()) {
            *gradient += p * f * (b - sigmoid(a));
        }
    }
    gradient
}

/// Settings that are nowhere 0 or 1; the toy brings fused controls.
fn setup() -> Setup {
    Setup { lambda: 0.6, eta: 0.8, ..Setup::relaxing(MeanQuadratic { target: TARGET }) }
}

/// The same with a general f, relaxed by its gradient: the one that is averaged.
fn by_gradient() -> Setup {
    Setup { relaxes: Some(Arc::new(ByGradient(Cubic))), ..setup() }
}

/// t of the f that controls relax, which is not the f that is averaged.
const TARGET: f64 = 0.3;

/// The estimator of this name.
fn make<D: Listed>(name: &str, setup: &Setup, distribution: &D) -> AnyEstimator<D> {
    D::estimator(name).unwrap().make(setup, distribution, &mut Stream::new(8, 0, 2)).unwrap()
}

/// An estimator with its entry of the list, and a name for messages.
pub(crate) type Named<D = Bernoulli> = (String, &'static Method, AnyEstimator<D>);

/// What Double CV has learned if it is this α.
fn of_alpha(alpha: f64) -> Learned {
    let numbers = [("draws", 1000.0), ("roots", 1.0), ("controls", 1.0), ("weight", 0.0)];
    let numbers = numbers.map(|(name, number)| (name.into(), vec![number]));
    let arrays = [("targets".into(), vec![-alpha, 0.0]), ("slope".into(), Vec::new())];
    arrays.into_iter().chain(numbers).collect()
}

/// A state as an estimator takes it over.
fn borrowed(state: &Learned) -> Vec<(&str, &[f64])> {
    state.iter().map(|(name, values)| (&**name, &values[..])).collect()
}

/// Double CV that has learned this α.
fn double_cv_of(samples: u64, alpha: f64) -> DoubleCv {
    let mut double_cv = DoubleCv::new(samples, 0.999).unwrap();
    double_cv.restore(&borrowed(&of_alpha(alpha))).unwrap();
    double_cv
}

/// RODEO with these weights, but for the ridge of its regression: that of ∇f has six, that of flips three.
fn rodeo_of(samples: u64, weights: &[f64]) -> Rodeo {
    let make = if weights.len() == 3 { Rodeo::by_flips } else { Rodeo::new };
    let mut rodeo = make(samples, 0.999).unwrap();
    rodeo.restore(&borrowed(&of_weights(weights))).unwrap();
    rodeo
}

/// What RODEO has learned if these are its weights.
fn of_weights(weights: &[f64]) -> Learned {
    let count = weights.len();
    let identity = |i: usize| if i.is_multiple_of(count + 1) { 1.0 } else { 0.0 };
    vec![
        ("draws".into(), vec![1e5]),
        ("roots".into(), vec![1.0; count]),
        ("controls".into(), (0..count * count).map(identity).collect()),
        ("targets".into(), weights.iter().map(|weight| -weight).collect()),
        ("mean".into(), Vec::new()),
        ("weight".into(), vec![0.0]),
    ]
}

/// What the mixture is called that has learned from 20 rounds.
const TAUGHT: &str = "mixed that has learned";

/// Every estimator of the table, those with a number of samples with two of them and with four, local expectation by flips and REINFORCE with a baseline as well, Double CV, RODEO and the mixture as they are before and after they have learned, and those whose control relaxes f with
/// one that is relaxed by its gradient, and with one that they ask for, too.
pub(crate) fn all<D: Listed>(distribution: &D) -> Vec<Named<D>> {
    let mut all = Vec::new();
    for row in D::estimators() {
        let mut add = |name: String, setup: Setup| {
            let estimator = row.make(&setup, distribution, &mut Stream::new(8, 0, 2)).unwrap();
            all.push((name, row.method_of(&setup), estimator));
        };
        let name = row.method.name;
        add(name.to_owned(), setup());
        if row.method.cost.has_choice() {
            add(format!("{name} of 4"), Setup { evaluations: Some(4), ..setup() });
        }
        let alone = Setup { relaxes: None, ..setup() };
        match row.make(&alone, distribution, &mut Stream::new(8, 0, 2)) {
            Err(error) => {
                assert_eq!(error, MethodError::NothingToRelax { name });
                add(format!("{name} by gradient"), by_gradient());
            }
            Ok(_) if !std::ptr::eq(row.method_of(&alone), row.method) => {
                add(format!("{name} by gradient"), by_gradient());
                add(format!("{name} that asks"), alone);
            }
            Ok(_) => {}
        }
        let flipping = Setup { knows_flips: true, ..setup() };
        if !std::ptr::eq(row.method_of(&flipping), row.method) {
            add(format!("{name} by flips"), flipping);
        }
        if name == "reinforce" {
            add("reinforce with a constant".to_owned(), Setup { baseline: 1.6, ..setup() });
        }
        if name == "double-cv" {
            let mut taught = row.make(&setup(), distribution, &mut Stream::new(8, 0, 2)).unwrap();
            taught.restore(&borrowed(&of_alpha(-0.8))).unwrap();
            all.push(("double-cv with α".to_owned(), row.method, taught));
        }
        if name == "rodeo" {
            for (knows_flips, weights) in
                [(false, &[0.7, -0.4, 0.9, 0.3, -0.6, 0.2][..]), (true, &[0.6, 0.5, -0.8])]
            {
                let setup = Setup { knows_flips, ..setup() };
                let mut taught = row.make(&setup, distribution, &mut Stream::new(8, 0, 2)).unwrap();
                taught.restore(&borrowed(&of_weights(weights))).unwrap();
                all.push((format!("rodeo with {} weights", weights.len()), row.method_of(&setup), taught));
            }
        }
        // A million variables would take long to learn of.
        if name == "mixed" && distribution.dimension() < 100 {
            let mut taught = row.make(&setup(), distribution, &mut Stream::new(8, 0, 2)).unwrap();
            teach(&mut taught, distribution, &Cubic, 101);
            all.push((TAUGHT.to_owned(), row.method, taught));
        }
    }
    all
}

/// A claim about every estimator of a table.
pub(crate) trait Claim {
    /// Holds it for estimators of variables like these.
    fn hold<D: Listed + Clone>(&self, distribution: &D, estimators: Vec<Named<D>>);
}

/// Holds a claim for the tables that have something of their own; one Bernoulli variable has paths of its own.
pub(crate) fn hold(claim: &impl Claim) {
    for count in [1, 3] {
        claim.hold(&variables(count), all(&variables(count)));
    }
    claim.hold(&categorical::variables(2), all(&categorical::variables(2)));
    claim.hold(&gaussian::variables(), all(&gaussian::variables()));
    claim.hold(&subset::variables(), all(&subset::variables()));
}

/// Lets an estimator learn from some rounds; what it knows then does not depend on noise of other seeds.
pub(crate) fn teach<D: Distribution>(
    estimator: &mut AnyEstimator<D>,
    distribution: &D,
    objective: &dyn Objective,
    seed: u64,
) {
    let (mut stream, mut round) = (Stream::new(seed, 0, 0), Round::new());
    for _ in 0..20 {
        round.draw(estimator, distribution, &mut stream).unwrap();
        round.evaluate(objective).unwrap();
        round.tell(estimator, distribution).unwrap();
    }
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:e}, not {expected:e}");
}

/// Holds `(2/P)(∂ĝ/∂φ)ᵀ ĝ` against differences of `(1/P) Σ ĝ²` for one noise, P the number of the distribution's parameters.
#[track_caller]
fn variance_gradient_is_the_derivative<D: Distribution>(
    name: &str,
    mut estimator: AnyEstimator<D>,
    distribution: &D,
    objective: &dyn Objective,
) {
    let phi = estimator.control().unwrap().phi();
    let mut noise = vec![0.0; estimator.noise(distribution)];
    Stream::new(4, 0, 0).fill_open01(&mut noise);
    let mut round = Round::new();
    round.estimate_with_variance_gradient(&estimator, distribution, objective, &noise).unwrap();
    let found = round.variance_gradient().to_vec();
    for n in 0..phi.len() {
        let mut at = |offset: f64| {
            let mut moved = phi.clone();
            moved[n] += offset;
            estimator.control_mut().unwrap().set_phi(moved.as_view()).unwrap();
            round.estimate(&estimator, distribution, objective, &noise).unwrap();
            round.gradient().iter().map(|g| g * g).sum::<f64>() / round.gradient().len() as f64
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        // Truncation 1e-10 times a third derivative, rounding 1e-16 over the step, for squares of up to 100.
        close(&format!("{name}, φ{n}"), found[n], difference, 1e-7);
    }
    assert!(found.iter().any(|entry| entry.abs() > 1e-3), "{name}: nothing was tested");
}

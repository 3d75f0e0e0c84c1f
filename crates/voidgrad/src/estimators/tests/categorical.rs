//! Estimators of categorical variables, against sums over all states and against Bernoulli variables.

use nalgebra::{DMatrix, DVector, DVectorView};

use super::{Cubic, Named, SETUP, close};
use crate::categorical::{Categorical, Relaxed};
use crate::control::Control;
use crate::controls::{Rebar, Zero};
use crate::distribution::Distribution;
use crate::error::ShapeMismatch;
use crate::estimators::{Draw, Enumerate, Method, Reinforce, Rloo, Setup, StraightThrough};
use crate::noise::{Stream, Uniforms};
use crate::objective::{Differentiable, MeanQuadratic, Objective};
use crate::variance;

const STATES: usize = 3;

/// So many variables with three states, probable and improbable.
pub(super) fn variables(count: usize) -> Categorical {
    let rows = [[0.2, 0.5, 0.3], [0.05, 0.8, 0.15], [0.6, 0.3, 0.1], [0.34, 0.33, 0.33], [0.02, 0.08, 0.9]];
    Categorical::from_probabilities(&rows[..count].concat(), STATES).unwrap()
}

/// Every state with its probability.
fn states(categorical: &Categorical) -> Vec<(Vec<f64>, f64)> {
    let mut all = vec![(Vec::new(), 1.0)];
    for theta in categorical.probabilities().chunks(categorical.states()) {
        let mut longer = Vec::new();
        for (b, p) in &all {
            for (k, theta) in theta.iter().enumerate() {
                let mut b: Vec<f64> = b.clone();
                b.extend((0..categorical.states()).map(|i| if i == k { 1.0 } else { 0.0 }));
                longer.push((b, p * theta));
            }
        }
        all = longer;
    }
    all
}

/// `∂/∂a E[f(b)]` by the sum over all states.
pub(super) fn gradient(categorical: &Categorical, objective: &dyn Objective) -> Vec<f64> {
    let mut gradient = vec![0.0; categorical.len()];
    for (b, p) in states(categorical) {
        let f = objective.value(&b);
        for ((gradient, b), theta) in gradient.iter_mut().zip(&b).zip(categorical.probabilities()) {
            *gradient += p * f * (b - theta);
        }
    }
    gradient
}

/// Every estimator that there is, those with a number of samples with two of them, REINFORCE with a baseline as well.
pub(super) fn all(categorical: &Categorical) -> Vec<Named<Categorical>> {
    let mut all = Vec::new();
    for (method, make) in Method::of_categorical() {
        let mut add = |name: &str, setup: Setup| {
            let estimator = make(&setup, categorical, &mut Stream::new(8, 0, 2)).unwrap();
            all.push((name.to_owned(), method, estimator));
        };
        add(method.name, SETUP);
        if method.cost.contains('K') {
            add(&format!("{} of 4", method.name), Setup { evaluations: Some(4), ..SETUP });
        }
        if method.name == "reinforce" {
            add("reinforce with a constant", Setup { baseline: 1.6, ..SETUP });
        }
    }
    all
}

#[test]
fn the_list_has_the_estimators_of_categorical_variables() {
    let names: Vec<&str> = Method::of_categorical().map(|(method, _)| method.name).collect();
    let expected = [
        "reinforce",
        "reinforce-ema",
        "reinforce-optimal",
        "rloo",
        "enumerate",
        "rebar",
        "relax",
        "straight-through",
        "gumbel",
    ];
    assert_eq!(names, expected);
    assert!(Method::find("rebar").unwrap().distributions() == ["Bernoulli", "categorical"]);
}

#[test]
fn the_expectation_is_the_gradient_where_an_estimator_is_unbiased_and_else_it_is_not() {
    let mut tested = 0;
    for (name, method, estimator) in all(&variables(2)) {
        let suits = |count: &usize| {
            let size = estimator.rule(&variables(*count)).and_then(|rule| rule.size());
            size.is_some_and(|size| size <= 100_000)
        };
        let Some(count) = (1..=5).rev().find(suits) else { continue };
        let categorical = variables(count);
        let found = variance::over_noise(&categorical, &Cubic, &estimator).unwrap();
        let errors = found.mean.iter().zip(gradient(&categorical, &Cubic)).map(|(mean, g)| (mean - g).abs());
        let error = errors.fold(0.0, f64::max);
        if method.is_biased() {
            assert!(error > 0.01, "{name} is said to be biased, and its error is {error:e}");
        } else {
            // Rounding of sums of up to 100,000 terms below 10.
            assert!(error < 1e-13, "{name}, M = {count}: {error:e}");
        }
        tested += 1;
    }
    assert_eq!(tested, 8);
}

/// Mean and variance of values with their probabilities, held against those of an estimator.
#[track_caller]
fn agree(name: &str, found: &variance::VectorMoments, values: &[(Vec<f64>, f64)]) {
    let entries = found.mean.len();
    let mean: Vec<f64> = (0..entries).map(|i| values.iter().map(|(g, p)| p * g[i]).sum()).collect();
    let square = |g: &[f64]| -> f64 { g.iter().zip(&mean).map(|(g, mean)| (g - mean).powi(2)).sum() };
    let variance = values.iter().map(|(g, p)| p * square(g)).sum::<f64>() / entries as f64;
    found.mean.iter().zip(&mean).for_each(|(found, mean)| close(name, *found, *mean, 1e-14));
    close(name, found.variance, variance, 1e-14);
    assert!(variance > 1e-4, "{name}: nothing was tested");
}

#[test]
fn estimators_have_the_variance_of_their_formula() {
    let categorical = variables(2);
    let (theta, entries) = (categorical.probabilities(), categorical.len());
    let score = |b: &[f64], i: usize| b[i] - theta[i];
    let of_state = |g: &dyn Fn(&[f64], usize) -> f64| -> Vec<(Vec<f64>, f64)> {
        let all = states(&categorical).into_iter();
        all.map(|(b, p)| ((0..entries).map(|i| g(&b, i)).collect(), p)).collect()
    };
    let reinforce = of_state(&|b, i| (Cubic.value(b) - 0.4) * score(b, i));
    let found = variance::over_noise(&categorical, &Cubic, &Reinforce::new(0.4).unwrap()).unwrap();
    agree("reinforce", &found, &reinforce);
    let straight_through = of_state(&|b, i| {
        let mut slope = vec![0.0; entries];
        Cubic.value_and_gradient(b, &mut slope);
        // The Jacobian of the softmax, entry by entry.
        let row = i / STATES * STATES..(i / STATES + 1) * STATES;
        row.map(|j| slope[j] * theta[j] * (if i == j { 1.0 } else { 0.0 } - theta[i])).sum()
    });
    let found = variance::over_noise(&categorical, &Cubic, &StraightThrough).unwrap();
    agree("straight-through", &found, &straight_through);
    let mut rloo = Vec::new();
    for (b_1, p_1) in states(&categorical) {
        for (b_2, p_2) in states(&categorical) {
            let half = 0.5 * (Cubic.value(&b_1) - Cubic.value(&b_2));
            let g = (0..entries).map(|i| half * (score(&b_1, i) - score(&b_2, i))).collect();
            rloo.push((g, p_1 * p_2));
        }
    }
    agree("rloo", &variance::over_noise(&categorical, &Cubic, &Rloo::new(2).unwrap()).unwrap(), &rloo);
    let found = variance::over_noise(&categorical, &Cubic, &Enumerate).unwrap();
    assert_eq!(found.variance, 0.0);
}

/// Cubic in the second entries of the rows, which are Bernoulli variables.
struct OfSecond;

impl OfSecond {
    fn second(x: &[f64]) -> Vec<f64> {
        x.iter().skip(1).step_by(2).copied().collect()
    }
}

impl Objective for OfSecond {
    fn value(&self, b: &[f64]) -> f64 {
        Cubic.value(&Self::second(b))
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for OfSecond {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let second = Self::second(x);
        let mut of_second = vec![0.0; second.len()];
        gradient.fill(0.0);
        let value = Cubic.value_and_gradient(&second, &mut of_second);
        gradient.iter_mut().skip(1).step_by(2).zip(of_second).for_each(|(to, from)| *to = from);
        value
    }
}

/// With K = 2 the difference of the logits is that of a Bernoulli variable: `∂/∂a_1 = -∂/∂a_0 = ∂/∂a`.
#[test]
fn two_states_have_the_moments_of_a_bernoulli_variable() {
    let differences = [0.7, -1.9];
    let bernoulli = crate::Bernoulli::from_logits(&differences).unwrap();
    let categorical = Categorical::from_logits(&[0.3, 1.0, 2.0, 0.1], 2).unwrap();
    let mut tested = 0;
    for (method, make) in Method::of_categorical() {
        let mut stream = Stream::new(8, 0, 2);
        let estimator = make(&Setup { baseline: 0.8, ..SETUP }, &categorical, &mut stream).unwrap();
        let Ok(found) = variance::over_noise(&categorical, &OfSecond, &estimator) else { continue };
        let of_bernoulli = method.make(&Setup { baseline: 0.8, ..SETUP }, &mut stream).unwrap();
        let expected = variance::moments(&bernoulli, &Cubic, &of_bernoulli).unwrap();
        for m in 0..2 {
            close(method.name, found.mean[2 * m + 1], expected.mean[m], 1e-14);
            close(method.name, found.mean[2 * m], -expected.mean[m], 1e-14);
        }
        close(method.name, found.variance, expected.variance, 1e-14);
        tested += 1;
    }
    assert_eq!(tested, 6);
}

/// A control of the differences of z between the two states, and `φ` the other control's.
#[derive(Clone)]
struct OfDifferences(Rebar);

impl OfDifferences {
    fn differences(z: &[f64]) -> Vec<f64> {
        z.chunks(2).map(|z| z[1] - z[0]).collect()
    }
}

impl Control for OfDifferences {
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn phi(&self) -> DVector<f64> {
        self.0.phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        self.0.set_phi(phi)
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.0.named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.0.value(&Self::differences(z))
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let mut slopes = vec![0.0; z.len() / 2];
        let c = self.0.value_and_d_z(&Self::differences(z), &mut slopes);
        for (c_z, slope) in c_z.chunks_mut(2).zip(slopes) {
            c_z.copy_from_slice(&[-slope, slope]);
        }
        c
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        self.0.d_phi(&Self::differences(z), c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        let mut slopes = DMatrix::zeros(z.len() / 2, self.parameters());
        self.0.d_z_d_phi(&Self::differences(z), &mut slopes);
        for m in 0..z.len() / 2 {
            c_z_phi.row_mut(2 * m + 1).copy_from(&slopes.row(m));
            c_z_phi.row_mut(2 * m).copy_from(&-slopes.row(m));
        }
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.0.vjp_jvp(&Self::differences(z), &Self::differences(z_dot), c_bar, phi_bar);
    }
}

/// Sample by sample, on noise that makes the same differences: `E_0/(E_0 + E_1)` is uniform where the `E_k = -ln u_k` are those of
/// Gumbel variables. The gradient of the variance is the same as well.
#[test]
fn rebar_of_two_states_is_rebar_of_a_bernoulli_variable() {
    let (a, logits) = ([0.7, -1.9], [0.3, 1.0, 2.0, 0.1]);
    let bernoulli = crate::Bernoulli::from_logits(&a).unwrap();
    let categorical = Categorical::from_logits(&logits, 2).unwrap();
    let control = Rebar::new(0.8, 0.6, 0.3).unwrap();
    let of_differences = OfDifferences(control.clone());
    let [mut rows, mut single] = [Draw::new(&categorical), Draw::new(&bernoulli)];
    let mut states = [0; 2];
    for row in 0..50 {
        let mut noise = [0.0; 8];
        Stream::new(7, 0, row).fill_open01(&mut noise);
        let share = |pair: &[f64], k: usize| pair[k].ln() / (pair[0].ln() + pair[1].ln());
        let mut of_bernoulli = [0.0; 4];
        for m in 0..2 {
            let (u, v) = (&noise[2 * m..2 * m + 2], &noise[4 + 2 * m..6 + 2 * m]);
            of_bernoulli[m] = share(u, 0);
            // Where b = 0 the Bernoulli z̃ falls as v grows.
            let b = usize::from(of_bernoulli[m] > 1.0 - crate::sigmoid(a[m]));
            of_bernoulli[2 + m] = share(v, 1 - b);
            states[b] += 1;
        }
        let (mut phi_bar, mut expected) = ([0.0; 2], [0.0; 2]);
        let noise = Uniforms::new(&noise).unwrap();
        let f = OfSecond;
        rows.update_with_variance_gradient(&of_differences, &categorical, &f, noise, &mut phi_bar).unwrap();
        let noise = Uniforms::new(&of_bernoulli).unwrap();
        single.update_with_variance_gradient(&control, &bernoulli, &Cubic, noise, &mut expected).unwrap();
        for m in 0..2 {
            // Rounding of logarithms, times the slopes of numbers up to 10.
            close("∂/∂a_1", rows.gradient[2 * m + 1], single.gradient[m], 1e-12);
            close("∂/∂a_0", rows.gradient[2 * m], -single.gradient[m], 1e-12);
        }
        for (found, expected) in phi_bar.iter().zip(expected) {
            close("∂Var/∂φ", *found, expected, 1e-11);
        }
    }
    assert!(states.iter().all(|&count| count > 20));
}

#[test]
fn rebar_equals_reinforce_when_eta_is_zero() {
    let categorical = variables(2);
    let control = Relaxed::new(MeanQuadratic { target: 0.3 }, &categorical, 0.0, 0.5).unwrap();
    let mut noise = [0.0; 12];
    let [mut rebar, mut reinforce] = [Draw::new(&categorical), Draw::new(&categorical)];
    for row in 0..20 {
        Stream::new(5, 0, row).fill_open01(&mut noise);
        let noise = Uniforms::new(&noise).unwrap();
        rebar.update(&control, &categorical, &Cubic, noise).unwrap();
        reinforce.update(&Zero, &categorical, &Cubic, noise).unwrap();
        assert_eq!(rebar.gradient, reinforce.gradient);
    }
    assert!(rebar.gradient[0].abs() > 1e-3);
}

/// `(2/MK)(∂ĝ/∂φ)ᵀ ĝ` is the derivative of the mean square of ĝ, the noise held fixed.
#[test]
fn the_variance_gradient_is_the_derivative_of_the_mean_square() {
    for (count, name) in [1, 2].into_iter().flat_map(|count| ["rebar", "relax"].map(|name| (count, name))) {
        let categorical = variables(count);
        let make = Method::find(name).unwrap().categorical.unwrap();
        let estimator = make(&SETUP, &categorical, &mut Stream::new(8, 0, 2)).unwrap();
        super::variance_gradient_is_the_derivative(name, estimator, &categorical, &Cubic);
    }
}

/// Interval by interval: each state has the share θ of (0, 1), and the rule one node there with that weight.
#[test]
fn a_uniform_number_draws_each_state_with_its_probability() {
    let categorical = Categorical::from_probabilities(&[0.25, 0.0625, 0.6875], STATES).unwrap();
    let mut b = [0.0; STATES];
    let mut drawn = |u: f64| {
        categorical.draw(&[u], &mut b);
        categorical.indices(&b).unwrap()[0]
    };
    let ends = [0.0, 0.0625, 0.3125, 1.0];
    for (piece, k) in ends.windows(2).zip([1, 0, 2]) {
        for u in [piece[0] + 1e-12, f64::midpoint(piece[0], piece[1]), piece[1] - 1e-12] {
            assert_eq!(drawn(u), k, "{u}");
        }
    }
    let rule = categorical.rule().unwrap();
    for (node, k) in rule.nodes()[0].iter().zip([1, 0, 2]) {
        assert_eq!(drawn(node.u), k);
        close("weight", node.weight, categorical.probabilities()[k], 1e-16);
    }
}

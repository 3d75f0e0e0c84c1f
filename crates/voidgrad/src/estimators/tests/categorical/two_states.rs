//! With K = 2 a categorical variable is a Bernoulli variable.

use nalgebra::{DMatrix, DVector, DVectorView};

use super::super::{Cubic, close, make, setup};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::Rebar;
use crate::error::{ObjectiveError, ShapeMismatch};
use crate::estimator::Round;
use crate::estimators::{Listed, Setup};
use crate::noise::Stream;
use crate::objective::{Differentiable, Objective, Points};
use crate::variance;

/// Cubic in the second entries of the rows, which are Bernoulli variables.
struct OfSecond;

impl OfSecond {
    fn second(x: &[f64]) -> Vec<f64> {
        x.iter().skip(1).step_by(2).copied().collect()
    }
}

impl Objective for OfSecond {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| Cubic.value(&Self::second(b)));
        Ok(())
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
    let bernoulli = Bernoulli::from_logits(&differences).unwrap();
    let categorical = Categorical::from_logits(&[0.3, 1.0, 2.0, 0.1], 2).unwrap();
    let mut tested = 0;
    // The first candidate of auto is another here and there.
    for row in Categorical::estimators().iter().filter(|row| row.method.name != "auto") {
        let (method, setup) = (row.method, Setup { baseline: 0.8, ..setup() });
        let estimator = make(method.name, &setup, &categorical);
        let Ok(found) = variance::over_rule(&categorical, &OfSecond, &estimator) else { continue };
        // Some are for categorical variables alone.
        if Bernoulli::estimator(method.name).is_err() {
            continue;
        }
        let of_bernoulli = make(method.name, &setup, &bernoulli);
        let expected = variance::moments(&bernoulli, &Cubic, &of_bernoulli).unwrap();
        for m in 0..2 {
            close(method.name, found.mean[2 * m + 1], expected.mean[m], 1e-14);
            close(method.name, found.mean[2 * m], -expected.mean[m], 1e-14);
        }
        close(method.name, found.variance, expected.variance, 1e-14);
        tested += 1;
    }
    assert!(tested >= 9, "{tested}");
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

/// Of z of two states the control sees the difference, a logistic variable as z of a Bernoulli variable is.
#[test]
fn rebar_of_two_states_has_the_exact_moments_of_a_bernoulli_variable() {
    let f = |b: &[f64]| 3.0 * b[1] + 0.4;
    for (a, eta, lambda) in [(1.2, 0.8, 0.6), (-3.0, 2.0, 0.2), (9.0, -1.0, 1.5), (0.4, 1.0, 1e-3)] {
        let bernoulli = Bernoulli::from_logits(&[a]).unwrap();
        let categorical = Categorical::from_logits(&[0.3, 0.3 + a], 2).unwrap();
        let control = Rebar::new(eta, lambda, 0.3).unwrap();
        let expected = variance::quadrature(&bernoulli, &|b: &[f64]| 3.0 * b[0] + 0.4, &control).unwrap();
        let found = variance::moments_of_categorical(&categorical, &f, &OfDifferences(control)).unwrap();
        // What both promise.
        let unit = expected.variance.sqrt();
        close("∂/∂a_1", found.mean[1], expected.mean[0], 2e-7 * unit);
        close("∂/∂a_0", found.mean[0], -expected.mean[0], 2e-7 * unit);
        close("variance", found.variance, expected.variance, 2e-7 * expected.variance);
    }
}

/// Sample by sample, on noise that makes the same differences: `E_0/(E_0 + E_1)` is uniform where the `E_k = -ln u_k` are those of
/// Gumbel variables. The gradient of the variance is the same as well.
#[test]
fn rebar_of_two_states_is_rebar_of_a_bernoulli_variable() {
    let (a, logits) = ([0.7, -1.9], [0.3, 1.0, 2.0, 0.1]);
    let bernoulli = Bernoulli::from_logits(&a).unwrap();
    let categorical = Categorical::from_logits(&logits, 2).unwrap();
    let control = Rebar::new(0.8, 0.6, 0.3).unwrap();
    let of_differences = OfDifferences(control.clone());
    let [mut rows, mut single] = [Round::new(), Round::new()];
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
        let f = OfSecond;
        rows.estimate_with_variance_gradient(&of_differences, &categorical, &f, &noise).unwrap();
        single.estimate_with_variance_gradient(&control, &bernoulli, &Cubic, &of_bernoulli).unwrap();
        assert_eq!((rows.variance_gradient().len(), single.variance_gradient().len()), (2, 2));
        for m in 0..2 {
            // Rounding of logarithms, times the slopes of numbers up to 10.
            close("∂/∂a_1", rows.gradient()[2 * m + 1], single.gradient()[m], 1e-12);
            close("∂/∂a_0", rows.gradient()[2 * m], -single.gradient()[m], 1e-12);
        }
        for (found, expected) in rows.variance_gradient().iter().zip(single.variance_gradient()) {
            close("∂Var/∂φ", *found, *expected, 1e-11);
        }
    }
    assert!(states.iter().all(|&count| count > 20));
}

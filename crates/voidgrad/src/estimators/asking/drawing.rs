//! A sample with its relaxations, for both distributions that have them.

use super::super::{categorical, control_variate};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::Variables;
use crate::distribution::Distribution as _;
use crate::noise::Noise;

/// A distribution whose samples are made of a z that can be relaxed.
pub trait Drawing: Variables + Sized {
    /// What one sample is.
    type Drawn: Drawn<Self> + Send + Sync + 'static;

    /// Entries of z that belong to one variable.
    fn states(&self) -> usize {
        self.arrangement()[1]
    }
}

/// b, z and z̃, and `ĝ` of a control.
pub trait Drawn<D> {
    /// Memory for one sample.
    fn new(distribution: &D) -> Self;
    /// Makes b, z and z̃ of u and then v.
    fn draw(&mut self, distribution: &D, noise: &[f64]);
    fn b(&self) -> &[f64];
    fn z(&self) -> &[f64];
    fn z_tilde(&self) -> &[f64];
    /// Makes `ĝ` of this value of f.
    fn combine(&mut self, distribution: &D, f: f64, control: &dyn Control);
    /// What was made last.
    fn gradient(&self) -> &[f64];
    /// Adds `(∂ĝ/∂φ)ᵀ w` to `phi_bar`; w has as many entries as `ĝ`.
    fn add_transposed(&mut self, distribution: &D, control: &dyn Control, w: &[f64], phi_bar: &mut [f64]);
}

impl Drawing for Bernoulli {
    type Drawn = control_variate::Estimate;
}

impl Drawn<Bernoulli> for control_variate::Estimate {
    fn new(bernoulli: &Bernoulli) -> Self {
        Self::new(bernoulli.len())
    }

    fn draw(&mut self, bernoulli: &Bernoulli, noise: &[f64]) {
        if self.b.len() != bernoulli.len() {
            *self = Self::new(bernoulli.len());
        }
        let (u, v) = noise.split_at(bernoulli.len());
        bernoulli.sample(u, &mut self.b);
        self.draw(bernoulli, Noise::trusted(u, v));
    }

    fn b(&self) -> &[f64] {
        &self.b
    }

    fn z(&self) -> &[f64] {
        &self.z
    }

    fn z_tilde(&self) -> &[f64] {
        &self.z_tilde
    }

    fn combine(&mut self, _: &Bernoulli, f: f64, control: &dyn Control) {
        self.f = f;
        self.combine(control);
    }

    fn gradient(&self) -> &[f64] {
        self.gradient.as_slice()
    }

    fn add_transposed(&mut self, _: &Bernoulli, control: &dyn Control, w: &[f64], phi_bar: &mut [f64]) {
        self.add_transposed(control, w, phi_bar);
    }
}

impl Drawing for Categorical {
    type Drawn = categorical::Estimate;
}

impl Drawn<Categorical> for categorical::Estimate {
    fn new(categorical: &Categorical) -> Self {
        Self::new(categorical)
    }

    fn draw(&mut self, categorical: &Categorical, noise: &[f64]) {
        if self.b.len() != categorical.len() {
            *self = Self::new(categorical);
        }
        let (u, v) = noise.split_at(categorical.len());
        self.draw(categorical, Noise::trusted(u, v));
    }

    fn b(&self) -> &[f64] {
        &self.b
    }

    fn z(&self) -> &[f64] {
        &self.z
    }

    fn z_tilde(&self) -> &[f64] {
        &self.z_tilde
    }

    fn combine(&mut self, categorical: &Categorical, f: f64, control: &dyn Control) {
        self.f = f;
        self.combine(categorical, control);
    }

    fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    fn add_transposed(
        &mut self,
        categorical: &Categorical,
        control: &dyn Control,
        w: &[f64],
        phi_bar: &mut [f64],
    ) {
        self.weigh(categorical, w);
        self.add_variance_gradient(control, phi_bar);
    }
}

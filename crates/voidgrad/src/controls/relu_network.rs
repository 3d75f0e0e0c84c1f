//! RELAX's network, alone, and the weights that it starts from.

mod kinks;
#[cfg(test)]
mod tests;

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView, SMatrix, SVector};
use rand::{Rng, RngExt};
use voidgrad_macros::differentiate;
use voidgrad_real::relu;

use crate::control::{BatchControl, Control};
use crate::error::ShapeMismatch;

/// How many numbers [`Weights`] are.
const WEIGHTS: usize = 46;

/// `ρ`: the weights and biases of Linear(1, 5), Linear(5, 5), Linear(5, 1), 46 numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Linear(1, 5).
    pub w1: SVector<f64, 5>,
    /// Its bias.
    pub b1: SVector<f64, 5>,
    /// Linear(5, 5).
    pub w2: SMatrix<f64, 5, 5>,
    /// Its bias.
    pub b2: SVector<f64, 5>,
    /// Linear(5, 1).
    pub w3: SVector<f64, 5>,
    /// Its bias.
    pub b3: f64,
}

impl Weights {
    /// Weights and biases as `torch.nn.Linear` draws them: uniform on `±1/√inputs`, in the order of the
    /// fields, the matrix by columns.
    pub fn draw(rng: &mut (impl Rng + ?Sized)) -> Self {
        let wide = 1.0 / 5.0_f64.sqrt();
        let mut uniform = |bound: f64| rng.random_range(-bound..bound);
        Self {
            w1: SVector::from_fn(|_, _| uniform(1.0)),
            b1: SVector::from_fn(|_, _| uniform(1.0)),
            w2: SMatrix::from_fn(|_, _| uniform(wide)),
            b2: SVector::from_fn(|_, _| uniform(wide)),
            w3: SVector::from_fn(|_, _| uniform(wide)),
            b3: uniform(wide),
        }
    }
}

impl Weights {
    /// The numbers of a flat φ, in the order of the fields.
    fn from_flat(phi: &[f64]) -> Self {
        let vector = |start: usize| SVector::from_column_slice(&phi[start..start + 5]);
        Self {
            w1: vector(0),
            b1: vector(5),
            w2: SMatrix::from_column_slice(&phi[10..35]),
            b2: vector(35),
            w3: vector(40),
            b3: phi[45],
        }
    }

    /// All numbers, in the order of the fields, the matrix by columns.
    fn iter(&self) -> impl Iterator<Item = f64> {
        let Self { w1, b1, w2, b2, w3, b3 } = self;
        let vectors = w1.iter().chain(b1).chain(w2).chain(b2).chain(w3);
        vectors.copied().chain([*b3])
    }
}

/// `r_ρ(z)` = Linear(1, 5), `ReLU`, Linear(5, 5), `ReLU`, Linear(5, 1), and at the end a `ReLU` or none.
#[allow(clippy::too_many_arguments, reason = "the layers by their names, as in `relax`")]
#[differentiate(wrt(z, w1, b1, w2, b2, w3, b3), order = 2)]
fn residual(
    z: f64,
    w1: SVector<f64, 5>,
    b1: SVector<f64, 5>,
    w2: SMatrix<f64, 5, 5>,
    b2: SVector<f64, 5>,
    w3: SVector<f64, 5>,
    b3: f64,
    ends_in_relu: bool,
) -> f64 {
    let h1 = (w1 * z + b1).map(relu);
    let h2 = (w2 * h1 + b2).map(relu);
    let r = w3.dot(&h2) + b3;
    if ends_in_relu { relu(r) } else { r }
}

/// The network `r_ρ` of [`relax`](super::relax::relax()) and [`relax_linear`](super::relax_linear::relax_linear()) without the relaxed objective: the
/// mean of `r_ρ(z_m)` over the coordinates; φ are the 46 [`Weights`].
///
/// It is what RELAX adds to a [`Relaxed`](super::Relaxed) objective that brings no fused control, in a [`Sum`](super::Sum). Its samples are made one by one: a sum has no
/// kernel, and one of the network alone would be compiled for nothing.
///
/// Source: the network of RELAX (Grathwohl et al. 2018), section 3.2, in the size of the notes that this project implements.
///
/// ```
/// use voidgrad::controls::ReluNetwork;
/// use voidgrad::{Control, Stream};
/// let network = ReluNetwork::draw(false, &mut Stream::new(1, 0, 0));
/// assert_eq!(network.parameters(), 46);
/// let mean = 0.5 * (network.value(&[0.3]) + network.value(&[-1.0]));
/// assert!((network.value(&[0.3, -1.0]) - mean).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReluNetwork {
    weights: Weights,
    ends_in_relu: bool,
}

impl ReluNetwork {
    /// The network with these weights, with a `ReLU` after the last layer or without.
    #[must_use]
    pub fn new(weights: Weights, ends_in_relu: bool) -> Self {
        Self { weights, ends_in_relu }
    }

    /// The network whose weights are drawn as [`Weights::draw`] does.
    pub fn draw(ends_in_relu: bool, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::new(Weights::draw(rng), ends_in_relu)
    }

    /// The weights and biases.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Whether there is a `ReLU` after the last layer.
    #[must_use]
    pub fn ends_in_relu(&self) -> bool {
        self.ends_in_relu
    }

    fn at(&self, z: f64) -> f64 {
        let Weights { w1, b1, w2, b2, w3, b3 } = self.weights;
        residual(z, w1, b1, w2, b2, w3, b3, self.ends_in_relu)
    }

    /// Adds `r̄·∂r/∂ρ + ∂/∂ρ (∂r/∂z·ż)` at one z.
    fn add(&self, z: f64, z_dot: f64, r_bar: f64, r_dot_bar: f64, phi_bar: &mut [f64]) {
        let Weights { w1, b1, w2, b2, w3, b3 } = self.weights;
        let (none, no_matrix) = (SVector::zeros(), SMatrix::zeros());
        let (_, w1, b1, w2, b2, w3, b3) = residual::vjp_jvp(
            z,
            w1,
            b1,
            w2,
            b2,
            w3,
            b3,
            self.ends_in_relu,
            z_dot,
            none,
            none,
            no_matrix,
            none,
            none,
            0.0,
            r_bar,
            r_dot_bar,
        );
        let bars = Weights { w1, b1, w2, b2, w3, b3 };
        phi_bar.iter_mut().zip(bars.iter()).for_each(|(sum, bar)| *sum += bar);
    }

    /// `∂r/∂ρ·ρ̇` and `∂²r/∂z∂ρ·ρ̇` at one z.
    fn along(&self, z: f64, along: &Weights) -> (f64, f64) {
        let Weights { w1, b1, w2, b2, w3, b3 } = self.weights;
        let Weights { w1: w1_dot, b1: b1_dot, w2: w2_dot, b2: b2_dot, w3: w3_dot, b3: b3_dot } = *along;
        let ends_in_relu = self.ends_in_relu;
        let (_, r_dot) = residual::jvp(
            z,
            w1,
            b1,
            w2,
            b2,
            w3,
            b3,
            ends_in_relu,
            0.0,
            w1_dot,
            b1_dot,
            w2_dot,
            b2_dot,
            w3_dot,
            b3_dot,
        );
        let (r_z_dot, ..) = residual::vjp_jvp(
            z,
            w1,
            b1,
            w2,
            b2,
            w3,
            b3,
            ends_in_relu,
            0.0,
            w1_dot,
            b1_dot,
            w2_dot,
            b2_dot,
            w3_dot,
            b3_dot,
            0.0,
            1.0,
        );
        (r_dot, r_z_dot)
    }
}

impl Control for ReluNetwork {
    fn parameters(&self) -> usize {
        WEIGHTS
    }

    fn phi(&self) -> DVector<f64> {
        DVector::from_iterator(WEIGHTS, self.weights.iter())
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        if phi.len() != WEIGHTS {
            return Err(ShapeMismatch { name: "phi", found: phi.len(), expected: WEIGHTS });
        }
        self.weights = Weights::from_flat(phi.clone_owned().as_slice());
        Ok(())
    }

    fn named(&self) -> Vec<(String, f64)> {
        let vector = |name: &'static str| (0..5).map(move |i| format!("{name}[{i}]"));
        let matrix = (0..25).map(|i| format!("w2[{},{}]", i % 5, i / 5));
        let names = vector("w1").chain(vector("b1")).chain(matrix).chain(vector("b2")).chain(vector("w3"));
        names.chain(["b3".to_owned()]).zip(self.weights.iter()).collect()
    }

    fn value(&self, z: &[f64]) -> f64 {
        z.iter().map(|&z| self.at(z)).sum::<f64>() / z.len() as f64
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let Weights { w1, b1, w2, b2, w3, b3 } = self.weights;
        for (c_z, &z_m) in c_z.iter_mut().zip(z) {
            *c_z = residual::d_z(z_m, w1, b1, w2, b2, w3, b3, self.ends_in_relu) / z.len() as f64;
        }
        self.value(z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        c_phi.fill(0.0);
        self.vjp_jvp(z, &vec![0.0; z.len()], 1.0, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        let mut row = [0.0; WEIGHTS];
        for (m, &z_m) in z.iter().enumerate() {
            row.fill(0.0);
            self.add(z_m, 1.0, 0.0, 1.0 / z.len() as f64, &mut row);
            c_z_phi.row_mut(m).iter_mut().zip(row).for_each(|(cell, value)| *cell = value);
        }
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        let share = 1.0 / z.len() as f64;
        for (&z, &z_dot) in z.iter().zip(z_dot) {
            self.add(z, z_dot, share * c_bar, share, phi_bar);
        }
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        let along = Weights::from_flat(phi_dot);
        let mut c_dot = 0.0;
        for (c_z_dot, &z_m) in c_z_dot.iter_mut().zip(z) {
            let (dot, slope_dot) = self.along(z_m, &along);
            c_dot += dot;
            *c_z_dot = slope_dot / z.len() as f64;
        }
        c_dot / z.len() as f64
    }

    /// The last layer, if nothing comes behind it.
    fn linear(&self) -> Vec<Range<usize>> {
        if self.ends_in_relu { Vec::new() } else { vec![WEIGHTS - 6..WEIGHTS - 1, WEIGHTS - 1..WEIGHTS] }
    }
}

/// Its samples are made one by one.
impl BatchControl for ReluNetwork {}

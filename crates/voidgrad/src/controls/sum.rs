//! Two controls together.

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView};

use crate::control::{BatchControl, Control, OfExample};
use crate::error::ShapeMismatch;

/// `c(z) = c₁(z) + c₂(z)`; φ is that of the first control, and then that of the second.
///
/// RELAX is such a sum: the relaxed objective and a network. If one of the two [depends on the example](Control::of_example), so does the sum.
///
/// ```
/// use voidgrad::controls::{Perceptron, Sum};
/// use voidgrad::controls::Rebar;
/// use voidgrad::{Control, Stream};
/// let network = Perceptron::draw(3, 2, &mut Stream::new(1, 0, 0))?;
/// let sum = Sum::new(Rebar::new(1.0, 0.5, 0.25)?, network.clone());
/// assert_eq!((sum.dimension(), sum.parameters()), (Some(3), 2 + 11));
/// assert_eq!(sum.value(&[0.0; 3]), 0.0625 + network.value(&[0.0; 3]));
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
///
/// Source: RELAX (Grathwohl et al. 2018), section 3.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum<A, B> {
    first: A,
    second: B,
}

impl<A: Control, B: Control> Sum<A, B> {
    /// The sum of these two. Where they are made for different numbers of entries of z, every estimator refuses it.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }

    /// The first control.
    pub fn first(&self) -> &A {
        &self.first
    }

    /// The second control.
    pub fn second(&self) -> &B {
        &self.second
    }
}

impl<A: Control, B: Control> Control for Sum<A, B> {
    fn parameters(&self) -> usize {
        self.first.parameters() + self.second.parameters()
    }

    fn dimension(&self) -> Option<usize> {
        match (self.first.dimension(), self.second.dimension()) {
            // No z has 0 entries, so nothing suits two controls that don't suit each other.
            (Some(first), Some(second)) if first != second => Some(0),
            (first, second) => first.or(second),
        }
    }

    fn phi(&self) -> DVector<f64> {
        let (first, second) = (self.first.phi(), self.second.phi());
        DVector::from_iterator(self.parameters(), first.iter().chain(&second).copied())
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        let (found, expected) = (phi.len(), self.parameters());
        if found != expected {
            return Err(ShapeMismatch { name: "phi", found, expected });
        }
        let (first, second) = (self.first.parameters(), self.second.parameters());
        self.first.set_phi(phi.rows(0, first))?;
        self.second.set_phi(phi.rows(first, second))
    }

    fn named(&self) -> Vec<(String, f64)> {
        let mut named = self.first.named();
        named.extend(self.second.named());
        named
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.first.value(z) + self.second.value(z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let mut second_z = vec![0.0; z.len()];
        let first = self.first.value_and_d_z(z, c_z);
        let second = self.second.value_and_d_z(z, &mut second_z);
        c_z.iter_mut().zip(second_z).for_each(|(c_z, second_z)| *c_z += second_z);
        first + second
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        let (first, second) = c_phi.split_at_mut(self.first.parameters());
        self.first.d_phi(z, first);
        self.second.d_phi(z, second);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        let mut start = 0;
        let controls: [&dyn Control; 2] = [&self.first, &self.second];
        for control in controls {
            let mut part = DMatrix::zeros(z.len(), control.parameters());
            control.d_z_d_phi(z, &mut part);
            c_z_phi.columns_mut(start, control.parameters()).copy_from(&part);
            start += control.parameters();
        }
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        let (first, second) = phi_bar.split_at_mut(self.first.parameters());
        self.first.vjp_jvp(z, z_dot, c_bar, first);
        self.second.vjp_jvp(z, z_dot, c_bar, second);
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        let (first, second) = phi_dot.split_at(self.first.parameters());
        let mut second_z_dot = vec![0.0; z.len()];
        let first = self.first.along_phi(z, first, c_z_dot);
        let second = self.second.along_phi(z, second, &mut second_z_dot);
        c_z_dot.iter_mut().zip(second_z_dot).for_each(|(c_z_dot, second)| *c_z_dot += second);
        first + second
    }

    fn linear(&self) -> Vec<Range<usize>> {
        let behind = self.first.parameters();
        let second =
            self.second.linear().into_iter().map(|Range { start, end }| start + behind..end + behind);
        self.first.linear().into_iter().chain(second).collect()
    }

    fn examples(&self) -> Option<usize> {
        self.first.examples().into_iter().chain(self.second.examples()).min()
    }

    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        let (first, second): (&dyn Control, &dyn Control) = (&self.first, &self.second);
        let (first, second) = (OfExample::new(first, example), OfExample::new(second, example));
        (first.is_own() || second.is_own()).then(|| Box::new(Sum { first, second }) as Box<dyn Control>)
    }
}

/// Its samples are made one by one.
impl<A: Control, B: Control> BatchControl for Sum<A, B> {}

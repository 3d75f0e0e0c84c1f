//! Controls that know where their slopes jump.

use nalgebra::DVector;

use super::relu_network::{ReluNetwork, Weights};
use super::{Basis, Constant, Rebar, Relax, RelaxLinear, Relaxed, Sum, Zero};
use crate::control::Control;
use crate::objective::Differentiable;

/// A continuous control of one z whose `∂c/∂z` jumps at finitely many z, its kinks, which it knows; at M coordinates it is the mean of that over the coordinates.
///
/// If a kink moves with φ, the jump adds a term to the gradient of the variance that no sample shows.
/// [`Estimate::boundary_term`](crate::Estimate::boundary_term) estimates it, and [`variance::gradient`](crate::variance::gradient()) has it exactly.
///
/// A control of your own that has no kink returns an empty list.
///
/// ```
/// use voidgrad::controls::{Kinked, ReluNetwork};
/// use voidgrad::{Control, Stream};
/// let network = ReluNetwork::draw(false, &mut Stream::new(1, 0, 0));
/// let kinks = network.kinks();
/// assert!(kinks.len() >= 5);
/// let mut slope = [0.0];
/// network.value_and_d_z(&[kinks[0].z - 1.0], &mut slope);
/// assert!((slope[0] - kinks[0].slopes[0]).abs() < 1e-14);
/// ```
pub trait Kinked: Control {
    /// The kinks, in ascending order.
    ///
    /// A kink is left out if one of its numbers is too large for an `f64`. If kinks meet, or a unit is 0 all along an interval, the variance has no derivative by φ, only one
    /// for each side; the kinks are then those of some side.
    fn kinks(&self) -> Vec<Kink>;
}

/// One z at which `∂c/∂z` jumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Kink {
    /// κ, its place.
    pub z: f64,
    /// `∂c/∂z` to the left and to the right of it.
    pub slopes: [f64; 2],
    /// `J·∂κ/∂φ`, N entries, with the jump `J` of the slope. It stays moderate if the kink moves fast because J is small.
    pub moved: DVector<f64>,
}

impl Kink {
    /// `J`, the slope to the right less the slope to the left.
    #[must_use]
    pub fn jump(&self) -> f64 {
        self.slopes[1] - self.slopes[0]
    }

    /// The mean of the two slopes.
    #[must_use]
    pub fn mean_slope(&self) -> f64 {
        f64::midpoint(self.slopes[0], self.slopes[1])
    }

    /// Whether all its numbers are.
    fn is_finite(&self) -> bool {
        let all = self.slopes.iter().chain(&self.moved).chain([&self.z]);
        all.copied().all(f64::is_finite)
    }

    /// This kink of a part of φ that begins at `start`, among N parameters, with another function beside it whose slope is `slope`.
    fn beside(self, slope: f64, start: usize, parameters: usize) -> Self {
        let mut moved = DVector::zeros(parameters);
        moved.rows_mut(start, self.moved.len()).copy_from(&self.moved);
        Self { z: self.z, slopes: self.slopes.map(|own| own + slope), moved }
    }
}

/// The kinks in ascending order, without those that have numbers too large.
pub(super) fn in_order(mut kinks: Vec<Kink>) -> Vec<Kink> {
    kinks.retain(Kink::is_finite);
    kinks.sort_by(|a, b| a.z.total_cmp(&b.z));
    kinks
}

fn slope(control: &impl Control, z: f64) -> f64 {
    let mut slope = [0.0];
    control.value_and_d_z(&[z], &mut slope);
    slope[0]
}

impl<A: Kinked, B: Kinked> Kinked for Sum<A, B> {
    fn kinks(&self) -> Vec<Kink> {
        let (parameters, behind) = (self.parameters(), self.first().parameters());
        let first = self.first().kinks().into_iter().map(|kink| {
            let other = slope(self.second(), kink.z);
            kink.beside(other, 0, parameters)
        });
        let second = self.second().kinks().into_iter().map(|kink| {
            let other = slope(self.first(), kink.z);
            kink.beside(other, behind, parameters)
        });
        in_order(first.chain(second).collect())
    }
}

/// The kinks of a network beside the relaxed objective, whose only parameter is λ.
fn beside_the_relaxed(network: &ReluNetwork, lambda: f64, target: f64) -> Vec<Kink> {
    // Numbers that a control holds are those that another accepts.
    let Ok(relaxed) = Rebar::new(1.0, lambda, target) else { return Vec::new() };
    let kinks = network.kinks().into_iter().map(|kink| {
        let other = slope(&relaxed, kink.z);
        kink.beside(other, 1, 1 + network.parameters())
    });
    in_order(kinks.collect())
}

impl Kinked for Relax {
    fn kinks(&self) -> Vec<Kink> {
        let (w1, b1, w2, b2) = (*self.w1(), *self.b1(), *self.w2(), *self.b2());
        let weights = Weights { w1, b1, w2, b2, w3: *self.w3(), b3: self.b3() };
        beside_the_relaxed(&ReluNetwork::new(weights, true), self.lambda(), self.target())
    }
}

impl Kinked for RelaxLinear {
    fn kinks(&self) -> Vec<Kink> {
        let (w1, b1, w2, b2) = (*self.w1(), *self.b1(), *self.w2(), *self.b2());
        let weights = Weights { w1, b1, w2, b2, w3: *self.w3(), b3: self.b3() };
        beside_the_relaxed(&ReluNetwork::new(weights, false), self.lambda(), self.target())
    }
}

/// None, as long as `∇f` is continuous.
impl<F: Differentiable> Kinked for Relaxed<F> {
    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}

impl Kinked for Rebar {
    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}

impl Kinked for Basis {
    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}

impl Kinked for Constant {
    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}

impl Kinked for Zero {
    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}

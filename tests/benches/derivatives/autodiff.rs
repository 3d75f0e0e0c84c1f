//! autodiff: forward dual numbers. It has no mixed second derivatives of its own; duals of duals give them, one
//! parameter after the other.

use autodiff::{F, F1, Float};

use super::parameters::{Rebar, Relax};
use super::task::Numbers;

/// A dual number of dual numbers: z in the outer direction, one parameter in the inner.
type Nested = F<F1, F1>;

fn z_direction(value: f64) -> Nested {
    F::new(F1::cst(value), F1::cst(1.0))
}

fn phi_direction(value: f64, is_chosen: bool) -> Nested {
    F::new(if is_chosen { F1::var(value) } else { F1::cst(value) }, F1::cst(0.0))
}

fn constant(value: f64) -> Nested {
    phi_direction(value, false)
}

fn sigmoid(x: Nested) -> Nested {
    // 1/(1 + e^-x) alone has the derivative NaN at x = -800.
    let (zero, one) = (constant(0.0), constant(1.0));
    if x >= zero { one / (one + (-x).exp()) } else { x.exp() / (one + x.exp()) }
}

fn relu(x: Nested) -> Nested {
    // Its own `max` gives the derivative 1 at 0.
    if x > constant(0.0) { x } else { constant(0.0) }
}

fn squared_distance(x: Nested, target: f64) -> Nested {
    let distance = sigmoid(x) - constant(target);
    distance * distance
}

pub(super) fn rebar_all(z: f64, phi: &Rebar) -> [Nested; 2] {
    std::array::from_fn(|direction| {
        let eta = phi_direction(phi.eta, direction == 0);
        let lambda = phi_direction(phi.lambda, direction == 1);
        eta * squared_distance(z_direction(z) / lambda, phi.target)
    })
}

pub(super) fn relax_all(z: f64, phi: &Relax) -> [Nested; 47] {
    let z = z_direction(z);
    std::array::from_fn(|direction| {
        let number = |value: f64, index: usize| phi_direction(value, index == direction);
        let h1: [Nested; 5] =
            std::array::from_fn(|i| relu(number(phi.w1[i], 1 + i) * z + number(phi.b1[i], 6 + i)));
        let h2: [Nested; 5] = std::array::from_fn(|i| {
            let w2 = |j: usize| number(phi.w2[(i, j)], 11 + 5 * j + i);
            relu((0..5).fold(number(phi.b2[i], 36 + i), |x, j| x + w2(j) * h1[j]))
        });
        let r = relu((0..5).fold(number(phi.b3, 46), |x, i| x + number(phi.w3[i], 41 + i) * h2[i]));
        squared_distance(z / number(phi.lambda, 0), phi.target) + r
    })
}

impl<const N: usize> Numbers for [Nested; N] {
    fn numbers(&self) -> Vec<f64> {
        let c_phi = self.map(|number| number.x.dx);
        let c_z_phi = self.map(|number| number.dx.dx);
        [&[self[0].x.x, self[0].dx.x], c_phi.as_slice(), c_z_phi.as_slice()].concat()
    }
}

//! num-dual: hyper-dual numbers, which carry a value, two directions and the mixed second derivative.

use num_dual::{Derivative, DualNum, HyperDual64, HyperDualSVec64};

use super::parameters::{Rebar, Relax};
use super::task::Numbers;

/// The control as a user of num-dual writes it.
fn rebar<D: DualNum<Primitive = f64> + Copy>(z: D, eta: D, lambda: D, target: f64) -> D {
    let distance = sigmoid(z / lambda) - target;
    eta * distance * distance
}

fn sigmoid<D: DualNum<Primitive = f64> + Copy>(x: D) -> D {
    // 1/(1 + e^-x) alone has the derivative NaN at x = -800.
    if x.re() >= 0.0 { ((-x).exp() + 1.0).recip() } else { x.exp() / (x.exp() + 1.0) }
}

fn relu<D: DualNum<Primitive = f64> + Copy>(x: D) -> D {
    if x.re() > 0.0 { x } else { D::from(0.0) }
}

/// The network's parameters, of any kind of number.
struct Phi<D> {
    lambda: D,
    w1: [D; 5],
    b1: [D; 5],
    w2: [[D; 5]; 5],
    b2: [D; 5],
    w3: [D; 5],
    b3: D,
}

impl<D> Phi<D> {
    /// `number(value, index in φ)`; the matrix is `[column][row]`.
    fn new(phi: &Relax, number: impl Fn(f64, usize) -> D) -> Self {
        let column = |values: &[f64], start: usize| std::array::from_fn(|i| number(values[i], start + i));
        Self {
            lambda: number(phi.lambda, 0),
            w1: column(phi.w1.as_slice(), 1),
            b1: column(phi.b1.as_slice(), 6),
            w2: std::array::from_fn(|j| column(&phi.w2.as_slice()[5 * j..], 11 + 5 * j)),
            b2: column(phi.b2.as_slice(), 36),
            w3: column(phi.w3.as_slice(), 41),
            b3: number(phi.b3, 46),
        }
    }
}

fn relax<D: DualNum<Primitive = f64> + Copy>(z: D, phi: &Phi<D>, target: f64) -> D {
    let h1: [D; 5] = std::array::from_fn(|i| relu(phi.w1[i] * z + phi.b1[i]));
    let h2: [D; 5] = std::array::from_fn(|i| relu((0..5).fold(phi.b2[i], |x, j| x + phi.w2[j][i] * h1[j])));
    let r = relu((0..5).fold(phi.b3, |x, i| x + phi.w3[i] * h2[i]));
    let distance = sigmoid(z / phi.lambda) - target;
    distance * distance + r
}

/// z in the first direction, all of φ in the second.
type All<const N: usize> = HyperDualSVec64<1, N>;

pub(super) fn rebar_all(z: f64, phi: &Rebar) -> All<2> {
    rebar(
        All::from_re(z).derivative1(0),
        All::from_re(phi.eta).derivative2(0),
        All::from_re(phi.lambda).derivative2(1),
        phi.target,
    )
}

/// One direction of φ after the other.
pub(super) fn rebar_by_one(z: f64, phi: &Rebar) -> [HyperDual64; 2] {
    let z = HyperDual64::from_re(z).derivative1();
    let (eta, lambda) = (HyperDual64::from_re(phi.eta), HyperDual64::from_re(phi.lambda));
    [rebar(z, eta.derivative2(), lambda, phi.target), rebar(z, eta, lambda.derivative2(), phi.target)]
}

pub(super) fn relax_all(z: f64, phi: &Relax) -> All<47> {
    let number = |value, index| All::from_re(value).derivative2(index);
    relax(All::from_re(z).derivative1(0), &Phi::new(phi, number), phi.target)
}

pub(super) fn relax_by_one(z: f64, phi: &Relax) -> [HyperDual64; 47] {
    let z = HyperDual64::from_re(z).derivative1();
    std::array::from_fn(|direction| {
        let number = |value, index| {
            let value = HyperDual64::from_re(value);
            if index == direction { value.derivative2() } else { value }
        };
        relax(z, &Phi::new(phi, number), phi.target)
    })
}

impl<const N: usize> Numbers for All<N> {
    fn numbers(&self) -> Vec<f64> {
        let row = |derivative: &Derivative<f64, nalgebra::Const<1>, nalgebra::Const<N>>| {
            derivative.unwrap_generic(nalgebra::Const, nalgebra::Const).as_slice().to_vec()
        };
        let c_z = self.eps1.unwrap_generic(nalgebra::Const, nalgebra::Const)[0];
        [vec![self.re, c_z], row(&self.eps2), row(&self.eps1eps2)].concat()
    }
}

impl<const N: usize> Numbers for [HyperDual64; N] {
    fn numbers(&self) -> Vec<f64> {
        let c_phi = self.map(|number| number.eps2);
        let c_z_phi = self.map(|number| number.eps1eps2);
        [&[self[0].re, self[0].eps1], c_phi.as_slice(), c_z_phi.as_slice()].concat()
    }
}

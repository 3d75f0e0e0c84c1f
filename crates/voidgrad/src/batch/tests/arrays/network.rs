//! A network whose second layer is a matrix, by hand: values `h` and slopes `h′ = ∂h/∂z` of both points go side by side.
//!
//! With `L = c̄·c + ż·c′` the backward pass is `p = ∂L/∂x₂′ = ż·w₃·d₂` and `q = ∂L/∂x₂ = c̄·w₃·d₂ - 2·h₂·p·x₂′`, where `d = 1 - h²` is the
//! derivative of tanh.

use nalgebra::{SMatrix, SVector};
use voidgrad_macros::control;
use voidgrad_real::{Element, Lanes};

use super::super::kernels::from;
use crate::kernel::{ArrayKernel, add_outer, add_row, product, row, set_row, transposed_product};

/// Units of the first layer and of the second: no product fits where its transpose belongs.
const FIRST: usize = 5;
const SECOND: usize = 6;

#[control(positive(lambda))]
pub(super) fn network(
    z: f64,
    lambda: f64,
    w1: SVector<f64, 5>,
    b1: SVector<f64, 5>,
    w2: SMatrix<f64, 6, 5>,
    b2: SVector<f64, 6>,
    w3: SVector<f64, 6>,
    b3: f64,
) -> f64 {
    let h1 = (w1 * (z / lambda) + b1).map(f64::tanh);
    w3.dot(&(w2 * h1 + b2).map(f64::tanh)) + b3
}

impl Network {
    pub(super) fn example() -> Self {
        Self::scaled(1.0)
    }

    /// The last weights times a factor.
    pub(super) fn scaled(factor: f64) -> Self {
        let w2 = SMatrix::from_fn(|i, j| 0.4 - 0.3 * i as f64 + 0.2 * (j * j) as f64);
        Self::new(0.6, from(0.5), from(-0.2), w2, from(0.1), factor * from(0.3), -0.1).unwrap()
    }
}

/// Where the parameters begin in φ, in the numbers and in the sums.
const W1: usize = 1;
const B1: usize = W1 + FIRST;
const W2: usize = B1 + FIRST;
const B2: usize = W2 + FIRST * SECOND;
const W3: usize = B2 + SECOND;
const B3: usize = W3 + SECOND;

/// Eight arrays of so many rows each: values at z and at z̃, slopes at z and at z̃, and their adjoints.
fn cut<R: Lanes>(rows: &mut [R::Element], length: usize) -> [&mut [R::Element]; 8] {
    let mut arrays = rows.chunks_exact_mut(length * R::LANES);
    [(); 8].map(|()| arrays.next().unwrap())
}

impl ArrayKernel for Network {
    fn numbers<T: Element>(&self, numbers: &mut Vec<T>) {
        numbers.push(T::default().constant(1.0 / self.lambda));
        for part in [
            self.w1.as_slice(),
            self.b1.as_slice(),
            self.w2.as_slice(),
            self.b2.as_slice(),
            self.w3.as_slice(),
            &[self.b3],
        ] {
            numbers.extend(part.iter().map(|number| T::default().constant(*number)));
        }
    }

    fn rows(&self) -> usize {
        8 * (FIRST + SECOND)
    }

    fn forward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        z: [&[R::Element]; 2],
        c_z: [&mut [R::Element]; 2],
        rows: &mut [R::Element],
    ) -> R {
        let (one, rate) = (hand.constant(1.0), hand.splat(numbers[0]));
        let (first, second) = rows.split_at_mut(8 * FIRST * R::LANES);
        let [h, h_tilde, slope, slope_tilde, ..] = cut::<R>(first, FIRST);
        let [x, x_tilde, x_slope, x_slope_tilde, ..] = cut::<R>(second, SECOND);
        for (z, h, slope) in [(z[0], &mut *h, &mut *slope), (z[1], &mut *h_tilde, &mut *slope_tilde)] {
            let z = row(hand, z, 0) * rate;
            for i in 0..FIRST {
                let w1 = hand.splat(numbers[W1 + i]);
                let value = (w1 * z + hand.splat(numbers[B1 + i])).tanh();
                set_row(h, i, value);
                set_row(slope, i, (one - value * value) * w1 * rate);
            }
        }
        product(
            hand,
            &numbers[W2..B2],
            [SECOND, FIRST],
            [h, h_tilde, slope, slope_tilde],
            [&mut *x, &mut *x_tilde, &mut *x_slope, &mut *x_slope_tilde],
        );
        let mut c = hand;
        for ((x, x_slope), c_z) in [(x, x_slope), (x_tilde, x_slope_tilde)].into_iter().zip(c_z) {
            let mut sum_slope = hand;
            c = hand.splat(numbers[B3]);
            for i in 0..SECOND {
                let w3 = hand.splat(numbers[W3 + i]);
                let h = (row(hand, x, i) + hand.splat(numbers[B2 + i])).tanh();
                set_row(x, i, h);
                c = c + w3 * h;
                sum_slope = sum_slope + w3 * (one - h * h) * row(hand, x_slope, i);
            }
            set_row(c_z, 0, sum_slope);
        }
        c
    }

    fn backward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        z: [&[R::Element]; 2],
        z_dot: [&[R::Element]; 2],
        c_bar: R,
        rows: &mut [R::Element],
        sums: &mut [R::Element],
    ) {
        let (one, rate) = (hand.constant(1.0), hand.splat(numbers[0]));
        let (first, second) = rows.split_at_mut(8 * FIRST * R::LANES);
        let [h, h_tilde, slope, slope_tilde, h_bar, h_tilde_bar, slope_bar, slope_tilde_bar] =
            cut::<R>(first, FIRST);
        let [x, x_tilde, x_slope, x_slope_tilde, q, q_tilde, p, p_tilde] = cut::<R>(second, SECOND);
        for (x, x_slope, q, p, z_dot, c_bar) in [
            (x, x_slope, &mut *q, &mut *p, z_dot[0], hand),
            (x_tilde, x_slope_tilde, &mut *q_tilde, &mut *p_tilde, z_dot[1], c_bar),
        ] {
            let z_dot = row(hand, z_dot, 0);
            for i in 0..SECOND {
                let w3 = hand.splat(numbers[W3 + i]);
                let (h, x_slope) = (row(hand, x, i), row(hand, x_slope, i));
                let d = one - h * h;
                let to_slope = z_dot * w3 * d;
                let to_x = c_bar * w3 * d - (h + h) * to_slope * x_slope;
                set_row(q, i, to_x);
                set_row(p, i, to_slope);
                add_row(hand, sums, B2 + i, to_x);
                add_row(hand, sums, W3 + i, c_bar * h + z_dot * d * x_slope);
            }
            add_row(hand, sums, B3, c_bar);
        }
        transposed_product(
            hand,
            &numbers[W2..B2],
            [SECOND, FIRST],
            [q, q_tilde, p, p_tilde],
            [&mut *h_bar, &mut *h_tilde_bar, &mut *slope_bar, &mut *slope_tilde_bar],
        );
        add_outer(
            hand,
            [SECOND, FIRST],
            [q, q_tilde, p, p_tilde],
            [h, h_tilde, slope, slope_tilde],
            &mut sums[W2 * R::LANES..],
        );
        let mut rate_bar = hand;
        for (z, h, h_bar, slope_bar) in
            [(z[0], h, h_bar, slope_bar), (z[1], h_tilde, h_tilde_bar, slope_tilde_bar)]
        {
            let z = row(hand, z, 0);
            for i in 0..FIRST {
                let w1 = hand.splat(numbers[W1 + i]);
                let (h, slope_bar) = (row(hand, h, i), row(hand, slope_bar, i));
                let d = one - h * h;
                let x_bar = d * (row(hand, h_bar, i) - (h + h) * w1 * rate * slope_bar);
                add_row(hand, sums, W1 + i, z * rate * x_bar + d * rate * slope_bar);
                add_row(hand, sums, B1 + i, x_bar);
                rate_bar = rate_bar + w1 * (x_bar * z + d * slope_bar);
            }
        }
        add_row(hand, sums, 0, -(rate_bar * rate * rate));
    }

    fn chain(&self, phi_bar: &mut [f64]) {
        phi_bar[0] *= self.lambda;
    }
}

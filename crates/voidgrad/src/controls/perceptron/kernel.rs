//! The perceptron for many samples side by side.
//!
//! With `x = W·z + s`, `h = tanh(x)`, `d = 1/cosh²(x)` and `g = w·d`, c is `w·h + t` and `∂c/∂z` is `Wᵀg`. What the backward pass
//! differentiates by φ is `L = c̄·c + ż·∂c/∂z`, and with `ẋ = W·ż` its derivatives are
//!
//! `∂L/∂x = x̄ = g·(c̄ - 2·h·ẋ)`, `∂L/∂w = c̄·h + d·ẋ`, `∂L/∂W = x̄·zᵀ + g·żᵀ`, `∂L/∂s = x̄`, `∂L/∂t = c̄`.

use voidgrad_real::{Element, Lanes};

use super::Perceptron;
use crate::kernel::{ArrayKernel, add_outer, add_row, product, row, set_row, transposed_product};

/// The parameters as plain numbers: W (each unit's weights side by side), s, w and t.
struct Numbers<'a, T> {
    weights: &'a [T],
    shift: &'a [T],
    w: &'a [T],
    t: T,
}

impl<'a, T: Element> Numbers<'a, T> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn new(numbers: &'a [T], [dimension, units]: [usize; 2]) -> Self {
        let (weights, rest) = numbers.split_at(dimension * units);
        let (shift, rest) = rest.split_at(units);
        let (w, t) = rest.split_at(units);
        Self { weights, shift, w, t: t[0] }
    }
}

/// Four arrays of a row for each unit: h, d, g, and first x, then ẋ, then x̄.
type Arrays<'a, T> = [&'a mut [T]; 4];

/// The arrays at z and at z̃.
#[cfg_attr(not(debug_assertions), inline(always))]
fn cut<R: Lanes>(rows: &mut [R::Element], units: usize) -> [Arrays<'_, R::Element>; 2] {
    let mut arrays = rows.chunks_exact_mut(units * R::LANES);
    [(); 2].map(|()| [(); 4].map(|()| arrays.next().unwrap_or_default()))
}

/// Writes h, d and g of all units from `W·z`, and returns c.
#[cfg_attr(not(debug_assertions), inline(always))]
fn activate<R: Lanes<Element: Element>>(
    hand: R,
    numbers: &Numbers<'_, R::Element>,
    [h, d, g, x]: Arrays<'_, R::Element>,
) -> R {
    let mut c = hand.splat(numbers.t);
    for (i, (&shift, &w)) in numbers.shift.iter().zip(numbers.w).enumerate() {
        let (x, w) = (row(hand, x, i) + hand.splat(shift), hand.splat(w));
        let (tanh, slope) = (x.tanh(), x.sech2());
        set_row(h, i, tanh);
        set_row(d, i, slope);
        set_row(g, i, w * slope);
        c = w.mul_add(tanh, c);
    }
    c
}

/// Writes `x̄` of unit i over its `ẋ`, and returns it with `∂L/∂w`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn adjoint<R: Lanes>(hand: R, [h, d, g, x]: &mut Arrays<'_, R::Element>, i: usize, c_bar: R) -> [R; 2] {
    let (h, d, g, x_dot) = (row(hand, h, i), row(hand, d, i), row(hand, g, i), row(hand, x, i));
    let x_bar = g * (c_bar - (h + h) * x_dot);
    set_row(x, i, x_bar);
    [x_bar, d.mul_add(x_dot, c_bar * h)]
}

impl ArrayKernel for Perceptron {
    fn numbers<T: Element>(&self, numbers: &mut Vec<T>) {
        let plain = |number: f64| T::default().constant(number);
        for unit in self.units() {
            numbers.extend(unit.weights.iter().map(|weight| plain(*weight)));
        }
        numbers.extend(self.units().map(|unit| plain(unit.shift)));
        numbers.extend(self.units().map(|unit| plain(unit.w)));
        numbers.push(plain(self.t()));
    }

    fn rows(&self) -> usize {
        8 * self.units().len()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn forward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        z: [&[R::Element]; 2],
        c_z: [&mut [R::Element]; 2],
        rows: &mut [R::Element],
    ) -> R {
        let shape = [self.dimension, self.units().len()];
        let numbers = Numbers::new(numbers, shape);
        let [[.., x], [.., x_tilde]] = cut::<R>(rows, shape[1]);
        transposed_product(hand, numbers.weights, shape, z, [x, x_tilde]);
        let mut c = hand;
        for arrays in cut::<R>(rows, shape[1]) {
            c = activate(hand, &numbers, arrays);
        }
        let [[_, _, g, _], [_, _, g_tilde, _]] = cut::<R>(rows, shape[1]);
        product(hand, numbers.weights, shape, [g, g_tilde], c_z);
        c
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
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
        let shape = [self.dimension, self.units().len()];
        let numbers = Numbers::new(numbers, shape);
        let [mut at_z, mut at_z_tilde] = cut::<R>(rows, shape[1]);
        transposed_product(hand, numbers.weights, shape, z_dot, [&mut *at_z[3], &mut *at_z_tilde[3]]);
        // φ has the numbers of a unit side by side.
        let unit = (self.dimension + 2) * R::LANES;
        for (i, sums) in sums.chunks_exact_mut(unit).enumerate() {
            let [x_bar, w_bar] = adjoint(hand, &mut at_z, i, hand);
            let [x_tilde_bar, w_tilde_bar] = adjoint(hand, &mut at_z_tilde, i, c_bar);
            let (weights, rest) = sums.split_at_mut(self.dimension * R::LANES);
            let of_unit = i * R::LANES..(i + 1) * R::LANES;
            let ([_, _, g, x], [_, _, g_tilde, x_tilde]) = (&at_z, &at_z_tilde);
            add_outer(
                hand,
                [self.dimension, 1],
                [z[0], z_dot[0], z[1], z_dot[1]],
                [&x[of_unit.clone()], &g[of_unit.clone()], &x_tilde[of_unit.clone()], &g_tilde[of_unit]],
                weights,
            );
            add_row(hand, rest, 0, x_bar + x_tilde_bar);
            add_row(hand, rest, 1, w_bar + w_tilde_bar);
        }
        add_row(hand, sums, self.phi.len() - 1, c_bar);
    }

    /// No parameter stands in φ by its logarithm.
    fn chain(&self, _: &mut [f64]) {}
}

//! A control of all of z whose coordinates are coupled, by hand: `c = η·m²` with `m = mean_i t_i·σ(z_i/λ)`.
//!
//! With `ṁ = ∂m/∂z·ż`, what goes back is `L = c̄·η·m² + 2η·m·ṁ`.

use voidgrad_macros::control;
use voidgrad_real::{Element, Lanes, sigmoid};

use crate::kernel::{ArrayKernel, add_row, row, set_row};

pub(super) const DIMENSION: usize = 5;

#[control(positive(lambda), data(t))]
pub(super) fn coupled(z: &[f64; 5], eta: f64, lambda: f64, t: [f64; 5]) -> f64 {
    let mut m = 0.0;
    for i in 0..5 {
        m += t[i] * sigmoid(z[i] / lambda) / 5.0;
    }
    eta * m * m
}

impl Coupled {
    pub(super) fn example(eta: f64) -> Self {
        Self::new(eta, 0.7, [0.3, -0.8, 1.1, 0.6, 1.7]).unwrap()
    }
}

impl ArrayKernel for Coupled {
    fn numbers<T: Element>(&self, numbers: &mut Vec<T>) {
        let shared = [self.eta, 1.0 / self.lambda].into_iter().chain(self.t.map(|t| t / DIMENSION as f64));
        numbers.extend(shared.map(|number| T::default().constant(number)));
    }

    /// m at z and at z̃.
    fn rows(&self) -> usize {
        2
    }

    fn forward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        z: [&[R::Element]; 2],
        c_z: [&mut [R::Element]; 2],
        rows: &mut [R::Element],
    ) -> R {
        let [eta, rate] = [numbers[0], numbers[1]].map(|number| hand.splat(number));
        let mut c = hand;
        for (point, (z, c_z)) in z.into_iter().zip(c_z).enumerate() {
            let mut m = hand;
            for i in 0..DIMENSION {
                m = m + hand.splat(numbers[2 + i]) * (row(hand, z, i) * rate).sigmoid();
            }
            set_row(rows, point, m);
            c = eta * m * m;
            for i in 0..DIMENSION {
                let slope = hand.splat(numbers[2 + i]) * (row(hand, z, i) * rate).d_sigmoid();
                set_row(c_z, i, (eta + eta) * m * slope * rate);
            }
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
        let [eta, rate] = [numbers[0], numbers[1]].map(|number| hand.splat(number));
        for point in 0..2 {
            let (z, z_dot) = (z[point], z_dot[point]);
            let c_bar = if point == 0 { hand } else { c_bar };
            let m = row(hand, rows, point);
            let mut m_dot = hand;
            for i in 0..DIMENSION {
                let slope = hand.splat(numbers[2 + i]) * (row(hand, z, i) * rate).d_sigmoid();
                m_dot = m_dot + row(hand, z_dot, i) * slope * rate;
            }
            add_row(hand, sums, 0, m * (c_bar * m + m_dot + m_dot));
            let (m_bar, m_dot_bar) = ((eta + eta) * (c_bar * m + m_dot), (eta + eta) * m);
            let mut rate_bar = hand;
            for i in 0..DIMENSION {
                let (t, z, z_dot) = (hand.splat(numbers[2 + i]), row(hand, z, i), row(hand, z_dot, i));
                let x = z * rate;
                rate_bar = rate_bar + t * z * m_bar * x.d_sigmoid();
                rate_bar = rate_bar + t * z_dot * m_dot_bar * (x.d_sigmoid() + x * x.d2_sigmoid());
            }
            add_row(hand, sums, 1, -(rate_bar * rate * rate));
        }
    }

    fn chain(&self, phi_bar: &mut [f64]) {
        phi_bar[1] *= self.lambda;
    }
}

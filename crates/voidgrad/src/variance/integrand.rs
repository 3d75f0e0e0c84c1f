//! `ĝ` of one variable given b, as a function of one number.

use crate::bernoulli::logit;
use crate::control::Control;
use crate::estimator::Coupling;
use crate::kernel::weights;
use voidgrad_real::sigmoid;

/// Given b, `ĝ = A(z̃) + B(z)` with `A = (f(b) - c)·∂/∂a ln p(b) - ∂c/∂z̃·∂z̃/∂a` and `B = ∂c/∂z`.
///
/// Here z and z̃ are independent and have the same density `p(z|b)`, so the moments of `ĝ` need integrals
/// over one variable only. It is `y = |z|`, from 0 to where the density ends; `z = y` where `b = 1` and `z =
/// -y` where `b = 0`.
pub(super) struct Integrand<'a, C: ?Sized> {
    control: &'a C,
    f: f64,
    score: f64,
    /// ±1, the sign of z.
    sign: f64,
    /// The logit of the b that is given, `±a`, its exponential and its probability.
    s: f64,
    exp_s: f64,
    p: f64,
    /// With common noise `ĝ` is `A(z) + B(z)`, a single part.
    coupling: Coupling,
}

/// The integrand at one y.
#[derive(Clone, Copy)]
pub(super) struct Point {
    /// `p(z|b)`.
    pub(super) density: f64,
    /// A and B, or their sum and 0.
    pub(super) parts: [f64; 2],
    /// `∂z̃/∂a`.
    z_tilde_a: f64,
    /// c, and its derivative by y.
    pub(super) c: f64,
    pub(super) slope: f64,
}

impl<'a, C: Control + ?Sized> Integrand<'a, C> {
    pub(super) fn new(control: &'a C, f: f64, a: f64, b: bool, coupling: Coupling) -> Self {
        let sign = if b { 1.0 } else { -1.0 };
        let s = sign * a;
        Self { control, f, score: logit::ln_p::d_a(b, a), sign, s, exp_s: s.exp(), p: sigmoid(s), coupling }
    }

    /// `p(b)`.
    pub(super) fn p(&self) -> f64 {
        self.p
    }

    pub(super) fn at(&self, y: f64) -> Point {
        let mut slope = [0.0];
        let c = self.control.value_and_d_z(&[self.sign * y], &mut slope);
        self.with(y, c, slope[0])
    }

    /// The integrand at this y with these c and `∂c/∂z`.
    fn with(&self, y: f64, c: f64, slope: f64) -> Point {
        let decay = (-y).exp();
        // ∂z̃/∂a by z̃ instead of v; the same for both b, by symmetry.
        let z_tilde_a = self.p * (1.0 - decay);
        let tilde = (self.f - c) * self.score - slope * z_tilde_a;
        let parts = match self.coupling {
            Coupling::Independent => [tilde, slope],
            // 1 - ∂z̃/∂a, as a sum of positive numbers.
            Coupling::Common => {
                let rest = sigmoid(-self.s) + self.p * decay;
                [(self.f - c) * self.score + slope * rest, 0.0]
            }
        };
        Point { density: self.density(y, decay), parts, z_tilde_a, c, slope: self.sign * slope }
    }

    /// Adds `w·p(z|b)` times A and B.
    pub(super) fn add_parts(&self, y: f64, weight: f64, sum: &mut [f64]) {
        let point = self.at(y);
        sum.iter_mut().zip(point.parts).for_each(|(sum, part)| *sum += weight * point.density * part);
    }

    /// Adds `w·p(b)·p(z|b)` times `2·(A + E[B])·∂A/∂φ + 2·(E[A] + B)·∂B/∂φ`, whose integral is the part of b in `E[2·ĝ·∂ĝ/∂φ]`.
    pub(super) fn add_gradient(&self, y: f64, weight: f64, means: [f64; 2], phi_bar: &mut [f64]) {
        let point = self.at(y);
        let [tilde, free] = point.parts;
        let mass = 2.0 * weight * self.p * point.density;
        let of_z_tilde = weights(mass * (tilde + means[1]), self.score, point.z_tilde_a);
        let z_dot = weights(mass * (means[0] + free), self.score, point.z_tilde_a).z_dot;
        let z_dot = z_dot + of_z_tilde.z_tilde_dot;
        self.control.vjp_jvp(&[self.sign * y], &[z_dot], of_z_tilde.c_bar, phi_bar);
    }

    /// `p(κ)·((E[A] + B(κ)) - ∂z̃/∂a·(A(κ) + E[B]))` at a kink, whose mean slope is given.
    pub(super) fn height(&self, y: f64, slope: f64, means: [f64; 2]) -> f64 {
        let point = self.with(y, self.control.value(&[self.sign * y]), slope);
        let [tilde, free] = point.parts;
        self.p * point.density * (means[0] + free - point.z_tilde_a * (tilde + means[1]))
    }

    /// `p(z|b)`, in a form that stays exact where p(z) and p(b) are both too small to be numbers; `decay` is
    /// `e^-y`.
    fn density(&self, y: f64, decay: f64) -> f64 {
        if self.s <= 0.0 {
            let far = 1.0 + decay * self.exp_s;
            decay * (1.0 + self.exp_s) / (far * far)
        } else {
            let e = (-(y - self.s).abs()).exp();
            e / ((1.0 + e) * (1.0 + e) * self.p)
        }
    }

    /// Points between which the density and a control of any temperature are tame enough for the bisection
    /// to see what it has to: denser towards 0, and around the peak where there is one.
    pub(super) fn breakpoints(&self) -> Vec<f64> {
        /// Where what is left of the density is 1e-22.
        const END: f64 = 50.0;
        let peak = self.s.max(0.0);
        let near_zero = [0.0, 0.03, 0.15, 0.6, 2.0, 5.0, 12.0, 25.0].into_iter();
        let near_peak = [-END, -20.0, -8.0, -3.0, 0.0, 3.0, 8.0, 20.0, END].map(|offset| peak + offset);
        let mut points: Vec<f64> = if peak > 1.0 {
            near_zero.chain(near_peak.into_iter().filter(|&y| y > 0.0)).collect()
        } else {
            near_zero.chain([peak + END]).collect()
        };
        points.sort_by(f64::total_cmp);
        points.dedup();
        points
    }
}

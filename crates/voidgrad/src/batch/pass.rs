//! The control on lanes: forwards for c and its slopes, backwards for the sums of φ.

use voidgrad_real::{Element, Lanes, Real};

use super::cells::Cells;
use crate::kernel::Kernel;
use crate::lanes::{MOST_LANES, Work};

/// The way forward of the coordinates of one sample: adds up c at z̃, and writes the part of `ĝ_m` that takes neither f nor
/// c, `∂c/∂z_m - ∂c/∂z̃_m·∂z̃_m/∂a_m`, to `g`.
pub(super) struct Forward<'c, 'a, C: Kernel, T: Element> {
    pub(super) numbers: &'c C::Numbers<T>,
    pub(super) cells: &'c mut Cells<'a, T>,
}

impl<C: Kernel, T: Element> Work<T> for Forward<'_, '_, C, T> {
    /// `Σ_m c(z̃_m)`
    type Output = f64;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> f64 {
        let Cells { z, z_tilde, z_tilde_a, g, count, .. } = self.cells;
        let mut sum = hand;
        let numbers = lane_numbers(hand);
        for i in (0..*count).step_by(R::LANES) {
            let (c_z, (c, c_z_tilde), _) =
                C::forward(self.numbers, hand.load(&z[i..]), hand.load(&z_tilde[i..]));
            sum = sum + R::select(numbers.is_lt(hand.constant((*count - i) as f64)), c, hand);
            (c_z - c_z_tilde * hand.load(&z_tilde_a[i..])).store(&mut g[i..]);
        }
        sum.sum().into()
    }
}

/// The whole of the control at each cell: `ĝ`, and the sums.
pub(super) struct Pass<'c, 'a, C: Kernel, T: Element> {
    pub(super) numbers: &'c C::Numbers<T>,
    pub(super) cells: &'c mut Cells<'a, T>,
    pub(super) weights: Weights,
    pub(super) sums: &'c mut LaneSums<T>,
}

/// What the way back is weighted with.
#[derive(Clone, Copy)]
pub(super) enum Weights {
    /// Each cell is a sample: `g` holds f and becomes `ĝ`, the weights are `2ĝ` and `-2ĝ·∂/∂a ln p(b)`.
    OfSamples,
    /// The cells are the coordinates of one sample: `g` holds `ĝ`, whose factor is `slope`, and `c̄` is given.
    OfCoordinates { slope: f64, c_bar: f64 },
}

/// Sums that go on from pass to pass, lane by lane.
#[derive(Debug)]
pub(super) struct LaneSums<T> {
    /// `Σ ĝ`, `Σ ĝ²` and `Σ f`
    pub(super) moments: [[T; MOST_LANES]; 3],
    /// N rows of lanes.
    pub(super) phi: Vec<T>,
}

impl<C: Kernel, T: Element> Work<T> for Pass<'_, '_, C, T> {
    type Output = ();

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Cells { z, z_tilde, z_tilde_a, score, g, count, .. } = self.cells;
        let LaneSums { moments: [gradient_lanes, square_lanes, f_lanes], phi } = self.sums;
        let zero = hand;
        let mut phi_bar = C::sums(zero);
        for (sum, lanes) in phi_bar.as_mut().iter_mut().zip(phi.chunks_exact(MOST_LANES)) {
            *sum = hand.load(lanes);
        }
        let (mut gradient, mut square) = (hand.load(gradient_lanes), hand.load(square_lanes));
        let mut f = hand.load(f_lanes);
        let numbers = lane_numbers(hand);
        let (slope, given) = match self.weights {
            Weights::OfSamples => (2.0, None),
            Weights::OfCoordinates { slope, c_bar } => (slope, Some(c_bar)),
        };
        let (is_given, c_bar) = (hand.mask(given.is_some()), hand.constant(given.unwrap_or_default()));
        let slope = hand.constant(slope);
        for i in (0..*count).step_by(R::LANES) {
            let (z, z_tilde) = (hand.load(&z[i..]), hand.load(&z_tilde[i..]));
            let (z_tilde_a, score) = (hand.load(&z_tilde_a[i..]), hand.load(&score[i..]));
            let (c_z, (c_tilde, c_z_tilde), residuals) = C::forward(self.numbers, z, z_tilde);
            let f_or_g = hand.load(&g[i..]);
            let of_sample = (f_or_g - c_tilde).mul_add(score, (-c_z_tilde).mul_add(z_tilde_a, c_z));
            let live = numbers.is_lt(hand.constant((*count - i) as f64));
            f = f + R::select(live, f_or_g, zero);
            let estimate = R::select(live, R::select(is_given, f_or_g, of_sample), zero);
            gradient = gradient + estimate;
            square = estimate.mul_add(estimate, square);
            let z_dot = slope * estimate;
            let c_bar = R::select(is_given, R::select(live, c_bar, zero), -(z_dot * score));
            C::backward(
                self.numbers,
                &residuals,
                (z, z_dot),
                (z_tilde, -(z_dot * z_tilde_a)),
                c_bar,
                &mut phi_bar,
            );
        }
        for (sum, lanes) in phi_bar.as_ref().iter().zip(phi.chunks_exact_mut(MOST_LANES)) {
            sum.store(lanes);
        }
        gradient.store(gradient_lanes);
        square.store(square_lanes);
        f.store(f_lanes);
    }
}

impl<T: Element> LaneSums<T> {
    /// No terms yet, for N parameters.
    pub(super) fn reset(&mut self, parameters: usize) {
        self.moments = [[T::default(); MOST_LANES]; 3];
        self.phi.clear();
        self.phi.resize(parameters * MOST_LANES, T::default());
    }
}

/// The sum over lanes, whose unused ones are 0, in a fixed order.
pub(super) fn total<T: Element>(lanes: &[T]) -> f64 {
    let mut lanes: [f64; MOST_LANES] = core::array::from_fn(|i| lanes[i].into());
    let mut half = MOST_LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// 0, 1, 2, … in the lanes.
#[inline(always)]
fn lane_numbers<R: Lanes>(hand: R) -> R {
    let mut numbers = [R::Element::default(); MOST_LANES];
    for (i, number) in numbers.iter_mut().enumerate() {
        *number = number.constant(i as f64);
    }
    hand.load(&numbers)
}

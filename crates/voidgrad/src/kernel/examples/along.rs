//! The examples of a plate along a direction φ̇, on lanes.

use voidgrad_real::Lanes;

use super::group::{Given, Group, Place, ROWS, Told};
use crate::kernel::{AlongKernel, CHUNK, aligned};
use crate::lanes::{Float, Instructions, Slices, Work};
use crate::tasks;

/// The examples of a plate, and a direction.
pub struct Along<'a> {
    /// Logits and b of each example, and the place for the derivative of `ĝ`.
    numbers: Slices<'a, 2>,
    /// u and then v of each example.
    noise: &'a [f64],
    given: Given,
    /// φ̇, N numbers.
    phi_dot: &'a [f64],
}

impl<'a> Along<'a> {
    /// The examples with these logits and b. `gradient_dot` is the place for `∂ĝ/∂φ·φ̇`.
    pub(crate) fn new<T: Float>(
        [logits, points]: [&'a [T]; 2],
        (noise, given): (&'a [f64], Given),
        phi_dot: &'a [f64],
        gradient_dot: &'a mut [T],
    ) -> Self {
        Self { numbers: T::slices([logits, points], gradient_dot), noise, given, phi_dot }
    }
}

/// Writes `∂ĝ/∂φ·φ̇` of the examples, on lanes: what `#[control]` makes of [`BatchControl::plate_along`](crate::BatchControl::plate_along) for a control that has an
/// [`AlongKernel`].
///
/// ĝ is affine in c(z̃) and in `∂c/∂z` at z and z̃. So it is the formula of ĝ with their derivatives along φ̇, and without f.
///
/// The result is false as that of [`examples`](super::examples).
pub fn along<C: AlongKernel<E>, const E: usize>(control: &C, along: &mut Along<'_>) -> bool {
    let Along { numbers, noise, given, phi_dot } = along;
    let given = *given;
    match numbers {
        Slices::Double([logits, points], gradient_dot) => {
            run(control, Told { first: 0, logits, points, noise, given }, phi_dot, gradient_dot)
        }
        Slices::Single([logits, points], gradient_dot) => {
            run(control, Told { first: 0, logits, points, noise, given }, phi_dot, gradient_dot)
        }
    }
}

fn run<C: AlongKernel<E>, T: Float, const E: usize>(
    control: &C,
    told: Told<'_, T>,
    phi_dot: &[f64],
    gradient_dot: &mut [T],
) -> bool {
    let z = control.layout().z;
    if told.noise.len() != 2 * told.logits.len() || !told.logits.len().is_multiple_of(z) || !told.fits() {
        return false;
    }
    T::with_list(|numbers| {
        control.numbers_along(phi_dot, numbers);
        let numbers = &numbers[..];
        tasks::run(told.chunks(z).zip(gradient_dot.chunks_mut(CHUNK * z)).map(|(told, gradient_dot)| {
            move || {
                T::with_buffers(|memory| {
                    T::on_lanes(Instructions::Best, Groups { control, numbers, told, gradient_dot, memory });
                });
            }
        }));
    });
    gradient_dot.iter().all(|entry| Into::<f64>::into(*entry).is_finite())
}

/// The pass through a chunk, group by group.
struct Groups<'a, C, T, const E: usize> {
    control: &'a C,
    /// What all examples share.
    numbers: &'a [T],
    told: Told<'a, T>,
    gradient_dot: &'a mut [T],
    memory: &'a mut [Vec<T>; 4],
}

impl<C: AlongKernel<E>, T: Float, const E: usize> Work<T> for Groups<'_, C, T, E> {
    type Output = ();

    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { control, numbers, told, gradient_dot, memory } = self;
        let [rows, each, own, apart] = memory;
        // Here and not at the call, so that lengths that are constants are constants.
        let layout = control.layout();
        let rows = aligned(rows, ROWS * layout.z * R::LANES);
        let each = aligned(each, layout.each.iter().sum::<usize>() * R::LANES);
        let own = aligned(own, control.rows_along() * R::LANES);
        for place in Place::all(told.logits.len() / layout.z, R::LANES) {
            place.load_each(hand, control, told.first, each, apart);
            let mut group = Group::new(rows);
            group.draw(hand, told, place, apart);
            let z = [&*group.z, &*group.z_tilde];
            let c_z_dot = [&mut *group.c_z, &mut *group.c_z_tilde];
            let c_dot = control.along(hand, numbers, each, z, c_z_dot, own);
            group.make_gradient(hand, -c_dot);
            group.store_gradient(hand, place, gradient_dot, apart);
        }
    }
}

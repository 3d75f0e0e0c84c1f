//! The examples of a plate through a control's kernel: lanes of examples, on all cores.

mod along;
mod group;

use voidgrad_real::Lanes;

use self::group::{Group, Place, ROWS, Told};
use super::{CHUNK, ExampleKernel, Pass, Reduction, add_lanes, aligned};
use crate::error::are_finite;
use crate::lanes::{Float, Instructions, Slices, Work};
use crate::tasks;

pub use self::along::{Along, along};
pub(crate) use self::group::Given;

/// The examples of a plate with their values of f, and what is wanted of them.
pub struct Examples<'a> {
    numbers: Numbers<'a>,
    /// u and then v of each example.
    noise: &'a [f64],
    given: Given,
    wanted: Wanted,
    /// N sums, to which is added.
    phi_bar: &'a mut [f64],
}

/// Logits, b and f of each example, w if it is given, and the place for `ĝ` if it is wanted.
type Numbers<'a> = Slices<'a, 4>;

/// What is wanted of the examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// `ĝ`.
    Estimates,
    /// `ĝ`, and `Σ_n (2/M)(∂ĝ_n/∂φ)ᵀ ĝ_n`.
    EstimatesAndSums,
    /// `Σ_n (∂ĝ_n/∂φ)ᵀ w_n`.
    Transposed,
}

impl<'a> Examples<'a> {
    /// The examples with these logits, b and values of f: `ĝ` is wanted, and the gradient of its variance.
    pub(crate) fn new<T: Float>(
        told: [&'a [T]; 3],
        noise: &'a [f64],
        gradient: &'a mut [T],
        phi_bar: &'a mut [f64],
    ) -> Self {
        Self::variance(told, (noise, Given::Noise), gradient, phi_bar)
    }

    /// The same, with z of noise of either kind.
    pub(crate) fn variance<T: Float>(
        [logits, points, values]: [&'a [T]; 3],
        (noise, given): (&'a [f64], Given),
        gradient: &'a mut [T],
        phi_bar: &'a mut [f64],
    ) -> Self {
        let numbers = T::slices([logits, points, values, &[]], gradient);
        Self { numbers, noise, given, wanted: Wanted::EstimatesAndSums, phi_bar }
    }

    /// The same, of which `ĝ` alone is wanted.
    pub(crate) fn estimates<T: Float>(
        [logits, points, values]: [&'a [T]; 3],
        (noise, given): (&'a [f64], Given),
        gradient: &'a mut [T],
    ) -> Self {
        let numbers = T::slices([logits, points, values, &[]], gradient);
        Self { numbers, noise, given, wanted: Wanted::Estimates, phi_bar: &mut [] }
    }

    /// The same, of which `Σ_n (∂ĝ_n/∂φ)ᵀ w_n` is wanted.
    pub(crate) fn transposed<T: Float>(
        [logits, points, values]: [&'a [T]; 3],
        (noise, given): (&'a [f64], Given),
        w: &'a [T],
        phi_bar: &'a mut [f64],
    ) -> Self {
        let numbers = T::slices([logits, points, values, w], &mut []);
        Self { numbers, noise, given, wanted: Wanted::Transposed, phi_bar }
    }
}

/// Writes `ĝ` of the examples and adds to the sums, on lanes: what `#[control]` makes of [`Control::plate`](crate::Control::plate) for a control that has an
/// [`ExampleKernel`].
///
/// The result is false if the examples have other variables than the kernel is made for, if a logit is out of range, or if something is not finite. Then what
/// was written is of no use, and the caller answers for one example after the other; that also makes the error.
pub fn examples<C: ExampleKernel<E>, const E: usize>(control: &C, examples: &mut Examples<'_>) -> bool {
    let Examples { numbers, noise, given, wanted, phi_bar } = examples;
    let (given, wanted, parameters) = (*given, *wanted, phi_bar.len());
    let finished = match numbers {
        Slices::Double([logits, points, values, w], gradient) => {
            let told = Told { first: 0, logits, points, noise, given };
            run(control, (told, values), (wanted, w, gradient), parameters)
        }
        Slices::Single([logits, points, values, w], gradient) => {
            let told = Told { first: 0, logits, points, noise, given };
            run(control, (told, values), (wanted, w, gradient), parameters)
        }
    };
    let Some(mut sums) = finished else { return false };
    if wanted == Wanted::Estimates {
        return true;
    }
    control.chain(&mut sums);
    phi_bar.iter_mut().zip(&sums).for_each(|(sum, more)| *sum += more);
    are_finite(phi_bar)
}

/// The sums over all examples.
fn run<C: ExampleKernel<E>, T: Float, const E: usize>(
    control: &C,
    (told, values): (Told<'_, T>, &[T]),
    (wanted, w, gradient): (Wanted, &[T], &mut [T]),
    parameters: usize,
) -> Option<Vec<f64>> {
    if told.logits.len() != values.len() * control.layout().z || !told.fits() {
        return None;
    }
    T::with_list(|numbers| {
        control.numbers(numbers);
        let shared = Shared { control, numbers, wanted };
        sums_of(&shared, (told, values), (w, gradient), parameters)
    })
}

fn sums_of<C: ExampleKernel<E>, T: Float, const E: usize>(
    shared: &Shared<'_, C, T, E>,
    (told, values): (Told<'_, T>, &[T]),
    (w, gradient): (&[T], &mut [T]),
    parameters: usize,
) -> Option<Vec<f64>> {
    let control = shared.control;
    let z = control.layout().z;
    let pass = |leaf, panels: &mut [T], sums: &mut [T]| {
        T::with_buffers(|memory| {
            T::on_lanes(Instructions::Best, Groups { shared, leaf, panels, sums, memory });
        });
    };
    // What is not there has no chunks.
    let w = w.chunks(CHUNK * z).chain(std::iter::repeat_with(Default::default));
    let gradients = gradient.chunks_mut(CHUNK * z).chain(std::iter::repeat_with(Default::default));
    let leaves = (told.chunks(z).zip(values.chunks(CHUNK)).zip(w).zip(gradients))
        .map(|(((told, values), w), gradient)| Leaf { told, values, w, gradient });
    let mut sums = vec![0.0; parameters];
    if shared.wanted == Wanted::Estimates {
        tasks::run(leaves.map(|leaf| move || pass(leaf, &mut [], &mut [])));
    } else {
        let (products, totals) = (control.products(), control.totals());
        let (products, totals) = (products.as_ref(), totals.as_ref());
        let reduction = Reduction { kept: control.layout().kept, products, totals };
        let passes = leaves.map(|leaf| {
            Box::new(move |panels: &mut [T], sums: &mut [T]| pass(leaf, panels, sums)) as Pass<'_, T>
        });
        reduction.sum(passes.collect(), values.len(), &mut sums);
    }
    let is_finite = |entry: &T| Into::<f64>::into(*entry).is_finite();
    (values.iter().all(is_finite) && gradient.iter().all(is_finite)).then_some(sums)
}

/// The examples of a chunk.
struct Leaf<'a, T> {
    told: Told<'a, T>,
    /// One value of f for each example.
    values: &'a [T],
    w: &'a [T],
    gradient: &'a mut [T],
}

/// What all examples share.
struct Shared<'a, C, T, const E: usize> {
    control: &'a C,
    numbers: &'a [T],
    wanted: Wanted,
}

/// The pass through a chunk, group by group.
struct Groups<'a, 'b, 'c, C, T, const E: usize> {
    shared: &'b Shared<'c, C, T, E>,
    leaf: Leaf<'a, T>,
    panels: &'b mut [T],
    sums: &'b mut [T],
    memory: &'b mut [Vec<T>; 5],
}

impl<C: ExampleKernel<E>, T: Float, const E: usize> Work<T> for Groups<'_, '_, '_, C, T, E> {
    type Output = ();

    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { shared: Shared { control, numbers, wanted }, leaf, panels, sums, memory } = self;
        let Leaf { told, values, w, gradient } = leaf;
        let [rows, each, kept, apart, totals] = memory;
        // Here and not at the call, so that lengths that are constants are constants.
        let layout = control.layout();
        let rows = aligned(rows, ROWS * layout.z * R::LANES);
        let each = aligned(each, layout.each.iter().sum::<usize>() * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        let totals = aligned(totals, sums.len() * R::LANES);
        totals.fill(T::default());
        for place in Place::all(values.len(), R::LANES) {
            place.load_each(hand, *control, told.first, each, apart);
            let mut group = Group::new(rows);
            group.draw(hand, told, place, apart);
            let z = [&*group.z, &*group.z_tilde];
            let c_z = [&mut *group.c_z, &mut *group.c_z_tilde];
            let c = control.forward(hand, numbers, each, z, c_z, kept);
            let scale = if *wanted == Wanted::Transposed {
                group.load_gradient(hand, place, w);
                1.0
            } else {
                group.make_gradient(hand, place.load(hand, values) - c);
                group.store_gradient(hand, place, gradient, apart);
                2.0 / layout.z as f64
            };
            if *wanted != Wanted::Estimates {
                let c_bar = group.make_weights(hand, place, scale);
                let (z, z_dot) = ([&*group.z, &*group.z_tilde], [&*group.z_dot, &*group.z_tilde_dot]);
                control.backward(hand, numbers, each, z, z_dot, c_bar, kept, (panels, place.first), totals);
            }
        }
        if *wanted != Wanted::Estimates {
            add_lanes(hand, totals, sums, apart);
        }
    }
}

//! The examples of a plate through a control's kernel: lanes of examples, on all cores.

use voidgrad_real::{Element, Lanes, Real};

use super::chunk::{conditional, lane_numbers};
use super::transpose::{to_rows, to_samples};
use super::{
    CHUNK, ExampleKernel, Pass, Reduction, add_lanes, aligned, g_hat, pathwise, row, set_row, weights,
};
use crate::error::are_finite;
use crate::lanes::{Float, Instructions, MOST_LANES, Slices, Work};

/// The examples of a plate with their values of f, and the memory for their `ĝ`.
pub struct Examples<'a> {
    told: Numbers<'a>,
    /// u and then v of each example.
    noise: &'a [f64],
    /// N sums, to which `Σ_n (2/M)(∂ĝ_n/∂φ)ᵀ ĝ_n` is added.
    phi_bar: &'a mut [f64],
}

/// Logits, b and f of each example, and the place for `ĝ`.
type Numbers<'a> = Slices<'a, 3>;

impl<'a> Examples<'a> {
    /// The examples with these logits, b and values of f.
    pub(crate) fn new<T: Float>(
        told: [&'a [T]; 3],
        noise: &'a [f64],
        gradient: &'a mut [T],
        phi_bar: &'a mut [f64],
    ) -> Self {
        Self { told: T::slices(told, gradient), noise, phi_bar }
    }
}

/// Writes `ĝ` of the examples and adds to the sums, on lanes: what `#[control]` makes of [`Control::plate`](crate::Control::plate) for a control that has an
/// [`ExampleKernel`].
///
/// The result is false if the examples have other variables than the kernel is made for, if a logit is out of range, or if something is not finite. Then what
/// was written is of no use, and the caller answers for one example after the other; that also makes the error.
pub fn examples<C: ExampleKernel<E>, const E: usize>(control: &C, examples: &mut Examples<'_>) -> bool {
    let Examples { told, noise, phi_bar } = examples;
    let finished = match told {
        Slices::Double([logits, points, values], gradient) => {
            let told = Told { first: 0, logits, noise, points, values };
            run(control, told, gradient, phi_bar.len(), 650.0)
        }
        Slices::Single([logits, points, values], gradient) => {
            let told = Told { first: 0, logits, noise, points, values };
            run(control, told, gradient, phi_bar.len(), 45.0)
        }
    };
    let Some(mut sums) = finished else { return false };
    control.chain(&mut sums);
    phi_bar.iter_mut().zip(&sums).for_each(|(sum, more)| *sum += more);
    are_finite(phi_bar)
}

/// The sums over all examples. `largest` is the logit up to which `e^a` and its products with numbers up to 2⁵⁴ are finite.
fn run<C: ExampleKernel<E>, T: Float, const E: usize>(
    control: &C,
    told: Told<'_, T>,
    gradient: &mut [T],
    parameters: usize,
    largest: f64,
) -> Option<Vec<f64>> {
    let fits = |a: &T| Into::<f64>::into(*a).abs() <= largest;
    if told.logits.len() != told.values.len() * control.layout().z || !told.logits.iter().all(fits) {
        return None;
    }
    T::with_list(|numbers| {
        control.numbers(numbers);
        let shared = Shared { control, numbers };
        sums_of(&shared, told, gradient, parameters)
    })
}

fn sums_of<C: ExampleKernel<E>, T: Float, const E: usize>(
    shared: &Shared<'_, C, T, E>,
    told: Told<'_, T>,
    gradient: &mut [T],
    parameters: usize,
) -> Option<Vec<f64>> {
    let control = shared.control;
    let mut sums = vec![0.0; parameters];
    let (products, totals) = (control.products(), control.totals());
    let (products, totals) = (products.as_ref(), totals.as_ref());
    let reduction = Reduction { kept: control.layout().kept, products, totals };
    let pass = |leaf| {
        Box::new(move |panels: &mut [T], sums: &mut [T]| {
            T::with_buffers(|memory| {
                T::on_lanes(Instructions::Best, Groups { shared, leaf, panels, sums, memory });
            });
        }) as Pass<'_, T>
    };
    reduction.sum(
        told.leaves(control.layout().z, gradient).map(pass).collect(),
        told.values.len(),
        &mut sums,
    );
    let is_finite = |entry: &T| Into::<f64>::into(*entry).is_finite();
    (told.values.iter().all(is_finite) && gradient.iter().all(is_finite)).then_some(sums)
}

/// What is told of the examples.
#[derive(Clone, Copy)]
struct Told<'a, T> {
    /// The number of the first.
    first: usize,
    logits: &'a [T],
    noise: &'a [f64],
    /// b.
    points: &'a [T],
    /// One value of f for each example.
    values: &'a [T],
}

impl<'a, T> Told<'a, T> {
    /// Chunks of these examples of Z variables, each with its part of `ĝ`.
    fn leaves(self, z: usize, gradient: &'a mut [T]) -> impl Iterator<Item = Leaf<'a, T>> {
        let Self { logits, noise, points, values, .. } = self;
        let parts = (logits.chunks(CHUNK * z).zip(noise.chunks(2 * CHUNK * z)))
            .zip(points.chunks(CHUNK * z).zip(values.chunks(CHUNK)))
            .zip(gradient.chunks_mut(CHUNK * z));
        parts.enumerate().map(|(number, (((logits, noise), (points, values)), gradient))| Leaf {
            told: Told { first: number * CHUNK, logits, noise, points, values },
            gradient,
        })
    }
}

/// The examples of a chunk.
struct Leaf<'a, T> {
    told: Told<'a, T>,
    gradient: &'a mut [T],
}

/// What all examples share.
struct Shared<'a, C, T, const E: usize> {
    control: &'a C,
    numbers: &'a [T],
}

/// How many rows of lanes a variable has.
const ROWS: usize = 9;

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

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { shared: Shared { control, numbers }, leaf, panels, sums, memory } = self;
        let Leaf { told, gradient } = leaf;
        let [rows, each, kept, apart, totals] = memory;
        // Here and not at the call, so that lengths that are constants are constants.
        let layout = control.layout();
        let length = layout.z * R::LANES;
        let rows = aligned(rows, ROWS * length);
        let each = aligned(each, layout.each.iter().sum::<usize>() * R::LANES);
        let kept = aligned(kept, layout.rows * R::LANES);
        let totals = aligned(totals, sums.len() * R::LANES);
        totals.fill(T::default());
        for (group, gradient) in gradient.chunks_mut(length).enumerate() {
            let place = Place { first: group * R::LANES, live: gradient.len() / layout.z };
            place.load_each(hand, *control, told.first, each, apart);
            let mut group = Group::new(rows, length);
            group.draw(hand, told, place, apart);
            let mut f = [T::default(); MOST_LANES];
            f[..place.live].copy_from_slice(&told.values[place.first..][..place.live]);
            let f = hand.load(&f);
            let z = [&*group.z, &*group.z_tilde];
            let c_z = [&mut *group.c_z, &mut *group.c_z_tilde];
            let c = control.forward(hand, numbers, each, z, c_z, kept);
            let c_bar = group.gradients(hand, place, f - c);
            if place.live == R::LANES {
                to_samples(hand, layout.z, group.gradient, |g| g, gradient);
            } else {
                let apart = aligned(apart, length);
                to_samples(hand, layout.z, group.gradient, |g| g, apart);
                gradient.copy_from_slice(&apart[..gradient.len()]);
            }
            let (z, z_dot) = ([&*group.z, &*group.z_tilde], [&*group.z_dot, &*group.z_tilde_dot]);
            control.backward(hand, numbers, each, z, z_dot, c_bar, kept, (panels, place.first), totals);
        }
        add_lanes(hand, totals, sums, apart);
    }
}

/// Which examples are side by side.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The first of them.
    first: usize,
    /// How many lanes have an example, at least one; the others repeat the first.
    live: usize,
}

impl Place {
    /// Writes the arguments of the examples as rows of lanes, one argument after the other.
    #[inline(always)]
    fn load_each<R: Lanes<Element: Element>, C: ExampleKernel<E>, const E: usize>(
        self,
        hand: R,
        control: &C,
        first: usize,
        each: &mut [R::Element],
        apart: &mut Vec<R::Element>,
    ) {
        let mut from = 0;
        for (argument, entries) in control.layout().each.iter().enumerate() {
            let rows = &control.rows_of(argument)[(first + self.first) * entries..][..self.live * entries];
            let apart = aligned(apart, rows.len());
            let zero = R::Element::default();
            apart.iter_mut().zip(rows).for_each(|(to, number)| *to = zero.constant(*number));
            to_rows(hand, *entries, (apart, self.live), &mut each[from..][..entries * R::LANES]);
            from += entries * R::LANES;
        }
    }
}

/// Examples side by side: a row of lanes for each variable.
struct Group<'a, T> {
    z: &'a mut [T],
    z_tilde: &'a mut [T],
    /// `∂z̃/∂a`, b held fixed.
    z_tilde_a: &'a mut [T],
    /// `∂/∂a ln p(b)`.
    score: &'a mut [T],
    /// `∂c/∂z` at z and at z̃.
    c_z: &'a mut [T],
    c_z_tilde: &'a mut [T],
    /// What weighs `∂²c/∂z∂φ` at z and at z̃ in the variance's gradient.
    z_dot: &'a mut [T],
    z_tilde_dot: &'a mut [T],
    gradient: &'a mut [T],
}

impl<'a, T: Element> Group<'a, T> {
    #[inline(always)]
    fn new(memory: &'a mut [T], length: usize) -> Self {
        let (z, rest) = memory.split_at_mut(length);
        let (z_tilde, rest) = rest.split_at_mut(length);
        let (z_tilde_a, rest) = rest.split_at_mut(length);
        let (score, rest) = rest.split_at_mut(length);
        let (c_z, rest) = rest.split_at_mut(length);
        let (c_z_tilde, rest) = rest.split_at_mut(length);
        let (z_dot, rest) = rest.split_at_mut(length);
        let (z_tilde_dot, gradient) = rest.split_at_mut(length);
        Self { z, z_tilde, z_tilde_a, score, c_z, c_z_tilde, z_dot, z_tilde_dot, gradient }
    }

    /// Makes z, z̃ and their derivatives of the logits and the noise, given b.
    #[inline(always)]
    fn draw<R: Lanes<Element = T>>(&mut self, hand: R, told: Told<'_, T>, place: Place, apart: &mut Vec<T>) {
        let Place { first, live } = place;
        let count = self.z.len() / R::LANES;
        let own = first * count..(first + live) * count;
        // The memory of what is made later holds the logits and b until then.
        to_rows(hand, count, (&told.logits[own.clone()], live), self.c_z);
        to_rows(hand, count, (&told.points[own], live), self.c_z_tilde);
        let noise = &told.noise[2 * first * count..][..2 * live * count];
        for (part, rows) in [&mut *self.z, &mut *self.z_tilde].into_iter().enumerate() {
            let apart = aligned(apart, live * count);
            for (to, example) in apart.chunks_exact_mut(count).zip(noise.chunks_exact(2 * count)) {
                let numbers = to.iter_mut().zip(&example[part * count..]);
                numbers.for_each(|(to, number)| *to = inside(T::default().constant(*number)));
            }
            to_rows(hand, count, (apart, live), rows);
        }
        let (zero, one) = (hand.constant(0.0), hand.constant(1.0));
        for m in 0..count {
            let (a, u) = (row(hand, self.c_z, m), row(hand, self.z, m));
            set_row(self.z, m, conditional::z(a, u));
        }
        for m in 0..count {
            let is_one = row(hand, self.c_z_tilde, m).is_gt(zero);
            let a = row(hand, self.c_z, m);
            let odds = R::select(is_one, a, -a).exp();
            let (tilde, slope) = conditional::z_tilde(is_one, row(hand, self.z_tilde, m), odds);
            set_row(self.z_tilde, m, tilde);
            set_row(self.z_tilde_a, m, slope);
            // σ(-a) if b = 1, and -σ(a) if b = 0.
            let size = one / (one + odds);
            set_row(self.score, m, R::select(is_one, size, -size));
        }
    }

    /// Makes `ĝ`, and ż at z and at z̃; returns c̄. `advantage` is `f - c`.
    #[inline(always)]
    fn gradients<R: Lanes<Element = T>>(&mut self, hand: R, place: Place, advantage: R) -> R {
        let count = self.z.len() / R::LANES;
        let scale = hand.constant(2.0 / count as f64);
        let is_live = lane_numbers(hand).is_lt(hand.constant(place.live as f64));
        let mut c_bar = hand.constant(0.0);
        for m in 0..count {
            let (score, z_tilde_a) = (row(hand, self.score, m), row(hand, self.z_tilde_a, m));
            let path = pathwise(row(hand, self.c_z, m), row(hand, self.c_z_tilde, m), z_tilde_a);
            let gradient = g_hat(advantage, score, path);
            set_row(self.gradient, m, gradient);
            // Lanes without an example have the weight 0.
            let scaled = R::select(is_live, scale * gradient, hand.constant(0.0));
            let weights = weights(scaled, score, z_tilde_a);
            set_row(self.z_dot, m, weights.z_dot);
            set_row(self.z_tilde_dot, m, weights.z_tilde_dot);
            c_bar = c_bar + weights.c_bar;
        }
        c_bar
    }
}

/// A number of the noise, which an `f32` may round to 1.
#[inline(always)]
fn inside<T: Element>(number: T) -> T {
    let largest = T::default().constant(1.0 - 1.0 / (1_u64 << 24) as f64);
    if number < T::default().constant(1.0) { number } else { largest }
}

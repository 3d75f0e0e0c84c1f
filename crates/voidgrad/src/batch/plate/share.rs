//! A share of the examples of a plate, one task.

use voidgrad_real::{Element, Lanes};

use crate::control::check_of_example;
use crate::distribution::Distribution;
use crate::error::{EstimateError, are_finite, check_estimate, check_gradient};
use crate::estimator::{Answer, Estimator, Memory, Told};
use crate::lanes::{Float, Instructions, Slices, Work};
use crate::noise::BlockStream;
use crate::objective::{self, Points};

/// Examples that are worth a task: the leaves of the tree that sums are taken over.
pub(super) const SHARE: usize = 16;

/// The lengths of one example.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// Uniform numbers.
    pub(super) noise: usize,
    /// K.
    pub(super) points: usize,
    /// Entries of a point.
    pub(super) dimension: usize,
    /// P.
    pub(super) parameters: usize,
    /// N, the parameters of the control.
    pub(super) phi: usize,
}

/// What the estimator was told, of all examples of the plate in `f64`; `first` is the first example of a share.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) first: usize,
    pub(super) noise: &'a [f64],
    pub(super) points: &'a [f64],
    pub(super) values: &'a [f64],
    pub(super) gradients: &'a [f64],
    /// `ĝ`, after the answer.
    pub(super) answered: &'a [f64],
}

impl<'a> Rows<'a> {
    /// What the estimator was told of example `n` of the share.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn told(self, shape: Shape, n: usize) -> Told<'a> {
        let example = self.first + n;
        let length = shape.points * shape.dimension;
        Told {
            example,
            noise: &self.noise[example * shape.noise..][..shape.noise],
            points: &self.points[example * length..][..length],
            values: &self.values[example * shape.points..][..shape.points],
            gradients: if self.gradients.is_empty() {
                &[]
            } else {
                &self.gradients[example * length..][..length]
            },
            answered: if self.answered.is_empty() {
                &[]
            } else {
                &self.answered[example * shape.parameters..][..shape.parameters]
            },
        }
    }

    /// Whether the values and gradients of a share are numbers.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn are_finite(self, shape: Shape, examples: usize) -> bool {
        let own = |numbers: &[f64], each: usize| are_finite(&numbers[self.first * each..][..examples * each]);
        let length = shape.points * shape.dimension;
        own(self.values, shape.points) && (self.gradients.is_empty() || own(self.gradients, length))
    }
}

/// The memory for the results of a share.
pub(super) struct Results<'a, T> {
    pub(super) gradient: &'a mut [T],
    pub(super) weights: &'a mut [T],
    pub(super) f: &'a mut [f64],
}

/// Memory of a task, and its sums.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// Parameters or `ĝ` of the share, in `f64`.
    gradient: Vec<f64>,
    weights: Vec<f64>,
    memory: Memory,
    /// The sum of `(2/M)(∂ĝ/∂φ)ᵀ ĝ` over the examples.
    pub(super) phi_bar: Vec<f64>,
    pub(super) failure: Option<EstimateError>,
}

impl Share {
    /// Gives the examples their parameters, up to the first that is refused, and their noise; false if one is refused.
    pub(super) fn begin<D: Distribution, T: Float>(
        &mut self,
        distributions: &mut [D],
        parameters: &[T],
        mut stream: BlockStream,
        noise: &mut [f64],
    ) -> bool {
        widen(&mut self.gradient, parameters);
        let parameters = in_double(parameters, &self.gradient);
        self.failure = D::set_all(distributions, parameters).err().map(EstimateError::from);
        stream.fill_open01(noise);
        self.failure.is_none()
    }

    /// Answers for the examples; if something is not finite, the failure is that of the first example of which it is.
    pub(super) fn answer<D: Distribution, T: Float>(
        &mut self,
        shape: Shape,
        estimator: &(impl Estimator<D> + ?Sized),
        distributions: &[D],
        rows: Rows<'_>,
        results: Results<'_, T>,
    ) {
        self.phi_bar.clear();
        self.phi_bar.resize(shape.phi, 0.0);
        let share = &mut *self;
        let answers = Answers { shape, estimator, distributions, rows, results, share };
        self.failure = if T::on_lanes(Instructions::Best, answers) {
            None
        } else {
            self.find_failure::<D, T>(shape, estimator, distributions, rows).err()
        };
    }

    /// Answers for one example after the other, and checks each: for a share of which something is not finite.
    #[cold]
    fn find_failure<D: Distribution, T: Element>(
        &mut self,
        shape: Shape,
        estimator: &(impl Estimator<D> + ?Sized),
        distributions: &[D],
        rows: Rows<'_>,
    ) -> Result<(), EstimateError> {
        let Self { gradient, weights, memory, phi_bar, .. } = self;
        for (n, distribution) in distributions.iter().enumerate() {
            let told = rows.told(shape, n);
            let asked = Points::rows(told.points, shape.dimension);
            objective::check(asked, told.values)?;
            objective::check_gradients(asked, told.gradients)?;
            if let Some(control) = estimator.control() {
                check_of_example(control, told.example, shape.dimension)?;
            }
            gradient.clear();
            gradient.resize(shape.parameters, 0.0);
            weights.clear();
            weights.resize(shape.points, 1.0 / shape.points as f64);
            let phi_bar = (shape.phi > 0).then_some(&mut phi_bar[..]);
            estimator.answer(distribution, told, Answer { gradient, weights, phi_bar, memory });
            check_estimate(mean(weights, told.values), gradient, distribution.parameters())?;
            // An f64 may be too large for an f32.
            for entry in &mut *gradient {
                *entry = T::default().constant(*entry).into();
            }
            check_gradient(gradient, distribution.parameters())?;
        }
        Ok(())
    }
}

/// Makes the points of the examples: in `f64`, and in the numbers of the plate if they are others.
///
/// A share is one piece of work: what its estimator does inlines into a loop that is compiled for the instructions of the machine.
pub(super) struct Questions<'a, D, T, E: ?Sized> {
    pub(super) shape: Shape,
    pub(super) estimator: &'a E,
    pub(super) distributions: &'a [D],
    pub(super) noise: &'a [f64],
    pub(super) points: &'a mut [T],
    pub(super) exact: &'a mut [f64],
}

impl<D: Distribution, T: Float, E: Estimator<D> + ?Sized> Work<T> for Questions<'_, D, T, E> {
    type Output = ();

    // What is compiled for one number at a time has SSE2 as well.
    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, _: R) {
        let Self { shape, estimator, distributions, noise, points, exact } = self;
        let length = shape.points * shape.dimension;
        let ask = |n: usize, distribution: &D, points: &mut [f64]| {
            estimator.ask(distribution, &noise[n * shape.noise..][..shape.noise], points);
        };
        let examples = distributions.iter().enumerate();
        match T::slices([], points) {
            Slices::Double([], points) => {
                for ((n, distribution), points) in examples.zip(points.chunks_exact_mut(length)) {
                    ask(n, distribution, points);
                }
            }
            Slices::Single([], points) => {
                let rows = points.chunks_exact_mut(length).zip(exact.chunks_exact_mut(length));
                for ((n, distribution), (points, exact)) in examples.zip(rows) {
                    ask(n, distribution, exact);
                    narrow(points, exact);
                }
            }
        }
    }
}

/// Answers for the examples; false if something is not finite. Then what was written is of no use.
struct Answers<'a, D, T, E: ?Sized> {
    shape: Shape,
    estimator: &'a E,
    distributions: &'a [D],
    rows: Rows<'a>,
    results: Results<'a, T>,
    share: &'a mut Share,
}

impl<D: Distribution, T: Float, E: Estimator<D> + ?Sized> Answers<'_, D, T, E> {
    /// Writes `ĝ` in `f64`; false if something that it is made of is not finite.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn write(&mut self, all: &mut [f64]) -> bool {
        let Self { shape, estimator, distributions, rows, results, share } = self;
        if !rows.are_finite(*shape, distributions.len()) {
            return false;
        }
        let Share { weights: all_weights, memory, phi_bar, .. } = &mut **share;
        all.fill(0.0);
        all_weights.clear();
        all_weights.resize(results.weights.len(), 1.0 / shape.points as f64);
        let outputs = all.chunks_exact_mut(shape.parameters).zip(all_weights.chunks_exact_mut(shape.points));
        for ((n, distribution), (gradient, weights)) in distributions.iter().enumerate().zip(outputs) {
            let told = rows.told(*shape, n);
            if let Some(control) = estimator.control()
                && check_of_example(control, told.example, shape.dimension).is_err()
            {
                return false;
            }
            let phi_bar = (shape.phi > 0).then_some(&mut phi_bar[..]);
            estimator.answer(distribution, told, Answer { gradient, weights, phi_bar, memory });
            results.f[n] = mean(weights, told.values);
        }
        narrow(results.weights, all_weights);
        are_finite(results.f)
    }
}

impl<D: Distribution, T: Float, E: Estimator<D> + ?Sized> Work<T> for Answers<'_, D, T, E> {
    type Output = bool;

    // As above.
    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(mut self, _: R) -> bool {
        let gradient = std::mem::take(&mut self.results.gradient);
        match T::slices([], gradient) {
            Slices::Double([], gradient) => self.write(gradient) && are_finite(gradient),
            Slices::Single([], gradient) => {
                let mut exact = std::mem::take(&mut self.share.gradient);
                exact.resize(gradient.len(), 0.0);
                let is_finite = self.write(&mut exact);
                narrow(gradient, &exact);
                self.share.gradient = exact;
                // An f64 may be too large for an f32.
                is_finite && gradient.iter().fold(true, |are_finite, entry| are_finite & entry.is_finite())
            }
        }
    }
}

/// `Σ_k w_k f(b_k)`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn mean(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, f)| weight * f).sum()
}

/// Writes numbers in another type.
#[cfg_attr(not(debug_assertions), inline(always))]
fn narrow<T: Element>(to: &mut [T], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = to.constant(*from));
}

/// Writes numbers in `f64`, if they are others.
pub(super) fn widen<T: Element>(to: &mut Vec<f64>, from: &[T]) {
    to.clear();
    if size_of::<T>() < size_of::<f64>() {
        to.extend(from.iter().map(|entry| Into::<f64>::into(*entry)));
    }
}

/// Numbers in `f64`: those of the plate, or what was written of them or before them.
pub(super) fn in_double<'a, T: Float>(numbers: &'a [T], exact: &'a [f64]) -> &'a [f64] {
    match T::slices([numbers], &mut []) {
        Slices::Double([numbers], _) => numbers,
        Slices::Single(..) => exact,
    }
}

/// `count` shares of an array, of `length` entries each and the last of what is left; all are empty if `length` is 0.
pub(super) fn chunks_mut(
    mut rest: &mut [f64],
    length: usize,
    count: usize,
) -> impl Iterator<Item = &mut [f64]> {
    (0..count).map(move |_| {
        let length = length.min(rest.len());
        rest.split_off_mut(..length).unwrap_or_default()
    })
}

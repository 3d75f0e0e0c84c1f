//! A share of the examples of a plate, one task.

use voidgrad_real::{Element, Real};

use crate::control::check_of_example;
use crate::distribution::Distribution;
use crate::error::{EstimateError, check_estimate, check_gradient};
use crate::estimator::{Answer, Estimator, Memory, Told};
use crate::lanes::{Float, Slices};
use crate::objective::{self, Points};

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

/// What the estimator was told, of all examples of the plate; `first` is the first example of a share.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) first: usize,
    pub(super) noise: &'a [f64],
    pub(super) points: &'a [f64],
    pub(super) values: &'a [T],
    pub(super) gradients: &'a [T],
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
    wide: Wide,
    gradient: Vec<f64>,
    weights: Vec<f64>,
    memory: Memory,
    /// The sum of `(2/M)(∂ĝ/∂φ)ᵀ ĝ` over the examples.
    pub(super) phi_bar: Vec<f64>,
    pub(super) failure: Option<EstimateError>,
}

impl Share {
    /// Gives the examples their parameters, up to the first that is refused.
    pub(super) fn set_parameters<D: Distribution, T: Element>(
        &mut self,
        shape: Shape,
        distributions: &mut [D],
        parameters: &[T],
    ) {
        self.failure = None;
        for (distribution, parameters) in
            distributions.iter_mut().zip(parameters.chunks_exact(shape.parameters))
        {
            self.gradient.clear();
            self.gradient.extend(parameters.iter().map(|entry| Into::<f64>::into(*entry)));
            if let Err(error) = distribution.set_parameters(&self.gradient) {
                self.failure = Some(error.into());
                return;
            }
        }
    }

    /// Makes the points of the examples: in `f64`, and in the numbers of the plate if they are others.
    pub(super) fn ask<D: Distribution, T: Float>(
        shape: Shape,
        estimator: &(impl Estimator<D> + ?Sized),
        distributions: &[D],
        noise: &[f64],
        (points, exact): (&mut [T], &mut [f64]),
    ) {
        let length = shape.points * shape.dimension;
        let ask = |n: usize, row: &mut [f64]| {
            estimator.ask(&distributions[n], &noise[n * shape.noise..][..shape.noise], row);
        };
        match T::slices([], points) {
            Slices::Double([], points) => {
                points.chunks_exact_mut(length).enumerate().for_each(|(n, row)| ask(n, row));
            }
            Slices::Single([], points) => {
                let rows = points.chunks_exact_mut(length).zip(exact.chunks_exact_mut(length));
                for (n, (narrow, row)) in rows.enumerate() {
                    ask(n, row);
                    narrow.iter_mut().zip(row).for_each(|(to, from)| *to = to.constant(*from));
                }
            }
        }
    }

    /// Answers for the examples, up to the first error.
    pub(super) fn answer<D: Distribution, T: Element>(
        &mut self,
        shape: Shape,
        estimator: &(impl Estimator<D> + ?Sized),
        distributions: &[D],
        rows: Rows<'_, T>,
        results: Results<'_, T>,
    ) {
        self.phi_bar.clear();
        self.phi_bar.resize(shape.phi, 0.0);
        self.failure = self.try_answer(shape, estimator, distributions, rows, results).err();
    }

    fn try_answer<D: Distribution, T: Element>(
        &mut self,
        shape: Shape,
        estimator: &(impl Estimator<D> + ?Sized),
        distributions: &[D],
        rows: Rows<'_, T>,
        results: Results<'_, T>,
    ) -> Result<(), EstimateError> {
        let Self { wide, gradient, weights, memory, phi_bar, .. } = self;
        let Rows { first, noise, points, values, gradients } = rows;
        let Results { gradient: all_gradients, weights: all_weights, f: all_f } = results;
        let narrow = |to: &mut [T], from: &[f64]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = to.constant(*from));
        };
        for (n, distribution) in distributions.iter().enumerate() {
            let told = wide.told(shape, first + n, noise, points, (values, gradients));
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
            let f = weights.iter().zip(told.values).map(|(weight, f)| weight * f).sum();
            check_estimate(f, gradient, distribution.parameters())?;
            all_f[n] = f;
            let row = &mut all_gradients[n * shape.parameters..][..shape.parameters];
            narrow(row, gradient);
            if size_of::<T>() < size_of::<f64>() {
                // An f64 may be too large for an f32.
                gradient.iter_mut().zip(&*row).for_each(|(to, from)| *to = (*from).into());
                check_gradient(gradient, distribution.parameters())?;
            }
            narrow(&mut all_weights[n * shape.points..][..shape.points], weights);
        }
        Ok(())
    }
}

/// What was evaluated for one example, in `f64`.
#[derive(Debug, Default)]
pub(super) struct Wide {
    values: Vec<f64>,
    gradients: Vec<f64>,
}

impl Wide {
    /// What the estimator is told of example `n`.
    pub(super) fn told<'a, T: Element>(
        &'a mut self,
        shape: Shape,
        n: usize,
        noise: &'a [f64],
        points: &'a [f64],
        (values, gradients): (&[T], &[T]),
    ) -> Told<'a> {
        let copy = |to: &mut Vec<f64>, from: &[T]| {
            to.clear();
            to.extend(from.iter().map(|entry| (*entry).into()));
        };
        let length = shape.points * shape.dimension;
        copy(&mut self.values, &values[n * shape.points..][..shape.points]);
        if gradients.is_empty() {
            self.gradients.clear();
        } else {
            copy(&mut self.gradients, &gradients[n * length..][..length]);
        }
        let (noise, points) = (&noise[n * shape.noise..][..shape.noise], &points[n * length..][..length]);
        Told { example: n, noise, points, values: &self.values, gradients: &self.gradients }
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

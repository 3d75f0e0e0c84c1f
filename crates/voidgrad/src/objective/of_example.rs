//! The objective of one example, on the heap.

use super::{Differentiable, Flips, Objective, Points, TwiceDifferentiable};
use crate::error::ObjectiveError;

impl Objective for Box<dyn Differentiable + '_> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        (**self).values(points, f)
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        (**self).differentiable()
    }

    fn flips(&self) -> Option<&dyn Flips> {
        (**self).flips()
    }
}

impl Differentiable for Box<dyn Differentiable + '_> {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        (**self).value_and_gradient(x, gradient)
    }

    fn values_and_gradients(
        &self,
        points: Points<'_>,
        f: &mut [f64],
        gradients: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        (**self).values_and_gradients(points, f, gradients)
    }

    fn of_example(&self, example: usize) -> Option<Box<dyn Differentiable + '_>> {
        (**self).of_example(example)
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        (**self).twice_differentiable()
    }
}

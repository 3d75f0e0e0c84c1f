//! A round of an estimator on a plate.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use voidgrad::Plate;
use voidgrad::estimator::Want;

use crate::arrays::{array, check_shape};
use crate::errors::value_error;
use crate::family::Family;
use crate::machine::{Machine, Memory, Question, Stored};

/// What a round gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The points at which f is wanted.
    Points,
    /// The weight of each point.
    Weights,
    /// ĝ.
    Gradient,
}

/// A round, whatever the distribution and the numbers are.
pub(crate) trait AnyRound: Send + Sync {
    /// The shape of a part.
    fn shape(&self, part: Part) -> Vec<usize>;

    /// The memory of a part, which stays as it is until the round is dropped.
    fn memory(&self, part: Part) -> PyResult<Memory>;

    /// Takes in the values, and makes the results of them.
    fn tell(
        &self,
        values: &Bound<'_, PyAny>,
        gradients: Option<&Bound<'_, PyAny>>,
        learns: bool,
    ) -> PyResult<()>;

    /// Whether all weights are 1/K, before there are values.
    fn equal_weights(&self) -> bool;

    /// Whether the results are there.
    fn is_told(&self) -> PyResult<bool>;

    /// Whether ∇f is wanted at each of the K points.
    fn wants_gradient(&self) -> PyResult<Vec<bool>>;

    /// `Σ_k w_k f(b_k)` of each example.
    fn f(&self) -> PyResult<Vec<f64>>;

    /// What descends the variance, by the parameters of the control: the sum over all examples.
    fn variance_gradient(&self) -> PyResult<Vec<f64>>;
}

/// A round of one estimator.
pub(crate) struct Round<D: Family, T: Stored> {
    machine: Arc<Machine<D>>,
    /// The shape of the parameters.
    shape: Vec<usize>,
    points: usize,
    equal_weights: bool,
    /// How many rounds the estimator had been told.
    told: u64,
    inner: Mutex<Inner<D, T>>,
}

/// What changes. The plate leaves when the round is dropped, and not before: arrays look into it.
struct Inner<D: Family, T: Stored> {
    plate: Option<Plate<D, T>>,
    is_told: bool,
}

impl<D: Family, T: Stored> Round<D, T> {
    pub(crate) fn new(machine: Arc<Machine<D>>, shape: Vec<usize>, question: Question<D, T>) -> Self {
        let Question { plate, equal_weights, told } = question;
        let points = plate.points_each();
        let inner = Mutex::new(Inner { plate: Some(plate), is_told: false });
        Self { machine, shape, points, equal_weights, told, inner }
    }

    /// What changes. A thread that waited for another one here, and held the GIL, could wait for ever.
    fn inner(&self) -> PyResult<MutexGuard<'_, Inner<D, T>>> {
        match self.inner.try_lock() {
            Ok(inner) => Ok(inner),
            Err(TryLockError::Poisoned(inner)) => Ok(inner.into_inner()),
            Err(TryLockError::WouldBlock) => {
                Err(PyRuntimeError::new_err("another thread is telling this round"))
            }
        }
    }
}

impl<D: Family, T: Stored> Inner<D, T> {
    fn plate(&mut self) -> PyResult<&mut Plate<D, T>> {
        self.plate.as_mut().ok_or_else(|| value_error("this round is over"))
    }

    fn results(&mut self) -> PyResult<&mut Plate<D, T>> {
        if !self.is_told {
            return Err(value_error("this round has no results yet: tell it the values of f first"));
        }
        self.plate()
    }
}

impl<D: Family, T: Stored> AnyRound for Round<D, T> {
    fn shape(&self, part: Part) -> Vec<usize> {
        let (examples, row) = (self.shape[0], &self.shape[1..]);
        match part {
            Part::Points => [&[examples, self.points][..], &D::sample_shape(row, self.machine.size)].concat(),
            Part::Weights => vec![examples, self.points],
            Part::Gradient => self.shape.clone(),
        }
    }

    fn memory(&self, part: Part) -> PyResult<Memory> {
        let mut inner = self.inner()?;
        // The points are written when the round begins. The results are written when it is told, which it is once.
        Ok(match part {
            Part::Points => T::memory(inner.plate()?.points()),
            Part::Weights => T::memory(inner.results()?.weights()),
            Part::Gradient => T::memory(inner.results()?.gradient()),
        })
    }

    fn tell(
        &self,
        values: &Bound<'_, PyAny>,
        gradients: Option<&Bound<'_, PyAny>>,
        learns: bool,
    ) -> PyResult<()> {
        let py = values.py();
        let values = array::<T>("values", values)?;
        check_shape("values", &values.shape, &self.shape(Part::Weights))?;
        let gradients = gradients.map(|gradients| array::<T>("gradients", gradients)).transpose()?;
        if let Some(gradients) = &gradients {
            check_shape("gradients", &gradients.shape, &self.shape(Part::Points))?;
        }
        let wants = self.wants_gradient()?;
        let is_wanted = wants.contains(&true);
        if is_wanted && gradients.is_none() {
            let name = self.machine.recipe.name;
            return Err(value_error(format!(
                "the estimator {name} needs the gradient of f at its points: tell(values, gradients) with the shape of the points"
            )));
        }
        py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.is_told {
                return Err(value_error("this round has been told already: ask again"));
            }
            let plate = inner.plate()?;
            plate.values_mut().copy_from_slice(&values.numbers);
            if let (true, Some(gradients)) = (is_wanted, &gradients) {
                // A gradient that is not wanted stays 0.
                let each = gradients.numbers.len() / values.numbers.len().max(1);
                let rows = plate.gradients_mut().chunks_exact_mut(each).zip(gradients.numbers.chunks_exact(each));
                let rows = rows.zip(wants.iter().cycle()).filter(|(_, wanted)| **wanted);
                rows.for_each(|((to, from), _)| to.copy_from_slice(from));
            }
            let mut core = self.machine.core();
            let core = self.machine.prepare(&mut core, &self.shape[1..])?;
            if self.machine.varies() && core.told != self.told {
                return Err(value_error(
                    "the estimator was told another round since it asked, and may ask for other points now: tell each round before the next is asked",
                ));
            }
            core.tell(plate, learns)?;
            inner.is_told = true;
            Ok(())
        })
    }

    fn equal_weights(&self) -> bool {
        self.equal_weights
    }

    fn is_told(&self) -> PyResult<bool> {
        Ok(self.inner()?.is_told)
    }

    fn wants_gradient(&self) -> PyResult<Vec<bool>> {
        Ok(self.inner()?.plate()?.wants().iter().map(|want| *want == Want::Gradient).collect())
    }

    fn f(&self) -> PyResult<Vec<f64>> {
        Ok(self.inner()?.results()?.f().to_vec())
    }

    fn variance_gradient(&self) -> PyResult<Vec<f64>> {
        Ok(self.inner()?.results()?.variance_gradient().to_vec())
    }
}

/// No array looks into the plate any more: each of them holds the round.
impl<D: Family, T: Stored> Drop for Round<D, T> {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(plate) = inner.plate.take() {
            self.machine.keep(plate);
        }
    }
}

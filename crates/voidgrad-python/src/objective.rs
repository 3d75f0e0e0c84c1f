//! An f of Python that the library calls.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use numpy::IntoPyArray as _;
use numpy::ndarray::{ArrayD, IxDyn};
use pyo3::prelude::*;
use voidgrad::Objective;
use voidgrad::error::{EstimateError, ObjectiveError};
use voidgrad::objective::{Differentiable, Points};
use voidgrad::variance::VarianceError;

use crate::arrays::{array, check_shape};
use crate::errors::value_error;

/// f, and ∇f if it is given: functions of points with the shape (1, K, M).
///
/// It is called once for each point, or once for many of them, and remembers the answers.
pub(crate) struct Function {
    f: Py<PyAny>,
    gradient: Option<Py<PyAny>>,
    sample_shape: Vec<usize>,
    known: Mutex<HashMap<Vec<u64>, f64>>,
    slopes: Mutex<HashMap<Vec<u64>, Vec<f64>>>,
    /// What a function raised from which no error can be returned.
    raised: Mutex<Option<PyErr>>,
}

impl Function {
    pub(crate) fn new(f: Py<PyAny>, gradient: Option<Py<PyAny>>, sample_shape: Vec<usize>) -> Self {
        let (known, slopes, raised) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { f, gradient, sample_shape, known, slopes, raised }
    }

    /// Calls a function of Python with points.
    fn call(&self, function: &Py<PyAny>, name: &str, rows: &[f64], tail: &[usize]) -> PyResult<Vec<f64>> {
        Python::attach(|py| {
            let count = rows.len() / self.sample_shape.iter().product::<usize>();
            let shape = [&[1, count], &self.sample_shape[..]].concat();
            let points = ArrayD::from_shape_vec(IxDyn(&shape), rows.to_vec()).map_err(value_error)?;
            let result = array::<f64>(name, &function.bind(py).call1((points.into_pyarray(py),))?)?;
            check_shape(name, &result.shape, &[&[1, count], tail].concat())?;
            Ok(result.numbers)
        })
    }

    /// The exception that a computation ended with, unchanged if it is f's own.
    pub(crate) fn error(&self, py: Python<'_>, error: &VarianceError) -> PyErr {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(raised) = raised {
            return raised;
        }
        match error {
            VarianceError::Estimate(EstimateError::Failed(own)) => match own.downcast_ref::<PyErr>() {
                Some(own) => own.clone_ref(py),
                None => value_error(own),
            },
            _ => value_error(error),
        }
    }
}

fn key(b: &[f64]) -> Vec<u64> {
    b.iter().map(|entry| entry.to_bits()).collect()
}

impl Objective for Function {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&[f64]> = points.iter().filter(|b| !known.contains_key(&key(b))).collect();
        if !new.is_empty() {
            let values = self.call(&self.f, "f(points)", &new.concat(), &[])?;
            known.extend(new.into_iter().map(key).zip(values));
        }
        points.fill(f, |b| known[&key(b)]);
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        self.gradient.as_ref().map(|_| self as &dyn Differentiable)
    }
}

impl Differentiable for Function {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut f = [f64::NAN];
        let points = Points::new(x, x.len()).map_err(ObjectiveError::from);
        match points.and_then(|points| self.values_and_gradients(points, &mut f, gradient)) {
            Ok(()) => f[0],
            Err(error) => {
                let own = error.downcast_ref::<PyErr>();
                let own =
                    own.map_or_else(|| value_error(&error), |own| Python::attach(|py| own.clone_ref(py)));
                self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(own);
                f64::NAN
            }
        }
    }

    fn values_and_gradients(
        &self,
        points: Points<'_>,
        f: &mut [f64],
        gradients: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        self.values(points, f)?;
        let Some(gradient) = &self.gradient else { return Err("f has no gradient".into()) };
        let mut known = self.slopes.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&[f64]> = points.iter().filter(|b| !known.contains_key(&key(b))).collect();
        if !new.is_empty() {
            let slopes = self.call(gradient, "gradient(points)", &new.concat(), &self.sample_shape)?;
            known.extend(
                new.into_iter().map(key).zip(slopes.chunks_exact(points.dimension()).map(<[f64]>::to_vec)),
            );
        }
        for (b, slope) in points.iter().zip(gradients.chunks_exact_mut(points.dimension())) {
            slope.copy_from_slice(&known[&key(b)]);
        }
        Ok(())
    }
}

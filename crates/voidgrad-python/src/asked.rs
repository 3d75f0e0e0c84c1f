//! A round, as Python sees it.

use numpy::ndarray::{ArrayD, IxDyn};
use numpy::{PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::prelude::*;

use crate::machine::Memory;
use crate::round::{AnyRound, Part};
use crate::view::view;

/// A round of an estimator: the points at which it wants f, and, once it has been told the values there, its answer.
///
/// The arrays are read-only and look into the memory of the round without a copy. They keep it alive.
#[pyclass(frozen, module = "voidgrad")]
pub(crate) struct Asked {
    pub(crate) round: Box<dyn AnyRound>,
}

#[pymethods]
impl Asked {
    /// The points b at which f is wanted, with the shape (N, K, M): K points for each of the N rows of the parameters.
    ///
    /// Of categorical variables the shape is (N, K, M, S), and a point is one-hot along its last axis.
    #[getter]
    fn points<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        view(slf, Part::Points)
    }

    /// The weights w of the points, with the shape (N, K): Σ_k w_k·f(b_k) is an unbiased estimate of E[f(b)], and Σ_k w_k·∂f(b_k; ψ)/∂ψ
    /// one of its gradient by parameters ψ of f.
    ///
    /// Before the round is told they are there only if they are 1/K whatever the values are; else this raises ValueError.
    #[getter]
    fn weights<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let round = &slf.get().round;
        if round.is_told()? || !round.equal_weights() {
            return view(slf, Part::Weights);
        }
        // An array of its own: the memory of the round is written again when it is told.
        let shape = round.shape(Part::Weights);
        let weight = 1.0 / shape[1] as f64;
        Ok(match round.memory(Part::Points)? {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "weights are rounded to the numbers of the plate"
            )]
            Memory::Single(..) => {
                let all = ArrayD::from_elem(IxDyn(&shape), weight as f32);
                PyArrayDyn::from_owned_array(slf.py(), all).readwrite().make_nonwriteable().as_any().clone()
            }
            Memory::Double(..) => {
                let all = ArrayD::from_elem(IxDyn(&shape), weight);
                PyArrayDyn::from_owned_array(slf.py(), all).readwrite().make_nonwriteable().as_any().clone()
            }
        })
    }

    /// The estimate ĝ of ∂/∂a E[f(b)], with the shape of the parameters a. Raises ValueError before the round is told.
    #[getter]
    fn gradient<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        view(slf, Part::Gradient)
    }

    /// Σ_k w_k·f(b_k) for each row, in float64: an estimate of E[f(b)]. Raises ValueError before the round is told.
    #[getter]
    fn estimate<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(PyArray1::from_vec(py, self.round.f()?))
    }

    /// Σ_n (2/M)·(∂ĝ_n/∂φ)ᵀ·ĝ_n, the derivative of the variance by the parameters φ of the estimator's control, in float64; empty if there is no control. Raises
    /// ValueError before the round is told.
    #[getter]
    fn variance_gradient<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(PyArray1::from_vec(py, self.round.variance_gradient()?))
    }

    /// Whether the weights are 1/K whatever the values are, so that the gradient of f's own parameters can be computed together with the values.
    #[getter]
    fn equal_weights(&self) -> bool {
        self.round.equal_weights()
    }

    /// Whether ∇f is wanted at each of the K points, a tuple.
    #[getter]
    fn wants_gradient<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        pyo3::types::PyTuple::new(py, self.round.wants_gradient()?)
    }

    /// Tells the estimator the values of f, with the shape (N, K), and returns ĝ with the shape of the parameters.
    ///
    /// The estimator learns from them. An estimator that needs ∇f takes it as gradients, with the shape of the points; rows that it does not
    /// want are not read. Raises ValueError if a shape is another one, if a value is NaN or infinite, or if the round has been told before. After an error the estimator has learned nothing.
    #[pyo3(signature = (values, gradients=None))]
    fn tell<'py>(
        slf: &Bound<'py, Self>,
        values: &Bound<'py, PyAny>,
        gradients: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.get().round.tell(values, gradients, true)?;
        view(slf, Part::Gradient)
    }

    /// As tell, but the estimator learns nothing: the same values give the same ĝ, as often as a round is asked and answered.
    #[pyo3(signature = (values, gradients=None))]
    fn answer<'py>(
        slf: &Bound<'py, Self>,
        values: &Bound<'py, PyAny>,
        gradients: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.get().round.tell(values, gradients, false)?;
        view(slf, Part::Gradient)
    }
}

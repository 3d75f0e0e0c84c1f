//! Arrays and numbers that come from Python.

use numpy::{
    Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::call::PyCallArgs;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::errors::value_error;

/// An array of one of the two numbers that a plate stores.
pub(crate) enum Numbers<'py> {
    /// `float32` stays what it is.
    Single(Bound<'py, PyArrayDyn<f32>>),
    /// Everything else becomes `float64`.
    Double(Bound<'py, PyArrayDyn<f64>>),
}

/// Numbers of one type, row by row, and their shape. They are a copy: while the GIL is released, another thread may change the original.
pub(crate) struct Array<T> {
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Vec<T>,
}

/// `float32` or `float64` of whatever NumPy takes for an array of real numbers.
pub(crate) fn numbers<'py>(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Numbers<'py>> {
    let array = untyped(name, object)?;
    match array.cast::<PyArrayDyn<f32>>() {
        Ok(array) => Ok(Numbers::Single(array.clone())),
        Err(_) => Ok(Numbers::Double(of_type(array.as_any())?)),
    }
}

/// The same in a given type.
pub(crate) fn array<T: Element + Copy>(name: &str, object: &Bound<'_, PyAny>) -> PyResult<Array<T>> {
    copy(&of_type(untyped(name, object)?.as_any())?)
}

/// What NumPy makes of an object, if it has real numbers.
fn untyped<'py>(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    let array = match object.cast_exact::<PyUntypedArray>() {
        Ok(array) => array.clone(),
        Err(_) => as_array(object.py(), (object,))?.cast_into::<PyUntypedArray>()?,
    };
    let dtype = array.dtype();
    match dtype.kind() {
        b'f' | b'i' | b'u' | b'b' => Ok(array),
        _ => Err(value_error(format!(
            "{name} has the dtype {dtype}; float32 and float64 are allowed, and what NumPy makes of integers"
        ))),
    }
}

fn of_type<'py, T: Element>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    if let Ok(array) = array.cast::<PyArrayDyn<T>>() {
        return Ok(array.clone());
    }
    let py = array.py();
    Ok(as_array(py, (array, T::get_dtype(py)))?.cast_into::<PyArrayDyn<T>>()?)
}

/// The numbers of an array, row by row.
pub(crate) fn copy<T: Element + Copy>(array: &Bound<'_, PyArrayDyn<T>>) -> PyResult<Array<T>> {
    let readonly = array.try_readonly().map_err(value_error)?;
    let numbers =
        rows(&readonly).map_or_else(|| readonly.as_array().iter().copied().collect(), <[T]>::to_vec);
    Ok(Array { shape: array.shape().to_vec(), numbers })
}

/// The numbers of an array where they are, if they lie row by row.
pub(crate) fn rows<'a, T: Element>(array: &'a PyReadonlyArrayDyn<'_, T>) -> Option<&'a [T]> {
    // A slice of an array whose columns are contiguous would be transposed.
    if array.is_c_contiguous() { array.as_slice().ok() } else { None }
}

/// Calls `numpy.asarray`, which is looked up once.
fn as_array<'py>(py: Python<'py>, arguments: impl PyCallArgs<'py>) -> PyResult<Bound<'py, PyAny>> {
    static AS_ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    AS_ARRAY.import(py, "numpy", "asarray")?.call1(arguments)
}

/// Refuses an array of another shape.
pub(crate) fn check_shape(name: &str, found: &[usize], expected: &[usize]) -> PyResult<()> {
    if found == expected {
        return Ok(());
    }
    Err(value_error(format!("{name} has the shape {} where {} is needed", Shape(found), Shape(expected))))
}

/// A shape as Python writes it.
pub(crate) struct Shape<'a>(pub(crate) &'a [usize]);

impl std::fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        match &entries[..] {
            [one] => write!(f, "({one},)"),
            _ => write!(f, "({})", entries.join(", ")),
        }
    }
}

/// A number of 64 bits, such as a part of the name of a stream.
pub(crate) fn natural(name: &str, object: &Bound<'_, PyAny>) -> PyResult<u64> {
    let index = object.call_method0(intern!(object.py(), "__index__"));
    let value = index.and_then(|index| index.extract::<u64>());
    value.map_err(|_| value_error(format!("{name} = {object} is not an integer from 0 to 2**64 - 1")))
}

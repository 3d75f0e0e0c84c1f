//! Arrays and numbers that come from Python.

use numpy::{
    Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::intern;
use pyo3::prelude::*;

use crate::errors::value_error;

/// An array of one of the two numbers that a plate stores.
pub(crate) enum Numbers {
    /// `float32` stays what it is.
    Single(Array<f32>),
    /// Everything else becomes `float64`.
    Double(Array<f64>),
}

/// Numbers of one type, row by row, and their shape. They are a copy: while the GIL is released, another thread may change the original.
pub(crate) struct Array<T> {
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Vec<T>,
}

/// `float32` or `float64` of whatever NumPy takes for an array of real numbers.
pub(crate) fn numbers(name: &str, object: &Bound<'_, PyAny>) -> PyResult<Numbers> {
    let array = untyped(name, object)?;
    match array.cast::<PyArrayDyn<f32>>() {
        Ok(array) => Ok(Numbers::Single(copy(array)?)),
        Err(_) => Ok(Numbers::Double(copy_as(array.as_any())?)),
    }
}

/// The same in a given type.
pub(crate) fn array<T: Element + Copy>(name: &str, object: &Bound<'_, PyAny>) -> PyResult<Array<T>> {
    copy_as(untyped(name, object)?.as_any())
}

/// What NumPy makes of an object, if it has real numbers.
fn untyped<'py>(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    let array = numpy(object.py())?.call_method1(intern!(object.py(), "asarray"), (object,))?;
    let array = array.cast_into::<PyUntypedArray>()?;
    let dtype = array.dtype();
    match dtype.kind() {
        b'f' | b'i' | b'u' | b'b' => Ok(array),
        _ => Err(value_error(format!(
            "{name} has the dtype {dtype}; float32 and float64 are allowed, and what NumPy makes of integers"
        ))),
    }
}

fn copy_as<T: Element + Copy>(array: &Bound<'_, PyAny>) -> PyResult<Array<T>> {
    let py = array.py();
    let array = numpy(py)?.call_method1(intern!(py, "asarray"), (array, T::get_dtype(py)))?;
    copy(array.cast::<PyArrayDyn<T>>()?)
}

fn copy<T: Element + Copy>(array: &Bound<'_, PyArrayDyn<T>>) -> PyResult<Array<T>> {
    let readonly = array.try_readonly().map_err(value_error)?;
    // A slice of an array whose columns are contiguous would be transposed.
    let slice = if array.is_c_contiguous() { readonly.as_slice().ok() } else { None };
    let numbers = slice.map_or_else(|| readonly.as_array().iter().copied().collect(), <[T]>::to_vec);
    Ok(Array { shape: array.shape().to_vec(), numbers })
}

fn numpy(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "numpy"))
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

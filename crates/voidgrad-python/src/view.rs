//! Arrays that look into the memory of a round.

use numpy::ndarray::{ArrayView, IxDyn};
use numpy::{Element, PyArrayDyn, PyArrayMethods};
use pyo3::prelude::*;

use crate::asked::Asked;
use crate::errors::value_error;
use crate::machine::Memory;
use crate::round::Part;

/// A part of a round as a read-only array without a copy. It keeps the round alive.
pub(crate) fn view<'py>(owner: &Bound<'py, Asked>, part: Part) -> PyResult<Bound<'py, PyAny>> {
    let shape = owner.get().round.shape(part);
    match owner.get().round.memory(part)? {
        Memory::Single(start, length) => look(owner, &shape, start, length),
        Memory::Double(start, length) => look(owner, &shape, start, length),
    }
}

#[expect(unsafe_code, reason = "NumPy is told of memory that it does not own")]
fn look<'py, T: Element>(
    owner: &Bound<'py, Asked>,
    shape: &[usize],
    start: *const T,
    length: usize,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the memory belongs to the plate of `owner`. A round gives out a part only once it is written for good, and keeps its plate until it is dropped.
    let memory = unsafe { std::slice::from_raw_parts(start, length) };
    let array = ArrayView::from_shape(IxDyn(shape), memory).map_err(value_error)?;
    // SAFETY: the array holds `owner`, so by the above the memory stays as it is while there is an array.
    let array = unsafe { PyArrayDyn::borrow_from_array(&array, owner.clone().into_any()) };
    drop(array.try_readwrite().map_err(value_error)?.make_nonwriteable());
    Ok(array.into_any())
}

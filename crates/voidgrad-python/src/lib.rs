//! The compiled half of the Python package `voidgrad`.
//!
//! `Machine` is an estimator of the library's tables with its state, and `Asked` a round of it on a plate.
//! What a user sees is written in Python on top, in `python/voidgrad`.

mod arguments;
mod arrays;
mod asked;
mod distributions;
mod errors;
mod estimator;
mod family;
mod machine;
mod objective;
mod own;
mod round;
mod state;
mod table;
mod threads;
mod variance;
mod view;

use pyo3::prelude::*;

pub use estimator::Core;
pub use own::add_control;

/// What `voidgrad/__init__.py` is written on.
#[pymodule]
fn _voidgrad(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    // Where a crate of a user's own finds this one, if it was built here.
    module.add("_source", env!("CARGO_MANIFEST_DIR"))?;
    module.add_class::<estimator::Core>()?;
    module.add_class::<asked::Asked>()?;
    module.add_class::<distributions::Distributions>()?;
    module.add_function(wrap_pyfunction!(variance::floors, module)?)?;
    module.add_function(wrap_pyfunction!(table::methods, module)?)?;
    module.add_function(wrap_pyfunction!(threads::set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads::get_threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads::_forked, module)?)?;
    Ok(())
}

//! A control variate of a user's own crate as an estimator in Python.

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use voidgrad::error::InvalidParameter;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Coupled, MethodError, RelaxLoo};
use voidgrad::{Bernoulli, Control};

use crate::arrays::natural;
use crate::estimator::Core;
use crate::machine::{Machine, Recipe};
use crate::threads;

/// Adds a control of Bernoulli variables to a module of Python, which `voidgrad.own_control` makes a class of.
///
/// `make` is the control before it is trained: what its struct's `new` returns.
///
/// ```ignore
/// #[control(positive(lambda))]
/// fn ramp(z: f64, left: f64, right: f64, lambda: f64) -> f64 {
///     left + (right - left) * sigmoid(z / lambda)
/// }
///
/// #[pymodule]
/// fn _mine(module: &Bound<'_, PyModule>) -> PyResult<()> {
///     add_control(module, "ramp", || Ramp::new(0.0, 0.0, 1.0))
/// }
/// ```
///
/// # Errors
/// Returns an error if the module refuses the function.
pub fn add_control<C: Control + Send + Sync + 'static>(
    module: &Bound<'_, PyModule>,
    name: &'static str,
    make: impl Fn() -> Result<C, InvalidParameter> + Clone + Send + Sync + 'static,
) -> PyResult<()> {
    let py = module.py();
    let function = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<Core> {
        let (form, samples, rate): (String, Bound<'_, PyAny>, f64) = arguments.extract()?;
        let (samples, make) = (natural("samples", &samples)?, make.clone());
        let estimator = move |_: &Bernoulli| -> Result<AnyEstimator<Bernoulli>, MethodError> {
            let control = make()?;
            Ok(match form.as_str() {
                "coupled" => Box::new(Coupled::new(control)),
                "leave-one-out" => Box::new(RelaxLoo::new(control, samples)?),
                _ => Box::new(control),
            })
        };
        let recipe = Recipe { name, varies: false, needs_gradient: false, make: Box::new(estimator) };
        Ok(Core::new_of(Machine::of(recipe, rate, 0)?))
    };
    module.add(name, PyCFunction::new_closure(py, None, None, function)?)?;
    module.add_function(wrap_pyfunction!(threads::set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads::_forked, module)?)?;
    Ok(())
}

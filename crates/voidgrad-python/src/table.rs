//! The library's tables of estimators, for Python.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use voidgrad::estimators::{Method, Needs, Row, methods as all};
use voidgrad::{Bernoulli, Categorical, Gaussian};

use crate::arguments::{Arguments, accepted};
use crate::family::Family;

/// What the library's tables list: a dict for each estimator.
#[pyfunction]
pub(crate) fn methods(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for method in all() {
        let method = described(method);
        let dict = PyDict::new(py);
        dict.set_item("name", method.name)?;
        dict.set_item("title", method.title)?;
        dict.set_item("formula", method.formula)?;
        dict.set_item("source", method.source)?;
        dict.set_item("unbiased", !method.is_biased())?;
        dict.set_item("needs_gradient", method.needs == Needs::Gradient)?;
        dict.set_item("evaluations", method.cost.f.to_string())?;
        dict.set_item("parameters", method.parameters)?;
        let takes = PyDict::new(py);
        add::<Bernoulli>(&takes, method, &[3])?;
        add::<Categorical>(&takes, method, &[3, 3])?;
        add::<Gaussian>(&takes, method, &[2, 3])?;
        if takes.is_empty() {
            // It is for a distribution that Python does not have.
            continue;
        }
        dict.set_item("distributions", takes)?;
        list.append(dict)?;
    }
    Ok(list)
}

/// What the estimator is with no argument given: the first table that has it says so for all.
fn described(method: &'static Method) -> &'static Method {
    fn of<D: Family>(name: &str) -> Option<&'static Method> {
        Some(Arguments::default().method_of(D::estimator(name).ok()?))
    }
    let name = method.name;
    of::<Bernoulli>(name)
        .or_else(|| of::<Categorical>(name))
        .or_else(|| of::<Gaussian>(name))
        .unwrap_or(method)
}

/// Adds the distribution, if its table has the method, with the arguments that it takes.
fn add<D: Family>(takes: &Bound<'_, PyDict>, method: &Method, shape: &[usize]) -> PyResult<()> {
    let rows = D::estimators();
    match rows.iter().find(|row: &&Row<D>| row.method.name == method.name) {
        Some(row) => takes.set_item(D::KEY, accepted(row, &D::of_shape(shape)?)),
        None => Ok(()),
    }
}

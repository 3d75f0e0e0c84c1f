//! The library's tables of estimators, for Python.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use voidgrad::estimators::{Method, Needs, Row, methods as all};

use crate::arguments::{Arguments, accepted};
use crate::errors::value_error;
use crate::family::{Family, KEYS, with_family};

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
        for key in KEYS {
            with_family!(key, Own => add::<Own>(&takes, method))?;
        }
        dict.set_item("distributions", takes)?;
        list.append(dict)?;
    }
    Ok(list)
}

/// What the estimator is with no argument given: the first table that has it says so for all.
fn described(method: &'static Method) -> &'static Method {
    fn of<D: Family>(name: &str) -> PyResult<&'static Method> {
        D::estimator(name).map(|row| Arguments::default().method_of(row)).map_err(value_error)
    }
    let found = KEYS.into_iter().find_map(|key| with_family!(key, Own => of::<Own>(method.name)).ok());
    found.unwrap_or(method)
}

/// Adds the distribution, if its table has the method, with the arguments that it takes.
fn add<D: Family>(takes: &Bound<'_, PyDict>, method: &Method) -> PyResult<()> {
    // Variables of which some are alike.
    const SIZE: usize = 2;
    let shape: Vec<usize> =
        D::smallest(SIZE).iter().map(|entries| entries + usize::from(D::AXES == 1)).collect();
    let Some(row) = D::estimators().iter().find(|row: &&Row<D>| row.method.name == method.name) else {
        return Ok(());
    };
    let mut names = accepted(row, &D::of_shape(&shape, SIZE)?);
    names.extend(D::SIZE.map(|_| "size"));
    takes.set_item(D::KEY, names)
}

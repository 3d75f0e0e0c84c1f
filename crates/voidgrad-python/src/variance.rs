//! Exact moments of an estimator, for an f of Python.

use numpy::IntoPyArray as _;
use numpy::ndarray::{ArrayD, IxDyn};
use pyo3::prelude::*;
use voidgrad::Bernoulli;
use voidgrad::objective::{Objective as _, Points};
use voidgrad::variance::{Technique, floors as least};

use crate::arrays::{Array, array};
use crate::errors::value_error;
use crate::family::Family;
use crate::machine::Machine;
use crate::objective::Function;
use crate::threads;

/// All states of up to so many variables are evaluated in one call of f.
const AT_ONCE: usize = 14;

/// The mean of ĝ, the variance, and how they were computed.
pub(crate) struct Exact {
    mean: Vec<f64>,
    shape: Vec<usize>,
    variance: f64,
    technique: &'static str,
}

impl Exact {
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, f64, &'static str)> {
        let mean = ArrayD::from_shape_vec(IxDyn(&self.shape), self.mean).map_err(value_error)?;
        Ok((mean.into_pyarray(py).into_any(), self.variance, self.technique))
    }
}

/// The moments of an estimator in its present state, at one row of parameters.
pub(crate) fn moments<D: Family>(
    py: Python<'_>,
    machine: &Machine<D>,
    parameters: &Array<f64>,
    f: Py<PyAny>,
    gradient: Option<Py<PyAny>>,
) -> PyResult<Exact> {
    let (examples, row) = D::take_apart(&parameters.shape)?;
    one_row(examples)?;
    let function = Function::new(f, gradient, D::sample_shape(row, machine.size));
    let moments = py.detach(|| {
        let mut core = machine.core();
        let core = machine.prepare(&mut core, row)?;
        let mut variables = core.variables.clone();
        variables.set_parameters(&parameters.numbers).map_err(value_error)?;
        threads::run(|| {
            if let Some(logits) = variables.logits_of_bits() {
                evaluate_states(&function, logits.len())?;
            }
            D::moments(&variables, &function, &core.estimator)
        })
    })?;
    let moments = moments.map_err(|error| function.error(py, &error))?;
    let technique = match moments.technique {
        Technique::Quadrature => "quadrature",
        Technique::Enumeration => "enumeration",
    };
    Ok(Exact { mean: moments.mean, shape: row.to_vec(), variance: moments.variance, technique })
}

fn one_row(examples: usize) -> PyResult<()> {
    if examples == 1 {
        return Ok(());
    }
    Err(value_error(format!(
        "the parameters have {examples} rows where 1 is needed: a variance is that of one row"
    )))
}

/// Calls f once for all states, if they are few, instead of once for each sample.
fn evaluate_states(function: &Function, variables: usize) -> Result<(), voidgrad::variance::VarianceError> {
    if variables > AT_ONCE {
        return Ok(());
    }
    let bit = |state: usize, m: usize| f64::from(u8::from(state >> m & 1 == 1));
    let rows: Vec<f64> =
        (0..1 << variables).flat_map(|state| (0..variables).map(move |m| bit(state, m))).collect();
    let all = Points::new(&rows, variables).map_err(voidgrad::error::EstimateError::from)?;
    function.values(all, &mut vec![0.0; 1 << variables]).map_err(voidgrad::error::EstimateError::Failed)?;
    Ok(())
}

/// The least variance that a control of each family leaves.
#[pyfunction]
pub(crate) fn floors(py: Python<'_>, f: Py<PyAny>, logits: &Bound<'_, PyAny>) -> PyResult<(f64, f64, f64)> {
    let logits = array::<f64>("logits", logits)?;
    let (examples, row) = Bernoulli::take_apart(&logits.shape)?;
    one_row(examples)?;
    let bernoulli = Bernoulli::from_logits(&logits.numbers).map_err(value_error)?;
    let function = Function::new(f, None, row.to_vec());
    let floors = py.detach(|| threads::run(|| least(&bernoulli, &function)))?;
    let floors = floors.map_err(|error| function.error(py, &error))?;
    Ok((floors.constant, floors.additive, floors.pairwise))
}

//! An estimator, as Python's classes are written on.

use std::sync::Arc;

use numpy::{PyArray1, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arguments::Arguments;
use crate::arrays::{Array, Numbers, array, copy, natural, numbers, rows};
use crate::asked::Asked;
use crate::errors::value_error;
use crate::family::{Family, with_family};
use crate::machine::{Machine, Question, Stored};
use crate::round::Round;
use crate::state::{State, restore, state};
use crate::variance::{Exact, moments};

/// An estimator of one of the tables.
#[pyclass(frozen, module = "voidgrad._voidgrad")]
pub struct Core {
    machine: Box<dyn AnyMachine>,
}

impl Core {
    /// That of a machine.
    pub(crate) fn new_of<D: Family>(machine: Machine<D>) -> Self {
        Self { machine: Box::new(Arc::new(machine)) }
    }
}

/// An estimator, whatever the distribution is.
trait AnyMachine: Send + Sync {
    fn ask(&self, parameters: Numbers<'_>, stream: [u64; 3]) -> PyResult<Asked>;
    fn prepare(&self, shape: &[usize]) -> PyResult<()>;
    fn state(&self) -> State;
    fn restore(&self, state: &State) -> PyResult<()>;
    fn named(&self) -> Vec<(String, f64)>;
    fn choices(&self) -> Vec<(String, u64, u64, u64)>;
    fn varies(&self) -> bool;
    fn needs_gradient(&self) -> bool;
    fn counts(&self) -> Vec<u64>;
    fn moments(
        &self,
        py: Python<'_>,
        parameters: &Array<f64>,
        f: Py<PyAny>,
        gradient: Option<Py<PyAny>>,
    ) -> PyResult<Exact>;
}

impl<D: Family> AnyMachine for Arc<Machine<D>> {
    fn ask(&self, parameters: Numbers<'_>, stream: [u64; 3]) -> PyResult<Asked> {
        match parameters {
            Numbers::Single(parameters) => asked(self, &parameters, stream),
            Numbers::Double(parameters) => asked(self, &parameters, stream),
        }
    }

    fn prepare(&self, shape: &[usize]) -> PyResult<()> {
        let (_, row) = D::take_apart(shape)?;
        Machine::prepare(self, &mut self.core(), row).map(drop)
    }

    fn state(&self) -> State {
        state(self)
    }

    fn restore(&self, state: &State) -> PyResult<()> {
        restore(self, state)
    }

    fn named(&self) -> Vec<(String, f64)> {
        let core = self.core();
        let control = core.as_ref().and_then(|core| core.estimator.control());
        control.map(voidgrad::Control::named).unwrap_or_default()
    }

    fn choices(&self) -> Vec<(String, u64, u64, u64)> {
        let core = self.core();
        let choices = core.as_ref().map(|core| core.estimator.choices()).unwrap_or_default();
        choices
            .into_iter()
            .map(|choice| (choice.name, choice.rounds, choice.trials, choice.evaluations))
            .collect()
    }

    fn varies(&self) -> bool {
        Machine::varies(self)
    }

    fn needs_gradient(&self) -> bool {
        self.recipe.needs_gradient
    }

    fn counts(&self) -> Vec<u64> {
        let core = self.core();
        core.as_ref().map(|core| core.estimator.possible_evaluations(&core.variables)).unwrap_or_default()
    }

    fn moments(
        &self,
        py: Python<'_>,
        parameters: &Array<f64>,
        f: Py<PyAny>,
        gradient: Option<Py<PyAny>>,
    ) -> PyResult<Exact> {
        moments(py, self, parameters, f, gradient)
    }
}

fn asked<D: Family, T: Stored>(
    machine: &Arc<Machine<D>>,
    parameters: &Bound<'_, PyArrayDyn<T>>,
    stream: [u64; 3],
) -> PyResult<Asked> {
    let question = if let Some(question) = asked_in_place(machine, parameters, stream)? {
        question
    } else {
        let (Array { shape, numbers }, machine) = (copy(parameters)?, &**machine);
        parameters.py().detach(|| machine.ask(&mut machine.core(), &shape, &numbers, stream))?
    };
    Ok(Asked { round: Box::new(Round::new(machine.clone(), parameters.shape().to_vec(), question)) })
}

/// Asks without a copy of the parameters, and without releasing the GIL, so that no other thread of Python changes them meanwhile; nothing if that could take long.
fn asked_in_place<D: Family, T: Stored>(
    machine: &Machine<D>,
    parameters: &Bound<'_, PyArrayDyn<T>>,
    stream: [u64; 3],
) -> PyResult<Option<Question<D, T>>> {
    let readonly = parameters.try_readonly().map_err(value_error)?;
    let (Some(numbers), Some(mut core)) = (rows(&readonly), machine.try_core()) else { return Ok(None) };
    let is_short = machine.is_short(&mut core, parameters.shape())?;
    is_short.then(|| machine.ask(&mut core, parameters.shape(), numbers, stream)).transpose()
}

#[pymethods]
impl Core {
    #[new]
    #[pyo3(signature = (name, distribution, *, samples=None, size=None, **numbers))]
    fn new(
        name: &str,
        distribution: &str,
        samples: Option<&Bound<'_, PyAny>>,
        size: Option<&Bound<'_, PyAny>>,
        numbers: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let samples = samples.map(|samples| natural("samples", samples)).transpose()?;
        let size = size.map(|size| natural("size", size)).transpose()?;
        let mut arguments = Arguments { samples, ..Arguments::default() };
        for (key, value) in numbers.into_iter().flatten() {
            let key: String = key.extract()?;
            let number = || match value.extract::<f64>() {
                Ok(number) => Ok(number),
                Err(_) => Err(value_error(format!("{key} = {value} is not a number"))),
            };
            let given = || if value.is_none() { Ok(None) } else { number().map(Some) };
            match key.as_str() {
                "baseline" => arguments.baseline = number()?,
                "temperature" => arguments.temperature = number()?,
                "eta" => arguments.eta = number()?,
                "target" => arguments.target = given()?,
                "decay" => arguments.decay = given()?,
                "learning_rate" => arguments.learning_rate = number()?,
                "draw" => arguments.draw = natural("draw", &value)?,
                _ => return Err(value_error(format!("there is no argument {key:?}"))),
            }
        }
        with_family!(distribution, Own => Ok(Self::new_of(Machine::<Own>::new(name, arguments, size)?)))
    }

    fn ask(
        &self,
        parameters: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        run: &Bound<'_, PyAny>,
        row: &Bound<'_, PyAny>,
    ) -> PyResult<Asked> {
        let stream = [natural("seed", seed)?, natural("run", run)?, natural("row", row)?];
        self.machine.ask(numbers("the array of parameters", parameters)?, stream)
    }

    fn prepare(&self, py: Python<'_>, shape: Vec<usize>) -> PyResult<()> {
        py.detach(|| self.machine.prepare(&shape))
    }

    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, values) in py.detach(|| self.machine.state()) {
            dict.set_item(name, PyArray1::from_vec(py, values))?;
        }
        Ok(dict)
    }

    fn restore(&self, state: &Bound<'_, PyDict>) -> PyResult<()> {
        let mut all = State::new();
        for (name, values) in state {
            let name: String = name.extract()?;
            all.push((
                name.clone(),
                array::<f64>(&format!("the array {name:?} of the state"), &values)?.numbers,
            ));
        }
        state.py().detach(|| self.machine.restore(&all))
    }

    fn named<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in py.detach(|| self.machine.named()) {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }

    fn choices<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for (name, rounds, trials, evaluations) in py.detach(|| self.machine.choices()) {
            let dict = PyDict::new(py);
            dict.set_item("name", name)?;
            dict.set_item("rounds", rounds)?;
            dict.set_item("trials", trials)?;
            dict.set_item("evaluations", evaluations)?;
            list.append(dict)?;
        }
        Ok(list)
    }

    fn varies(&self) -> bool {
        self.machine.varies()
    }

    fn needs_gradient(&self) -> bool {
        self.machine.needs_gradient()
    }

    /// The numbers of points that a round may have, in ascending order; empty before the estimator is prepared.
    fn counts(&self, py: Python<'_>) -> Vec<u64> {
        py.detach(|| self.machine.counts())
    }

    #[pyo3(signature = (parameters, f, gradient=None))]
    fn moments<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        f: Py<PyAny>,
        gradient: Option<Py<PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, f64, &'static str)> {
        let parameters = array::<f64>("the array of parameters", parameters)?;
        self.machine.moments(py, &parameters, f, gradient)?.into_python(py)
    }
}

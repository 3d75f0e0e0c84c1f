//! What is known of a distribution without an f.

use numpy::ndarray::{ArrayD, IxDyn};
use numpy::{IntoPyArray as _, PyArray1};
use pyo3::prelude::*;
use voidgrad::{ClosedForms, Stream};

use crate::arrays::{Array, Shape, array, check_shape, natural};
use crate::errors::value_error;
use crate::family::{Family, with_family};

/// Distributions with a row of parameters each, `float64`.
#[pyclass(frozen, module = "voidgrad._voidgrad")]
pub(crate) struct Distributions {
    rows: Box<dyn AnyRows>,
    /// The shape of the parameters.
    shape: Vec<usize>,
}

/// Rows of distributions, whatever they are. All arrays are flat.
trait AnyRows: Send + Sync {
    fn sample_shape(&self) -> &[usize];
    fn entropy(&self) -> Vec<f64>;
    fn entropy_gradient(&self) -> Vec<f64>;
    fn kl(&self, other: &Array<f64>) -> PyResult<Vec<f64>>;
    fn kl_gradient(&self, other: &Array<f64>) -> PyResult<[Vec<f64>; 2]>;
    fn ln_p(&self, samples: &[f64]) -> PyResult<Vec<f64>>;
    fn sample(&self, samples: &mut [f64], stream: Stream);
    fn mean(&self) -> Vec<f64>;
    fn mode(&self) -> Vec<f64>;
}

struct Rows<D> {
    all: Vec<D>,
    /// That of the distribution, if it has one.
    size: usize,
    sample_shape: Vec<usize>,
    entries: usize,
}

impl<D: Family> Rows<D> {
    fn new(parameters: &Array<f64>, size: usize) -> PyResult<Self> {
        let (examples, row) = D::take_apart(&parameters.shape)?;
        let prototype = D::of_shape(row, size)?;
        let entries = prototype.parameters().len();
        let mut all = vec![prototype; examples];
        for (one, own) in all.iter_mut().zip(parameters.numbers.chunks_exact(entries)) {
            one.set_parameters(own).map_err(value_error)?;
        }
        Ok(Self { all, size, sample_shape: D::sample_shape(row, size), entries })
    }

    fn dimension(&self) -> usize {
        self.sample_shape.iter().product()
    }

    /// Numbers of each row, written by a function.
    fn fill(&self, each: usize, write: impl Fn(&D, &mut [f64])) -> Vec<f64> {
        let mut numbers = vec![0.0; self.all.len() * each];
        self.all.iter().zip(numbers.chunks_exact_mut(each)).for_each(|(one, own)| write(one, own));
        numbers
    }
}

impl<D: Family + ClosedForms> AnyRows for Rows<D> {
    fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    fn entropy(&self) -> Vec<f64> {
        self.all.iter().map(D::entropy).collect()
    }

    fn entropy_gradient(&self) -> Vec<f64> {
        self.fill(self.entries, |one, gradient| one.add_entropy_gradient(1.0, gradient))
    }

    fn kl(&self, other: &Array<f64>) -> PyResult<Vec<f64>> {
        let other = Self::new(other, self.size)?;
        self.all.iter().zip(&other.all).map(|(one, other)| one.kl(other).map_err(value_error)).collect()
    }

    fn kl_gradient(&self, other: &Array<f64>) -> PyResult<[Vec<f64>; 2]> {
        let other = Self::new(other, self.size)?;
        let mut gradients = [0, 1].map(|_| vec![0.0; self.all.len() * self.entries]);
        let [own, others] = &mut gradients;
        let rows = own.chunks_exact_mut(self.entries).zip(others.chunks_exact_mut(self.entries));
        for ((one, other), (own, others)) in self.all.iter().zip(&other.all).zip(rows) {
            one.add_kl_gradient(1.0, other, own).map_err(value_error)?;
            one.add_kl_gradient_of_other(1.0, other, others).map_err(value_error)?;
        }
        Ok(gradients)
    }

    fn ln_p(&self, samples: &[f64]) -> PyResult<Vec<f64>> {
        let dimension = self.dimension();
        let count = samples.len() / (self.all.len() * dimension).max(1);
        let rows = samples.chunks_exact((count * dimension).max(1));
        let all = self.all.iter().zip(rows).flat_map(|(one, samples)| {
            samples.chunks_exact(dimension).map(|b| one.ln_p(b).map_err(value_error))
        });
        all.collect()
    }

    fn sample(&self, samples: &mut [f64], mut stream: Stream) {
        let dimension = self.dimension();
        let each = (samples.len() / self.all.len().max(1)).max(1);
        for (one, samples) in self.all.iter().zip(samples.chunks_exact_mut(each)) {
            samples.chunks_exact_mut(dimension).for_each(|b| one.sample_from(&mut stream, b));
        }
    }

    fn mean(&self) -> Vec<f64> {
        self.fill(self.dimension(), D::mean)
    }

    fn mode(&self) -> Vec<f64> {
        self.fill(self.dimension(), D::mode)
    }
}

impl Distributions {
    fn samples_shape(&self, count: &[usize]) -> Vec<usize> {
        [&self.shape[..1], count, self.rows.sample_shape()].concat()
    }

    fn other(&self, other: &Bound<'_, PyAny>) -> PyResult<Array<f64>> {
        let other = array::<f64>("the other distribution's parameters", other)?;
        check_shape("the other distribution's array of parameters", &other.shape, &self.shape)?;
        Ok(other)
    }
}

/// An array of this shape.
fn shaped<'py>(py: Python<'py>, numbers: Vec<f64>, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    let array = ArrayD::from_shape_vec(IxDyn(shape), numbers).map_err(value_error)?;
    Ok(array.into_pyarray(py).into_any())
}

#[pymethods]
impl Distributions {
    #[new]
    #[pyo3(signature = (distribution, parameters, size=None))]
    fn new(
        distribution: &str,
        parameters: &Bound<'_, PyAny>,
        size: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let parameters = array::<f64>("the array of parameters", parameters)?;
        let size = size.map(|size| natural("size", size)).transpose()?;
        let rows = with_family!(closed distribution, Own => {
            let size = Own::check_size(size)?;
            Ok(Box::new(Rows::<Own>::new(&parameters, size)?) as Box<dyn AnyRows>)
        });
        Ok(Self { rows: rows?, shape: parameters.shape })
    }

    fn entropy<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, py.detach(|| self.rows.entropy()))
    }

    fn entropy_gradient<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        shaped(py, py.detach(|| self.rows.entropy_gradient()), &self.shape)
    }

    fn kl<'py>(&self, py: Python<'py>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let other = self.other(other)?;
        Ok(PyArray1::from_vec(py, py.detach(|| self.rows.kl(&other))?))
    }

    fn kl_gradient<'py>(
        &self,
        py: Python<'py>,
        other: &Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let other = self.other(other)?;
        let [own, others] = py.detach(|| self.rows.kl_gradient(&other))?;
        Ok((shaped(py, own, &self.shape)?, shaped(py, others, &self.shape)?))
    }

    fn ln_p<'py>(&self, py: Python<'py>, samples: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let samples = array::<f64>("b", samples)?;
        let count = if samples.shape.len() > 1 { samples.shape[1] } else { 0 };
        check_shape("b", &samples.shape, &self.samples_shape(&[count]))?;
        let values = py.detach(|| self.rows.ln_p(&samples.numbers))?;
        shaped(py, values, &[self.shape[0], count])
    }

    fn sample<'py>(
        &self,
        py: Python<'py>,
        count: &Bound<'py, PyAny>,
        seed: &Bound<'py, PyAny>,
        run: &Bound<'py, PyAny>,
        row: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let count = natural("count", count)?;
        let stream = Stream::new(natural("seed", seed)?, natural("run", run)?, natural("row", row)?);
        let shape = usize::try_from(count).map(|count| self.samples_shape(&[count]));
        let numbers = shape.ok().and_then(|shape| {
            let length = shape.iter().try_fold(1_usize, |length, entries| length.checked_mul(*entries))?;
            let mut numbers = Vec::new();
            numbers.try_reserve_exact(length).ok()?;
            numbers.resize(length, 0.0);
            Some((numbers, shape))
        });
        let Some((mut numbers, shape)) = numbers else {
            let shape = Shape(&self.shape);
            return Err(value_error(format!(
                "count = {count} is too many for the memory, with parameters of the shape {shape}"
            )));
        };
        py.detach(|| self.rows.sample(&mut numbers, stream));
        shaped(py, numbers, &shape)
    }

    fn mean<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        shaped(py, py.detach(|| self.rows.mean()), &self.samples_shape(&[]))
    }

    fn mode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        shaped(py, py.detach(|| self.rows.mode()), &self.samples_shape(&[]))
    }
}

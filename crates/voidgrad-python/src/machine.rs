//! An estimator of a table with its state.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::PyResult;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Count, MethodError, Needs};
use voidgrad::nalgebra::DVectorView;
use voidgrad::optimise::{Adam, Optimiser as _};
use voidgrad::{Plate, Stream};

use crate::arguments::Arguments;
use crate::arrays::{Shape, check_shape};
use crate::errors::value_error;
use crate::family::{Family, Number};
use crate::threads;

/// An estimator, which is made when its first round says how many variables there are, and the memory of past rounds.
pub(crate) struct Machine<D: Family> {
    pub(crate) recipe: Recipe<D>,
    /// That of the distribution, if it has one.
    pub(crate) size: usize,
    /// Of what trains the control; 0 for none.
    learning_rate: f64,
    core: Mutex<Option<Core<D>>>,
    /// Plates of rounds that are over, for the next ones.
    single: Mutex<Vec<Plate<D, f32>>>,
    double: Mutex<Vec<Plate<D, f64>>>,
}

/// How an estimator is made.
pub(crate) struct Recipe<D: Family> {
    pub(crate) name: &'static str,
    /// Whether the number of points is another in each round.
    pub(crate) varies: bool,
    /// Whether it needs ∇f.
    pub(crate) needs_gradient: bool,
    /// Makes it for variables like these.
    pub(crate) make: Box<Make<D>>,
}

type Make<D> = dyn Fn(&D) -> Result<AnyEstimator<D>, MethodError> + Send + Sync;

/// An estimator of so many variables.
pub(crate) struct Core<D: Family> {
    /// The shape of its parameters.
    pub(crate) shape: Vec<usize>,
    pub(crate) variables: D,
    pub(crate) estimator: AnyEstimator<D>,
    /// What trains the control, if there is one.
    pub(crate) adam: Option<Adam>,
    /// How many rounds have been told.
    pub(crate) told: u64,
}

/// The numbers of a plate, and where a machine keeps those of past rounds.
pub(crate) trait Stored: Number {
    /// The plates that are kept.
    fn kept<D: Family>(machine: &Machine<D>) -> &Mutex<Vec<Plate<D, Self>>>;
    /// Memory of such numbers.
    fn memory(slice: &[Self]) -> Memory;
}

impl Stored for f32 {
    fn kept<D: Family>(machine: &Machine<D>) -> &Mutex<Vec<Plate<D, Self>>> {
        &machine.single
    }

    fn memory(slice: &[Self]) -> Memory {
        Memory::Single(slice.as_ptr(), slice.len())
    }
}

impl Stored for f64 {
    fn kept<D: Family>(machine: &Machine<D>) -> &Mutex<Vec<Plate<D, Self>>> {
        &machine.double
    }

    fn memory(slice: &[Self]) -> Memory {
        Memory::Double(slice.as_ptr(), slice.len())
    }
}

/// Memory of a plate: its start and its length.
pub(crate) enum Memory {
    /// Of `f32`.
    Single(*const f32, usize),
    /// Of `f64`.
    Double(*const f64, usize),
}

/// Numbers of noise that are worth two threads: they take about 150 µs, which is what it takes to hand work over while the other cores are busy with a model.
const MUCH_NOISE: usize = 1 << 16;
/// Entries of points of which the same holds, when they are answered.
const MUCH_TOLD: usize = 1 << 17;

/// More plates than this are not kept.
const KEPT: usize = 2;

impl<D: Family> Machine<D> {
    /// The estimator of this name.
    pub(crate) fn new(name: &str, arguments: Arguments, size: Option<u64>) -> PyResult<Self> {
        let size = D::check_size(size)?;
        let row = D::estimator(name).map_err(value_error)?;
        if let Some(target) = arguments.target.filter(|target| !target.is_finite()) {
            return Err(value_error(format!("target = {target} is not a finite number")));
        }
        let method = arguments.method_of(row);
        let make = Box::new(move |variables: &D| arguments.make(row, variables));
        let (varies, needs_gradient) = (method.cost.f == Count::Varies, method.needs == Needs::Gradient);
        Self::of(Recipe { name: method.name, varies, needs_gradient, make }, arguments.learning_rate, size)
    }

    /// The estimator of a recipe. That its arguments are in their domains is seen at once, by an estimator of one variable.
    pub(crate) fn of(recipe: Recipe<D>, learning_rate: f64, size: usize) -> PyResult<Self> {
        if !(learning_rate >= 0.0 && learning_rate.is_finite()) {
            return Err(value_error(format!("learning_rate = {learning_rate} is not a number in [0, ∞)")));
        }
        (recipe.make)(&D::of_shape(&D::smallest(size), size)?).map_err(value_error)?;
        let (single, double) = (Mutex::default(), Mutex::default());
        Ok(Self { recipe, size, learning_rate, core: Mutex::new(None), single, double })
    }

    /// The estimator for parameters of this shape. There is none before the first round.
    pub(crate) fn core(&self) -> MutexGuard<'_, Option<Core<D>>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, unless another thread has it.
    pub(crate) fn try_core(&self) -> Option<MutexGuard<'_, Option<Core<D>>>> {
        match self.core.try_lock() {
            Ok(core) => Some(core),
            Err(TryLockError::Poisoned(core)) => Some(core.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Whether a round takes no longer than it takes to hand work over.
    pub(crate) fn is_short(&self, core: &mut Option<Core<D>>, shape: &[usize]) -> PyResult<bool> {
        let (examples, row) = D::take_apart(shape)?;
        let Core { variables, estimator, .. } = self.prepare(core, row)?;
        let points = usize::try_from(estimator.evaluations(variables)).ok();
        let points =
            points.and_then(|points| points.checked_mul(variables.dimension())?.checked_mul(examples));
        let noise = estimator.noise(variables).checked_mul(examples);
        Ok(points.is_some_and(|points| points < MUCH_TOLD) && noise.is_some_and(|noise| noise < MUCH_NOISE))
    }

    /// A new estimator for parameters of this shape.
    pub(crate) fn make(&self, shape: &[usize]) -> PyResult<Core<D>> {
        let variables = D::of_shape(shape, self.size)?;
        let estimator = (self.recipe.make)(&variables).map_err(value_error)?;
        let rate = self.learning_rate;
        let adam = match estimator.control() {
            Some(control) if rate > 0.0 && control.parameters() > 0 => {
                Some(Adam::new(control.parameters(), rate).map_err(value_error)?)
            }
            _ => None,
        };
        Ok(Core { shape: shape.to_vec(), variables, estimator, adam, told: 0 })
    }

    /// Makes the estimator, unless it is there for this shape already.
    pub(crate) fn prepare<'c>(
        &self,
        core: &'c mut Option<Core<D>>,
        shape: &[usize],
    ) -> PyResult<&'c mut Core<D>> {
        if let Some(core) = core {
            let name = format!("a row of {}, to an estimator that has had others,", D::PARAMETERS);
            check_shape(&name, shape, &core.shape)?;
            return Ok(core);
        }
        Ok(core.insert(self.make(shape)?))
    }

    /// Whether the number of points is another in each round.
    pub(crate) fn varies(&self) -> bool {
        self.recipe.varies
    }

    /// Asks on a plate. The stream is named by `(seed, run, row)`.
    pub(crate) fn ask<T: Stored>(
        &self,
        core: &mut Option<Core<D>>,
        shape: &[usize],
        parameters: &[T],
        [seed, run, row]: [u64; 3],
    ) -> PyResult<Question<D, T>> {
        let (examples, row_shape) = D::take_apart(shape)?;
        let core = self.prepare(core, row_shape)?;
        check_room(core, shape)?;
        let kept = T::kept(self).lock().unwrap_or_else(PoisonError::into_inner).pop();
        let plate = kept.filter(|plate| plate.examples() == examples);
        let mut plate = plate.unwrap_or_else(|| Plate::new(core.variables.clone(), examples));
        let estimator = &core.estimator;
        let is_much = examples * estimator.noise(&core.variables) >= MUCH_NOISE;
        threads::run_if(is_much, || plate.ask(estimator, parameters, &mut Stream::new(seed, run, row)))?
            .map_err(value_error)?;
        Ok(Question { plate, equal_weights: estimator.has_equal_weights(), told: core.told })
    }

    /// Keeps a plate for a later round.
    pub(crate) fn keep<T: Stored>(&self, plate: Plate<D, T>) {
        let mut plates = T::kept(self).lock().unwrap_or_else(PoisonError::into_inner);
        if plates.len() < KEPT {
            plates.push(plate);
        }
    }
}

/// A plate that has been asked.
pub(crate) struct Question<D: Family, T: Stored> {
    pub(crate) plate: Plate<D, T>,
    pub(crate) equal_weights: bool,
    /// How many rounds the estimator had been told.
    pub(crate) told: u64,
}

impl<D: Family> Core<D> {
    /// Tells the estimator the values on a plate, or has it answer only; moves the parameters of its control against the mean derivative of the variance.
    pub(crate) fn tell<T: Stored>(&mut self, plate: &mut Plate<D, T>, learns: bool) -> PyResult<()> {
        let estimator = &mut self.estimator;
        let has_parameters = estimator.control().is_some_and(|control| control.parameters() > 0);
        let is_much = has_parameters || plate.points().len() >= MUCH_TOLD;
        if !learns {
            let estimator = &*estimator;
            return threads::run_if(is_much, || plate.answer(estimator))?.map_err(value_error);
        }
        threads::run_if(is_much, || plate.tell(estimator))?.map_err(value_error)?;
        self.told += 1;
        if let (Some(adam), Some(control)) = (&mut self.adam, self.estimator.control_mut()) {
            let count = plate.examples() as f64;
            let gradient: Vec<f64> = plate.variance_gradient().iter().map(|sum| sum / count).collect();
            let mut phi = control.phi();
            adam.step(phi.as_mut_slice(), &gradient).map_err(value_error)?;
            control.set_phi(DVectorView::from(&phi)).map_err(value_error)?;
        }
        Ok(())
    }
}

/// Refuses a round that does not fit into memory. A plate makes room for the noise without asking whether there is any.
fn check_room<D: Family>(core: &Core<D>, shape: &[usize]) -> PyResult<()> {
    let Core { variables, estimator, .. } = core;
    estimator.suits(variables).map_err(value_error)?;
    let points = estimator.evaluations(variables);
    let each = usize::try_from(points).ok().and_then(|points| {
        // Points, the same in f64, gradients, and as many again for those who read them.
        points.checked_mul(4 * variables.dimension())?.checked_add(estimator.noise(variables))
    });
    let numbers = each.and_then(|each| each.checked_mul(shape[0]));
    // What is small is there, and asking takes microseconds.
    let small = 1 << 22;
    let fits = numbers
        .is_some_and(|numbers| numbers <= small || Vec::<f64>::new().try_reserve_exact(numbers).is_ok());
    if fits {
        return Ok(());
    }
    let shape = Shape(shape);
    Err(value_error(format!(
        "the estimator asks for {points} points for each row of {}, whose shape is {shape}: these are too many for the memory",
        D::PARAMETERS
    )))
}

//! What an estimator has learned, as named arrays.

use voidgrad::nalgebra::DVectorView;
use voidgrad::optimise::{Optimiser as _, OptimiserState, StateValue};

use pyo3::PyResult;

use crate::errors::value_error;
use crate::family::Family;
use crate::machine::{Core, Machine};

/// Arrays by name. The shape of a row of parameters is one of them, and empty before the first round.
pub(crate) type State = Vec<(String, Vec<f64>)>;

const SHAPE: &str = "shape";
const PHI: &str = "control/phi";
const LEARNED: &str = "learned/";
const ADAM: &str = "adam/";

/// The state of an estimator.
pub(crate) fn state<D: Family>(machine: &Machine<D>) -> State {
    match &*machine.core() {
        Some(core) => of_core(core),
        None => vec![(SHAPE.to_owned(), Vec::new())],
    }
}

fn of_core<D: Family>(core: &Core<D>) -> State {
    let Core { shape, estimator, adam, .. } = core;
    let mut state = vec![(SHAPE.to_owned(), shape.iter().map(|entries| *entries as f64).collect())];
    state.extend(estimator.state().into_iter().map(|(name, values)| (format!("{LEARNED}{name}"), values)));
    if let Some(control) = estimator.control().filter(|control| control.parameters() > 0) {
        state.push((PHI.to_owned(), control.phi().as_slice().to_vec()));
    }
    if let Some(adam) = adam {
        let adam = adam.state();
        state.extend(adam.values().map(|(name, value)| {
            let values = match value {
                StateValue::Number(number) => vec![*number],
                StateValue::Array(values) => values.clone(),
            };
            (format!("{ADAM}{name}"), values)
        }));
    }
    state
}

/// Takes over what [`state`] gave; after an error nothing has changed.
pub(crate) fn restore<D: Family>(machine: &Machine<D>, state: &State) -> PyResult<()> {
    let find = |name: &str| state.iter().find(|(other, _)| other == name).map(|(_, values)| &values[..]);
    let shape = find(SHAPE).ok_or_else(|| value_error(format!("the state has no array {SHAPE:?}")))?;
    if let Some((name, values)) =
        state.iter().find(|(_, values)| values.iter().any(|value| !value.is_finite()))
    {
        let value = values.iter().find(|value| !value.is_finite()).unwrap_or(&f64::NAN);
        return Err(value_error(format!(
            "the array {name:?} of the state has {value}, which is not a finite number"
        )));
    }
    let made = if shape.is_empty() { None } else { Some(core(machine, shape, state)?) };
    let mut place = machine.core();
    // Rounds that were asked before are not those of this state.
    let told = place.as_ref().map_or(0, |core| core.told) + 1;
    *place = made.map(|core| Core { told, ..core });
    Ok(())
}

/// An estimator with this state.
fn core<D: Family>(machine: &Machine<D>, shape: &[f64], state: &State) -> PyResult<Core<D>> {
    let entries = shape.iter().map(|entries| whole(*entries)).collect::<Option<Vec<usize>>>();
    let Some(entries) = entries.filter(|entries| entries.len() == D::AXES) else {
        return Err(value_error(format!(
            "the array {SHAPE:?} of the state is {shape:?}, which is no row of {}",
            D::SHAPE
        )));
    };
    let mut core = machine.make(&entries)?;
    let expected = of_core(&core);
    let unknown = state.iter().find(|(name, _)| expected.iter().all(|(other, _)| other != name));
    let missing = expected.iter().find(|(name, _)| state.iter().all(|(other, _)| other != name));
    if let Some((name, _)) = unknown {
        return Err(value_error(format!("the state has an array {name:?}, and the estimator has none")));
    }
    if let Some((name, _)) = missing {
        return Err(value_error(format!("the state has no array {name:?}, and the estimator has one")));
    }
    let with = |prefix: &str| {
        let named = state
            .iter()
            .filter_map(|(name, values)| Some((name.strip_prefix(prefix)?.to_owned(), values.clone())));
        named.collect::<State>()
    };
    let learned = with(LEARNED);
    let learned: Vec<(&str, &[f64])> = learned.iter().map(|(name, values)| (&**name, &values[..])).collect();
    core.estimator.restore(&learned).map_err(value_error)?;
    if let (Some(control), Some((_, phi))) =
        (core.estimator.control_mut(), state.iter().find(|(name, _)| name == PHI))
    {
        control.set_phi(DVectorView::from_slice(phi, phi.len())).map_err(value_error)?;
    }
    if let Some(adam) = &mut core.adam {
        let mut own = OptimiserState::new(adam.state().kind());
        for (name, values) in with(ADAM) {
            own = match (adam.state().values().find(|(other, _)| *other == name), &values[..]) {
                (Some((_, StateValue::Number(_))), [number]) => own.with_number(&name, *number),
                _ => own.with_array(&name, values),
            };
        }
        adam.restore(&own).map_err(value_error)?;
    }
    Ok(core)
}

/// A number of entries.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is looked at before")]
fn whole(value: f64) -> Option<usize> {
    (value >= 1.0 && value <= f64::from(u32::MAX) && value.fract() == 0.0).then_some(value as usize)
}

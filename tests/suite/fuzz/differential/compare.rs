//! Values and derivatives at one point.

use super::directions::directions;
use super::reference::Reference;
use super::{Comparison, Context, Expanded, Interpreter, Number, Random, Result, Value};

pub(super) fn generated(expanded: &Expanded, name: &str, arguments: &[Value]) -> Option<Result<Value>> {
    let function = expanded.generated(name)?;
    Some(Interpreter::new(&expanded.program, Context::values()).call(function, arguments.to_vec()))
}

/// A place among the parameters: which parameter, and which number in it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) parameter: usize,
    pub(super) entry: usize,
}

/// Compares at `arguments`.
pub(super) fn at(
    expanded: &Expanded,
    arguments: &[Value],
    with_derivatives: bool,
    random: &mut Random,
    comparison: &mut Comparison,
) {
    let mut interpreter = Interpreter::new(&expanded.program, Context::values());
    let expected = match interpreter.call(&expanded.function, arguments.to_vec()) {
        Ok(value) => value.numbers(),
        Err(stop) => return comparison.stop(&stop),
    };
    if interpreter.context.zero_sum.get() {
        return;
    }
    let Some(got) = generated(expanded, "value", arguments) else { return };
    let got = match got {
        Ok(value) => value.numbers(),
        Err(stop) => return comparison.generated_stop(&stop, "value", &shown(arguments)),
    };
    comparison.values += 1;
    let place = pick(expanded, arguments, random);
    let other = pick(expanded, arguments, random);
    let (Some(place), Some(other)) = (place, other) else { return };
    let seeded =
        seed(arguments, |at| (f64::from(u8::from(same(at, place))), f64::from(u8::from(same(at, other)))));
    let Ok(reference) = Reference::of(expanded, &seeded) else { return };
    for (k, (expected, got)) in expected.iter().zip(&got).enumerate() {
        let (expected, got) = (expected.value, got.value);
        let is_equal = expected == got || expected.is_nan() && got.is_nan();
        if is_equal {
            continue;
        }
        let fits = match &reference {
            // A form that does not overflow may have a value where the written one has none.
            _ if expanded.is_rewritten && !expected.is_finite() => true,
            Some(reference) if expanded.is_rewritten => reference.allows(k, 0, got),
            None if expanded.is_rewritten => true,
            _ => false,
        };
        if !fits {
            comparison.faults.push(format!("f is {expected:?}, f::value {got:?} at {}", shown(arguments)));
        }
    }
    if with_derivatives && let Some(reference) = reference {
        first_and_second(expanded, arguments, &reference, (place, other), comparison);
        directions(expanded, arguments, place, random, comparison);
    }
}

pub(super) fn same(at: Place, place: Place) -> bool {
    at.parameter == place.parameter && at.entry == place.entry
}

/// A number that `wrt` names.
fn pick(expanded: &Expanded, arguments: &[Value], random: &mut Random) -> Option<Place> {
    let parameters = expanded.parameters();
    let name = expanded.wrt[random.below(expanded.wrt.len())];
    let parameter = parameters.iter().position(|(known, _)| known == name)?;
    let n = arguments[parameter].numbers().len();
    Some(Place { parameter, entry: random.below(n) })
}

/// The arguments with tangents.
pub(super) fn seed(arguments: &[Value], tangents: impl Fn(Place) -> (f64, f64)) -> Vec<Value> {
    let with = |(parameter, argument): (usize, &Value)| {
        let mut entry = 0;
        argument.with_numbers(&mut |number| {
            let (first, second) = tangents(Place { parameter, entry });
            entry += 1;
            Number { value: number.value, dual: [number.value, first, second, 0.0] }
        })
    };
    arguments.iter().enumerate().map(with).collect()
}

fn first_and_second(
    expanded: &Expanded,
    arguments: &[Value],
    reference: &Reference,
    (place, other): (Place, Place),
    comparison: &mut Comparison,
) {
    let parameters = expanded.parameters();
    let name = |place: Place| parameters[place.parameter].0.clone();
    let count = |place: Place| arguments[place.parameter].numbers().len();
    let outputs = reference.outputs.len();
    for (place, part) in [(place, 1), (other, 2)] {
        let function = format!("d_{}", name(place));
        check_table(expanded, &function, arguments, comparison, reference, part, |value, k| {
            table(value, (k, outputs), (place.entry, count(place)))
        });
    }
    if outputs != 1 {
        return;
    }
    // Of a pair, one order has a name.
    for (one, two) in [(place, other), (other, place)] {
        let function = format!("d_{}_d_{}", name(one), name(two));
        check_table(expanded, &function, arguments, comparison, reference, 3, |value, _| {
            table(value, (one.entry, count(one)), (two.entry, count(two)))
        });
        if name(one) == name(two) {
            break;
        }
    }
    check_table(expanded, "gradient", arguments, comparison, reference, 1, |value, _| {
        let Value::Tuple(parts) = value else { return None };
        let at = expanded.wrt.iter().position(|known| *known == name(place))?;
        parts.get(at + 1)?.numbers().get(place.entry).map(|number| number.value)
    });
}

/// The entry of a table of derivatives: rows of `rows` things, each of `columns`.
fn table(value: &Value, (row, rows): (usize, usize), (column, columns): (usize, usize)) -> Option<f64> {
    let at = match value {
        Value::Matrix(matrix)
            if rows > 1 && columns > 1 && (matrix.rows, matrix.columns) == (rows, columns) =>
        {
            row + column * rows
        }
        _ => row * columns + column,
    };
    value.numbers().get(at).map(|number| number.value)
}

pub(super) fn check_table(
    expanded: &Expanded,
    function: &str,
    arguments: &[Value],
    comparison: &mut Comparison,
    reference: &Reference,
    part: usize,
    entry: impl Fn(&Value, usize) -> Option<f64>,
) {
    let value = match generated(expanded, function, arguments) {
        None => return,
        Some(Ok(value)) => value,
        Some(Err(stop)) => return comparison.generated_stop(&stop, function, &shown(arguments)),
    };
    for k in 0..reference.outputs.len() {
        let Some(got) = entry(&value, k) else { continue };
        comparison.derivatives += 1;
        if !reference.allows(k, part, got) {
            let (expected, tolerance) = (reference.outputs[k].dual[part], reference.tolerance(k, part));
            comparison.faults.push(format!(
                "f::{function} is {got:?} where dual numbers find {expected:?} ± {tolerance:e} at {}",
                shown(arguments)
            ));
        }
    }
}

/// The numbers of a point.
pub(super) fn shown(arguments: &[Value]) -> String {
    let parts = arguments.iter().map(|argument| match argument.behind() {
        Value::Bool(value) => value.to_string(),
        argument => format!("{:?}", argument.numbers().iter().map(|number| number.value).collect::<Vec<_>>()),
    });
    parts.collect::<Vec<_>>().join(", ")
}

//! Derivatives in given directions.

use super::compare::{Place, check_table, generated, same, seed, shown};
use super::reference::Reference;
use super::{Comparison, Expanded, Number, Random, Value};

/// `jvp`, `vjp` and `vjp_jvp` in random directions.
pub(super) fn directions(
    expanded: &Expanded,
    arguments: &[Value],
    place: Place,
    random: &mut Random,
    comparison: &mut Comparison,
) {
    let parameters = expanded.parameters();
    let in_wrt = |parameter: usize| expanded.wrt.iter().position(|name| *name == parameters[parameter].0);
    let places: Vec<usize> = expanded
        .wrt
        .iter()
        .filter_map(|name| parameters.iter().position(|(known, _)| known == name))
        .collect();
    let mut dots: Vec<Value> = Vec::new();
    for parameter in &places {
        let argument = arguments[*parameter].behind();
        dots.push(argument.with_numbers(&mut |_| Number::constant(random.number())));
    }
    let numbers: Vec<Vec<Number>> = dots.iter().map(Value::numbers).collect();
    let seeded = seed(arguments, |at| {
        let dot = in_wrt(at.parameter).map_or(0.0, |i| numbers[i][at.entry].value);
        (f64::from(u8::from(same(at, place))), dot)
    });
    let Ok(Some(reference)) = Reference::of(expanded, &seeded) else { return };
    let outputs = reference.outputs.len();
    let with_dots: Vec<Value> = arguments.iter().chain(&dots).cloned().collect();
    check_table(expanded, "jvp", &with_dots, comparison, &reference, 2, |value, k| {
        let Value::Tuple(parts) = value else { return None };
        parts.get(1)?.numbers().get(k).map(|number| number.value)
    });
    // Adjoints of arrays are sums over the entries, each with its own tolerance.
    if outputs != 1 {
        return;
    }
    let Some(at) = in_wrt(place.parameter) else { return };
    let entry = |value: &Value| {
        let part = match value {
            Value::Tuple(parts) if expanded.wrt.len() > 1 => parts.get(at)?,
            value => value,
        };
        part.numbers().get(place.entry).map(|number| number.value)
    };
    let (bar, dot_bar) = (random.number(), random.number());
    let [first, second] = [1, 3].map(|part| (reference.outputs[0].dual[part], reference.tolerance(0, part)));
    let mut with_bar = arguments.to_vec();
    with_bar.push(Value::number(bar));
    let mut with_both = with_dots;
    with_both.extend([Value::number(bar), Value::number(dot_bar)]);
    for (function, arguments, expected, tolerance) in [
        ("vjp", with_bar, bar * first.0, bar.abs() * first.1),
        (
            "vjp_jvp",
            with_both,
            bar * first.0 + dot_bar * second.0,
            bar.abs() * first.1
                + dot_bar.abs() * second.1
                + 1e-12 * ((bar * first.0).abs() + (dot_bar * second.0).abs()),
        ),
    ] {
        let value = match generated(expanded, function, &arguments) {
            None => continue,
            Some(Ok(value)) => value,
            Some(Err(stop)) => {
                comparison.generated_stop(&stop, function, &shown(&arguments));
                continue;
            }
        };
        let Some(got) = entry(&value) else { continue };
        comparison.derivatives += 1;
        // A NaN is not within the tolerance.
        let is_near = (got - expected).abs() <= tolerance + f64::MIN_POSITIVE;
        if !is_near {
            comparison.faults.push(format!(
                "f::{function} is {got:?} where dual numbers find {expected:?} ± {tolerance:e} at {}",
                shown(&arguments)
            ));
        }
    }
}

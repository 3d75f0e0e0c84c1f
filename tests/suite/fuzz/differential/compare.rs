//! Values and derivatives at one point.

use std::collections::BTreeSet;

use syn::ItemFn;
use syn::visit::Visit;

use super::{Comparison, Context, Expanded, Interpreter, Number, Random, Result, Stop, Value};

/// How much the numbers of a run are disturbed, relatively: so much more than a rounding error (2⁻⁵³) that what a run
/// shows is the largest effect that rounding can have, and so little that it is linear.
const JITTER: f64 = 9.1e-13; // 2⁻⁴⁰
/// So many runs with disturbances.
const RUNS: u64 = 4;
/// The largest deviation of [`RUNS`] runs, times this, is the tolerance. Disturbances are 2¹³ rounding errors, so
/// a result is only outside if it has lost 13 + 4 bits more than a direct computation of the same number.
const MARGIN: f64 = 16.0;

/// What stable forms are made of.
const STABLE: &[&str] = &[
    "sigmoid", "softplus", "log_sigmoid", "logit", "logaddexp", "log1mexp", "exp_m1", "ln_1p", "ln_1p_ratio",
];
/// What they are made from, and what generated code rounds otherwise: products that are fused, sums that a long loop becomes,
/// and voidgrad's `softmax`.
const WRITTEN: &[&str] = &["exp", "ln", "ln_1p", "sigmoid"];
const ROUNDED: &[&str] = &["mul_add", "softmax"];

/// True where `value` may differ from `function` by rounding errors.
pub(super) fn may_be_rewritten(function: &ItemFn, value: &ItemFn) -> bool {
    let (written, generated) = (names(function), names(value));
    let has = |names: &BTreeSet<String>, known: &[&str]| known.iter().any(|name| names.contains(*name));
    let is_loop = written.contains("for") && has(&generated, &["sum", "scan_end"]);
    has(&written, WRITTEN) && has(&generated, STABLE) || has(&written, ROUNDED) || is_loop
}

/// The names in a function, and `for`.
fn names(function: &ItemFn) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
            self.0.insert(ident.to_string());
        }
        fn visit_expr_for_loop(&mut self, for_loop: &'ast syn::ExprForLoop) {
            self.0.insert("for".to_owned());
            syn::visit::visit_expr_for_loop(self, for_loop);
        }
    }
    let mut names = Names(BTreeSet::new());
    names.visit_block(&function.block);
    names.0
}

/// One run of `f` with derivatives.
struct Run {
    outputs: Vec<Number>,
    is_tied: bool,
}

fn run(expanded: &Expanded, arguments: &[Value], jitter: f64, seed: u64) -> Result<Run> {
    let mut interpreter = Interpreter::new(&expanded.program, Context::duals(jitter, seed));
    let value = interpreter.call(&expanded.function, arguments.to_vec())?;
    let context = &interpreter.context;
    Ok(Run { outputs: value.numbers(), is_tied: context.tied.get() || context.extreme.get() })
}

fn generated(expanded: &Expanded, name: &str, arguments: &[Value]) -> Option<Result<Value>> {
    let function = expanded.generated(name)?;
    Some(Interpreter::new(&expanded.program, Context::values()).call(function, arguments.to_vec()))
}

/// A place among the parameters: which parameter, and which number in it.
#[derive(Clone, Copy)]
struct Place {
    parameter: usize,
    entry: usize,
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
        Err(stop) => return comparison.stop(&stop, "f"),
    };
    let Some(got) = generated(expanded, "value", arguments) else { return };
    let got = match got {
        Ok(value) => value.numbers(),
        Err(Stop::Panic(why)) => {
            return comparison.faults.push(format!("f::value panics ({why}) at {}", shown(arguments)));
        }
        Err(stop) => return comparison.stop(&stop, "f::value"),
    };
    comparison.values += 1;
    let place = pick(expanded, arguments, random);
    let other = pick(expanded, arguments, random);
    let (Some(place), Some(other)) = (place, other) else { return };
    let seeded = seed(arguments, |at| (f64::from(u8::from(same(at, place))), f64::from(u8::from(same(at, other)))));
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

fn same(at: Place, place: Place) -> bool {
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
fn seed(arguments: &[Value], tangents: impl Fn(Place) -> (f64, f64)) -> Vec<Value> {
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

/// What hyper-dual numbers find, and how far disturbances move it.
struct Reference {
    outputs: Vec<Number>,
    spread: Vec<[f64; 4]>,
}

impl Reference {
    /// `None` where there is nothing to compare: a tie is near, or a number on the way is out of range.
    fn of(expanded: &Expanded, seeded: &[Value]) -> Result<Option<Self>> {
        let exact = run(expanded, seeded, 0.0, 1)?;
        if exact.is_tied || exact.outputs.iter().any(|output| output.dual.iter().any(|part| !part.is_finite())) {
            return Ok(None);
        }
        let mut spread = vec![[0.0_f64; 4]; exact.outputs.len()];
        for seed in 1..=RUNS {
            let disturbed = run(expanded, seeded, JITTER, seed.wrapping_mul(0x2545_F491_4F6C_DD1D))?;
            if disturbed.is_tied || disturbed.outputs.len() != exact.outputs.len() {
                return Ok(None);
            }
            for (k, (a, b)) in exact.outputs.iter().zip(&disturbed.outputs).enumerate() {
                for (part, spread) in spread[k].iter_mut().enumerate() {
                    *spread = spread.max((a.dual[part] - b.dual[part]).abs());
                }
            }
        }
        Ok(Some(Self { outputs: exact.outputs, spread }))
    }

    fn allows(&self, k: usize, part: usize, got: f64) -> bool {
        self.tolerance(k, part) >= (self.outputs[k].dual[part] - got).abs()
    }

    fn tolerance(&self, k: usize, part: usize) -> f64 {
        MARGIN * (self.spread[k][part] + JITTER * self.outputs[k].dual[part].abs()) + f64::MIN_POSITIVE
    }
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
        Value::Matrix(matrix) if rows > 1 && columns > 1 && (matrix.rows, matrix.columns) == (rows, columns) => {
            row + column * rows
        }
        _ => row * columns + column,
    };
    value.numbers().get(at).map(|number| number.value)
}

fn check_table(
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
        Some(Err(Stop::Panic(why))) => {
            return comparison.faults.push(format!("f::{function} panics ({why}) at {}", shown(arguments)));
        }
        Some(Err(stop)) => return comparison.stop(&stop, &format!("f::{function}")),
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

/// `jvp`, `vjp` and `vjp_jvp` in random directions.
fn directions(
    expanded: &Expanded,
    arguments: &[Value],
    place: Place,
    random: &mut Random,
    comparison: &mut Comparison,
) {
    let parameters = expanded.parameters();
    let in_wrt = |parameter: usize| expanded.wrt.iter().position(|name| *name == parameters[parameter].0);
    let places: Vec<usize> = expanded.wrt.iter().filter_map(|name| parameters.iter().position(|(known, _)| known == name)).collect();
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
            bar.abs() * first.1 + dot_bar.abs() * second.1 + 1e-12 * ((bar * first.0).abs() + (dot_bar * second.0).abs()),
        ),
    ] {
        let Some(Ok(value)) = generated(expanded, function, &arguments) else { continue };
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

/// The numbers of a point.
fn shown(arguments: &[Value]) -> String {
    let parts = arguments.iter().map(|argument| match argument.behind() {
        Value::Bool(value) => value.to_string(),
        argument => format!("{:?}", argument.numbers().iter().map(|number| number.value).collect::<Vec<_>>()),
    });
    parts.collect::<Vec<_>>().join(", ")
}

//! z and z̃ on lanes, against values of 50 digits.

use std::collections::BTreeMap;

use voidgrad_real::{Element, Lanes, Real as _};

use crate::bernoulli::logit;
use crate::kernel::chunk::conditional;
#[cfg(feature = "lanes")]
use crate::lanes::{At, Dispatch, Work};

/// In units in the last place: what the documentation says.
const BOUND: f64 = 4.0;
/// The largest logit, of which `e^a` is taken on lanes.
const LARGEST: f64 = 650.0;

/// z of u, or z̃ and its slope of v where b is given, at these logits, and what the truth is; noise as streams have it.
struct Points {
    a: Vec<f64>,
    noise: Vec<f64>,
    truth: Vec<f64>,
    /// The number of which an error is a part.
    largest: Vec<f64>,
}

fn points(table: &str, state: Option<bool>) -> Points {
    let fixture = include_str!("../../../fixtures/bernoulli.json");
    let fixture: BTreeMap<String, Vec<String>> = serde_json::from_str(fixture).expect("a table of rows");
    let mut points = Points { a: Vec::new(), noise: Vec::new(), truth: Vec::new(), largest: Vec::new() };
    for row in &fixture[table] {
        let parts: Vec<&str> = row.split(' ').collect();
        let number =
            |part: usize| f64::from_bits(u64::from_str_radix(parts[part], 16).expect("these are bits"));
        let [noise, a] = [number(0), number(1)];
        let is_wanted = state.is_none_or(|state| parts[2] == if state { "1" } else { "0" });
        let is_of_a_stream = (noise * 2.0_f64.powi(53)).fract() == 0.0;
        if !(is_wanted && is_of_a_stream && a.abs() <= LARGEST) {
            continue;
        }
        let value = if state.is_some() { 3 } else { 2 };
        points.a.push(a);
        points.noise.push(noise);
        points.truth.push(number(value));
        points.largest.push(if state.is_some() { number(value) } else { number(value + 2) });
    }
    assert!(points.a.len() > 300, "{table} has {} points for lanes", points.a.len());
    points
}

/// Errors of a function of the logit and the noise, lane by lane; half a unit is for the rounding of the truth.
fn check<R: Lanes<Element: Element>>(
    hand: R,
    what: &str,
    points: &Points,
    epsilon: f64,
    function: impl Fn(R, R) -> R,
) {
    let length = points.a.len().next_multiple_of(R::LANES);
    let lanes = |numbers: &[f64]| {
        let zero = R::Element::default();
        let mut lanes: Vec<R::Element> = numbers.iter().map(|number| zero.constant(*number)).collect();
        lanes.resize(length, lanes[0]);
        lanes
    };
    let (a, noise) = (lanes(&points.a), lanes(&points.noise));
    let mut values = vec![R::Element::default(); length];
    for i in (0..length).step_by(R::LANES) {
        function(hand.load(&a[i..]), hand.load(&noise[i..])).store(&mut values[i..]);
    }
    for (i, (truth, largest)) in points.truth.iter().zip(&points.largest).enumerate() {
        let value: f64 = values[i].into();
        // One unit in the last place over ε.
        let power = f64::from_bits(largest.abs().to_bits() & f64::INFINITY.to_bits());
        // Where all terms are 0, so has to be the value.
        let error = (value - truth).abs() / (power * epsilon).max(f64::MIN_POSITIVE);
        let (a, noise) = (points.a[i], points.noise[i]);
        assert!(error <= BOUND + 0.5, "{what} at a = {a:e}, noise {noise:e}: {value:e}, {error:.2} units");
    }
}

/// As `f32` has them; the truth is the function of `f64`, which [`check`] and the suite hold.
fn rounded(points: &Points, function: impl Fn(f64, f64) -> (f64, f64)) -> Points {
    let mut rounded = Points { a: Vec::new(), noise: Vec::new(), truth: Vec::new(), largest: Vec::new() };
    for (a, noise) in points.a.iter().zip(&points.noise) {
        #[allow(clippy::cast_possible_truncation)] // the nearest one
        let a = f64::from(*a as f32);
        // The upper 23 bits and a half, as streams of f32 have them.
        let noise = ((noise * 2.0_f64.powi(23)).floor() + 0.5) / 2.0_f64.powi(23);
        if a.abs() > 45.0 {
            continue;
        }
        let (truth, largest) = function(noise, a);
        rounded.a.push(a);
        rounded.noise.push(noise);
        rounded.truth.push(truth);
        rounded.largest.push(largest);
    }
    rounded
}

fn check_all<R: Lanes<Element: Element>>(
    hand: R,
    epsilon: f64,
    as_lanes: impl Fn(Points, &dyn Fn(f64, f64) -> (f64, f64)) -> Points,
) {
    let z = as_lanes(points("g", None), &|u, a| {
        let z = logit::g(u, a);
        (z, a.abs().max((z - a).abs()))
    });
    check(hand, "z", &z, epsilon, conditional::z);
    for b in [false, true] {
        let mask = hand.mask(b);
        let odds = move |a: R| R::select(mask, a, -a).exp();
        let value =
            as_lanes(points("g_tilde", Some(b)), &|v, a| (logit::g_tilde(v, a, b), logit::g_tilde(v, a, b)));
        check(hand, "z̃", &value, epsilon, |a, v| conditional::z_tilde(mask, v, odds(a)).0);
        let slope = as_lanes(points("g_tilde::d_a", Some(b)), &|v, a| {
            let slope = logit::g_tilde::d_a(v, a, b);
            (slope, slope)
        });
        check(hand, "its slope", &slope, epsilon, |a, v| conditional::z_tilde(mask, v, odds(a)).1);
    }
}

fn check_double<R: Lanes<Element = f64>>(hand: R) {
    check_all(hand, f64::EPSILON, |points, _| points);
}

fn check_single<R: Lanes<Element = f32>>(hand: R) {
    check_all(hand, f64::from(f32::EPSILON), |points, function| rounded(&points, function));
}

#[test]
fn z_and_z_tilde_of_scalars_are_within_4_units() {
    check_double(0.0_f64);
    check_single(0.0_f32);
}

#[cfg(feature = "lanes")]
#[test]
fn z_and_z_tilde_are_within_4_units_on_every_instruction_set() {
    struct Check;

    impl Work<f64> for Check {
        type Output = ();

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn on<R: Lanes<Element = f64>>(self, hand: R) {
            check_double(hand);
        }
    }

    impl Work<f32> for Check {
        type Output = ();

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn on<R: Lanes<Element = f32>>(self, hand: R) {
            check_single(hand);
        }
    }

    for level in At::all() {
        Dispatch::<f64>::run(level, Check);
        Dispatch::<f32>::run(level, Check);
    }
}

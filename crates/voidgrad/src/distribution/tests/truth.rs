//! Entropies, divergences and their derivatives against values of 50 digits.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::{ClosedForms, Distribution as _};
use crate::gaussian::Gaussian;

/// What the documentation says of one variable, in units in the last place, and half a unit that the truth is rounded by.
const ONE: f64 = 12.5;

/// Values below are compared as if they were as large: below the normal numbers, digits are missing.
const SMALLEST: f64 = 1e-290;

fn number(bits: &Value) -> f64 {
    f64::from_bits(u64::from_str_radix(bits.as_str().unwrap(), 16).unwrap())
}

/// The distance from a number to the one before it.
fn unit(x: f64) -> f64 {
    x - x.next_down()
}

fn numbers(bits: &Value) -> Vec<f64> {
    bits.as_array().unwrap().iter().map(number).collect()
}

/// All quantities of the fixture, by their names there.
fn quantities<D: ClosedForms>(of: &D, other: &D) -> BTreeMap<&'static str, Vec<f64>> {
    let gradient = |add: &dyn Fn(&mut [f64])| {
        let mut gradient = vec![0.0; of.parameters().len()];
        add(&mut gradient);
        gradient
    };
    BTreeMap::from([
        ("entropy", vec![of.entropy()]),
        ("entropy gradient", gradient(&|sum| of.add_entropy_gradient(1.0, sum))),
        ("kl", vec![of.kl(other).unwrap()]),
        ("kl gradient", gradient(&|sum| of.add_kl_gradient(1.0, other, sum).unwrap())),
        ("kl gradient of other", gradient(&|sum| of.add_kl_gradient_of_other(1.0, other, sum).unwrap())),
    ])
}

fn of_case(case: &Value) -> (BTreeMap<&'static str, Vec<f64>>, f64) {
    let [a, other] = ["a", "other"].map(|name| numbers(&case[name]));
    match case["distribution"].as_str().unwrap() {
        "bernoulli" => {
            let [of, other] = [a, other].map(|a| Bernoulli::from_logits(&a).unwrap());
            (quantities(&of, &other), ONE)
        }
        "categorical" => {
            let distance = |a: &[f64]| a.iter().fold(0.0, |largest, x| f64::max(largest, (x - a[0]).abs()));
            // The rounding of the difference of two logits in an exponent.
            let bound = ONE + 2.0 * (distance(&a) + distance(&other));
            let [of, other] = [a, other].map(|a| Categorical::from_logits(&a, a.len()).unwrap());
            (quantities(&of, &other), bound)
        }
        _ => {
            let [of, other] = [a, other].map(|a| Gaussian::from_parameters(&a).unwrap());
            let mut quantities = quantities(&of, &other);
            quantities.insert("ln_p of the other's mean", vec![of.ln_p(other.mu()).unwrap()]);
            // The rounding of ln σ - ln σ' in an exponent.
            (quantities, ONE + (of.ln_sigma()[0] - other.ln_sigma()[0]).abs())
        }
    }
}

#[test]
fn every_quantity_is_within_its_bound() {
    let fixture = include_str!("../../../fixtures/distributions.json");
    let cases: Vec<Value> = serde_json::from_str(fixture).unwrap();
    let mut checked = 0;
    for case in &cases {
        let (found, bound) = of_case(case);
        for (name, entries) in case["truth"].as_object().unwrap() {
            let (found, entries) = (&found[name.as_str()], entries.as_array().unwrap());
            assert_eq!(found.len(), entries.len(), "{name} of {case}");
            for (&found, entry) in found.iter().zip(entries) {
                let [truth, largest] = [&entry[0], &entry[1]].map(number);
                let unit = unit(f64::max(largest, SMALLEST));
                let error = (found / unit - truth / unit).abs();
                // A NaN is not within a bound.
                assert!(
                    error <= bound,
                    "{name} of {case} is {found:e}, not {truth:e}: {error:.2} units of {bound}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 3_000, "only {checked} values");
}

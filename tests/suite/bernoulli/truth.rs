//! The functions of one variable against values of 50 digits.

use std::collections::BTreeMap;

use voidgrad::bernoulli::{logit, probability};

/// In units in the last place: what the documentation says.
const BOUND: f64 = 4.0;

/// Parts of a row, one after the other.
struct Row<'a>(std::str::Split<'a, char>);

impl Row<'_> {
    fn number(&mut self) -> f64 {
        f64::from_bits(u64::from_str_radix(self.0.next().expect("a part"), 16).expect("these are bits"))
    }

    fn state(&mut self) -> bool {
        self.0.next().expect("a part") == "1"
    }

    /// The error of a value, in units in the last place of the truth, or of the largest term where the row has one.
    fn error(mut self, value: f64) -> f64 {
        let truth = self.number();
        let rest: f64 = self.0.next().expect("a part").parse().expect("this is a number");
        let unit = unit(truth);
        let largest = if self.0.clone().next().is_some() { self.number() } else { truth };
        // In two steps: the difference of the two numbers has no error.
        ((value - truth) / unit - rest).abs() * (unit / self::unit(largest).max(unit))
    }
}

/// The distance from a number to the next one.
fn unit(x: f64) -> f64 {
    x.abs().next_up() - x.abs()
}

fn check(table: &str, function: impl Fn(&mut Row<'_>) -> f64) {
    let fixture = include_str!("../../../crates/voidgrad/fixtures/bernoulli.json");
    let fixture: BTreeMap<String, Vec<String>> = serde_json::from_str(fixture).expect("a table of rows");
    let rows = &fixture[table];
    assert!(rows.len() > 15, "{table} has {} rows", rows.len());
    for row in rows {
        let mut parts = Row(row.split(' '));
        let value = function(&mut parts);
        let error = parts.error(value);
        // A NaN is not within a bound.
        assert!(error <= BOUND, "{table} of {row} is {value:e}: {error:.2} units");
    }
}

#[test]
fn z_is_within_4_units_of_its_larger_term() {
    check("g", |row| logit::g(row.number(), row.number()));
    check("of theta: g", |row| probability::g(row.number(), row.number()));
}

#[test]
fn z_tilde_and_its_derivative_are_within_4_units() {
    check("g_tilde", |row| logit::g_tilde(row.number(), row.number(), row.state()));
    check("g_tilde::d_a", |row| logit::g_tilde::d_a(row.number(), row.number(), row.state()));
    check("of theta: g_tilde", |row| probability::g_tilde(row.number(), row.number(), row.state()));
    check("of theta: g_tilde::d_theta", |row| {
        probability::g_tilde::d_theta(row.number(), row.number(), row.state())
    });
}

#[test]
fn the_logarithm_of_a_probability_and_the_score_are_within_4_units() {
    check("ln_p", |row| logit::ln_p(row.state(), row.number()));
    check("ln_p::d_a", |row| logit::ln_p::d_a(row.state(), row.number()));
    check("of theta: ln_p", |row| probability::ln_p(row.state(), row.number()));
}

#[test]
fn densities_are_within_4_units() {
    check("density", |row| logit::density(row.number(), row.number()));
    check("density_given", |row| logit::density_given(row.number(), row.number(), row.state()));
}

/// Beyond the logits of the bound: no NaN, and z̃ on the side of b.
#[test]
fn logits_of_any_size_give_numbers() {
    for a in [701.0, 1e3, 1e10, 1e300, f64::MAX] {
        for (a, b) in [(a, true), (a, false), (-a, true), (-a, false)] {
            for v in [5e-324, 1e-290, 0.3, 1.0 - 0.5 * f64::EPSILON] {
                let z_tilde = logit::g_tilde(v, a, b);
                assert!(
                    z_tilde.is_finite() && logit::threshold(z_tilde) == b,
                    "g_tilde({v}, {a}, {b}): {z_tilde}"
                );
                let slope = logit::g_tilde::d_a(v, a, b);
                assert!((0.0..=1.0).contains(&slope), "its derivative: {slope}");
            }
            for z in [0.0, -5e-324, 1.0, -1.0, f64::MAX, -f64::MAX] {
                let densities = [logit::density(z, a), logit::density_given(z, a, b)];
                assert!(densities.iter().all(|p| (0.0..=1.0).contains(p)), "at {z}, {a}, {b}: {densities:?}");
            }
        }
    }
}

//! Every first and second derivative of 266 functions against 50 digits from SymPy and mpmath.
//!
//! The rule is that of `fixtures/oracle.json`: `|engine - truth| <= max(4, 4·ref_ulp)` ulp for the random functions,
//! where `ref_ulp` is what ten jittered evaluations by hyper-dual numbers lose; `tol_ulp` for the extreme inputs;
//! exact at the kinks. `fixtures/oracle.py` made the file and makes more with another seed.

/// One number to check.
pub(crate) struct Check {
    name: &'static str,
    got: f64,
    truth: &'static str,
    ulps: f64,
    absolute: f64,
}

impl Check {
    /// Half a unit is taken off the tolerance for the rounding of the 50 digits to `f64`, so that the rule holds for
    /// the digits themselves.
    fn holds(&self) -> bool {
        let truth: f64 = self.truth.parse().expect("the truth is a number");
        if truth.is_nan() {
            return self.got.is_nan();
        }
        if self.got.to_bits() == truth.to_bits() || (self.got == truth && self.ulps == 0.0) {
            return true;
        }
        let ulp = (f64::from_bits(truth.abs().to_bits() + 1) - truth.abs()).max(5e-324);
        let error = (self.got - truth).abs();
        error <= (self.ulps - 0.5) * ulp || (truth == 0.0 && error <= self.absolute)
    }
}

#[allow(dead_code, unused, double_negations, clippy::all, clippy::pedantic)]
mod functions {
    use super::Check;
    use voidgrad::differentiate;

    include!(concat!(env!("OUT_DIR"), "/oracle.rs"));
}

#[test]
fn every_derivative_of_the_oracle_is_within_its_rule() {
    let checks = functions::checks();
    assert!(checks.len() > 2000, "only {} numbers were checked", checks.len());
    let wrong: Vec<String> = checks
        .iter()
        .filter(|check| !check.holds())
        .map(|check| format!("{}: {:e}, the truth is {}", check.name, check.got, check.truth))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), checks.len(), wrong.join("\n"));
}

//! Every first and second derivative of the oracle's functions, against 50 digits from sympy and mpmath, and
//! against num-dual.
//!
//! The rule is that of the files' `meta`: `|engine - truth| <= max(4, 4·ref_ulp)` ulp for the random functions,
//! where `ref_ulp` is what jittered evaluations by hyper-dual numbers lose; `tol_ulp` for the rows of the table of
//! primitives and the extreme inputs; exact at kinks and conventions. `fixtures/README.md` says how to make more.

/// One number to check.
struct Check {
    name: &'static str,
    got: f64,
    truth: &'static str,
    ulps: f64,
    absolute: f64,
    dual: Option<f64>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Checks(Vec<Check>);

impl Checks {
    fn add(
        &mut self,
        name: &'static str,
        got: f64,
        truth: &'static str,
        ulps: f64,
        absolute: f64,
        dual: Option<f64>,
    ) {
        self.0.push(Check { name, got, truth, ulps, absolute, dual });
    }

    fn all() -> Vec<Check> {
        let mut checks = Self::default();
        for case in functions::CASES {
            case(&mut checks);
        }
        checks.0
    }
}

/// The distance to the next number away from 0.
fn ulp(x: f64) -> f64 {
    (f64::from_bits(x.abs().to_bits() + 1) - x.abs()).max(5e-324)
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
        let error = (self.got - truth).abs();
        error <= (self.ulps - 0.5) * ulp(truth) || (truth == 0.0 && error <= self.absolute)
    }

    /// num-dual writes `1 - tanh²` and its kin, which loses up to `1/(1 - tanh²)` ulp: 2.2e6 at 8, where the
    /// generator stops, and as much again in the second derivative. So it is held to 2⁻²⁸, which is 1.7e7 ulp, and
    /// to the rule where that allows more; a wrong derivative is off by far more.
    fn agrees(&self) -> bool {
        let Some(dual) = self.dual else { return true };
        let error = (self.got - dual).abs();
        error <= self.got.abs() * 2.0_f64.powi(-28) + 2.0 * (self.ulps * ulp(self.got) + self.absolute)
    }
}

/// The functions, and what the second oracle needs to run the same text.
#[allow(
    dead_code,
    unused_variables,
    unused_imports,
    unused_mut,
    unused_assignments,
    unused_parens,
    double_negations,
    clippy::all,
    clippy::pedantic
)]
mod functions {
    use nalgebra::{SMatrix, SVector};
    use num_dual::{DualNum, HyperDual64 as D};
    use voidgrad::{differentiate, log_sigmoid, log1mexp, logaddexp, logit, relu, sigmoid, softplus};

    use super::Checks;

    include!(concat!(env!("OUT_DIR"), "/oracle.rs"));

    /// No variable's number.
    const NONE: usize = usize::MAX;

    /// The `k`-th variable, with the tangents of the variables `i` and `j`.
    fn seed(k: usize, i: usize, j: usize, bits: u64) -> D {
        let tangent = |at: usize| f64::from(u8::from(at == k));
        D::new(f64::from_bits(bits), tangent(i), tangent(j), 0.0)
    }

    fn c(value: f64) -> D {
        D::from_re(value)
    }

    /// What num-dual does not have under the same name.
    mod duals {
        use nalgebra::SMatrix;
        use num_dual::{DualNum, HyperDual64 as D};

        pub(super) fn max(a: D, b: D) -> D {
            if a.re > b.re { a } else { b }
        }

        pub(super) fn min(a: D, b: D) -> D {
            if a.re < b.re { a } else { b }
        }

        pub(super) fn abs(x: D) -> D {
            if x.re > 0.0 { x } else { -x }
        }

        pub(super) fn sigmoid(x: D) -> D {
            ((-x).exp() + 1.0).recip()
        }

        pub(super) fn softplus(x: D) -> D {
            x.exp().ln_1p()
        }

        pub(super) fn log_sigmoid(x: D) -> D {
            -softplus(-x)
        }

        pub(super) fn logaddexp(a: D, b: D) -> D {
            (a.exp() + b.exp()).ln()
        }

        pub(super) fn hypot(a: D, b: D) -> D {
            (a * a + b * b).sqrt()
        }

        pub(super) fn squares<const R: usize, const C: usize>(m: &SMatrix<D, R, C>) -> D {
            m.iter().fold(D::from_re(0.0), |sum, entry| sum + *entry * *entry)
        }
    }
}

#[test]
fn every_derivative_of_the_oracle_is_within_its_rule() {
    let checks = Checks::all();
    assert!(
        option_env!("VOIDGRAD_ORACLE").is_some() || checks.len() > 3900,
        "only {} numbers were checked",
        checks.len()
    );
    let wrong: Vec<String> = checks
        .iter()
        .filter(|check| !check.holds())
        .map(|check| format!("{}: {:e}, the truth is {}", check.name, check.got, check.truth))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), checks.len(), wrong.join("\n"));
}

#[test]
fn num_dual_finds_the_same_derivatives() {
    let checks = Checks::all();
    let compared = checks.iter().filter(|check| check.dual.is_some()).count();
    assert!(option_env!("VOIDGRAD_ORACLE").is_some() || compared > 2500, "only {compared} were compared");
    let wrong: Vec<String> = checks
        .iter()
        .filter(|check| !check.agrees())
        .map(|check| {
            format!(
                "{}: {:e}, num-dual has {:?}, the truth is {}",
                check.name, check.got, check.dual, check.truth
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

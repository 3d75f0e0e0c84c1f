//! Batch, on every way through them.

use std::slice::from_ref;

use voidgrad::batch::{Batch, Instructions, Options, Precision};
use voidgrad::controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
use voidgrad::error::ShapeMismatch;
use voidgrad::nalgebra::{DMatrix, DVector, DVectorView};
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::{BatchControl, Bernoulli, Control, Stream, control, sigmoid};

use super::{Outcomes, objectives};

/// A control of all of z, which has a kernel over arrays.
#[control(positive(lambda))]
fn whole(z: &SVector<f64, 3>, lambda: f64, w: &SMatrix<f64, 2, 3>, s: &SVector<f64, 2>) -> f64 {
    let h = (w * z / lambda).map(f64::tanh);
    s.dot(&h)
}

/// A control of one z whose formula is too large for straight-line code: its coordinates take turns.
#[control(positive(lambda))]
fn wide(
    z: f64,
    lambda: f64,
    w1: &SVector<f64, 29>,
    w2: &SMatrix<f64, 31, 29>,
    w3: &SVector<f64, 31>,
    scale: f64,
) -> f64 {
    let h1 = (w1 * z).map(f64::tanh);
    let h2 = (w2 * h1).map(f64::tanh);
    scale * sigmoid(z / lambda) + w3.dot(&h2)
}

/// A control without a kernel: its samples go one after the other.
struct Slow(Rebar);

impl Control for Slow {
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn phi(&self) -> DVector<f64> {
        self.0.phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        self.0.set_phi(phi)
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.0.named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.0.value(z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        self.0.value_and_d_z(z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        self.0.d_phi(z, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        self.0.d_z_d_phi(z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.0.vjp_jvp(z, z_dot, c_bar, phi_bar);
    }
}

impl BatchControl for Slow {}

/// The controls at this temperature and scale; the last two are over arrays.
fn controls(lambda: f64, scale: f64) -> Vec<(&'static str, Box<dyn BatchControl + Send + Sync>)> {
    let stream = || Stream::new(5, 0, 0);
    let weight = |i: usize, j: usize| (1.3 * i as f64 - 2.1 * j as f64 + 0.4).sin();
    let (w, s) = (SMatrix::from_fn(weight), SVector::from_fn(|i, _| scale * weight(i, 5)));
    let vector = SVector::from_fn(weight);
    let w3 = SVector::from_fn(weight);
    vec![
        ("zero", Box::new(Zero)),
        ("constant", Box::new(Constant::new(scale).unwrap())),
        ("rebar", Box::new(Rebar::new(scale, lambda, 0.499).unwrap())),
        ("relax", Box::new(Relax::draw(lambda, scale, &mut stream()).unwrap())),
        ("relax-linear", Box::new(RelaxLinear::draw(lambda, 0.499, &mut stream()).unwrap())),
        ("without a kernel", Box::new(Slow(Rebar::new(scale, lambda, 0.499).unwrap()))),
        ("wide", Box::new(Wide::new(lambda, vector, SMatrix::from_fn(weight), w3, scale).unwrap())),
        ("of all of z", Box::new(Whole::new(lambda, w, s).unwrap())),
    ]
}

/// One variable, three, and more than a vector has lanes; in range for the kernels in double precision, in both, and in none.
const LOGITS: [&[f64]; 6] =
    [&[0.3], &[-600.0], &[f64::MAX], &[0.3, -40.0, 2.0], &[0.3, 700.0, -600.0], &[0.1; 19]];

#[test]
fn sums_are_finite_or_there_is_an_error() {
    let (mut batches, mut outcomes) = (Batch::new(), Outcomes::default());
    for (lambda, scale) in
        [(1e-310, 0.8), (1e-300, 0.8), (1e-300, 1e300), (0.5, 0.8), (0.5, 1e300), (1e300, 1e150)]
    {
        for (name, control) in controls(lambda, scale) {
            for logits in LOGITS {
                if control.dimension().is_some_and(|dimension| dimension != logits.len()) {
                    continue;
                }
                // Many variables of a large formula take seconds in a build that is not optimised: once in range.
                if name == "wide" && logits.len() > 8 && (lambda, scale) != (0.5, 0.8) {
                    continue;
                }
                let bernoulli = Bernoulli::from_logits(logits).unwrap();
                // Large formulas take their time.
                let stride = match name {
                    "wide" | "of all of z" => 19,
                    "relax" | "relax-linear" => 3,
                    _ => 1,
                };
                for (i, f) in objectives().step_by(stride).enumerate() {
                    let instructions = if i % 3 == 2 { Instructions::Scalar } else { Instructions::Best };
                    let precision = if i % 2 == 0 { Precision::Double } else { Precision::Single };
                    let options = Options { precision, instructions, ..Options::new(18, 2) };
                    let made = batches.estimate(&bernoulli, &f, &*control, &options);
                    let what = || format!("{name} at {lambda} and {scale}, {f:?}, {logits:?}, {options:?}");
                    let all = made.as_ref().map(|sums| {
                        let slope = &sums.variance_gradient[..];
                        [from_ref(&sums.f), &sums.gradient, &sums.square, slope]
                    });
                    outcomes.see(all, what);
                }
            }
        }
    }
    outcomes.are_both();
}

/// Each sample is finite, each chunk too, and the sum of the chunks is not.
#[test]
fn a_sum_that_overflows_says_so() {
    let bernoulli = Bernoulli::from_logits(&[0.3]).unwrap();
    let message = |size: f64, samples: u64| {
        let f = |b: &[f64]| size * (1.0 + b[0]);
        let mut batches = Batch::new();
        let sums = batches.estimate(&bernoulli, &f, &Zero, &Options::new(samples, 2));
        sums.map(drop).unwrap_err().to_string()
    };
    let words = "every sample is finite, and the sum is too large for an f64";
    assert_eq!(message(1e200, 10), format!("the sum of ĝ² over 10 samples is inf: {words}"));
    assert_eq!(message(8e307, 10), format!("the sum of f(b) over 10 samples is inf: {words}"));
    // A chunk of 4,096 samples has Σĝ² below 1.7e307 or so, and ten of them have more than there is.
    let message = message(5e151, 400_000);
    assert!(message.ends_with(words) && message.starts_with("the sum of ĝ² over "), "{message}");
}

/// In `f32` f is infinite, and as the control is written it is a number.
#[test]
fn a_value_beyond_f32_is_estimated_in_double_precision() {
    let f = |b: &[f64]| 1e60 * b[0];
    for logits in [&[0.3][..], &[0.3, -0.2, 0.1]] {
        let bernoulli = Bernoulli::from_logits(logits).unwrap();
        for (name, control) in controls(0.5, 0.8) {
            if control.dimension().is_some_and(|dimension| dimension != logits.len()) {
                continue;
            }
            let options = Options { precision: Precision::Single, ..Options::new(100, 2) };
            let mut batches = Batch::new();
            let sums = batches.estimate(&bernoulli, &f, &*control, &options).unwrap_or_else(|error| {
                panic!("{name}: {error}");
            });
            assert!(sums.f > 1e60 && sums.square[0] > 1e119, "{name}: {sums:?}");
        }
    }
}

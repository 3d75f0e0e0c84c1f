//! The interpreter's derivatives are num-dual's.

use num_dual::{DualNum, HyperDual64};

use super::interpreter::{Context, Interpreter, Number, Program, Value};

type Row = (&'static str, fn(HyperDual64, HyperDual64) -> HyperDual64);

/// Each function as a program writes it, and by num-dual.
const ROWS: &[Row] = &[
    ("a + b", |a, b| a + b),
    ("a - b", |a, b| a - b),
    ("a * b", |a, b| a * b),
    ("a / b", |a, b| a / b),
    ("-a * b", |a, b| -a * b),
    ("a.sqrt() * b", |a, b| a.sqrt() * b),
    ("a.cbrt() * b", |a, b| a.cbrt() * b),
    ("a.recip() * b", |a, b| a.recip() * b),
    ("a.exp() * b", |a, b| a.exp() * b),
    ("a.exp2() * b", |a, b| a.exp2() * b),
    ("a.exp_m1() * b", |a, b| a.exp_m1() * b),
    ("a.ln() * b", |a, b| a.ln() * b),
    ("a.ln_1p() * b", |a, b| a.ln_1p() * b),
    ("a.log2() * b", |a, b| a.log2() * b),
    ("a.log10() * b", |a, b| a.log10() * b),
    ("a.sin() * b", |a, b| a.sin() * b),
    ("a.cos() * b", |a, b| a.cos() * b),
    ("a.tan() * b", |a, b| a.tan() * b),
    ("a.asin() * b", |a, b| a.asin() * b),
    ("a.acos() * b", |a, b| a.acos() * b),
    ("a.atan() * b", |a, b| a.atan() * b),
    ("a.sinh() * b", |a, b| a.sinh() * b),
    ("a.cosh() * b", |a, b| a.cosh() * b),
    ("a.tanh() * b", |a, b| a.tanh() * b),
    ("a.asinh() * b", |a, b| a.asinh() * b),
    ("(a + 2.0).acosh() * b", |a, b| (a + 2.0).acosh() * b),
    ("a.atanh() * b", |a, b| a.atanh() * b),
    ("a.powi(3) * b.powi(-2)", |a, b| a.powi(3) * b.powi(-2)),
    ("a.powf(b)", |a, b| (a.ln() * b).exp()),
    ("a.hypot(b)", |a, b| (a * a + b * b).sqrt()),
    ("a.atan2(b)", |a, b| (a / b).atan()),
    ("a.mul_add(b, a)", |a, b| a * b + a),
    ("sigmoid(a) * b", |a, b| ((-a).exp() + 1.0).recip() * b),
    ("softplus(a) * b", |a, b| a.exp().ln_1p() * b),
    ("log_sigmoid(a) * b", |a, b| -(-a).exp().ln_1p() * b),
    ("logit(a) * b", |a, b| (a / (-a + 1.0)).ln() * b),
    ("log1mexp(-a) * b", |a, b| (-(-a).exp() + 1.0).ln() * b),
    ("logaddexp(a, b)", |a, b| (a.exp() + b.exp()).ln()),
    ("log_sum_exp(&[a, b, a * b])", |a, b| (a.exp() + b.exp() + (a * b).exp()).ln()),
    ("softmax(&[a, b])[0]", |a, b| a.exp() / (a.exp() + b.exp())),
    ("a.max(b) * a.min(b)", |a, b| a * b),
    ("(a - b).abs() * a", |a, b| if a.re > b.re { (a - b) * a } else { (b - a) * a }),
];

#[test]
fn the_interpreters_derivatives_are_num_duals() {
    for (text, by_num_dual) in ROWS {
        let function =
            syn::parse_str(&format!("fn f(a: f64, b: f64) -> f64 {{ {text} }}")).expect("this is Rust");
        let program = Program::default();
        for (a, b) in [(0.3, 0.7), (0.8, 0.2), (0.45, 0.55)] {
            // The second derivative by a alone, and the mixed one.
            for [a2, b2] in [[1.0, 0.0], [0.0, 1.0]] {
                let number = |x: f64, first, second| Number { value: x, dual: [x, first, second, 0.0] };
                let arguments = [number(a, 1.0, a2), number(b, 0.0, b2)].map(Value::of_number).to_vec();
                let mut interpreter = Interpreter::new(&program, Context::duals(0.0, 1));
                let got =
                    interpreter.call(&function, arguments).expect("the interpreter knows it").numbers()[0];
                let dual = by_num_dual(HyperDual64::new(a, 1.0, a2, 0.0), HyperDual64::new(b, 0.0, b2, 0.0));
                let expected = [dual.re, dual.eps1, dual.eps2, dual.eps1eps2];
                // Some ten roundings on both sides, and differences that lose two digits at most.
                let scale = expected.iter().fold(1.0_f64, |scale, part| scale.max(part.abs()));
                for (got, expected) in got.dual.iter().zip(expected) {
                    assert!(
                        (got - expected).abs() <= 1e-12 * scale,
                        "{text} at {a}, {b}: {got:?}, {expected}"
                    );
                }
                assert_eq!(got.value, got.dual[0], "{text}");
            }
        }
    }
}

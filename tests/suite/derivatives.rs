//! Every generated derivative of the library, against num-dual and against finite differences.

use num_dual::{Dual64, HyperDual64};
use proptest::prelude::*;
use voidgrad::__private::flat::Flat;
use voidgrad::Stream;
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad_tests::by_hand::{self, Network};

use crate::fixed_seed;

/// Both sides round some dozens of operations on numbers of the size of 1 to 100.
const ROUNDING: f64 = 1e-12;
/// Central differences at a step of 1e-5: 1e-10 of truncation and 1e-11 of rounding, times a third derivative or a value that is
/// 1/λ³ at most, 125.
const DIFFERENCES: f64 = 5e-8;
const STEP: f64 = 1e-5;

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * (1.0 + expected.abs()), "{what}: {found:e}, expected {expected:e}");
}

#[track_caller]
fn all_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        close(&format!("{what}, entry {i}"), found, expected, tolerance);
    }
}

/// Everything that is generated for a function of one number that is differentiated.
struct Single {
    value: f64,
    derivative: f64,
    gradient: (f64, f64),
    /// In the direction 0.7.
    jvp: (f64, f64),
    /// Of the adjoint -1.3.
    vjp: f64,
}

macro_rules! single {
    ($function:ty, $derivative:ident, $x:ident, ($($argument:expr),*)) => {
        |$x: f64| Single {
            value: <$function>::value($($argument),*),
            derivative: <$function>::$derivative($($argument),*),
            gradient: <$function>::gradient($($argument),*),
            jvp: <$function>::jvp($($argument),*, 0.7),
            vjp: <$function>::vjp($($argument),*, -1.3),
        }
    };
}

/// Holds the derivatives at `x` against a dual number and against differences of the values.
#[track_caller]
fn single_agrees(what: &str, x: f64, generated: impl Fn(f64) -> Single, dual: impl Fn(Dual64) -> Dual64) {
    let (found, expected) = (generated(x), dual(Dual64::from(x).derivative()));
    close(&format!("{what} at {x}"), found.value, expected.re, ROUNDING);
    close(&format!("d {what} at {x}"), found.derivative, expected.eps, ROUNDING);
    assert_eq!(found.gradient, (found.value, found.derivative), "the gradient of {what}");
    close(what, found.jvp.0, found.value, ROUNDING);
    close("jvp", found.jvp.1, 0.7 * expected.eps, ROUNDING);
    close("vjp", found.vjp, -1.3 * expected.eps, ROUNDING);
    // Of relative steps, because θ comes near to 0 and to 1.
    let step = STEP * x.abs().min(1.0 - x).clamp(1e-3, 1.0);
    let difference = (generated(x + step).value - generated(x - step).value) / (2.0 * step);
    close(&format!("difference of {what} at {x}"), found.derivative, difference, 1e-6);
}

proptest! {
    #![proptest_config(fixed_seed(200))]

    #[test]
    fn derivatives_of_the_reparameterisations_by_logit(
        a in -30.0..30.0_f64,
        noise in 1e-9..1.0_f64,
        b in any::<bool>(),
    ) {
        use voidgrad::bernoulli::logit;
        single_agrees("g", a, single!(logit::g, d_a, a, (noise, a)), |a| by_hand::logit::g(noise, a));
        let g_tilde = single!(logit::g_tilde, d_a, a, (noise, a, b));
        single_agrees("g_tilde", a, g_tilde, |a| by_hand::logit::g_tilde(noise, a, b));
        single_agrees("ln_p", a, single!(logit::ln_p, d_a, a, (b, a)), |a| by_hand::logit::ln_p(b, a));
    }

    #[test]
    fn derivatives_of_the_reparameterisations_by_probability(
        theta in 0.01..0.99_f64,
        noise in 1e-6..0.999_999_f64,
        b in any::<bool>(),
    ) {
        use voidgrad::bernoulli::probability;
        let g = single!(probability::g, d_theta, theta, (noise, theta));
        single_agrees("g", theta, g, |theta| by_hand::probability::g(noise, theta));
        let g_tilde = single!(probability::g_tilde, d_theta, theta, (noise, theta, b));
        single_agrees("g_tilde", theta, g_tilde, |theta| by_hand::probability::g_tilde(noise, theta, b));
        let ln_p = single!(probability::ln_p, d_theta, theta, (b, theta));
        single_agrees("ln_p", theta, ln_p, |theta| by_hand::probability::ln_p(b, theta));
    }

    #[test]
    fn derivatives_of_the_objective(b in -3.0..3.0_f64, t in -2.0..2.0_f64) {
        use voidgrad::toy::quadratic;
        single_agrees("quadratic", b, single!(quadratic, d_b, b, (b, t)), |b| by_hand::quadratic(b, t));
        prop_assert_eq!(quadratic::d_b_d_b(b, t), 2.0);
        // ȳ·f' + ẏ̄·f''·ḃ.
        let product = quadratic::vjp_jvp(b, t, 0.7, -1.3, 1.9);
        close("vjp_jvp", product, -1.3 * 2.0 * (b - t) + 1.9 * 2.0 * 0.7, ROUNDING);
    }

    #[test]
    fn derivatives_of_the_controls_of_few_parameters(
        z in -20.0..20.0_f64,
        eta in -2.0..2.0_f64,
        lambda in 0.2..5.0_f64,
    ) {
        agrees(&ZERO, &[z]);
        agrees(&CONSTANT, &[z, eta]);
        agrees(&REBAR, &[z, eta, lambda]);
    }
}

/// Everything that is generated for a control, flat; x is z and then φ, each parameter as it is.
#[derive(Debug)]
struct Derivatives {
    value: f64,
    /// `d_z`, `d_λ`, …
    first: Vec<f64>,
    /// `d_z_d_z`, `d_z_d_λ`, …
    mixed: Vec<f64>,
    /// The value, and `first` once more.
    gradient: Vec<f64>,
    value_and_d_z: (f64, f64),
    /// By φ alone.
    partials: Vec<f64>,
    mixed_partials: Vec<f64>,
    /// With ż = 0.7 and c̄ = -1.3.
    vjp_jvp: Vec<f64>,
}

/// A control of the library, and the same for dual numbers.
struct Control {
    name: &'static str,
    generated: fn(&[f64]) -> Derivatives,
    dual: fn(&[HyperDual64]) -> HyperDual64,
}

const TARGET: f64 = 0.45;

const ZERO: Control = Control {
    name: "zero",
    generated: |x| {
        use voidgrad::controls::zero::zero;
        let (value, d_z) = zero::gradient(x[0]);
        Derivatives {
            value: zero::value(x[0]),
            first: vec![zero::d_z(x[0])],
            mixed: vec![zero::d_z_d_z(x[0])],
            gradient: vec![value, d_z],
            value_and_d_z: zero::value_and_d_z(x[0]),
            // It has no φ, and so no functions for it.
            partials: vec![],
            mixed_partials: vec![],
            vjp_jvp: vec![],
        }
    },
    dual: |_| HyperDual64::from_re(0.0),
};

const CONSTANT: Control = Control {
    name: "constant",
    generated: |x| {
        use voidgrad::controls::constant::constant;
        let (z, baseline) = (x[0], x[1]);
        Derivatives {
            value: constant::value(z, baseline),
            first: vec![constant::d_z(z, baseline), constant::d_baseline(z, baseline)],
            mixed: vec![constant::d_z_d_z(z, baseline), constant::d_z_d_baseline(z, baseline)],
            gradient: <[f64; 3]>::from(constant::gradient(z, baseline)).to_vec(),
            value_and_d_z: constant::value_and_d_z(z, baseline),
            partials: vec![constant::partials(z, baseline)],
            mixed_partials: vec![constant::mixed_partials(z, baseline)],
            vjp_jvp: vec![constant::vjp_jvp(z, baseline, 0.7, -1.3)],
        }
    },
    dual: |x| by_hand::constant(x[0], x[1]),
};

const REBAR: Control = Control {
    name: "rebar",
    generated: |x| {
        use voidgrad::controls::rebar::rebar;
        let (z, eta, lambda) = (x[0], x[1], x[2]);
        Derivatives {
            value: rebar::value(z, eta, lambda, TARGET),
            first: [rebar::d_z, rebar::d_eta, rebar::d_lambda].map(|d| d(z, eta, lambda, TARGET)).to_vec(),
            mixed: [rebar::d_z_d_z, rebar::d_z_d_eta, rebar::d_z_d_lambda]
                .map(|d| d(z, eta, lambda, TARGET))
                .to_vec(),
            gradient: <[f64; 4]>::from(rebar::gradient(z, eta, lambda, TARGET)).to_vec(),
            value_and_d_z: rebar::value_and_d_z(z, eta, lambda, TARGET),
            partials: <[f64; 2]>::from(rebar::partials(z, eta, lambda, TARGET)).to_vec(),
            mixed_partials: <[f64; 2]>::from(rebar::mixed_partials(z, eta, lambda, TARGET)).to_vec(),
            vjp_jvp: <[f64; 2]>::from(rebar::vjp_jvp(z, eta, lambda, TARGET, 0.7, -1.3)).to_vec(),
        }
    },
    dual: |x| by_hand::rebar(x[0], x[1], x[2], TARGET),
};

/// The entries of all, one after the other.
fn flat(parts: &[&dyn Flat]) -> Vec<f64> {
    parts.iter().flat_map(|part| part.entries()).copied().collect()
}

type Column = SVector<f64, 5>;

/// Calls a function of the network's arguments with `x = (z, λ, w₁, b₁, W₂, b₂, w₃, b₃)`.
fn spread<R>(
    x: &[f64],
    f: impl FnOnce(f64, f64, Column, Column, SMatrix<f64, 5, 5>, Column, Column, f64, f64) -> R,
) -> R {
    let column = |start: usize| Column::from_column_slice(&x[start..start + 5]);
    let w2 = SMatrix::from_column_slice(&x[12..37]);
    f(x[0], x[1], column(2), column(7), w2, column(37), column(42), x[47], TARGET)
}

macro_rules! network {
    ($function:ident, $dual:expr) => {
        Control {
            name: stringify!($function),
            generated: |x| {
                use voidgrad::controls::$function::$function as c;
                let of_phi = |(lambda, w1, b1, w2, b2, w3, b3): (
                    _,
                    Column,
                    Column,
                    SMatrix<f64, 5, 5>,
                    Column,
                    Column,
                    _,
                )| { flat(&[&lambda, &w1, &b1, &w2, &b2, &w3, &b3]) };
                let (value, z_bar, lambda_bar, w1, b1, w2, b2, w3, b3) = spread(x, c::gradient);
                Derivatives {
                    value: spread(x, c::value),
                    first: flat(&[
                        &spread(x, c::d_z),
                        &spread(x, c::d_lambda),
                        &spread(x, c::d_w1),
                        &spread(x, c::d_b1),
                        &spread(x, c::d_w2),
                        &spread(x, c::d_b2),
                        &spread(x, c::d_w3),
                        &spread(x, c::d_b3),
                    ]),
                    mixed: flat(&[
                        &spread(x, c::d_z_d_z),
                        &spread(x, c::d_z_d_lambda),
                        &spread(x, c::d_z_d_w1),
                        &spread(x, c::d_z_d_b1),
                        &spread(x, c::d_z_d_w2),
                        &spread(x, c::d_z_d_b2),
                        &spread(x, c::d_z_d_w3),
                        &spread(x, c::d_z_d_b3),
                    ]),
                    gradient: flat(&[&value, &z_bar, &lambda_bar, &w1, &b1, &w2, &b2, &w3, &b3]),
                    value_and_d_z: spread(x, c::value_and_d_z),
                    partials: of_phi(spread(x, c::partials)),
                    mixed_partials: of_phi(spread(x, c::mixed_partials)),
                    vjp_jvp: of_phi(spread(x, |z, lambda, w1, b1, w2, b2, w3, b3, target| {
                        c::vjp_jvp(z, lambda, w1, b1, w2, b2, w3, b3, target, 0.7, -1.3)
                    })),
                }
            },
            dual: $dual,
        }
    };
}

const RELAX: Control = network!(relax, |x| {
    by_hand::relaxed(x[0], x[1], TARGET) + by_hand::relu(Network(&x[2..]).output(x[0]))
});

const RELAX_LINEAR: Control =
    network!(relax_linear, |x| by_hand::relaxed(x[0], x[1], TARGET) + Network(&x[2..]).output(x[0]));

/// Holds everything at one point against hyper-dual numbers and against differences.
#[track_caller]
fn agrees(control: &Control, x: &[f64]) {
    let name = control.name;
    let found = (control.generated)(x);
    let (mut first, mut mixed) = (Vec::new(), Vec::new());
    for i in 0..x.len() {
        let mut dual: Vec<HyperDual64> = x.iter().map(|&x| HyperDual64::from_re(x)).collect();
        dual[0].eps1 = 1.0;
        dual[i].eps2 = 1.0;
        let c = (control.dual)(&dual);
        first.push(c.eps2);
        mixed.push(c.eps1eps2);
        close(name, found.value, c.re, ROUNDING);
    }
    all_close(&format!("first partials of {name} at {x:?}"), &found.first, &first, ROUNDING);
    all_close(&format!("mixed partials of {name} at {x:?}"), &found.mixed, &mixed, ROUNDING);
    close(name, found.gradient[0], found.value, ROUNDING);
    all_close(&format!("gradient of {name}"), &found.gradient[1..], &first, ROUNDING);
    close(name, found.value_and_d_z.0, found.value, ROUNDING);
    close(name, found.value_and_d_z.1, first[0], ROUNDING);
    all_close(&format!("partials of {name}"), &found.partials, &first[1..], ROUNDING);
    all_close(&format!("mixed_partials of {name}"), &found.mixed_partials, &mixed[1..], ROUNDING);
    let product: Vec<f64> = first[1..].iter().zip(&mixed[1..]).map(|(c, c_z)| -1.3 * c + 0.7 * c_z).collect();
    all_close(&format!("vjp_jvp of {name}"), &found.vjp_jvp, &product, ROUNDING);
    for i in 0..x.len() {
        let at = |offset: f64| {
            let mut moved = x.to_vec();
            moved[i] += offset;
            (control.generated)(&moved)
        };
        let (up, down) = (at(STEP), at(-STEP));
        let difference = |up: f64, down: f64| (up - down) / (2.0 * STEP);
        close(&format!("∂{name}/∂x{i}"), found.first[i], difference(up.value, down.value), DIFFERENCES);
        let slopes = difference(up.first[0], down.first[0]);
        close(&format!("∂²{name}/∂z∂x{i}"), found.mixed[i], slopes, DIFFERENCES);
    }
}

/// z, λ and weights of about the size that they are drawn with.
fn draw(row: u64) -> Vec<f64> {
    let mut x = vec![0.0; 48];
    Stream::new(20_260, 1, row).fill_open01(&mut x);
    for x in &mut x {
        *x = 2.0 * *x - 1.0;
    }
    (x[0], x[1]) = (4.0 * x[0], 0.9 + 0.7 * x[1]);
    x
}

#[test]
fn derivatives_of_the_networks() {
    let (mut alive, mut dead) = (0, 0);
    for row in 0..60 {
        let x = draw(row);
        let network = Network(&x[2..]);
        // A difference across a kink is no derivative; a step of 1e-5 moves an input by less than 1e-3.
        if network.margin(x[0]) < 1e-3 {
            continue;
        }
        if network.output(x[0]) > 0.0 {
            alive += 1;
        } else {
            dead += 1;
        }
        agrees(&RELAX, &x);
        agrees(&RELAX_LINEAR, &x);
    }
    assert!(alive >= 10 && dead >= 10, "the last ReLU was open in {alive} cases and closed in {dead}");
}

#[test]
fn the_derivative_of_relu_at_its_kink_is_zero() {
    let mut x = draw(0);
    // Without biases every input of a ReLU is 0 at z = 0.
    for bias in [7..12, 37..42, 47..48] {
        x[bias].fill(0.0);
    }
    x[0] = 0.0;
    let found = (RELAX.generated)(&x);
    assert_eq!(found.first[2..], [0.0; 46]);
    let rebar = (REBAR.generated)(&[0.0, 1.0, x[1]]);
    close("∂c/∂z is that of f(σ(z/λ))", found.first[0], rebar.first[0], ROUNDING);
}

#[test]
fn derivatives_of_rebar_are_exact_far_out() {
    for (z, limit) in [(800.0, (1.0 - TARGET).powi(2)), (-800.0, TARGET.powi(2))] {
        let found = (REBAR.generated)(&[z, 1.5, 0.5]);
        assert_eq!((found.value, found.first[1]), (1.5 * limit, limit));
        // e^-1600 is no number.
        assert_eq!((found.first[0], found.first[2]), (0.0, 0.0));
        assert_eq!((found.mixed.as_slice(), found.mixed_partials.as_slice()), (&[0.0; 3][..], &[0.0; 2][..]));
        assert_eq!(found.vjp_jvp, [-1.3 * limit, 0.0]);
    }
    // z/λ = ±40: there σ' is 4e-18, and 0 as σ·(1 - σ) would have it.
    for z in [800.0, -800.0] {
        let x = [z, 1.5, 20.0];
        let dual = |i: usize| {
            let mut dual = x.map(HyperDual64::from_re);
            dual[0].eps1 = 1.0;
            dual[i].eps2 = 1.0;
            (REBAR.dual)(&dual)
        };
        let found = (REBAR.generated)(&x);
        for i in 0..3 {
            let (first, mixed) = (dual(i).eps2, dual(i).eps1eps2);
            assert!(first.abs() > 1e-30 && (found.first[i] / first - 1.0).abs() < ROUNDING, "{i} at {z}");
            assert!(
                (found.mixed[i] / mixed - 1.0).abs() < ROUNDING,
                "{i} at {z}: {} {mixed}",
                found.mixed[i]
            );
        }
    }
}

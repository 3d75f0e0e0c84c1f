//! Functions of whole arrays as parts of networks and controls: the same as if they were written out.

use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::network::Network;
use voidgrad::{Control, control, differentiate, network, sigmoid, softplus};

/// Functions with constants, lengths and a function of their own, which their callers do not see.
pub(super) mod parts {
    use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
    use voidgrad::{differentiate, sigmoid};

    const SCALE: f64 = 2.0;
    static SHIFT: f64 = 1.0;
    const PIXELS: usize = 19;

    /// The logits of a decoder.
    #[differentiate(wrt(b, w, c))]
    pub(crate) fn logits(
        b: &SVector<f64, 9>,
        w: &SMatrix<f64, PIXELS, 9>,
        c: &SVector<f64, PIXELS>,
    ) -> SVector<f64, PIXELS> {
        w * signs(b) + c
    }

    /// -1 for 0 and 1 for 1.
    #[differentiate(wrt(b))]
    fn signs<const N: usize>(b: &SVector<f64, N>) -> SVector<f64, N> {
        b.map(|b| SCALE * b - SHIFT)
    }

    /// A layer of tanh.
    #[differentiate(wrt(x, w, b))]
    pub(crate) fn layer(x: &DVector<f64>, w: &DMatrix<f64>, b: &DVector<f64>) -> DVector<f64> {
        (w * x + b).map(f64::tanh)
    }

    /// A long loop over entries, a branch and single entries.
    #[allow(clippy::needless_range_loop, reason = "a loop over places is what is read here")]
    #[differentiate(wrt(s))]
    pub(crate) fn entries(x: &[f64], s: f64, on: bool) -> f64 {
        let mut sum = 0.0;
        for i in 0..x.len() {
            sum += (s * x[i]).sin() + i as f64 * s;
        }
        if on { sum } else { x[1] * s }
    }

    /// An activation, for numbers alone.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a number by reference is what is read here")]
    #[differentiate(wrt(x, s), order = 2)]
    fn swish(x: f64, s: &f64) -> f64 {
        x * sigmoid(s * x)
    }

    /// Another one.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a number by reference is what is read here")]
    #[differentiate(wrt(x, s), order = 2)]
    fn bend(x: f64, s: &f64) -> f64 {
        (s * x).sin()
    }

    /// A sum over a whole array.
    #[differentiate(wrt(x, s), order = 2)]
    fn energy(x: &SVector<f64, 4>, s: f64) -> f64 {
        x.map(|x| bend(x, &s)).norm_squared()
    }

    /// A layer that calls one of these for each entry, and one with an array.
    #[differentiate(wrt(x, w, s), order = 2)]
    fn activated(x: &SVector<f64, 3>, w: &SMatrix<f64, 4, 3>, s: f64) -> SVector<f64, 4> {
        let h = w * x;
        h.map(|h| swish(h, &s)) * energy(&h, s)
    }

    /// Calls through two functions.
    #[differentiate(wrt(x, w, s), order = 2)]
    pub(crate) fn block(x: &SVector<f64, 3>, w: &SMatrix<f64, 4, 3>, s: f64) -> SVector<f64, 4> {
        activated(x, w, s) * swish(s, &x[0]) + w.columns(1, 2) * x.fixed_rows::<2>(0)
    }
}

use parts::logits;

/// ln p(x|b), as `decoder` has it.
#[network(each(b, x))]
pub(super) fn likelihood(
    b: &SVector<f64, 9>,
    x: &SVector<f64, 19>,
    w: &SMatrix<f64, 19, 9>,
    c: &SVector<f64, 19>,
) -> f64 {
    let logits = logits(b, w, c);
    x.dot(&logits) - logits.map(softplus).sum()
}

/// Two layers, the second of which reads the first, and lengths of the run.
#[network(each(x), data(t))]
pub(super) fn layers(
    x: &DVector<f64>,
    w1: &DMatrix<f64>,
    b1: &DVector<f64>,
    w2: &DMatrix<f64>,
    t: &[f64],
    s: f64,
) -> DVector<f64> {
    let h = parts::layer(x, w1, b1);
    parts::layer(&h, w2, &b1.map(|b| b * s)) * parts::entries(t, s, true) + h * parts::entries(t, s, false)
}

/// [`layers`], written out.
#[allow(clippy::needless_range_loop, reason = "a loop over places is what is read here")]
#[network(each(x), data(t))]
fn written_out(
    x: &DVector<f64>,
    w1: &DMatrix<f64>,
    b1: &DVector<f64>,
    w2: &DMatrix<f64>,
    t: &[f64],
    s: f64,
) -> DVector<f64> {
    let h = (w1 * x + b1).map(f64::tanh);
    let mut sum = 0.0;
    for i in 0..t.len() {
        sum += (s * t[i]).sin() + i as f64 * s;
    }
    (w2 * &h + b1.map(|b| b * s)).map(f64::tanh) * sum + h * (t[1] * s)
}

#[test]
fn a_network_of_parts_is_the_network_that_is_written_out() {
    let (d, h, rows) = (5, 4, 9);
    let t = [0.3, -0.7, 0.2];
    let size = h * d + h + h * h + 1;
    let parameters = super::numbers(size, 31);
    let mut parts = super::functions::drawn(|stream| Layers::draw(stream, [h, d], h, [h, h], &t));
    let mut whole = super::functions::drawn(|stream| WrittenOut::draw(stream, [h, d], h, [h, h], &t));
    parts.set_parameters(&parameters).unwrap();
    whole.set_parameters(&parameters).unwrap();
    let (x, y_bar) = (super::numbers(rows * d, 32), super::numbers(rows * h, 33));
    let mut y = [vec![0.0; rows * h], vec![1.0; rows * h]];
    parts.rows(&x, &mut y[0]).unwrap();
    whole.rows(&x, &mut y[1]).unwrap();
    // The same graph, so the same code.
    assert_eq!(y[0], y[1]);
    let mut bars = [vec![0.0; size + rows * d], vec![0.0; size + rows * d]];
    let [of_parts, of_whole] = &mut bars;
    let (sums, x_bar) = of_parts.split_at_mut(size);
    parts.rows_vjp(&x, &y_bar, sums, x_bar).unwrap();
    let (sums, x_bar) = of_whole.split_at_mut(size);
    whole.rows_vjp(&x, &y_bar, sums, x_bar).unwrap();
    // The terms of a sum may come in another order: a few units in the last place of numbers up to 2.
    for (found, expected) in bars[0].iter().zip(&bars[1]) {
        assert!((found - expected).abs() < 4e-15, "{found} and {expected}");
    }
}

/// REBAR's control of the likelihood, which is a network itself.
#[control(positive(lambda), data(x, w, c))]
fn relaxed(
    z: &SVector<f64, 9>,
    x: &SVector<f64, 19>,
    w: &SMatrix<f64, 19, 9>,
    c: &SVector<f64, 19>,
    eta: f64,
    lambda: f64,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    eta * likelihood(&b, x, w, c)
}

/// [`relaxed`], written out.
#[control(positive(lambda), data(x, w, c))]
fn relaxed_whole(
    z: &SVector<f64, 9>,
    x: &SVector<f64, 19>,
    w: &SMatrix<f64, 19, 9>,
    c: &SVector<f64, 19>,
    eta: f64,
    lambda: f64,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    eta * (x.dot(&logits) - logits.map(softplus).sum())
}

/// c, `∂c/∂z` and what `vjp_jvp` adds.
fn all(control: &impl Control, z: &[f64], dot: &[f64]) -> Vec<f64> {
    let (mut slope, mut phi) = (vec![0.0; z.len()], vec![0.0; control.parameters()]);
    let value = control.value_and_d_z(z, &mut slope);
    control.vjp_jvp(z, dot, 0.3, &mut phi);
    [vec![value], slope, phi].concat()
}

#[test]
fn a_control_of_parts_is_the_control_that_is_written_out() {
    let [x, w, c, z, dot] =
        [(19, 1), (171, 2), (19, 3), (9, 4), (9, 5)].map(|(count, seed)| super::numbers(count, seed));
    let (x, w, c) =
        (SVector::from_column_slice(&x), SMatrix::from_column_slice(&w), SVector::from_column_slice(&c));
    let parts = Relaxed::new(x, w, c, 0.7, 0.4).unwrap();
    let whole = RelaxedWhole::new(x, w, c, 0.7, 0.4).unwrap();
    assert_eq!(all(&parts, &z, &dot), all(&whole, &z, &dot));
}

/// The square of the logits: the derivative of a number through an array of another function.
#[differentiate(wrt(b, w, c), order = 2)]
fn square(b: &SVector<f64, 9>, w: &SMatrix<f64, 19, 9>, c: &SVector<f64, 19>) -> f64 {
    logits(b, w, c).norm_squared()
}

#[test]
fn a_derivative_goes_through_an_array_of_another_function() {
    let [b, w, c] = [(9, 11), (171, 12), (19, 13)].map(|(count, seed)| super::numbers(count, seed));
    let (b, w, c) =
        (SVector::from_column_slice(&b), SMatrix::from_column_slice(&w), SVector::from_column_slice(&c));
    assert_eq!(square(&b, &w, &c), square::value(&b, &w, &c));
    // ∂/∂b = 4·wᵀ·logits, and ∂²/∂b∂b = 8·wᵀ·w, by hand; sums of 19 terms below 10 in another order.
    let logits = logits(&b, &w, &c);
    let bound = 19.0 * 10.0 * f64::EPSILON * 8.0;
    assert!((square::d_b(&b, &w, &c) - w.transpose() * logits * 4.0).amax() < bound);
    assert!((square::d_b_d_b(&b, &w, &c) - w.transpose() * w * 8.0).amax() < bound);
    assert!((square::d_c(&b, &w, &c) - logits * 2.0).amax() < bound);
}

/// A network whose part calls functions that it does not see: for each entry, with a number, and with an array.
#[network(each(x))]
pub(super) fn activations(x: &SVector<f64, 3>, w: &SMatrix<f64, 4, 3>, s: f64) -> SVector<f64, 4> {
    parts::block(x, w, s)
}

/// A control of the same part.
#[control(positive(s))]
fn activated_control(z: &SVector<f64, 3>, w: &SMatrix<f64, 4, 3>, s: f64) -> f64 {
    parts::block(z, w, s).sum()
}

/// [`activated_control`], written out.
#[control(positive(s))]
fn activated_whole(z: &SVector<f64, 3>, w: &SMatrix<f64, 4, 3>, s: f64) -> f64 {
    let h = w * z;
    let a = h.map(|h| h * sigmoid(s * h));
    let rest = w.fixed_columns::<2>(1) * z.fixed_rows::<2>(0);
    (rest + a * h.map(|h| (s * h).sin()).norm_squared() * (s * sigmoid(z[0] * s))).sum()
}

/// A derivative through the part.
#[differentiate(wrt(x, w, s), order = 2)]
fn of_activations(x: &SVector<f64, 3>, w: &SMatrix<f64, 4, 3>, s: f64) -> f64 {
    parts::block(x, w, s).sum()
}

#[test]
fn a_part_may_call_functions_that_its_caller_does_not_see() {
    let [w, z, dot] = [(12, 21), (3, 22), (3, 23)].map(|(count, seed)| super::numbers(count, seed));
    let w = SMatrix::from_column_slice(&w);
    let parts = ActivatedControl::new(w, 0.7).unwrap();
    let whole = ActivatedWhole::new(w, 0.7).unwrap();
    // The same operations but for the order of factors, a few dozen of them: units in the last place of numbers below 10.
    let found = all(&parts, &z, &dot);
    for (found, expected) in found.iter().zip(all(&whole, &z, &dot)) {
        assert!((found - expected).abs() < 1e-13, "{found} and {expected}");
    }
    let x = SVector::from_column_slice(&z);
    assert!((of_activations(&x, &w, 0.7) - found[0]).abs() < 1e-13);
    let slope = of_activations::d_x(&x, &w, 0.7);
    assert!((slope - SVector::from_column_slice(&found[1..4])).amax() < 1e-13);
}

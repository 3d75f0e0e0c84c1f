//! `ĝ` is unbiased for every control, and its product with `∂ĝ/∂φ` is the derivative of its variance
//! where the control is smooth in z.

use voidgrad::controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
use voidgrad::nalgebra::DVector;
use voidgrad::variance::Tolerance;
use voidgrad::{Bernoulli, Control, Estimate, Noise, Stream, control, estimate, sigmoid, variance};
use voidgrad_tests::by_hand::Network;
use voidgrad_tests::noise::nodes;

const TARGET: f64 = 0.42;

fn toy(b: &[f64]) -> f64 {
    (b[0] - TARGET).powi(2)
}

/// Eight variables that no sum of functions of one of them is equal to.
fn mixed(b: &[f64]) -> f64 {
    let weighted: f64 = b.iter().enumerate().map(|(m, b)| (0.3 + 0.1 * m as f64) * b).sum();
    let odd = b.iter().sum::<f64>() % 2.0;
    (weighted - 2.1).powi(2) / 4.0 + b[0] * b[3] * b[7] - 0.5 * (b[1] - b[5]).abs() + 0.4 * odd
}

/// A network whose last `ReLU` is open at some z and closed at others, and that has kinks on both sides of 0.
fn weights() -> Vec<f64> {
    let mut phi = vec![0.0; 46];
    Stream::new(3, 0, 5).fill_open01(&mut phi);
    phi.iter().map(|x| 1.6 * x - 0.8).collect()
}

fn relax_phi() -> DVector<f64> {
    DVector::from_iterator(47, [0.6_f64.ln()].into_iter().chain(weights()))
}

fn relax_linear() -> RelaxLinear {
    let mut control = RelaxLinear::draw(1.0, TARGET, &mut Stream::new(0, 0, 0)).unwrap();
    control.set_phi(relax_phi().as_view()).unwrap();
    control
}

fn relax() -> Relax {
    let mut control = Relax::draw(1.0, TARGET, &mut Stream::new(0, 0, 0)).unwrap();
    control.set_phi(relax_phi().as_view()).unwrap();
    control
}

fn kinks() -> Vec<f64> {
    Network(&weights()).kinks(-40.0, 40.0)
}

/// The expectation over both noises of what `visit` makes of an estimate, by a two-dimensional Gauss–Legendre rule for each b. The
/// integrands' nearest pole is π/2 from the axis: panels of width 2 leave 1e-8, those of width 3 leave 1e-6.
fn expectation<C: Control>(
    theta: f64,
    control: &C,
    kinks: &[f64],
    width: f64,
    visit: impl Fn(&Estimate) -> DVector<f64>,
) -> DVector<f64> {
    let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
    let a = bernoulli.logits()[0];
    let mut total: Option<DVector<f64>> = None;
    let mut made = Estimate::new(1);
    for (b, p) in [(false, 1.0 - theta), (true, theta)] {
        let nodes = nodes(a, b, kinks, width);
        // The 1e5 pairs of such a share add less than 1e-8.
        let pairs = nodes.iter().flat_map(|u| nodes.iter().map(move |v| (u, v)));
        for (u, v) in pairs.filter(|(u, v)| u.weight * v.weight > 1e-13) {
            made.update(&bernoulli, &toy, control, Noise::new(&[u.u], &[v.v]).unwrap()).unwrap();
            assert_eq!(made.b[0], f64::from(u8::from(b)), "z = {}", u.z);
            let part = visit(&made) * (p * u.weight * v.weight);
            match &mut total {
                Some(total) => *total += part,
                None => total = Some(part),
            }
        }
    }
    total.unwrap()
}

#[track_caller]
fn is_unbiased<C: Control>(control: &C, theta: f64, kinks: &[f64], width: f64, tolerance: f64) {
    let exact = (1.0 - 2.0 * TARGET) * theta * (1.0 - theta);
    let mean = expectation(theta, control, kinks, width, |made| made.gradient.clone())[0];
    assert!((mean - exact).abs() < tolerance, "θ = {theta}: {mean}, not {exact}");
}

#[test]
fn reinforce_is_unbiased() {
    for theta in [0.07, 0.5, 0.8] {
        is_unbiased(&Zero, theta, &[], 2.0, 3e-8);
        is_unbiased(&Constant::new(0.7).unwrap(), theta, &[], 2.0, 3e-8);
    }
}

#[test]
fn rebar_is_unbiased() {
    for (eta, lambda) in [(1.0, 0.5), (-0.8, 0.2), (2.0, 3.0)] {
        for theta in [0.07, 0.5, 0.8] {
            is_unbiased(&Rebar::new(eta, lambda, TARGET).unwrap(), theta, &[], 2.0, 3e-8);
        }
    }
}

#[test]
fn relax_is_unbiased_with_and_without_its_last_relu() {
    let kinks = kinks();
    assert!(kinks.iter().any(|&z| z > 0.0) && kinks.iter().any(|&z| z < 0.0), "{kinks:?}");
    is_unbiased(&relax_linear(), 0.07, &kinks, 3.0, 2e-6);
    is_unbiased(&relax_linear(), 0.8, &kinks, 3.0, 2e-6);
    is_unbiased(&relax(), 0.5, &kinks, 3.0, 2e-6);
}

const STATES: usize = 256;

/// θ of the eight variables.
const THETA: [f64; 8] = [0.1, 0.35, 0.5, 0.62, 0.8, 0.25, 0.9, 0.45];

fn state(index: usize) -> [f64; 8] {
    std::array::from_fn(|m| f64::from(u8::from(index >> m & 1 == 1)))
}

fn probability(b: &[f64; 8]) -> f64 {
    b.iter().zip(THETA).map(|(&b, theta)| if b == 1.0 { theta } else { 1.0 - theta }).product()
}

/// `∂/∂a E[f(b)]` by the sum over all states.
fn exact_gradient() -> [f64; 8] {
    let mut gradient = [0.0; 8];
    for b in (0..STATES).map(state) {
        for m in 0..8 {
            gradient[m] += probability(&b) * mixed(&b) * (b[m] - THETA[m]);
        }
    }
    gradient
}

/// Every state is visited `DRAWS` times with noise that leads to it, and its mean is weighted by its probability, so that chance is left in z and z̃
/// alone. The standard errors come from the spread inside the states.
fn is_unbiased_at_eight(name: &str, control: &impl Control, draws: usize) {
    let bernoulli = Bernoulli::from_probabilities(&THETA).unwrap();
    let (mut mean, mut square_error) = ([0.0; 8], [0.0; 8]);
    let mut made = Estimate::new(8);
    for index in 0..STATES {
        let b = state(index);
        let p = probability(&b);
        let mut stream = Stream::new(17, 0, index as u64);
        let (mut sum, mut squares) = ([0.0; 8], [0.0; 8]);
        for _ in 0..draws {
            let (mut u, mut v) = ([0.0; 8], [0.0; 8]);
            stream.fill_open01(&mut u);
            stream.fill_open01(&mut v);
            for m in 0..8 {
                let zero = 1.0 - THETA[m];
                u[m] = if b[m] == 1.0 { zero + THETA[m] * u[m] } else { zero * u[m] };
            }
            made.update(&bernoulli, &mixed, control, Noise::new(&u, &v).unwrap()).unwrap();
            assert_eq!(made.b, b);
            for m in 0..8 {
                sum[m] += made.gradient[m];
                squares[m] += made.gradient[m].powi(2);
            }
        }
        let count = draws as f64;
        for m in 0..8 {
            mean[m] += p * sum[m] / count;
            let spread = (squares[m] - sum[m].powi(2) / count) / (count - 1.0);
            square_error[m] += p * p * spread / count;
        }
    }
    for (m, exact) in exact_gradient().into_iter().enumerate() {
        let error = square_error[m].sqrt();
        let z = (mean[m] - exact) / error;
        // Six standard errors: 2e-9 for one of 16 numbers, so a false alarm has a probability below 1e-7, were the seed not fixed.
        assert!(z.abs() < 6.0, "{name}, coordinate {m}: {} ± {error}, not {exact}", mean[m]);
        // The test is sharp: a bias of 0.03 would be seen, where the gradients are of the size of 0.3.
        assert!(6.0 * error < 0.03, "{name}: {error}");
    }
}

#[test]
fn controls_at_eight_variables_are_unbiased_against_all_256_states() {
    is_unbiased_at_eight("rebar", &Rebar::new(1.5, 0.5, TARGET).unwrap(), 200);
    is_unbiased_at_eight("relax-linear", &relax_linear(), 30);
}

// Without noise in the control there is nothing to be drawn: every state once.
#[test]
fn reinforce_at_eight_variables_is_exact_over_all_256_states() {
    let bernoulli = Bernoulli::from_probabilities(&THETA).unwrap();
    let mut mean = [0.0; 8];
    for b in (0..STATES).map(state) {
        let u: Vec<f64> = b
            .iter()
            .zip(THETA)
            .map(|(&b, theta)| if b == 1.0 { 1.0 - theta / 2.0 } else { (1.0 - theta) / 2.0 })
            .collect();
        let made = estimate(&bernoulli, &mixed, &Zero, Noise::new(&u, &[0.5; 8]).unwrap()).unwrap();
        for (mean, gradient) in mean.iter_mut().zip(&made.gradient) {
            *mean += probability(&b) * gradient;
        }
    }
    let enumerated = variance::enumerate(&bernoulli, &mixed, &Zero).unwrap();
    for (m, exact) in exact_gradient().into_iter().enumerate() {
        // Rounding of a sum of 256 terms.
        assert!((mean[m] - exact).abs() < 1e-14 && (enumerated.mean[m] - exact).abs() < 1e-14);
    }
}

#[test]
fn the_product_is_two_over_m_times_the_transposed_jacobian_times_the_gradient() {
    let controls: [Box<dyn Control>; 4] = [
        Box::new(Constant::new(0.4).unwrap()),
        Box::new(Rebar::new(1.3, 0.4, TARGET).unwrap()),
        Box::new(relax_linear()),
        Box::new(relax()),
    ];
    let bernoulli = Bernoulli::from_probabilities(&THETA).unwrap();
    let mut stream = Stream::new(23, 0, 0);
    for control in controls {
        for _ in 0..50 {
            let (mut u, mut v) = ([0.0; 8], [0.0; 8]);
            stream.fill_open01(&mut u);
            stream.fill_open01(&mut v);
            let made = estimate(&bernoulli, &mixed, &control, Noise::new(&u, &v).unwrap()).unwrap();
            let jacobian = made.jacobian(&control);
            assert_eq!(jacobian.shape(), (8, control.parameters()));
            let product = jacobian.tr_mul(&made.gradient) * (2.0 / 8.0);
            // Rounding of sums of some dozen terms.
            let scale = 1.0 + product.amax();
            assert!((made.variance_gradient(&control) - product).amax() < 1e-13 * scale);
        }
    }
}

#[test]
fn the_jacobian_is_the_difference_of_gradients() {
    const STEP: f64 = 1e-5;
    let bernoulli = Bernoulli::from_probabilities(&THETA[..2]).unwrap();
    let noise = Noise::new(&[0.3, 0.55], &[0.8, 0.15]).unwrap();
    let f = |b: &[f64]| b[0] - 0.4 * b[1] + 0.9 * b[0] * b[1];
    let control = relax_linear();
    let jacobian = estimate(&bernoulli, &f, &control, noise).unwrap().jacobian(&control);
    for n in 0..47 {
        let at = |offset: f64| {
            let (mut moved, mut phi) = (control.clone(), control.phi());
            phi[n] += offset;
            moved.set_phi(phi.as_view()).unwrap();
            estimate(&bernoulli, &f, &moved, noise).unwrap().gradient
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        // Truncation 1e-10 and rounding 1e-11, each times a derivative of up to 100.
        assert!((jacobian.column(n) - difference).amax() < 1e-8, "∂ĝ/∂φ{n}");
    }
}

/// The derivative of the exact variance by entry `n` of φ, as a central difference.
fn variance_difference<C: Control + Clone>(control: &C, theta: f64, n: usize) -> f64 {
    const STEP: f64 = 1e-3;
    let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
    let tolerance = Tolerance { relative: 1e-10, absolute: 0.0, panels: 20_000 };
    let at = |offset: f64| {
        let (mut moved, mut phi) = (control.clone(), control.phi());
        phi[n] += offset;
        moved.set_phi(phi.as_view()).unwrap();
        variance::quadrature_within(&bernoulli, &toy, &moved, tolerance).unwrap().variance
    };
    (at(STEP) - at(-STEP)) / (2.0 * STEP)
}

/// Holds `E[(2/M)(∂ĝ/∂φ)ᵀ ĝ]` against differences of the exact variance by φ.
fn variance_gradient_agrees<C: Control + Clone>(control: &C, theta: f64, entries: &[usize], kinks: &[f64]) {
    let expected = expectation(theta, control, kinks, 3.0, |made| made.variance_gradient(control));
    let mut largest: f64 = 0.0;
    for &n in entries {
        let difference = variance_difference(control, theta, n);
        // Truncation 1e-3² times a third derivative that is no larger than 10; the variance's error, 1e-10, over the step is 1e-7.
        assert!((expected[n] - difference).abs() < 1e-5, "θ = {theta}, φ{n}: {} {difference}", expected[n]);
        largest = largest.max(difference.abs());
    }
    assert!(largest > 1e-3, "all derivatives are small, nothing was tested: {largest}");
}

#[test]
fn the_expected_variance_gradient_is_the_derivative_of_the_exact_variance() {
    for theta in [0.15, 0.6] {
        variance_gradient_agrees(&Constant::new(0.9).unwrap(), theta, &[0], &[]);
        variance_gradient_agrees(&Rebar::new(1.2, 0.6, TARGET).unwrap(), theta, &[0, 1], &[]);
    }
    let all: Vec<usize> = (0..smooth().parameters()).collect();
    variance_gradient_agrees(&smooth(), 0.3, &all, &[]);
    // Of a network of ReLUs: λ and the last layer.
    variance_gradient_agrees(&relax_linear(), 0.3, &[0, 41, 42, 43, 44, 45, 46], &kinks());
}

/// A network with a smooth activation.
#[control(positive(lambda))]
fn smooth_network(z: f64, lambda: f64, w1: [f64; 3], b1: [f64; 3], w2: [f64; 3], b2: f64) -> f64 {
    let h0 = (w1[0] * z + b1[0]).tanh();
    let h1 = (w1[1] * z + b1[1]).tanh();
    let h2 = (w1[2] * z + b1[2]).tanh();
    sigmoid(z / lambda) + w2[0] * h0 + w2[1] * h1 + w2[2] * h2 + b2
}

fn smooth() -> SmoothNetwork {
    SmoothNetwork::new(0.7, [0.8, -0.5, 0.3], [0.2, 0.6, -0.9], [0.5, -0.7, 0.4], 0.1).unwrap()
}

// RELAX's own formula, not a fault of the derivatives: ∂c/∂z jumps at the kink of a ReLU, and where a weight moves the kink, the expectation moves
// with the jump, which no derivative of a single sample sees. The first two layers are therefore trained on a gradient that has a bias.
// `boundary_term` is the rest.
#[test]
fn where_a_weight_moves_a_kink_the_variance_gradient_lacks_the_part_of_the_jump() {
    let (control, theta, bias) = (relax_linear(), 0.3, 6);
    let found = expectation(theta, &control, &kinks(), 3.0, |made| made.variance_gradient(&control))[bias];
    let difference = variance_difference(&control, theta, bias);
    // A hundred times the tolerance of the test above.
    assert!((found - difference).abs() > 1e-3, "{found} {difference}");
    let exact =
        variance::gradient(&Bernoulli::from_probabilities(&[theta]).unwrap(), &toy, &control).unwrap();
    assert!((exact.of_samples[bias] - found).abs() < 1e-5, "{} {found}", exact.of_samples[bias]);
    assert!((exact.total()[bias] - difference).abs() < 1e-5, "{} {difference}", exact.total()[bias]);
    // By the first weight, as docs/control-learning.md says.
    assert!((exact.of_samples[1] - 0.0058).abs() < 5e-5, "{}", exact.of_samples[1]);
    assert!((exact.total()[1] - 0.0085).abs() < 5e-5, "{}", exact.total()[1]);
    let difference = variance_difference(&control, theta, 1);
    assert!((exact.total()[1] - difference).abs() < 1e-5, "{} {difference}", exact.total()[1]);
}

#[test]
fn rebar_equals_reinforce_when_eta_is_zero() {
    let bernoulli = Bernoulli::from_probabilities(&THETA).unwrap();
    let rebar = Rebar::new(0.0, 0.4, TARGET).unwrap();
    let mut stream = Stream::new(29, 0, 0);
    for _ in 0..100 {
        let (mut u, mut v) = ([0.0; 8], [0.0; 8]);
        stream.fill_open01(&mut u);
        stream.fill_open01(&mut v);
        let noise = Noise::new(&u, &v).unwrap();
        let by_rebar = estimate(&bernoulli, &mixed, &rebar, noise).unwrap();
        let by_reinforce = estimate(&bernoulli, &mixed, &Zero, noise).unwrap();
        assert_eq!((by_rebar.gradient, by_rebar.b), (by_reinforce.gradient, by_reinforce.b));
    }
    let bernoulli = Bernoulli::from_probabilities(&[0.3]).unwrap();
    let by_rebar = variance::quadrature(&bernoulli, &toy, &rebar).unwrap();
    let by_reinforce = variance::quadrature(&bernoulli, &toy, &Zero).unwrap();
    assert!((by_rebar.variance / by_reinforce.variance - 1.0).abs() < 1e-14);
}

#[test]
fn relax_equals_rebar_with_eta_one_when_its_network_is_dead() {
    let mut phi = DVector::zeros(47);
    (phi[0], phi[46]) = (0.4_f64.ln(), -0.1);
    let mut dead = relax();
    dead.set_phi(phi.as_view()).unwrap();
    let rebar = Rebar::new(1.0, 0.4, TARGET).unwrap();
    let bernoulli = Bernoulli::from_probabilities(&THETA).unwrap();
    let noise = Noise::new(&[0.15; 8], &[0.7; 8]).unwrap();
    let by_relax = estimate(&bernoulli, &mixed, &dead, noise).unwrap();
    let by_rebar = estimate(&bernoulli, &mixed, &rebar, noise).unwrap();
    assert!((&by_relax.gradient - &by_rebar.gradient).amax() < 1e-14);
    // And so it stays: none of the 46 weights has a gradient.
    assert_eq!(by_relax.variance_gradient(&dead).as_slice()[1..], [0.0; 46]);
}

#[test]
fn the_best_constant_leaves_no_variance() {
    for theta in [1e-4, 0.3, 0.5, 0.99] {
        let best = (1.0 - theta) * toy(&[1.0]) + theta * toy(&[0.0]);
        let control = Constant::new(best).unwrap();
        let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
        let gradient = (1.0 - 2.0 * TARGET) * theta * (1.0 - theta);
        for u in [0.1 * (1.0 - theta), 1.0 - 0.1 * theta] {
            let made = estimate(&bernoulli, &toy, &control, Noise::new(&[u], &[0.3]).unwrap()).unwrap();
            // Both values of b give the gradient itself, to the rounding of f - c*.
            assert!((made.gradient[0] - gradient).abs() < 1e-15, "{}", made.gradient[0]);
            assert!(made.variance_gradient(&control).amax() < 1e-15 + 2.0 * gradient.abs());
        }
        assert!(variance::quadrature(&bernoulli, &toy, &control).unwrap().variance < 1e-30);
    }
}

// Monte Carlo with its standard error, against quadrature: five standard errors, 6e-7 for each of three controls.
#[test]
fn monte_carlo_agrees_with_quadrature() {
    let bernoulli = Bernoulli::from_probabilities(&[0.3]).unwrap();
    let controls: [Box<dyn Control + Send + Sync>; 3] =
        [Box::new(Zero), Box::new(Rebar::new(0.7, 0.5, TARGET).unwrap()), Box::new(relax_linear())];
    for control in controls {
        let exact = variance::quadrature(&bernoulli, &toy, &control).unwrap();
        let sampled = variance::monte_carlo(&bernoulli, &toy, &control, 20_000, 5).unwrap();
        let z = (sampled.variance - exact.variance) / sampled.standard_error;
        assert!(z.abs() < 5.0, "{} ± {}, not {}", sampled.variance, sampled.standard_error, exact.variance);
        let error = (exact.variance / 20_000.0).sqrt();
        assert!((sampled.mean[0] - exact.mean[0]).abs() < 5.0 * error);
    }
}

//! Densities, thresholds and distributions of one Bernoulli variable, in both parameterisations.

mod truth;

use proptest::prelude::*;
use voidgrad::bernoulli::{logit, probability};
use voidgrad::{Bernoulli, Distribution as _, Stream};
use voidgrad_tests::rule::{gauss_legendre, panels};

use crate::fixed_seed;

/// A dozen operations on numbers around 1.
const ROUNDING: f64 = 1e-13;

fn relative(found: f64, expected: f64) -> f64 {
    if found == expected { 0.0 } else { (found / expected - 1.0).abs() }
}

fn p(b: bool, theta: f64) -> f64 {
    if b { theta } else { 1.0 - theta }
}

fn logit_of(theta: f64) -> f64 {
    (theta / (1.0 - theta)).ln()
}

proptest! {
    #![proptest_config(fixed_seed(400))]

    #[test]
    fn p_of_b_and_z_is_the_same_either_way(z in -30.0..30.0_f64, theta in 1e-6..0.999_999_f64, b in any::<bool>()) {
        let b_given_z = f64::from(u8::from((z >= 0.0) == b));
        let a = logit_of(theta);
        // A logit that was rounded at ±14 moves the density by 2e-15.
        let joint = probability::density(z, theta) * b_given_z;
        prop_assert!(relative(p(b, theta) * probability::density_given(z, theta, b), joint) < ROUNDING);
        let joint = logit::density(z, a) * b_given_z;
        prop_assert!(relative(logit::ln_p(b, a).exp() * logit::density_given(z, a, b), joint) < ROUNDING);
    }

    #[test]
    fn the_density_is_the_formula_of_the_note(z in -10.0..10.0_f64, theta in 0.01..0.99_f64) {
        let r = theta / (1.0 - theta);
        let note = r * (-z).exp() / (1.0 + r * (-z).exp()).powi(2);
        prop_assert!(relative(probability::density(z, theta), note) < ROUNDING);
    }

    #[test]
    fn both_parameterisations_agree(
        theta in 1e-3..0.999_f64,
        noise in 1e-9..1.0_f64,
        z in -20.0..20.0_f64,
        b in any::<bool>(),
    ) {
        let a = logit_of(theta);
        let close = |x: f64, y: f64| (x - y).abs() <= ROUNDING * (1.0 + x.abs());
        prop_assert!(close(logit::g(noise, a), probability::g(noise, theta)));
        prop_assert!(close(logit::g_tilde(noise, a, b), probability::g_tilde(noise, theta, b)));
        prop_assert!(close(logit::ln_p(b, a), probability::ln_p(b, theta)));
        prop_assert!(relative(logit::density(z, a), probability::density(z, theta)) < ROUNDING);
        prop_assert!(close(logit::density_given(z, a, b), probability::density_given(z, theta, b)));
        prop_assert_eq!(logit::threshold(z), probability::threshold(z));
        // The chain rule between them, ∂a/∂θ = 1/(θ(1 - θ)).
        let slope = 1.0 / (theta * (1.0 - theta));
        prop_assert!(relative(probability::ln_p::d_theta(b, theta), slope * logit::ln_p::d_a(b, a)) < 1e-12);
        let by_theta = probability::g_tilde::d_theta(noise, theta, b);
        prop_assert!(relative(by_theta, slope * logit::g_tilde::d_a(noise, a, b)) < 1e-12);
    }

    #[test]
    fn the_threshold_of_z_tilde_is_b(a in -700.0..700.0_f64, noise in 0.0..1.0_f64, b in any::<bool>()) {
        prop_assume!(noise > 0.0);
        prop_assert_eq!(logit::threshold(logit::g_tilde(noise, a, b)), b);
    }

    #[test]
    fn z_tilde_goes_back_to_v_by_the_distribution_of_z(a in -30.0..30.0_f64, v in 1e-6..0.999_999_f64, b in any::<bool>()) {
        let back = distribution(logit::g_tilde(v, a, b).abs(), a, b);
        // Near to 1, z̃ has the digits of 1 - v only as it was rounded.
        prop_assert!((back - v).abs() < 1e-12, "{} from {}", back, v);
    }
}

/// `P(|z| <= y | b)`: `(e^y - 1)/(e^y - 1 + 1 + e^±a)`, where z is logistic about a.
fn distribution(y: f64, a: f64, b: bool) -> f64 {
    let other_odds = if b { a.exp() } else { (-a).exp() };
    y.exp_m1() / (y.exp_m1() + 1.0 + other_odds)
}

#[test]
fn thresholds_hold_at_the_ends_of_everything() {
    let noise = [f64::from_bits(1), f64::MIN_POSITIVE, 0.5 * f64::EPSILON, 0.5, 1.0 - 0.5 * f64::EPSILON];
    for a in [-700.0, -37.0, 0.0, 37.0, 700.0] {
        for (v, b) in noise.iter().flat_map(|&v| [(v, false), (v, true)]) {
            let z_tilde = logit::g_tilde(v, a, b);
            assert!(z_tilde.is_finite() && logit::threshold(z_tilde) == b, "v = {v:e}, a = {a}: {z_tilde:e}");
        }
    }
    // From 1e-290 on: the odds of the largest v, 9e15, over a smaller θ are no number.
    for theta in [1e-290, 1e-6, 0.5, 1.0 - 0.5 * f64::EPSILON] {
        for (v, b) in noise.iter().flat_map(|&v| [(v, false), (v, true)]) {
            let z_tilde = probability::g_tilde(v, theta, b);
            assert!(z_tilde.is_finite(), "v = {v:e}, θ = {theta}: {z_tilde:e}");
            assert!(probability::threshold(z_tilde) == b, "v = {v:e}, θ = {theta}: {z_tilde:e}");
        }
    }
}

#[test]
fn the_densities_have_mass_1_and_p_of_z_above_0_is_theta() {
    // The integrand's nearest pole is π from the axis, so 8 nodes on panels of width 1 leave 1e-13. Beyond 50 from the peak there
    // is a mass of 2e-22.
    let integral = |low: f64, high: f64, density: &dyn Fn(f64) -> f64| -> f64 {
        gauss_legendre(8, &panels(low, high, 1.0)).iter().map(|&(z, weight)| weight * density(z)).sum()
    };
    for theta in [1e-6, 0.03, 0.5, 0.8, 1.0 - 1e-6_f64] {
        let a = logit_of(theta);
        let (low, high) = (a.min(0.0) - 50.0, a.max(0.0) + 50.0);
        for density in
            [&|z| probability::density(z, theta), &|z| logit::density(z, a)] as [&dyn Fn(f64) -> f64; 2]
        {
            assert!((integral(low, high, density) - 1.0).abs() < 1e-12);
            assert!(relative(integral(0.0, high, density), theta) < 1e-9, "θ = {theta}");
        }
        for b in [false, true] {
            let (low, high) = if b { (0.0, high) } else { (low, -f64::MIN_POSITIVE) };
            assert!((integral(low, high, &|z| probability::density_given(z, theta, b)) - 1.0).abs() < 1e-12);
            assert!((integral(low, high, &|z| logit::density_given(z, a, b)) - 1.0).abs() < 1e-12);
            assert_eq!(probability::density_given(if b { -1.0 } else { 1.0 }, theta, b), 0.0);
        }
    }
}

/// The largest distance between the distribution of a sample and the true one.
fn kolmogorov_smirnov(mut sample: Vec<f64>, distribution: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let count = sample.len() as f64;
    let distances = sample.iter().enumerate().map(|(i, &x)| {
        let below = distribution(x) - i as f64 / count;
        below.max(1.0 / count - below)
    });
    distances.fold(0.0, f64::max)
}

const SAMPLES: usize = 100_000;

/// If the statistic exceeds this, the distribution is wrong, but for one sample in 10⁹: by the inequality of Dvoretzky, Kiefer, Wolfowitz and
/// Massart, `P(D > d) <= 2·e^(-2nd²)`.
fn bound() -> f64 {
    (2e9_f64.ln() / (2.0 * SAMPLES as f64)).sqrt()
}

// Ten tests of 1e-9: a false alarm has a probability below 1e-8, were the seed not fixed.
#[test]
fn z_tilde_is_distributed_as_z_given_b() {
    for (row, a) in [-6.0, -0.5, 0.0, 1.3, 5.0_f64].into_iter().enumerate() {
        for b in [false, true] {
            let mut noise = vec![0.0; SAMPLES];
            Stream::new(4, u64::from(b), row as u64).fill_open01(&mut noise);
            let sample = noise.iter().map(|&v| logit::g_tilde(v, a, b).abs()).collect();
            let distance = kolmogorov_smirnov(sample, |y| distribution(y, a, b));
            assert!(distance < bound(), "a = {a}, b = {b}: {distance}");
        }
    }
}

// The same test sees a z̃ at a logit that is wrong by 0.1.
#[test]
fn the_test_of_the_distribution_can_fail() {
    let mut noise = vec![0.0; SAMPLES];
    Stream::new(4, 2, 0).fill_open01(&mut noise);
    let sample = noise.iter().map(|&v| logit::g_tilde(v, 0.1, true)).collect();
    assert!(kolmogorov_smirnov(sample, |y| distribution(y, 0.0, true)) > bound());
}

#[test]
fn z_and_b_have_their_distribution() {
    for (row, theta) in [1e-3, 0.3, 0.9_f64].into_iter().enumerate() {
        let mut noise = vec![0.0; SAMPLES];
        Stream::new(5, 0, row as u64).fill_open01(&mut noise);
        let sample = noise.iter().map(|&u| probability::g(u, theta)).collect();
        let distance = kolmogorov_smirnov(sample, |z| 1.0 / (1.0 + (logit_of(theta) - z).exp()));
        assert!(distance < bound(), "θ = {theta}: {distance}");
        let bernoulli = Bernoulli::from_probabilities(&vec![theta; SAMPLES]).unwrap();
        let mut b = vec![0.0; SAMPLES];
        bernoulli.sample(&noise, &mut b);
        let share = b.iter().sum::<f64>() / SAMPLES as f64;
        // The same bound holds for a single point of the distribution.
        assert!((share - theta).abs() < bound(), "θ = {theta}: {share}");
    }
}

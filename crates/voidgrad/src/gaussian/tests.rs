use super::{Gaussian, box_muller, g, ln_p};
use crate::distribution::Distribution as _;
use crate::noise::Stream;
use crate::quadrature::integrate;
use crate::variance::Tolerance;

const STEP: f64 = 1e-5;

#[test]
fn derivatives_are_finite_differences() {
    for (x, mu, ln_sigma) in [(0.3, -0.4, 0.2), (2.0, 1.5, -1.0)] {
        // Truncation 1e-10 and rounding 1e-11, times derivatives of up to 20.
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 2e-9, "{found} {expected}");
        let slope = |f: &dyn Fn(f64) -> f64| (f(STEP) - f(-STEP)) / (2.0 * STEP);
        close(g::d_mu(x, mu, ln_sigma), slope(&|d| g(x, mu + d, ln_sigma)));
        close(g::d_ln_sigma(x, mu, ln_sigma), slope(&|d| g(x, mu, ln_sigma + d)));
        close(ln_p::d_mu(x, mu, ln_sigma), slope(&|d| ln_p(x, mu + d, ln_sigma)));
        close(ln_p::d_ln_sigma(x, mu, ln_sigma), slope(&|d| ln_p(x, mu, ln_sigma + d)));
    }
}

#[test]
fn the_density_has_mass_1() {
    let mass = integrate(|x| ln_p(x, 0.4, -0.5).exp(), &[-10.0, 0.0, 10.0], Tolerance::default());
    assert!((mass.value - 1.0).abs() < 1e-7);
}

/// `P(ε ≤ x)`.
fn cumulative(x: f64) -> f64 {
    let (low, high) = (x.min(0.0), x.max(0.0));
    let tolerance = Tolerance { absolute: 1e-10, ..Tolerance::default() };
    let middle = integrate(|x| ln_p(x, 0.0, 0.0).exp(), &[low, high], tolerance).value;
    0.5 + if x < 0.0 { -middle } else { middle }
}

// Kolmogorov and Smirnov: four tests that reject at √n·D > 3.5, each with a probability of 2·e^(-2·3.5²) = 5e-11 where the
// distribution is the one that is said.
#[test]
fn both_numbers_are_normal_and_so_are_their_sums() {
    let samples = 20_000;
    let (mut stream, mut noise) = (Stream::new(21, 0, 0), [0.0; 2]);
    let mut columns: [Vec<f64>; 4] = Default::default();
    for _ in 0..samples {
        stream.fill_open01(&mut noise);
        let [x, y] = box_muller(noise[0], noise[1]);
        let root = 0.5_f64.sqrt();
        // Sums of dependent numbers would have another variance.
        columns.iter_mut().zip([x, y, root * (x + y), root * (x - y)]).for_each(|(column, x)| column.push(x));
    }
    let distance = |column: &mut Vec<f64>| {
        column.sort_by(f64::total_cmp);
        let n = f64::from(samples);
        let gaps = column.iter().enumerate().map(|(i, &x)| {
            let expected = cumulative(x);
            (expected - i as f64 / n).max((i + 1) as f64 / n - expected)
        });
        n.sqrt() * gaps.fold(0.0, f64::max)
    };
    for column in &mut columns {
        let found = distance(column);
        assert!(found < 3.5, "{found}");
        // The same test tells a normal number from one that is 1.2 times as large.
        for x in column.iter_mut() {
            *x *= 1.2;
        }
        assert!(distance(column) > 3.5);
    }
}

#[test]
fn numbers_next_to_0_and_1_are_finite() {
    for u in [5e-324, f64::MIN_POSITIVE, 0.5, 1.0 - 0.5 * f64::EPSILON] {
        for angle in [5e-324, 0.25, 0.5, 1.0 - 0.5 * f64::EPSILON] {
            assert!(box_muller(u, angle).iter().all(|x| x.abs() < 39.0));
        }
    }
}

#[test]
fn an_odd_number_of_variables_leaves_one_number_unused() {
    let gaussian = Gaussian::new(&[0.0, 0.0, 5.0], &[1.0, 2.0, 0.5]).unwrap();
    assert_eq!((gaussian.uniforms(), gaussian.dimension(), gaussian.parameters().len()), (4, 3, 6));
    let mut x = [0.0; 3];
    gaussian.sample(&[0.3, 0.6, 0.8, 0.1], &mut x);
    let (first, second) = (box_muller(0.3, 0.6), box_muller(0.8, 0.1));
    assert_eq!(x[0], first[0]);
    for (found, expected) in [(x[1], 2.0 * first[1]), (x[2], 5.0 + 0.5 * second[0])] {
        // exp(ln σ) is a unit in the last place off.
        assert!((found - expected).abs() < 1e-15 * (1.0 + expected.abs()));
    }
}

#[test]
fn what_is_no_gaussian_variable_is_refused() {
    assert!(Gaussian::new(&[], &[]).is_err() && Gaussian::new(&[0.0], &[1.0, 1.0]).is_err());
    for value in [f64::NAN, f64::INFINITY] {
        assert!(Gaussian::new(&[value], &[1.0]).is_err() && Gaussian::new(&[0.0], &[value]).is_err());
        assert!(Gaussian::from_parameters(&[value, 0.0]).is_err());
    }
    assert!(Gaussian::new(&[0.0], &[0.0]).is_err() && Gaussian::from_parameters(&[0.0; 3]).is_err());
    let mut gaussian = Gaussian::new(&[1.0], &[2.0]).unwrap();
    let before = gaussian.clone();
    assert!(gaussian.set_parameters(&[0.0]).is_err() && gaussian.set_parameters(&[0.0, f64::NAN]).is_err());
    assert_eq!(gaussian, before);
    gaussian.set_parameters(&[3.0, 0.0]).unwrap();
    assert_eq!(gaussian, Gaussian::new(&[3.0], &[1.0]).unwrap());
}

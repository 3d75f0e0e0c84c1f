use super::*;

// By hand from algorithm 1, two steps with different gradients: ε = 0.5 makes its place visible.
#[test]
fn two_steps_are_those_of_the_algorithm() {
    let mut x = [0.0];
    let mut adam = Adam::new(1, 0.1).unwrap().with_moments(0.5, 0.75, 0.5).unwrap();
    adam.step(&mut x, &[2.0]).unwrap();
    let first = -0.1 * 2.0 / (2.0 + 0.5);
    assert!((x[0] - first).abs() < 1e-16);
    adam.step(&mut x, &[-1.0]).unwrap();
    // m = ½·1 - ½ = 0, so the second step is none.
    assert!((x[0] - first).abs() < 1e-16);
    adam.step(&mut x, &[1.0]).unwrap();
    let (m, s) = (0.5, 0.75 * (0.75 * 1.0 + 0.25) + 0.25);
    let third = -0.1 * (m / 0.875) / (f64::sqrt(s / (1.0 - 0.421_875)) + 0.5);
    assert!((x[0] - first - third).abs() < 1e-16);
}

// Nine parameters are two vectors that overlap, one parameter is scalar.
#[test]
fn lanes_take_the_same_step_as_scalars_bit_by_bit() {
    let gradients =
        |t: i32| [1.0, -2.5, 0.0, 1e-160, 3e5, -0.125, 7.0, 1e-300, 0.3].map(|g| g / f64::from(t));
    let (mut all, mut x) = (Adam::new(9, 0.01).unwrap(), [0.5; 9]);
    let mut single = vec![Adam::new(1, 0.01).unwrap(); 9];
    let mut y = [0.5; 9];
    for t in 1..200 {
        all.step(&mut x, &gradients(t)).unwrap();
        for (i, adam) in single.iter_mut().enumerate() {
            adam.step(&mut y[i..=i], &gradients(t)[i..=i]).unwrap();
        }
    }
    assert_eq!(x.map(f64::to_bits), y.map(f64::to_bits));
}

struct Fill<'a>(&'a mut RatesAhead<16>, &'a Adam);

impl Work<f64> for Fill<'_> {
    type Output = ();

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f64>>(self, hand: R) {
        self.0.fill(hand, self.1);
    }
}

#[test]
fn rates_made_together_are_those_of_each_step_bit_by_bit() {
    let mut adam = Adam::new(1, 0.03).unwrap().with_moments(0.8, 0.99, 1e-6).unwrap();
    (0..5).for_each(|_| adam.step(&mut [0.0], &[1.0]).unwrap());
    let mut ahead = RatesAhead::<16>::new();
    f64::on_lanes(Instructions::Best, Fill(&mut ahead, &adam));
    for i in 0..16 {
        let (made, own) = (ahead.rates(&adam, i), adam.rates());
        assert_eq!(made, own, "step {i}");
        adam.step(&mut [0.0], &[1.0]).unwrap();
    }
}

#[test]
fn moments_that_nothing_feeds_end_at_zero() {
    let mut adam = Adam::new(1, 0.01).unwrap();
    adam.step(&mut [0.0], &[1.0]).unwrap();
    (0..10_000).for_each(|_| adam.step(&mut [0.0], &[0.0]).unwrap());
    assert_eq!((adam.first[0], adam.decay1), (0.0, 0.0));
    assert!(adam.second[0] > 0.0);
}

#[test]
fn rates_outside_their_domain_are_refused() {
    assert!(Adam::new(1, f64::NAN).is_err() && Adam::new(1, 0.0).is_err());
    assert!(Adam::new(1, 0.1).unwrap().with_moments(1.0, 0.9, 1e-8).is_err());
    assert!(Adam::new(1, 0.1).unwrap().with_moments(0.9, f64::NAN, 1e-8).is_err());
    assert!(Adam::new(1, 0.1).unwrap().with_moments(0.9, 0.9, 0.0).is_err());
}

/// The definition, in units in which the largest gradient so far is 1: a step is that of `g/unit` with `ε/unit`.
fn by_definition(gradients: &[f64], learning_rate: f64) -> f64 {
    let (beta1, beta2, epsilon) = (0.9_f64, 0.999_f64, 1e-8);
    let step = |t: usize| {
        let unit = gradients[..t].iter().fold(0.0_f64, |unit, g| unit.max(g.abs()));
        let sum = |beta: f64, power: i32| {
            let terms = (0_i32..).zip(gradients[..t].iter().rev());
            (1.0 - beta) * terms.map(|(age, g)| beta.powi(age) * (g / unit).powi(power)).sum::<f64>()
        };
        let m = sum(beta1, 1) / (1.0 - beta1.powf(t as f64));
        let s = sum(beta2, 2) / (1.0 - beta2.powf(t as f64));
        -learning_rate * m / (s.sqrt() + epsilon / unit)
    };
    (1..=gradients.len()).map(step).sum()
}

/// A hundred steps of 0.01 round by less than 1e-13 together.
fn assert_is_by_definition(gradients: &[f64]) {
    let mut adam = Adam::new(1, 0.01).unwrap();
    let mut x = [0.0];
    for t in 0..gradients.len() {
        adam.step(&mut x, &gradients[t..=t]).unwrap();
        let expected = by_definition(&gradients[..=t], 0.01);
        assert!((x[0] - expected).abs() < 1e-13, "step {t} of {gradients:?}: {} for {expected}", x[0]);
    }
}

#[test]
fn a_gradient_of_any_size_is_followed() {
    let shape = |t: i32| 1.0 + 0.5 * f64::from(t % 7) - 2.0 * f64::from(u8::from(t % 3 == 0));
    for scale in [1.0, 1e150, 1e154, 1e155, 1e200, f64::MAX / 4.0] {
        assert_is_by_definition(&(0..60).map(|t| scale * shape(t)).collect::<Vec<f64>>());
    }
    // The largest of all, at which sums round up.
    assert_is_by_definition(&[f64::MAX; 60]);
}

#[test]
fn a_large_gradient_among_small_ones_is_remembered_as_long_as_it_matters() {
    for peak in [1e140, 1e153, 1e160, 1e300] {
        let mut gradients = vec![1e140; 60];
        gradients[20] = -peak;
        assert_is_by_definition(&gradients);
    }
}

/// √s falls by a factor of √0.999 a step, so 1e152 is 1e150 after 9,206 steps.
#[test]
fn moments_become_plain_again_once_they_are_small() {
    let mut adam = Adam::new(2, 0.01).unwrap();
    let mut x = [0.0, 0.0];
    adam.step(&mut x, &[1e154, 1.0]).unwrap();
    assert!(!adam.is_plain());
    let after = (1_u16..20_000).find(|_| {
        adam.step(&mut x, &[0.0, 1.0]).unwrap();
        adam.is_plain()
    });
    assert!(after.is_some_and(|steps| (9_000..13_000).contains(&steps)), "{after:?}");
    // The other parameter has moved by α at every step.
    assert!((x[1] / (-0.01 * (1.0 + f64::from(after.unwrap()))) - 1.0).abs() < 1e-6, "{}", x[1]);
}

#[test]
fn a_step_that_no_f64_holds_is_refused() {
    let mut x = [0.0];
    let mut adam = Adam::new(1, 1e308).unwrap();
    let error = adam.step(&mut x, &[1.0]).unwrap_err();
    assert!(matches!(error, StepError::Parameter { index: 0, .. }), "{error}");
    let mut adam = Adam::new(2, 0.01).unwrap();
    let before = adam.clone();
    let error = adam.step(&mut [0.0, 0.0], &[0.0, f64::INFINITY]).unwrap_err();
    assert_eq!(error.to_string(), "the derivative by parameter 1 is inf, which is not a finite number");
    assert!(matches!(adam.step(&mut [0.0], &[0.0, 1.0]), Err(StepError::Shape(_))));
    assert!(matches!(adam.step(&mut [0.0], &[0.0]), Err(StepError::Shape(_))));
    assert_eq!(adam, before);
}

/// By what [`Adam::FARTHEST`] claims, with the gradients that Cauchy's inequality is sharp for: `g` falling by `β₁/β₂` with age.
#[test]
fn no_step_is_longer_than_the_bound() {
    let mut adam = Adam::new(1, 1.0).unwrap();
    let mut longest = 0.0_f64;
    for t in 0..120 {
        let mut x = [0.0];
        adam.step(&mut x, &[(0.999_f64 / 0.9).powi(t)]).unwrap();
        longest = longest.max(x[0].abs());
    }
    (0..40_000).for_each(|_| adam.step(&mut [0.0], &[0.0]).unwrap());
    for t in 0..120 {
        let mut x = [0.0];
        adam.step(&mut x, &[(0.999_f64 / 0.9).powi(t)]).unwrap();
        longest = longest.max(x[0].abs());
    }
    assert!((6.0..Adam::FARTHEST).contains(&longest), "{longest}");
}

/// Steps of every size of gradient, with the rates and states that are most likely to leave the finite numbers.
#[test]
fn a_step_that_is_certain_succeeds() {
    let gradients = [f64::MAX, -1e-308, 0.0, 1e154, -f64::MAX, 5e-324, 1e-154, -3.0, 1e200];
    let nearly_one = 1.0 - f64::EPSILON / 2.0;
    for (beta1, beta2) in [(0.9, 0.999), (0.0, 1e-300), (0.5, 0.250_000_000_000_001), (0.9, nearly_one)] {
        let adam = Adam::new(1, 1e100).unwrap().with_moments(beta1, beta2, 1e-100).unwrap();
        let plain = adam.state();
        let steepest = plain.clone().with_array("m", vec![1e30]).with_array("s", vec![1.0]);
        let underflown = plain.clone().with_array("m", vec![1e-91]);
        for state in [plain, steepest, underflown] {
            for first in 0..gradients.len() {
                let mut adam = adam.clone();
                adam.restore(&state).unwrap();
                let mut x = [-1e300];
                for t in 0..100 {
                    let gradient = [gradients[first * (1 + t / 9) % gradients.len()]];
                    assert!(adam.is_certain(&x, &gradient));
                    adam.step(&mut x, &gradient).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_step_that_may_fail_is_not_certain() {
    let adam = Adam::new(1, 0.1).unwrap();
    assert!(adam.is_certain(&[0.0], &[f64::MAX]));
    assert!(!adam.is_certain(&[0.0], &[f64::NAN]) && !adam.is_certain(&[f64::INFINITY], &[1.0]));
    assert!(!adam.is_certain(&[0.0; 2], &[1.0; 2]) && !adam.is_certain(&[0.0], &[1.0; 2]));
    let moments = |beta1, beta2| adam.clone().with_moments(beta1, beta2, 1e-8).unwrap();
    assert!(!moments(0.9, 0.81).is_certain(&[0.0], &[1.0]));
    assert!(!Adam::new(1, 1e200).unwrap().is_certain(&[0.0], &[1.0]));
}

#[test]
fn a_restored_adam_takes_the_same_steps_bit_by_bit() {
    let gradient = |t: i32| [f64::from(t).sin(), if t % 40 == 7 { 1e160 } else { 1e-160 }];
    let mut adam = Adam::new(2, 0.01).unwrap().with_moments(0.1, 0.02, 1e-6).unwrap();
    let mut x = [0.5, -0.5];
    let mut large = 0;
    for t in 0..300 {
        let (mut other, mut y) = (Adam::new(2, 1.0).unwrap(), x);
        other.restore(&adam.state()).unwrap();
        assert_eq!(other, adam);
        large += i32::from(!adam.is_plain());
        adam.step(&mut x, &gradient(t)).unwrap();
        other.step(&mut y, &gradient(t)).unwrap();
        assert_eq!((x.map(f64::to_bits), &other), (y.map(f64::to_bits), &adam));
    }
    // √s falls from 10¹⁶⁰ by a factor of √0.02 a step, and is plain again after a dozen of 40.
    assert!((80..120).contains(&large), "{large}");
}

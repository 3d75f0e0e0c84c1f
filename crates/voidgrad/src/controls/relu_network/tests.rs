use nalgebra::DVector;

use super::{ReluNetwork, Weights};
use crate::control::Control;
use crate::controls::by_hand;
use crate::controls::{Kink, Kinked, Rebar, Relax, RelaxLinear, Sum};
use crate::noise::Stream;

fn network(row: u64, ends_in_relu: bool) -> ReluNetwork {
    ReluNetwork::draw(ends_in_relu, &mut Stream::new(12, 0, row))
}

/// φ of a control with λ in front, as the references have it.
fn with_lambda(phi: &DVector<f64>) -> Vec<f64> {
    [0.0].into_iter().chain(phi.iter().copied()).collect()
}

fn slope(control: &impl Control, z: f64) -> f64 {
    let mut slope = [0.0];
    control.value_and_d_z(&[z], &mut slope);
    slope[0]
}

/// How far the next kink is.
fn room(kinks: &[Kink], i: usize) -> f64 {
    let others = kinks.iter().enumerate().filter(|(j, _)| *j != i);
    others.map(|(_, other)| (other.z - kinks[i].z).abs()).fold(f64::INFINITY, f64::min)
}

#[test]
fn kinks_are_where_the_reference_has_them() {
    let mut count = 0;
    for (row, ends_in_relu) in (0..100).flat_map(|row| [(row, false), (row, true)]) {
        let network = network(row, ends_in_relu);
        let expected = by_hand::kinks(&with_lambda(&network.phi()), ends_in_relu);
        let found: Vec<f64> = network.kinks().iter().map(|kink| kink.z).filter(|z| z.abs() < 50.0).collect();
        assert_eq!(found.len(), expected.len(), "{row}: {found:?} {expected:?}");
        for (found, expected) in found.iter().zip(&expected) {
            // Rounding of a root, whose slope may be small.
            assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{row}: {found} {expected}");
        }
        count += found.len();
    }
    assert!(count > 1_500, "{count}");
}

#[test]
fn slopes_are_those_beside_the_kink_and_stay_up_to_the_next() {
    for (row, ends_in_relu) in (0..100).flat_map(|row| [(row, false), (row, true)]) {
        let network = network(row, ends_in_relu);
        let kinks = network.kinks();
        for (i, kink) in kinks.iter().enumerate() {
            let away = 1e-7 * (1.0 + kink.z.abs());
            if room(&kinks, i) < 4.0 * away {
                continue;
            }
            // Two ways to add up the same products of numbers below 1.
            let beside = [kink.z - away, kink.z + away].map(|z| slope(&network, z));
            assert!((beside[0] - kink.slopes[0]).abs() < 1e-14, "{row}: {kink:?}");
            assert!((beside[1] - kink.slopes[1]).abs() < 1e-14, "{row}: {kink:?}");
            assert_eq!(kink.jump(), kink.slopes[1] - kink.slopes[0]);
            let next = kinks.get(i + 1).map_or(2.0 * kink.z.abs() + 1e6, |next| next.z);
            assert!((slope(&network, f64::midpoint(kink.z, next)) - kink.slopes[1]).abs() < 1e-14);
        }
    }
}

/// Holds `J·∂κ/∂φ` against differences of the places.
fn moves(control: &(impl Kinked + Clone)) -> usize {
    const STEP: f64 = 1e-6;
    let (phi, kinks) = (control.phi(), control.kinks());
    let mut compared = 0;
    for n in 0..phi.len() {
        let at = |offset: f64| {
            let (mut moved, mut phi) = (control.clone(), phi.clone());
            phi[n] += offset;
            moved.set_phi(phi.as_view()).unwrap();
            moved.kinks()
        };
        let [before, after] = [at(-STEP), at(STEP)];
        if before.len() != kinks.len() || after.len() != kinks.len() {
            continue;
        }
        for (i, kink) in kinks.iter().enumerate() {
            assert_eq!(kink.moved.len(), phi.len());
            // So that no kink passes another one.
            if kink.z.abs() < 20.0 && room(&kinks, i) > 1e-3 {
                let difference = kink.jump() * (after[i].z - before[i].z) / (2.0 * STEP);
                // Rounding 1e-15·20/STEP, truncation STEP² times a third derivative of up to 1e3·20.
                assert!((kink.moved[n] - difference).abs() < 1e-7, "{n} {i}: {} {difference}", kink.moved[n]);
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn kinks_move_as_they_say() {
    let compared: usize = (0..20)
        .flat_map(|row| [network(row, false), network(row, true)])
        .map(|network| moves(&network))
        .sum();
    assert!(compared > 8_000, "{compared}");
}

#[test]
fn the_controls_of_relax_have_the_kinks_of_their_network_and_of_a_sum() {
    let mut all = 0;
    for row in 0..20 {
        let (linear, relu) = (network(row, false), network(row, true));
        let rebar = Rebar::new(1.0, 0.6, 0.3).unwrap();
        let Weights { w1, b1, w2, b2, w3, b3 } = *linear.weights();
        let by_macro = RelaxLinear::new(0.6, w1, b1, w2, b2, w3, b3, 0.3).unwrap();
        all += moves(&by_macro);
        let of_sum = Sum::new(rebar.clone(), linear).kinks();
        let in_front = Sum::new(linear, rebar).kinks();
        let of_macro = by_macro.kinks();
        assert_eq!(
            (of_sum.len(), in_front.len(), of_macro.len()),
            (of_macro.len(), of_macro.len(), linear.kinks().len())
        );
        for (i, ((kink, sum), other)) in of_macro.iter().zip(&of_sum).zip(&in_front).enumerate() {
            // The sum has η in front of λ; the same, or the sum in the other order.
            assert_eq!((kink.z, kink.slopes), (sum.z, sum.slopes));
            assert_eq!((kink.z, kink.slopes), (other.z, other.slopes));
            assert_eq!(kink.moved.rows(1, 46), sum.moved.rows(2, 46));
            assert_eq!(kink.moved.rows(1, 46), other.moved.rows(0, 46));
            assert_eq!((kink.moved[0], sum.moved[0], sum.moved[1]), (0.0, 0.0, 0.0));
            if kink.z.abs() < 20.0 && room(&of_macro, i) > 1e-5 {
                // The relaxed objective's slope changes by less than the distance.
                let beside = [kink.z - 1e-7, kink.z + 1e-7].map(|z| slope(&by_macro, z));
                assert!((beside[0] - kink.slopes[0]).abs() < 1e-7, "{row}: {kink:?}");
                assert!((beside[1] - kink.slopes[1]).abs() < 1e-7, "{row}: {kink:?}");
            }
        }
        let Weights { w1, b1, w2, b2, w3, b3 } = *relu.weights();
        all += moves(&Relax::new(0.6, w1, b1, w2, b2, w3, b3, 0.3).unwrap());
    }
    assert!(all > 8_000, "{all}");
}

#[test]
fn a_network_that_is_flat_or_too_large_has_no_kinks_but_finite_ones() {
    let mut flat = network(0, true);
    flat.set_phi(DVector::zeros(46).as_view()).unwrap();
    assert_eq!(flat.kinks(), []);
    for value in [1e300, -1e300, f64::MAX, 1e-320, f64::NAN, f64::INFINITY] {
        let mut phi = network(1, true).phi();
        for n in [0, 6, 12, 36, 41, 45] {
            phi[n] = value;
        }
        let mut large = network(1, true);
        large.set_phi(phi.as_view()).unwrap();
        let finite = |kink: &Kink| {
            kink.z.is_finite() && kink.slopes.iter().chain(&kink.moved).all(|number| number.is_finite())
        };
        assert!(large.kinks().iter().all(finite), "{value}");
    }
}

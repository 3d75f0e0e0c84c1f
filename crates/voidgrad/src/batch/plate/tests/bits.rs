//! Plates of `f32` whose variables are bits, against the same in `f64`, one variable at a time.

use rand::Rng as _;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng as _;
use rayon::ThreadPoolBuilder;
use voidgrad_real::sigmoid;

use super::super::bits::bit;
use super::{EXAMPLES, OfExamples, SHARE};
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::error::EstimateError;
use crate::estimator::{Answer, AnyEstimator, Memory, Told};
use crate::estimators::tests::{Cubic, Flipping, teach};
use crate::estimators::{Disarm, Reinforce, ReinforceEma, Rloo, Vimco};
use crate::noise::Stream;

fn estimators() -> [AnyEstimator; 6] {
    [
        Box::new(Reinforce::new(0.25).unwrap()),
        Box::new(ReinforceEma::new(0.5).unwrap()),
        Box::new(Rloo::new(2).unwrap()),
        Box::new(Rloo::new(3).unwrap()),
        Box::new(Disarm::new(2).unwrap()),
        Box::new(Disarm::new(4).unwrap()),
    ]
}

fn logits(variables: usize) -> Vec<f32> {
    #[allow(clippy::cast_possible_truncation)] // any numbers will do
    let mut all: Vec<f32> =
        (0..EXAMPLES * variables).map(|i| (6.0 * (1.3 * i as f64).sin()) as f32).collect();
    // Probabilities that are not there in f32.
    (all[1], all[2]) = (200.0, -200.0);
    all
}

fn prototype(variables: usize) -> Bernoulli {
    Bernoulli::from_logits(&vec![0.0; variables]).unwrap()
}

fn answered(estimator: &AnyEstimator, variables: usize) -> Plate<Bernoulli, f32> {
    let mut plate = Plate::new(prototype(variables), EXAMPLES);
    plate.ask(estimator, &logits(variables), &mut Stream::new(3, 4, 5)).unwrap();
    plate.evaluate(&Flipping(OfExamples(0))).unwrap();
    plate.answer(estimator).unwrap();
    plate
}

/// The integers that the noise of a share is made of, by another crate's generators.
fn integers(stream: &mut Stream, count: usize) -> Vec<i32> {
    let mut generators = [(); 8].map(|()| {
        let mut bytes = [0; 32];
        stream.fill_bytes(&mut bytes);
        Xoshiro256PlusPlus::from_seed(bytes)
    });
    let mut all = Vec::new();
    while all.len() < count {
        for generator in &mut generators {
            let bits = generator.next_u64();
            #[allow(clippy::cast_possible_truncation)] // the two halves
            all.extend([bits as u32, (bits >> 32) as u32].map(u32::cast_signed));
        }
    }
    all.truncate(count);
    all
}

/// Lengths below, at and beyond those of vectors.
const VARIABLES: [usize; 6] = [1, 5, 16, 21, 32, 70];

#[test]
fn the_points_are_the_samples_that_the_noise_makes() {
    let (mut compared, mut close, mut ones) = (0, 0, 0.0);
    for estimator in estimators() {
        let samples = estimator.advantages().unwrap().form().samples();
        for variables in VARIABLES {
            let plate = answered(&estimator, variables);
            let (mut stream, each) = (Stream::new(3, 4, 5), variables * plate.points_each());
            let shares = plate.points().chunks(SHARE * each);
            for (points, logits) in shares.zip(logits(variables).chunks(SHARE * variables)) {
                let noise = integers(&mut stream, points.len() / samples);
                let draws = points.chunks(variables * samples).zip(noise.chunks(variables));
                for (n, (points, noise)) in draws.enumerate() {
                    let example = n * samples / plate.points_each();
                    for (m, integer) in noise.iter().enumerate() {
                        let theta = sigmoid(f64::from(logits[example * variables + m]));
                        let half = f64::from(*integer) / f64::from(1_u32 << 31) / 2.0;
                        let u = if half >= 0.0 { half } else { 1.0 + half };
                        let expected = [u >= 1.0 - theta, u <= theta];
                        for (sample, expected) in points.chunks(variables).zip(expected) {
                            // θ and u have errors of a unit of f32.
                            let edge = (u - theta).abs().min((u - (1.0 - theta)).abs());
                            if edge < 2.0 * f64::from(f32::EPSILON) {
                                close += 1;
                            } else {
                                assert_eq!(sample[m], f32::from(u8::from(expected)), "{u} {theta}");
                                compared += 1;
                                ones += sample[m];
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(close <= 2 && compared > 60_000, "{close} of {compared} were not compared");
    // Bits that are always the same would be no evidence.
    assert!(ones / compared as f32 > 0.4 && ones / (compared as f32) < 0.6);
}

#[test]
fn an_event_is_as_rare_as_it_should_be() {
    let step = 2.0_f32.powi(-31);
    for logit in [18.0_f32, 12.0, 8.0] {
        #[allow(clippy::cast_possible_truncation)] // a probability in f32
        let rare = sigmoid(-f64::from(logit)) as f32;
        // How many steps on one side of 0 are below twice the probability.
        let count = (2.0 * rare / step).floor();
        let (inside, outside) = (count * step, (count + 1.0) * step);
        assert_eq!([inside, outside, -inside].map(|x| bit(-rare, -x)), [1.0, 0.0, 0.0]);
        assert_eq!([inside, outside, -inside].map(|x| bit(rare, x)), [0.0, 1.0, 1.0]);
    }
    // Every number stands for the one bit or the other, half of them for each.
    for rare in [0.5, -0.5] {
        assert_eq!([-0.99, -0.01, 0.01, 0.99].map(|x| bit(rare, x)), [1.0, 1.0, 0.0, 0.0]);
    }
}

#[test]
fn the_estimates_are_those_of_single_rounds_at_the_same_points() {
    for mut estimator in estimators() {
        teach(&mut estimator, &prototype(3), &Cubic, 5);
        for variables in VARIABLES {
            let plate = answered(&estimator, variables);
            let each = plate.points_each();
            let (mut scale, mut errors) = (0.0_f64, 0.0_f64);
            for (n, own) in logits(variables).chunks(variables).enumerate() {
                let double =
                    |numbers: &[f32]| -> Vec<f64> { numbers.iter().map(|x| f64::from(*x)).collect() };
                let bernoulli = Bernoulli::from_logits(&double(own)).unwrap();
                let points = double(&plate.points()[n * each * variables..][..each * variables]);
                let values = double(&plate.values[n * each..][..each]);
                let (mut gradient, mut weights) = (vec![0.0; variables], vec![1.0 / each as f64; each]);
                let told = Told {
                    example: n,
                    noise: &[],
                    points: &points,
                    values: &values,
                    gradients: &[],
                    answered: &[],
                };
                let memory = &mut Memory::default();
                let answer = Answer { gradient: &mut gradient, weights: &mut weights, phi_bar: None, memory };
                estimator.answer(&bernoulli, told, answer);
                let size = values.iter().fold(0.0_f64, |size, f| size.max(f.abs()));
                for (found, expected) in plate.gradient()[n * variables..].iter().zip(&gradient) {
                    // A probability has an error of 4 units of its own, an advantage one of the size of the largest value, and there are at most 4 terms.
                    let error = (f64::from(*found) - expected).abs();
                    assert!(error <= 32.0 * f64::from(f32::EPSILON) * size, "{found} {expected}");
                    (scale, errors) = (scale.max(expected.abs()), errors + f64::from(u8::from(error > 0.0)));
                }
                assert_eq!(plate.weights()[n * each..][..each], vec![1.0 / each as f32; each]);
                let mean: f64 = values.iter().sum::<f64>() / each as f64;
                assert!((plate.f()[n] - mean).abs() <= 1e-15 * each as f64 * size);
            }
            // It was not computed in f64.
            assert!(scale > 0.1 && errors > 0.0);
        }
    }
}

#[test]
fn threads_change_no_bit() {
    for estimator in estimators() {
        let on = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let plate = pool.install(|| answered(&estimator, 21));
            (plate.points().to_vec(), plate.gradient().to_vec(), plate.f().to_vec())
        };
        let one = on(1);
        assert!(on(2) == one && on(5) == one);
    }
}

#[test]
fn what_is_no_number_is_refused() {
    let rloo = Rloo::new(2).unwrap();
    let mut plate: Plate<Bernoulli, f32> = Plate::new(prototype(9), EXAMPLES);
    let (mut wrong, mut stream) = (logits(9), Stream::new(1, 0, 0));
    (wrong[300], wrong[200]) = (f32::NAN, f32::INFINITY);
    let error = plate.ask(&rloo, &wrong, &mut stream).unwrap_err();
    assert_eq!((error.to_string(), stream.position()), ("logit = inf is not a finite number".to_owned(), 0));
    assert_eq!(plate.answer(&rloo), Err(EstimateError::NotAsked));
    // A value is missing: that of the first example without one is named.
    plate.ask(&rloo, &logits(9), &mut stream).unwrap();
    assert!(matches!(plate.answer(&rloo), Err(EstimateError::Objective { .. })), "{:?}", plate.answer(&rloo));
    plate.values_mut().fill(1.0);
    let answer = plate.answer(&Disarm::new(4).unwrap());
    assert!(matches!(answer, Err(EstimateError::Shape(_))), "{answer:?}");
    // The largest values there are: the differences of two are no `f32`, but ĝ is one.
    plate.values_mut()[2 * 20..2 * 21].copy_from_slice(&[f32::MAX, f32::MIN]);
    assert_eq!(plate.answer(&rloo), Ok(()));
    plate.values_mut().fill(1.0);
    assert_eq!(plate.answer(&rloo), Ok(()));
    assert!(plate.gradient().iter().all(|entry| *entry == 0.0));
    // ĝ is too large, and nothing is lost: another estimator has an answer.
    let large = Reinforce::new(-1e40).unwrap();
    plate.ask(&large, &logits(9), &mut stream).unwrap();
    plate.values_mut().fill(1.0);
    assert!(
        matches!(plate.answer(&large), Err(EstimateError::Gradient { .. })),
        "{:?}",
        plate.answer(&large)
    );
    assert_eq!(plate.answer(&Reinforce::new(0.0).unwrap()), Ok(()));
}

/// An estimator that asks for the same samples may answer; it does so in `f64`.
#[test]
fn another_estimator_may_answer() {
    let (rloo, vimco) = (Rloo::new(3).unwrap(), Vimco::new(3).unwrap());
    let mut plates = [(); 2].map(|()| Plate::<Bernoulli, f32>::new(prototype(5), EXAMPLES));
    for plate in &mut plates {
        plate.ask(&rloo, &logits(5), &mut Stream::new(1, 0, 0)).unwrap();
        plate.evaluate(&OfExamples(0)).unwrap();
    }
    let [first, second] = &mut plates;
    first.answer(&vimco).unwrap();
    second.answer(&rloo).unwrap();
    assert_ne!(first.gradient(), second.gradient());
    let of_vimco = first.gradient().to_vec();
    // Each answers the same again, whichever was before.
    let of_rloo = (second.gradient().to_vec(), second.weights().to_vec());
    second.answer(&vimco).unwrap();
    assert_eq!(second.gradient(), of_vimco);
    assert_ne!(second.weights(), of_rloo.1);
    second.answer(&rloo).unwrap();
    assert_eq!((second.gradient(), second.weights()), (&*of_rloo.0, &*of_rloo.1));
}

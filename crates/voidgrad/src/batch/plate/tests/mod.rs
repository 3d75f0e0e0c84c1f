//! Plates against single rounds, and against each other.

mod bits;
mod refusals;

use std::collections::BTreeSet;

use rayon::ThreadPoolBuilder;

use super::{Plate, SHARE};
use crate::bernoulli::Bernoulli;
use crate::controls::Constant;
use crate::distribution::Distribution;
use crate::error::ObjectiveError;
use crate::estimator::{AnyEstimator, Estimator, Round};
use crate::estimators::tests::{Claim, Cubic, Flipping, Named, all, hold, teach, variables};
use crate::estimators::{Count, Disarm, Listed, Reinforce, ReinforceEma, Rloo};
use crate::lanes::Float;
use crate::noise::{BlockStream, Stream};
use crate::objective::{Differentiable, Objective, PerExample, Points};

/// Three shares, of which the last is not full.
const EXAMPLES: usize = 2 * SHARE + 5;

/// f of example n is `(1 + n/8)·`[`Cubic`]; the first example has the number that is given.
#[derive(Clone, Copy)]
struct OfExamples(usize);

impl OfExamples {
    fn factor(self, points: Points<'_>, row: usize) -> f64 {
        1.0 + (self.0 + points.example(row)) as f64 / 8.0
    }
}

impl Objective for OfExamples {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        for (row, (b, f)) in points.iter().zip(f).enumerate() {
            *f = self.factor(points, row) * Cubic.value(b);
        }
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for OfExamples {
    fn value_and_gradient(&self, _: &[f64], _: &mut [f64]) -> f64 {
        unreachable!("f depends on the example, which one point alone does not tell")
    }

    fn values_and_gradients(
        &self,
        points: Points<'_>,
        f: &mut [f64],
        gradients: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        let rows = points.iter().zip(f.iter_mut()).zip(gradients.chunks_exact_mut(points.dimension()));
        for (row, ((x, f), gradient)) in rows.enumerate() {
            let factor = self.factor(points, row);
            *f = factor * Cubic.value_and_gradient(x, gradient);
            for slope in gradient {
                *slope *= factor;
            }
        }
        Ok(())
    }
}

/// Parameters of all examples, each an `f32` as well: those of the prototype, moved.
fn parameters<D: Distribution>(prototype: &D) -> Vec<f64> {
    let own = prototype.parameters();
    let moved = |i: usize| own[i % own.len()] + 0.7 * (1.3 * i as f64).sin();
    #[allow(clippy::cast_possible_truncation)] // the nearest f32 is what is asked for
    (0..EXAMPLES * own.len()).map(|i| f64::from(moved(i) as f32)).collect()
}

/// A round of all examples, answered.
fn answered<D: Distribution + Clone, T: Float>(
    estimator: &(impl Estimator<D> + ?Sized),
    prototype: &D,
) -> Plate<D, T> {
    let parameters: Vec<T> = parameters(prototype).iter().map(|a| T::default().constant(*a)).collect();
    let mut plate = Plate::new(prototype.clone(), EXAMPLES);
    plate.ask(estimator, &parameters, &mut Stream::new(9, 1, 2)).unwrap();
    plate.evaluate(&Flipping(OfExamples(0))).unwrap();
    plate.answer(estimator).unwrap();
    plate
}

/// The noise of each example of a plate, so many numbers each. The next words of the stream start the generators of a share.
fn noise_of(stream: &mut Stream, each: usize) -> Vec<Vec<f64>> {
    let mut rows = vec![vec![0.0; each]; EXAMPLES];
    for share in rows.chunks_mut(SHARE) {
        let mut numbers = vec![0.0; each * share.len()];
        BlockStream::take(stream).fill_open01(&mut numbers);
        let parts = numbers.chunks(each.max(1));
        share.iter_mut().zip(parts).for_each(|(row, numbers)| row.copy_from_slice(numbers));
    }
    rows
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

struct SingleRounds;

impl Claim for SingleRounds {
    fn hold<D: Listed + Clone>(&self, prototype: &D, estimators: Vec<Named<D>>) {
        for (name, _, mut estimator) in estimators {
            teach(&mut estimator, prototype, &Cubic, 5);
            let parameters = parameters(prototype);
            let plate: Plate<D> = answered(&estimator, prototype);
            let (mut stream, mut round) = (Stream::new(9, 1, 2), Round::new());
            let noise = noise_of(&mut stream, estimator.noise(prototype));
            let (mut points, mut gradient, mut weights, mut f) =
                (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let mut sum: Vec<f64> = vec![0.0; plate.variance_gradient().len()];
            let mut size = sum.clone();
            for (n, own) in parameters.chunks(prototype.parameters().len()).enumerate() {
                let mut distribution = prototype.clone();
                distribution.set_parameters(own).unwrap();
                round.ask(&estimator, &distribution, &noise[n]).unwrap();
                round.evaluate(&Flipping(OfExamples(n))).unwrap();
                round.answer_with_variance_gradient(&estimator, &distribution).unwrap();
                points.extend_from_slice(round.points().as_slice());
                gradient.extend_from_slice(round.gradient());
                weights.extend_from_slice(round.weights());
                f.push(round.f());
                assert_eq!(round.variance_gradient().len(), sum.len(), "{name}");
                for ((sum, size), term) in sum.iter_mut().zip(&mut size).zip(round.variance_gradient()) {
                    (*sum, *size) = (*sum + term, *size + term.abs());
                }
            }
            assert_eq!(bits(plate.points()), bits(&points), "{name}: points");
            assert_eq!(bits(plate.gradient()), bits(&gradient), "{name}: ĝ");
            assert_eq!(bits(plate.weights()), bits(&weights), "{name}: weights");
            assert_eq!(bits(plate.f()), bits(&f), "{name}: f");
            for ((found, sum), size) in plate.variance_gradient().iter().zip(sum).zip(size) {
                // The sum of 37 examples in another order, each of some hundred terms that may cancel.
                assert!((found - sum).abs() <= 1e-12 * (size + 1e-3), "{name}: {found}, not {sum}");
            }
            assert_eq!(bits(plate.noise()), bits(&noise.concat()), "{name}: noise");
            // The stream is where the last share left it.
            let mut after = Stream::new(9, 1, 2);
            let mut again = Plate::<D>::new(prototype.clone(), EXAMPLES);
            again.ask(&estimator, &parameters, &mut after).unwrap();
            assert_eq!(after.position(), stream.position(), "{name}");
        }
    }
}

#[test]
fn a_plate_is_as_many_single_rounds_bit_for_bit() {
    hold(&SingleRounds);
}

/// What is inlined into the loop of a share has the bits of what is called.
#[test]
fn an_estimator_whose_type_is_known_has_the_bits_of_a_boxed_one() {
    fn hold<E: Estimator + Clone + 'static>(estimator: &E) {
        let boxed: AnyEstimator = Box::new(estimator.clone());
        for count in [1, 8, 21, 64] {
            let prototype = Bernoulli::from_logits(&vec![0.5; count]).unwrap();
            let known: Plate = answered(estimator, &prototype);
            let called: Plate = answered(&boxed, &prototype);
            let parts =
                |plate: &Plate| [plate.points(), plate.gradient(), plate.weights(), plate.f()].map(bits);
            assert_eq!(parts(&known), parts(&called));
            let known: Plate<Bernoulli, f32> = answered(estimator, &prototype);
            let called: Plate<Bernoulli, f32> = answered(&boxed, &prototype);
            assert_eq!(known.points(), called.points());
            assert_eq!((known.gradient(), bits(known.f())), (called.gradient(), bits(called.f())));
        }
    }
    hold(&Rloo::new(3).unwrap());
    hold(&Disarm::new(4).unwrap());
    hold(&Reinforce::new(0.25).unwrap());
    hold(&ReinforceEma::new(0.5).unwrap());
    hold(&Constant::new(0.5).unwrap());
}

struct Threads;

impl Claim for Threads {
    fn hold<D: Listed + Clone>(&self, prototype: &D, estimators: Vec<Named<D>>) {
        for (name, _, estimator) in estimators {
            let on = |threads: usize| {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let plate: Plate<D> = pool.install(|| answered(&estimator, prototype));
                let parts =
                    [plate.points(), plate.gradient(), plate.weights(), plate.f(), plate.variance_gradient()];
                parts.map(bits)
            };
            let one = on(1);
            assert!(on(2) == one && on(5) == one, "{name}");
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    hold(&Threads);
}

struct Single;

impl Claim for Single {
    fn hold<D: Listed + Clone>(&self, prototype: &D, estimators: Vec<Named<D>>) {
        for (name, _, mut estimator) in estimators {
            teach(&mut estimator, prototype, &Cubic, 5);
            if estimator.advantages().is_some() && prototype.logits_of_bits().is_some() {
                // Its plates of `f32` have samples of their own, and a file of tests.
                continue;
            }
            let double: Plate<D> = answered(&estimator, prototype);
            let single: Plate<D, f32> = answered(&estimator, prototype);
            let largest = |numbers: &[f64]| numbers.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
            let unit = f64::from(f32::EPSILON);
            for (found, expected) in single.points().iter().zip(double.points()) {
                // One rounding, to half a unit.
                assert!((f64::from(*found) - expected).abs() <= 0.5 * unit * expected.abs(), "{name}");
            }
            // Points, f and ∇f go through f32, with an error of half a unit each, and so does ĝ at the end. A rounded point
            // moves f and ∇f by as much as their slopes, at most 30 times their size here; everything between is f64.
            let scale = largest(double.gradient()) + largest(&double.values) + largest(&double.gradients);
            assert!(scale > 0.1, "{name}: nothing was tested");
            for (found, expected) in single.gradient().iter().zip(double.gradient()) {
                let error = (f64::from(*found) - expected).abs();
                assert!(
                    error <= 32.0 * unit * scale,
                    "{name}: {found}, not {expected}: {}",
                    error / unit / scale
                );
            }
            for (found, expected) in single.weights().iter().zip(double.weights()) {
                assert!((f64::from(*found) - expected).abs() <= unit, "{name}");
            }
            for (found, expected) in single.f().iter().zip(double.f()) {
                assert!((found - expected).abs() <= 32.0 * unit * scale, "{name}");
            }
            // Squares of ĝ and their slopes by φ.
            let of_phi = largest(double.variance_gradient());
            for (found, expected) in single.variance_gradient().iter().zip(double.variance_gradient()) {
                let error = (found - expected).abs();
                assert!(
                    error <= 32.0 * unit * (of_phi + EXAMPLES as f64 * scale * scale),
                    "{name}: {error:e}"
                );
            }
        }
    }
}

#[test]
fn single_precision_rounds_what_goes_in_and_out() {
    hold(&Single);
}

struct Learning;

impl Claim for Learning {
    fn hold<D: Listed + Clone>(&self, prototype: &D, estimators: Vec<Named<D>>) {
        let (mut moved, mut learn) = (BTreeSet::new(), BTreeSet::new());
        for ((name, method, mut of_plate), (_, _, mut one_by_one)) in
            estimators.into_iter().zip(all(prototype))
        {
            if method.cost.f == Count::Varies {
                // It chooses once for a plate, and after each round of one example.
                continue;
            }
            let untaught = probe(&of_plate, prototype);
            let parameters = parameters(prototype);
            let mut plate = Plate::<D>::new(prototype.clone(), EXAMPLES);
            let (mut of_plates, mut of_rounds) = (Stream::new(3, 0, 0), Stream::new(3, 0, 0));
            for _ in 0..2 {
                let noise = noise_of(&mut of_rounds, one_by_one.noise(prototype));
                plate.ask(&of_plate, &parameters, &mut of_plates).unwrap();
                plate.evaluate(&Flipping(OfExamples(0))).unwrap();
                plate.tell(&mut of_plate).unwrap();
                for (n, own) in parameters.chunks(prototype.parameters().len()).enumerate() {
                    let (mut distribution, mut round) = (prototype.clone(), Round::new());
                    distribution.set_parameters(own).unwrap();
                    round.ask(&one_by_one, &distribution, &noise[n]).unwrap();
                    round.evaluate(&Flipping(OfExamples(n))).unwrap();
                    round.tell(&mut one_by_one, &distribution).unwrap();
                }
            }
            let taught = probe(&of_plate, prototype);
            assert_eq!(taught, probe(&one_by_one, prototype), "{name}");
            if !of_plate.state().is_empty() {
                learn.insert(method.name);
            }
            if taught != untaught {
                moved.insert(method.name);
            }
        }
        // Those that have a state, and no others.
        assert!(moved == learn && moved.len() >= 2, "{moved:?}, not {learn:?}");
    }
}

/// What an estimator answers to noise that has not been used before.
fn probe<D: Distribution>(estimator: &AnyEstimator<D>, distribution: &D) -> Vec<u64> {
    let mut round = Round::new();
    round.draw(estimator, distribution, &mut Stream::new(77, 0, 0)).unwrap();
    round.evaluate(&Cubic).unwrap();
    round.answer(estimator, distribution).unwrap();
    bits(round.gradient())
}

#[test]
fn a_plate_teaches_what_its_examples_teach_in_their_order() {
    hold(&Learning);
}

#[test]
fn an_objective_gets_the_number_of_its_example() {
    let mut plate = Plate::<Bernoulli>::new(variables(2), EXAMPLES);
    let rloo = Rloo::new(4).unwrap();
    plate.ask(&rloo, &parameters(&variables(2)), &mut Stream::new(1, 0, 0)).unwrap();
    plate.evaluate(&PerExample(|n: usize, _: &[f64]| n as f64)).unwrap();
    plate.answer(&rloo).unwrap();
    assert_eq!(plate.points_each(), 4);
    for (n, f) in plate.f().iter().enumerate() {
        assert_eq!(*f, n as f64);
    }
    for (row, value) in plate.values_mut().iter().enumerate() {
        assert_eq!(*value, (row / 4) as f64);
    }
}

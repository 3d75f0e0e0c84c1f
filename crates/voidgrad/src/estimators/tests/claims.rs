//! What an estimator says of itself.

use std::cell::Cell;

use super::{Cubic, Flipping, Named, TAUGHT, all, categorical, gaussian, make, setup, subset, variables};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::controls::{Perceptron, Sum};
use crate::distribution::Distribution;
use crate::error::{EstimateError, ObjectiveError};
use crate::estimator::{Estimator, Round, check_wants};
use crate::estimators::{Count, Enumerate, Lax, Listed, Method, MethodError, Needs, Setup, methods};
use crate::noise::Stream;
use crate::objective::{Differentiable, Flips, Objective, Points, Smooth};
use crate::variance;

/// What the command line, the guide and people's scripts call them. The guide's table and its test notice a name that changes.
#[test]
fn every_name_is_there_once() {
    let names: Vec<&str> = methods().map(|method| method.name).collect();
    assert!(names.len() >= 32, "{names:?}");
    for name in &names {
        assert_eq!(Method::find(name).map(|method| method.name), Some(*name));
    }
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len());
}

/// [`Cubic`], counting its evaluations.
struct Counted(Cell<u64>);

impl Objective for Counted {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        self.0.set(self.0.get() + points.len() as u64);
        Cubic.values(points, f)
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

impl Flips for Counted {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        self.0.set(self.0.get() + 1);
        Cubic.value_and_flips(b, flips)
    }
}

impl Differentiable for Counted {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.0.set(self.0.get() + 1);
        Cubic.value_and_gradient(x, gradient)
    }
}

#[test]
fn an_estimate_takes_as_many_evaluations_as_it_says() {
    for count in [1, 3, 5] {
        evaluations_are_those_it_says(all(&variables(count)), &variables(count), count, 2);
        let distribution = categorical::variables(count);
        evaluations_are_those_it_says(all(&distribution), &distribution, count, 3);
    }
    evaluations_are_those_it_says(all(&gaussian::variables()), &gaussian::variables(), 2, 0);
    // The states of one subset.
    evaluations_are_those_it_says(all(&subset::variables()), &subset::variables(), 1, 6);
}

fn evaluations_are_those_it_says<D: Distribution>(
    estimators: Vec<Named<D>>,
    distribution: &D,
    count: usize,
    states: u64,
) {
    for (name, method, estimator) in estimators {
        let (counted, mut round) = (Counted(Cell::new(0)), Round::new());
        let mut noise = vec![0.0; estimator.noise(distribution)];
        Stream::new(2, 0, 0).fill_open01(&mut noise);
        round.estimate(&estimator, distribution, &counted, &noise).unwrap();
        let evaluations = estimator.evaluations(distribution);
        assert_eq!(counted.0.get(), evaluations, "{name}, M = {count}");
        let samples = if name.ends_with("of 4") { 4 } else { 2 };
        let said = match method.cost.f {
            Count::Fixed(evaluations) => evaluations,
            Count::K => samples,
            Count::KOrVariablesAndOne => samples.min(count as u64 + 1),
            Count::KOrStates => samples.min((0..count).map(|_| states).product()),
            Count::TimesK(times) => times * samples,
            // That of the candidate in use, which is not known from outside.
            Count::Varies => evaluations,
            Count::VariablesAndOne => count as u64 + 1,
            Count::FourTimesVariables => 4 * count as u64,
            Count::States => (0..count).map(|_| states).product(),
        };
        assert_eq!(evaluations, said, "{name}, M = {count}");
        let possible = estimator.possible_evaluations(distribution);
        assert_eq!(possible.len() > 1, method.cost.f == Count::Varies && !name.ends_with("of 4"));
        assert!(possible.is_sorted() && possible.contains(&evaluations), "{name}, M = {count}: {possible:?}");
    }
}

#[test]
fn a_black_box_is_refused_by_those_that_need_its_gradient_and_by_no_others() {
    a_black_box_is_refused(all(&variables(2)), &variables(2));
    a_black_box_is_refused(all(&categorical::variables(2)), &categorical::variables(2));
    a_black_box_is_refused(all(&gaussian::variables()), &gaussian::variables());
    a_black_box_is_refused(all(&subset::variables()), &subset::variables());
}

fn a_black_box_is_refused<D: Distribution>(estimators: Vec<Named<D>>, distribution: &D) {
    let black_box = |b: &[f64]| b[0] - b[1];
    for (name, method, estimator) in estimators {
        let mut noise = vec![0.0; estimator.noise(distribution)];
        Stream::new(2, 0, 0).fill_open01(&mut noise);
        let made = Round::new().estimate(&estimator, distribution, &black_box, &noise);
        let expected = match method.needs {
            Needs::Gradient => Err(EstimateError::NoGradient),
            Needs::Flips => Err(EstimateError::NoFlips),
            Needs::Values | Needs::Control => Ok(()),
        };
        assert_eq!(made, expected, "{name}");
        assert_eq!(check_wants(&estimator, distribution, &black_box), expected, "{name}");
        assert_eq!(check_wants(&estimator, distribution, &Cubic), Ok(()), "{name}");
        let has_control = estimator.control().is_some_and(|control| control.parameters() > 0);
        // RELAX that asks for f has both.
        assert!(has_control == (method.needs == Needs::Control) || name == "relax that asks", "{name}");
    }
}

#[test]
fn noise_of_another_length_is_refused() {
    noise_is_refused(all(&variables(2)), &variables(2));
    noise_is_refused(all(&categorical::variables(2)), &categorical::variables(2));
    noise_is_refused(all(&gaussian::variables()), &gaussian::variables());
    noise_is_refused(all(&subset::variables()), &subset::variables());
}

fn noise_is_refused<D: Distribution>(estimators: Vec<Named<D>>, distribution: &D) {
    for (name, _, estimator) in estimators {
        let noise = vec![0.5; estimator.noise(distribution) + 1];
        let made = Round::new().estimate(&estimator, distribution, &Cubic, &noise);
        assert!(matches!(made, Err(EstimateError::Shape(_))), "{name}: {made:?}");
    }
}

/// A control of another number of entries is refused, as a pair of controls that don't go together is.
#[test]
fn a_control_of_another_dimension_is_refused() {
    let mut stream = Stream::new(0, 0, 0);
    let [four, six] = [4, 6].map(|entries| Perceptron::draw(entries, 2, &mut stream).unwrap());
    let distribution = categorical::variables(2);
    assert_eq!(Estimator::<Categorical>::suits(&six, &distribution), Ok(()));
    let found = Estimator::<Categorical>::suits(&four, &distribution);
    assert!(matches!(found, Err(EstimateError::Shape(_))));
    let sum = Sum::new(six, four.clone());
    assert!(Estimator::<Categorical>::suits(&sum, &distribution).is_err());
    assert!(Lax::new(four).suits(&gaussian::variables()).is_err());
}

/// The memory that an estimate is made in may come from another estimator, another estimate, or another noise.
#[test]
fn an_estimate_depends_on_nothing_but_its_arguments() {
    // Four parameters each, with samples of four and of two entries.
    let (rows, continuous) =
        (Categorical::from_logits(&[0.3, 0.0, -0.4, 0.1], 2).unwrap(), gaussian::variables());
    let mut used = Round::new();
    for _ in 0..2 {
        depends_on_nothing_else(all(&variables(4)), &variables(4), &mut used);
        depends_on_nothing_else(all(&rows), &rows, &mut used);
        depends_on_nothing_else(all(&continuous), &continuous, &mut used);
        depends_on_nothing_else(all(&subset::variables()), &subset::variables(), &mut used);
    }
}

fn depends_on_nothing_else<D: Distribution>(estimators: Vec<Named<D>>, distribution: &D, used: &mut Round) {
    for (name, _, estimator) in estimators {
        for row in 0..3 {
            let mut noise = vec![0.0; estimator.noise(distribution)];
            Stream::new(6, 0, row).fill_open01(&mut noise);
            let mut fresh = Round::new();
            for round in [&mut *used, &mut fresh] {
                round.estimate(&estimator, distribution, &Cubic, &noise).unwrap();
            }
            assert_eq!(
                (used.gradient(), used.f(), used.weights()),
                (fresh.gradient(), fresh.f(), fresh.weights()),
                "{name}"
            );
        }
    }
}

/// With 0 and 1 exchanged, the gradient has the other sign and the variance is the same; [`variance::moments`] relies on it.
#[test]
fn estimators_with_finite_noise_treat_both_states_alike() {
    let bernoulli = variables(3);
    let logits: Vec<f64> = bernoulli.logits().iter().map(|a| -a).collect();
    let mirrored = Bernoulli::from_logits(&logits).unwrap();
    let flip = |x: &[f64]| -> Vec<f64> { x.iter().map(|x| 1.0 - x).collect() };
    let objective = Flipping(Smooth::new(
        |b: &[f64]| Cubic.value(&flip(b)),
        |x: &[f64], gradient: &mut [f64]| {
            let value = Cubic.value_and_gradient(&flip(x), gradient);
            for gradient in gradient {
                *gradient = -*gradient;
            }
            value
        },
    ));
    let mut tested = 0;
    for (name, _, estimator) in all(&bernoulli) {
        let is_large =
            estimator.rule(&bernoulli).and_then(|rule| rule.size()).is_none_or(|size| size > 10_000);
        if is_large || !estimator.treats_states_alike() {
            assert!(is_large || name == TAUGHT, "{name}");
            continue;
        }
        let found = variance::moments(&bernoulli, &Cubic, &estimator).unwrap();
        let other = variance::moments(&mirrored, &objective, &estimator).unwrap();
        for m in 0..3 {
            super::close(&name, found.mean[m], -other.mean[m], 1e-13);
        }
        super::close(&name, found.variance, other.variance, 1e-13);
        tested += 1;
    }
    assert!(tested > 12, "{tested}");
}

/// Holds the numbers that an estimator takes to what it says of K: 0 is none of them, 1 where there is "K ≥ 2", or "K from 2", and odd ones where K is "even".
fn senseless_numbers_are_refused<D: Listed>(distribution: &D, least: usize) {
    let has_k = |method: &Method| method.cost.has_choice() && method.cost.f != Count::Varies;
    let rows: Vec<_> = D::estimators().iter().filter(|row| has_k(row.method)).collect();
    assert!(rows.len() >= least, "{rows:?}");
    for row in rows {
        let (name, parameters) = (row.method.name, row.method.parameters);
        let is_even = parameters.starts_with("K, even");
        let is_from_two = is_even || parameters.starts_with("K ≥ 2") || parameters.starts_with("K from 2");
        assert!(is_from_two || parameters.starts_with("K, 2 unless given"), "{name}: {parameters}");
        for (evaluations, is_refused) in [(0, true), (1, is_from_two), (2, false), (3, is_even), (4, false)] {
            let setup = Setup { evaluations: Some(evaluations), ..setup() };
            let made = row.make(&setup, distribution, &mut Stream::new(0, 0, 0));
            assert_eq!(made.is_err(), is_refused, "{name}, {evaluations} evaluations");
            let Err(error) = made else { continue };
            let MethodError::Setup(error) = error else { panic!("{name}: {error}") };
            assert_eq!((error.name, error.value), ("evaluations", evaluations as f64), "{name}");
        }
    }
}

#[test]
fn a_number_of_evaluations_that_makes_no_sense_is_refused() {
    senseless_numbers_are_refused(&variables(1), 8);
    senseless_numbers_are_refused(&categorical::variables(1), 5);
    senseless_numbers_are_refused(&gaussian::variables(), 1);
    senseless_numbers_are_refused(&subset::variables(), 1);
    let enumerate = make("enumerate", &setup(), &variables(1));
    let many = Bernoulli::from_logits(&[0.0; 21]).unwrap();
    let error = EstimateError::TooManyVariables { found: 21, allowed: 20 };
    assert_eq!(enumerate.suits(&many), Err(error));
    // 3¹² is less than a million or so, 3¹³ is not.
    let many = Categorical::from_logits(&[0.0; 39], 3).unwrap();
    let error = EstimateError::TooManyVariables { found: 13, allowed: 12 };
    assert_eq!(Estimator::<Categorical>::suits(&Enumerate, &many), Err(error));
}

//! What an estimator says of itself.

use std::cell::Cell;

use super::{Cubic, SETUP, all, make, variables};
use crate::estimator::EstimateError;
use crate::estimators::{Draw, METHODS, Method, Needs, Setup, table};
use crate::noise::{Stream, Uniforms};
use crate::objective::{Differentiable, Objective};
use crate::variance;

/// What the command line, the guide and people's scripts call them.
#[test]
fn every_name_is_there_once() {
    let names: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
    for name in [
        "reinforce",
        "reinforce-ema",
        "reinforce-optimal",
        "rloo",
        "arm",
        "disarm",
        "arms",
        "double-cv",
        "muprop",
        "local-expectation",
        "enumerate",
        "rebar",
        "relax",
        "relax-linear",
        "relax-loo",
        "straight-through",
        "gumbel",
        "reinmax",
    ] {
        assert_eq!(names.iter().filter(|&&other| other == name).count(), 1, "{name}");
        assert_eq!(Method::find(name).map(|method| method.name), Some(name));
    }
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len());
}

#[test]
fn the_table_of_the_documentation_is_made_of_the_list() {
    let written = include_str!("../table.md");
    assert!(written == table(), "estimators/table.md is to be:\n{}", table());
}

/// [`Cubic`], counting its evaluations.
struct Counted(Cell<u64>);

impl Objective for Counted {
    fn value(&self, b: &[f64]) -> f64 {
        self.0.set(self.0.get() + 1);
        Cubic.value(b)
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
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
        let bernoulli = variables(count);
        for (name, method, estimator) in all() {
            let (counted, mut draw) = (Counted(Cell::new(0)), Draw::new(&bernoulli));
            let mut noise = vec![0.0; estimator.noise(&bernoulli)];
            Stream::new(2, 0, 0).fill_open01(&mut noise);
            draw.update(&estimator, &bernoulli, &counted, Uniforms::trusted(&noise)).unwrap();
            let evaluations = estimator.evaluations(&bernoulli);
            assert_eq!(counted.0.get(), evaluations, "{name}, M = {count}");
            let samples = if name.ends_with("of 4") { 4 } else { 2 };
            let said = match method.cost.split(',').next().unwrap() {
                "1" => 1,
                "2" => 2,
                "K" => samples,
                "M + 1" => count as u64 + 1,
                "2^M" => 1 << count,
                other => panic!("{name}: what is {other}?"),
            };
            assert_eq!(evaluations, said, "{name}, M = {count}");
        }
    }
}

#[test]
fn a_black_box_is_refused_by_those_that_need_its_gradient_and_by_no_others() {
    let bernoulli = variables(2);
    let black_box = |b: &[f64]| b[0] - b[1];
    for (name, method, estimator) in all() {
        let mut noise = vec![0.0; estimator.noise(&bernoulli)];
        Stream::new(2, 0, 0).fill_open01(&mut noise);
        let made =
            Draw::new(&bernoulli).update(&estimator, &bernoulli, &black_box, Uniforms::trusted(&noise));
        let expected = if method.needs == Needs::Gradient { Err(EstimateError::NoGradient) } else { Ok(()) };
        assert_eq!(made, expected, "{name}");
        assert_eq!(estimator.suits(&bernoulli, &black_box), expected, "{name}");
        assert_eq!(method.needs == Needs::Control, estimator.control().is_some_and(|c| c.parameters() > 0));
    }
}

#[test]
fn noise_of_another_length_is_refused() {
    let bernoulli = variables(2);
    for (name, _, estimator) in all() {
        let noise = vec![0.5; estimator.noise(&bernoulli) + 1];
        let made = Draw::new(&bernoulli).update(&estimator, &bernoulli, &Cubic, Uniforms::trusted(&noise));
        assert!(matches!(made, Err(EstimateError::Shape(_))), "{name}: {made:?}");
    }
}

/// The memory that an estimate is made in may come from another estimator, another estimate, or another noise.
#[test]
fn an_estimate_depends_on_nothing_but_its_arguments() {
    let bernoulli = variables(3);
    let mut used = Draw::new(&bernoulli);
    for (name, _, estimator) in all() {
        for row in 0..3 {
            let mut noise = vec![0.0; estimator.noise(&bernoulli)];
            Stream::new(6, 0, row).fill_open01(&mut noise);
            let mut fresh = Draw::new(&bernoulli);
            for draw in [&mut used, &mut fresh] {
                draw.update(&estimator, &bernoulli, &Cubic, Uniforms::trusted(&noise)).unwrap();
            }
            assert_eq!((&used.gradient, used.f), (&fresh.gradient, fresh.f), "{name}");
        }
    }
}

/// With 0 and 1 exchanged, the gradient has the other sign and the variance is the same; [`variance::moments`] relies on it.
#[test]
fn estimators_with_finite_noise_treat_both_states_alike() {
    let bernoulli = variables(3);
    let logits: Vec<f64> = bernoulli.logits().iter().map(|a| -a).collect();
    let mirrored = crate::Bernoulli::from_logits(&logits).unwrap();
    let flip = |x: &[f64]| -> Vec<f64> { x.iter().map(|x| 1.0 - x).collect() };
    let objective = crate::Smooth::new(
        |b: &[f64]| Cubic.value(&flip(b)),
        |x: &[f64], gradient: &mut [f64]| {
            let value = Cubic.value_and_gradient(&flip(x), gradient);
            gradient.iter_mut().for_each(|gradient| *gradient = -*gradient);
            value
        },
    );
    let mut tested = 0;
    for (name, _, estimator) in all() {
        if estimator.rule(&bernoulli).and_then(|rule| rule.size()).is_none_or(|size| size > 10_000) {
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

#[test]
fn a_number_of_evaluations_that_makes_no_sense_is_refused() {
    for (name, evaluations) in [("rloo", 1), ("disarm", 3), ("arms", 0), ("double-cv", 1), ("relax-loo", 1)] {
        let setup = Setup { evaluations: Some(evaluations), ..SETUP };
        let made = Method::find(name).unwrap().make(&setup, &mut Stream::new(0, 0, 0));
        let Err(error) = made else { panic!("{name} takes {evaluations} evaluations") };
        assert_eq!((error.name, error.value), ("evaluations", evaluations as f64), "{name}");
    }
    let enumerate = make(Method::find("enumerate").unwrap(), &SETUP);
    let many = crate::Bernoulli::from_logits(&[0.0; 21]).unwrap();
    let error = EstimateError::TooManyVariables { found: 21, allowed: 20 };
    assert_eq!(enumerate.suits(&many, &Cubic), Err(error));
}

//! The automatic choice: it is measured against what is known of its candidates.

use super::{Cubic, Scaled, all, borrowed, categorical, close, gaussian, gradient, setup, subset, variables};
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::controls::Perceptron;
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::estimator::{AnyEstimator, Estimator, Learned, Round, StepGradients, check_wants};
use crate::estimators::{
    Auto, AutoError, Criterion, Disarm, DoubleCv, Enumerate, Listed, LocalExpectation, MethodError,
    Reinforce, ReinforceEma, Rloo, Setup,
};
use crate::noise::Stream;
use crate::objective::Objective;
use crate::optimise::{Adam, Optimiser as _};
use crate::toy::MeanQuadratic;
use crate::variance;

fn of_table(count: usize) -> Auto {
    Auto::of_table(&Setup::default(), &variables(count), &mut Stream::new(0, 0, 0)).unwrap()
}

fn of(candidates: Vec<(&str, AnyEstimator)>) -> Auto {
    Auto::new(candidates.into_iter().map(|(name, estimator)| (name.to_owned(), estimator)).collect()).unwrap()
}

fn disarm() -> AnyEstimator {
    Box::new(Disarm::new(2).unwrap())
}

fn average() -> AnyEstimator {
    Box::new(ReinforceEma::new(0.99).unwrap())
}

/// Rounds of a run.
struct Rounds<'a> {
    bernoulli: Bernoulli,
    objective: &'a dyn Objective,
    stream: Stream,
    round: Round,
    /// The direct gradient of every step, if the rounds are those of a model.
    direct: Option<Vec<f64>>,
}

impl<'a> Rounds<'a> {
    fn new(count: usize, objective: &'a dyn Objective) -> Self {
        let (stream, round) = (Stream::new(31, 0, 0), Round::new());
        Self { bernoulli: variables(count), objective, stream, round, direct: None }
    }

    fn make(&mut self, auto: &mut Auto, rounds: usize) {
        for _ in 0..rounds {
            self.round.draw(auto, &self.bernoulli, &mut self.stream).unwrap();
            self.round.evaluate(self.objective).unwrap();
            self.round.tell(auto, &self.bernoulli).unwrap();
            if let Some(direct) = &self.direct {
                auto.end_step(StepGradients { estimated: self.round.gradient(), direct });
            }
        }
    }
}

/// Given all earlier rounds, each round has the mean that its candidate has: a choice that looked at the sample of its own round would not.
#[test]
fn every_round_of_a_run_is_unbiased() {
    let (mut auto, mut rounds) = (of_table(3), Rounds::new(3, &Cubic));
    let exact = gradient(&rounds.bernoulli, &Cubic);
    let mut used = Vec::new();
    for _ in 0..200 {
        let found = variance::moments(&rounds.bernoulli, &Cubic, &auto).unwrap().mean;
        for (found, exact) in found.iter().zip(&exact) {
            close(auto.in_use(), *found, *exact, 1e-12);
        }
        used.push(auto.in_use().to_owned());
        rounds.make(&mut auto, 1);
    }
    used.sort();
    used.dedup();
    assert!(used.len() >= 4, "{used:?}");
}

/// At one θ, of rounds of one example and of plates of two, whose ĝ is the sum.
#[test]
fn a_score_is_the_second_moment_and_the_cost() {
    const ROUNDS: u32 = 20_000;
    // Without rare states, whose squares would take more rounds.
    let bernoulli = Bernoulli::from_probabilities(&[0.4, 0.6, 0.55]).unwrap();
    let candidates = || {
        let reinforce = Box::new(Reinforce::new(1.9).unwrap());
        vec![("disarm", disarm()), ("reinforce", reinforce), ("local", Box::new(LocalExpectation))]
    };
    for (criterion, examples) in [(Criterion::Norm, 1), (Criterion::Squares, 1), (Criterion::Norm, 2)] {
        let mut auto = of(candidates()).with_criterion(criterion);
        let mut plate: Plate = Plate::new(bernoulli.clone(), examples);
        let (logits, mut stream) = (bernoulli.logits().repeat(examples), Stream::new(31, 0, 0));
        let mut means = [0.0; 3];
        for round in 0..ROUNDS + 100 {
            plate.ask(&auto, &logits, &mut stream).unwrap();
            plate.evaluate(&Cubic).unwrap();
            plate.tell(&mut auto).unwrap();
            if round >= 100 {
                for (mean, score) in means.iter_mut().zip(auto.scores()) {
                    *mean += score.powi(2) / f64::from(ROUNDS);
                }
            }
        }
        for ((name, estimator), found) in candidates().into_iter().zip(means) {
            let moments = variance::moments(&bernoulli, &Cubic, &estimator).unwrap();
            let (count, cost) = (examples as f64, estimator.evaluations(&bernoulli) as f64);
            let signal: f64 = moments.mean.iter().map(|g| (count * g).powi(2)).sum();
            let cost = if criterion == Criterion::Norm { cost * cost } else { cost };
            let expected = (signal + count * 3.0 * moments.variance) * cost;
            // One that is tried in one of forty rounds has some hundreds of measurements. A score that is too high stays for longer than one that is too low, because its
            // candidate is tried less often.
            let error = (found / expected - 1.0).abs();
            assert!(error < 0.3, "{name}, {criterion:?}, {examples}: {found}, not {expected}");
        }
    }
}

/// The median over 20 runs of how far `E[f]` is above that of the exact training, on average over 1,000 evaluations of f. The example `auto` has other problems.
#[test]
fn it_is_as_good_as_its_best_candidate_on_the_first_problem() {
    const EVALUATIONS: usize = 1_000;
    let f = MeanQuadratic { target: 0.499 };
    let curve = |mut estimator: Option<AnyEstimator>, run: u64| {
        let mut bernoulli = Bernoulli::from_logits(&[0.0]).unwrap();
        let (mut adam, mut round) = (Adam::new(1, 0.01).unwrap(), Round::new());
        let (mut stream, mut curve) = (Stream::new(1, run, 0), vec![f.expectation(&bernoulli)]);
        while curve.len() <= EVALUATIONS {
            let mut evaluations = 1;
            let gradient = match &mut estimator {
                None => f.gradient(&bernoulli),
                Some(estimator) => {
                    round.draw(estimator, &bernoulli, &mut stream).unwrap();
                    evaluations = round.points().len();
                    round.evaluate(&f).unwrap();
                    round.tell(estimator, &bernoulli).unwrap();
                    round.gradient().to_vec()
                }
            };
            let mut logits = bernoulli.logits().to_vec();
            adam.step(&mut logits, &gradient).unwrap();
            bernoulli.set_parameters(&logits).unwrap();
            let before = curve[curve.len() - 1];
            curve.extend((1..evaluations).map(|_| before));
            curve.push(f.expectation(&bernoulli));
        }
        curve.truncate(EVALUATIONS + 1);
        curve.iter().sum::<f64>() / curve.len() as f64
    };
    let exact = curve(None, 0);
    let excess = |name: &str| {
        let made = || super::make(name, &Setup::default(), &Bernoulli::from_logits(&[0.0]).unwrap());
        let mut means: Vec<f64> = (0..20).map(|run| curve(Some(made()), run) - exact).collect();
        means.sort_by(f64::total_cmp);
        0.5 * (means[9] + means[10])
    };
    let found = excess("auto");
    let alone: Vec<f64> = of_table(1).names().map(excess).collect();
    // f is between 0.249 and 0.251.
    assert!(alone.iter().all(|other| found <= 1.1 * other + 1e-6), "{found}, {alone:?}");
}

#[test]
fn trials_take_a_bounded_share_and_everything_is_counted() {
    let (mut auto, mut rounds) = (of_table(8), Rounds::new(8, &Cubic));
    let mut evaluations = 0;
    let mut trials = 0.0;
    let possible = auto.possible_evaluations(&rounds.bernoulli);
    // Those of one sample, those of two, and all bits flipped.
    assert_eq!(possible, [1, 2, 9]);
    for _ in 0..5_000 {
        evaluations += auto.evaluations(&rounds.bernoulli);
        assert!(possible.contains(&auto.evaluations(&rounds.bernoulli)));
        let before: u64 = auto.choices().iter().map(|choice| choice.trials).sum();
        let cost = auto.evaluations(&rounds.bernoulli) as f64;
        rounds.make(&mut auto, 1);
        let after: u64 = auto.choices().iter().map(|choice| choice.trials).sum();
        trials += cost * (after - before) as f64;
    }
    let choices = auto.choices();
    assert_eq!(choices.iter().map(|choice| choice.rounds).sum::<u64>(), 5_000);
    assert_eq!(choices.iter().map(|choice| choice.evaluations).sum::<u64>(), evaluations);
    assert!(choices.windows(2).all(|pair| pair[0].name != pair[1].name), "{choices:?}");
    // The first turns, at most four of two evaluations and one of nine with four rounds each, and a twentieth.
    let bound = 4.0 * (4.0 * 2.0 + 9.0) + 0.05 * evaluations as f64;
    assert!(trials > 0.002 * evaluations as f64 && trials < bound, "{trials} of {evaluations}");
}

/// A moving average that has learned from the rounds of others has a mean of f before its first own round.
#[test]
fn a_candidate_of_one_sample_is_measured_and_taught_by_the_rounds_of_others() {
    let far = |b: &[f64]| 100.0 + b[0] - b[1];
    let mut auto = of(vec![("disarm", disarm()), ("average", average())]);
    let mut rounds = Rounds::new(2, &far);
    let mut largest: f64 = 0.0;
    for _ in 0..300 {
        rounds.make(&mut auto, 1);
        largest = rounds.round.gradient().iter().fold(largest, |largest, g| largest.max(g.abs()));
    }
    assert_eq!(auto.in_use(), "average");
    // Before it has learned, ĝ is a hundred times a score.
    assert!(largest < 2.0, "{largest}");
}

#[test]
fn an_expensive_candidate_waits_until_it_can_be_afforded() {
    let mut auto = of(vec![("disarm", disarm()), ("enumerate", Box::new(Enumerate))]);
    let mut rounds = Rounds::new(8, &Cubic);
    let (mut spent, mut first) = (0, None);
    for _ in 0..4_000 {
        if auto.in_use() == "enumerate" && first.is_none() {
            first = Some(spent);
        }
        spent += auto.evaluations(&rounds.bernoulli);
        rounds.make(&mut auto, 1);
    }
    // Four rounds of 256 evaluations, four times.
    assert_eq!(first, Some(4 * 4 * 256));
}

/// What a decoder gains from a step decides, if it is much. With two samples `ĝ` has a sixth of the norm that it has with one, so they win unless each step is worth more than that. A gradient of noise gains nothing.
#[test]
fn what_others_gain_from_a_step_makes_cheap_rounds_the_best() {
    const DIRECT: usize = 100;
    let candidates = || {
        vec![
            ("rloo", Box::new(Rloo::new(2).unwrap()) as AnyEstimator),
            ("one", Box::new(Reinforce::new(-20.0).unwrap())),
        ]
    };
    let best = |signal: f64| {
        let (mut auto, mut rounds) = (of(candidates()), Rounds::new(3, &Cubic));
        let (mut noise, mut direct) = (Stream::new(5, 0, 0), vec![0.0; DIRECT]);
        for _ in 0..600 {
            rounds.make(&mut auto, 1);
            noise.fill_open01(&mut direct);
            for x in &mut direct {
                *x = 1e3 * (*x - 0.5 + signal);
            }
            auto.end_step(StepGradients { estimated: rounds.round.gradient(), direct: &direct });
        }
        auto.choices().last().unwrap().name.clone()
    };
    assert_eq!([best(0.0), best(0.5)], ["rloo", "one"]);
}

/// Costs that say the opposite of the evaluations: seconds, for example.
#[test]
fn the_costs_decide() {
    let candidates = || vec![("disarm", disarm()), ("local", Box::new(LocalExpectation) as AnyEstimator)];
    let additive = |b: &[f64]| b.iter().sum::<f64>() - 1.0;
    for (costs, best) in [([1.0, 1e6], "disarm"), ([1e6, 1.0], "local")] {
        let mut auto = of(candidates()).with_costs(&costs).unwrap();
        Rounds::new(3, &additive).make(&mut auto, 400);
        let choices = auto.choices();
        assert_eq!(choices[choices.len() - 1].name, best, "{choices:?}");
        assert_eq!(auto.costs().collect::<Vec<f64>>(), costs);
    }
    let mut auto = of(candidates());
    assert_eq!(auto.costs().collect::<Vec<f64>>(), [0.0; 2]);
    Rounds::new(3, &additive).make(&mut auto, 1);
    assert_eq!(auto.costs().collect::<Vec<f64>>(), [2.0, 4.0]);
}

#[test]
fn scores_follow_f_when_it_changes_and_any_size_of_it_will_do() {
    for scale in [2.0_f64.powi(-900), 1.0, 2.0_f64.powi(500)] {
        let (large, small) = (Scaled(scale), Scaled(scale * 2.0_f64.powi(-8)));
        let mut auto = of_table(3);
        Rounds::new(3, &large).make(&mut auto, 300);
        let before: Vec<f64> = auto.scores().collect();
        Rounds::new(3, &small).make(&mut auto, 3_000);
        // All of them, the rarely tried ones, too.
        for (before, after) in before.iter().zip(auto.scores()) {
            let factor = after / before * 2.0_f64.powi(8);
            assert!((0.1..10.0).contains(&factor), "{scale}: {factor}");
        }
    }
}

#[test]
fn a_state_continues_with_the_same_bits_and_another_is_refused() {
    for rounds in [0, 1, 3, 17, 100, 999] {
        let mut made = Rounds { direct: Some(vec![0.1; 5]), ..Rounds::new(3, &Cubic) };
        let (mut first, mut second) = (of_table(3), of_table(3));
        Rounds::new(3, &Scaled(4.0)).make(&mut second, 50);
        made.make(&mut first, rounds);
        second.restore(&borrowed(&first.state())).unwrap();
        assert_eq!(first.choices(), second.choices());
        let mut again =
            Rounds { stream: made.stream.clone(), round: Round::new(), bernoulli: variables(3), ..made };
        again.make(&mut second, 120);
        let stream = again.stream.clone();
        let mut made = Rounds { stream: Stream::new(31, 0, 0), ..again };
        let mut whole = of_table(3);
        made.make(&mut whole, rounds + 120);
        assert_eq!(made.stream.position(), stream.position());
        assert_eq!(bits(&whole.state()), bits(&second.state()), "{rounds}");
    }
    let mut auto = of_table(3);
    Rounds { direct: Some(vec![0.1; 5]), ..Rounds::new(3, &Cubic) }.make(&mut auto, 100);
    let untouched = auto.state();
    for place in 0..untouched.len() {
        let mut missing = untouched.clone();
        let (name, values) = missing.remove(place);
        assert!(auto.restore(&borrowed(&missing)).is_err(), "{name}");
        missing.push(("another".into(), values.clone()));
        assert!(auto.restore(&borrowed(&missing)).is_err(), "{name}");
        // The baselines of all variables may be of more of them.
        if !name.starts_with("reinforce-optimal") {
            missing.pop();
            missing.push((name.clone(), [values, vec![0.5]].concat()));
            assert!(auto.restore(&borrowed(&missing)).is_err(), "{name}");
        }
        assert_eq!(bits(&auto.state()), bits(&untouched), "{name}");
    }
    for (place, number) in [(1, 5.0), (2, -1.0), (3, 0.5), (2, f64::NAN)] {
        let mut another = untouched.clone();
        another[0].1[place] = number;
        assert!(auto.restore(&borrowed(&another)).is_err());
    }
    assert_eq!(bits(&auto.state()), bits(&untouched));
}

fn bits(state: &Learned) -> Vec<(String, Vec<u64>)> {
    let of_array = |values: &Vec<f64>| values.iter().map(|value| value.to_bits()).collect();
    state.iter().map(|(name, values)| (name.to_string(), of_array(values))).collect()
}

/// All examples of a plate are asked by the same candidate, and count as one round.
#[test]
fn a_plate_is_one_round() {
    const EXAMPLES: u64 = 7;
    let mut auto = of_table(3);
    let mut plate: Plate = Plate::new(variables(3), 7);
    let logits: Vec<f64> = (0..21).map(|i| f64::from(i).sin()).collect();
    let mut stream = Stream::new(2, 0, 0);
    let mut evaluations = 0;
    for _ in 0..300 {
        let each = auto.evaluations(&variables(3));
        plate.ask(&auto, &logits, &mut stream).unwrap();
        assert_eq!(plate.points_each() as u64, each);
        evaluations += each * EXAMPLES;
        plate.evaluate(&Cubic).unwrap();
        plate.tell(&mut auto).unwrap();
    }
    let choices = auto.choices();
    assert_eq!(choices.iter().map(|choice| choice.rounds).sum::<u64>(), 300);
    assert_eq!(choices.iter().map(|choice| choice.evaluations).sum::<u64>(), evaluations);
    // Every moving average has learned once from each example.
    let state = auto.state();
    let weight = state.iter().find(|(name, _)| name == "reinforce-ema/weight").unwrap().1[0];
    close("weight", weight, (0..300 * 7).fold(0.0, |weight, _| 0.99 * weight + 1.0), 1e-9);
}

#[test]
fn what_can_not_be_chosen_among_is_refused() {
    assert_eq!(Auto::<Bernoulli>::new(Vec::new()).unwrap_err(), AutoError::Empty);
    let twice = Auto::new(vec![("a".to_owned(), disarm()), ("a".to_owned(), average())]);
    assert_eq!(twice.unwrap_err(), AutoError::Duplicate { name: "a".into() });
    let control = || Box::new(Perceptron::draw(2, 2, &mut Stream::new(0, 0, 0)).unwrap());
    let trained = Auto::<Bernoulli>::new(vec![("c".to_owned(), control()), ("d".to_owned(), control())]);
    assert_eq!(trained.unwrap_err(), AutoError::Controls { first: "c".into(), second: "d".into() });
    let two = || of(vec![("disarm", disarm()), ("average", average())]);
    assert_eq!(two().with_costs(&[1.0]).unwrap_err(), AutoError::Costs { found: 1, expected: 2 });
    for cost in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = two().with_costs(&[1.0, cost]).unwrap_err();
        assert!(matches!(error, AutoError::Cost { ref name, .. } if name == "average"), "{error}");
    }
    let priced = |costs: &[(&str, f64)]| {
        let costs = costs.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect();
        let setup = Setup { evaluations: Some(5), costs, ..setup() };
        Auto::of_table(&setup, &variables(3), &mut Stream::new(0, 0, 0))
            .map(|auto| auto.costs().collect::<Vec<f64>>())
    };
    assert_eq!(priced(&[("arms", 2.0), ("rloo", 0.5)]), Ok(vec![0.5, 2.0]));
    let candidates = || "rloo, arms".to_owned();
    let error = AutoError::NoCost { name: "arms".into(), candidates: candidates() };
    assert_eq!(priced(&[("rloo", 0.5)]), Err(error.into()));
    let error = AutoError::NoCandidate { name: "disarm".into(), candidates: candidates() };
    assert_eq!(priced(&[("rloo", 0.5), ("disarm", 1.0), ("arms", 1.0)]), Err(error.into()));
    // One of the candidates is enough.
    let auto = of(vec![("disarm", disarm()), ("enumerate", Box::new(Enumerate))]);
    let many = Bernoulli::from_logits(&[0.0; 21]).unwrap();
    assert_eq!(auto.suits(&many), Err(EstimateError::TooManyVariables { found: 21, allowed: 20 }));
    let double_cv = Box::new(DoubleCv::new(2, 0.9).unwrap());
    let auto = of(vec![("disarm", disarm()), ("double-cv", double_cv)]);
    assert_eq!(check_wants(&auto, &variables(2), &|b: &[f64]| b[0]), Err(EstimateError::NoGradient));
    assert_eq!(check_wants(&auto, &variables(2), &Cubic), Ok(()));
}

/// With ∇f at hand, Double CV has no variance if f is linear. A single sample of eight variables has six times the square of the gradient.
#[test]
fn a_candidate_may_want_the_gradient() {
    let double_cv = Box::new(DoubleCv::new(2, 0.999).unwrap());
    let rloo = Box::new(Rloo::new(2).unwrap());
    let mut auto = of(vec![("rloo", rloo), ("average", average()), ("double-cv", double_cv)]);
    let slope = |m: usize| if m.is_multiple_of(2) { 1.0 } else { -1.0 };
    let value = |b: &[f64]| b.iter().enumerate().map(|(m, b)| slope(m) * b).sum::<f64>();
    let linear = crate::objective::Smooth::new(value, |b: &[f64], gradient: &mut [f64]| {
        gradient.iter_mut().enumerate().for_each(|(m, gradient)| *gradient = slope(m));
        value(b)
    });
    Rounds::new(8, &linear).make(&mut auto, 500);
    let choices = auto.choices();
    assert_eq!(choices[choices.len() - 1].name, "double-cv", "{choices:?}");
}

#[test]
fn the_list_is_that_of_the_variables_and_of_k() {
    let names = |setup: &Setup, count: usize| -> Vec<String> {
        let bernoulli = Bernoulli::from_logits(&vec![0.1; count]).unwrap();
        let auto = Auto::of_table(setup, &bernoulli, &mut Stream::new(0, 0, 0)).unwrap();
        auto.names().map(str::to_owned).collect()
    };
    let of = |evaluations| Setup { evaluations, ..setup() };
    let single = ["disarm", "rloo", "reinforce-ema", "reinforce-optimal"];
    assert_eq!(names(&of(None), 16), single);
    assert_eq!(names(&of(None), 15), [&single[..], &["local-expectation"]].concat());
    assert_eq!(names(&of(Some(4)), 3), ["disarm", "rloo", "arms"]);
    assert_eq!(names(&of(Some(5)), 3), ["rloo", "arms"]);
    let error = Auto::of_table(&of(Some(1)), &variables(3), &mut Stream::new(0, 0, 0)).unwrap_err();
    assert!(matches!(error, MethodError::Setup(_)), "{error}");
}

/// What an estimator says of its first point, of all tables.
#[test]
fn those_that_start_with_a_sample_do() {
    fn check<D: Listed>(distribution: &D) -> usize {
        let mut count = 0;
        for (name, _, estimator) in all(distribution) {
            if !estimator.starts_with_a_sample() {
                continue;
            }
            count += 1;
            let (mut round, mut stream) = (Round::new(), Stream::new(17, 0, 0));
            for _ in 0..50 {
                let mut noise = vec![0.0; estimator.noise(distribution)];
                stream.fill_open01(&mut noise);
                let mut expected = vec![0.0; distribution.dimension()];
                distribution.sample(&noise[..distribution.uniforms()], &mut expected);
                round.ask(&estimator, distribution, &noise).unwrap();
                assert_eq!(round.points().as_slice()[..expected.len()], expected, "{name}");
            }
        }
        count
    }
    assert!(check(&variables(3)) >= 14 && check(&categorical::variables(2)) >= 6);
    assert!(check(&gaussian::variables()) >= 6 && check(&subset::variables()) >= 6);
}

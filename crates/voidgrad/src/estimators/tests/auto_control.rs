//! The automatic choice with a candidate whose control has parameters.

use super::{Cubic, borrowed, variables};
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::controls::{Constant, Perceptron};
use crate::estimator::{AnyEstimator, Estimator, Round};
use crate::estimators::{Auto, AutoError, Disarm, Estimate, ReinforceEma, Rloo};
use crate::noise::{Noise, Stream};
use crate::optimise::{Optimiser as _, Sgd};

fn control(units: usize) -> Perceptron {
    Perceptron::draw(3, units, &mut Stream::new(4, 0, 0)).unwrap()
}

fn of(candidates: Vec<(&str, AnyEstimator)>) -> Auto {
    Auto::new(candidates.into_iter().map(|(name, estimator)| (name.to_owned(), estimator)).collect()).unwrap()
}

/// All that is known of the variance's gradient comes from the first sample, its u and the next v, whichever candidate is in use.
#[test]
fn a_control_is_taught_in_the_rounds_of_the_others() {
    type Make = fn() -> AnyEstimator;
    let bernoulli = variables(3);
    let candidates: [(&str, Make); 3] = [
        ("disarm", || Box::new(Disarm::new(2).unwrap())),
        ("rloo", || Box::new(Rloo::new(3).unwrap())),
        ("average", || Box::new(ReinforceEma::new(0.9).unwrap())),
    ];
    for (name, make) in candidates {
        let other = make();
        let needed = other.noise(&bernoulli);
        let auto = of(vec![(name, make()), ("relax", Box::new(control(2)))]);
        assert_eq!(auto.noise(&bernoulli), needed.max(6), "{name}");
        let (mut round, mut own, mut stream) = (Round::new(), Round::new(), Stream::new(5, 0, 0));
        for _ in 0..20 {
            let mut noise = vec![0.0; needed.max(6)];
            stream.fill_open01(&mut noise);
            round.estimate_with_variance_gradient(&auto, &bernoulli, &Cubic, &noise).unwrap();
            // Only the candidate in use makes ĝ.
            own.estimate(&other, &bernoulli, &Cubic, &noise[..needed]).unwrap();
            assert_eq!(round.gradient(), own.gradient(), "{name}");
            assert_eq!(round.weights(), own.weights(), "{name}");
            let (control, first) = (control(2), round.points().as_slice()[..3].to_vec());
            let mut estimate = Estimate::new(3);
            let noise = Noise::new(&noise[..3], &noise[3..6]).unwrap();
            estimate.update(&bernoulli, &Cubic, &control, noise).unwrap();
            assert_eq!(estimate.b, first, "{name}");
            let expected = estimate.variance_gradient(&control);
            assert_eq!(round.variance_gradient(), expected.as_slice(), "{name}");
            assert!(expected.iter().any(|entry| *entry != 0.0));
        }
    }
}

/// The mean of f is large beside its differences. A constant that has learned it leaves less than `disarm` with its two samples; before that it leaves a hundred times as much, and is not used. φ
/// moves from the first round on, and plates choose as single rounds do.
#[test]
fn a_control_is_chosen_once_it_has_learned() {
    const ROUNDS: usize = 500;
    let objective = |b: &[f64]| 100.0 + b.iter().sum::<f64>();
    let bernoulli = Bernoulli::from_logits(&[0.4; 20]).unwrap();
    let make = || {
        let constant: AnyEstimator = Box::new(Constant::new(0.0).unwrap());
        of(vec![("disarm", Box::new(Disarm::new(2).unwrap()))]).with_candidate("constant", constant).unwrap()
    };
    for examples in [1, 4] {
        let mut auto = make();
        let before = auto.control().unwrap().phi();
        // The derivative is about ½(φ - f), so φ comes closer by a twentieth in a step.
        let mut sgd = Sgd::new(0.1).unwrap();
        let mut plate: Plate = Plate::new(bernoulli.clone(), examples);
        let (logits, mut stream) = (bernoulli.logits().repeat(examples), Stream::new(8, 0, 0));
        for round in 0..ROUNDS {
            plate.ask(&auto, &logits, &mut stream).unwrap();
            plate.evaluate(&objective).unwrap();
            plate.tell(&mut auto).unwrap();
            let mut phi = auto.control().unwrap().phi();
            sgd.step(phi.as_mut_slice(), plate.variance_gradient()).unwrap();
            auto.control_mut().unwrap().set_phi(phi.as_view()).unwrap();
            assert!(round > 0 || phi != before, "φ moves in the first round");
        }
        let choices = auto.choices();
        assert_eq!([&*choices[0].name, auto.in_use()], ["disarm", "constant"], "{choices:?}");
        let rounds: u64 =
            choices.iter().filter(|choice| choice.name == "constant").map(|choice| choice.rounds).sum();
        // It is learned after some hundred rounds; 32 more forget what it was before.
        assert!((200..450).contains(&rounds), "{choices:?}");
        // The state has no φ, and continues with the same bits.
        let mut again = make();
        let phi = auto.control().unwrap().phi();
        again.control_mut().unwrap().set_phi(phi.as_view()).unwrap();
        again.restore(&borrowed(&auto.state())).unwrap();
        let mut gradients = [&mut auto, &mut again].map(|auto| {
            let mut stream = Stream::new(9, 0, 0);
            plate.ask(&*auto, &logits, &mut stream).unwrap();
            plate.evaluate(&objective).unwrap();
            plate.tell(auto).unwrap();
            (plate.gradient().to_vec(), plate.variance_gradient().to_vec())
        });
        let [first, second] = &mut gradients;
        assert_eq!(first, second);
    }
}

#[test]
fn a_candidate_is_replaced_by_another_of_its_kind() {
    let bernoulli = variables(3);
    let mut auto =
        of(vec![("average", Box::new(ReinforceEma::new(0.9).unwrap())), ("relax", Box::new(control(2)))]);
    let (mut round, mut stream) = (Round::new(), Stream::new(5, 0, 0));
    for _ in 0..30 {
        round.draw(&auto, &bernoulli, &mut stream).unwrap();
        round.evaluate(&Cubic).unwrap();
        round.tell(&mut auto, &bernoulli).unwrap();
    }
    let scores: Vec<f64> = auto.scores().collect();
    assert!(scores.iter().all(|score| *score > 0.0), "{scores:?}");
    let mut other = control(2);
    other.set_phi((control(2).phi() * 3.0).as_view()).unwrap();
    auto.replace("relax", Box::new(other)).unwrap();
    assert_eq!(auto.control().unwrap().phi(), control(2).phi() * 3.0);
    assert_eq!(auto.scores().collect::<Vec<f64>>(), scores);
    let refused = |error: AutoError| error.to_string();
    assert_eq!(
        refused(auto.replace("relax", Box::new(control(5))).unwrap_err()),
        "relax can't be replaced: the new control has another number of parameters"
    );
    assert_eq!(
        refused(auto.replace("rebar", Box::new(control(2))).unwrap_err()),
        "rebar can't be replaced: there is no candidate of this name"
    );
    let second = auto.with_candidate("relax-loo", Box::new(control(2))).unwrap_err();
    assert_eq!(second, AutoError::Controls { first: "relax".into(), second: "relax-loo".into() });
}

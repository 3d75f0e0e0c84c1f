//! Every estimator trains, those from outside of the crate too.

use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{Settings, Step};
use voidgrad::{Bernoulli, train};

use super::all;

#[test]
fn every_estimator_trains() {
    let f = MeanQuadratic { target: 0.2 };
    let start = Bernoulli::from_probabilities(&[0.6, 0.5]).unwrap();
    let settings = Settings { iterations: 400, batch: 20, learning_rate: 0.05, ..Settings::default() };
    for (method, estimator) in all(&start) {
        let outcome = train(start.clone(), &f, estimator, &settings, 0, &mut |_: &Step<'_>| ()).unwrap();
        let theta = outcome.distribution.probabilities();
        // The minimum is where both are 0; f(1) - f(0) = 0.6 leaves no doubt about the direction. With a bias another
        // point may look like one: straight-through goes to θ = t.
        assert!(method.is_biased() || theta.iter().all(|&theta| theta < 0.1), "{}: {theta:?}", method.name);
        assert!(theta.iter().all(|&theta| theta < 0.5), "{}: {theta:?}", method.name);
    }
}

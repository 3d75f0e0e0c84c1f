//! The α that Double CV learns.

use super::known::{even, taught};
use super::{Cubic, Scaled, borrowed, close, double_cv_of, gradient, of_alpha, variables};
use crate::bernoulli::Bernoulli;
use crate::estimator::{Estimator as _, Round};
use crate::estimators::{DoubleCv, Rloo};
use crate::noise::Stream;
use crate::objective::{Objective, Smooth};
use crate::toy::MeanQuadratic;
use crate::variance;

const TARGET: f64 = 0.499;

/// The variance of `f(b) = (1/M) Σ (b_m - t)²` at θ = ½ with two samples: `ĝ = (1 + α)·g - α·e`. Here g is RLOO, whose variance is `(1 - 2t)²/(16·M)`,
/// and e is the mean slope times ¼, with the variance `1/(32·M²)`; no coordinate of g goes with that of e.
fn variance_on_a_parabola(variables: usize, alpha: f64) -> [f64; 2] {
    let count = variables as f64;
    let rloo = (1.0 - 2.0 * TARGET).powi(2) / (16.0 * count);
    let slope = 1.0 / (32.0 * count * count);
    [rloo, (1.0 + alpha).powi(2) * rloo + alpha * alpha * slope]
}

#[test]
fn the_variance_on_a_parabola_is_known() {
    let f = MeanQuadratic { target: TARGET };
    for alpha in [-1.0, -0.02, 0.0, 0.7] {
        for count in 1..=4 {
            let found = variance::moments(&even(count), &f, &double_cv_of(2, alpha)).unwrap().variance;
            let [_, known] = variance_on_a_parabola(count, alpha);
            // 1 - 2t has 14 digits, f(b) - f(b') 13 of them.
            close("a few variables", found, known, 1e-11 * known + 1e-30);
        }
        let sampled = variance::monte_carlo(&even(200), &f, &double_cv_of(2, alpha), 6_000, 3).unwrap();
        let [_, known] = variance_on_a_parabola(200, alpha);
        // Five standard errors: 6e-7 each, were the seed not fixed.
        close("sampled", sampled.variance, known, 5.0 * sampled.standard_error);
        assert!(sampled.standard_error < 0.02 * known);
    }
}

/// The slope of 200 parabolas says next to nothing of how f changes, and α = -1 has 600 times RLOO's variance. The best α is -0.0016, and the one that is learned
/// would have to be 0.005 off for a difference of 3 %; that is many times what sampling leaves of it after as few as 20 rounds, so there
/// is no false alarm to speak of. The seed is fixed.
#[test]
fn on_two_hundred_parabolas_it_is_as_good_as_rloo() {
    let f = MeanQuadratic { target: TARGET };
    let [rloo, fixed] = variance_on_a_parabola(200, -1.0);
    close("RLOO", rloo, 1.25e-9, 1e-21);
    assert!(fixed > 600.0 * rloo);
    for rounds in [0, 20, 100, 2_000] {
        let alpha = taught(DoubleCv::new(2, 0.999).unwrap(), &even(200), &f, rounds).alpha();
        let [_, learned] = variance_on_a_parabola(200, alpha);
        assert!(learned < 1.03 * rloo, "{rounds} rounds: α = {alpha}, {learned:e}");
        if rounds == 2_000 {
            assert!(learned < rloo && (alpha + 0.0016).abs() < 4e-4, "α = {alpha}, {learned:e}");
        }
    }
}

/// Two variables that meet, beside a linear part and a square.
fn mixed() -> impl Objective {
    let f = |x: &[f64]| 1.5 * x[0] - x[1] + 0.8 * x[0] * x[1] - 0.6 * x[0] * x[0];
    Smooth::new(f, move |x: &[f64], gradient: &mut [f64]| {
        gradient.copy_from_slice(&[1.5 + 0.8 * x[1] - 1.2 * x[0], 0.8 * x[0] - 1.0]);
        f(x)
    })
}

/// The variance is a parabola of α, and its lowest point is where 40,000 rounds lead.
#[test]
fn the_alpha_that_is_learned_is_that_of_least_variance() {
    let (f, bernoulli) = (mixed(), variables(2));
    for count in [2, 3] {
        let variance = |double_cv: &DoubleCv| variance::moments(&bernoulli, &f, double_cv).unwrap().variance;
        let [below, middle, above] = [-1.0, 0.0, 1.0].map(|alpha| variance(&double_cv_of(count, alpha)));
        let curvature = above + below - 2.0 * middle;
        let best = 0.5 * (below - above) / curvature;
        let least = middle - 0.5 * curvature * best * best;
        let double_cv = taught(DoubleCv::new(count, 0.999_99).unwrap(), &bernoulli, &f, 40_000);
        let found = variance(&double_cv);
        assert!(least < 0.9 * middle.min(below), "there is something to learn: {least} {middle} {below}");
        close("the variance", found, least, 1e-3 * least);
        // And ĝ stays unbiased.
        let mean = variance::moments(&bernoulli, &f, &double_cv).unwrap().mean;
        for (mean, exact) in mean.iter().zip(gradient(&bernoulli, &f)) {
            close("mean", *mean, exact, 1e-14);
        }
    }
}

#[test]
fn the_first_five_rounds_are_those_of_rloo() {
    let bernoulli = variables(3);
    let mut noise = [0.0; 6];
    let [mut double_cv, mut rloo] = [Round::new(), Round::new()];
    for rounds in 0..=5 {
        let taught = taught(DoubleCv::new(2, 0.9).unwrap(), &bernoulli, &Cubic, rounds);
        Stream::new(5, 0, rounds).fill_open01(&mut noise);
        double_cv.estimate(&taught, &bernoulli, &Cubic, &noise).unwrap();
        rloo.estimate(&Rloo::new(2).unwrap(), &bernoulli, &Cubic, &noise).unwrap();
        assert_eq!(double_cv.gradient() == rloo.gradient(), rounds < 5, "{rounds}");
    }
}

#[test]
fn alpha_has_the_same_bits_for_huge_and_for_tiny_values() {
    let bernoulli = variables(3);
    let alpha = |exponent| {
        let f = Scaled(2.0_f64.powi(exponent));
        taught(DoubleCv::new(2, 0.99).unwrap(), &bernoulli, &f, 50).alpha()
    };
    assert!(alpha(0).abs() > 0.1);
    for exponent in [-900, 900] {
        assert_eq!(alpha(exponent).to_bits(), alpha(0).to_bits(), "2^{exponent}");
    }
}

#[test]
fn alpha_is_a_number_at_extreme_logits_and_a_constant_f_teaches_nothing() {
    let bernoulli = Bernoulli::from_logits(&[-700.0, 700.0, -37.0, 36.0, 0.0]).unwrap();
    let alpha = taught(DoubleCv::new(2, 0.99).unwrap(), &bernoulli, &Cubic, 300).alpha();
    assert!(alpha.abs() < 2.0, "{alpha}");
    let constant = Scaled(0.0);
    assert_eq!(taught(DoubleCv::new(2, 0.99).unwrap(), &bernoulli, &constant, 20).alpha(), 0.0);
}

#[test]
fn a_state_continues_with_the_same_bits_and_another_is_refused() {
    let bernoulli = variables(3);
    let first = taught(DoubleCv::new(2, 0.9).unwrap(), &bernoulli, &Cubic, 30);
    let mut second = taught(DoubleCv::new(2, 0.9).unwrap(), &variables(2), &Cubic, 9);
    let state = first.state();
    second.restore(&borrowed(&state)).unwrap();
    let [first, mut second] = [first, second].map(|double_cv| taught(double_cv, &bernoulli, &Cubic, 7));
    assert_eq!(first.state(), second.state());
    assert_eq!(first.alpha().to_bits(), second.alpha().to_bits());

    let untouched = second.state();
    for place in 0..state.len() {
        let mut missing = state.clone();
        let (name, values) = missing.remove(place);
        assert!(second.restore(&borrowed(&missing)).is_err(), "{name}");
        missing.push(("another".into(), values.clone()));
        assert!(second.restore(&borrowed(&missing)).is_err(), "{name}");
        if name != "slope" {
            missing.pop();
            missing.push((name.clone(), [values, vec![0.5]].concat()));
            assert!(second.restore(&borrowed(&missing)).is_err(), "{name}");
        }
    }
    let more = [of_alpha(0.5), vec![("another".into(), vec![1.0])]].concat();
    assert!(second.restore(&borrowed(&more)).is_err());
    assert_eq!(second.state(), untouched);
}

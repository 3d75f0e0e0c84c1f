//! REBAR and RELAX in all their forms, by quadrature.
//!
//! Given the samples, `ĝ` is a sum of functions of one number each, since the controls are means of functions of one z each.
//! One-dimensional integrals of `ĝ` itself then make its exact mean and variance, for any number of variables.

use super::{Cubic, TARGET, by_gradient, close, gradient, make, setup, states, variables};
use crate::bernoulli::Bernoulli;
use crate::control::Control as _;
use crate::controls::RelaxLinear;
use crate::controls::by_hand;
use crate::estimator::{AnyEstimator, Coupling, Round};
use crate::estimators::{Rloo, estimate};
use crate::noise::{Noise, Stream};
use crate::toy::MeanQuadratic;
use crate::variance;
use crate::variance::nodes::nodes;
use voidgrad_real::sigmoid;

/// What one of the numbers of an estimate is for.
#[derive(Clone, Copy)]
enum Number {
    /// u of a variable, which makes b and z.
    U(usize),
    /// v of a variable, which makes z̃.
    V(usize),
}

/// What the numbers are for, sample by sample.
fn layout(name: &str, variables: usize) -> Vec<Vec<Number>> {
    let u = (0..variables).map(Number::U);
    let independent: Vec<Number> = u.clone().chain((0..variables).map(Number::V)).collect();
    match name {
        "rebar-coupled" | "relax-coupled" => vec![u.collect()],
        "relax-loo" => vec![independent; 2],
        _ => vec![independent],
    }
}

/// A value of a number and its share of the probability, given b.
struct Node {
    number: f64,
    weight: f64,
}

/// Nodes for u or v given b, on the axis `x = ln(v/(1 - v))`, where `|z| = ln(1 + e^x/(1 - p(b)))`, with ends of panels at the
/// kinks.
fn rule(number: Number, a: f64, b: bool, kinks: &[f64]) -> Vec<Node> {
    let sign = if b { 1.0 } else { -1.0 };
    let other = sigmoid(-sign * a);
    let mut ends: Vec<f64> = (0..=37).map(|i| -40.0 + 2.0 * f64::from(i)).collect();
    let of_kinks = kinks.iter().map(|z| sign * z).filter(|&y| y > 0.0);
    ends.extend(of_kinks.map(|y| (other * y.exp_m1()).ln()).filter(|x| x.abs() < 34.0));
    ends.sort_by(f64::total_cmp);
    let all = ends.windows(2).flat_map(|ends| nodes(ends[0], ends[1]));
    all.map(|(x, weight)| {
        let y = (x.exp() / other).ln_1p();
        let number = match number {
            Number::U(_) => sigmoid(sign * y - a),
            Number::V(_) => sigmoid(x),
        };
        Node { number: number.min(1.0 - 0.5 * f64::EPSILON), weight: weight * sigmoid(x) * sigmoid(-x) }
    })
    .collect()
}

/// Mean and variance of the estimator, averaged over the coordinates.
fn moments(name: &str, estimator: &AnyEstimator, bernoulli: &Bernoulli) -> (Vec<f64>, f64) {
    let layout = layout(name, bernoulli.len());
    let control = estimator.control().unwrap();
    let phi = control.phi();
    let kinks = if phi.len() == 47 { by_hand::kinks(phi.as_slice(), true) } else { Vec::new() };
    let numbers: Vec<Number> = layout.concat();
    let variables = bernoulli.len();
    let mut round = Round::new();
    let mut given = Vec::new();
    for (b, p) in states_of(bernoulli, layout.len()) {
        let of = |i: usize| {
            let (Number::U(m) | Number::V(m)) = numbers[i];
            let b = b[i * layout.len() / numbers.len()][m] == 1.0;
            rule(numbers[i], bernoulli.logits()[m], b, &kinks)
        };
        let rules: Vec<Vec<Node>> = (0..numbers.len()).map(of).collect();
        // Somewhere in the middle.
        let reference: Vec<f64> = rules.iter().map(|rule| rule[rule.len() / 2].number).collect();
        let mut at = |noise: &[f64]| {
            round.estimate(estimator, bernoulli, &Cubic, noise).unwrap();
            round.gradient().to_vec()
        };
        let middle = at(&reference);
        let (mut mean, mut variance) = (middle.clone(), vec![0.0; variables]);
        for (i, rule) in rules.iter().enumerate() {
            let mut noise = reference.clone();
            let (mut first, mut second) = (vec![0.0; variables], vec![0.0; variables]);
            for node in rule {
                noise[i] = node.number;
                for (m, g) in at(&noise).into_iter().enumerate() {
                    first[m] += node.weight * (g - middle[m]);
                    second[m] += node.weight * (g - middle[m]).powi(2);
                }
            }
            for m in 0..variables {
                mean[m] += first[m];
                variance[m] += second[m] - first[m].powi(2);
            }
        }
        given.push((mean, variance, p));
    }
    let mean: Vec<f64> = (0..variables).map(|m| given.iter().map(|(mean, _, p)| p * mean[m]).sum()).collect();
    let of_one = |m: usize| -> f64 {
        given.iter().map(|(of, variance, p)| p * (variance[m] + (of[m] - mean[m]).powi(2))).sum()
    };
    let variance = (0..variables).map(of_one).sum::<f64>() / variables as f64;
    (mean, variance)
}

/// The states of all samples with their probability.
fn states_of(bernoulli: &Bernoulli, samples: usize) -> Vec<(Vec<Vec<f64>>, f64)> {
    let one = states(bernoulli);
    if samples == 1 {
        return one.into_iter().map(|(b, p)| (vec![b], p)).collect();
    }
    let pairs = one.iter().flat_map(|first| one.iter().map(move |second| (first, second)));
    pairs.map(|((b_1, p_1), (b_2, p_2))| (vec![b_1.clone(), b_2.clone()], p_1 * p_2)).collect()
}

const NAMES: [&str; 6] = ["rebar", "relax", "relax-linear", "rebar-coupled", "relax-coupled", "relax-loo"];

#[test]
fn the_expectation_is_the_gradient() {
    for name in NAMES {
        let bernoulli = variables(if name == "relax-loo" { 2 } else { 3 });
        let estimator = make(name, &setup(), &bernoulli);
        let (mean, _) = moments(name, &estimator, &bernoulli);
        for (mean, exact) in mean.iter().zip(gradient(&bernoulli, &Cubic)) {
            // 8 nodes on panels of width 2 are good to 1e-9 where the nearest pole, that of the density, is π from the axis; that
            // of a control with λ = 0.6 is 1.9 from it.
            close(name, *mean, exact, 1e-7);
        }
    }
}

#[test]
fn a_sum_of_functions_of_one_number_is_what_the_estimators_are() {
    let bernoulli = variables(2);
    for name in NAMES {
        let estimator = make(name, &setup(), &bernoulli);
        let layout = layout(name, 2).concat();
        let mut round = Round::new();
        let mut at = |noise: &[f64]| {
            round.estimate(&estimator, &bernoulli, &Cubic, noise).unwrap();
            round.gradient().to_vec()
        };
        // All u are below ½ of what makes 0 in every variable, or close to 1, before and after.
        let value = |i: usize, second: bool| match layout[i] {
            Number::U(m) => [[0.2, 0.5], [0.95, 0.99]][m][usize::from(second)],
            Number::V(_) => [0.3, 0.8][usize::from(second)],
        };
        let reference: Vec<f64> = (0..layout.len()).map(|i| value(i, false)).collect();
        let everywhere: Vec<f64> = (0..layout.len()).map(|i| value(i, true)).collect();
        let middle = at(&reference);
        let mut sum = middle.clone();
        for i in 0..layout.len() {
            let mut noise = reference.clone();
            noise[i] = everywhere[i];
            at(&noise).iter().zip(&middle).zip(&mut sum).for_each(|((g, middle), sum)| *sum += g - middle);
        }
        let moved = at(&everywhere);
        for m in 0..2 {
            close(name, moved[m], sum[m], 1e-13);
        }
        let far = moved.iter().zip(&middle).any(|(moved, middle)| (moved - middle).abs() > 1e-3);
        assert!(far, "{name}: nothing was tested");
    }
}

#[test]
fn for_one_variable_the_variance_is_that_of_the_library() {
    for name in ["rebar", "relax", "relax-linear", "rebar-coupled", "relax-coupled"] {
        for bernoulli in [0.3, 0.85].map(|theta| Bernoulli::from_probabilities(&[theta]).unwrap()) {
            for setup in [setup(), by_gradient()] {
                let estimator = make(name, &setup, &bernoulli);
                let (mean, variance) = moments(name, &estimator, &bernoulli);
                let found = variance::moments(&bernoulli, &Cubic, &estimator).unwrap();
                // The library promises 1e-7.
                close(name, found.variance, variance, 2e-7 * variance);
                close(name, found.mean[0], mean[0], 1e-7);
                close(name, mean[0], gradient(&bernoulli, &Cubic)[0], 1e-7);
            }
        }
    }
}

/// Coupled noise, with every formula written out once more, as an integral over u itself by the midpoint rule.
#[test]
fn coupled_noise_has_the_variance_of_an_integral_over_u() {
    let (theta, setup) = (0.35_f64, setup());
    let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
    let objective = MeanQuadratic { target: 0.45 };
    let (mut mean, mut square) = (0.0, 0.0);
    // Without the jump at 1 - θ, which is an end of the steps, the midpoint rule is good to the square of its step.
    let steps = 20_000;
    for i in 0..steps {
        let u = (f64::from(i) + 0.5) / f64::from(steps);
        let z = (theta / (1.0 - theta)).ln() + (u / (1.0 - u)).ln();
        let b = if u > 1.0 - theta { 1.0 } else { 0.0 };
        let v = if b == 1.0 { (u - (1.0 - theta)) / theta } else { 1.0 - u / (1.0 - theta) };
        let s = 1.0 / (1.0 + (-z / setup.lambda).exp());
        let c = setup.eta * (s - TARGET).powi(2);
        let c_z = setup.eta * 2.0 * (s - TARGET) * s * (1.0 - s) / setup.lambda;
        // ∂z̃/∂a of z̃ = ln(1 + v·e^a) - ln(1 - v), and of -ln(1 + v·e^-a) + ln(1 - v).
        let odds = theta / (1.0 - theta);
        let z_tilde_a = if b == 1.0 { v * odds / (1.0 + v * odds) } else { v / odds / (1.0 + v / odds) };
        let g = ((b - 0.45_f64).powi(2) - c) * (b - theta) + c_z - c_z * z_tilde_a;
        mean += g / f64::from(steps);
        square += g * g / f64::from(steps);
    }
    let found =
        variance::moments(&bernoulli, &objective, &make("rebar-coupled", &setup, &bernoulli)).unwrap();
    close("mean", found.mean[0], 0.1 * theta * (1.0 - theta), 1e-9);
    close("mean by u", mean, 0.1 * theta * (1.0 - theta), 1e-7);
    close("variance", found.variance, square - mean * mean, 1e-7);
}

#[test]
fn relax_over_several_samples_is_rloo_where_its_control_is_zero() {
    use crate::controls::Zero;
    use crate::estimators::RelaxLoo;
    let bernoulli = variables(3);
    let (zero, rloo) = (RelaxLoo::new(Zero, 2).unwrap(), Rloo::new(2).unwrap());
    let noise = [0.4, 0.1, 0.8, 0.3, 0.3, 0.3, 0.9, 0.6, 0.2, 0.5, 0.5, 0.5];
    let u: Vec<f64> = [&noise[..3], &noise[6..9]].concat();
    let [mut first, mut second] = [Round::new(), Round::new()];
    first.estimate(&zero, &bernoulli, &Cubic, &noise).unwrap();
    second.estimate(&rloo, &bernoulli, &Cubic, &u).unwrap();
    assert_eq!(first.gradient(), second.gradient());
    assert!(first.gradient()[0].abs() > 1e-3);
}

/// `(2/M)(∂ĝ/∂φ)ᵀ ĝ` is the derivative of `(1/M) Σ_m ĝ_m²`, the noise held fixed.
#[test]
fn the_variance_gradient_is_the_derivative_of_the_mean_square() {
    let cases = [1, 3].into_iter().flat_map(|count| NAMES.map(|name| (count, name)));
    for ((count, name), setup) in cases.flat_map(|case| [(case, setup()), (case, by_gradient())]) {
        let bernoulli = variables(count);
        let mut estimator = make(name, &setup, &bernoulli);
        let phi = estimator.control().unwrap().phi();
        let mut noise = vec![0.0; estimator.noise(&bernoulli)];
        Stream::new(4, 0, 0).fill_open01(&mut noise);
        let mut round = Round::new();
        round.estimate(&estimator, &bernoulli, &Cubic, &noise).unwrap();
        let alone = round.gradient().to_vec();
        round.answer_with_variance_gradient(&estimator, &bernoulli).unwrap();
        // One variable with a kernel has ĝ and the derivative from one pass.
        for (&with, &alone) in round.gradient().iter().zip(&alone) {
            close(name, with, alone, 1e-13);
        }
        let found = round.variance_gradient().to_vec();
        if estimator.coupling() == Some(Coupling::Independent) {
            let (u, v) = noise.split_at(count);
            let control = estimator.control().unwrap();
            let estimate = estimate(&bernoulli, &Cubic, control, Noise::new(u, v).unwrap()).unwrap();
            for (&at_once, &two_passes) in found.iter().zip(&estimate.variance_gradient(control)) {
                close(name, at_once, two_passes, 1e-12);
            }
        }
        for n in 0..phi.len() {
            let mut at = |offset: f64| {
                let mut moved = phi.clone();
                moved[n] += offset;
                estimator.control_mut().unwrap().set_phi(moved.as_view()).unwrap();
                round.estimate(&estimator, &bernoulli, &Cubic, &noise).unwrap();
                round.gradient().iter().map(|g| g * g).sum::<f64>() / count as f64
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            // Truncation 1e-10 times a third derivative, rounding 1e-16 over the step, for squares of up to 100.
            close(&format!("{name}, φ{n}"), found[n], difference, 1e-7);
        }
        assert!(found.iter().any(|entry| entry.abs() > 1e-3), "{name}: nothing was tested");
    }
}

/// `E[(2/M) Σ_m ĝ_m·∂ĝ_m/∂φ_n]` and the mean of the boundary term's entry n. Both are made of sums of functions of one number given b.
fn parts_of_the_gradient(bernoulli: &Bernoulli, control: &RelaxLinear, n: usize) -> [f64; 2] {
    let variables = bernoulli.len();
    let kinks = by_hand::kinks(control.phi().as_slice(), true);
    let at = |noise: &[f64]| {
        let (u, v) = noise.split_at(variables);
        let estimate = estimate(bernoulli, &Cubic, control, Noise::new(u, v).unwrap()).unwrap();
        let jacobian = estimate.jacobian(control);
        let term = estimate.boundary_term(bernoulli, control).unwrap()[n];
        let slopes = (0..variables).map(|m| jacobian[(m, n)]);
        estimate.gradient.iter().copied().chain(slopes).chain([term]).collect::<Vec<f64>>()
    };
    let (mut product, mut boundary) = (0.0, 0.0);
    for (b, p) in states(bernoulli) {
        let of = |m: usize, number| rule(number, bernoulli.logits()[m], b[m] == 1.0, &kinks);
        let mut rules: Vec<Vec<Node>> = (0..variables).map(|m| of(m, Number::U(m))).collect();
        rules.extend((0..variables).map(|m| of(m, Number::V(m))));
        let reference: Vec<f64> = rules.iter().map(|rule| rule[rule.len() / 2].number).collect();
        let middle = at(&reference);
        let (mut mean, mut covariance) = (middle.clone(), 0.0);
        for (i, rule) in rules.iter().enumerate() {
            let (mut first, mut second) = (vec![0.0; middle.len()], 0.0);
            for node in rule {
                let mut noise = reference.clone();
                noise[i] = node.number;
                let apart: Vec<f64> = at(&noise).iter().zip(&middle).map(|(x, middle)| x - middle).collect();
                first.iter_mut().zip(&apart).for_each(|(sum, x)| *sum += node.weight * x);
                second += node.weight * (0..variables).map(|m| apart[m] * apart[variables + m]).sum::<f64>();
            }
            covariance += second - (0..variables).map(|m| first[m] * first[variables + m]).sum::<f64>();
            mean.iter_mut().zip(first).for_each(|(mean, first)| *mean += first);
        }
        let means: f64 = (0..variables).map(|m| mean[m] * mean[variables + m]).sum();
        product += p * (covariance + means);
        boundary += p * mean[2 * variables];
    }
    [2.0 / variables as f64 * product, boundary]
}

#[test]
fn with_the_boundary_term_the_variance_gradient_of_two_variables_is_exact() {
    const STEP: f64 = 1e-4;
    let bernoulli = variables(2);
    let control = RelaxLinear::draw(0.6, TARGET, &mut Stream::new(8, 0, 2)).unwrap();
    let mut largest: f64 = 0.0;
    for n in [1, 6, 8, 17, 36, 38] {
        let [product, boundary] = parts_of_the_gradient(&bernoulli, &control, n);
        let at = |offset: f64| {
            let (mut moved, mut phi) = (control.clone(), control.phi());
            phi[n] += offset;
            moved.set_phi(phi.as_view()).unwrap();
            let estimator: AnyEstimator = Box::new(moved);
            moments("relax-linear", &estimator, &bernoulli).1
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        // Truncation STEP² times a third derivative of order 1 to 10, as large as the variance.
        close(&format!("φ{n}"), product + boundary, difference, 3e-7);
        largest = largest.max(boundary.abs());
    }
    assert!(largest > 1e-3, "nothing was tested: {largest}");
}

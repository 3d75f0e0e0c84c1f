//! Gradients and bounds of small models, against sums over all states.

mod layers;

use crate::trained::Trained;
use voidgrad::estimators::{Listed, Setup, of_bounds};
use voidgrad::{Bernoulli, Control, Stream, sigmoid, softplus};

use super::data::Data;
use super::exact::Exact;
use super::gradient::Gradient;
use super::images::Images;
use super::{bounds, random};
use voidgrad_models::MODELS;
use voidgrad_models::Model;

const M: usize = 10;
const PIXELS: usize = 64;

/// A small model with weights that are far from 0.
struct Small {
    model: Box<dyn Model>,
    encoder: Vec<f64>,
    decoder: Vec<f64>,
}

fn small() -> Small {
    let mut model = (MODELS[0].make)(M, PIXELS).unwrap();
    let mut noise = Stream::new(3, 1, 4);
    let draw = |count: usize, width: f64, noise: &mut Stream| -> Vec<f64> {
        let mut numbers = vec![0.0; count];
        noise.fill_open01(&mut numbers);
        numbers.iter().map(|u| width * (2.0 * u - 1.0)).collect()
    };
    let encoder = draw(M * PIXELS + M, 0.2, &mut noise);
    let decoder = draw(PIXELS * M + PIXELS + M, 0.6, &mut noise);
    model.set_parameters(&encoder, &decoder).unwrap();
    Small { model, encoder, decoder }
}

/// A state of all variables with its number, its probability, and f there.
struct State {
    b: [f64; M],
    probability: f64,
    f: f64,
    /// `x - σ(logits)`.
    residual: Vec<f64>,
}

impl Small {
    fn logits(&self, x: &[f64]) -> Vec<f64> {
        let (w, d) = self.encoder.split_at(M * PIXELS);
        (0..M).map(|m| d[m] + (0..PIXELS).map(|i| w[i * M + m] * (2.0 * x[i] - 1.0)).sum::<f64>()).collect()
    }

    fn prior(&self) -> &[f64] {
        &self.decoder[PIXELS * M + PIXELS..]
    }

    /// All states, by the definitions of the densities.
    fn states(&self, x: &[f64]) -> Vec<State> {
        let (q, a) = (self.logits(x), self.prior());
        let ln = |b: &[f64; M], logits: &[f64]| -> f64 {
            b.iter().zip(logits).map(|(b, logit)| b * logit - softplus(*logit)).sum()
        };
        let state = |number: usize| {
            let b: [f64; M] = std::array::from_fn(|m| f64::from(u8::from(number >> m & 1 == 1)));
            let logit = |i: usize| {
                let sum: f64 = (0..M).map(|m| self.decoder[m * PIXELS + i] * (2.0 * b[m] - 1.0)).sum();
                sum + self.decoder[PIXELS * M + i]
            };
            let logits: Vec<f64> = (0..PIXELS).map(logit).collect();
            let image: f64 = logits.iter().zip(x).map(|(logit, x)| x * logit - softplus(*logit)).sum();
            State {
                b,
                probability: ln(&b, &q).exp(),
                f: ln(&b, &q) - ln(&b, a) - image,
                residual: logits.iter().zip(x).map(|(logit, x)| x - sigmoid(*logit)).collect(),
            }
        };
        (0..1 << M).map(state).collect()
    }

    /// The gradients of `E[f]` by the parameters of encoder and decoder; f is held constant for the encoder.
    fn gradients(&self, x: &[f64]) -> [Vec<f64>; 2] {
        let (mut encoder, mut decoder) = (vec![0.0; self.encoder.len()], vec![0.0; self.decoder.len()]);
        let (q, a) = (self.logits(x), self.prior());
        for State { b, probability, f, residual } in self.states(x) {
            for m in 0..M {
                let by_logit = probability * f * (b[m] - sigmoid(q[m]));
                encoder[M * PIXELS + m] += by_logit;
                decoder[PIXELS * M + PIXELS + m] -= probability * (b[m] - sigmoid(a[m]));
                for i in 0..PIXELS {
                    encoder[i * M + m] += by_logit * (2.0 * x[i] - 1.0);
                    decoder[m * PIXELS + i] -= probability * residual[i] * (2.0 * b[m] - 1.0);
                }
            }
            for i in 0..PIXELS {
                decoder[PIXELS * M + i] -= probability * residual[i];
            }
        }
        [encoder, decoder]
    }
}

fn method(name: &str) -> Trained {
    Trained::by_adam(Bernoulli::estimator(name).unwrap().method)
}

/// The gradients of rounds with this estimator: their means, and the standard errors of these.
fn estimated(small: &Small, name: &str, x: &[f64], rounds: usize) -> [(Vec<f64>, Vec<f64>); 2] {
    let mut stream = Stream::new(1, 0, 0);
    let gradient = Gradient::new(&method(name), &Setup::default(), &*small.model, &mut stream).unwrap();
    estimated_by(gradient, small, x, (rounds, stream))
}

/// The same by this estimator, with noise of this stream.
fn estimated_by(
    mut gradient: Gradient,
    small: &Small,
    x: &[f64],
    (rounds, mut stream): (usize, Stream),
) -> [(Vec<f64>, Vec<f64>); 2] {
    const IMAGES: usize = 4;
    let model = &*small.model;
    // A network that is not 0.
    if let Some(phi) = gradient.control().map(Control::phi) {
        let phi: Vec<f64> = phi.iter().zip(0..).map(|(phi, i)| phi + 0.2 * f64::from(i).sin()).collect();
        gradient.set_phi(&phi).unwrap();
    }
    let x = x.repeat(IMAGES);
    let mut images = Images::new(model, IMAGES).unwrap();
    let lengths = [small.encoder.len(), small.decoder.len()];
    let mut sums = lengths.map(|length| (vec![0.0; length], vec![0.0; length]));
    for _ in 0..rounds {
        images.ask(model, &small.decoder, &mut gradient, &x, &mut stream).unwrap();
        images.tell(&mut gradient).unwrap();
        let mut found = lengths.map(|length| vec![0.0; length]);
        let [encoder, decoder] = &mut found;
        images.add_gradients(model, &x, [encoder, decoder]).unwrap();
        for ((sum, squares), found) in sums.iter_mut().zip(&found) {
            for ((sum, square), g) in sum.iter_mut().zip(squares).zip(found) {
                *sum += g;
                *square += g * g;
            }
        }
    }
    let count = rounds as f64;
    sums.map(|(sums, squares)| {
        let means: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        let error =
            |(mean, square): (&f64, f64)| ((square / count - mean * mean).max(0.0) / (count - 1.0)).sqrt();
        let errors = means.iter().zip(squares).map(error).collect();
        (means, errors)
    })
}

/// 1,374 parameters and six estimators: with a threshold of 6 standard errors, 2e-9 each, the false-alarm rate is about 2e-5; with the tails of 200 rounds, below 1e-3.
#[test]
fn the_mean_gradients_are_those_of_the_sum_over_all_states() {
    let (small, data) = (small(), Data::digits());
    let x = &data.train.gather([5].into_iter());
    let exact = small.gradients(x);
    for name in ["rloo", "disarm", "reinforce-ema", "muprop", "rebar", "relax"] {
        let estimated = estimated(&small, name, x, 200);
        for (network, ((means, errors), exact)) in estimated.iter().zip(&exact).enumerate() {
            for (i, ((mean, error), exact)) in means.iter().zip(errors).zip(exact).enumerate() {
                // What has no variance has the rounding of sums.
                let tolerance = 6.0 * error + 1e-9;
                assert!(
                    (mean - exact).abs() < tolerance,
                    "{name}, network {network}, {i}: {mean} ± {error}, {exact}"
                );
            }
        }
    }
}

#[test]
fn what_visits_all_states_is_exact() {
    let (small, data) = (small(), Data::digits());
    let x = &data.train.gather([7].into_iter());
    let [(encoder, _), (decoder, _)] = estimated(&small, "enumerate", x, 1);
    for (found, exact) in encoder.iter().chain(&decoder).zip(small.gradients(x).iter().flatten()) {
        assert!((found - exact).abs() < 1e-11 * (1.0 + exact.abs()), "{found} {exact}");
    }
    // For several images at once.
    let x = &data.train.gather(7..10);
    let mut at_once = [vec![0.0; encoder.len()], vec![0.0; decoder.len()]];
    let [by_encoder, by_decoder] = &mut at_once;
    let exact = Exact::new(&*small.model);
    let f = exact.add_gradients(&*small.model, &small.decoder, x, [by_encoder, by_decoder]).unwrap();
    let each: Vec<[Vec<f64>; 2]> = x.chunks(PIXELS).map(|x| small.gradients(x)).collect();
    let bound = |x| small.states(x).iter().map(|state| state.probability * state.f).sum::<f64>();
    let expected = x.chunks(PIXELS).map(bound).sum::<f64>() / 3.0;
    assert!((f - expected).abs() < 1e-11, "{f} {expected}");
    for (network, found) in at_once.iter().enumerate() {
        for (i, found) in found.iter().enumerate() {
            let expected = each.iter().map(|gradients| gradients[network][i]).sum::<f64>() / 3.0;
            assert!(
                (found - expected).abs() < 1e-11 * (1.0 + expected.abs()),
                "{network}, {i}: {found} {expected}"
            );
        }
    }
}

/// Thresholds of 6 standard errors of 30 means, whose tail is about 2e-6.
#[test]
fn the_bounds_are_those_of_the_sum_over_all_states() {
    let (small, data) = (small(), Data::digits());
    let images = &data.test.first(3);
    let model = &*small.model;
    let over_images = |value: &dyn Fn(&[State]) -> f64| {
        images.chunks(PIXELS).map(|x| value(&small.states(x))).sum::<f64>() / 3.0
    };
    let elbo = over_images(&|states| -states.iter().map(|state| state.probability * state.f).sum::<f64>());
    // p(x) = Σ_b p(x, b) = Σ_b q(b|x) exp(-f).
    let evidence = over_images(&|states| {
        states.iter().map(|state| state.probability * (-state.f).exp()).sum::<f64>().ln()
    });
    let test = |estimate: &dyn Fn(&mut Stream) -> f64, expected: f64, bias: f64| {
        let values: Vec<f64> = (0..30).map(|run| estimate(&mut Stream::new(8, run, 0))).collect();
        let mean = values.iter().sum::<f64>() / 30.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 29.0;
        let tolerance = 6.0 * (variance / 30.0).sqrt();
        assert!((mean - expected).abs() < tolerance + bias, "{mean} {expected} ± {tolerance}");
    };
    test(&|noise| bounds::evidence(model, &small.decoder, images, 20, noise).unwrap(), elbo, 1e-12);
    assert!(evidence > elbo);
    // The bound is below the evidence by half of the variance of a weight over its mean, divided by K. With K = 2,000 samples of 16 states, where the rarest
    // that matters has a probability of a few per cent, it is below 0.01.
    test(&|noise| bounds::importance_weighted(model, images, 2_000, noise).unwrap(), evidence, 0.01);
}

/// The lengths of the nonlinear model here: few states and pixels, and an image.
const FEW: usize = 3;
const IMAGE: [f64; 4] = [1.0, 0.0, 0.0, 1.0];

fn nonlinear() -> Small {
    let mut model = (MODELS[1].make)(FEW, IMAGE.len()).unwrap();
    let mut noise = Stream::new(3, 1, 5);
    let [encoder, decoder] = model.shapes().map(|shapes| -> Vec<f64> {
        let count = shapes.iter().map(|parameter| parameter.shape.entries()).sum();
        let mut numbers = vec![0.0; count];
        noise.fill_open01(&mut numbers);
        // Sums of 64 units are of size 1.
        numbers.iter().map(|u| 0.5 * u - 0.25).collect()
    });
    model.set_parameters(&encoder, &decoder).unwrap();
    Small { model, encoder, decoder }
}

/// `E[f]` of the nonlinear model.
fn expectation(encoder: &[f64], decoder: &[f64]) -> f64 {
    densities(encoder, decoder).iter().map(|(p, f)| p * f).sum()
}

/// The probabilities of the states of the nonlinear model under q, and f there, by the definitions of its layers and densities.
fn densities(encoder: &[f64], decoder: &[f64]) -> Vec<(f64, f64)> {
    let layer = |input: &[f64], parameters: &mut &[f64], rows: usize| -> Vec<f64> {
        let (w, rest) = parameters.split_at(rows * input.len());
        let (shift, rest) = rest.split_at(rows);
        *parameters = rest;
        let sum = |row: usize| (0..input.len()).map(|i| w[i * rows + row] * input[i]).sum::<f64>();
        (0..rows).map(|row| sum(row) + shift[row]).collect()
    };
    let network = |input: &[f64], mut parameters: &[f64], rows: usize| -> (Vec<f64>, Vec<f64>) {
        let mut h: Vec<f64> = input.iter().map(|x| 2.0 * x - 1.0).collect();
        for _ in 0..2 {
            h = layer(&h, &mut parameters, 64).iter().map(|h| h.tanh()).collect();
        }
        (layer(&h, &mut parameters, rows), parameters.to_vec())
    };
    let ln = |b: &[f64], logits: &[f64]| -> f64 {
        b.iter().zip(logits).map(|(b, logit)| b * logit - softplus(*logit)).sum()
    };
    let (q, _) = network(&IMAGE, encoder, FEW);
    (0..1 << FEW)
        .map(|state: u32| {
            let b: Vec<f64> = (0..FEW).map(|m| f64::from(state >> m & 1)).collect();
            let (logits, prior) = network(&b, decoder, IMAGE.len());
            (ln(&b, &q).exp(), ln(&b, &q) - ln(&b, &prior) - ln(&IMAGE, &logits))
        })
        .collect()
}

/// Differences with steps of 1e-4 of a function of size 10 are right to some 1e-10. Every 97th parameter is tried, 50 of each network; with 6 standard errors the
/// false-alarm rate of three estimators is below 1e-3, as above.
#[test]
fn the_gradients_of_the_nonlinear_model_are_differences_of_the_sum_over_all_states() {
    const STEP: f64 = 1e-4;
    const EVERY: usize = 97;
    let small = nonlinear();
    let mut exact = [vec![0.0; small.encoder.len()], vec![0.0; small.decoder.len()]];
    let [by_encoder, by_decoder] = &mut exact;
    let states = Exact::new(&*small.model);
    let f = states.add_gradients(&*small.model, &small.decoder, &IMAGE, [by_encoder, by_decoder]).unwrap();
    let expected = expectation(&small.encoder, &small.decoder);
    assert!((f - expected).abs() < 1e-12, "{f} {expected}");
    for (network, found) in exact.iter().enumerate() {
        for place in (0..found.len()).step_by(EVERY) {
            let at = |step: f64| {
                let mut parameters = [small.encoder.clone(), small.decoder.clone()];
                parameters[network][place] += step;
                expectation(&parameters[0], &parameters[1])
            };
            let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!(
                (found[place] - difference).abs() < 1e-8,
                "{network}, {place}: {} {difference}",
                found[place]
            );
        }
    }
    for name in ["rloo", "rebar", "relax"] {
        for (network, ((means, errors), exact)) in
            estimated(&small, name, &IMAGE, 200).iter().zip(&exact).enumerate()
        {
            for place in (0..exact.len()).step_by(EVERY) {
                let (mean, error) = (means[place], errors[place]);
                let distance = (mean - exact[place]).abs();
                assert!(distance < 6.0 * error + 1e-9, "{name}, {network}, {place}: {mean} ± {error}");
            }
        }
    }
}

/// As above, of the bound of two samples, whose expectation is a sum over all pairs of states. Two estimators: the false-alarm rate is below 1e-3 as well.
#[test]
fn the_gradients_of_a_bound_are_differences_of_the_sum_over_all_pairs_of_states() {
    const STEP: f64 = 1e-4;
    const EVERY: usize = 97;
    let small = nonlinear();
    let negative_bound = |encoder: &[f64], decoder: &[f64]| -> f64 {
        let states = densities(encoder, decoder);
        let of_first = |(p, f): &(f64, f64)| -> f64 {
            let bound = |other: f64| f64::midpoint((-f).exp(), (-other).exp()).ln();
            states.iter().map(|(q, other)| p * q * bound(*other)).sum()
        };
        -states.iter().map(of_first).sum::<f64>()
    };
    let setup = Setup { evaluations: Some(2), ..Setup::default() };
    for row in of_bounds() {
        let mut stream = Stream::new(1, 0, 0);
        let trained = Trained::by_adam(row.method);
        let gradient = Gradient::new(&trained, &setup, &*small.model, &mut stream).unwrap();
        let found = estimated_by(gradient, &small, &IMAGE, (400, stream));
        for (network, (means, errors)) in found.iter().enumerate() {
            for place in (0..means.len()).step_by(EVERY) {
                let at = |step: f64| {
                    let mut parameters = [small.encoder.clone(), small.decoder.clone()];
                    parameters[network][place] += step;
                    negative_bound(&parameters[0], &parameters[1])
                };
                let (mean, error) = (means[place], errors[place]);
                let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                let name = row.method.name;
                assert!(
                    (mean - difference).abs() < 6.0 * error + 1e-8,
                    "{name}, {network}, {place}: {mean} ± {error}, {difference}"
                );
            }
        }
    }
}

#[test]
fn batches_are_drawn_from_all_images_and_have_names() {
    let images = random::batch(1, 2, 3, 50_000, 10);
    let mut counts = [0_u32; 10];
    for image in &images {
        counts[*image] += 1;
    }
    // Each is binomial with a standard deviation of 67; 7 of them have a tail of 3e-12.
    assert!(counts.iter().all(|count| (4_530..5_470).contains(count)), "{counts:?}");
    assert_eq!(random::batch(1, 2, 3, 50_000, 10), images);
    // The next step goes on in the same stream.
    let long = random::batch(1, 2, 0, 300, 10);
    assert_eq!([0, 1, 2].map(|step| random::batch(1, 2, step, 100, 10)).concat(), long);
    assert_ne!(random::batch(1, 3, 3, 100, 10), images[..100]);
}

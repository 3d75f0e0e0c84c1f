//! The model with two layers of latent variables, against the sum over all 1,024 states.

use voidgrad::Estimator;
use voidgrad::estimator::{Answer, AnyEstimator, Told};
use voidgrad::estimators::{Disarm, Needs, Setup};

use super::*;

const LATENTS: usize = 5;
const IMAGE: [f64; 6] = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0];

fn two_layers() -> Small {
    let row = MODELS.iter().find(|row| row.name == "two-stochastic").unwrap();
    let mut model = (row.make)(LATENTS, IMAGE.len()).unwrap();
    let mut noise = Stream::new(3, 1, 6);
    let [encoder, decoder] = model.shapes().map(|shapes| -> Vec<f64> {
        let mut numbers = vec![0.0; shapes.iter().map(|parameter| parameter.shape.entries()).sum()];
        noise.fill_open01(&mut numbers);
        numbers.iter().map(|u| 2.0 * u - 1.0).collect()
    });
    model.set_parameters(&encoder, &decoder).unwrap();
    Small { model, encoder, decoder }
}

/// The logits of a layer, whose parameters are W by columns and a shift; and what is left of the parameters.
fn layer<'a>(input: &[f64], rows: usize, parameters: &'a [f64]) -> (Vec<f64>, &'a [f64]) {
    let (w, rest) = parameters.split_at(rows * input.len());
    let sum = |row: usize| -> f64 {
        input.iter().enumerate().map(|(i, x)| w[i * rows + row] * (2.0 * x - 1.0)).sum::<f64>() + rest[row]
    };
    ((0..rows).map(sum).collect(), &rest[rows..])
}

/// The probability under q and the value of f at every pair of states, by the definitions of the densities.
fn states(encoder: &[f64], decoder: &[f64]) -> Vec<(f64, f64)> {
    let ln = |b: &[f64], logits: &[f64]| -> f64 {
        b.iter().zip(logits).map(|(b, logit)| b * logit - softplus(*logit)).sum()
    };
    let bits = |state: usize| -> Vec<f64> {
        (0..LATENTS).map(|m| f64::from(u8::from(state >> m & 1 == 1))).collect()
    };
    let (q_1, of_second) = layer(&IMAGE, LATENTS, encoder);
    let of_state = |state: usize| {
        let (b_1, b_2) = (bits(state), bits(state >> LATENTS));
        let (q_2, _) = layer(&b_1, LATENTS, of_second);
        let (pixels, rest) = layer(&b_1, IMAGE.len(), decoder);
        let (first, prior) = layer(&b_2, LATENTS, rest);
        let q = ln(&b_1, &q_1) + ln(&b_2, &q_2);
        (q.exp(), q - ln(&b_2, prior) - ln(&b_1, &first) - ln(&IMAGE, &pixels))
    };
    (0..1 << (2 * LATENTS)).map(of_state).collect()
}

/// The gradient of `E[f]` by all parameters of both networks: differences with steps of 1e-4 of a function of size 10 are right to some 1e-8.
fn differences(small: &Small) -> [Vec<f64>; 2] {
    const STEP: f64 = 1e-4;
    [0, 1].map(|network| {
        let count = [small.encoder.len(), small.decoder.len()][network];
        let of_place = |place: usize| {
            let at = |step: f64| -> f64 {
                let mut parameters = [small.encoder.clone(), small.decoder.clone()];
                parameters[network][place] += step;
                states(&parameters[0], &parameters[1]).iter().map(|(p, f)| p * f).sum()
            };
            (at(STEP) - at(-STEP)) / (2.0 * STEP)
        };
        (0..count).map(of_place).collect()
    })
}

/// 136 parameters and ten estimators: with a threshold of 6 standard errors, 2e-9 each, the false-alarm rate is about 3e-6; with the tails of 300 rounds, below 1e-3.
#[test]
fn the_mean_gradients_of_two_layers_are_differences_of_the_sum_over_all_states() {
    let small = two_layers();
    let exact = differences(&small);
    let [(encoder, _), (decoder, _)] = estimated(&small, "enumerate", &IMAGE, 1);
    for (network, (found, exact)) in [encoder, decoder].iter().zip(&exact).enumerate() {
        for (i, (found, exact)) in found.iter().zip(exact).enumerate() {
            assert!((found - exact).abs() < 1e-7, "{network}, {i}: {found} {exact}");
        }
    }
    let mut tried = 0;
    for row in Bernoulli::estimators() {
        let is_left_out = ["auto", "enumerate"].contains(&row.method.name);
        if is_left_out || row.method_of(&Setup::default()).needs != Needs::Values {
            continue;
        }
        assert!(!row.method.is_biased());
        tried += 1;
        let found = estimated(&small, row.method.name, &IMAGE, 300);
        for (network, ((means, errors), exact)) in found.iter().zip(&exact).enumerate() {
            for (i, ((mean, error), exact)) in means.iter().zip(errors).zip(exact).enumerate() {
                let tolerance = 6.0 * error + 1e-7;
                assert!(
                    (mean - exact).abs() < tolerance,
                    "{}, network {network}, {i}: {mean} ± {error}, {exact}",
                    row.method.name
                );
            }
        }
    }
    assert!(tried >= 9, "{tried}");
}

/// An estimator whose ĝ is too small by a half.
struct Halved(AnyEstimator);

impl Estimator for Halved {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        self.0.ask(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, phi_bar, memory } = answer;
        let own = Answer { gradient: &mut *gradient, weights, phi_bar, memory };
        self.0.answer(bernoulli, told, own);
        for g in gradient {
            *g *= 0.5;
        }
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        self.0.evaluations(bernoulli)
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.0.noise(bernoulli)
    }
}

/// The same test, with a biased estimator in the second layer: it fails for the encoder of that layer, and for nothing else.
#[test]
fn a_biased_second_layer_is_found_by_the_distance_from_the_differences() {
    let small = two_layers();
    let exact = differences(&small);
    let mut stream = Stream::new(1, 0, 0);
    let gradient = Gradient::new(&method("disarm"), &Setup::default(), &*small.model, &mut stream).unwrap();
    let gradient = gradient.with_second(Box::new(Halved(Box::new(Disarm::new(2).unwrap()))));
    let found = estimated_by(gradient, &small, &IMAGE, (300, stream));
    let of_first = LATENTS * (IMAGE.len() + 1);
    let mut far = [0, 0, 0];
    for (network, ((means, errors), exact)) in found.iter().zip(&exact).enumerate() {
        for (i, ((mean, error), exact)) in means.iter().zip(errors).zip(exact).enumerate() {
            let part = if network == 0 { usize::from(i >= of_first) } else { 2 };
            far[part] += usize::from((mean - exact).abs() >= 6.0 * error + 1e-7);
        }
    }
    assert!(far[0] == 0 && far[1] > 5 && far[2] == 0, "{far:?}");
}

/// Thresholds of 6 standard errors of 30 means, whose tail is about 2e-6.
#[test]
fn the_bounds_of_two_layers_are_those_of_the_sum_over_all_states() {
    let small = two_layers();
    let states = states(&small.encoder, &small.decoder);
    let total: f64 = states.iter().map(|(p, _)| p).sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    let elbo = -states.iter().map(|(p, f)| p * f).sum::<f64>();
    // Of two samples, over all pairs of states.
    let of_first = |(p, f): &(f64, f64)| -> f64 {
        let bound = |other: f64| ((-f).exp() / 2.0 + (-other).exp() / 2.0).ln();
        states.iter().map(|(q, other)| p * q * bound(*other)).sum()
    };
    let of_two: f64 = states.iter().map(of_first).sum();
    assert!(of_two > elbo + 0.1, "{of_two} {elbo}");
    let images = IMAGE.repeat(3);
    let test = |estimate: &dyn Fn(&mut Stream) -> f64, expected: f64| {
        let values: Vec<f64> = (0..30).map(|run| estimate(&mut Stream::new(8, run, 1))).collect();
        let mean = values.iter().sum::<f64>() / 30.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 29.0;
        let tolerance = 6.0 * (variance / 30.0).sqrt();
        assert!((mean - expected).abs() < tolerance && tolerance < 0.4, "{mean} {expected} ± {tolerance}");
    };
    let (model, decoder) = (&*small.model, &small.decoder);
    test(&|noise| bounds::evidence(model, decoder, &images, 200, noise).unwrap(), elbo);
    test(&|noise| bounds::of_samples(model, &images, (200, 2), noise).unwrap(), of_two);
}

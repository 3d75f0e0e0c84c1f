//! What the models have learned, as images.

use std::iter;

use voidgrad::network::Rows;
use voidgrad::{Stream, sigmoid};
use voidgrad_kit::chart::Drawing;

use super::sheet::{self, Strip};
use crate::problems::vae::error::StepError;
use crate::problems::vae::estimators;
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::random;
use crate::problems::vae::run::Run;
use crate::problems::vae::table::Analysis;
use voidgrad_models::{At, Bars, Model};

/// The most images of a row, and columns of a decoder in a line.
const IMAGES: usize = 20;
const COLUMNS: usize = 16;

/// The three sheets: reconstructions, samples, and the columns of linear decoders.
pub(super) struct Pictures {
    /// Images that were not trained on, and what the models make of them.
    pub(super) reconstructions: Drawing,
    /// Images of codes that are drawn from p(b).
    pub(super) samples: Drawing,
    /// The columns of the decoders, if they have columns.
    pub(super) columns: Option<Drawing>,
}

/// The sheets of the first run of each estimator that came to its end.
///
/// # Errors
/// Returns an error if a number is NaN or infinite.
pub(super) fn of(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Result<Option<Pictures>, StepError> {
    let runs: Vec<&Run> = analyses.iter().filter_map(|analysis| analysis.settled().next()).collect();
    if runs.is_empty() {
        return Ok(None);
    }
    let data = &experiment.data;
    let sides = data.sides();
    let count = data.test.rows().min(IMAGES).min(sheet::fitting(sides));
    // Images from all over the test set.
    let every = data.test.rows() / count;
    let originals = data.test.gather((0..count).map(|n| n * every));
    let mut model = experiment.instance()?;
    let shown = model.latents().min(COLUMNS).min(sheet::fitting(sides));
    let mut codes = vec![0.0; count * experiment.model.layers * model.latents()];
    Stream::new(experiment.seed, 0, random::PICTURES).fill_open01(&mut codes);

    let strip = |label: &str, images: &[f64]| Strip {
        label: label.to_owned(),
        pixels: images.iter().map(|p| sheet::ink(*p)).collect(),
    };
    let (mut reconstructions, mut samples, mut columns) =
        (vec![strip("images", &originals)], Vec::new(), Vec::new());
    for run in runs {
        let name = estimators::name(&run.method);
        let [encoder, decoder] = &run.parameters;
        model.set_parameters(encoder, decoder)?;
        let mut logits = vec![0.0; count * model.latents()];
        model.encode(&originals, &mut logits)?;
        let likely: Vec<f64> = logits.iter().map(|q| f64::from(u8::from(*q > 0.0))).collect();
        reconstructions.push(strip(name, &decoded(&*model, &likely)?));
        let prior = &decoder[decoder.len() - model.latents()..];
        let drawn = |uniform: &[f64], logits: &[f64]| -> Vec<f64> {
            let bits = uniform.iter().zip(logits.iter().cycle());
            bits.map(|(u, a)| f64::from(u8::from(*u < sigmoid(*a)))).collect()
        };
        let (uniform, of_first) = codes.split_at(count * model.latents());
        let mut code = drawn(uniform, prior);
        if let Some(second) = model.second() {
            second.decode(&code, &mut logits)?;
            code = drawn(of_first, &logits);
        }
        samples.push(strip(name, &decoded(&*model, &code)?));
        if experiment.model.has_columns {
            // The matrix is the first parameter, column by column.
            let weights = &decoder[..model.latents() * data.pixels];
            let most = weights.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
            let lines = weights.chunks(shown * data.pixels).zip(iter::once(name).chain(iter::repeat("")));
            columns.extend(lines.map(|(weights, label)| Strip {
                label: label.to_owned(),
                pixels: weights.iter().map(|w| sheet::signed(w / most)).collect(),
            }));
        }
    }
    Ok(Some(Pictures {
        reconstructions: sheet::draw(&reconstructions, count, sides, "images and their reconstructions"),
        samples: sheet::draw(&samples, count, sides, "samples of the models"),
        columns: (!columns.is_empty())
            .then(|| sheet::draw(&columns, shown, sides, "columns of the decoders")),
    }))
}

/// The probabilities of the pixels, given some codes of the first layer.
fn decoded(model: &dyn Model, codes: &[f64]) -> Result<Vec<f64>, StepError> {
    let latents = model.latents();
    let rows = codes.len() / latents;
    // The pixels do not depend on a second layer.
    let codes = match model.second() {
        Some(_) => codes.chunks(latents).flat_map(|row| [row, &vec![0.0; latents]].concat()).collect(),
        None => codes.to_vec(),
    };
    let nothing = vec![0.0; rows * model.pixels()];
    let mut logits = nothing.clone();
    let mut unwanted = vec![0.0; model.shapes()[1].iter().map(|parameter| parameter.shape.entries()).sum()];
    let q = vec![0.0; codes.len()];
    // f is -x·logits, and terms without x: its derivative by x is the decoder.
    let at = At { b: &codes, x: Rows::from(&nothing), q: &q };
    let bars = Bars { gradient: &mut unwanted, b: &mut [], x: &mut logits };
    model.bound_vjp(at, &vec![-1.0; rows], bars)?;
    Ok(logits.iter().map(|logit| sigmoid(*logit)).collect())
}

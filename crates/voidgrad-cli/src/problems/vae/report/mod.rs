//! `report.html`: the pictures of a training, and what they show.

mod curves;
mod pictures;
mod png;
mod sheet;

use voidgrad::train::ControlOptimiser;

use crate::page::{Page, escape};
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::table::{self, Analysis};
use crate::problems::vae::{estimators, records};
use curves::{Axis, Evidence};
use voidgrad_kit::chart::Drawing;
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{grouped, html as number};

/// The sizes of charts: one in a line, and one of two side by side.
const WIDE: (f64, f64) = (720.0, 330.0);
const HALF: (f64, f64) = (480.0, 320.0);

/// The file of the one chart that is another every time.
pub(super) const SECONDS: &str = "seconds.svg";

/// The chart of the bound against seconds.
pub(super) fn seconds(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Vec<u8> {
    curves::evidence(experiment, analyses, Evidence::Train, Axis::Seconds, WIDE).svg.into_bytes()
}

/// The whole report. It refers to [`SECONDS`], and is itself the same for every training with these options.
///
/// # Errors
/// Returns an error if a picture's values cannot be computed.
pub(super) fn html(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Result<String, Error> {
    let mut page = Page::new("A variational autoencoder with binary latent variables", &facts(experiment));
    page.paragraph(&question(experiment));
    let row = |analysis| table::row(experiment, analysis)[..table::REPRODUCIBLE].to_vec();
    let heads = table::heads(experiment);
    let heads: Vec<&str> = heads[..table::REPRODUCIBLE].iter().map(String::as_str).collect();
    page.table(&heads, &analyses.iter().map(row).collect::<Vec<_>>());
    let has_layers = experiment.model.layers > 1;
    page.paragraph(&format!(
        "Bounds are in nats, means over the images: {}, the importance-weighted bound with {}. The variance is that of ĝ by the logits of {}, summed over the latent variables, the mean over \
         {} images with {} draws each. All columns are medians over the runs.",
        measured(experiment),
        grouped(records::TIMES as u64 * experiment.samples),
        if has_layers { "q(b₁|x) and by a shift of those of q(b₂|b₁)" } else { "q(b|x)" },
        experiment.data.train.rows().min(records::VARIANCE_ROWS),
        grouped(records::TIMES as u64 * experiment.samples),
    ));
    for choices in analyses.iter().filter_map(Analysis::choices) {
        page.paragraph(&format!("{choices}."));
    }
    for paragraph in interruption(experiment, analyses).into_iter().chain(divergences(analyses)) {
        page.paragraph(&paragraph);
    }

    page.heading("The objective");
    let objective =
        experiment.bound.map_or_else(|| "ELBO".to_owned(), |samples| format!("bound of {samples} samples"));
    let evidence = |of, axis, size| curves::evidence(experiment, analyses, of, axis, size);
    let limit = if experiment.methods.iter().any(|method| estimators::name(method) == estimators::EXACT) {
        " <code>exact</code> descends the gradient itself, the sum over all states: the limit that the estimators are compared with."
    } else {
        ""
    };
    page.figure(
        vec![evidence(Evidence::Train, Axis::Steps, HALF), evidence(Evidence::Test, Axis::Steps, HALF)],
        &format!(
            "The {objective} of the images that are trained on, and of the others: the median of the runs, with the quartiles as a band. Bounds below the lowest one \
             after a tenth of the training are cut off.{limit}"
        ),
    );
    page.figure(
        vec![evidence(Evidence::Train, Axis::Evaluations, WIDE)],
        &format!("The {objective} of the images that are trained on, against evaluations of f over all images of all steps."),
    );
    let keys = evidence(Evidence::Train, Axis::Seconds, WIDE).keys;
    let svg = format!(
        "<img src=\"{SECONDS}\" alt=\"The {objective} against seconds\" style=\"display:block;width:100%\">"
    );
    page.figure(
        vec![Drawing { svg, keys }],
        "The same against seconds of training, without those of records and checkpoints. Runs that train at the same time share the processors. This is the one \
         figure that differs from training to training: it is a file of its own beside this page.",
    );

    page.heading("The variance");
    page.figure(
        vec![curves::variance(experiment, analyses)],
        "The variance of ĝ during training, summed over the latent variables of an image, on a logarithmic scale.",
    );
    let parameters = [
        curves::parameter(experiment, analyses, "η", &|record| record.eta),
        curves::parameter(experiment, analyses, "λ", &|record| record.lambda),
    ];
    let parameters: Vec<Drawing> = parameters.into_iter().flatten().collect();
    if !parameters.is_empty() {
        page.figure(
            parameters,
            "The scale η and the temperature λ of the controls, which are trained on the variance.",
        );
    }

    if let Some(pictures) = pictures::of(experiment, analyses).map_err(Error::computation)? {
        page.heading("The model");
        page.figure(
            vec![pictures.reconstructions],
            if has_layers {
                "Images that were not trained on, and what the first run of each estimator makes of them: the probability that a pixel is black, given the most \
                 probable b₁ of q(b₁|x)."
            } else {
                "Images that were not trained on, and what the first run of each estimator makes of them: the probability that a pixel is black, given the most \
                 probable b of q(b|x)."
            },
        );
        page.figure(
            vec![pictures.samples],
            if has_layers {
                "Samples of the models: the probability that a pixel is black, given a b₁ that is drawn from p(b₁|b₂) with b₂ from p(b₂). All rows have the same \
                 random numbers."
            } else {
                "Samples of the models: the probability that a pixel is black, given a b that is drawn from p(b). All rows have the same random numbers."
            },
        );
        if let Some(columns) = pictures.columns {
            page.figure(
                vec![columns],
                &format!(
                    "The columns of the decoders: what each latent variable{} adds to the logits of the pixels, from vermilion (white pixels) to blue \
                     (black pixels), in units of the largest weight of the decoder.",
                    if has_layers { " of the first layer" } else { "" }
                ),
            );
        }
    }
    Ok(page.html())
}

/// The settings.
fn facts(experiment: &Experiment) -> String {
    let data = &experiment.data;
    let replay = if experiment.control_optimisers.contains(&ControlOptimiser::Replay) {
        " A control with “+replay” is moved by up to twenty steps of Adam for each batch, on batches that it remembers."
    } else {
        ""
    };
    format!(
        "{}: {} images of {} pixels to train, {} to test. The {} model with {} latent variables{}; Adam, learning rates {} for the model and {} for the \
         control; batch {}, {} steps; {} of each estimator, seed {}.{replay}",
        escape(&data.name),
        grouped(data.train.rows() as u64),
        data.pixels,
        grouped(data.test.rows() as u64),
        experiment.model.name,
        experiment.latents,
        if experiment.model.layers > 1 { " in each of two layers" } else { "" },
        number(experiment.learning_rate),
        number(experiment.control_learning_rate),
        experiment.batch,
        grouped(experiment.iterations),
        voidgrad_kit::number::plural(experiment.repeats, "run"),
        experiment.seed,
    )
}

/// How the objective is measured.
fn measured(experiment: &Experiment) -> String {
    let samples = grouped(experiment.samples);
    match experiment.bound {
        Some(own) => format!("the bound of {own} with {samples} samples or as few more as {own} divides"),
        None if experiment.model.layers > 1 => format!("the ELBO with {samples} samples"),
        None => format!("the ELBO with its KL divergence in closed form and {samples} samples for the rest"),
    }
}

/// What is trained.
fn question(experiment: &Experiment) -> String {
    let biased: Vec<String> = experiment
        .methods
        .iter()
        .filter(|method| method.is_biased())
        .map(|method| format!("<code>{}</code>", estimators::name(method)))
        .collect();
    let biased = match biased.as_slice() {
        [] => String::new(),
        names => format!(" <b>Biased</b>, with a mean that is not the gradient: {}.", names.join(", ")),
    };
    if let Some(samples) = experiment.bound {
        return format!(
            "An encoder makes of an image x the logits of q(b|x), and a decoder makes of b the logits of p(x|b). Both descend the negative of the importance-weighted \
             bound of K = {samples} samples, L = E[ln 1/K Σ<sub>k</sub> exp(−f(b<sub>k</sub>))] with f(b) = ln q(b|x) − ln p(b) − ln p(x|b), which is above the ELBO \
             and below ln p(x). The decoder’s gradient is that of f at the samples, with normalised importance weights. The encoder’s is an estimate ĝ of the gradient \
             of −L by the logits of q, and the estimators differ in how."
        );
    }
    if experiment.model.layers > 1 {
        return format!(
            "Two layers of bits: an encoder makes of an image x the logits of q(b₁|x) and of b₁ those of q(b₂|b₁), and a decoder makes of b₂ the logits of \
             p(b₁|b₂) and of b₁ those of p(x|b₁). All descend the negative of the evidence lower bound, E<sub>q</sub>[f(b₁, b₂)] with f(b₁, b₂) = ln q(b₁|x) + ln \
             q(b₂|b₁) − ln p(b₂) − ln p(b₁|b₂) − ln p(x|b₁). An estimator asks for points b₁ of the first layer, and another one of its kind for points b₂ of the \
             second, given each of them. The second is told f, and the first what the second makes of it: an unbiased estimate of E[f|b₁].{biased}"
        );
    }
    format!(
        "An encoder makes of an image x the logits of q(b|x), and a decoder makes of b the logits of p(x|b). Both descend the negative of the evidence lower \
         bound, E<sub>q</sub>[f(b)] with f(b) = ln q(b|x) − ln p(b) − ln p(x|b). The decoder’s gradient is that of f at samples of b. The encoder’s is an \
         estimate ĝ of the gradient by the logits of q, and the estimators differ in how.{biased}"
    )
}

/// What is missing, if the training was ended early.
fn interruption(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Option<String> {
    let complete = analyses.iter().map(|analysis| analysis.runs.len() as u64).sum::<u64>();
    (complete < experiment.runs()).then(|| {
        format!(
            "<b>This training was interrupted.</b> {} of {} runs were complete; nothing else is shown.",
            grouped(complete),
            grouped(experiment.runs())
        )
    })
}

/// The runs that broke down.
fn divergences(analyses: &[Analysis<'_>]) -> Vec<String> {
    let runs = analyses.iter().flat_map(|analysis| &analysis.runs);
    runs.filter_map(|run| {
        let divergence = run.diverged.as_ref()?;
        Some(format!(
            "<b>{} run {} diverged</b> at step {} and is in none of the numbers or pictures: {}.",
            estimators::name(&run.method),
            run.repeat,
            grouped(divergence.iteration),
            escape(&divergence.message)
        ))
    })
    .collect()
}

//! The top of the page: what was run, and how to read the table.

use voidgrad::train::ControlOptimiser;

use crate::page::escape;
use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use voidgrad_kit::number::{grouped, html as number, loss};

/// The title of the page.
pub(super) fn title(experiment: &Experiment) -> String {
    format!("Descending E[(b − {})²]", number(experiment.target()))
}

/// The settings.
pub(super) fn facts(experiment: &Experiment) -> String {
    let settings = &experiment.settings;
    format!(
        "M = {} {}, θ from {}; {}; batch {}, {} iterations; {} runs of each estimator, seed {}. λ starts from {}, η \
         from {}.",
        experiment.dimension(),
        if experiment.dimension() == 1 { "variable" } else { "variables" },
        number(experiment.theta0),
        optimisers(experiment),
        settings.batch,
        grouped(settings.iterations),
        experiment.repeats,
        settings.seed,
        number(experiment.setup.lambda),
        number(experiment.setup.eta),
    )
}

/// What moves the logits and φ.
fn optimisers(experiment: &Experiment) -> String {
    let settings = &experiment.settings;
    let rate = number(settings.learning_rate);
    let of_phi = number(settings.control_learning_rate);
    if experiment.control_optimisers == [ControlOptimiser::Adam] {
        return format!("Adam, learning rates {rate} for the logits and {of_phi} for φ");
    }
    let ways = experiment.control_optimisers.iter().map(|optimiser| match optimiser {
        ControlOptimiser::GaussNewton => "least squares".to_owned(),
        ControlOptimiser::LeastSquares => {
            format!("recursive least squares where the control is linear, and Adam, learning rate {of_phi}, elsewhere")
        }
        ControlOptimiser::Replay => {
            format!("up to twenty steps of Adam on remembered values of f, learning rate {of_phi}")
        }
        _ => format!("Adam, learning rate {of_phi}"),
    });
    let ways: Vec<String> = ways.collect();
    format!(
        "Adam, learning rate {rate}, for the logits, with restarts unless φ is moved by Adam as well; for φ {}",
        ways.join(", or ")
    )
}

/// What is being asked.
pub(super) fn question(experiment: &Experiment) -> String {
    let biased: Vec<String> = experiment
        .methods
        .iter()
        .filter(|method| method.is_biased())
        .map(|method| format!("<code>{}</code>", method.name))
        .collect();
    let estimators = if biased.is_empty() { "Every estimator below" } else { "Every other estimator below" };
    let biased = if biased.is_empty() {
        String::new()
    } else {
        format!("<b>Biased</b>, with a mean that is not the gradient: {}. ", biased.join(", "))
    };
    let t = experiment.target();
    let goal = match experiment.goal() {
        Some(goal) => format!("so θ should go to {goal}"),
        None => "so every θ is equally good".to_owned(),
    };
    let mean = if experiment.dimension() == 1 { "" } else { ", averaged over the variables," };
    format!(
        "A variable b is 1 with probability θ and 0 otherwise. The objective f(b) = (b − t)²{mean} with \
         t = {} is {} at b = 0 and {} at b = 1, {goal}. {biased}{estimators} has the same mean, the gradient \
         of E[f(b)] with respect to the logit of θ; they differ in what is meant to reduce the variance, and in \
         how often they evaluate f.",
        number(t),
        loss(t * t),
        loss((1.0 - t).powi(2)),
    )
}

/// How to read the table.
pub(super) fn table(experiment: &Experiment) -> String {
    let exact = if experiment.dimension() == 1 {
        "The variance is exact, by quadrature"
    } else {
        "The variance is averaged over the coordinates, and estimated from samples where it cannot be exact"
    };
    format!(
        "A run has <i>converged</i> when its loss is within a tenth of the way from the lowest value of f to the \
         highest{}. All columns are medians over the runs that came to their end, θ with its quartiles. {exact}, \
         with respect to the logit; the column after it divides it by REINFORCE’s at the same θ, run by run.",
        if experiment.dimension() == 1 {
            match experiment.goal() {
                Some(0) => ", which is θ &lt; 0.1",
                Some(_) => ", which is θ &gt; 0.9",
                None => ", which has no meaning here",
            }
        } else {
            ""
        }
    )
}

/// What is missing, if the training was ended early.
pub(super) fn interruption(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Option<String> {
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
pub(super) fn divergences(analyses: &[Analysis<'_>]) -> Vec<String> {
    let runs = analyses.iter().flat_map(|analysis| &analysis.runs);
    runs.filter_map(|run| {
        let divergence = run.diverged.as_ref()?;
        Some(format!(
            "<b>{} run {} diverged</b> and is in none of the numbers or pictures: {}.",
            run.method.name(),
            run.repeat,
            escape(&divergence.message)
        ))
    })
    .collect()
}

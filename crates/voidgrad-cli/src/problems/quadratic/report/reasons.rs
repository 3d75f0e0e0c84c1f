//! Why the estimators do as they do, with the numbers of the run.

use voidgrad::toy::quadratic;
use voidgrad::train::ControlOptimiser;

use super::exact::Exact;
use super::find;
use crate::evaluation::Sampling;
use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::network::RELAX;
use crate::problems::quadratic::run::Run;
use crate::statistics::Quartiles;
use voidgrad_kit::number::{count, html as number, html_ratio};

/// The default problem has a question of its own.
pub(super) fn heading(experiment: &Experiment) -> &'static str {
    let has_adam = experiment.control_optimisers.contains(&ControlOptimiser::Adam);
    if is_default(experiment) && has_adam {
        "Why REBAR and RELAX struggle here"
    } else {
        "What the estimators made of it"
    }
}

/// Whether it is the problem that `train` has unless another is asked for: one variable and t = 0.499.
fn is_default(experiment: &Experiment) -> bool {
    experiment.dimension() == 1 && (experiment.target() - 0.499).abs() < 1e-12
}

/// Why they do, as far as the run has the estimators to show it.
pub(super) fn paragraphs(experiment: &Experiment, analyses: &[Analysis<'_>], exact: &Exact) -> Vec<String> {
    let mut paragraphs = vec![small_gradient(experiment)];
    if let Some(rebar) = find(analyses, "rebar") {
        paragraphs.extend(rebar_gives_up(experiment, rebar));
    }
    if let Some(relax) = find(analyses, RELAX) {
        paragraphs.push(dead_network(experiment, relax));
    }
    if let Some(linear) = find(analyses, "relax-linear") {
        paragraphs.extend(repaired(linear));
    }
    paragraphs.extend(analyses.iter().filter_map(|analysis| learned(exact, analyses, analysis)));
    paragraphs
}

fn small_gradient(experiment: &Experiment) -> String {
    let t = experiment.target();
    let start = &experiment.start;
    let slip = if is_default(experiment) {
        ", not 0.02, as in the notes on REBAR and RELAX that this experiment is taken from"
    } else {
        ""
    };
    let logit = experiment.gradient(start);
    // Fewer of many variables, which would take longer than the training.
    let samples = ((1 << 19) / experiment.dimension() as u64).clamp(2, 10_000);
    let samples = Sampling { terms: 1 << 16, work: 1 << 22, samples, seed: experiment.settings.seed };
    let noise = match experiment.reinforce(start, samples) {
        Ok(moments) if logit != 0.0 => {
            let deviation = moments.variance.sqrt();
            format!(
                ", and one sample of REINFORCE scatters around that with a standard deviation of {}: {} times the \
                 signal",
                number(deviation),
                times((deviation / logit).abs())
            )
        }
        _ => String::new(),
    };
    let shared = if experiment.dimension() == 1 { "" } else { ", divided by M," };
    format!(
        "<b>The gradient is {}.</b> ∂/∂θ E[f(b)] = f(1) − f(0) = 1 − 2t{shared} for every θ{slip}. With respect to the \
         logit it is θ(1 − θ) times that, {} at the start{noise}.",
        number((1.0 - 2.0 * t) / experiment.dimension() as f64),
        number(logit),
    )
}

/// A factor; beyond ten nobody needs its decimals.
fn times(factor: f64) -> String {
    number(if factor > 10.0 { factor.round() } else { factor })
}

/// What REBAR's two parameters become by least squares.
fn rebar_learned(experiment: &Experiment, rebar: &Analysis<'_>) -> Option<String> {
    let (eta, lambda) = (rebar.parameter("eta")?.median, rebar.parameter("lambda")?.median);
    let ratio = rebar.ratio?.median;
    let end = format!(
        "went from {} and {} to medians of {} and {}; the final variance is {} times REINFORCE’s at the same θ.",
        number(experiment.setup.eta),
        number(experiment.setup.lambda),
        number(eta),
        number(lambda),
        html_ratio(ratio),
    );
    Some(if ratio < 0.01 && experiment.dimension() == 1 {
        format!(
            "<b>REBAR becomes a constant.</b> Its scale η and its temperature λ {end} With a large λ, f(σ(z/λ)) hardly \
             depends on z, and η times it is the constant that takes the variance away. Along the gradient of the \
             variance that place is too far."
        )
    } else {
        format!("<b>REBAR has two numbers to learn.</b> Its scale η and its temperature λ {end}")
    })
}

fn rebar_gives_up(experiment: &Experiment, rebar: &Analysis<'_>) -> Option<String> {
    if rebar.method.optimiser() == ControlOptimiser::GaussNewton {
        return rebar_learned(experiment, rebar);
    }
    let Quartiles { lower, median, upper } = rebar.parameter("eta")?;
    let ratio = rebar.ratio?.median;
    let why = if experiment.dimension() > 1 {
        "Over several variables f(σ(z/λ)) is a mean that varies less the more of them there are, and serves as a baseline \
         for the level of f"
    } else if (experiment.target() - 0.5).abs() < 0.05 {
        "With t so close to ½, f(σ(z/λ)) is all but symmetric about z = 0. It cannot tell the side of the threshold \
         that z is on, is correlated with nothing that matters, and only adds noise"
    } else {
        "How much of f(b) the relaxation f(σ(z/λ)) explains depends on t; close to ½ it is symmetric about z = 0 and \
         explains nothing"
    };
    Some(format!(
        "<b>{}</b> {why}. Its scale η went from {} to a median of {} (quartiles {} to {}), \
         and at η = 0 REBAR <i>is</i> REINFORCE: the final variance is {} times REINFORCE’s at the same θ.",
        if median.abs() < 0.3 { "REBAR turns itself off." } else { "REBAR keeps its control." },
        number(experiment.setup.eta),
        number(median),
        number(lower),
        number(upper),
        html_ratio(ratio),
    ))
}

fn dead_network(experiment: &Experiment, relax: &Analysis<'_>) -> String {
    let runs = relax.settled().count();
    let Some(stuck) = relax.stuck else {
        return "<b>The network r<sub>ρ</sub> of <code>relax</code></b> ends in a ReLU, which may die; with \
                t = ½ there is nothing to descend, and nothing to be seen of it."
            .to_owned();
    };
    let stuck_runs: Vec<&Run> = relax.settled().filter(|run| Analysis::is_stuck(experiment, run)).collect();
    let dead: Vec<&Run> = stuck_runs.iter().copied().filter(|run| run.last().dead).collect();
    let born_dead = dead.iter().filter(|run| run.records[0].dead).count();
    let ratio = Quartiles::of(dead.iter().filter_map(|run| Some(run.last().variance()? / run.reinforce?)));
    let lambda = Quartiles::of(dead.iter().filter_map(|run| run.last().parameter("lambda")));
    let where_stuck = match experiment.goal() {
        Some(0) if experiment.dimension() == 1 => "at θ &gt; 0.2",
        Some(_) if experiment.dimension() == 1 => "at θ &lt; 0.8",
        _ => "more than a fifth of the way from the minimum",
    };
    let mut sentences = vec![format!(
        "<b>The last ReLU {}.</b> The network r<sub>ρ</sub> of <code>relax</code> has a ReLU after its last layer, too. Of {runs} \
         runs of <code>relax</code>, {} ended {where_stuck}.",
        if dead.is_empty() { "can die" } else { "dies" },
        count(stuck)
    )];
    if dead.is_empty() {
        if stuck > 0 {
            sentences
                .push("In none of them was the network dead at the end: they were merely slow.".to_owned());
        }
        return sentences.join(" ");
    }
    sentences.push(format!(
        "In {} of these, r<sub>ρ</sub>(z) is 0 for every z from −12 to 12 at the end, and so is its gradient with \
         respect to every weight: {} drawn that way, {} fell to it on the way, and no gradient can lead back.",
        count(dead.len()),
        were(born_dead),
        count(dead.len() - born_dead),
    ));
    if let Some((lambda, ratio)) = lambda.zip(ratio) {
        let flattened = if lambda.median > 2.0 * experiment.setup.lambda {
            format!(", which flattens it to f(½) = {}", number(quadratic(0.5, experiment.target())))
        } else {
            String::new()
        };
        sentences.push(format!(
            "What is left of the control is f(σ(z/λ)), which is REBAR with η fixed at 1. All it can still do is change \
             λ: from {} to a median of {}{flattened}. The variance is {} times REINFORCE’s at the same θ.",
            number(experiment.setup.lambda),
            number(lambda.median),
            html_ratio(ratio.median)
        ));
    }
    let escaped =
        relax.settled().filter(|run| run.last().dead && !Analysis::is_stuck(experiment, run)).count();
    if escaped > 0 {
        sentences.push(format!(
            "({} with a dead network got away all the same, by chance or before it died.)",
            capitalised(&format!("{} {}", count(escaped), if escaped == 1 { "run" } else { "runs" }))
        ));
    }
    sentences.join(" ")
}

fn repaired(linear: &Analysis<'_>) -> Option<String> {
    let converged = linear.converged?;
    let runs = linear.runs.len();
    Some(format!(
        "<b>Without the last ReLU</b> the network can always move. It learns the constant that cancels f(σ(z/λ)) and \
         replaces it by c*: {converged} of {runs} runs of <code>relax-linear</code> converged, with a final variance \
         of {} in the median, {} times REINFORCE’s.",
        number(linear.variance?.median),
        html_ratio(linear.ratio?.median),
    ))
}

/// How many steps a control that is learned from remembered values of f saves.
fn learned(exact: &Exact, analyses: &[Analysis<'_>], own: &Analysis<'_>) -> Option<String> {
    let how = match own.method.optimiser() {
        ControlOptimiser::GaussNewton => "by least squares on all of φ, on values of f that it remembers",
        ControlOptimiser::LeastSquares => {
            "by least squares on its linear parameters after each evaluation of f, from sums over all values of f"
        }
        ControlOptimiser::Replay => {
            "by up to twenty steps of Adam after each evaluation of f, on values of f that it remembers"
        }
        _ => return None,
    };
    let median = |analysis: &Analysis<'_>| {
        let arrived: Vec<f64> = analysis.runs.iter().filter_map(|run| Some(run.steps_to? as f64)).collect();
        let count = arrived.len();
        Some((Quartiles::of(arrived)?.median, count))
    };
    let (steps, arrived) = median(own)?;
    let by_adam = |other: &&Analysis<'_>| {
        other.method.name() == own.method.method().name && other.method.optimiser() == ControlOptimiser::Adam
    };
    let adam = analyses.iter().find(by_adam).map_or_else(String::new, |other| {
        let runs = other.runs.len();
        median(other).map_or_else(
            || format!(" With Adam along the variance’s gradient none of {runs} gets there in time."),
            |(steps, arrived)| {
                format!(" With Adam along the variance’s gradient {arrived} of {runs} get there, after {steps:.0}.")
            },
        )
    });
    let exact = exact.arrival.map_or_else(String::new, |steps| format!(" The exact gradient takes {steps}."));
    Some(format!(
        "<b><code>{}</code> learns its control</b> {how}, with z and z̃ drawn anew for \
         each. {arrived} of {} runs have θ within 0.1 of its goal, after {steps:.0} steps in the median.{adam}{exact}",
        own.method.name(),
        own.runs.len(),
    ))
}

fn were(value: usize) -> String {
    format!("{} {}", count(value), if value == 1 { "was" } else { "were" })
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

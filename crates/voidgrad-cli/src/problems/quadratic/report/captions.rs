//! The paragraphs under the pictures.

use voidgrad::train::ControlOptimiser;

use super::controls::best_constant;
use super::densities::SAMPLES;
use super::exact::Exact;
use super::{End, end, find};
use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::network::RELAX;
use crate::problems::quadratic::run::Record;
use crate::statistics::Quartiles;
use crate::trained::Trained;
use voidgrad_kit::number::{grouped, html as number, html_ratio, loss as loss_text};

/// Under the picture of the loss.
pub(super) fn loss(experiment: &Experiment, analyses: &[Analysis<'_>], exact: &Exact) -> String {
    let mut sentences = vec![
        "E[f(b)], exact, over the iterations: the median of the runs, with the quartiles as a band. The thin line is Adam along the exact gradient."
            .to_owned(),
    ];
    if let Some(steps) = exact.arrival {
        sentences.push(format!(
            "With the exact gradient, Adam is within a tenth of the minimum after {steps} steps."
        ));
        sentences.extend(find(analyses, "relax-linear").and_then(|linear| late_arrival(experiment, linear)));
    }
    sentences.join(" ")
}

/// When the repaired RELAX arrives, and when its variance was already gone.
fn late_arrival(experiment: &Experiment, linear: &Analysis<'_>) -> Option<String> {
    let arrived = |record: &Record| experiment.gap(record.loss).is_some_and(|gap| gap < 0.1);
    let arrival = median_iteration(linear, |_, record| arrived(record))?;
    let quiet = median_iteration(linear, |first, record| {
        first.variance().zip(record.variance()).is_some_and(|(first, now)| now < first / 100.0)
    })?;
    let needs = format!(
        "<code>relax-linear</code> needs about {arrival:.0}, in the median of the runs that get there"
    );
    (quiet < arrival).then(|| match linear.method.optimiser() {
        ControlOptimiser::GaussNewton | ControlOptimiser::LeastSquares | ControlOptimiser::Replay => format!(
            "{needs}: its variance has fallen to a hundredth by iteration {quiet:.0}, and then Adam forgets the early noise."
        ),
        _ => format!(
            "{needs}, although its variance has fallen to a hundredth by iteration {quiet:.0}: Adam divides by the root \
             of its second moment, which remembers the early noise for thousands of steps."
        ),
    })
}

/// The iteration of the first record that `accept` takes, given the run's first record and the one in question:
/// the median over the runs that have such a record.
fn median_iteration(analysis: &Analysis<'_>, accept: impl Fn(&Record, &Record) -> bool) -> Option<f64> {
    let iterations = analysis.settled().filter_map(|run| {
        let first = run.records.first()?;
        run.records.iter().find(|record| accept(first, record)).map(|record| record.iteration as f64)
    });
    Quartiles::of(iterations).map(|quartiles| quartiles.median)
}

/// The name of an estimator, marked where it is biased.
fn code(method: &Trained) -> String {
    let biased = if method.is_biased() { " (biased)" } else { "" };
    format!("<code>{}</code>{biased}", method.name())
}

/// Under the picture of θ.
pub(super) fn theta(experiment: &Experiment, analyses: &[Analysis<'_>]) -> String {
    let ends: Vec<String> = analyses
        .iter()
        .filter_map(|analysis| {
            let Quartiles { lower, median, upper } = analysis.theta?;
            Some(format!("{median:.3} ({lower:.3}–{upper:.3}) for {}", code(&analysis.method)))
        })
        .collect();
    let mean = if experiment.dimension() == 1 { "" } else { ", the mean over the coordinates" };
    let walks = find(analyses, "reinforce")
        .and_then(|reinforce| reinforce.theta)
        .is_some_and(|theta| theta.upper - theta.lower > 0.1);
    let walks = if walks {
        " A wide band is a random walk: with the noise of REINFORCE, the direction of a run is decided by its seed."
    } else {
        ""
    };
    format!("θ{mean}, in the same runs. It ends at {}.{walks}", ends.join(", "))
}

/// Under the picture of the variance over the iterations.
pub(super) fn variance(experiment: &Experiment, analyses: &[Analysis<'_>]) -> String {
    let exact = if experiment.dimension() == 1 { "exact " } else { "" };
    let mut sentences = vec![format!(
        "The {exact}variance of ĝ with respect to the logit, at the θ and the control of each moment, on a \
         logarithmic scale."
    )];
    let ratios: Vec<String> = analyses
        .iter()
        .filter(|analysis| analysis.method.name != "reinforce")
        .filter_map(|analysis| {
            Some(format!("{} for {}", html_ratio(analysis.ratio?.median), code(&analysis.method)))
        })
        .collect();
    if !ratios.is_empty() {
        sentences
            .push(format!("At the end it is, in units of REINFORCE’s at the same θ, {}.", ratios.join(", ")));
    }
    if find(analyses, RELAX)
        .is_some_and(|relax| relax.stuck.is_some_and(|stuck| 0 < stuck && stuck < relax.settled().count()))
    {
        sentences.push(
            "The band of <code>relax</code> is wide because its runs are of two kinds: those that are stuck have \
             REINFORCE’s variance, the others have next to none."
                .to_owned(),
        );
    }
    sentences.join(" ")
}

/// Under the picture of η.
pub(super) fn eta(analyses: &[Analysis<'_>]) -> String {
    let mut sentences = vec![
        "REBAR’s scale η, which it learns by descending its own variance. Zero is REINFORCE.".to_owned(),
    ];
    if let Some(Quartiles { lower, median, upper }) =
        find(analyses, "rebar").and_then(|rebar| rebar.parameter("eta"))
    {
        sentences.push(format!(
            "It ends at {} (quartiles {} to {}).",
            number(median),
            number(lower),
            number(upper)
        ));
    }
    sentences.join(" ")
}

/// Under the picture of the variance over θ.
pub(super) fn variance_over_theta(experiment: &Experiment) -> String {
    let how = if experiment.dimension() == 1 {
        "exact, for every θ"
    } else {
        "from samples, with all variables at the same θ"
    };
    let slope = (1.0 - 2.0 * experiment.target()).abs();
    let elsewhere = if slope < 0.1 {
        "so that a control that has learned the best constant at one θ is good at every other, too"
    } else {
        "so that a control that has learned the best constant at one θ is worse at another"
    };
    format!(
        "The variance under the control that each run ended with, {how}: the median of the runs, quartiles as a \
         band. From θ = 0 to θ = 1 the constant c* changes by |f(1) − f(0)| = {}, {elsewhere}.",
        number(slope)
    )
}

/// Under the pictures of the controls.
pub(super) fn controls(experiment: &Experiment, analyses: &[Analysis<'_>]) -> String {
    let at_the_end = end(analyses).map_or_else(String::new, |End { theta, .. }| {
        format!(" ({} at θ = {theta:.3})", loss_text(best_constant(experiment, theta)))
    });
    let one_variable = match experiment.dimension() {
        1 => ", whose variance is exactly 0: with one variable, a number is all there is to learn",
        _ => "",
    };
    let dead = find(analyses, RELAX).is_some_and(|relax| relax.settled().any(|run| run.last().dead));
    let dead = if dead {
        " In the runs of <code>relax</code> whose network is dead nothing is left but f(σ(z/λ)), each with its own λ."
    } else {
        ""
    };
    format!(
        "The learned controls c<sub>φ</sub>(z), one thin line a run, beside the objective behind the threshold f(H(z)), \
         its relaxation f(σ(z/λ)) and the constant c* = (1 − θ)·f(1) + θ·f(0){at_the_end}{one_variable}.{dead}"
    )
}

/// Under the pictures of the densities.
pub(super) fn densities(experiment: &Experiment, end: Option<End>) -> String {
    let rows = match end {
        Some(End { name, theta }) => format!(
            "at the start, θ = {:.3}, and where the runs of <code>{name}</code> end, θ = {theta:.3}",
            experiment.theta0
        ),
        None => format!("at θ = {:.3}", experiment.theta0),
    };
    format!(
        "The densities of z and of z given b, {rows}. The histograms are {} samples of z = g(u, θ) and of \
         z̃ = g̃(v, θ, b); the lines are the formulas. Given b = 1 nothing is below the threshold, given b = 0 nothing \
         is above, and θ·p(z|b=1) + (1 − θ)·p(z|b=0) = p(z).",
        grouped(SAMPLES.into())
    )
}

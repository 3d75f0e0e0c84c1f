//! `report.html`: the pictures of a run, and what they show.

mod captions;
mod controls;
mod curves;
mod densities;
mod exact;
mod floor;
mod introduction;
mod reasons;
mod style;
mod theta;

use crate::page::Page;
use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::table;
use exact::Exact;
use voidgrad_kit::error::Error;

/// The whole report.
///
/// # Errors
/// Returns an error if a picture's values cannot be computed.
pub(crate) fn html(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Result<String, Error> {
    let mut page = Page::new(&introduction::title(experiment), &introduction::facts(experiment));
    page.paragraph(&introduction::question(experiment));
    let row = |analysis| table::row(analysis)[..table::REPRODUCIBLE].to_vec();
    let rows: Vec<Vec<String>> = analyses.iter().map(row).collect();
    page.table(&table::HEADS[..table::REPRODUCIBLE], &rows);
    page.paragraph(&introduction::table(experiment));
    for choices in analyses.iter().filter_map(Analysis::choices) {
        page.paragraph(&format!("{choices}."));
    }
    let interruption = introduction::interruption(experiment, analyses);
    for paragraph in interruption.into_iter().chain(introduction::divergences(analyses)) {
        page.paragraph(&paragraph);
    }

    let exact = Exact::of(experiment)?;
    page.heading(reasons::heading(experiment));
    for paragraph in reasons::paragraphs(experiment, analyses, &exact) {
        page.paragraph(&paragraph);
    }

    page.heading("The way down");
    page.figure(
        vec![curves::loss(experiment, analyses, &exact)],
        &captions::loss(experiment, analyses, &exact),
    );
    page.figure(vec![curves::theta(experiment, analyses, &exact)], &captions::theta(experiment, analyses));

    page.heading("The variance");
    page.figure(vec![curves::variance(experiment, analyses)], &captions::variance(experiment, analyses));
    if let Some(paragraph) = floor::paragraph(experiment) {
        page.paragraph(&paragraph);
    }
    if let Some(eta) = curves::eta(experiment, analyses) {
        page.figure(vec![eta], &captions::eta(analyses));
    }
    match theta::variance(experiment, analyses)? {
        Some(drawing) => page.figure(vec![drawing], &captions::variance_over_theta(experiment)),
        None => page.paragraph(
            "The variance as a function of θ is drawn for few variables only: with this many it would take \
             longer than the training.",
        ),
    }

    let panels = controls::panels(experiment, analyses);
    if !panels.is_empty() {
        page.heading("The controls");
        page.figure(panels, &captions::controls(experiment, analyses));
    }

    page.heading("The densities");
    let mut panels = densities::panels(experiment, experiment.theta0);
    let end = end(analyses);
    panels.extend(end.map(|end| densities::panels(experiment, end.theta)).into_iter().flatten());
    page.figure(panels, &captions::densities(experiment, end));
    Ok(page.html())
}

/// Where an estimator's runs end.
#[derive(Debug, Clone, Copy)]
struct End {
    name: &'static str,
    theta: f64,
}

/// The median θ at the end, of the repaired RELAX where it was run, else of the last estimator.
fn end(analyses: &[Analysis<'_>]) -> Option<End> {
    let analysis = find(analyses, "relax-linear").or(analyses.last())?;
    Some(End { name: analysis.method.name(), theta: analysis.theta?.median })
}

fn find<'r, 'a>(analyses: &'r [Analysis<'a>], name: &str) -> Option<&'r Analysis<'a>> {
    analyses.iter().find(|analysis| analysis.method.name == name)
}

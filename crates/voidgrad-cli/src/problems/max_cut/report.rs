//! `report.html`: the objective, the cut and the variance of the runs, over steps, evaluations and seconds.

use voidgrad::Bernoulli;
use voidgrad::variance::{Floors, floors_of_multilinear};

use super::experiment::{MaxCut, Source};
use super::method::Way;
use super::run::{Record, Run};
use super::search::DAMPING;
use super::table;
use crate::page::{Page, escape};
use crate::statistics::Quartiles;
use voidgrad_kit::chart::{Chart, Drawing, ORANGE, Style};
use voidgrad_kit::number::{exact, grouped, html as number, plural};

/// How much of the highest cut the first figure shows below it.
const MOST_BELOW: f64 = 0.1;

/// The whole report.
pub(super) fn html(experiment: &MaxCut, runs: &[Run]) -> String {
    let mut page = Page::new("A large cut of a graph", &facts(experiment));
    page.paragraph(&introduction(experiment));
    page.table(&table::HEADS, &table::rows(experiment, runs));
    page.paragraph(&how_to_read(experiment));
    for choices in table::choices(experiment, runs) {
        page.paragraph(&format!("{choices}."));
    }
    if runs.len() as u64 != experiment.repeats * experiment.ways.len() as u64 {
        page.paragraph("<b>This training was interrupted.</b> The runs that were complete are shown.");
    }
    page.heading("The cut");
    let (lowest, highest) = range(experiment, runs, |record| record.cut);
    // The first cuts are random, and far from all that matters.
    let range_of_cut = (lowest.max(highest - MOST_BELOW * highest.abs()), highest);
    page.figure(over_all(experiment, runs, "best cut", range_of_cut, |record| record.cut), &cut(experiment));
    page.heading("The objective");
    let range = range(experiment, runs, |record| record.objective);
    page.figure(over_all(experiment, runs, "E[f]", range, |record| record.objective), &objective());
    let has_variance = |run: &Run| run.records.iter().any(|record| record.variances.is_some());
    if runs.iter().any(has_variance) {
        page.heading("The variance");
        page.figure(vec![variance(experiment, runs)], &variance_caption(experiment));
        if let Some(paragraph) = floors(experiment) {
            page.paragraph(&paragraph);
        }
    }
    page.html()
}

fn facts(experiment: &MaxCut) -> String {
    let MaxCut { graph, restarts, iterations, temperature, repeats, seed, .. } = experiment;
    let source = match &experiment.source {
        Source::File(path, _) => format!("<code>{}</code>", escape(&path.to_string_lossy())),
        Source::Generated { kind, .. } => format!("a generated graph ({})", kind.name()),
    };
    format!(
        "{source}: {} vertices, {} edges. {} steps of {}; the temperature falls from {} to 0, in units of {}; {} of each \
         estimator, seed {seed}.",
        grouped(graph.vertices() as u64),
        grouped(graph.edges().len() as u64),
        grouped(*iterations),
        plural(*restarts as u64, "evaluation"),
        number(*temperature),
        number(experiment.scale),
        plural(*repeats, "run"),
    )
}

fn introduction(experiment: &MaxCut) -> String {
    let rates: Vec<String> = experiment
        .ways
        .iter()
        .filter(|way| way.option().is_some())
        .map(|way| format!("{} for <code>{}</code>", number(experiment.learning_rate_of(*way)), way.name()))
        .collect();
    format!(
        "Every vertex is on one of two sides, and the cut is the weight of the edges between them: f(b) = Σ w<sub>ij</sub> \
         (b<sub>i</sub> + b<sub>j</sub> − 2 b<sub>i</sub> b<sub>j</sub>). A side is drawn with probability p<sub>i</sub>, independently, so \
         E[f] is f at the probabilities, and its gradient is exact. The logits ascend E[f] + T·H by the natural gradient, with the \
         entropy H and a temperature T that falls to 0. <code>exact</code> follows the exact gradient, an estimator an estimate from \
         values of f alone, whose Fisher information is increased by {}. The learning rates are {}, divided by the unit of \
         temperature. A cut is that of the rounded probabilities (p &gt; ½). Nothing polishes it.",
        number(DAMPING),
        rates.join(", "),
    )
}

fn how_to_read(experiment: &MaxCut) -> String {
    let reference = match experiment.reference() {
        Some((name, cut)) => format!(" The reference is the {name} cut, {}.", exact(cut)),
        None => " <code>--best-known</code> gives a reference.".to_owned(),
    };
    let vertices = grouped(experiment.graph.vertices() as u64);
    format!(
        "An <b>evaluation</b> reads every edge from both of its ends once. It is one exact gradient, one value of f, or an attempt to \
         flip every vertex once. Their times differ: gradients of several restarts are computed together, on SIMD lanes. If f were a black box whose values are counted instead, a gradient and an \
         attempt to flip every vertex would be {vertices} values each, and <code>exact</code> and the last two rows would still be equal. \
         <code>pbil</code> moves the probabilities a tenth of the way to the mean of the best tenth of a step’s samples, which it knows by the order of their cuts alone. \
         <code>local-search</code> flips a vertex if the cut grows, and begins again from random sides when nothing grows. \
         <code>simulated-annealing</code> is Metropolis’ algorithm at the temperatures of the others.{reference}"
    )
}

fn cut(experiment: &MaxCut) -> String {
    let reference = match experiment.reference() {
        Some((name, _)) => format!(" The thin line is the {name} cut."),
        None => String::new(),
    };
    format!(
        "The best cut so far, of all restarts: the median of the runs, with the quartiles as a band. Seconds are those of the steps \
         of a run, on all threads. What is below the picture is cut off.{reference}"
    )
}

fn objective() -> String {
    "E[f], exact for each restart and averaged over the restarts; for <code>local-search</code> and <code>simulated-annealing</code>, the cut of the present sides. The median of \
     the runs, with the quartiles as a band."
        .to_owned()
}

fn variance_caption(experiment: &MaxCut) -> String {
    format!(
        "The exact variance by the logit, averaged over the vertices, of two estimators with {} samples each: the mean of as many \
         estimates of REINFORCE, and RLOO. The probabilities are those of the first restart of each run; the name before the colon says which \
         gradient it followed.",
        grouped(experiment.samples())
    )
}

/// What the best control of each family leaves at p = ½, about where the runs begin; nothing if an `f64` does not hold a variance.
fn floors(experiment: &MaxCut) -> Option<String> {
    let even = Bernoulli::from_logits(&vec![0.0; experiment.graph.vertices()]).ok()?;
    let cut = experiment.graph.multilinear().ok()?;
    let Floors { constant, additive, pairwise } = floors_of_multilinear(&even, &cut).ok()?;
    let samples = experiment.samples();
    let [constant, additive, pairwise] =
        [constant, additive, pairwise].map(|floor| number(floor / samples as f64));
    Some(format!(
        "<b>What the best control leaves.</b> At p = ½, the mean of {} estimates of REINFORCE has a variance of {constant} with the best constant as a control. With \
         the best sum of a function of each vertex it is {additive}, and with a function of each pair, {pairwise}: the cut is such a sum.",
        grouped(samples)
    ))
}

/// The name of an axis, and where a record is on it.
type Axis = (&'static str, fn(&Record) -> f64);

/// A quantity over steps, evaluations and seconds.
fn over_all(
    experiment: &MaxCut,
    runs: &[Run],
    label: &str,
    range: (f64, f64),
    value: fn(&Record) -> f64,
) -> Vec<Drawing> {
    let axes: [Axis; 3] = [
        ("step", |record| record.step as f64),
        ("evaluations", |record| record.evaluations as f64),
        ("seconds", |record| record.seconds),
    ];
    let panel = |(name, x): Axis| {
        let mut chart = Chart::new(560.0, 330.0, name, label).y_range(range.0, range.1).y_decimals(0);
        let mut end = 0.0_f64;
        for (number, way) in experiment.ways.iter().enumerate() {
            let (x, quartiles) = curve(runs, *way, x, |record| Some(value(record)));
            end = end.max(x.last().copied().unwrap_or(0.0));
            draw(&mut chart, &x, &quartiles, Style::numbered(number), way.name());
        }
        if let Some((name, cut)) = experiment.reference() {
            chart.line(&[(0.0, cut), (end, cut)], Style::solid(ORANGE).wide(1.2), Some(name));
        }
        chart.x_range(0.0, if end > 0.0 { end } else { 1.0 }).draw()
    };
    axes.into_iter().map(panel).collect()
}

/// From the start of the curves, which is the same for all, to the best cut or the reference, with a margin.
fn range(experiment: &MaxCut, runs: &[Run], value: fn(&Record) -> f64) -> (f64, f64) {
    let values = || runs.iter().flat_map(|run| &run.records).map(value);
    let reference = experiment.reference().map(|(_, cut)| cut);
    let lowest = values().fold(f64::INFINITY, f64::min);
    let highest = values().chain(reference).fold(f64::NEG_INFINITY, f64::max);
    let margin = (0.03 * (highest - lowest)).max(0.5);
    (lowest - margin, highest + margin)
}

/// log₁₀ of the two variances on each way.
fn variance(experiment: &MaxCut, runs: &[Run]) -> Drawing {
    let mut chart =
        Chart::new(720.0, 330.0, "step", "log₁₀ Var[ĝ]").x_range(0.0, experiment.iterations as f64);
    let mut number = 0;
    for way in &experiment.ways {
        for (index, estimator) in ["REINFORCE", "RLOO"].into_iter().enumerate() {
            let log = |record: &Record| record.variances.map(|variances| variances[index].log10());
            let (x, quartiles) = curve(runs, *way, |record| record.step as f64, log);
            if !x.is_empty() {
                let name = format!("{}: {estimator}", way.name());
                draw(&mut chart, &x, &quartiles, Style::numbered(number), &name);
                number += 1;
            }
        }
    }
    chart.draw()
}

/// The median of x and the quartiles of y over the runs of a way, record by record.
fn curve(
    runs: &[Run],
    way: Way,
    x: impl Fn(&Record) -> f64,
    y: impl Fn(&Record) -> Option<f64>,
) -> (Vec<f64>, Vec<Quartiles>) {
    let runs = table::of_way(runs, way);
    let records = runs.iter().map(|run| run.records.len()).min().unwrap_or(0);
    let point = |place: usize| {
        let at_place = || runs.iter().map(|run| &run.records[place]);
        Some((Quartiles::of(at_place().map(&x))?.median, Quartiles::of(at_place().filter_map(&y))?))
    };
    (0..records).filter_map(point).unzip()
}

/// A line of medians in a band of quartiles.
fn draw(chart: &mut Chart, x: &[f64], quartiles: &[Quartiles], style: Style, name: &str) {
    if x.is_empty() {
        return;
    }
    let of = |value: fn(&Quartiles) -> f64| -> Vec<f64> { quartiles.iter().map(value).collect() };
    let [lower, median, upper] =
        [|q: &Quartiles| q.lower, |q: &Quartiles| q.median, |q: &Quartiles| q.upper].map(of);
    chart.band(x, &lower, &upper, style);
    let points: Vec<(f64, f64)> = x.iter().copied().zip(median).collect();
    chart.line(&points, style, Some(name));
}

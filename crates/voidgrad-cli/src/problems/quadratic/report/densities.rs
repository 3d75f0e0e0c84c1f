//! The density of z and its densities given b, with histograms of samples over them.

use voidgrad::Stream;
use voidgrad::bernoulli::logit;

use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::network::grid;
use voidgrad_kit::chart::{BLACK, BLUE, Chart, Drawing, Style, VERMILION};

/// z runs over `[-REACH, REACH]`.
const REACH: f64 = 8.0;
const POINTS: u32 = 801;
/// Even, so that no bar lies across the threshold.
const BARS: u32 = 64;
/// Samples of each histogram.
pub(crate) const SAMPLES: u32 = 20_000;

/// The marginal density and the two conditional ones, side by side, at the probability `theta`.
pub(crate) fn panels(experiment: &Experiment, theta: f64) -> Vec<Drawing> {
    let a = (theta / (1.0 - theta)).ln();
    let mut stream = Stream::new(experiment.settings.seed, 0, NOISE);
    let mut noise = vec![0.0; SAMPLES as usize];

    let mut marginal = chart(theta);
    stream.fill_open01(&mut noise);
    draw_histogram(&mut marginal, noise.iter().map(|&u| logit::g(u, a)), PALE_GREY);
    marginal.line(&curve(|z| logit::density(z, a)), Style::solid(BLACK), Some("p(z)"));

    let mut conditional = chart(theta);
    for (b, color) in [(false, PALE_VERMILION), (true, PALE_BLUE)] {
        stream.fill_open01(&mut noise);
        draw_histogram(&mut conditional, noise.iter().map(|&v| logit::g_tilde(v, a, b)), color);
    }
    let zero = Style::dashed(VERMILION, "9 4");
    let one = Style::dashed(BLUE, "10 3 2 3");
    conditional.line(&curve(|z| logit::density_given(z, a, false)), zero, Some("p(z|b=0)"));
    conditional.line(&curve(|z| logit::density_given(z, a, true)), one, Some("p(z|b=1)"));
    vec![marginal.draw(), conditional.draw()]
}

/// The row of the stream that these samples are drawn from.
const NOISE: u64 = u64::MAX - 1;

/// The lines' colours, mixed with white.
const PALE_GREY: &str = "#D0D0D0";
const PALE_VERMILION: &str = "#F5D0B5";
const PALE_BLUE: &str = "#B8D6EA";

fn chart(theta: f64) -> Chart {
    Chart::new(360.0, 280.0, "z", "density")
        .title(&format!("θ = {theta:.3}"))
        .x_range(-REACH, REACH)
        .x_step(4.0)
}

fn curve(density: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    grid(REACH, POINTS).map(|z| (z, density(z))).collect()
}

/// Draws the histogram of samples, as a density. Samples outside the axis count, but are not drawn.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bins are few, and checked")]
fn draw_histogram(chart: &mut Chart, samples: impl Iterator<Item = f64>, color: &'static str) {
    let width = 2.0 * REACH / f64::from(BARS);
    let mut heights = vec![0.0; BARS as usize];
    for sample in samples {
        let bin = ((sample + REACH) / width).floor();
        if bin >= 0.0 && bin < f64::from(BARS) {
            heights[bin as usize] += 1.0 / (f64::from(SAMPLES) * width);
        }
    }
    let edges = (0..=BARS).map(|i| f64::from(i) * width - REACH).collect();
    chart.bars(edges, heights, color);
}

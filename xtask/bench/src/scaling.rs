//! How the cost grows: over samples, over M and over N, on one thread and on two.

use std::time::Instant;

use serde::Serialize;
use voidgrad::batch::{Batch, Options};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{BatchControl, Bernoulli};

use super::case::{self, LOGIT, TARGET};
use super::features::Features;
use super::memory::Memory;
use super::table::aligned;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::progress::Steps;

/// What grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Axis {
    Samples,
    M,
    N,
}

/// One size of one axis.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Point {
    axis: Axis,
    size: u64,
    threads: usize,
    /// The fastest of the repetitions.
    seconds: f64,
    /// What the largest batch needed beyond what there was before, where the system says so.
    peak_bytes: Option<u64>,
}

/// `time ∝ sizeᵉ`
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Growth {
    axis: Axis,
    threads: usize,
    exponent: f64,
}

/// The whole table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Scaling {
    points: Vec<Point>,
    exponents: Vec<Growth>,
}

/// Sizes, and what is drawn at each of them.
const SAMPLES: [u64; 7] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
const VARIABLES: [u64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const PARAMETERS: [u64; 7] = [0, 1, 10, 100, 1_000, 10_000, 100_000];
const THREADS: [usize; 2] = [1, 2];
/// Samples of a batch of many variables: as many tasks as there are threads to have, and some more.
const SAMPLES_OF_MANY: u64 = 4;
const SAMPLES_OF_PARAMETERS: u64 = 16;

impl Scaling {
    /// Measures it; `quick` leaves the largest sizes out.
    pub(crate) fn measure(quick: bool, steps: &Steps) -> Result<Self, Error> {
        let cut = if quick { 5 } else { 7 };
        steps.begin("scaling", THREADS.len() * 3 * cut);
        let mut points = Vec::new();
        for threads in THREADS {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Error::computation)?;
            let measured = pool.install(|| {
                let sizes = [(Axis::Samples, SAMPLES), (Axis::M, VARIABLES), (Axis::N, PARAMETERS)];
                let mut measured = Vec::new();
                for (axis, sizes) in sizes {
                    for &size in &sizes[..cut] {
                        let (seconds, peak_bytes) = axis.measure(size, quick)?;
                        measured.push(Point { axis, size, threads, seconds, peak_bytes });
                        steps.advance();
                    }
                }
                Ok::<_, Error>(measured)
            })?;
            points.extend(measured);
        }
        let exponents = THREADS
            .into_iter()
            .flat_map(|threads| {
                [Axis::Samples, Axis::M, Axis::N].map(|axis| Growth::fit(axis, threads, &points))
            })
            .collect();
        Ok(Self { points, exponents })
    }

    /// The table on the terminal.
    pub(crate) fn text(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .points
            .iter()
            .map(|point| {
                vec![
                    point.axis.name().to_owned(),
                    point.size.to_string(),
                    point.threads.to_string(),
                    number::duration(point.seconds),
                    number::short(point.seconds * 1e9 / point.size.max(1) as f64),
                    point
                        .peak_bytes
                        .map_or_else(|| "–".to_owned(), |bytes| number::short(bytes as f64 / 1e6)),
                ]
            })
            .collect();
        let table = aligned(&["growing", "size", "threads", "time", "ns/size", "peak MB"], &rows);
        let exponents: Vec<String> = self
            .exponents
            .iter()
            .map(|growth| {
                let Growth { axis, threads, exponent } = growth;
                format!("time grows with {} to the power {exponent:.3} on {threads} threads", axis.name())
            })
            .collect();
        format!(
            "samples: relax; M: relax at {SAMPLES_OF_MANY} samples; N: a control of N parameters at \
             {SAMPLES_OF_PARAMETERS} samples\n\n{table}\n\n{}",
            exponents.join("\n")
        )
    }
}

impl Axis {
    fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::M => "M",
            Self::N => "N",
        }
    }

    /// The time of a batch of this size, and the memory that it takes.
    fn measure(self, size: u64, quick: bool) -> Result<(f64, Option<u64>), Error> {
        let count = usize::try_from(size).map_err(Error::computation)?;
        match self {
            Self::Samples => time(&[LOGIT], &case::relax()?, size, quick),
            Self::M => time(&vec![LOGIT; count], &case::relax()?, SAMPLES_OF_MANY, quick),
            Self::N => time(&[LOGIT], &Features::new(count), SAMPLES_OF_PARAMETERS, quick),
        }
    }
}

fn time(
    logits: &[f64],
    control: &(impl BatchControl + Sync),
    samples: u64,
    quick: bool,
) -> Result<(f64, Option<u64>), Error> {
    let bernoulli = Bernoulli::from_logits(logits).map_err(Error::computation)?;
    let objective = MeanQuadratic { target: TARGET };
    let memory = Memory::start();
    let mut batches = Batch::new();
    let mut draw = |run: u64| {
        let start = Instant::now();
        let sums =
            batches.estimate(&bernoulli, &objective, control, &Options { run, ..Options::new(samples, 3) });
        std::hint::black_box(sums.map_err(Error::computation)?);
        Ok::<_, Error>(start.elapsed().as_secs_f64())
    };
    // The first batch allocates.
    draw(0)?;
    let (least, length) = if quick { (3, 0.01) } else { (5, 0.2) };
    let start = Instant::now();
    let (mut best, mut run) = (f64::MAX, 0);
    while run < least || start.elapsed().as_secs_f64() < length {
        run += 1;
        best = best.min(draw(run)?);
    }
    Ok((best, memory.peak()))
}

impl Growth {
    /// Least squares on the logarithms of the upper half of the sizes, where what a batch costs at least is small.
    fn fit(axis: Axis, threads: usize, points: &[Point]) -> Self {
        let all: Vec<(f64, f64)> = points
            .iter()
            .filter(|point| point.axis == axis && point.threads == threads)
            .map(|point| ((point.size as f64).ln(), point.seconds.ln()))
            .collect();
        Self { axis, threads, exponent: slope(&all[all.len() / 2..]) }
    }
}

/// The slope of the line through these points with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |values: fn(&(f64, f64)) -> f64| points.iter().map(values).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut xy, mut xx) = (0.0, 0.0);
    for point in points {
        xy += (point.0 - x) * (point.1 - y);
        xx += (point.0 - x) * (point.0 - x);
    }
    xy / xx
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_of_a_power_is_found_on_the_upper_half() {
        let point = |size: u64| Point {
            axis: Axis::M,
            size,
            threads: 1,
            // What a batch costs at least hides the growth of the lower half.
            seconds: if size < 1_000 { 1.0 } else { 1e-3 * (size as f64).powf(1.5) },
            peak_bytes: None,
        };
        let points = VARIABLES.map(point);
        assert!((Growth::fit(Axis::M, 1, &points).exponent - 1.5).abs() < 1e-12);
    }
}

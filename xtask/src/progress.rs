//! How far a run has come: bars in a terminal, lines elsewhere, nothing where nothing is wanted.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::number;
use crate::terminal;

/// Progress of several estimators, each with the same number of runs.
pub(crate) struct Progress {
    display: Display,
    rows: Vec<Row>,
    repeats: u64,
    started: Instant,
}

enum Display {
    Silent,
    Lines,
    Bars,
}

struct Row {
    name: &'static str,
    bar: ProgressBar,
    finished: AtomicU64,
}

impl Progress {
    /// Starts the display on standard error.
    pub(crate) fn start(names: &[&'static str], repeats: u64, iterations: u64, quiet: bool) -> Self {
        let display = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Display::Silent,
            (false, true) => Display::Bars,
            (false, false) => Display::Lines,
        };
        let bars = MultiProgress::new();
        let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
        let rows = names
            .iter()
            .map(|&name| {
                let bar = match display {
                    Display::Bars => bars.add(ProgressBar::new(repeats.saturating_mul(iterations))),
                    Display::Silent | Display::Lines => ProgressBar::hidden(),
                };
                bar.set_style(style());
                bar.set_prefix(format!("{name:width$}"));
                Row { name, bar, finished: AtomicU64::new(0) }
            })
            .collect();
        if matches!(display, Display::Lines) {
            let names = names.join(", ");
            terminal::note(&format!("training {names}: {repeats} × {iterations} steps each"));
        }
        Self { display, rows, repeats, started: Instant::now() }
    }

    /// A run of the estimator in `row` has made `steps` more steps.
    pub(crate) fn advance(&self, row: usize, steps: u64) {
        self.rows[row].bar.inc(steps);
    }

    /// Ends the line that the last bar stands on.
    pub(crate) fn close(&self) {
        if matches!(self.display, Display::Bars) {
            terminal::note("");
        }
    }

    /// A run of the estimator in `row` has ended.
    pub(crate) fn finish(&self, row: usize) {
        let row = &self.rows[row];
        let finished = row.finished.fetch_add(1, Ordering::Relaxed) + 1;
        if finished == self.repeats {
            row.bar.finish();
            if matches!(self.display, Display::Lines) {
                let seconds = number::duration(self.started.elapsed().as_secs_f64());
                terminal::note(&format!(
                    "{}: {} of {} runs after {seconds}",
                    row.name, finished, self.repeats
                ));
            }
        }
    }
}

/// Progress of one piece of work: a bar in a terminal, nothing elsewhere.
pub(crate) struct Steps(ProgressBar);

impl Steps {
    /// Starts the display on standard error.
    pub(crate) fn start(name: &str, count: usize) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(count as u64)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(style());
        bar.set_prefix(format!("{name:14}"));
        Self(bar)
    }

    /// One step is done.
    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }

    /// All is done; the bar goes.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {bar:40} {percent:>3} % {eta:>4}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

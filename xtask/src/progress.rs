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

impl Display {
    fn choose(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Self::Silent,
            (false, true) => Self::Bars,
            (false, false) => Self::Lines,
        }
    }
}

struct Row {
    name: &'static str,
    bar: ProgressBar,
    finished: AtomicU64,
}

impl Progress {
    /// Starts the display on standard error.
    pub(crate) fn start(names: &[&'static str], repeats: u64, iterations: u64, quiet: bool) -> Self {
        let display = Display::choose(quiet);
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

    /// Starts a display of one row that counts to `steps`, with `line` where there is no bar.
    pub(crate) fn count(line: &str, steps: u64, quiet: bool) -> Self {
        let display = Display::choose(quiet);
        let bar = match display {
            Display::Bars => ProgressBar::new(steps),
            Display::Silent | Display::Lines => ProgressBar::hidden(),
        };
        bar.set_style(style());
        if matches!(display, Display::Lines) {
            terminal::note(line);
        }
        let rows = vec![Row { name: "", bar, finished: AtomicU64::new(0) }];
        Self { display, rows, repeats: 1, started: Instant::now() }
    }

    /// What `row` is about from now on.
    pub(crate) fn rename(&self, row: usize, name: &'static str) {
        self.rows[row].bar.set_prefix(format!("{name:17}"));
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

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {bar:40} {percent:>3} % {eta:>4}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

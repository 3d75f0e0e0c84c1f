//! How far a run has come: bars in a terminal, lines elsewhere, nothing where nothing is wanted.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::number;
use crate::terminal;

/// Progress of several estimators, each with the same number of runs.
pub struct Progress {
    display: Display,
    bars: MultiProgress,
    rows: Vec<Row>,
    repeats: u64,
    iterations: u64,
    started: Instant,
}

/// What was done before the display starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Runs that have ended.
    pub runs: u64,
    /// Steps of all runs.
    pub steps: u64,
}

enum Display {
    Silent,
    Lines,
    Bars,
}

struct Row {
    bar: ProgressBar,
    /// Steps made.
    steps: AtomicU64,
    /// Runs that have ended.
    finished: AtomicU64,
}

impl Progress {
    /// Starts the display on standard error. `done` is what was done before, for each of the names.
    #[must_use]
    pub fn start(names: &[&'static str], repeats: u64, iterations: u64, done: &[Done], quiet: bool) -> Self {
        let display = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Display::Silent,
            (false, true) => Display::Bars,
            (false, false) => Display::Lines,
        };
        let bars = MultiProgress::new();
        let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
        let rows = names
            .iter()
            .zip(done)
            .map(|(&name, done)| {
                let bar = match display {
                    Display::Bars => bars.add(ProgressBar::new(repeats.saturating_mul(iterations))),
                    Display::Silent | Display::Lines => ProgressBar::hidden(),
                };
                bar.set_style(style());
                bar.set_prefix(format!("{name:width$}"));
                bar.set_position(done.steps);
                // What was done before says nothing about the time that is left.
                bar.reset_eta();
                if done.runs == repeats {
                    bar.finish();
                }
                Row { bar, steps: AtomicU64::new(done.steps), finished: AtomicU64::new(done.runs) }
            })
            .collect();
        let progress = Self { display, bars, rows, repeats, iterations, started: Instant::now() };
        if matches!(progress.display, Display::Lines) {
            let names = names.join(", ");
            let (repeats, iterations) = (number::grouped(repeats), number::grouped(iterations));
            let before = match progress.done() {
                (_, 0, 0) => String::new(),
                (percent, finished, _) => {
                    format!(", going on at {percent:.0} %, {finished} of {} runs", progress.runs())
                }
            };
            terminal::note(&format!("training {names}: {repeats} × {iterations} steps each{before}"));
        }
        progress
    }

    /// How much is done in percent, how many runs have ended, and how many steps are made.
    fn done(&self) -> (f64, u64, u64) {
        let sum = |count: fn(&Row) -> &AtomicU64| -> u64 {
            self.rows.iter().map(|row| count(row).load(Ordering::Relaxed)).sum()
        };
        let (finished, steps) = (sum(|row| &row.finished), sum(|row| &row.steps));
        let all = self.runs() as f64 * self.iterations as f64;
        (100.0 * steps as f64 / all, finished, steps)
    }

    fn runs(&self) -> u64 {
        self.rows.len() as u64 * self.repeats
    }

    /// A run of the estimator in `row` has made `steps` more steps.
    pub fn advance(&self, row: usize, steps: u64) {
        self.rows[row].bar.inc(steps);
        self.rows[row].steps.fetch_add(steps, Ordering::Relaxed);
    }

    /// Ends the line that the last bar stands on.
    pub fn close(&self) {
        if matches!(self.display, Display::Bars) {
            // After Ctrl-C the work goes on until the program ends, and must not draw into the table.
            self.bars.set_draw_target(ProgressDrawTarget::hidden());
            terminal::note("");
        }
    }

    /// A run of the estimator in `row` has ended.
    pub fn finish(&self, row: usize) {
        let row = &self.rows[row];
        if row.finished.fetch_add(1, Ordering::Relaxed) + 1 == self.repeats {
            row.bar.finish();
        }
    }

    /// How far it has come, in a line; `None` where a bar shows that, or nothing is wanted.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        if !matches!(self.display, Display::Lines) {
            return None;
        }
        let ((percent, finished, _), runs) = (self.done(), self.runs());
        Some(format!("{percent:.0} %, {finished} of {runs} runs after {}", elapsed(self.started)))
    }
}

fn elapsed(started: Instant) -> String {
    number::duration(started.elapsed().as_secs_f64())
}

/// Progress of one piece of work: a bar in a terminal, lines elsewhere, nothing where nothing is wanted.
pub struct Steps {
    bar: ProgressBar,
    state: Mutex<State>,
    has_lines: bool,
    started: Instant,
}

struct State {
    /// What is being done.
    name: String,
    /// How many steps are done, and how many there are.
    done: usize,
    count: usize,
}

impl Steps {
    /// Starts the display on standard error.
    #[must_use]
    pub fn start(name: &str, count: usize, quiet: bool) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal && !quiet { ProgressBar::new(1) } else { ProgressBar::hidden() };
        bar.set_style(style());
        let state = Mutex::new(State { name: String::new(), done: 0, count: 0 });
        let steps = Self { bar, state, has_lines: !is_terminal && !quiet, started: Instant::now() };
        steps.begin(name, count);
        steps
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts anew with so many steps.
    pub fn begin(&self, name: &str, count: usize) {
        // A bar of length 0 would be full.
        self.bar.set_length(count.max(1) as u64);
        self.bar.set_position(0);
        *self.state() = State { name: String::new(), done: 0, count };
        self.about(name);
    }

    /// What the next step is about.
    pub fn about(&self, name: &str) {
        self.bar.set_prefix(format!("{name:17}"));
        name.clone_into(&mut self.state().name);
    }

    /// One step is done.
    pub fn advance(&self) {
        self.bar.inc(1);
        self.state().done += 1;
    }

    /// How far it has come, in a line; `None` where a bar shows that, or nothing is wanted.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let State { name, done, count } = &*self.state();
        let of = if *count == 0 { String::new() } else { format!(": {done} of {count}") };
        self.has_lines.then(|| format!("{name}{of} after {}", elapsed(self.started)))
    }

    /// All is done; the bar goes.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {bar:40} {percent:>3} % {eta:>4}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

//! Work on a thread of its own, whose results come one by one: what ends it early loses none of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::{interrupt, terminal};

/// What came out of a piece of work.
pub struct Collected<T> {
    /// In the order in which they were complete.
    pub results: Vec<T>,
    /// How it ended.
    pub end: End,
}

/// How a piece of work ended.
#[derive(Debug)]
pub enum End {
    /// With everything there is.
    Complete,
    /// By Ctrl-C.
    Interrupted,
    /// By a failure.
    Failed(Error),
}

impl End {
    /// What an early end is reported as, with a sentence about what was `kept` if anything was.
    ///
    /// # Errors
    /// Returns an error if the work ended early.
    pub fn early(self, kept: Option<&str>) -> Result<(), Error> {
        const NOTHING: &str = "nothing was complete, and nothing is written";
        match (self, kept) {
            (Self::Complete, _) => Ok(()),
            (Self::Interrupted, kept) => {
                Err(Error::Interrupted(format!("interrupted: {}", kept.unwrap_or(NOTHING))))
            }
            (Self::Failed(error), None) => Err(error),
            (Self::Failed(error), Some(kept)) => Err(Error::computation(format!("{error}; {kept}"))),
        }
    }
}

enum Event<T> {
    Result(T),
    End(Result<(), Error>),
    Interrupted,
}

/// Where the work hands its results over.
pub struct Sink<T>(Sender<Event<T>>);

impl<T> Clone for Sink<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Sink<T> {
    /// One result is complete.
    pub fn put(&self, result: T) {
        // After Ctrl-C nobody listens any more.
        let _ = self.0.send(Event::Result(result));
    }
}

/// As much as the main thread of a program has.
const STACK: usize = 8 << 20;

/// The first line about the progress comes after this time, the next after twice the time and so on.
const FIRST_LINE: Duration = Duration::from_secs(2);
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// Does `work`, until it ends or Ctrl-C is pressed; then it is left alone, to end with the program. `progress` makes the lines
/// that say how far it has come.
pub fn collect<T: Send + 'static>(
    work: impl FnOnce(&Sink<T>) -> Result<(), Error> + Send + 'static,
    progress: impl Fn() -> Option<String>,
) -> Collected<T> {
    let (sender, events) = mpsc::channel();
    let listener = sender.clone();
    // Also when the work has ended and its results are being written: then the first Ctrl-C changes nothing.
    interrupt::listen(move || drop(listener.send(Event::Interrupted)));
    let sink = Sink(sender);
    let body = move || {
        // A panic has printed what it is about.
        let fault = || Error::computation("this is a fault of voidgrad: its own check failed");
        let end = catch_unwind(AssertUnwindSafe(|| work(&sink))).unwrap_or_else(|_| Err(fault()));
        let _ = sink.0.send(Event::End(end));
    };
    let mut results = Vec::new();
    if let Err(error) = thread::Builder::new().stack_size(STACK).spawn(body) {
        return Collected { results, end: End::Failed(Error::computation(error)) };
    }
    let (mut silence, mut spoken) = (FIRST_LINE, Instant::now());
    loop {
        let event = events.recv_timeout(silence.saturating_sub(spoken.elapsed()));
        let end = match event {
            Ok(Event::Result(result)) => {
                results.push(result);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(line) = progress() {
                    terminal::note(&line);
                }
                (silence, spoken) = ((2 * silence).min(LONGEST_SILENCE), Instant::now());
                continue;
            }
            Ok(Event::End(Ok(()))) => End::Complete,
            Ok(Event::End(Err(error))) => End::Failed(error),
            Ok(Event::Interrupted) | Err(RecvTimeoutError::Disconnected) => End::Interrupted,
        };
        return Collected { results, end };
    }
}

//! Ctrl-C: the first one ends the work and keeps what is complete, another one ends the program.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::terminal;

/// The exit code of a program that was interrupted, as shells have it.
pub(crate) const EXIT_CODE: u8 = 130;

/// What Ctrl-C does.
pub(crate) struct State {
    /// Tells the work to end.
    listener: Option<Box<dyn Fn() + Send>>,
    /// What has to be cleared away if the program ends here.
    leftovers: Vec<(u64, Box<dyn Fn() + Send>)>,
    /// The name of the next entry of `leftovers`.
    next: u64,
}

static STATE: Mutex<State> = Mutex::new(State { listener: None, leftovers: Vec::new(), next: 0 });

/// As long as this is held, Ctrl-C waits: for steps that must not be left half done.
pub(crate) fn hold() -> MutexGuard<'static, State> {
    static HANDLER: Once = Once::new();
    // Where the system has no such signal there is nothing to handle.
    HANDLER.call_once(|| drop(ctrlc::set_handler(on_signal)));
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next Ctrl-C calls `listener` and does nothing else.
pub(crate) fn listen(listener: impl Fn() + Send + 'static) {
    hold().listener = Some(Box::new(listener));
}

impl State {
    /// Has `clear` called if the program is ended by Ctrl-C; the answer is for [`forget`](Self::forget).
    pub(crate) fn remember(&mut self, clear: impl Fn() + Send + 'static) -> u64 {
        self.next += 1;
        self.leftovers.push((self.next, Box::new(clear)));
        self.next
    }

    /// Nothing has to be cleared away any more.
    pub(crate) fn forget(&mut self, name: u64) {
        self.leftovers.retain(|(other, _)| *other != name);
    }
}

fn on_signal() {
    let mut state = hold();
    if let Some(listener) = state.listener.take() {
        listener();
        return;
    }
    for (_, clear) in &state.leftovers {
        clear();
    }
    if !state.leftovers.is_empty() {
        terminal::note("interrupted: nothing was written");
    }
    // The lock is still held, so that nothing new begins.
    std::process::exit(EXIT_CODE.into());
}

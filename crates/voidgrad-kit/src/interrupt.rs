//! Ctrl-C: the first one ends the work and keeps what is complete, another one ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::terminal;

/// The exit code of a program that was interrupted, as shells have it.
pub const EXIT_CODE: u8 = 130;

/// What Ctrl-C does.
pub struct State {
    /// Tells the work to end.
    listener: Option<Box<dyn Fn() + Send>>,
    /// What has to be cleared away if the program ends here.
    leftovers: Vec<(u64, Box<dyn Fn() + Send>)>,
    /// The name of the next entry of `leftovers`.
    next: u64,
    /// Another program decides what is done.
    is_left: bool,
}

static STATE: Mutex<State> =
    Mutex::new(State { listener: None, leftovers: Vec::new(), next: 0, is_left: false });

/// Whether Ctrl-C was pressed since it was left to another program.
static PRESSED: AtomicBool = AtomicBool::new(false);

/// As long as this is held, Ctrl-C waits: for steps that must not be left half done.
pub fn hold() -> MutexGuard<'static, State> {
    static HANDLER: Once = Once::new();
    // Where the system has no such signal there is nothing to handle.
    HANDLER.call_once(|| drop(ctrlc::set_handler(on_signal)));
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next Ctrl-C calls `listener` and does nothing else.
pub fn listen(listener: impl Fn() + Send + 'static) {
    hold().listener = Some(Box::new(listener));
}

/// From now on Ctrl-C is for another program, which the terminal tells as well; the answer knows whether it was pressed.
pub fn leave() -> impl Fn() -> bool {
    hold().is_left = true;
    || PRESSED.load(Ordering::Relaxed)
}

impl State {
    /// Has `clear` called if the program is ended by Ctrl-C; the answer is for [`forget`](Self::forget).
    pub fn remember(&mut self, clear: impl Fn() + Send + 'static) -> u64 {
        self.next += 1;
        self.leftovers.push((self.next, Box::new(clear)));
        self.next
    }

    /// Nothing has to be cleared away any more.
    pub fn forget(&mut self, name: u64) {
        self.leftovers.retain(|(other, _)| *other != name);
    }
}

fn on_signal() {
    let mut state = hold();
    if state.is_left {
        PRESSED.store(true, Ordering::Relaxed);
        return;
    }
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

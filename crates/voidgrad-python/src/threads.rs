//! The threads that plates are shared out among.

use std::num::NonZero;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::available_parallelism;

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use voidgrad::batch::on_one_thread;

use crate::arrays::natural;
use crate::errors::value_error;

/// A pool of our own, made when it is first needed: the global one cannot be made anew with another number of threads.
static POOL: RwLock<Option<Arc<ThreadPool>>> = RwLock::new(None);

/// More threads than any machine has cores.
const MOST: u64 = 1024;

/// Does work on the pool.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> PyResult<R> {
    Ok(pool()?.install(work))
}

/// Does work on the pool if it is worth the microseconds that handing it over takes, and on this thread if it is not or if the pool has one thread.
pub(crate) fn run_if<R: Send>(is_much: bool, work: impl FnOnce() -> R + Send) -> PyResult<R> {
    if is_much {
        let pool = pool()?;
        if pool.current_num_threads() > 1 {
            return Ok(pool.install(work));
        }
    }
    Ok(on_one_thread(work))
}

fn pool() -> PyResult<Arc<ThreadPool>> {
    if let Some(pool) = &*POOL.read().unwrap_or_else(PoisonError::into_inner) {
        return Ok(pool.clone());
    }
    let mut place = POOL.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = &*place {
        return Ok(pool.clone());
    }
    let made = make(available_parallelism().map_or(1, NonZero::get))?;
    *place = Some(made.clone());
    Ok(made)
}

fn make(threads: usize) -> PyResult<Arc<ThreadPool>> {
    let named = |i| format!("voidgrad-{i}");
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(named)
        .build()
        .map(Arc::new)
        .map_err(value_error)
}

/// Shares out the work among n threads, from 1 to 1024.
#[pyfunction]
pub(crate) fn set_threads(py: Python<'_>, n: &Bound<'_, PyAny>) -> PyResult<()> {
    let threads =
        natural("n", n).ok().filter(|n| (1..=MOST).contains(n)).and_then(|n| usize::try_from(n).ok());
    let Some(threads) = threads else {
        return Err(value_error(format!("n = {n} is not a number of threads: an integer from 1 to {MOST}")));
    };
    let pool = make(threads)?;
    // Work that is under way keeps the pool that it began with.
    let old = py.detach(|| POOL.write().unwrap_or_else(PoisonError::into_inner).replace(pool));
    drop(old);
    Ok(())
}

/// How many threads the work is shared out among.
#[pyfunction]
pub(crate) fn get_threads() -> PyResult<usize> {
    Ok(pool()?.current_num_threads())
}

/// A forked process has no thread of its parent's pool: it makes a pool of its own.
#[pyfunction]
pub(crate) fn _forked() {
    if let Ok(mut place) = POOL.try_write() {
        // Its threads are not there to be joined.
        std::mem::forget(place.take());
    }
}

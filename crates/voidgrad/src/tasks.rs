//! Tasks, shared out among all cores.

use std::cell::Cell;

use rayon::prelude::*;

type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does all tasks, on all cores, and returns when the last one is done. A task may itself run tasks.
pub(crate) fn run<'a>(tasks: impl IntoIterator<Item = impl FnOnce() + Send + 'a>) {
    share_out(tasks.into_iter().map(|task| Box::new(task) as Task<'a>).collect());
}

thread_local! {
    /// Whether this thread shares nothing out.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Does work on this thread alone: the examples of a plate and the rows of a network, which are shared out among all cores otherwise. The results are the same. It is for work of microseconds, since handing work to another thread
/// and waiting for it takes as long.
///
/// ```
/// use voidgrad::batch::{Plate, on_one_thread};
/// use voidgrad::estimators::Rloo;
/// use voidgrad::{Bernoulli, Stream};
/// let mut plate: Plate = Plate::new(Bernoulli::from_logits(&[0.0; 2])?, 40);
/// let estimator = Rloo::new(2)?;
/// on_one_thread(|| plate.ask(&estimator, &[0.5; 80], &mut Stream::new(1, 0, 0)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn on_one_thread<R>(work: impl FnOnce() -> R) -> R {
    /// What it was before, also if the work panics.
    struct Before(bool);

    impl Drop for Before {
        fn drop(&mut self) {
            ALONE.set(self.0);
        }
    }

    let before = Before(ALONE.replace(true));
    let output = work();
    drop(before);
    output
}

/// All tasks have one type, whatever they do. So this is compiled once, here, and not again for each control and network of a program.
fn share_out(tasks: Vec<Task<'_>>) {
    // Handing work to another thread and waiting for it takes microseconds.
    if tasks.len() <= 1 || ALONE.get() || rayon::current_num_threads() == 1 {
        for task in tasks {
            task();
        }
    } else {
        tasks.into_par_iter().for_each(|task| task());
    }
}

/// Does all tasks, on all cores; what each of them gives, in order.
pub(crate) fn results<'a, R: Send + 'a>(
    tasks: impl ExactSizeIterator<Item = impl FnOnce() -> R + Send + 'a>,
) -> Vec<R> {
    let mut results = Vec::new();
    results.resize_with(tasks.len(), || None);
    run(tasks.zip(&mut results).map(|(task, result)| move || *result = Some(task())));
    results.into_iter().map(|result| result.expect("every task is done")).collect()
}

/// Entries of an array that are worth a task, if little is done with each.
const SHARE: usize = 1 << 15;

/// Works on two arrays of one length, share by share.
pub(crate) fn on_shares<A: Send, B: Sync>(to: &mut [A], from: &[B], work: impl Fn(&mut [A], &[B]) + Sync) {
    let work = &work;
    run(to.chunks_mut(SHARE).zip(from.chunks(SHARE)).map(|(to, from)| move || work(to, from)));
}

/// Whether something holds of all shares of two arrays of one length.
pub(crate) fn all_shares<A: Sync, B: Sync>(
    left: &[A],
    right: &[B],
    holds: impl Fn(&[A], &[B]) -> bool + Sync,
) -> bool {
    let holds = &holds;
    let shares = left.chunks(SHARE).zip(right.chunks(SHARE));
    results(shares.map(|(left, right)| move || holds(left, right))).into_iter().all(|holds| holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_is_done_once() {
        for count in [0, 1, 2, 1000] {
            let mut done = vec![0; count];
            run(done.iter_mut().map(|done| || *done += 1));
            assert_eq!(done, vec![1; count]);
        }
    }

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 2, 1000] {
            let expected: Vec<usize> = (0..count).map(|number| 3 * number).collect();
            assert_eq!(results((0..count).map(|number| move || 3 * number)), expected);
        }
    }

    #[test]
    fn one_thread_does_all_of_its_own_work_and_shares_out_again_afterwards() {
        let own = std::thread::current().id();
        let mut ids = vec![None; 100];
        let work = |ids: &mut Vec<Option<std::thread::ThreadId>>| {
            run(ids.iter_mut().map(|id| || *id = Some(std::thread::current().id())));
        };
        on_one_thread(|| work(&mut ids));
        assert_eq!(ids, vec![Some(own); 100]);
        let panics = std::panic::catch_unwind(|| on_one_thread(|| panic!("as a test")));
        assert!(panics.is_err() && !ALONE.get());
        on_one_thread(|| {
            on_one_thread(|| ());
            assert!(ALONE.get());
        });
    }

    #[test]
    fn shares_are_whole() {
        let from: Vec<usize> = (0..3 * SHARE + 5).collect();
        let mut to = vec![0; from.len()];
        on_shares(&mut to, &from, |to, from| to.copy_from_slice(from));
        assert_eq!(to, from);
        assert!(all_shares(&to, &from, |to, from| to == from));
        for faulty in [0, SHARE, 3 * SHARE + 4] {
            to[faulty] += 1;
            assert!(!all_shares(&to, &from, |to, from| to == from));
            to[faulty] -= 1;
        }
    }
}

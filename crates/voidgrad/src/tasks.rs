//! Tasks, shared out among all cores.

use rayon::prelude::*;

type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does all tasks, on all cores, and returns when the last one is done. A task may itself run tasks.
pub(crate) fn run<'a>(tasks: impl IntoIterator<Item = impl FnOnce() + Send + 'a>) {
    share_out(tasks.into_iter().map(|task| Box::new(task) as Task<'a>).collect());
}

/// All tasks have one type, whatever they do. So this is compiled once, here, and not again for each control and network of a program.
fn share_out(tasks: Vec<Task<'_>>) {
    // Handing work to another thread and waiting for it takes microseconds.
    if tasks.len() <= 1 || rayon::current_num_threads() == 1 {
        tasks.into_iter().for_each(|task| task());
    } else {
        tasks.into_par_iter().for_each(|task| task());
    }
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
}

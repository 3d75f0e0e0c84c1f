//! The table: times from rounds in which the implementations take turns.

use std::time::Instant;

use super::parameters::SAMPLES;
use super::task::Task;

const ROUNDS: usize = 401;

/// Prints each implementation's time for one z, the median over the rounds, and its ratio to the one by hand.
#[allow(clippy::print_stdout)] // it is what the bench is for
pub(super) fn print(tasks: &mut [Task]) {
    println!("\nTimes for one z, the median of {ROUNDS} rounds in which the implementations take turns.\n");
    println!("| task | implementation | ns | ratio to by hand |");
    println!("|---|---|---:|---:|");
    for task in tasks {
        let medians = medians(task);
        let by_hand = task.implementations.iter().position(|implementation| implementation.name == "by hand");
        let by_hand = medians[by_hand.expect("each task has a closed form")];
        for (implementation, median) in task.implementations.iter().zip(medians) {
            println!("| {} | {} | {median:.1} | {:.2} |", task.name, implementation.name, median / by_hand);
        }
    }
}

fn medians(task: &mut Task) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); task.implementations.len()];
    for _ in 0..ROUNDS {
        for (implementation, times) in task.implementations.iter_mut().zip(&mut times) {
            let start = Instant::now();
            implementation.run();
            times.push(start.elapsed().as_secs_f64() * 1e9 / SAMPLES as f64);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    };
    times.into_iter().map(median).collect()
}

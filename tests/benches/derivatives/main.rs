//! What an estimator asks of REBAR's and RELAX's controls, timed: generated code, a closed form written by hand,
//! num-dual, autodiff and symdiff.
//!
//! `cargo bench --package voidgrad-benches --bench derivatives` checks the numbers of each implementation against the
//! generated ones, times each with criterion, then prints one table. The table's times come from rounds in which the
//! implementations take turns, so that whatever else the machine does meets all of them alike.

mod autodiff;
mod by_hand;
mod generated;
mod num_dual;
mod parameters;
mod symdiff;
mod task;
mod turns;

use criterion::Criterion;

use parameters::{Rebar, Relax, noise};
use task::{Implementation, Task, agree};

/// Every implementation of every task.
fn tasks() -> Vec<Task> {
    let (z, rebar, relax) = (noise(), Rebar::example(), Relax::example());
    vec![
        Task {
            name: "REBAR: c, ∂c/∂z, ∂c/∂φ, ∂²c/∂z∂φ",
            implementations: vec![
                Implementation::new("generated", &z, rebar, generated::rebar_all),
                Implementation::new("by hand", &z, rebar, by_hand::rebar_all),
                Implementation::new("num-dual, one pass", &z, rebar, num_dual::rebar_all),
                Implementation::new("num-dual, one pass for each φ", &z, rebar, num_dual::rebar_by_one),
                Implementation::new("autodiff, nested", &z, rebar, autodiff::rebar_all),
            ],
        },
        Task {
            name: "REBAR: c, ∂c/∂z, then c̄·∂c/∂φ + ż·∂²c/∂z∂φ",
            implementations: vec![
                Implementation::new("generated", &z, rebar, generated::rebar_fused),
                Implementation::new("by hand", &z, rebar, by_hand::rebar_fused),
            ],
        },
        Task {
            name: "REBAR: ∂c/∂z, ∂c/∂φ",
            implementations: vec![
                Implementation::new("generated", &z, rebar, generated::rebar_gradient),
                Implementation::new("by hand", &z, rebar, by_hand::rebar_gradient),
                Implementation::new("symdiff", &z, rebar, symdiff::rebar_gradient),
            ],
        },
        Task {
            name: "RELAX: c, ∂c/∂z, ∂c/∂φ, ∂²c/∂z∂φ",
            implementations: vec![
                Implementation::new("generated", &z, relax, generated::relax_all),
                Implementation::new("by hand", &z, relax, by_hand::relax_all),
                Implementation::new("num-dual, one pass", &z, relax, num_dual::relax_all),
                Implementation::new("num-dual, one pass for each φ", &z, relax, num_dual::relax_by_one),
                Implementation::new("autodiff, nested", &z, relax, autodiff::relax_all),
            ],
        },
        Task {
            name: "RELAX: c, ∂c/∂z, then c̄·∂c/∂φ + ż·∂²c/∂z∂φ",
            implementations: vec![
                Implementation::new("generated", &z, relax, generated::relax_fused),
                Implementation::new("by hand", &z, relax, by_hand::relax_fused),
            ],
        },
    ]
}

fn main() {
    let mut tasks = tasks();
    for task in &tasks {
        agree(task);
    }
    // `cargo test --benches` wants to know that the bench runs, not how fast.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    for task in &mut tasks {
        let mut group = criterion.benchmark_group(task.name);
        group.warm_up_time(std::time::Duration::from_millis(300));
        group.measurement_time(std::time::Duration::from_secs(1));
        group.sample_size(30);
        for implementation in &mut task.implementations {
            group.bench_function(implementation.name, |bencher| bencher.iter(|| implementation.run()));
        }
        group.finish();
    }
    criterion.final_summary();
    turns::print(&mut tasks);
}

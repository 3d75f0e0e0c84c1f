//! How long an exchange takes, by the number of parameters: `mpirun -n 4 target/release/examples/exchange`.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::network;
use voidgrad::network::RowSums;
use voidgrad::ranks::{Ranks as _, RanksError, Share, agree};
use voidgrad_mpi::{Meter, Mpi};

/// A layer with a matrix of as many parameters as are wanted.
#[network(each(x))]
fn layer(x: &DVector<f64>, w: &DMatrix<f64>) -> f64 {
    (w * x).sum()
}

const INPUTS: usize = 64;
const TIMES: usize = 100;

fn main() -> ExitCode {
    voidgrad_mpi::run(run, |rank, error| {
        eprintln!("exchange: rank {rank}: {error}");
        1
    })
}

fn run(mpi: &Mpi) -> Result<ExitCode, Box<dyn Error>> {
    let ranks = &Meter::new(mpi);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) / mpi.ranks_on_this_machine();
    rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global()?;
    if ranks.rank() == 0 {
        println!(
            "{} ranks: parameters, all-reduce in µs (median, and the quickest), bytes that rank 0 sends",
            ranks.count()
        );
    }
    for outputs in [0, 1, 16, 256, 4_096, 16_384] {
        // A unit for each rank.
        let share = Share::new(ranks, 64 * ranks.count())?;
        let model = Layer::new(&DMatrix::from_element(outputs.max(1), INPUTS, 0.5))?;
        let x = vec![1.0; share.examples().len() * INPUTS];
        let y_bar = vec![1.0; share.examples().len()];
        let mut times = Vec::new();
        let mut sent = 0;
        for _ in 0..if outputs > 1_000 { TIMES / 5 } else { TIMES } {
            let mut sums = RowSums::new(share, 1);
            if outputs > 0 {
                sums.rows_vjp(&model, [(&x).into()], &y_bar, [None])?;
            }
            // All begin together.
            agree(ranks, Ok::<_, RanksError>(()))?;
            let (start, before) = (Instant::now(), ranks.traffic().sent);
            if outputs > 0 {
                RowSums::add_up([sums])?;
            } else {
                agree(ranks, Ok::<_, RanksError>(()))?;
            }
            times.push(start.elapsed());
            sent = ranks.traffic().sent - before;
        }
        times.sort_unstable();
        let micros = |time: Duration| 1e6 * time.as_secs_f64();
        if ranks.rank() == 0 {
            println!(
                "{:>9} {:>10.1} {:>10.1} {sent:>10}",
                outputs * INPUTS,
                micros(times[times.len() / 2]),
                micros(times[0])
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

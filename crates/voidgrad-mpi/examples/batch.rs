//! A batch on the ranks of an MPI job: `mpirun -n 4 target/release/examples/batch`. It prints the bits of the sums, which are the same for every number of ranks.

use std::process::ExitCode;

use voidgrad::Bernoulli;
use voidgrad::batch::{Batch, Options};
use voidgrad::controls::Rebar;
use voidgrad::error::EstimateError;
use voidgrad::ranks::Ranks as _;

fn main() -> ExitCode {
    voidgrad_mpi::run(
        |ranks| {
            let bernoulli = Bernoulli::from_probabilities(&[0.3]).map_err(EstimateError::from)?;
            let f = |b: &[f64]| (b[0] - 0.499).powi(2);
            let control = Rebar::new(0.3, 1.0, 0.499)?;
            let mut batch = Batch::new();
            let sums = batch.estimate_on(ranks, &bernoulli, &f, &control, &Options::new(3_000_000, 1))?;
            if ranks.rank() == 0 {
                println!("{} samples, the mean of the gradient is {:?}", sums.samples, sums.mean());
                for (name, sums) in [
                    ("gradient", &sums.gradient),
                    ("square", &sums.square),
                    ("by φ", &sums.variance_gradient),
                ] {
                    println!("{name}: {:x?}", sums.iter().map(|sum| sum.to_bits()).collect::<Vec<_>>());
                }
            }
            Ok(ExitCode::SUCCESS)
        },
        |rank, error: &EstimateError| {
            eprintln!("rank {rank}: {error}");
            1
        },
    )
}

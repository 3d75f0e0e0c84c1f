//! Trains the autoencoder of the example `vae` on the ranks of an MPI job.
//!
//! `mpirun -n 4 train_vae --output DIR`
#![allow(unreachable_pub)]

mod checkpoint;
mod error;
mod model;
mod options;
mod training;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser as _;
use voidgrad::ranks::{Ranks, Share, agree, broadcast};
use voidgrad::train::TrainerState;
use voidgrad_mpi::{Meter, Mpi};

use checkpoint::Checkpoint;
use error::Error;
use options::Options;
use training::Training;

/// The step of the last checkpoint that this rank knows of.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    voidgrad_mpi::run(start, |rank, error| {
        match error {
            // All ranks have the same arguments.
            Error::Arguments(_) if rank > 0 => 2,
            Error::Arguments(problem) => {
                eprintln!("train_vae: {problem}");
                2
            }
            Error::Elsewhere => {
                // That rank says why, and ends this one with its exit code.
                std::thread::sleep(Duration::from_secs(5));
                1
            }
            Error::Running(problem) => {
                eprintln!("train_vae: rank {rank}: {problem}");
                1
            }
        }
    })
}

/// Reads the options, which all ranks have.
fn start(ranks: &Mpi) -> Result<ExitCode, Error> {
    match Options::try_parse() {
        Ok(options) => run(ranks, &options).map(|()| ExitCode::SUCCESS),
        Err(error) => {
            if ranks.rank() == 0 {
                error.print()?;
            }
            Ok(if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS })
        }
    }
}

fn run(mpi: &Mpi, options: &Options) -> Result<(), Error> {
    let here = mpi.ranks_on_this_machine();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = options.threads.map_or((cores / here).max(1), usize::from);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;

    let ranks = &Meter::new(mpi);
    let checkpoint = Checkpoint::new(&options.output);
    announce_the_end(ranks.rank(), &checkpoint)?;
    let share = Share::new(ranks, usize::from(options.batch))?;
    let mut training = Training::new(share, options)?;
    // Rank 0 alone touches files.
    let begun = match (ranks.rank(), options.resume) {
        (0, true) => checkpoint.read().map(Some),
        (0, false) => checkpoint.begin().map(|()| None),
        _ => Ok(None),
    };
    let bytes = agree(ranks, begun)?;
    if options.resume {
        let state = everywhere(ranks, &bytes.unwrap_or_default())?;
        agree(ranks, training.restore(&state, options.seed))?;
    } else {
        let written = if ranks.rank() == 0 { checkpoint.write(&training.state()) } else { Ok(()) };
        agree(ranks, written)?;
    }
    WRITTEN.store(training.steps(), Ordering::Relaxed);

    let (first, before) = (training.steps(), ranks.traffic());
    // Of each step: its time, and the time in messages.
    let mut times = [Vec::new(), Vec::new()];
    while training.steps() < options.steps {
        let (start, waited) = (Instant::now(), ranks.traffic().time);
        let loss = training.step()?;
        times[0].push(start.elapsed());
        times[1].push(ranks.traffic().time.saturating_sub(waited));
        let steps = training.steps();
        let is_due = steps.is_multiple_of(options.every) || steps == options.steps;
        if is_due && ranks.rank() == 0 {
            checkpoint.write(&training.state())?;
            println!("step {steps}: the negative bound of a batch is {loss:.3}");
        }
        if is_due {
            // Not before rank 0 has written it.
            agree(ranks, Ok::<_, Error>(()))?;
            WRITTEN.store(steps, Ordering::Relaxed);
        }
    }
    let (made, traffic) = (training.steps() - first, ranks.traffic());
    let bound = training.test()?;
    if ranks.rank() == 0 {
        println!("the negative bound of the test images is {bound:.6}");
        if made > 0 {
            let each = |number: u64| number as f64 / made as f64;
            let [steps, waits] = times.map(quantiles);
            println!(
                "{} ranks of {threads} threads: a step takes {:.0} µs, and at best {:.0} µs; rank 0 spends {:.0} µs of it on messages, and at best {:.0} µs; it sends {:.0} bytes in {:.1} messages, and receives {:.0} bytes",
                ranks.count(),
                steps[0],
                steps[1],
                waits[0],
                waits[1],
                each(traffic.sent - before.sent),
                each(traffic.messages - before.messages),
                each(traffic.received - before.received),
            );
        }
    }
    Ok(())
}

/// The state that rank 0 has read, on all ranks. The words of a message are its length and its bytes.
fn everywhere(ranks: &dyn Ranks, bytes: &[u8]) -> Result<TrainerState, Error> {
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let mut words = vec![bytes.len() as u64];
    words.extend(bytes.chunks(8).map(word));
    broadcast(ranks, &mut words)?;
    let mut bytes: Vec<u8> = words[1..].iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.truncate(usize::try_from(words[0])?);
    Ok(TrainerState::from_safetensors(&bytes)?)
}

/// From here on, if mpirun ends this rank, one line says from where the training can go on. Ranks 0 and 1 say so: if one of them died, the other is there to say it.
fn announce_the_end(rank: usize, checkpoint: &Checkpoint) -> Result<(), Error> {
    let path = checkpoint.path();
    ctrlc::set_handler(move || {
        if rank < 2 {
            let step = WRITTEN.load(Ordering::Relaxed);
            let next = if path.exists() {
                format!("--resume goes on from {} (step {step} or later)", path.display())
            } else {
                "it has written no checkpoint".to_owned()
            };
            eprintln!(
                "train_vae: rank {rank}: the job is ended, because another rank has ended or it was interrupted; {next}"
            );
        }
        // A process that SIGTERM ends has this exit code.
        std::process::exit(143);
    })?;
    Ok(())
}

/// The median of times in microseconds, and what a twentieth of them is below: the best that a machine with other work shows.
fn quantiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [2, 20].map(|part| times.get(times.len() / part).map_or(0.0, |time| 1e6 * time.as_secs_f64()))
}

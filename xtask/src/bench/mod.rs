//! `cargo xtask bench`: how long a sample and a training step take, beside code written by hand and other tools.

mod agreement;
mod by_hand;
pub(crate) mod case;
mod features;
mod generated;
mod given;
pub(crate) mod implementation;
mod machine;
mod memory;
mod num_dual;
mod peers;
mod picture;
mod reference;
mod results;
mod rounds;
mod row;
mod scaling;
mod table;
mod training;

use agreement::Agreement;
use case::{CASES, Case, PRECISIONS};
use implementation::{Contestant, NAMES};
use machine::Machine;
use peers::Peers;
use results::Results;
use rounds::Rounds;
use row::Row;
use scaling::Scaling;

use crate::cli::BenchArguments;
use crate::error::Error;
use crate::output::{self, Output, OutputFile};
use crate::progress::Steps;
use crate::terminal;

/// What it writes with `--out`.
const FILES: output::Kind = output::Kind { default: "out/bench", files: &["bench.json", "bench.svg"] };

/// Checks, times and shows what was asked for.
pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Error> {
    if arguments.force && arguments.json.is_none() && arguments.out.is_none() {
        return Err(Error::arguments("--force is for --out and --json"));
    }
    let json =
        arguments.json.as_deref().map(|json| OutputFile::reserve(json, arguments.force)).transpose()?;
    let output = arguments
        .out
        .as_deref()
        .map(|out| Output::reserve(&FILES, Some(out), arguments.force))
        .transpose()?;
    let peers = arguments.peers.then(|| Peers::find(&arguments.python, arguments.quick)).transpose()?;
    // Everything that is timed runs on one thread; the library's own parallelism included.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(Error::computation)?;
    let rows = pool.install(|| rows(arguments, peers.as_ref()))?;
    let results = Results { machine: Machine::this(), quick: arguments.quick, rows, scaling: None };
    terminal::print(&format!("{}\n", table::text(&results.machine, &results.rows)))?;
    let scaling = (arguments.scaling || arguments.cases.is_empty())
        .then(|| Scaling::measure(arguments.quick))
        .transpose()?;
    if let Some(scaling) = &scaling {
        terminal::print(&format!("\n{}\n", scaling.text()))?;
    }
    let results = Results { scaling, ..results };
    if let Some(json) = json {
        json.write(results.json()?)?;
    }
    if let Some(output) = output {
        let picture = picture::svg(&results.machine, &results.rows).into_bytes();
        output.write(&[("bench.json", results.json()?), ("bench.svg", picture)])?;
    }
    Ok(())
}

/// The rows of all cases that were asked for.
fn rows(arguments: &BenchArguments, peers: Option<&Peers<'_>>) -> Result<Vec<Row>, Error> {
    let rounds = if arguments.quick { Rounds::QUICK } else { Rounds::FULL };
    let is_wanted = |case: Case| arguments.cases.is_empty() || arguments.cases.contains(&case);
    let mut rows = Vec::new();
    for (_, case) in CASES.into_iter().filter(|(_, case)| is_wanted(*case)) {
        let agreement = Agreement::of(case)?;
        let mut own = Vec::new();
        for mut contestant in contestants(case, arguments, peers)? {
            if agreement.check(&mut contestant)? {
                own.push(contestant);
            }
        }
        let steps = Steps::start(case.name(), own.len() * rounds.count, false);
        let times = rounds::times(&mut own, rounds, || steps.advance())?;
        steps.finish();
        rows.extend(own.iter().zip(times).map(|(contestant, time)| Row::new(contestant, time)));
    }
    Ok(rows)
}

/// Every implementation of a case that was asked for.
fn contestants(
    case: Case,
    arguments: &BenchArguments,
    peers: Option<&Peers<'_>>,
) -> Result<Vec<Contestant>, Error> {
    let names = &arguments.implementations;
    let mut contestants = Vec::new();
    for precision in
        PRECISIONS.into_iter().filter(|precision| arguments.scalar.is_none_or(|scalar| scalar == *precision))
    {
        contestants.extend(implementation::contestants(case, precision)?);
        if let Some(peers) = peers {
            contestants.extend(peers.contestants(case, precision)?);
        }
    }
    contestants.retain(|contestant| {
        names.is_empty() || names.contains(&contestant.name) || !NAMES.contains(&contestant.name)
    });
    Ok(contestants)
}

//! `cargo xtask bench`: how long a sample and a training step take, beside code written by hand and other tools.

use std::sync::Arc;

use crate::agreement::Agreement;
use crate::case::{CASES, Case, PRECISIONS};
use crate::cli::Arguments;
use crate::implementation::{Contestant, NAMES};
use crate::machine::Machine;
use crate::peers::Peers;
use crate::results::{LeftOut, Results};
use crate::rounds::Rounds;
use crate::row::Row;
use crate::scaling::Scaling;
use crate::{implementation, picture, rounds, table};
use voidgrad_kit::error::Error;
use voidgrad_kit::number::plural;
use voidgrad_kit::output::{self, Output, OutputFile};
use voidgrad_kit::progress::Steps;
use voidgrad_kit::terminal;
use voidgrad_kit::work::{self, Collected, End, Sink};

/// What it writes with `--out`.
const FILES: output::Kind = output::Kind { default: "out/bench", files: &["bench.json", "bench.svg"] };

/// A part of the results.
enum Part {
    /// Everything about one case.
    Case(Vec<Row>, Vec<LeftOut>),
    Scaling(Scaling),
}

/// Checks, times and shows what was asked for.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
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
    let (results, end) = measure(arguments)?;
    if results.rows.is_empty() && results.scaling.is_none() {
        end.early(None)?;
        let reasons: Vec<String> = results.left_out.iter().map(LeftOut::text).collect();
        return Err(Error::computation(format!("nothing was measured: {}", reasons.join("; "))));
    }
    let mut text = format!("{}\n", table::text(&results.machine, &results.rows));
    text.extend(results.scaling.iter().map(|scaling| format!("\n{}\n", scaling.text())));
    terminal::print(&text)?;
    // If one of the two can't be written, the other is.
    let json = json.map_or(Ok(()), |json| json.write(results.json()?));
    let output = output.map_or(Ok(()), |output| {
        let picture = picture::svg(&results.machine, &results.rows).into_bytes();
        output.write(&[("bench.json", results.json()?), ("bench.svg", picture)])
    });
    json.and(output)?;
    end.early(Some(&format!(
        "what was measured until then is kept, {}",
        plural(results.rows.len() as u64, "row")
    )))?;
    match results.left_out.iter().find(|left_out| !left_out.is_a_peer()) {
        Some(fault) => Err(Error::computation(fault.text())),
        None => Ok(()),
    }
}

fn measure(arguments: &Arguments) -> Result<(Results, End), Error> {
    let mut peers = arguments.peers.then(|| Peers::find(&arguments.python, arguments.quick)).transpose()?;
    let steps = Arc::new(Steps::start("", 0, false));
    let (shown, asked) = (Arc::clone(&steps), arguments.clone());
    let work = move |parts: &Sink<Part>| {
        // Everything that is timed runs on one thread; the library's own parallelism included.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(Error::computation)?;
        let is_wanted = |case: Case| asked.cases.is_empty() || asked.cases.contains(&case);
        for (_, case) in CASES.into_iter().filter(|(_, case)| is_wanted(*case)) {
            parts.put(pool.install(|| rows(case, &asked, peers.as_mut(), &shown))?);
        }
        if asked.scaling || asked.cases.is_empty() {
            parts.put(Part::Scaling(Scaling::measure(asked.quick, &shown)?));
        }
        Ok(())
    };
    let Collected { results: parts, end } = work::collect(work, || steps.line());
    steps.finish();
    let mut results = Results {
        machine: Machine::this(),
        quick: arguments.quick,
        rows: Vec::new(),
        left_out: Vec::new(),
        scaling: None,
    };
    for part in parts {
        match part {
            Part::Case(rows, left_out) => {
                results.rows.extend(rows);
                results.left_out.extend(left_out);
            }
            Part::Scaling(scaling) => results.scaling = Some(scaling),
        }
    }
    for left_out in &results.left_out {
        terminal::note(&left_out.text());
    }
    Ok((results, end))
}

/// The rows of a case, and what could not be measured.
fn rows(case: Case, arguments: &Arguments, peers: Option<&mut Peers>, steps: &Steps) -> Result<Part, Error> {
    let rounds = if arguments.quick { Rounds::QUICK } else { Rounds::FULL };
    steps.begin(&format!("checking {}", case.name()), 0);
    let agreement = Agreement::of(case)?;
    let (mut own, mut left_out) = (Vec::new(), Vec::new());
    let leave_out = |contestant: &Contestant, error: &Error| {
        let of = format!("{} {}", case.name(), contestant.precision.name());
        LeftOut::new(contestant.name, Some(of), error)
    };
    for mut contestant in contestants(case, arguments, peers, &mut left_out)? {
        match agreement.check(&mut contestant) {
            Ok(true) => own.push(contestant),
            Ok(false) => {}
            Err(error) => left_out.push(leave_out(&contestant, &error)),
        }
    }
    steps.begin(case.name(), own.len() * rounds.count);
    let times = rounds::times(&mut own, rounds, || steps.advance());
    let mut rows = Vec::new();
    for (contestant, time) in own.iter().zip(times) {
        match time {
            Ok(time) => rows.push(Row::new(contestant, time)),
            Err(error) => left_out.push(leave_out(contestant, &error)),
        }
    }
    Ok(Part::Case(rows, left_out))
}

/// Every implementation of a case that was asked for.
fn contestants(
    case: Case,
    arguments: &Arguments,
    mut peers: Option<&mut Peers>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Contestant>, Error> {
    let names = &arguments.implementations;
    let mut contestants = Vec::new();
    for precision in
        PRECISIONS.into_iter().filter(|precision| arguments.scalar.is_none_or(|scalar| scalar == *precision))
    {
        contestants.extend(implementation::contestants(case, precision)?);
        if let Some(peers) = &mut peers {
            contestants.extend(peers.contestants(case, precision, left_out));
        }
    }
    contestants.retain(|contestant| {
        names.is_empty() || names.contains(&contestant.name) || !NAMES.contains(&contestant.name)
    });
    Ok(contestants)
}

//! `events RESULTS DIR`: the metrics of a training as event files of `TensorBoard`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use voidgrad::train::EventLog;

use crate::folder;
use crate::program::{Other, Run};
use voidgrad_kit::error::Error;
use voidgrad_kit::terminal;

/// The metrics of a training as event files, which TensorBoard draws
///
/// DIR gets a folder for each run, such as rebar-0. tensorboard --logdir DIR shows them in one chart. Values are stored with
/// single precision; the time of a step is its number, so that the same training gives the same files.
#[allow(clippy::doc_markdown, reason = "it is a text of the help")]
#[derive(Debug, Args)]
struct Arguments {
    /// Results of a training, as train --out names them
    #[arg(value_name = "RESULTS")]
    results: PathBuf,
    /// Folder to write, which must not be there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Columns that name a run or a step, or hold words.
const NO_VALUES: [&str; 4] = ["estimator", "repeat", "iteration", "status"];

/// The command.
#[must_use]
pub fn command() -> Other {
    let command = Command::new("events").max_term_width(voidgrad_kit::cli::WIDEST);
    Other { command: Arguments::augment_args(command), run: Run::Read(run) }
}

fn run(matches: &ArgMatches, _: &Command) -> Result<ExitCode, Error> {
    let Arguments { results, folder } = Arguments::from_arg_matches(matches).map_err(Error::arguments)?;
    let file = results.join("metrics.csv");
    let text = fs::read_to_string(&file)
        .map_err(|error| Error::arguments(format!("cannot read {}: {error}", file.display())))?;
    let runs = read(&text).map_err(|reason| Error::arguments(format!("{}: {reason}", file.display())))?;
    let (mut files, mut left_out) = (Vec::new(), 0);
    for (name, steps) in &runs {
        let (content, too_large) = events(steps)?;
        files.push((Path::new(name).join("events.out.tfevents.0.voidgrad"), content));
        left_out += too_large;
    }
    folder::write(&folder, &files)?;
    if left_out > 0 {
        terminal::note(&format!("{left_out} values are beyond single precision, and left out"));
    }
    let shown = folder.display();
    terminal::print(&format!("written to {shown}: {} runs; tensorboard --logdir {shown}\n", runs.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// A step with its values by their names.
type Step = (u64, Vec<(String, f64)>);

/// The runs by their names. An empty cell is no value.
///
/// # Errors
/// Returns what is wrong, with the line, if it is no table of metrics.
fn read(text: &str) -> Result<BTreeMap<String, Vec<Step>>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        header.iter().position(|other| other == name).ok_or_else(|| format!("it has no column {name}"))
    };
    let [estimator, repeat, iteration] = [column("estimator")?, column("repeat")?, column("iteration")?];
    let mut runs: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let name = format!("{}-{}", &row[estimator], &row[repeat]);
        // It becomes the name of a folder.
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c)) || name.starts_with('.') {
            return Err(format!("line {line}: {name:?} is no name of a run"));
        }
        let refuse =
            |column: &str, cell: &str| format!("line {line}: {column} is {cell:?}, which is no number");
        let step: u64 = row[iteration].parse().map_err(|_| refuse("iteration", &row[iteration]))?;
        let mut values = Vec::new();
        for (column, cell) in header.iter().zip(&row) {
            if !cell.is_empty() && !NO_VALUES.contains(&column) {
                let value = cell.parse().map_err(|_| refuse(column, cell))?;
                values.push((column.to_owned(), value));
            }
        }
        runs.entry(name).or_default().push((step, values));
    }
    if runs.is_empty() { Err("it has no rows".to_owned()) } else { Ok(runs) }
}

/// A file of events, and how many values were left out of it because single precision does not hold them.
fn events(steps: &[Step]) -> Result<(Vec<u8>, usize), Error> {
    let times: Vec<u64> = std::iter::once(0).chain(steps.iter().map(|(step, _)| *step)).collect();
    let mut times = times.into_iter();
    let clock = move || times.next().map_or(0.0, |step| step as f64);
    let mut log = EventLog::with_clock(Vec::new(), clock).map_err(Error::computation)?;
    let mut left_out = 0;
    for (step, values) in steps {
        let held: Vec<(&str, f64)> = values
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .filter(|(_, value)| value.abs() <= f64::from(f32::MAX))
            .collect();
        left_out += values.len() - held.len();
        log.scalars(*step, &held).map_err(Error::arguments)?;
    }
    Ok((log.into_inner().map_err(Error::computation)?, left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_becomes_runs_and_what_is_no_table_is_named() {
        let text = "estimator,repeat,iteration,loss,status,eta\nrebar,0,0,0.5,ok,1\nrloo,0,0,0.5,ok,\nrebar,0,100,1e300,diverged,\n";
        let runs = read(text).unwrap();
        let value = |name: &str, value| (name.to_owned(), value);
        assert_eq!(runs.keys().collect::<Vec<_>>(), ["rebar-0", "rloo-0"]);
        assert_eq!(
            runs["rebar-0"],
            [(0, vec![value("loss", 0.5), value("eta", 1.0)]), (100, vec![value("loss", 1e300)])]
        );
        assert_eq!(events(&runs["rebar-0"]).unwrap().1, 1);
        for (text, reason) in [
            ("", "no column estimator"),
            ("estimator,repeat,step\n", "no column iteration"),
            ("estimator,repeat,iteration\n", "no rows"),
            ("estimator,repeat,iteration,loss\nrebar,0,0,much\n", "line 2: loss is \"much\""),
            ("estimator,repeat,iteration,loss\nrebar,0,-1,1\n", "line 2: iteration is \"-1\""),
            ("estimator,repeat,iteration,loss\nup/down,0,1,1\n", "line 2: \"up/down-0\""),
            ("estimator,repeat,iteration,loss\nrebar,0,1\n", "line: 2"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(reason), "{found}");
        }
    }
}

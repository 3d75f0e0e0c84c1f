//! The command line: what can be asked for, and the limits of every value.

mod value;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use voidgrad::estimators::Method;

use crate::bench::case::{Case, Precision};
use crate::compare::Kind;
use crate::error::Error;
use crate::evaluation::FEWEST_FOR_AN_ERROR;
use value::{case, count, estimator, finite, implementation, positive, probability, scalar, seed};

/// Columns of the help text.
const WIDEST: usize = 100;

/// The experiments of voidgrad.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = WIDEST)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train the estimators on E[(b - t)²] and write metrics, a summary and a report
    Train(TrainArguments),
    /// The gradient and variance of one estimator at one point, with respect to the logit
    ///
    /// The estimator is as it starts: a control has the λ and η given here and weights that are drawn from the seed; a baseline
    /// that is a moving average has settled on what it averages.
    Variance(VarianceArguments),
    /// All estimators at the same number of evaluations of f: bias, variance and time, a chart, and what to use
    ///
    /// Every estimator has a budget of K evaluations of f. Where it has a choice it makes one estimate of K; otherwise it
    /// averages as many independent estimates as fit into K. One that can't do with K (local-expectation takes M + 1,
    /// enumerate 2^M) is shown with its own number, and marked. They are ranked by variance × evaluations, the unbiased ones
    /// first. Controls are trained on the variance at the point of the comparison before they are measured (--control-steps),
    /// and moving averages have settled. The last line says what to use here: differences below two standard errors are a
    /// tie, and of those that tie the one that takes the least time wins.
    Compare(CompareArguments),
    /// The generated code of the library's functions, and the formula of each derivative in LaTeX
    Expand(ExpandArguments),
    /// The time of a sample and of a training step, beside code written by hand and other tools
    Bench(BenchArguments),
}

/// Arguments of `train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// Estimator to train; repeat the option for several [default: the note's reinforce, rebar, relax and relax-linear]
    #[arg(long = "estimator", value_name = "NAME", value_parser = estimator, allow_hyphen_values = true)]
    pub(crate) estimators: Vec<&'static Method>,
    /// Evaluations of f in an estimate, for estimators with a choice [default: 2]
    #[arg(long, value_name = "K", value_parser = count(1, LARGEST_EVALUATIONS), allow_hyphen_values = true)]
    pub(crate) evaluations: Option<u64>,
    /// t of the objective (b - t)², averaged over the coordinates of b
    #[arg(long, value_name = "T", default_value = "0.499", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) target: f64,
    /// M, the number of Bernoulli variables
    #[arg(long, value_name = "M", default_value = "1", value_parser = count(1, LARGEST_DIMENSION), allow_hyphen_values = true)]
    pub(crate) dim: u64,
    /// Probability that every variable starts from
    #[arg(long, value_name = "P", default_value = "0.5", value_parser = probability, allow_hyphen_values = true)]
    pub(crate) theta0: f64,
    /// Steps of each run
    #[arg(long, value_name = "N", default_value = "10000", value_parser = count(1, LARGEST_ITERATIONS), allow_hyphen_values = true)]
    pub(crate) iterations: u64,
    /// Samples that each step averages
    #[arg(long, value_name = "B", default_value = "1", value_parser = count(1, LARGEST_BATCH), allow_hyphen_values = true)]
    pub(crate) batch: u64,
    /// Learning rate of Adam for the logits
    #[arg(long, value_name = "RATE", default_value = "0.01", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) learning_rate: f64,
    /// Learning rate of Adam for the parameters of the control
    #[arg(long, value_name = "RATE", default_value = "0.01", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) control_learning_rate: f64,
    /// Seed of all random numbers; the same seed gives the same results for every number of threads
    #[arg(long, value_name = "S", default_value = "1", value_parser = seed, allow_hyphen_values = true)]
    pub(crate) seed: u64,
    /// Runs of each estimator
    #[arg(long, value_name = "N", default_value = "20", value_parser = count(1, LARGEST_REPEATS), allow_hyphen_values = true)]
    pub(crate) repeats: u64,
    /// Directory to write [default: out/train, or the first of out/train-2, out/train-3, … that is free]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the results of another run in a directory that exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Arguments of `variance`.
#[derive(Debug, Args)]
pub(crate) struct VarianceArguments {
    /// Estimator
    #[arg(long, value_name = "NAME", value_parser = estimator, allow_hyphen_values = true)]
    pub(crate) estimator: &'static Method,
    /// Evaluations of f in an estimate, for estimators with a choice [default: 2]
    #[arg(long, value_name = "K", value_parser = count(1, LARGEST_EVALUATIONS), allow_hyphen_values = true)]
    pub(crate) evaluations: Option<u64>,
    /// Probability of every variable
    #[arg(long, value_name = "P", value_parser = probability, allow_hyphen_values = true)]
    pub(crate) theta: f64,
    /// t of the objective (b - t)², averaged over the coordinates of b
    #[arg(long, value_name = "T", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) target: f64,
    /// Temperature λ of the control, or of Concrete
    #[arg(long, value_name = "L", default_value = "0.5", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) lambda: f64,
    /// Scale η of the control
    #[arg(long, value_name = "E", default_value = "1", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) eta: f64,
    /// M, the number of Bernoulli variables
    #[arg(long, value_name = "M", default_value = "1", value_parser = count(1, LARGEST_DIMENSION), allow_hyphen_values = true)]
    pub(crate) dim: u64,
    /// Samples, where an exact result is impossible or takes too long [default: 100000, fewer where one takes very long]
    #[arg(long, value_name = "N", value_parser = count(2, LARGEST_SAMPLES), allow_hyphen_values = true)]
    pub(crate) samples: Option<u64>,
    /// Seed of the samples and of the weights of a control that has them
    #[arg(long, value_name = "S", default_value = "1", value_parser = seed, allow_hyphen_values = true)]
    pub(crate) seed: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Objective
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Kind::Quadratic)]
    pub(crate) problem: Kind,
    /// M, the number of Bernoulli variables [default: 200, for the toy 1]
    #[arg(long, value_name = "M", value_parser = count(1, LARGEST_DIMENSION), allow_hyphen_values = true)]
    pub(crate) dim: Option<u64>,
    /// Probability of every variable
    #[arg(long, value_name = "P", default_value = "0.5", value_parser = probability, allow_hyphen_values = true)]
    pub(crate) theta: f64,
    /// t of the objective (b - t)², and of every control
    #[arg(long, value_name = "T", default_value = "0.499", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) target: f64,
    /// K, the evaluations of f that a gradient may take
    #[arg(long, value_name = "K", default_value = "2", value_parser = count(1, LARGEST_EVALUATIONS), allow_hyphen_values = true)]
    pub(crate) evaluations: u64,
    /// Estimator to compare; repeat the option for several [default: all]
    #[arg(long = "estimator", value_name = "NAME", value_parser = estimator, allow_hyphen_values = true)]
    pub(crate) estimators: Vec<&'static Method>,
    /// Samples of each estimator, where its moments are not exact; fewer where it evaluates f very often
    #[arg(long, value_name = "N", default_value = "50000", value_parser = count(FEWEST_FOR_AN_ERROR, LARGEST_SAMPLES), allow_hyphen_values = true)]
    pub(crate) samples: u64,
    /// Steps of 8 estimates for which a control is trained before it is measured
    #[arg(long, value_name = "N", default_value = "2000", value_parser = count(0, LARGEST_CONTROL_STEPS), allow_hyphen_values = true)]
    pub(crate) control_steps: u64,
    /// Seed of all random numbers; the same seed gives the same results, but for the times, for every number of threads
    #[arg(long, value_name = "S", default_value = "1", value_parser = seed, allow_hyphen_values = true)]
    pub(crate) seed: u64,
    /// Directory to write [default: out/compare, or the first of out/compare-2, out/compare-3, … that is free]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the results of another run in a directory that exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Arguments of `expand`.
#[derive(Debug, Args)]
pub(crate) struct ExpandArguments {
    /// The function [default: all of them]
    pub(crate) name: Option<String>,
    /// A file of annotated functions of your own, instead of the library's
    #[arg(long, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// Arguments of `bench`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct BenchArguments {
    /// Case to time; repeat the option for several [default: all of them, and the scaling table]
    #[arg(long = "case", value_name = "NAME", value_parser = case, allow_hyphen_values = true)]
    pub(crate) cases: Vec<Case>,
    /// Numbers to time [default: f64 and f32]
    #[arg(long, value_name = "TYPE", value_parser = scalar, allow_hyphen_values = true)]
    pub(crate) scalar: Option<Precision>,
    /// Implementation to time; repeat the option for several [default: all of them]
    #[arg(long = "implementation", value_name = "NAME", value_parser = implementation, allow_hyphen_values = true)]
    pub(crate) implementations: Vec<&'static str>,
    /// A tenth of the time: enough to see that it runs, too little to quote
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure how the cost grows, too: that is done by itself where no case is named
    #[arg(long)]
    pub(crate) scaling: bool,
    /// Time the peers in Python too, where one that has them is found
    #[arg(long)]
    pub(crate) peers: bool,
    /// The Python to run them with
    #[arg(long, value_name = "PATH", default_value = "python3", requires = "peers")]
    pub(crate) python: PathBuf,
    /// File to write all results to, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Directory to write bench.json and the chart bench.svg to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the results of another run that are there
    #[arg(long)]
    pub(crate) force: bool,
}

/// The largest values accepted: beyond them a run would exhaust the memory before its first step, or take years.
const LARGEST_DIMENSION: u64 = 1_000_000;
const LARGEST_BATCH: u64 = 1_000_000;
const LARGEST_EVALUATIONS: u64 = 1_000_000;
const LARGEST_REPEATS: u64 = 100_000;
const LARGEST_ITERATIONS: u64 = 10_000_000_000;
const LARGEST_SAMPLES: u64 = 1_000_000_000_000;
const LARGEST_CONTROL_STEPS: u64 = 10_000_000;

/// Reads the command line. `None` where help or the version was asked for and has been printed.
///
/// # Errors
/// Where an argument is unknown, missing or outside its limits, in one line.
pub(crate) fn parse() -> Result<Option<Command>, Error> {
    match Cli::try_parse() {
        Ok(cli) => Ok(Some(cli.command)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                crate::terminal::print(&error.render().to_string())?;
                Ok(None)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(Error::arguments(
                "no command given; known: train, variance, compare, expand, bench (--help tells more)",
            )),
            _ => Err(Error::Arguments(one_line(&error.render().to_string()))),
        },
    }
}

/// The first paragraph of clap's message, which is the error itself, as one line.
fn one_line(message: &str) -> String {
    let paragraph: Vec<&str> = message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let line = paragraph.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

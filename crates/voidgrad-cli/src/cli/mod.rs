//! The command line: what can be asked for, and the limits of every value.

pub(crate) mod config;
pub(crate) mod value;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use voidgrad::estimators::Method;
use voidgrad::train::ControlOptimiser;

use crate::compare::Compared;
use crate::costs::Costs;
use crate::evaluation::FEWEST_FOR_AN_ERROR;
use crate::problems::{PROBLEMS, Row, bandit, cart_pole, max_cut, models, subset};
use crate::program::{Other, Program, Run};
use value::{
    Gradient, control_optimiser, count, estimator, finite, gradient, positive, probability, problem,
    problems_help, seconds, seed,
};
use voidgrad_kit::cli::WIDEST;
use voidgrad_kit::error::Error;

/// The experiments of voidgrad.
#[derive(Debug, Parser)]
#[command(name = "voidgrad", bin_name = "voidgrad", version, max_term_width = WIDEST)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum Command {
    /// Train the estimators on E[(b - t)²], or on another problem, and write metrics, a summary and a report
    ///
    /// --problem chooses what is trained. An option that the problem does not have is refused.
    ///
    /// The results are report.html, summary.json, metrics.csv, config.toml (all options, for --config) and timing.json; of vae also
    /// seconds.svg. All but those two, and the times in the reports of max-cut, subset, cart-pole and bandit, are the same bytes for the same options, for every
    /// number of threads and however often the training was interrupted. A
    /// training that is killed or interrupted leaves checkpoints beside its directory, from which --resume continues it.
    Train(Box<TrainArguments>),
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
    ///
    /// --problem vae trains the model of `train --problem vae` with every estimator instead. They are ranked by how far the
    /// ELBO of the images that are trained on stays below that of the exact gradient (up to 12 latent variables, otherwise
    /// below the best) with the same number of evaluations of f, and in the same time.
    Compare(CompareArguments),
    /// The generated code of the library's functions, and the formula of each derivative in LaTeX
    Expand(ExpandArguments),
}

/// Arguments of `expand`.
#[cfg(feature = "expand")]
#[derive(Debug, Args)]
pub(crate) struct ExpandArguments {
    /// The function [default: all of them]
    pub(crate) name: Option<String>,
    /// A file of annotated functions of your own, instead of the library's
    #[arg(long, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// Arguments of `expand`, which another program reads.
#[cfg(not(feature = "expand"))]
#[derive(Debug, Args)]
pub(crate) struct ExpandArguments {
    /// All of them, as they are
    pub(crate) arguments: Vec<OsString>,
}

/// Arguments of `train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// What is trained
    #[arg(long, value_name = "NAME", default_value = PROBLEMS[0].name, value_parser = problem, help = problems_help(), allow_hyphen_values = true)]
    pub(crate) problem: &'static Row,
    /// Estimator to train; repeat the option for several. A name such as relax-linear+gauss-newton says what learns the control. max-cut and vae
    /// have the exact gradient as well, by the name exact [default: reinforce, rebar, relax and relax-linear, and with one variable
    /// relax-linear+gauss-newton; for max-cut exact and rloo, for vae reinforce-ema, rloo, disarm, rebar and relax, and
    /// with --bound vimco, for subset rloo]
    #[arg(long = "estimator", value_name = "NAME", value_parser = gradient, allow_hyphen_values = true)]
    pub(crate) estimators: Vec<Gradient>,
    /// Evaluations of f in an estimate, for estimators with a choice [default: 2; for max-cut 100, for subset 10]
    #[arg(long, value_name = "K", value_parser = count(1, LARGEST_EVALUATIONS), allow_hyphen_values = true)]
    pub(crate) evaluations: Option<u64>,
    /// What a round of each candidate of the estimator auto costs: evaluations of f, seconds, which are measured before the first
    /// step and kept with the configuration, or numbers such as disarm=2e-4,rloo=3e-4 [default: evaluations]
    #[arg(long, value_name = "COSTS", allow_hyphen_values = true)]
    pub(crate) auto_costs: Option<Costs>,
    /// t of the objective (b - t)², averaged over the coordinates of b
    #[arg(long, value_name = "T", default_value = "0.499", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) target: f64,
    /// M, the number of Bernoulli variables
    #[arg(long, value_name = "M", default_value = "1", value_parser = count(1, LARGEST_DIMENSION), allow_hyphen_values = true)]
    pub(crate) dim: u64,
    /// Probability that every variable starts from
    #[arg(long, value_name = "P", default_value = "0.5", value_parser = probability, allow_hyphen_values = true)]
    pub(crate) theta0: f64,
    /// Steps of each run [default: 10000; for max-cut and bandit 2000, for subset 500, for cart-pole 250]
    #[arg(long, value_name = "N", value_parser = count(1, LARGEST_ITERATIONS), allow_hyphen_values = true)]
    pub(crate) iterations: Option<u64>,
    /// Samples, images, episodes or pulls that each step averages [default: 1; for vae 100, for cart-pole and bandit 8]
    #[arg(long, value_name = "B", value_parser = count(1, LARGEST_BATCH), allow_hyphen_values = true)]
    pub(crate) batch: Option<u64>,
    /// Learning rate for the logits, or of all of a model: of Adam [default: 0.01; for vae 0.003, for subset and bandit 0.05, for cart-pole 0.02], or for max-cut of the natural
    /// gradient, in units of 1 over that of the temperature [default: 0.3 for the exact gradient, less in a dense graph; 0.05
    /// for an estimate]
    #[arg(long, value_name = "RATE", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) learning_rate: Option<f64>,
    /// What moves the parameters of a control: adam, along the gradient of the variance; gauss-newton, which solves for
    /// them after each evaluation of f; least-squares, which solves for those in which the control is linear, from sums over all
    /// evaluations, and has adam for the others; or replay, which makes up to twenty steps of Adam for each evaluation, on
    /// those that it remembers. Repeat the option to train with several [default: adam]
    #[arg(long = "control-optimiser", value_name = "NAME", value_parser = control_optimiser, allow_hyphen_values = true)]
    pub(crate) control_optimisers: Vec<ControlOptimiser>,
    /// Learning rate of Adam for the parameters of the control [default: as for the logits or the model]
    #[arg(long, value_name = "RATE", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) control_learning_rate: Option<f64>,
    /// Seed of all random numbers; the same seed gives the same results for every number of threads
    #[arg(long, value_name = "S", default_value = "1", value_parser = seed, allow_hyphen_values = true)]
    pub(crate) seed: u64,
    /// Runs of each estimator or baseline [default: 20; for max-cut and subset 5, for vae 2, for cart-pole and bandit 10]
    #[arg(long, value_name = "N", value_parser = count(1, LARGEST_REPEATS), allow_hyphen_values = true)]
    pub(crate) repeats: Option<u64>,
    /// Samples that a model is evaluated with at the end [default: 200]: for its ELBO so many; for its importance-weighted
    /// bound, and for the variance of its gradient, five times as many
    #[arg(long, value_name = "N", value_parser = count(1, LARGEST_EVALUATION), allow_hyphen_values = true)]
    pub(crate) samples: Option<u64>,
    /// Directory to write [default: out/train, or the first of out/train-2, out/train-3, … that is free]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the results of another run in a directory that exists, and discard checkpoints that belong to it
    #[arg(long)]
    pub(crate) force: bool,
    /// Read options from a file: lines such as `learning-rate = 0.05`, by the names of the options here; options on the
    /// command line win
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Continue the training into this directory that was killed or interrupted, with the options it was started with; the
    /// results are those of a training that was never interrupted, byte for byte
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = [
            "problem", "estimators", "evaluations", "auto_costs", "target", "dim", "theta0", "iterations", "batch", "learning_rate",
            "control_optimisers", "control_learning_rate", "seed", "repeats", "out", "config", "graph", "generate", "vertices", "degree",
            "restarts", "temperature", "best_known", "features", "chosen", "noise", "correlation", "penalty", "latents",
            "model", "bound", "data", "test_data", "samples", "baselines", "arms",
        ]
    )]
    pub(crate) resume: Option<PathBuf>,
    /// Seconds between two checkpoints of a run: a training that is killed loses no more
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds, allow_hyphen_values = true)]
    pub(crate) checkpoint: f64,
    /// Keep the last checkpoint of every run, with the parameters of its control, in DIR/checkpoints as safetensors
    #[arg(long)]
    pub(crate) keep_checkpoints: bool,
    /// Threads; the results do not depend on them [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = count(1, LARGEST_THREADS), allow_hyphen_values = true)]
    pub(crate) threads: Option<u64>,
    /// Print nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// The model of vae
    #[command(flatten)]
    pub(crate) vae: models::Options,
    /// What the model is trained on
    #[command(flatten)]
    pub(crate) objective: models::Objective,
    /// The options of max-cut
    #[command(flatten)]
    pub(crate) max_cut: max_cut::Options,
    /// The options of subset
    #[command(flatten)]
    pub(crate) subset: subset::Options,
    /// The options of cart-pole
    #[command(flatten)]
    pub(crate) cart_pole: cart_pole::Options,
    /// The options of bandit
    #[command(flatten)]
    pub(crate) bandit: bandit::Options,
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
    /// Also the least variance of an estimator of one sample with a control h(b) that is a constant, a sum of functions of one
    /// variable each, or of two; and that with the estimator's own control, whose parameters are learned for it
    #[arg(long)]
    pub(crate) floor: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Objective, or the training of a model
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Compared::Quadratic)]
    pub(crate) problem: Compared,
    /// M, the number of Bernoulli variables [default: 200, for the toy 1]
    #[arg(long, value_name = "M", value_parser = count(1, LARGEST_DIMENSION), allow_hyphen_values = true)]
    pub(crate) dim: Option<u64>,
    /// Probability of every variable
    #[arg(long, value_name = "P", default_value = "0.5", value_parser = probability, allow_hyphen_values = true)]
    pub(crate) theta: f64,
    /// t of the objective (b - t)², and of every control
    #[arg(long, value_name = "T", default_value = "0.499", value_parser = finite, allow_hyphen_values = true)]
    pub(crate) target: f64,
    /// K, the evaluations of f that a gradient may take; for vae those of the estimators with a choice [default: 2]
    #[arg(long, value_name = "K", value_parser = count(1, LARGEST_EVALUATIONS), allow_hyphen_values = true)]
    pub(crate) evaluations: Option<u64>,
    /// Estimator to compare; repeat the option for several [default: all]
    #[arg(long = "estimator", value_name = "NAME", value_parser = estimator, allow_hyphen_values = true)]
    pub(crate) estimators: Vec<&'static Method>,
    /// Samples of each estimator, where its moments are not exact; fewer where it evaluates f very often [default: 50000]. For
    /// vae, samples that a model is evaluated with at the end, 10,000 at most [default: 20]
    #[arg(long, value_name = "N", value_parser = count(FEWEST_FOR_AN_ERROR, LARGEST_SAMPLES), allow_hyphen_values = true)]
    pub(crate) samples: Option<u64>,
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
    /// The model of vae
    #[command(flatten)]
    pub(crate) model: models::Options,
    /// Its training
    #[command(flatten)]
    pub(crate) training: ComparedTraining,
}

/// How `compare` trains a model.
#[derive(Debug, Args)]
pub(crate) struct ComparedTraining {
    /// Steps of each run [default: 2000]
    #[arg(long, value_name = "N", value_parser = count(1, LARGEST_ITERATIONS), allow_hyphen_values = true)]
    pub(crate) iterations: Option<u64>,
    /// Images of a step [default: 100]
    #[arg(long, value_name = "B", value_parser = count(1, LARGEST_BATCH), allow_hyphen_values = true)]
    pub(crate) batch: Option<u64>,
    /// Learning rate of Adam for the model [default: 0.003]
    #[arg(long, value_name = "RATE", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) learning_rate: Option<f64>,
    /// What a round of each candidate of the estimator auto costs, as in train [default: evaluations]
    #[arg(long, value_name = "COSTS", allow_hyphen_values = true)]
    pub(crate) auto_costs: Option<Costs>,
    /// What moves the parameters of a control, as in train; repeat the option to train with several [default: adam]
    #[arg(long = "control-optimiser", value_name = "NAME", value_parser = control_optimiser, allow_hyphen_values = true)]
    pub(crate) control_optimisers: Vec<ControlOptimiser>,
    /// Learning rate of Adam for the parameters of a control [default: 0.003]
    #[arg(long, value_name = "RATE", value_parser = positive, allow_hyphen_values = true)]
    pub(crate) control_learning_rate: Option<f64>,
    /// Runs of each estimator [default: 2]
    #[arg(long, value_name = "N", value_parser = count(1, LARGEST_REPEATS), allow_hyphen_values = true)]
    pub(crate) repeats: Option<u64>,
}

/// The largest values accepted: beyond them a run would exhaust the memory before its first step, or take years.
const LARGEST_DIMENSION: u64 = 1_000_000;
const LARGEST_BATCH: u64 = 1_000_000;
const LARGEST_EVALUATIONS: u64 = 1_000_000;
const LARGEST_REPEATS: u64 = 100_000;
const LARGEST_ITERATIONS: u64 = 10_000_000_000;
const LARGEST_SAMPLES: u64 = 1_000_000_000_000;
const LARGEST_CONTROL_STEPS: u64 = 10_000_000;
const LARGEST_THREADS: u64 = 1_000;
const LARGEST_EVALUATION: u64 = 10_000;

/// What the command line asks for.
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum Asked<'a> {
    /// Help or the version, which has been printed.
    Nothing,
    /// A command of this crate.
    Command(Command),
    /// Another one of the program, with its arguments and the command line of the whole program.
    Other(&'a Other, ArgMatches, clap::Command),
}

/// Reads the command line.
///
/// # Errors
/// Returns an error of one line if an argument is unknown, missing or outside its limits, or if the problem does not have it.
pub(crate) fn parse(program: &Program) -> Result<Asked<'_>, Error> {
    let arguments = escaped(env::args_os().collect(), program);
    let command = command(program);
    let Some(matches) = voidgrad_kit::cli::matches(command.clone(), arguments.iter().cloned())? else {
        return Ok(Asked::Nothing);
    };
    if let Some((name, matches)) = matches.subcommand()
        && let Some(other) = program.others.iter().find(|other| other.command.get_name() == name)
    {
        return Ok(Asked::Other(other, matches.clone(), command));
    }
    let cli = Cli::from_arg_matches(&matches).map_err(Error::arguments)?;
    own(cli, arguments).map(Asked::Command)
}

/// A command of this crate, with the options of the file that it names.
fn own(mut cli: Cli, mut arguments: Vec<OsString>) -> Result<Command, Error> {
    let file = match &cli.command {
        Command::Train(train) => train.config.clone(),
        _ => None,
    };
    if let Some(file) = file {
        arguments = config::merged(&arguments, &file)?;
        match voidgrad_kit::cli::parse(arguments.iter().cloned())? {
            Some(merged) => cli = merged,
            None => return Err(Error::computation("help is no option of a file")),
        }
    }
    match &cli.command {
        Command::Train(train) => config::check(&arguments, train.problem)?,
        Command::Compare(compare) => {
            let problem = compare.problem;
            config::check_options(&arguments, "compare", problem.name(), Compared::with_option)?;
        }
        _ => {}
    }
    Ok(cli.command)
}

/// The command line of a program.
fn command(program: &Program) -> clap::Command {
    let own = Cli::command().name(program.name).bin_name(program.name);
    program.others.iter().fold(own, |all, other| {
        let command = other.command.clone();
        all.subcommand(match other.run {
            Run::Read(_) => command,
            Run::Raw(_) => command.arg(
                Arg::new(RAW)
                    .help("All of them, as they are")
                    .num_args(0..)
                    .value_parser(clap::value_parser!(OsString)),
            ),
        })
    })
}

/// The name of the arguments that another program reads.
const RAW: &str = "arguments";

/// The arguments of a command that another program reads.
pub(crate) fn handed_over(matches: &ArgMatches) -> Vec<OsString> {
    matches.get_many(RAW).into_iter().flatten().cloned().collect()
}

/// The command line with what another program reads behind a `--`, so that it gets it as it is; `help bench` is `bench --help`.
fn escaped(mut arguments: Vec<OsString>, program: &Program) -> Vec<OsString> {
    let is_raw = |name: &OsString| {
        let of_program = program
            .others
            .iter()
            .any(|other| matches!(other.run, Run::Raw(_)) && other.command.get_name() == name.as_os_str());
        of_program || (cfg!(not(feature = "expand")) && name == "expand")
    };
    if arguments.get(1).is_some_and(|first| first == "help") && arguments.get(2).is_some_and(is_raw) {
        arguments.swap(1, 2);
        arguments[2] = "--help".into();
    }
    if arguments.get(1).is_some_and(is_raw) {
        arguments.insert(2, "--".into());
    }
    arguments
}

/// The command of some arguments, which are those of this program.
#[cfg(test)]
pub(crate) fn read(arguments: &[&str]) -> Result<Command, clap::Error> {
    Cli::try_parse_from(arguments).map(|cli| cli.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Vec<OsString> {
        arguments.iter().map(OsString::from).collect()
    }

    #[test]
    fn what_another_program_reads_is_behind_two_hyphens() {
        let other = |name, run| Other { command: clap::Command::new(name), run };
        let raw = Run::Raw(|_| Err(Error::arguments("it is not run")));
        let read = Run::Read(|_, _| Err(Error::arguments("it is not run")));
        let program = Program {
            name: "voidgrad",
            others: vec![other("bench", raw), other("man", read)],
            missing: |_, _| Err(Error::arguments("it is not run")),
        };
        for (given, expected) in [
            (&["voidgrad", "bench"][..], &["voidgrad", "bench", "--"][..]),
            (&["voidgrad", "bench", "--", "-h"], &["voidgrad", "bench", "--", "--", "-h"]),
            (&["voidgrad", "help", "bench"], &["voidgrad", "bench", "--", "--help"]),
            (&["voidgrad", "help", "train"], &["voidgrad", "help", "train"]),
            (&["voidgrad", "help", "man"], &["voidgrad", "help", "man"]),
            (&["voidgrad", "man", "-h"], &["voidgrad", "man", "-h"]),
            (&["voidgrad", "train", "bench"], &["voidgrad", "train", "bench"]),
            (&["voidgrad", "help"], &["voidgrad", "help"]),
            (&["voidgrad"], &["voidgrad"]),
        ] {
            assert_eq!(escaped(of(given), &program), of(expected));
        }
        let matches =
            command(&program).try_get_matches_from(of(&["voidgrad", "bench", "--", "--", "-h"])).unwrap();
        assert_eq!(handed_over(matches.subcommand_matches("bench").unwrap()), of(&["--", "-h"]));
    }
}

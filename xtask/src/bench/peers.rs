//! JAX and `PyTorch`: scripts of the project's in a process each, which answers line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::json;
use tempfile::NamedTempFile;

use super::case::{Case, ETA, LEARNING_RATE, Precision, TARGET};
use super::given::Given;
use super::implementation::{Compared, Contestant, Implementation, Noise, Run};
use crate::error::Error;
use crate::terminal;

/// Name in the table, script, and the package that it needs.
const PEERS: [(&str, &str, &str); 2] =
    [("jax", "jax_peer.py", "jax"), ("pytorch", "pytorch_peer.py", "torch")];

/// The Python that runs them, and those of them whose package it has.
pub(crate) struct Peers<'a> {
    python: &'a Path,
    found: Vec<(&'static str, &'static str)>,
    sizes: Vec<u64>,
    seconds: f64,
}

impl<'a> Peers<'a> {
    /// Looks for the packages, and says which are not there.
    ///
    /// # Errors
    /// Where there is no such Python.
    pub(crate) fn find(python: &'a Path, quick: bool) -> Result<Self, Error> {
        let mut found = Vec::new();
        for (name, script, package) in PEERS {
            let import =
                format!("import importlib.util as u, sys; sys.exit(3 * (u.find_spec('{package}') is None))");
            let status = Command::new(python)
                .args(["-c", &import])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let status = status.map_err(|error| no_python(python, &error))?;
            match status.code() {
                Some(0) => found.push((name, script)),
                Some(3) => {
                    terminal::note(&format!("{} has no {package}: {name} is left out", python.display()));
                }
                _ => return Err(no_python(python, &status)),
            }
        }
        let (sizes, seconds) = if quick {
            (vec![1 << 10, 1 << 13, 1 << 16], 0.01)
        } else {
            ((8..=18).map(|power| 1 << power).collect(), 0.05)
        };
        Ok(Self { python, found, sizes, seconds })
    }

    /// What can be started of a case, each at its best batch size once it has been checked.
    pub(crate) fn contestants(&self, case: Case, precision: Precision) -> Result<Vec<Contestant>, Error> {
        let start = |&(name, script): &(&'static str, &str)| {
            let peer = Peer::start(self, name, script, case, precision)?;
            Ok(Contestant { case, precision, name, implementation: Box::new(peer) })
        };
        self.found.iter().map(start).collect()
    }
}

fn no_python(python: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::arguments(format!("--peers needs a Python: {} cannot be run: {why}", python.display()))
}

/// A script that is running.
struct Peer {
    name: &'static str,
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Batch sizes that are still to be tried.
    ladder: Option<(Vec<u64>, f64)>,
}

/// An answer; of each kind of request it has some of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    ready: bool,
    missing: Option<String>,
    sums: Vec<f64>,
    samples: u64,
    seconds: f64,
}

impl Peer {
    fn start(
        peers: &Peers<'_>,
        name: &'static str,
        script: &str,
        case: Case,
        precision: Precision,
    ) -> Result<Self, Error> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
        let mut process = Command::new(peers.python)
            .arg(script)
            .env("OMP_NUM_THREADS", "1")
            .env("MKL_NUM_THREADS", "1")
            .env("OPENBLAS_NUM_THREADS", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| no_python(peers.python, &error))?;
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Error::computation(format!("{name} cannot be talked to")));
        };
        // A training step has no batch; one size is enough to make the work.
        let sizes = if case == Case::Step { vec![1] } else { peers.sizes_of(case) };
        let ladder = Some((sizes, peers.seconds));
        let mut peer = Self { name, process, requests, answers: BufReader::new(answers), ladder };
        let answer = peer.ask(&json!({
            "case": case.name(),
            "scalar": precision.name(),
            "logits": case.logits(),
            "phi": case.phi()?,
            "target": TARGET,
            "eta": ETA,
            "learning_rate": LEARNING_RATE,
        }))?;
        match answer.missing {
            Some(package) => Err(Error::computation(format!("{name} cannot import {package}"))),
            None if answer.ready => Ok(peer),
            None => Err(Error::computation(format!("{name} is not ready"))),
        }
    }

    fn ask(&mut self, request: &serde_json::Value) -> Result<Answer, Error> {
        let gone =
            |error: &dyn std::fmt::Display| Error::computation(format!("{} has stopped: {error}", self.name));
        writeln!(self.requests, "{request}").map_err(|error| gone(&error))?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| gone(&error))?;
        if line.is_empty() {
            return Err(gone(&"no answer"));
        }
        serde_json::from_str(&line).map_err(|error| gone(&error))
    }
}

impl Peers<'_> {
    /// The batch sizes to try: 200 variables fill the memory sooner.
    fn sizes_of(&self, case: Case) -> Vec<u64> {
        let most = match case {
            Case::RelaxWide | Case::Quadratic200 => 1 << 14,
            _ => 1 << 18,
        };
        self.sizes.iter().copied().filter(|size| *size <= most).collect()
    }
}

impl Implementation for Peer {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let file = NamedTempFile::new().map_err(Error::files("creating", "a temporary file"))?;
        serde_json::to_writer(&file, &json!({ "u": given.u, "v": given.v })).map_err(Error::computation)?;
        let answer = self.ask(&json!({ "check": file.path() }))?;
        Ok(Compared { sums: answer.sums, noise: Noise::Given })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        if let Some((sizes, seconds)) = self.ladder.take() {
            self.ask(&json!({ "ladder": sizes, "seconds": seconds }))?;
        }
        let answer = self.ask(&json!({ "run": samples }))?;
        Ok(Run { samples: answer.samples, sums: answer.sums, seconds: Some(answer.seconds) })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself when nothing more can be asked; this is for one that is stuck.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! JAX and `PyTorch`: scripts of the project's in a process each, which answers line by line.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde::Deserialize;
use serde_json::json;
use tempfile::NamedTempFile;

use super::case::{Case, ETA, Precision, TARGET};
use super::given::Given;
use super::implementation::{Compared, Contestant, Implementation, Noise, Run};
use super::results::LeftOut;
use voidgrad_kit::error::Error;
use voidgrad_kit::terminal;

/// Name in the table, script, and the package that it needs.
const PEERS: [(&str, &str, &str); 2] =
    [("jax", "jax_peer.py", "jax"), ("pytorch", "pytorch_peer.py", "torch")];

/// The Python that runs them, and those of them that can be started.
pub(crate) struct Peers {
    python: PathBuf,
    found: Vec<(&'static str, &'static str)>,
    sizes: Vec<u64>,
    seconds: f64,
}

impl Peers {
    /// Looks for the packages, and says which are not there.
    ///
    /// # Errors
    /// Returns an error if there is no such Python.
    pub(crate) fn find(python: &Path, quick: bool) -> Result<Self, Error> {
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
            if status.code() == Some(3) {
                terminal::note(&format!("{} has no {package}: {name} is left out", python.display()));
            } else {
                // What else may be wrong it says when it is started.
                found.push((name, script));
            }
        }
        let (sizes, seconds) = if quick {
            (vec![1 << 10, 1 << 13, 1 << 16], 0.01)
        } else {
            ((8..=18).map(|power| 1 << power).collect(), 0.05)
        };
        Ok(Self { python: python.to_path_buf(), found, sizes, seconds })
    }

    /// What can be started of a case, each at its best batch size once it has been checked. What can't is not tried again.
    pub(crate) fn contestants(
        &mut self,
        case: Case,
        precision: Precision,
        left_out: &mut Vec<LeftOut>,
    ) -> Vec<Contestant> {
        let mut contestants = Vec::new();
        for (name, script) in self.found.clone() {
            match Peer::start(self, name, script, case, precision) {
                Ok(peer) => {
                    contestants.push(Contestant { case, precision, name, implementation: Box::new(peer) });
                }
                Err(error) => {
                    self.found.retain(|(other, _)| *other != name);
                    left_out.push(LeftOut::new(name, None, &error));
                }
            }
        }
        contestants
    }
}

fn no_python(python: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::arguments(format!("--peers needs a Python: {} cannot be run: {why}", python.display()))
}

/// A script that is running.
struct Peer {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Reads what it complains about; the last line is what matters.
    complaint: Option<JoinHandle<String>>,
    /// Batch sizes that are still to be tried.
    ladder: Option<(Vec<u64>, f64)>,
}

/// An answer; of each kind of request it has some of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    ready: bool,
    sums: Vec<f64>,
    samples: u64,
    seconds: f64,
}

impl Peer {
    fn start(
        peers: &Peers,
        name: &'static str,
        script: &str,
        case: Case,
        precision: Precision,
    ) -> Result<Self, Error> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
        let mut command = Command::new(&peers.python);
        command
            .arg(script)
            .env("OMP_NUM_THREADS", "1")
            .env("MKL_NUM_THREADS", "1")
            .env("OPENBLAS_NUM_THREADS", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        apart(&mut command);
        let mut process = command.spawn().map_err(|error| no_python(&peers.python, &error))?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(requests), Some(answers), Some(complaints)) = pipes else {
            return Err(Error::computation(format!("{name} cannot be talked to")));
        };
        let complaint = Some(thread::spawn(move || last_line(complaints)));
        // A training step has no batch; one size is enough to make the work.
        let sizes = if case.is_training() { vec![1] } else { peers.sizes_of(case) };
        let ladder = Some((sizes, peers.seconds));
        let mut peer = Self { process, requests, answers: BufReader::new(answers), complaint, ladder };
        let model = match case {
            Case::Vae(method) => {
                let (latents, pixels) = (method.latents(), method.pixels());
                json!({ "latents": latents, "pixels": pixels, "images": method.images() })
            }
            _ => serde_json::Value::Null,
        };
        let answer = peer.ask(&json!({
            "case": case.name(),
            "scalar": precision.name(),
            "logits": case.logits(),
            "phi": case.phi()?,
            "target": TARGET,
            "eta": ETA,
            "learning_rate": case.learning_rate(),
            "model": model,
        }))?;
        if answer.ready { Ok(peer) } else { Err(Error::computation("it is not ready")) }
    }

    fn ask(&mut self, request: &serde_json::Value) -> Result<Answer, Error> {
        let mut line = String::new();
        let asked = writeln!(self.requests, "{request}").and_then(|()| self.answers.read_line(&mut line));
        match asked {
            Ok(1..) => serde_json::from_str(&line)
                .map_err(|_| Error::computation(format!("it answered {:?}", line.trim_end()))),
            Ok(0) | Err(_) => Err(self.stopped()),
        }
    }

    /// Why it has stopped, in its own words.
    fn stopped(&mut self) -> Error {
        // Otherwise what it complains about has no end.
        let _ = self.process.kill();
        let status = self.process.wait();
        let complaint = self.complaint.take().and_then(|complaint| complaint.join().ok());
        match (complaint.filter(|complaint| !complaint.is_empty()), status) {
            (Some(complaint), _) => Error::computation(complaint),
            (None, Ok(status)) => Error::computation(format!("it stopped without a word, {status}")),
            (None, Err(error)) => Error::computation(format!("it stopped without a word, {error}")),
        }
    }
}

/// The last line that is not empty.
fn last_line(complaints: impl Read) -> String {
    let mut last = String::new();
    for line in BufReader::new(complaints).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if !line.trim().is_empty() {
            line.trim().clone_into(&mut last);
        }
    }
    last
}

/// Ctrl-C is for us alone: a peer ends when nobody asks it any more.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn apart(_: &mut Command) {}

impl Peers {
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

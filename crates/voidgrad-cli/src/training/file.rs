//! A checkpoint as the bytes of a file in the format `safetensors`.

use thiserror::Error;
use voidgrad::train::{StateError, TrainerState};

/// The version of what this module adds to the state of a training. It grows with every change of it, and whenever the same configuration gives
/// other results, because then a run must not be continued.
const VERSION: f64 = 1.0;

/// The arrays beside those of the training.
const FORMAT: &str = "train/version";
const CONFIGURATION: &str = "train/configuration";
const CHECKSUM: &str = "train/checksum";

/// A number for a text: equal texts have equal ones, and different ones do not meet by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(u64);

/// Why a file is no checkpoint of a run.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    /// The library can't read it.
    #[error(transparent)]
    State(#[from] StateError),
    /// It was written by another version of the command.
    #[error("it is of version {found}, and this command reads version {VERSION}")]
    Version {
        /// Its version.
        found: f64,
    },
    /// A part of it is missing or has changed.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// It was written by a run with other settings.
    #[error("it belongs to another run, or the configuration beside it has changed")]
    Foreign,
}

impl Fingerprint {
    /// FNV-1a with 64 bits.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// The number.
    pub(super) fn number(self) -> u64 {
        self.0
    }

    /// As numbers that are exact.
    fn numbers(self) -> Vec<f64> {
        vec![(self.0 >> 32) as f64, (self.0 & 0xffff_ffff) as f64]
    }
}

/// The bytes of a file.
///
/// # Errors
/// Returns an error if the state is larger than the format allows.
pub(super) fn write(mut state: TrainerState, run: Fingerprint) -> Result<Vec<u8>, StateError> {
    state.extras.insert(FORMAT.into(), vec![VERSION]);
    state.extras.insert(CONFIGURATION.into(), run.numbers());
    sealed(&mut state)
}

/// The bytes with a checksum among them, which is that of the bytes with a 0 in its place.
fn sealed(state: &mut TrainerState) -> Result<Vec<u8>, StateError> {
    state.extras.insert(CHECKSUM.into(), vec![0.0; 2]);
    let checksum = Fingerprint::of(&state.to_safetensors()?);
    state.extras.insert(CHECKSUM.into(), checksum.numbers());
    state.to_safetensors()
}

/// The state in a file of a run.
///
/// # Errors
/// Returns an error if a single byte is not as it was written, or if the file is of another version or of another run.
pub(super) fn read(bytes: &[u8], run: Fingerprint) -> Result<TrainerState, Refusal> {
    let mut state = TrainerState::from_safetensors(bytes)?;
    match state.extras.get(FORMAT).map(Vec::as_slice) {
        Some([VERSION]) => {}
        Some([found]) => return Err(Refusal::Version { found: *found }),
        _ => return Err(Refusal::Damaged("it does not say its version")),
    }
    if sealed(&mut state)? != bytes {
        return Err(Refusal::Damaged("its checksum is another"));
    }
    match state.extras.remove(CONFIGURATION) {
        Some(configuration) if configuration == run.numbers() => {}
        Some(_) => return Err(Refusal::Foreign),
        None => return Err(Refusal::Damaged(CONFIGURATION)),
    }
    state.extras.retain(|name, _| ![FORMAT, CHECKSUM].contains(&name.as_str()));
    Ok(state)
}

//! `TensorBoard`'s event files.

use std::fmt;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use crc::{CRC_32_ISCSI, Crc};

use super::LogError;
use crate::train::Progress;

/// CRC-32C (Castagnoli).
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// What the first record of a file says.
const VERSION: &str = "brain.Event:2";

/// A file that `TensorBoard` draws: values with names, each over the steps.
///
/// A folder of such a file is a run. `tensorboard --logdir runs` shows all runs below `runs` in one chart. Values are stored as `f32`.
///
/// This needs the feature `logs` of this crate.
///
/// ```
/// use voidgrad::train::EventLog;
/// let folder = std::env::temp_dir().join(format!("voidgrad-runs-{}", std::process::id()));
/// let mut log = EventLog::create(folder.join("first"))?;
/// log.scalars(1, &[("loss", 0.5), ("gradient/norm", 2.0)])?; // or log.record(progress) in the observer of a Trainer
/// log.flush()?;
/// assert_eq!(std::fs::read_dir(folder.join("first"))?.count(), 1);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Format
///
/// A record is the length n of its data as a `u64`, the masked checksum of these eight bytes, n bytes of data, and their masked checksum, all with the lowest byte first. The
/// checksum is CRC-32C, and masked it is `((c >> 15) | (c << 17)) + 0xa282ead8` modulo 2^32. The data are a message `Event` of Protocol Buffers (`wall_time = 1`, `step = 2`,
/// `file_version = 3`, `summary = 5`), whose `Summary` has a `Value` (`tag = 1`, `simple_value = 2`) for each number. Sources: `TensorFlow`, `core/lib/io/record_writer.h`,
/// `core/util/event.proto` and `core/framework/summary.proto`.
pub struct EventLog<W: Write> {
    writer: W,
    clock: Box<dyn FnMut() -> f64 + Send>,
}

impl<W: Write> fmt::Debug for EventLog<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").finish_non_exhaustive()
    }
}

impl EventLog<BufWriter<File>> {
    /// A new file in `folder`, which is made if it is not there. Its name has the time and the number of the process.
    ///
    /// # Errors
    /// Returns an error if there is a file of this name, or if it can't be made.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, LogError> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder)?;
        let name = format!("events.out.tfevents.{:.0}.{}", now(), process::id());
        Self::new(BufWriter::new(File::create_new(folder.join(name))?))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

impl<W: Write> EventLog<W> {
    /// Events that are written to `writer`, with the system's time.
    ///
    /// # Errors
    /// Returns an error if the first record can't be written.
    pub fn new(writer: W) -> Result<Self, LogError> {
        Self::with_clock(writer, now)
    }

    /// The same with another clock, in seconds since 1970, which is asked once for the file and once for each step. Equal times and values give equal bytes.
    ///
    /// # Errors
    /// Returns an error if the first record can't be written, or if its time is NaN or infinite.
    pub fn with_clock(writer: W, clock: impl FnMut() -> f64 + Send + 'static) -> Result<Self, LogError> {
        let mut log = Self { writer, clock: Box::new(clock) };
        let mut event = log.event(0)?;
        bytes(&mut event, 3, VERSION.as_bytes());
        log.write(&event)?;
        Ok(log)
    }

    /// The loss of a step of a [`Trainer`](crate::Trainer), and the value of each term by its name.
    ///
    /// # Errors
    /// As [`scalars`](Self::scalars).
    pub fn record(&mut self, progress: &Progress<'_>) -> Result<(), LogError> {
        self.scalars(progress.iteration(), &super::scalars(progress))
    }

    /// Values with names. `TensorBoard` groups names by what stands before a `/`.
    ///
    /// # Errors
    /// Returns an error if a value is NaN or beyond the range of `f32`, if the step is beyond that of `i64`, if the clock gives no finite number, or if the record can't be
    /// written. Only in the last case is anything written.
    pub fn scalars(&mut self, step: u64, scalars: &[(&str, f64)]) -> Result<(), LogError> {
        super::check(step, scalars, f64::from(f32::MAX))?;
        let mut event = self.event(step)?;
        let mut summary = Vec::new();
        for (name, value) in scalars {
            let mut scalar = Vec::new();
            bytes(&mut scalar, 1, name.as_bytes());
            // A fixed number of four bytes.
            scalar.push(2 << 3 | 5);
            #[expect(clippy::cast_possible_truncation, reason = "it was compared with the largest one")]
            scalar.extend((*value as f32).to_le_bytes());
            bytes(&mut summary, 1, &scalar);
        }
        bytes(&mut event, 5, &summary);
        self.write(&event)
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// Returns an error if that can't be done.
    pub fn flush(&mut self) -> Result<(), LogError> {
        Ok(self.writer.flush()?)
    }

    /// The writer, with all that was recorded.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn into_inner(mut self) -> Result<W, LogError> {
        self.flush()?;
        Ok(self.writer)
    }

    /// The beginning of an event: its time and its step.
    fn event(&mut self, step: u64) -> Result<Vec<u8>, LogError> {
        let largest = u64::try_from(i64::MAX).expect("it is positive");
        if step > largest {
            return Err(LogError::Step { step, largest });
        }
        let time = (self.clock)();
        if !time.is_finite() {
            return Err(LogError::Time { step, time });
        }
        // A fixed number of eight bytes.
        let mut event = vec![1 << 3 | 1];
        event.extend(time.to_le_bytes());
        // Zero is what a missing field stands for.
        if step > 0 {
            event.push(2 << 3);
            varint(&mut event, step);
        }
        Ok(event)
    }

    /// A record.
    fn write(&mut self, data: &[u8]) -> Result<(), LogError> {
        let length = (data.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(data.len() + 16);
        for part in [&length, data] {
            record.extend(part);
            record.extend(masked(part).to_le_bytes());
        }
        Ok(self.writer.write_all(&record)?)
    }
}

/// A field of bytes: its number, their length, and they themselves.
fn bytes(message: &mut Vec<u8>, field: u8, content: &[u8]) {
    message.push(field << 3 | 2);
    varint(message, content.len() as u64);
    message.extend(content);
}

/// A number in groups of seven bits, the lowest first; all but the last have the highest bit set.
fn varint(message: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return message.push(low & 0x7f);
        }
        message.push(low | 0x80);
    }
}

/// The checksum of data that may hold checksums themselves.
fn masked(data: &[u8]) -> u32 {
    CRC.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720, B.4, and the catalogue's check value.
    #[test]
    fn the_checksum_has_the_known_values() {
        let up: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        for (data, expected) in [
            (&b"123456789"[..], 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&up, 0x46dd_794e),
            (&down, 0x113f_db5c),
        ] {
            assert_eq!(CRC.checksum(data), expected);
        }
    }

    /// `TensorFlow`'s own files begin with these bytes: the length 24 and its masked checksum.
    #[test]
    fn a_file_begins_as_those_of_tensorflow_do() {
        let log = EventLog::with_clock(Vec::new(), || 1.5).unwrap();
        let found = log.into_inner().unwrap();
        assert_eq!(&found[..12], b"\x18\0\0\0\0\0\0\0\xa3\x7fK\"");
        assert_eq!(found.len(), 16 + 24);
    }
}

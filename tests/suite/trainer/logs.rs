//! What a log holds is read back: by the format's own definition, and by `TensorBoard`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use voidgrad::train::{CsvLog, EventLog, LogError, Progress, weight_decay};

use super::{blocks, model, trainer_of};

/// CRC-32C bit by bit, from its polynomial.
fn checksum(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 * (crc & 1)))
    })
}

fn is_sealed(data: &[u8], seal: &[u8]) -> bool {
    let crc = checksum(data);
    let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
    seal == masked.to_le_bytes()
}

/// The data of all records; none if a byte of the file is wrong.
fn records(mut file: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !file.is_empty() {
        let (length, rest) = file.split_first_chunk::<8>()?;
        let (seal, rest) = rest.split_first_chunk::<4>()?;
        let count = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (data, rest) = rest.split_at_checked(count)?;
        let (data_seal, rest) = rest.split_first_chunk::<4>()?;
        if !is_sealed(length, seal) || !is_sealed(data, data_seal) {
            return None;
        }
        found.push(data);
        file = rest;
    }
    Some(found)
}

/// A field of a message: a number, or bytes.
#[derive(Debug, PartialEq)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message with their numbers.
fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    fn varint(message: &mut &[u8]) -> u64 {
        let mut number = 0;
        for place in 0.. {
            let (byte, rest) = message.split_first().unwrap();
            *message = rest;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut message)),
            kind => {
                let length = match kind {
                    1 => 8,
                    5 => 4,
                    2 => usize::try_from(varint(&mut message)).unwrap(),
                    other => panic!("there is no kind {other}"),
                };
                let (bytes, rest) = message.split_at(length);
                message = rest;
                Field::Bytes(bytes)
            }
        };
        found.push((key >> 3, field));
    }
    found
}

fn float(bytes: &[u8]) -> f32 {
    f32::from_le_bytes(bytes.try_into().unwrap())
}

/// The scalars of an event.
fn scalars(event: &[u8]) -> Vec<(String, f32)> {
    let mut found = Vec::new();
    for (number, field) in fields(event) {
        let (5, Field::Bytes(summary)) = (number, field) else { continue };
        for (_, value) in fields(summary) {
            let Field::Bytes(value) = value else { panic!("a value is a message") };
            let [(1, Field::Bytes(tag)), (2, Field::Bytes(number))] = fields(value)[..] else {
                panic!("a value has a tag and a number")
            };
            found.push((String::from_utf8(tag.to_vec()).unwrap(), float(number)));
        }
    }
    found
}

const STEPS: u64 = 300;

/// A step, its loss, and its term.
type Row = (u64, f64, f64);

/// What an event holds of a number.
#[expect(clippy::cast_possible_truncation, reason = "the log has single precision")]
fn single(value: f64) -> f32 {
    value as f32
}

/// A training with a term, of which both logs have every step; the observer sees the same numbers.
fn logged() -> (Vec<u8>, Vec<u8>, Vec<Row>) {
    let mut trainer = trainer_of(blocks());
    let encoder = trainer.id("encoder").unwrap();
    trainer.add_term("decay", weight_decay(encoder, 0.5).unwrap()).unwrap();
    let mut time = 0.0;
    let clock = move || {
        time += 0.25;
        time
    };
    let (mut events, mut table) = (EventLog::with_clock(Vec::new(), clock).unwrap(), CsvLog::new(Vec::new()));
    let mut seen = Vec::new();
    let outcome = trainer.run(&mut model, STEPS, |progress: &Progress<'_>| {
        let written = events.record(progress).and_then(|()| table.record(progress));
        seen.push((progress.iteration(), progress.loss(), progress.term("decay").unwrap()));
        written.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    });
    assert!(outcome.unwrap().is_continue());
    (events.into_inner().unwrap(), table.into_inner().unwrap(), seen)
}

#[test]
fn events_read_back_as_they_were() {
    let (file, _, seen) = logged();
    let events = records(&file).expect("all checksums are right");
    assert_eq!(events.len(), seen.len() + 1);
    assert_eq!(fields(events[0])[1], (3, Field::Bytes(b"brain.Event:2")));
    for (index, (event, (step, loss, decay))) in events[1..].iter().zip(&seen).enumerate() {
        let [(1, Field::Bytes(time)), (2, Field::Number(found)), (5, _)] = fields(event)[..] else {
            panic!("an event has a time, a step and a summary")
        };
        let expected = 0.25 * (index as f64 + 2.0);
        assert_eq!((f64::from_le_bytes(time.try_into().unwrap()), found), (expected, *step));
        let expected = [("loss", single(*loss)), ("decay", single(*decay))];
        assert_eq!(scalars(event), expected.map(|(name, value)| (name.to_owned(), value)));
    }
}

#[test]
fn every_wrong_byte_of_a_file_of_events_is_seen() {
    let (file, ..) = logged();
    let short = &file[..200];
    let whole = short.len() - (0..short.len()).rev().find(|cut| records(&short[..*cut]).is_some()).unwrap();
    let mut file = short[..short.len() - whole].to_vec();
    assert!(records(&file).is_some_and(|records| records.len() >= 3));
    for place in 0..file.len() {
        file[place] ^= 0x10;
        assert!(records(&file).is_none(), "byte {place}");
        file[place] ^= 0x10;
    }
}

#[test]
fn a_table_reads_back_to_the_bit() {
    let (_, table, seen) = logged();
    let text = String::from_utf8(table).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("step,loss,decay"));
    let read: Vec<Row> = lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].parse().unwrap(), cells[1].parse().unwrap(), cells[2].parse().unwrap())
        })
        .collect();
    assert_eq!(read, seen);
}

#[test]
fn what_a_log_cannot_hold_is_refused_and_not_written() {
    let mut table = CsvLog::new(Vec::new());
    table.scalars(1, &[("a, \"b\"", 1e-300), ("c", -0.0)]).unwrap();
    for scalars in [&[("c", 1.0), ("a, \"b\"", 1.0)][..], &[("c", 1.0)], &[]] {
        let error = table.scalars(2, scalars).unwrap_err();
        assert!(matches!(&error, LogError::Columns { .. }) && error.to_string().contains("a, "), "{error}");
    }
    for value in [f64::NAN, f64::INFINITY] {
        let error = table.scalars(2, &[("a, \"b\"", 0.0), ("c", value)]).unwrap_err();
        assert!(error.to_string().starts_with(&format!("c is {value:e} in step 2")), "{error}");
    }
    let written = String::from_utf8(table.into_inner().unwrap()).unwrap();
    assert_eq!(written, "step,\"a, \"\"b\"\"\",c\n1,1e-300,-0.0\n");

    let clock = |time: f64| move || time;
    assert!(matches!(EventLog::with_clock(Vec::new(), clock(f64::NAN)), Err(LogError::Time { .. })));
    let mut events = EventLog::with_clock(Vec::new(), clock(0.0)).unwrap();
    for value in [f64::NAN, f64::INFINITY, 3.5e38, -1e300] {
        let error = events.scalars(7, &[("x", value)]).unwrap_err();
        assert!(error.to_string().contains("3.4") && error.to_string().contains("step 7"), "{error}");
    }
    events.scalars(i64::MAX as u64, &[("x", f64::from(f32::MAX))]).unwrap();
    assert!(matches!(events.scalars(1 << 63, &[]), Err(LogError::Step { .. })));
    let file = events.into_inner().unwrap();
    assert_eq!(records(&file).unwrap().len(), 2);
}

/// A new folder.
fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("logs-{}-{number}", std::process::id()))
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("table.csv");
    std::fs::write(&path, "mine").unwrap();
    let error = CsvLog::create(&path).unwrap_err();
    assert!(matches!(&error, LogError::Write(error) if error.kind() == std::io::ErrorKind::AlreadyExists));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Reads a folder as `TensorBoard` does, and prints what it finds.
const READER: &str = r#"
import glob, json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
[file] = glob.glob(sys.argv[1] + "/events.out.tfevents.*")
events = list(LegacyEventFileLoader(file).Load())
assert events[0].file_version == "brain.Event:2"
folder = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
folder.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in folder.Scalars(tag)] for tag in folder.Tags()["scalars"]}))
"#;

/// Skipped, with a line, where Python has no `TensorBoard`; `.ci/python` has one.
#[test]
fn tensorboard_reads_the_same_numbers() {
    let python = std::env::var("VOIDGRAD_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("VOIDGRAD_PYTHON").is_none(), "{python} has no tensorboard");
        eprintln!("skipped: {python} has no tensorboard");
        return;
    }
    let (file, _, seen) = logged();
    let folder = folder();
    let mut log = EventLog::create(&folder).unwrap();
    for (step, loss, decay) in &seen {
        log.scalars(*step, &[("loss", *loss), ("decay/ä", *decay)]).unwrap();
    }
    log.flush().unwrap();
    let mut reader = Command::new(&python);
    let output = reader.args(["-c", READER]).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, is_loss) in [("loss", true), ("decay/ä", false)] {
        let of = |row: &Row| if is_loss { row.1 } else { row.2 };
        let found = read[name].as_array().unwrap();
        assert_eq!(found.len(), seen.len());
        for (point, row) in found.iter().zip(&seen) {
            // serde_json reads a number to one unit in the last place of an f64, which an f32 does not see.
            let found = (point[0].as_u64().unwrap(), single(point[1].as_f64().unwrap()));
            assert_eq!(found, (row.0, single(of(row))));
        }
    }
    // A wrong byte is seen by TensorBoard, too: it stops there.
    let path = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let mut damaged = std::fs::read(&path).unwrap();
    let place = damaged.len() - 6;
    damaged[place] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    let mut reader = Command::new(&python);
    let output = reader.args(["-c", READER]).arg(&folder).output().unwrap();
    let read: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let whole = read.is_some_and(|read| read["loss"].as_array().is_some_and(|rows| rows.len() == seen.len()));
    assert!(!whole, "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_dir_all(folder).unwrap();
    assert!(records(&file).is_some());
}

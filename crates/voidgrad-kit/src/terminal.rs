//! Standard output and standard error, both of which may have been closed by whoever reads them.

use std::io::{self, ErrorKind, Write};

use crate::error::Error;
use crate::number;

/// Writes `text` to standard output. A reader that has gone away (`| head`) is not an error.
///
/// # Errors
/// Returns an error if standard output cannot be written for another reason.
pub fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::files("writing", "standard output")(error))
        }
        _ => Ok(()),
    }
}

/// The text in lines of at most 80 columns, the first of which stands out.
#[must_use]
pub fn wrapped(text: &str) -> String {
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Writes one line to standard error, if anyone is there.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Reports an error, in one line.
pub fn complain(error: &Error) {
    match error {
        Error::Interrupted(what) => note(what),
        _ => note(&format!("error: {}", number::shortened(&error.to_string()))),
    }
}

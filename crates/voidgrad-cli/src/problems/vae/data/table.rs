//! Images as a table of comma-separated numbers: a line is an image. The first line may be the names of the columns; one called `label` is left out.

use super::error::Unusable;
use super::numbers::Numbers;
use voidgrad_kit::number::plural;

/// The name of a column that is no pixel.
const LABEL: &str = "label";

/// The images of a file.
///
/// # Errors
/// Returns an error that names the line if it is malformed.
pub(super) fn parse(file: &[u8]) -> Result<Numbers, Unusable> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(file);
    let (mut entries, mut columns, mut label) = (Vec::new(), None, None);
    let mut record = csv::StringRecord::new();
    loop {
        let more = reader.read_record(&mut record).map_err(|error| Unusable::Line {
            line: error.position().map_or(1, csv::Position::line),
            reason: "it is no text".to_owned(),
        });
        if !more? {
            break;
        }
        let line = record.position().map_or(1, csv::Position::line);
        let refuse = |reason: String| Unusable::Line { line, reason };
        match columns {
            None => {
                columns = Some(record.len());
                if record.iter().all(|cell| cell.parse::<f32>().is_err()) {
                    label = record.iter().position(|name| name.eq_ignore_ascii_case(LABEL));
                    continue;
                }
            }
            Some(columns) if record.len() != columns => {
                let found = plural(record.len() as u64, "number");
                return Err(refuse(format!("it has {found}, and the first line has {columns}")));
            }
            Some(_) => {}
        }
        for (column, cell) in record.iter().enumerate().filter(|(column, _)| Some(*column) != label) {
            let number = cell.parse().ok().filter(|number: &f32| number.is_finite());
            let refuse =
                || refuse(format!("column {} is {cell:.20?}, which is no finite number", column + 1));
            entries.push(number.ok_or_else(refuse)?);
        }
    }
    let pixels = columns.unwrap_or(0) - usize::from(label.is_some());
    Numbers::of_pixels(pixels, entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_images() {
        let expected = Numbers::new(2, 2, vec![0.0, 1.5, -3.0, 4e2]).unwrap();
        for text in ["0,1.5\n-3,4e2", "a,b\r\n0, 1.5\r\n\r\n-3,4e2\r\n", "a,Label,b\n0,7,1.5\n-3,8,4e2\n"] {
            assert_eq!(parse(text.as_bytes()).unwrap(), expected, "{text}");
        }
        assert_eq!(parse(b"1,2,3,4").unwrap().width, 2);
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_line() {
        for (text, words) in [
            (&b"1,2\n3\n"[..], "line 2: it has 1 number, and the first line has 2"),
            (b"1,2\n3,x\n", "line 2: column 2 is \"x\", which is no finite number"),
            (b"a,2\n3,4\n", "line 1: column 1 is \"a\""),
            (b"1,2\n3,\n", "line 2: column 2 is \"\""),
            (b"1,NaN\n", "line 1: column 2 is \"NaN\""),
            (b"1,1e99\n", "line 1: column 2 is \"1e99\""),
            (b"1,2\n3,\xff\n", "line 2: it is no text"),
            (b"", "it has no images"),
            (b"a,b\n", "it has no images"),
            (b"label\n", "it has no images"),
            (b"label\n3\n", "it has no images"),
            (b"\x89PNG", "line 1: it is no text"),
        ] {
            let line = parse(text).unwrap_err().to_string();
            assert!(line.contains(words) && line.lines().count() == 1, "{text:?}: {line}");
        }
    }
}

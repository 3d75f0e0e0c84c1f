//! Results as the bytes of a file.

use serde::Serialize;

use crate::error::Error;

/// A value as indented JSON, with a line feed at its end.
///
/// # Errors
/// Returns an error if the value has no form in JSON.
pub fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(Error::computation)?;
    text.push(b'\n');
    Ok(text)
}

/// A table as CSV: a header, and rows with as many cells.
///
/// # Errors
/// Returns an error if a row has another number of cells than the header.
pub fn csv<H: AsRef<[u8]>, C: AsRef<[u8]>>(
    header: impl IntoIterator<Item = H>,
    rows: impl IntoIterator<Item: IntoIterator<Item = C>>,
) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(Error::computation)?;
    for row in rows {
        writer.write_record(row).map_err(Error::computation)?;
    }
    writer.into_inner().map_err(Error::computation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_row_and_json_ends_with_a_line_feed() {
        assert_eq!(json(&[1, 2]).unwrap(), b"[\n  1,\n  2\n]\n");
        assert_eq!(csv(["a", "b"], [["1", "x,y"]]).unwrap(), b"a,b\n1,\"x,y\"\n");
        assert!(csv(["a", "b"], [["1"]]).is_err());
    }
}

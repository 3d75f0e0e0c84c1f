//! The results on the terminal.

use super::implementation::HAND_WRITTEN;
use super::machine::Machine;
use super::row::Row;
use voidgrad_kit::number;

const HEADS: [&str; 8] =
    ["case", "scalar", "implementation", "median", "p10", "p90", "unit", "× hand-written"];

/// The rows, aligned, under the machine's name.
pub(crate) fn text(machine: &Machine, rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, rows).to_vec()).collect();
    format!("{}, lanes: {}, one thread\n\n{}", machine.cpu, machine.lanes, aligned(&HEADS, &cells))
}

fn cells(row: &Row, rows: &[Row]) -> [String; 8] {
    let ratio = row
        .beside(rows, HAND_WRITTEN)
        .map_or_else(|| "–".to_owned(), |hand_written| number::short(row.median / hand_written.median));
    [
        row.case.to_owned(),
        row.scalar.to_owned(),
        row.implementation.to_owned(),
        number::short(row.median),
        number::short(row.p10),
        number::short(row.p90),
        row.unit.to_owned(),
        ratio,
    ]
}

/// Columns as wide as their widest cell; numbers to the right.
pub(crate) fn aligned(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let width =
        |column: usize| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let is_number =
        |column: usize| rows.iter().all(|row| row[column] == "–" || row[column].parse::<f64>().is_ok());
    let columns: Vec<(usize, bool)> =
        (0..heads.len()).map(|column| (width(column), is_number(column))).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&columns)
            .map(
                |(cell, &(width, right))| {
                    if right { format!("{cell:>width$}") } else { format!("{cell:width$}") }
                },
            )
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    std::iter::once(&heads).chain(rows).map(line).collect::<Vec<_>>().join("\n")
}

//! The times as bars, on a logarithmic scale.

use super::implementation::{GENERATED, HAND_WRITTEN, NUM_DUAL, SCALAR};
use super::machine::Machine;
use super::row::Row;
use voidgrad_kit::bars::{Bar, Bars};
use voidgrad_kit::chart::{BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION};
use voidgrad_kit::number;

/// One bar a row, from the top; an empty one between cases.
pub(crate) fn svg(machine: &Machine, rows: &[Row]) -> String {
    let mut bars: Vec<Bar> = Vec::new();
    let mut previous = None;
    for row in rows {
        let group = (row.case, row.scalar);
        if previous.is_some_and(|previous| previous != group) {
            bars.push(Bar { label: String::new(), value: 0.0, color: BLACK });
        }
        previous = Some(group);
        let time = number::short(row.median);
        let label = format!("{} {}, {}: {time}", row.case, row.scalar, row.implementation);
        bars.push(Bar { label, value: row.median, color: color(row.implementation) });
    }
    Bars {
        title: format!("{}, lanes: {}, one thread", machine.cpu, machine.lanes),
        axis: "ns for a sample; for a training step in the case step",
        rows: bars,
        legend: Vec::new(),
    }
    .svg()
}

fn color(implementation: &str) -> &'static str {
    match implementation {
        GENERATED => VERMILION,
        SCALAR => ORANGE,
        HAND_WRITTEN => BLUE,
        NUM_DUAL => SKY,
        "jax" => GREEN,
        _ => PURPLE,
    }
}

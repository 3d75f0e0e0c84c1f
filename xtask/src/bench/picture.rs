//! The times as bars, on a logarithmic scale.

use std::sync::Arc;

use kuva::prelude::{BarPlot, Layout, Plot, TickFormat};
use kuva::render::annotations::TextAnnotation;

use super::implementation::{GENERATED, HAND_WRITTEN, NUM_DUAL, SCALAR};
use super::machine::Machine;
use super::row::Row;
use crate::number;
use crate::report::chart::{BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION};

/// One bar a row, from the top; an empty one between cases.
pub(crate) fn svg(machine: &Machine, rows: &[Row]) -> String {
    let (from, to) = decades(rows);
    // The scale is logarithmic because the bars are of logarithms: their beginning is a power of ten.
    let length = |time: f64| time.log10() - from;
    let mut bars: Vec<(String, f64, &str)> = Vec::new();
    let mut values = Vec::new();
    let mut previous = None;
    for row in rows.iter().rev() {
        let group = (row.case, row.scalar);
        if previous.is_some_and(|previous| previous != group) {
            bars.push((String::new(), 0.0, BLACK));
        }
        previous = Some(group);
        let label = format!("{} {}, {}", row.case, row.scalar, row.implementation);
        bars.push((label, length(row.median), color(row.implementation)));
        values.push((bars.len(), row));
    }
    let height = 90.0 + 17.0 * bars.len() as f64;
    let plots =
        vec![Plot::Bar(BarPlot::new().with_colored_bars(bars).with_horizontal(true).with_width(0.82))];
    let mut layout = Layout::auto_from_plots(&plots)
        .with_width(WIDTH)
        .with_height(height)
        .with_title(format!("{}, lanes: {}, one thread", machine.cpu, machine.lanes))
        .with_x_label("ns for a sample; for a training step in the case step")
        .with_x_axis_min(0.0)
        // Room for the number behind the longest bar.
        .with_x_axis_max(to - from + 0.35)
        .with_x_tick_step(1.0)
        .with_x_tick_format(TickFormat::Custom(Arc::new(move |decade| {
            number::short(10_f64.powf(decade + from))
        })))
        .with_font_family("system-ui, sans-serif")
        .with_label_size(13)
        .with_tick_size(11)
        .with_title_size(14);
    for (place, row) in values {
        let text = number::short(row.median);
        // A text is placed by its middle.
        let end = length(row.median) + 0.04 + 0.028 * text.len() as f64;
        layout = layout.with_annotation(
            TextAnnotation::new(text, end, place as f64 - 0.25).with_font_size(11).with_color(BLACK),
        );
    }
    let svg = kuva::render_to_svg(plots, layout);
    svg.replacen("<svg ", &format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" "), 1)
}

const WIDTH: f64 = 900.0;

/// The powers of ten around all times, as exponents.
fn decades(rows: &[Row]) -> (f64, f64) {
    let logarithms = rows.iter().map(|row| row.median.log10());
    let (least, most) = logarithms.fold((f64::MAX, f64::MIN), |(least, most), x| (least.min(x), most.max(x)));
    if rows.is_empty() { (0.0, 1.0) } else { ((least - 0.1).floor(), most) }
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

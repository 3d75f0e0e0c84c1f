//! Bars on a logarithmic scale, one below the other.

use std::sync::Arc;

use kuva::plot::legend::{LegendEntry, LegendPosition, LegendShape};
use kuva::prelude::{BarPlot, Layout, Plot, TickFormat};

/// A picture of bars.
pub struct Bars {
    /// Above it.
    pub title: String,
    /// Below the axis.
    pub axis: &'static str,
    /// From the top.
    pub rows: Vec<Bar>,
    /// What the colours mean.
    pub legend: Vec<(&'static str, &'static str)>,
}

/// One bar.
pub struct Bar {
    /// Beside it.
    pub label: String,
    /// Its end on the axis; there is no bar where it is 0.
    pub value: f64,
    /// Its colour.
    pub color: &'static str,
}

impl Bars {
    /// The picture.
    #[must_use]
    pub fn svg(self) -> String {
        let decades = |value: f64| value.log10();
        let ends: Vec<f64> =
            self.rows.iter().map(|bar| decades(bar.value)).filter(|end| end.is_finite()).collect();
        let lowest = ends.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // A picture without a bar still has an axis.
        let (lowest, highest) = if ends.is_empty() { (-1.0, 0.0) } else { (lowest, highest) };
        // Half a decade at least, so that the shortest bar can be seen.
        let (from, to) = ((lowest - 0.5).floor(), (highest + 0.05).ceil());
        let mut plot = BarPlot::new().with_horizontal(true).with_width(0.7);
        // The first category is the lowest.
        for bar in self.rows.iter().rev() {
            let length = if bar.value > 0.0 { decades(bar.value) - from } else { 0.0 };
            plot = plot.with_colored_bar(bar.label.clone(), length, bar.color);
        }
        let entry = |(label, color): (&str, &str)| LegendEntry {
            label: label.to_owned(),
            color: color.to_owned(),
            shape: LegendShape::Rect,
            dasharray: None,
        };
        let (width, height) = (860.0, 150.0 + 24.0 * self.rows.len() as f64);
        let step = ((to - from) / 8.0).ceil();
        let plots = vec![Plot::Bar(plot)];
        let layout = Layout::auto_from_plots(&plots)
            .with_width(width)
            .with_height(height)
            .with_title(self.title)
            .with_x_label(self.axis)
            .with_x_axis_min(0.0)
            .with_x_axis_max(to - from)
            .with_x_tick_step(step)
            .with_x_tick_format(TickFormat::Custom(Arc::new(move |x| power_of_ten(x + from))))
            .with_legend_entries(self.legend.into_iter().map(entry).collect())
            .with_legend_position(LegendPosition::OutsideBottomColumns)
            .with_legend_box(false)
            .with_font_family("system-ui, sans-serif")
            .with_label_size(14)
            .with_tick_size(12)
            .with_body_size(13)
            .with_title_size(15);
        kuva::render_to_svg(plots, layout)
    }
}

/// `10⁻⁷`.
fn power_of_ten(exponent: f64) -> String {
    let digits = format!("{exponent:.0}");
    let raised = digits.chars().map(|digit| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|digit| char::from_u32(0x2070 + digit)).unwrap_or(digit),
    });
    format!("10{}", raised.collect::<String>())
}

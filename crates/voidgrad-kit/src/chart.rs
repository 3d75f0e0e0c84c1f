//! Charts: lines, bands and histograms in one house style.

use kuva::prelude::{BandPlot, Histogram, Layout, LinePlot, LineStyle, Plot, TickFormat};

/// How a line is drawn. Lines differ by colour and by dash, so that they can be told apart without colours.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    color: &'static str,
    dash: &'static str,
    width: f64,
}

/// Black, the first of the colours of Okabe and Ito, which the colour-blind can tell apart; their yellow is too pale to print.
pub const BLACK: &str = "#000000";
/// Vermilion.
pub const VERMILION: &str = "#D55E00";
/// Blue.
pub const BLUE: &str = "#0072B2";
/// Bluish green.
pub const GREEN: &str = "#009E73";
/// Reddish purple.
pub const PURPLE: &str = "#CC79A7";
/// Orange.
pub const ORANGE: &str = "#E69F00";
/// Sky blue.
pub const SKY: &str = "#56B4E9";

const STYLES: [Style; 7] = [
    Style::solid(BLACK),
    Style::dashed(VERMILION, "9 4"),
    Style::dashed(BLUE, "2 3"),
    Style::dashed(GREEN, "10 3 2 3"),
    Style::dashed(PURPLE, "5 3"),
    Style::dashed(ORANGE, "14 4"),
    Style::dashed(SKY, "10 3 2 3 2 3"),
];

impl Style {
    /// A solid line.
    #[must_use]
    pub const fn solid(color: &'static str) -> Self {
        Self { color, dash: "", width: 2.0 }
    }

    /// A dashed line: lengths of strokes and gaps in turn.
    #[must_use]
    pub const fn dashed(color: &'static str, dash: &'static str) -> Self {
        Self { color, dash, width: 2.0 }
    }

    /// The same line, thinner or thicker.
    #[must_use]
    pub const fn wide(self, width: f64) -> Self {
        Self { width, ..self }
    }

    /// The style of line `index`: the first ones are told apart most easily.
    #[must_use]
    pub fn numbered(index: usize) -> Self {
        let Style { color, .. } = STYLES[index % STYLES.len()];
        // When the colours have been used up, the dashes move on.
        let Style { dash, width, .. } = STYLES[(index + index / STYLES.len()) % STYLES.len()];
        Self { color, dash, width }
    }
}

/// A chart that is being filled. Without a range an axis fits what is drawn.
pub struct Chart {
    plots: Vec<Plot>,
    size: (f64, f64),
    labels: (String, String),
    x_range: Option<(f64, f64)>,
    y_range: Option<(f64, f64)>,
    y_ticks: TickFormat,
    x_step: Option<f64>,
    title: Option<String>,
    keys: Vec<Key>,
}

impl Chart {
    /// An empty chart, `width` × `height` pixels.
    #[must_use]
    pub fn new(width: f64, height: f64, x_label: &str, y_label: &str) -> Self {
        Self {
            plots: Vec::new(),
            size: (width, height),
            labels: (x_label.to_owned(), y_label.to_owned()),
            x_range: None,
            y_range: None,
            y_ticks: TickFormat::Auto,
            x_step: None,
            title: None,
            keys: Vec::new(),
        }
    }

    /// The ends of the x axis.
    #[must_use]
    pub fn x_range(mut self, from: f64, to: f64) -> Self {
        self.x_range = Some((from, to));
        self
    }

    /// The distance of the ticks on the x axis.
    #[must_use]
    pub fn x_step(mut self, step: f64) -> Self {
        self.x_step = Some(step);
        self
    }

    /// The ends of the y axis; what is outside is cut off.
    #[must_use]
    pub fn y_range(mut self, from: f64, to: f64) -> Self {
        self.y_range = Some((from, to));
        self
    }

    /// How many decimals the y axis shows.
    #[must_use]
    pub fn y_decimals(mut self, decimals: usize) -> Self {
        self.y_ticks = TickFormat::Fixed(decimals);
        self
    }

    /// A title above the axes.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = Some(title.to_owned());
        self
    }

    /// Draws a line, with an entry in the figure's legend where `name` is given.
    pub fn line(&mut self, points: &[(f64, f64)], style: Style, name: Option<&str>) {
        let mut line = LinePlot::new()
            .with_data(points.iter().copied())
            .with_color(style.color)
            .with_stroke_width(style.width);
        if !style.dash.is_empty() {
            line = line.with_line_style(LineStyle::Custom(style.dash.to_owned()));
        }
        if let Some(name) = name {
            self.keys.push(Key { name: name.to_owned(), style });
        }
        self.plots.push(Plot::Line(line));
    }

    /// Shades the area between two curves over `x`.
    pub fn band(&mut self, x: &[f64], lower: &[f64], upper: &[f64], style: Style) {
        let band = BandPlot::new(x.iter().copied(), lower.iter().copied(), upper.iter().copied())
            .with_color(style.color)
            .with_opacity(0.18);
        self.plots.push(Plot::Band(band));
    }

    /// Draws bars between `edges`, one fewer than those.
    pub fn bars(&mut self, edges: Vec<f64>, heights: Vec<f64>, color: &'static str) {
        self.plots.push(Plot::Histogram(Histogram::from_bins(edges, heights).with_color(color)));
    }

    /// The picture.
    #[must_use]
    pub fn draw(self) -> Drawing {
        let (width, height) = self.size;
        let mut layout = Layout::auto_from_plots(&self.plots)
            .with_width(width)
            .with_height(height)
            .with_x_label(self.labels.0)
            .with_y_label(self.labels.1)
            .with_y_tick_format(self.y_ticks)
            .with_font_family("system-ui, sans-serif")
            .with_label_size(14)
            .with_tick_size(12)
            .with_body_size(13)
            .with_title_size(15);
        if let Some(title) = self.title {
            layout = layout.with_title(title);
        }
        if let Some(step) = self.x_step {
            layout = layout.with_x_tick_step(step);
        }
        if let Some((from, to)) = self.x_range {
            layout = layout.with_x_axis_min(from).with_x_axis_max(to);
        }
        if let Some((from, to)) = self.y_range {
            layout = layout.with_y_axis_min(from).with_y_axis_max(to);
        }
        let svg = kuva::render_to_svg(self.plots, layout);
        // A view box lets the page scale the picture.
        let view = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" ");
        Drawing { svg: svg.replacen("<svg ", &view, 1), keys: self.keys }
    }
}

/// A picture, and what its lines are.
pub struct Drawing {
    /// The picture as an SVG element.
    pub svg: String,
    /// The legend.
    pub keys: Vec<Key>,
}

/// One entry of a legend.
#[derive(Debug, Clone)]
pub struct Key {
    /// What the line is.
    pub name: String,
    style: Style,
}

impl Key {
    /// A stroke in the line's style, long enough to show its dashes.
    #[must_use]
    pub fn stroke(&self) -> String {
        let Style { color, dash, width } = self.style;
        format!(
            "<svg width=\"44\" height=\"8\" aria-hidden=\"true\"><line x1=\"1\" y1=\"4\" x2=\"43\" y2=\"4\" \
             stroke=\"{color}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\"/></svg>"
        )
    }
}

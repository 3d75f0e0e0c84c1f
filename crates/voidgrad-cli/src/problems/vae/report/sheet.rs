//! Rows of small images side by side, each row with a label.

use voidgrad_kit::chart::Drawing;

use super::png::{self, Colour};
use crate::page::escape;

/// A row of a sheet.
pub(super) struct Strip {
    /// What stands before it.
    pub(super) label: String,
    /// The pixels of its images, one image after the other.
    pub(super) pixels: Vec<Colour>,
}

/// Between images.
const GAP: Colour = [0xd8, 0xd8, 0xd8];
/// The width of a sheet and of its labels, in units of the page.
const WIDTH: f64 = 720.0;
const LABELS: f64 = 130.0;
/// Their difference: the room for images.
const ROOM: usize = 590;

/// Ink on paper: 0 is white, 1 is black.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 255")]
pub(super) fn ink(p: f64) -> Colour {
    [(255.0 * (1.0 - p.clamp(0.0, 1.0))).round() as u8; 3]
}

/// Blue if it is positive, and vermilion if it is negative; 0 is white.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 255")]
pub(super) fn signed(weight: f64) -> Colour {
    let full: [f64; 3] = if weight > 0.0 { [0.0, 114.0, 178.0] } else { [213.0, 94.0, 0.0] };
    let part = weight.abs().min(1.0);
    full.map(|full| (255.0 + part * (full - 255.0)).round() as u8)
}

/// The least height of a row, in units of the page: images of one row of pixels are bars.
const LEAST: f64 = 16.0;
/// The fewest images of a row, however wide they are.
const FEWEST: usize = 4;

/// How many images of this height and width a row has room for, if a pixel is not much smaller than a unit of the page.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a width of the page is a small whole number"
)]
pub(super) fn fitting([_, width]: [usize; 2]) -> usize {
    (ROOM / (width + 1)).max(FEWEST)
}

/// The sheet of some rows with `count` images each, of this height and width.
pub(super) fn draw(
    strips: &[Strip],
    count: usize,
    [height, width]: [usize; 2],
    description: &str,
) -> Drawing {
    let (columns, rows) = (count * (width + 1) - 1, strips.len() * (height + 1) - 1);
    let mut pixels = vec![GAP; columns * rows];
    for (i, strip) in strips.iter().enumerate() {
        for (n, image) in strip.pixels.chunks(width * height).enumerate() {
            for (y, row) in image.chunks(width).enumerate() {
                let start = (i * (height + 1) + y) * columns + n * (width + 1);
                pixels[start..start + width].copy_from_slice(row);
            }
        }
    }
    let drawn = WIDTH - LABELS;
    let scale = (drawn / columns as f64).max(LEAST / height as f64);
    let total = rows as f64 * scale;
    let labels: Vec<String> = strips
        .iter()
        .enumerate()
        .map(|(i, strip)| {
            let y = (i as f64 * (height as f64 + 1.0) + height as f64 / 2.0) * scale;
            format!(
                "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\" dominant-baseline=\"central\">{}</text>",
                LABELS - 8.0,
                escape(&strip.label)
            )
        })
        .collect();
    let svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {total:.1}\" role=\"img\" aria-label=\"{}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n{}\n\
         <image x=\"{LABELS}\" y=\"0\" width=\"{drawn:.1}\" height=\"{total:.1}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"{}\"/>\n</svg>",
        escape(description),
        labels.join("\n"),
        png::address(&pixels, columns)
    );
    Drawing { svg, keys: Vec::new() }
}

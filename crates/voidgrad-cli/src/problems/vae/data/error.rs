//! Why a file has no images that can be used.

use thiserror::Error;
use voidgrad_kit::number::{grouped, plural};

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Error)]
pub(super) enum Unusable {
    /// The system does not give it.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is compressed.
    #[error("it is compressed with gzip; gunzip -k makes the file that can be read")]
    Compressed,
    /// An idx file of other numbers than bytes.
    #[error("its numbers are of the idx type {0:#04x}; only unsigned bytes, 0x08, are read")]
    Type(u8),
    /// An idx file of labels, or of pictures with colours.
    #[error("it has {}; images have 2 (images, pixels) or 3 (images, rows, columns)", plural(u64::from(*.0), "dimension"))]
    Dimensions(u8),
    /// An idx file that ends early or goes on.
    #[error("it has {} after its header, which says {expected}", plural(*.found, "byte"))]
    Length {
        /// Bytes after the header.
        found: u64,
        /// What the header says, in words.
        expected: String,
    },
    /// A line of a table is wrong.
    #[error("line {line}: {reason}")]
    Line {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// There are no images, or they have no pixels.
    #[error("it has no images")]
    Empty,
    /// There is none to test with.
    #[error("it has 1 image, and at least 2 are needed: one to train on, one to test with")]
    OneImage,
    /// There is no black and white.
    #[error("all of its numbers are {0}, so that no pixel is black or white")]
    Flat(f32),
    /// The images to test with are of another size.
    #[error("its images have {}, and those to train on have {}", plural(*.found as u64, "pixel"), grouped(*.expected as u64))]
    Pixels {
        /// Pixels of its images.
        found: usize,
        /// Pixels of those to train on.
        expected: usize,
    },
}

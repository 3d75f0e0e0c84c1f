//! The images.

/// Binary images: those that are trained on, and those that are not.
#[derive(Debug)]
pub(super) struct Data {
    /// What reports call it.
    pub(super) name: String,
    /// Pixels of an image.
    pub(super) pixels: usize,
    /// Pixels of a row of an image.
    pub(super) width: usize,
    /// The images to train on, one after the other.
    pub(super) train: Vec<f64>,
    /// The others.
    pub(super) test: Vec<f64>,
}

/// The images of the data set `digits` that are trained on.
const TRAIN: usize = 1_500;
/// The side of its images.
const SIDE: usize = 8;

impl Data {
    /// The 1,797 digits of 8 × 8 pixels of the UCI repository, with each pixel rounded to black or white: 1,500 to train, the rest to test.
    pub(super) fn digits() -> Self {
        const LINES: &str = include_str!("../../../../crates/voidgrad/examples/data/digits.txt");
        let pixels = SIDE * SIDE;
        // A line is the 64 pixels of an image as the bits of a number.
        let numbers = LINES.lines().filter_map(|line| u64::from_str_radix(line, 16).ok());
        let mut train: Vec<f64> = numbers
            .flat_map(|bits| (0..pixels).rev().map(move |i| f64::from(u8::from(bits >> i & 1 == 1))))
            .collect();
        let test = train.split_off(TRAIN * pixels);
        Self { name: "digits".to_owned(), pixels, width: SIDE, train, test }
    }

    /// Images to train on.
    pub(super) fn train_rows(&self) -> usize {
        self.train.len() / self.pixels
    }

    /// Images that are not trained on.
    pub(super) fn test_rows(&self) -> usize {
        self.test.len() / self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_whole() {
        let data = Data::digits();
        assert_eq!((data.train_rows(), data.test_rows()), (1_500, 297));
        // The first is a 0: nothing in the middle.
        let rows: Vec<String> = data.train[..64]
            .chunks(8)
            .map(|row| row.iter().map(|x| if *x > 0.5 { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(
            rows,
            ["...##...", "..####..", "..#..##.", "..#..##.", "..#..##.", "..#..#..", "..#.##..", "...##..."]
        );
    }
}

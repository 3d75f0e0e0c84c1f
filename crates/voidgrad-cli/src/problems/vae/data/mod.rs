//! The images: binary ones, to train on and to test with.

mod error;
mod idx;
mod numbers;
mod set;
mod table;

use std::path::{Path, PathBuf};

use crate::problems::models::Options;
use crate::training::fingerprint;
use error::Unusable;
use numbers::Numbers;
pub(super) use set::Set;
use voidgrad_kit::error::Error;

/// Images to train on, and images to test with.
#[derive(Debug)]
pub(super) struct Data {
    /// What reports call them.
    pub(super) name: String,
    /// The files that they were read from, none for the digits.
    pub(super) files: Option<Files>,
    /// Pixels of an image.
    pub(super) pixels: usize,
    /// Pixels of a row of an image.
    pub(super) width: usize,
    /// The images to train on.
    pub(super) train: Set,
    /// The others.
    pub(super) test: Set,
}

/// The files that images were read from.
#[derive(Debug)]
pub(super) struct Files {
    /// The images to train on, and without another file those to test with.
    pub(super) train: File,
    /// The images to test with.
    pub(super) test: Option<File>,
}

/// A file as it was read.
#[derive(Debug)]
pub(super) struct File {
    /// Its path.
    pub(super) path: PathBuf,
    /// A number for its bytes.
    pub(super) fingerprint: u64,
}

/// The images of the data set `digits` that are trained on.
const TRAIN: usize = 1_500;
/// The side of its images.
const SIDE: usize = 8;
/// The part of a file's images that are not trained on, if no other file has some: one in so many, the last ones.
const PART: usize = 6;

impl Data {
    /// The images that the options name.
    ///
    /// # Errors
    /// Returns an error of one line if a file can't be read or has no images that can be used.
    pub(super) fn of(options: &Options) -> Result<Self, Error> {
        match (&options.data, &options.test_data) {
            (None, None) => Ok(Self::digits()),
            (None, Some(_)) => Err(Error::arguments("--test-data needs --data: the images to train on")),
            (Some(train), test) => Self::of_files(train, test.as_deref()),
        }
    }

    /// The 1,797 digits of 8 × 8 pixels of the UCI repository, with each pixel rounded to black or white: 1,500 to train, the rest to test.
    pub(super) fn digits() -> Self {
        const LINES: &str = include_str!("digits.txt");
        let pixels = SIDE * SIDE;
        // A line is the 64 pixels of an image as the bits of a number.
        let numbers = LINES.lines().filter_map(|line| u64::from_str_radix(line, 16).ok());
        let bits = numbers.flat_map(|bits| (0..pixels).rev().map(move |i| bits >> i & 1 == 1)).collect();
        let [train, test] = Set::new(pixels, bits).split(TRAIN);
        Self { name: "digits".to_owned(), files: None, pixels, width: SIDE, train, test }
    }

    /// The images of a file, the last sixth of them to test with unless there is a file of those. A pixel is black from half-way between the smallest and
    /// the largest number of the first file on.
    fn of_files(train: &Path, test: Option<&Path>) -> Result<Self, Error> {
        let (numbers, file) = read("data", train)?;
        let refuse = |option: &str, path: &Path, unusable: Unusable| refusal(option, path, &unusable);
        let half = numbers.half().map_err(|unusable| refuse("data", train, unusable))?;
        let (pixels, width) = (numbers.pixels, numbers.width);
        let all = numbers.binary(half);
        let (sets, test) = match test {
            Some(path) => {
                let (numbers, file) = read("test-data", path)?;
                if numbers.pixels != pixels {
                    let unusable = Unusable::Pixels { found: numbers.pixels, expected: pixels };
                    return Err(refuse("test-data", path, unusable));
                }
                ([all, numbers.binary(half)], Some(file))
            }
            None if all.rows() < 2 => return Err(refuse("data", train, Unusable::OneImage)),
            None => {
                let rows = all.rows();
                (all.split(rows - rows.div_ceil(PART)), None)
            }
        };
        let name = train.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let [train, test_images] = sets;
        Ok(Self { name, files: Some(Files { train: file, test }), pixels, width, train, test: test_images })
    }

    /// Height and width of an image.
    pub(super) fn sides(&self) -> [usize; 2] {
        [self.pixels / self.width, self.width]
    }
}

/// The numbers of a file that an option names.
fn read(option: &str, path: &Path) -> Result<(Numbers, File), Error> {
    let refuse = |unusable: Unusable| refusal(option, path, &unusable);
    let bytes = std::fs::read(path).map_err(|error| refuse(Unusable::Unreadable(error.to_string())))?;
    let numbers = match &bytes[..] {
        [0x1f, 0x8b, ..] => Err(Unusable::Compressed),
        // A text has no zeros.
        [0, 0, ..] => idx::parse(&bytes),
        _ => table::parse(&bytes),
    };
    let file = File { path: path.to_owned(), fingerprint: fingerprint(&bytes) };
    Ok((numbers.map_err(refuse)?, file))
}

fn refusal(option: &str, path: &Path, unusable: &Unusable) -> Error {
    Error::arguments(format!("--{option} {}: {unusable}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_digits_are_whole() {
        let data = Data::digits();
        assert_eq!((data.train.rows(), data.test.rows()), (1_500, 297));
        // The first is a 0: nothing in the middle.
        let rows: Vec<String> = data
            .train
            .first(1)
            .chunks(8)
            .map(|row| row.iter().map(|x| if *x > 0.5 { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(
            rows,
            ["...##...", "..####..", "..#..##.", "..#..##.", "..#..##.", "..#..#..", "..#.##..", "...##..."]
        );
    }

    #[test]
    fn files_have_a_last_sixth_or_a_second_file_to_test_with() {
        let place = std::env::temp_dir().join(format!("voidgrad-data-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let [train, test, other] = ["train.csv", "test.csv", "other.csv"].map(|name| place.join(name));
        // Half of the range is 8: the mean of 0 and 16.
        let lines: Vec<String> = (0..13).map(|n| format!("0,{n},8,16")).collect();
        fs::write(&train, lines.join("\n")).unwrap();
        fs::write(&test, "1,2,3,4\n9,8,7,0\n").unwrap();
        fs::write(&other, "1,2\n").unwrap();

        let data = Data::of_files(&train, None).unwrap();
        assert_eq!((data.train.rows(), data.test.rows(), data.sides()), (10, 3, [2, 2]));
        assert_eq!(data.train.gather([7, 8].into_iter()), [0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        // The threshold is that of the images to train on.
        let data = Data::of_files(&train, Some(&test)).unwrap();
        assert_eq!(
            (data.train.rows(), data.test.first(9)),
            (13, vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
        );
        let files = data.files.unwrap();
        assert_ne!(files.test.unwrap().fingerprint, files.train.fingerprint);

        let line = Data::of_files(&train, Some(&other)).unwrap_err().to_string();
        assert!(
            line.ends_with("other.csv: its images have 2 pixels, and those to train on have 4"),
            "{line}"
        );
        let line = Data::of_files(&other, None).unwrap_err().to_string();
        assert!(
            line.contains("--data")
                && line.ends_with(
                    "other.csv: it has 1 image, and at least 2 are needed: one to train on, one to test with"
                ),
            "{line}"
        );
        fs::write(&other, [0x1f, 0x8b, 8, 0]).unwrap();
        let line = Data::of_files(&other, None).unwrap_err().to_string();
        assert!(
            line.ends_with(
                "other.csv: it is compressed with gzip; gunzip -k makes the file that can be read"
            ),
            "{line}"
        );
        let line = Data::of_files(&place.join("missing"), None).unwrap_err().to_string();
        assert!(line.contains("missing: cannot be read: ") && line.lines().count() == 1, "{line}");
        fs::remove_dir_all(&place).unwrap();
    }
}

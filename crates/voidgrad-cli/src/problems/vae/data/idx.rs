//! The format of MNIST's files: two zeros, the type of the numbers, how many dimensions there are, each of them as a big-endian word, and the numbers.

use super::error::Unusable;
use super::numbers::Numbers;
use voidgrad_kit::number::grouped;

/// The type of unsigned bytes.
const BYTES: u8 = 0x08;

/// The images of a file.
///
/// # Errors
/// Returns an error if it is not one of images of bytes, or not as long as it says.
pub(super) fn parse(file: &[u8]) -> Result<Numbers, Unusable> {
    let &[_, _, kind, dimensions, ref rest @ ..] = file else {
        return Err(short(file.len(), "more"));
    };
    if kind != BYTES {
        return Err(Unusable::Type(kind));
    }
    if !(2..=3).contains(&dimensions) {
        return Err(Unusable::Dimensions(dimensions));
    }
    let Some((words, bytes)) = rest.split_at_checked(4 * usize::from(dimensions)) else {
        return Err(short(rest.len(), "dimensions of 4 bytes each"));
    };
    let words: Vec<u64> = words
        .chunks(4)
        .map(|word| word.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        .collect();
    let expected = words.iter().try_fold(1_u64, |product, word| product.checked_mul(*word));
    if expected != Some(bytes.len() as u64) {
        let sides: Vec<String> = words[1..].iter().map(|side| grouped(*side)).collect();
        let images = format!("{} images of {} bytes", grouped(words[0]), sides.join(" × "));
        return Err(short(bytes.len(), &images));
    }
    let entries: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte)).collect();
    // The product is the length of a slice; without images, the sides may be anything.
    let sides: Vec<usize> = words[1..].iter().filter_map(|side| usize::try_from(*side).ok()).collect();
    match sides[..] {
        [height, width] if !entries.is_empty() => Numbers::new(height * width, width, entries),
        [pixels] => Numbers::of_pixels(pixels, entries),
        _ => Err(Unusable::Empty),
    }
}

fn short(found: usize, expected: &str) -> Unusable {
    Unusable::Length { found: found as u64, expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header, and numbers.
    fn file(head: [u8; 4], dimensions: &[u32], numbers: &[u8]) -> Vec<u8> {
        let words = dimensions.iter().flat_map(|word| word.to_be_bytes());
        head.into_iter().chain(words).chain(numbers.iter().copied()).collect()
    }

    #[test]
    fn images_are_read_with_their_sides() {
        let found = parse(&file([0, 0, 8, 3], &[2, 1, 3], &[0, 255, 3, 4, 5, 6])).unwrap();
        assert_eq!(found, Numbers::new(3, 3, vec![0.0, 255.0, 3.0, 4.0, 5.0, 6.0]).unwrap());
        let found = parse(&file([0, 0, 8, 2], &[1, 4], &[1, 2, 3, 4])).unwrap();
        assert_eq!(found, Numbers::new(4, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap());
        assert_eq!(found.half(), Ok(2.5));
    }

    #[test]
    fn what_has_no_images_is_refused() {
        let huge = u32::MAX;
        for (bytes, words) in [
            (file([0, 0, 8, 1], &[2], &[1, 2]), "it has 1 dimension; images have 2"),
            (file([0, 0, 13, 3], &[1, 1, 1], &[1; 4]), "its numbers are of the idx type 0x0d"),
            (
                file([0, 0, 8, 3], &[2, 2, 2], &[1; 7]),
                "it has 7 bytes after its header, which says 2 images of 2 × 2 bytes",
            ),
            (file([0, 0, 8, 3], &[2, 2, 2], &[1; 9]), "it has 9 bytes"),
            (
                file([0, 0, 8, 3], &[huge; 3], &[1; 9]),
                "it has 9 bytes after its header, which says 4,294,967,295 images",
            ),
            (file([0, 0, 8, 3], &[1], &[]), "it has 4 bytes after its header, which says dimensions"),
            (file([0, 0, 8, 3], &[0, 28, 28], &[]), "it has no images"),
            (file([0, 0, 8, 3], &[huge, 0, huge], &[]), "it has no images"),
            (file([0, 0, 8, 2], &[3, 0], &[]), "it has no images"),
            (vec![0, 0], "it has 2 bytes"),
        ] {
            let line = parse(&bytes).unwrap_err().to_string();
            assert!(line.starts_with(words) && line.lines().count() == 1, "{line}");
        }
        let flat = parse(&file([0, 0, 8, 2], &[2, 1], &[7, 7])).unwrap().half().unwrap_err();
        assert_eq!(flat.to_string(), "all of its numbers are 7, so that no pixel is black or white");
    }
}

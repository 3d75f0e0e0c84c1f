//! Sums of ranges of numbers.

use std::ops::Range;

/// Sums of neighbouring numbers, in a binary tree: the sum of a range is a sum of its parts, so no digits are lost as in a difference of two larger sums.
pub(super) struct Ranges {
    /// The numbers are the second half; entry i is the sum of entries 2i and 2i + 1.
    sums: Vec<f64>,
}

impl Ranges {
    pub(super) fn new(numbers: &[f64]) -> Self {
        let count = numbers.len();
        let mut sums = vec![0.0; 2 * count];
        sums[count..].copy_from_slice(numbers);
        for i in (1..count).rev() {
            sums[i] = sums[2 * i] + sums[2 * i + 1];
        }
        Self { sums }
    }

    /// The sum of these numbers.
    pub(super) fn sum(&self, range: Range<usize>) -> f64 {
        let count = self.sums.len() / 2;
        let (mut low, mut high) = (range.start + count, range.end + count);
        let mut sum = 0.0;
        while low < high {
            if low % 2 == 1 {
                sum += self.sums[low];
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                sum += self.sums[high];
            }
            low /= 2;
            high /= 2;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ranges_of_whole_numbers() {
        for count in 1..20_u32 {
            let numbers: Vec<f64> = (0..count).map(|i| f64::from(i * i + 1)).collect();
            let ranges = Ranges::new(&numbers);
            for low in 0..=numbers.len() {
                for high in low..=numbers.len() {
                    assert_eq!(ranges.sum(low..high), numbers[low..high].iter().sum::<f64>());
                }
            }
        }
    }
}

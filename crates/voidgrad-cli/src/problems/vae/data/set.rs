//! Binary images.

/// Images of as many pixels each. A pixel is a byte until it is computed with: sixty thousand images of 784 pixels are 47 MB.
#[derive(Debug)]
pub(in crate::problems::vae) struct Set {
    pixels: usize,
    bits: Vec<bool>,
}

impl Set {
    /// The images with these pixels, one after the other.
    pub(super) fn new(pixels: usize, bits: Vec<bool>) -> Self {
        Self { pixels, bits }
    }

    /// The first `rows` images, and the others.
    pub(super) fn split(mut self, rows: usize) -> [Self; 2] {
        let rest = self.bits.split_off(rows * self.pixels);
        let pixels = self.pixels;
        [self, Self { pixels, bits: rest }]
    }

    /// How many images there are.
    pub(in crate::problems::vae) fn rows(&self) -> usize {
        self.bits.len() / self.pixels
    }

    /// The numbers 0 and 1 of some images, one after the other.
    pub(in crate::problems::vae) fn gather(&self, rows: impl Iterator<Item = usize>) -> Vec<f64> {
        let bits = rows.flat_map(|n| &self.bits[n * self.pixels..][..self.pixels]);
        bits.map(|bit| f64::from(u8::from(*bit))).collect()
    }

    /// The first images, `most` at most.
    pub(in crate::problems::vae) fn first(&self, most: usize) -> Vec<f64> {
        self.gather(0..self.rows().min(most))
    }
}

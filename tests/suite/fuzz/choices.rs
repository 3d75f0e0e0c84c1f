//! The source of the choices of a random program.

/// The bytes of the fuzzer, or a generator's; 0 after their end.
pub(crate) struct Choices<'b> {
    bytes: &'b [u8],
    /// How many more expressions may be written out in full.
    pub(crate) budget: u32,
}

impl<'b> Choices<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, budget: 60 }
    }

    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first)
    }

    /// A number below `n`, which is small.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.byte() % n
    }

    /// A number below `n`, which may be larger than a byte.
    pub(crate) fn below_many(&mut self, n: usize) -> usize {
        (self.byte() * 256 + self.byte()) % n
    }

    /// One of these.
    pub(crate) fn one<'s>(&mut self, of: &[&'s str]) -> &'s str {
        of[self.below(of.len())]
    }
}

//! Sums over a fixed binary tree of chunk numbers.

use std::ops::Range;

/// Adds parts in the order of a binary tree of their numbers: 0 and 1, 2 and 3, their sums, and so on.
///
/// Floating-point sums depend on their order. This one depends on the numbers of the parts alone. So threads and processes that own a range of the parts each make the same
/// bits as one that owns all: whoever has a range leaves the sums of the largest whole subtrees in it, which are few, and they go on to whoever has the range before.
/// Memory is one part for each subtree.
#[derive(Debug)]
pub(crate) struct Tree<T> {
    /// Sums of whole subtrees, one after the other; each with the number of parts in it, a power of 2.
    stack: Vec<(u64, T)>,
    /// Parts whose memory is free.
    spare: Vec<T>,
    /// The number of the next part.
    next: u64,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self { stack: Vec::new(), spare: Vec::new(), next: 0 }
    }
}

impl<T: Default> Tree<T> {
    /// Forgets all parts, and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.start(0);
    }

    /// The same; the next part has this number.
    pub(crate) fn start(&mut self, next: u64) {
        self.spare.extend(self.stack.drain(..).map(|(_, part)| part));
        self.next = next;
    }

    /// Adds the next part: `copy` writes it to memory, and `add` adds a part to the one before it.
    pub(crate) fn push(&mut self, copy: impl FnOnce(&mut T), add: impl Fn(&mut T, &T)) {
        self.push_subtree(1, copy, add);
    }

    /// Adds the sum of the next `size` parts, which are a whole subtree: a power of 2, of which the number of the first is a multiple.
    pub(crate) fn push_subtree(
        &mut self,
        mut size: u64,
        copy: impl FnOnce(&mut T),
        add: impl Fn(&mut T, &T),
    ) {
        let mut part = self.spare.pop().unwrap_or_default();
        copy(&mut part);
        self.next += size;
        // Two subtrees of one size are the halves of a larger one if it begins with the first of them.
        let next = self.next;
        while let Some((_, mut left)) =
            self.stack.pop_if(|(left, _)| *left == size && next.is_multiple_of(2 * size))
        {
            add(&mut left, &part);
            self.spare.push(std::mem::replace(&mut part, left));
            size *= 2;
        }
        self.stack.push((size, part));
    }

    /// The sums of whole subtrees, in the order of their numbers.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &T> {
        self.stack.iter().map(|(_, part)| part)
    }

    /// The sum of all parts, the first of which is number 0; what is left of the tree on the right is added from right to left.
    pub(crate) fn finish(&mut self, add: impl Fn(&mut T, &T)) -> Option<&T> {
        while self.stack.len() > 1 {
            let (size, part) = self.stack.pop()?;
            let (left_size, left) = self.stack.last_mut()?;
            add(left, &part);
            *left_size += size;
            self.spare.push(part);
        }
        self.stack.last().map(|(_, part)| part)
    }
}

/// The sizes of the largest whole subtrees in a range of parts, one after the other.
pub(crate) fn subtrees(range: Range<u64>) -> impl Iterator<Item = u64> {
    let mut first = range.start;
    std::iter::from_fn(move || {
        let left = range.end.checked_sub(first).filter(|left| *left > 0)?;
        let fits = 1 << left.ilog2();
        let size = if first == 0 { fits } else { fits.min(1 << first.trailing_zeros()) };
        first += size;
        Some(size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(parts: &[f64]) -> f64 {
        let mut tree = Tree::default();
        for part in parts {
            tree.push(|sum| *sum = *part, |sum, part| *sum += part);
        }
        *tree.finish(|sum, part| *sum += part).unwrap()
    }

    /// Numbers whose sum depends on its order.
    fn parts(count: u32) -> Vec<f64> {
        (0..count).map(|i| (f64::from(i) * 0.7).sin() * 10_f64.powi(i.cast_signed() % 9)).collect()
    }

    #[test]
    fn the_order_is_that_of_the_definition() {
        fn defined(parts: &[f64]) -> f64 {
            match parts {
                [part] => *part,
                _ => {
                    let (left, right) = parts.split_at(parts.len().next_power_of_two() / 2);
                    defined(left) + defined(right)
                }
            }
        }
        for count in 1..70 {
            let parts = parts(count);
            assert_eq!(sum(&parts).to_bits(), defined(&parts).to_bits(), "{count} parts");
        }
        // The parts are such that another order is seen.
        assert_ne!(sum(&parts(60)).to_bits(), parts(60).iter().sum::<f64>().to_bits());
    }

    /// Every way to cut up to 20 parts into three ranges, some of them empty, and some cuts of more.
    #[test]
    fn processes_with_any_ranges_make_the_same_bits() {
        let cuts = (1..20_usize).flat_map(|count| {
            (0..=count).flat_map(move |first| (first..=count).map(move |second| (count, first, second)))
        });
        for (count, first, second) in cuts.chain([(64, 16, 32), (53, 17, 40), (1000, 333, 667), (100, 1, 99)])
        {
            let parts = parts(u32::try_from(count).unwrap());
            let add = |sum: &mut f64, part: &f64| *sum += part;
            let mut all = Tree::default();
            for range in [0..first, first..second, second..count] {
                let mut own = Tree::default();
                own.start(range.start as u64);
                for part in &parts[range.clone()] {
                    own.push(|sum| *sum = *part, add);
                }
                let sizes: Vec<u64> = subtrees(range.start as u64..range.end as u64).collect();
                assert_eq!(sizes.len(), own.parts().count());
                assert_eq!(sizes.iter().sum::<u64>(), range.len() as u64);
                for (size, part) in sizes.into_iter().zip(own.parts()) {
                    all.push_subtree(size, |sum| *sum = *part, add);
                }
            }
            let total = all.finish(add).map(|sum| sum.to_bits());
            assert_eq!(total, Some(sum(&parts).to_bits()), "{count} parts, cut at {first} and {second}");
        }
    }
}

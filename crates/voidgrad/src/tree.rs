//! Sums over a fixed binary tree of chunk numbers.

/// Adds parts in the order of a binary tree of their numbers: 0 and 1, 2 and 3, their sums, and so on.
///
/// Floating-point sums depend on their order. This one depends on the numbers of the parts alone, so threads and processes that own a subtree each
/// (a range of `2ᵏ` parts that starts at a multiple of `2ᵏ`) make the same bits as one that owns everything. Memory is one part for each level.
#[derive(Debug)]
pub(crate) struct Tree<T> {
    /// Sums of whole subtrees, the largest first; each with the number of parts in it, a power of 2.
    stack: Vec<(u64, T)>,
    /// Parts whose memory is free.
    spare: Vec<T>,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self { stack: Vec::new(), spare: Vec::new() }
    }
}

impl<T: Default> Tree<T> {
    /// Forgets all parts, and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.spare.extend(self.stack.drain(..).map(|(_, part)| part));
    }

    /// Adds the next part: `copy` writes it to memory, and `add` adds a part to the one before it.
    pub(crate) fn push(&mut self, copy: impl FnOnce(&mut T), add: impl Fn(&mut T, &T)) {
        let mut part = self.spare.pop().unwrap_or_default();
        copy(&mut part);
        let mut size = 1;
        while let Some((left_size, mut left)) = self.stack.pop_if(|(left, _)| *left == size) {
            add(&mut left, &part);
            self.spare.push(std::mem::replace(&mut part, left));
            size += left_size;
        }
        self.stack.push((size, part));
    }

    /// The sum of all parts; what is left of the tree on the right is added from right to left.
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

    #[test]
    fn processes_with_a_subtree_each_make_the_same_bits() {
        for (count, share) in [(64, 16), (53, 16), (100, 32), (7, 4)] {
            let parts = parts(count);
            let of_processes: Vec<f64> = parts.chunks(share).map(sum).collect();
            assert_eq!(sum(&of_processes).to_bits(), sum(&parts).to_bits(), "{count} parts, {share} each");
        }
    }
}

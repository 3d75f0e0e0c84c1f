//! Loads, stores, sums and uniform numbers.

use fearless_simd::{Level, Simd, dispatch};
use voidgrad::{Element, F32x16, F64x8, GeneratorState, Lanes, Pair, Real};

use crate::functions::levels;

/// Something to do with lanes of any kind.
trait Work {
    fn on<L: Lanes>(&mut self, zero: L);
}

/// Both widths at a level, alone and in pairs.
fn at(level: Level, work: &mut impl Work) {
    #[inline(always)]
    fn both<S: Simd>(simd: S, work: &mut impl Work) {
        let (double, single) = (F64x8::splat_with(simd, 0.0), F32x16::splat_with(simd, 0.0));
        work.on(double);
        work.on(single);
        work.on(Pair::new(double, double));
        work.on(Pair::new(single, single));
    }
    dispatch!(level, simd => both(simd, work));
}

/// 1, 2, …, n.
fn numbers<T: Element>(n: usize) -> Vec<T> {
    let one = T::default().constant(1.0);
    let mut next = T::default();
    (0..n)
        .map(|_| {
            next = next + one;
            next
        })
        .collect()
}

#[test]
fn lanes_are_loaded_stored_and_summed_in_their_order() {
    struct Moves;
    impl Work for Moves {
        fn on<L: Lanes>(&mut self, zero: L) {
            let numbers = numbers::<L::Element>(L::LANES + 3);
            let lanes = zero.load(&numbers);
            let mut stored = vec![L::Element::default(); L::LANES + 3];
            lanes.store(&mut stored);
            assert_eq!(stored[..L::LANES], numbers[..L::LANES]);
            assert_eq!(
                stored[L::LANES..],
                [L::Element::default(); 3],
                "a store writes no more than the lanes"
            );
            assert_eq!(lanes.sum().into(), (L::LANES * (L::LANES + 1) / 2) as f64);
            let seven = L::Element::default().constant(7.0);
            zero.splat(seven).store(&mut stored);
            assert_eq!(stored[..L::LANES], vec![seven; L::LANES]);
        }
    }
    for level in levels() {
        at(level, &mut Moves);
    }
}

#[test]
fn sums_are_the_same_bits_for_every_level() {
    #[derive(Default, PartialEq, Debug)]
    struct Sums(Vec<f64>);
    impl Work for Sums {
        fn on<L: Lanes>(&mut self, zero: L) {
            // The square roots' sum depends on its order.
            self.0.push(zero.load(&numbers(L::LANES)).sqrt().sum().into());
        }
    }
    let mut all = levels().into_iter().map(|level| {
        let mut sums = Sums::default();
        at(level, &mut sums);
        sums
    });
    let first = all.next().expect("there is a level");
    for sums in all {
        assert_eq!(sums, first);
    }
}

#[test]
fn uniform_numbers_are_the_same_bits_with_and_without_lanes() {
    struct Uniform;
    impl Work for Uniform {
        fn on<L: Lanes>(&mut self, zero: L) {
            for length in 0..70 {
                let mut state: GeneratorState = std::array::from_fn(|word| {
                    std::array::from_fn(|g| ((word * 8 + g + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
                });
                let mut scalar_state = state;
                let mut lanes = vec![L::Element::default(); length];
                let mut scalar = lanes.clone();
                // Twice, so that the state that is left counts.
                for _ in 0..2 {
                    zero.fill_open01(&mut state, &mut lanes);
                    L::Element::default().fill_open01(&mut scalar_state, &mut scalar);
                    assert_eq!(lanes, scalar);
                    assert!(lanes.iter().all(|u| (*u).into() > 0.0 && (*u).into() < 1.0));
                }
                assert_eq!(state, scalar_state);
            }
        }
    }
    for level in levels() {
        at(level, &mut Uniform);
    }
}

//! Loads, stores, sums and uniform numbers.

use fearless_simd::{Level, Simd, dispatch};
use voidgrad::Real;
use voidgrad_real::{Element, F32x16, F64x8, GeneratorState, Lanes, Pair};

use crate::functions::levels;

/// Something to do with lanes of any kind.
trait Work {
    fn on<L: Lanes>(&mut self, zero: L);
}

/// Both kinds of number at a level, in all widths, alone and in pairs.
fn at(level: Level, work: &mut impl Work) {
    #[inline(always)]
    fn both<S: Simd>(simd: S, work: &mut impl Work) {
        let (double, single) = (F64x8::splat_with(simd, 0.0), F32x16::splat_with(simd, 0.0));
        work.on(double);
        work.on(single);
        work.on(double.narrow());
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
fn lanes_are_loaded_stored_summed_and_interleaved_in_their_order() {
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
            assert_eq!(lanes.first(), numbers[0]);
            let narrow = L::Narrow::LANES;
            stored.fill(L::Element::default());
            lanes.narrow().store(&mut stored);
            assert_eq!(stored[..narrow], numbers[..narrow]);
            assert_eq!(lanes.sum().into(), (L::LANES * (L::LANES + 1) / 2) as f64);
            let others = self::numbers(2 * L::LANES).split_off(L::LANES);
            let (low, high) = lanes.interleave(zero.load(&others));
            let mut in_turns = vec![L::Element::default(); 2 * L::LANES];
            low.store(&mut in_turns);
            high.store(&mut in_turns[L::LANES..]);
            let expected: Vec<_> = numbers.iter().zip(&others).flat_map(|(a, b)| [*a, *b]).collect();
            assert_eq!(in_turns, expected);
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
                    zero.fill_signed(&mut state, &mut lanes);
                    L::Element::default().fill_signed(&mut scalar_state, &mut scalar);
                    assert_eq!(lanes, scalar);
                    assert!(lanes.iter().all(|x| (*x).into().abs() <= 1.0));
                }
                assert_eq!(state, scalar_state);
            }
        }
    }
    for level in levels() {
        at(level, &mut Uniform);
    }
}

#[test]
fn pairs_take_the_functions_that_lanes_have_of_their_own() {
    struct Halves;
    impl Work for Halves {
        fn on<L: Lanes>(&mut self, zero: L) {
            let one = L::Element::default().constant(1.0);
            let numbers = |first: f64, step: f64| -> Vec<L::Element> {
                let special = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
                let regular =
                    (0..2 * L::LANES - special.len().min(L::LANES)).map(|i| first + step * i as f64);
                special.into_iter().take(L::LANES).chain(regular).map(|x| one.constant(x)).collect()
            };
            let (x, y, z) = (numbers(-6.3, 0.9), numbers(4.4, -0.7), numbers(-0.8, 0.3));
            let both = |from: &[L::Element]| [zero.load(from), zero.load(&from[L::LANES..])];
            let ([x1, x2], [y1, y2], [z1, z2]) = (both(&x), both(&y), both(&z));
            let pair = Pair::new(zero, zero);
            let (x, y, z) = (pair.load(&x), pair.load(&y), pair.load(&z));
            let check = |name: &str, pair: Pair<L>, halves: [L; 2]| {
                let mut found = vec![one; 2 * L::LANES];
                let mut expected = found.clone();
                pair.store(&mut found);
                halves[0].store(&mut expected);
                halves[1].store(&mut expected[L::LANES..]);
                let bits = |number: &L::Element| {
                    let number: f64 = (*number).into();
                    if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }
                };
                assert!(
                    found.iter().map(bits).eq(expected.iter().map(bits)),
                    "{name}: {pair:?}, not {halves:?}"
                );
            };
            check("sigmoid_quick", x.sigmoid_quick(), [x1.sigmoid_quick(), x2.sigmoid_quick()]);
            check("d_sigmoid_quick", x.d_sigmoid_quick(), [x1.d_sigmoid_quick(), x2.d_sigmoid_quick()]);
            check("d2_sigmoid_quick", x.d2_sigmoid_quick(), [x1.d2_sigmoid_quick(), x2.d2_sigmoid_quick()]);
            check("ln_ratio", x.ln_ratio(y), [x1.ln_ratio(y1), x2.ln_ratio(y2)]);
            let (ln, recip) = x.ln_1p_over_and_recip(y);
            let [(ln1, recip1), (ln2, recip2)] = [x1.ln_1p_over_and_recip(y1), x2.ln_1p_over_and_recip(y2)];
            check("ln_1p_over_and_recip, the logarithm", ln, [ln1, ln2]);
            check("ln_1p_over_and_recip, the reciprocal", recip, [recip1, recip2]);
            let (mask, mask1, mask2) = (x.is_lt(z), x1.is_lt(z1), x2.is_lt(z2));
            check("add_where", x.add_where(mask, y), [x1.add_where(mask1, y1), x2.add_where(mask2, y2)]);
            check(
                "add_product_where",
                x.add_product_where(mask, y, z),
                [x1.add_product_where(mask1, y1, z1), x2.add_product_where(mask2, y2, z2)],
            );
            check("indicator", x.indicator(mask), [x1.indicator(mask1), x2.indicator(mask2)]);
            check("log_sigmoid", x.log_sigmoid(), [x1.log_sigmoid(), x2.log_sigmoid()]);
        }
    }
    for level in levels() {
        at(level, &mut Halves);
    }
}

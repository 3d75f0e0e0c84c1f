//! Every function of the numbers' trait, as lanes and the scalar compute it.

use fearless_simd::{Level, dispatch};
use voidgrad_real::{F32x16, F64x8, Lanes, Pair};

/// The instruction sets that the machine has.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let levels = [
        best.as_avx512().map(Level::Avx512),
        best.as_avx2().map(Level::Avx2),
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_sse2().map(Level::Sse2),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let levels = [Some(best)];
    levels.into_iter().flatten().collect()
}

/// Of slices x, y and z, whose length is a multiple of the lanes; the scalar where there is no level.
pub(crate) type OnSlices<T> = fn(Option<Level>, [&[T]; 3], &mut [T]);

/// How far a lane may be from another value, in steps from one number to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// From the true value; none where the function is not computed by an algorithm of the lanes.
    pub(crate) truth: Option<f64>,
    /// From the scalar's value, which has an error of its own.
    pub(crate) scalar: f64,
}

/// One function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) bounds: Bounds,
    pub(crate) f64: OnSlices<f64>,
    pub(crate) f32: OnSlices<f32>,
    pub(crate) pairs: Pairs,
}

/// The function on pairs of scalars, whatever the level.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairs {
    pub(crate) f64: OnSlices<f64>,
    pub(crate) f32: OnSlices<f32>,
}

/// One loop for each level, width and function, none of them inlined into another, so that frames stay small.
macro_rules! function {
    ($name:expr, $truth:expr, $scalar:expr, |$x:ident, $y:ident, $z:ident| $value:expr) => {{
        #[inline(always)]
        fn on<L: Lanes>(zero: L, [x, y, z]: [&[L::Element]; 3], to: &mut [L::Element]) {
            for (i, to) in to.chunks_exact_mut(L::LANES).enumerate() {
                let at = i * L::LANES..(i + 1) * L::LANES;
                let ($x, $y, $z) = (zero.load(&x[at.clone()]), zero.load(&y[at.clone()]), zero.load(&z[at]));
                let _ = ($y, $z);
                $value.store(to);
            }
        }
        // Few lanes give the same bits as many.
        #[inline(always)]
        fn both<L: Lanes<Element = f64>>(zero: L, from: [&[f64]; 3], to: &mut [f64]) {
            let mut narrow = to.to_vec();
            on(zero.narrow(), from, &mut narrow);
            on(zero, from, to);
            for (x, y) in to.iter().zip(&narrow) {
                assert!(x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan()), "{}: {x} and {y}", $name);
            }
        }
        fn on_f64(level: Option<Level>, from: [&[f64]; 3], to: &mut [f64]) {
            match level {
                Some(level) => dispatch!(level, simd => both(F64x8::splat_with(simd, 0.0), from, to)),
                None => on(0.0_f64, from, to),
            }
        }
        fn on_f32(level: Option<Level>, from: [&[f32]; 3], to: &mut [f32]) {
            match level {
                Some(level) => dispatch!(level, simd => on(F32x16::splat_with(simd, 0.0), from, to)),
                None => on(0.0_f32, from, to),
            }
        }
        // A pair is the same code for whatever it is a pair of.
        fn on_pairs_of_f64(_: Option<Level>, from: [&[f64]; 3], to: &mut [f64]) {
            on(Pair::new(0.0_f64, 0.0), from, to);
        }
        fn on_pairs_of_f32(_: Option<Level>, from: [&[f32]; 3], to: &mut [f32]) {
            on(Pair::new(0.0_f32, 0.0), from, to);
        }
        Function {
            name: $name,
            bounds: Bounds { truth: $truth, scalar: $scalar },
            f64: on_f64,
            f32: on_f32,
            pairs: Pairs { f64: on_pairs_of_f64, f32: on_pairs_of_f32 },
        }
    }};
}

/// Adds functions of the lists of `voidgrad-real`, with their bounds: each to the values, or to the sums that cancel.
macro_rules! listed {
    ($values:ident, $sums:ident; $(
        $(#[$doc:meta])* $name:ident($($argument:ident),*) $(as $called:ident)? $({$($bounds:tt)*})?;
    )*) => {
        $(listed!(@add $values, $sums, $name($($argument),*) $($($bounds)*)?);)*
    };
    (@add $values:ident, $sums:ident, $name:ident($($argument:ident),*)) => {
        listed!(@value $values, $name($($argument),*), None, 0.0);
    };
    (@add $values:ident, $sums:ident, $name:ident($($argument:ident),*) truth: $truth:literal, scalar: $scalar:literal) => {
        listed!(@value $values, $name($($argument),*), Some(f64::from($truth)), f64::from($scalar));
    };
    (@add $values:ident, $sums:ident, $name:ident($($argument:ident),*) scalar: $scalar:literal) => {
        listed!(@value $values, $name($($argument),*), None, f64::from($scalar));
    };
    // Adding 0 makes both zeros equal.
    (@add $values:ident, $sums:ident, $name:ident($other:ident) either_zero) => {
        $values.push(function!(stringify!($name), None, 0.0, |x, y, z| (x.$name(y) + x.constant(0.0))));
    };
    (@add $values:ident, $sums:ident, $name:ident() either_zero) => {
        $values.push(function!(stringify!($name), None, 0.0, |x, y, z| (x.$name() + x.constant(0.0))));
    };
    (@add $values:ident, $sums:ident, $name:ident($other:ident) of_largest: $bound:literal) => {
        $sums.push([
            function!(stringify!($name), None, f64::from($bound), |x, y, z| x.$name(y)),
            function!("its size", None, 0.0, |x, y, z| (x.abs().max(y.abs()).max(x.$name(y).abs()))),
        ]);
    };
    (@value $values:ident, $name:ident(), $truth:expr, $scalar:expr) => {
        $values.push(function!(stringify!($name), $truth, $scalar, |x, y, z| x.$name()));
    };
    (@value $values:ident, $name:ident($other:ident), $truth:expr, $scalar:expr) => {
        $values.push(function!(stringify!($name), $truth, $scalar, |x, y, z| x.$name(y)));
    };
}

/// The listed functions, and of those whose sums cancel each with one that tells the size of what is added.
fn lists() -> (Vec<Function>, Vec<[Function; 2]>) {
    let (mut values, mut sums) = (Vec::new(), Vec::new());
    voidgrad_real::one_by_one!([listed] values, sums;);
    voidgrad_real::by_algorithms!([listed] values, sums;);
    voidgrad_real::of_floats!([listed] values, sums;);
    voidgrad_real::of_the_field!([listed] values, sums;);
    voidgrad_real::of_others!([listed] values, sums;);
    (values, sums)
}

/// All functions but those of `sums`.
pub(crate) fn functions() -> Vec<Function> {
    let (mut functions, _) = lists();
    functions.extend([
        function!("+", None, 0.0, |x, y, z| (x + y)),
        function!("-", None, 0.0, |x, y, z| (x - y)),
        function!("*", None, 0.0, |x, y, z| (x * y)),
        function!("/", None, 0.0, |x, y, z| (x / y)),
        function!("negation", None, 0.0, |x, y, z| (-x)),
        function!("powi 0", None, 0.0, |x, y, z| x.powi(0)),
        function!("powi 1", None, 0.0, |x, y, z| x.powi(1)),
        function!("powi 2", None, 0.0, |x, y, z| x.powi(2)),
        // The scalar's is the compiler's, which promises no order of the products.
        function!("powi 13", None, 6.0, |x, y, z| x.powi(13)),
        function!("powi -3", None, 3.0, |x, y, z| x.powi(-3)),
        function!("is_lt", None, 0.0, |x, y, z| x.indicator(x.is_lt(y))),
        function!("is_le", None, 0.0, |x, y, z| x.indicator(x.is_le(y))),
        function!("is_gt", None, 0.0, |x, y, z| x.indicator(x.is_gt(y))),
        function!("is_ge", None, 0.0, |x, y, z| x.indicator(x.is_ge(y))),
        function!("is_eq", None, 0.0, |x, y, z| x.indicator(x.is_eq(y))),
        function!("is_ne", None, 0.0, |x, y, z| x.indicator(x.is_ne(y))),
        function!("masks", None, 0.0, |x, y, z| x
            .indicator((x.is_lt(y) & !y.is_lt(z)) | (x.is_gt(z) & x.mask(true)) | x.mask(false))),
        function!("select", None, 0.0, |x, y, z| L::select(x.is_lt(y), z, x)),
        function!("constant", None, 0.0, |x, y, z| (x * x.constant(0.1))),
        function!("add_where", None, 0.0, |x, y, z| x.add_where(x.is_lt(y), z)),
        function!("indicator", None, 0.0, |x, y, z| x.indicator(y.is_ge(z))),
        function!("splat", None, 0.0, |x, y, z| (x.splat(L::Element::default()) + y)),
    ]);
    functions
}

/// Functions of which lanes and the scalar may differ by more than steps of their value, where a sum cancels: with each stands
/// one that tells the size of what is added.
pub(crate) fn sums() -> Vec<[Function; 2]> {
    let (_, mut sums) = lists();
    sums.extend([
        [
            // Two roundings or one, of a sum of up to twice the size. The product must not overflow, since a fused sum may not.
            function!("mul_add", None, 3.0, |x, y, z| x.mul_add(y / (y.abs() + y.constant(1.0)), z)),
            function!("its size", None, 0.0, |x, y, z| (x.abs().max(z.abs()))),
        ],
        [
            function!("add_product_where", None, 3.0, |x, y, z| {
                z.add_product_where(y.is_lt(z), x, y / (y.abs() + y.constant(1.0)))
            }),
            function!("its size", None, 0.0, |x, y, z| (x.abs().max(z.abs()))),
        ],
    ]);
    sums
}

/// σ, σ' and σ'' for sums over many samples, with the functions that keep the digits.
pub(crate) fn quick() -> Vec<[Function; 2]> {
    vec![
        [
            function!("sigmoid_quick", None, 0.0, |x, y, z| x.sigmoid_quick()),
            function!("sigmoid", None, 0.0, |x, y, z| x.sigmoid()),
        ],
        [
            function!("d_sigmoid_quick", None, 0.0, |x, y, z| x.d_sigmoid_quick()),
            function!("d_sigmoid", None, 0.0, |x, y, z| x.d_sigmoid()),
        ],
        [
            function!("d2_sigmoid_quick", None, 0.0, |x, y, z| x.d2_sigmoid_quick()),
            function!("d2_sigmoid", None, 0.0, |x, y, z| x.d2_sigmoid()),
        ],
    ]
}

/// ln(x/y), ln((1 + x)/y), and 1/(1 + x).
pub(crate) fn ratios() -> [Function; 3] {
    [
        function!("ln_ratio", None, 0.0, |x, y, z| x.ln_ratio(y)),
        function!("ln_1p_over_and_recip, the logarithm", None, 0.0, |x, y, z| x.ln_1p_over_and_recip(y).0),
        function!("ln_1p_over_and_recip, the reciprocal", None, 0.0, |x, y, z| x.ln_1p_over_and_recip(y).1),
    ]
}

//! Functions of many numbers: on lanes of the machine's best instruction set, and by the scalar's functions.
//!
//! `cargo bench --package voidgrad-benches --bench lanes`; the throughput is in numbers.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use fearless_simd::{Level, dispatch};
use voidgrad_real::{F32x16, F64x8, Lanes};

const COUNT: u32 = 1024;

macro_rules! bench {
    ($criterion:ident, $($name:ident($low:literal, $high:literal): |$x:ident| $value:expr;)*) => {
        $({
            #[inline(always)]
            fn on<L: Lanes>(zero: L, from: &[L::Element], to: &mut [L::Element]) {
                for (from, to) in from.chunks_exact(L::LANES).zip(to.chunks_exact_mut(L::LANES)) {
                    let $x = zero.load(from);
                    $value.store(to);
                }
            }
            let f64s: Vec<f64> = (0..COUNT).map(|i| $low + ($high - $low) * (f64::from(i) + 0.5) / f64::from(COUNT)).collect();
            #[allow(clippy::cast_possible_truncation)] // the nearest f32
            let f32s: Vec<f32> = f64s.iter().map(|x| *x as f32).collect();
            let (mut to_f64s, mut to_f32s) = (f64s.clone(), f32s.clone());
            let level = Level::new();
            let mut group = $criterion.benchmark_group(stringify!($name));
            group.throughput(Throughput::Elements(COUNT.into()));
            group.bench_function("f64 lanes", |bencher| bencher.iter(|| {
                dispatch!(level, simd => on(F64x8::splat_with(simd, 0.0), black_box(&f64s), black_box(&mut to_f64s)));
            }));
            group.bench_function("f64 scalar", |bencher| bencher.iter(|| on(0.0_f64, black_box(&f64s), black_box(&mut to_f64s))));
            group.bench_function("f32 lanes", |bencher| bencher.iter(|| {
                dispatch!(level, simd => on(F32x16::splat_with(simd, 0.0), black_box(&f32s), black_box(&mut to_f32s)));
            }));
            group.bench_function("f32 scalar", |bencher| bencher.iter(|| on(0.0_f32, black_box(&f32s), black_box(&mut to_f32s))));
            group.finish();
        })*
    };
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench! { criterion,
        exp(-5.0, 5.0): |x| x.exp();
        ln(0.0, 5.0): |x| x.ln();
        ln_1p(0.0, 5.0): |x| x.ln_1p();
        logit(0.0, 1.0): |x| x.logit();
        sigmoid(-5.0, 5.0): |x| x.sigmoid();
        sigmoid_and_derivatives(-5.0, 5.0): |x| (x.sigmoid() + x.d_sigmoid() * x.d2_sigmoid());
        tanh(-5.0, 5.0): |x| x.tanh();
        softplus(-5.0, 5.0): |x| x.softplus();
    }
    criterion.final_summary();
}

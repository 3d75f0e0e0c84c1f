//! Work on lanes, with the instructions chosen while the program runs.

use voidgrad_real::{Element, Lanes};

use super::chunk::{Buffers, Instructions, Memory};

/// Something to do on lanes of `T`, whichever they are.
///
/// The implementation is `#[inline(always)]`, as is all that it calls, so that the whole of it is compiled once for each
/// instruction set.
pub(super) trait Work<T> {
    /// What it gives.
    type Output;

    /// Does it; `hand` is 0 in every lane.
    fn on<R: Lanes<Element = T>>(self, hand: R) -> Self::Output
    where
        T: Element;
}

/// The number of a lane.
pub(super) trait Number: Element {
    /// Does work on the lanes that the instructions give.
    fn on_lanes<W: Work<Self>>(instructions: Instructions, work: W) -> W::Output;

    /// The buffers of this type.
    fn buffers(memory: &mut Memory) -> &mut Buffers<Self>;
}

/// The most lanes of any type.
pub(super) const MOST_LANES: usize = 16;

macro_rules! number {
    ($number:ident, $lanes:ident, $buffer:ident) => {
        impl Number for $number {
            fn on_lanes<W: Work<Self>>(instructions: Instructions, work: W) -> W::Output {
                match instructions {
                    Instructions::Scalar => work.on($number::default()),
                    #[cfg(not(feature = "lanes"))]
                    Instructions::Best => work.on($number::default()),
                    // SSE4.2 has nothing that a kernel would gain much from, and each level is compiled for each control.
                    #[cfg(all(feature = "lanes", any(target_arch = "x86", target_arch = "x86_64")))]
                    Instructions::Best => {
                        use fearless_simd::{Level, Simd};
                        let level = Level::new();
                        if let Some(simd) = level.as_avx512() {
                            simd.vectorize(
                                #[inline(always)]
                                || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                            )
                        } else if let Some(simd) = level.as_avx2() {
                            simd.vectorize(
                                #[inline(always)]
                                || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                            )
                        } else if let Some(simd) = level.as_sse2() {
                            simd.vectorize(
                                #[inline(always)]
                                || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                            )
                        } else {
                            work.on($number::default())
                        }
                    }
                    #[cfg(all(feature = "lanes", not(any(target_arch = "x86", target_arch = "x86_64"))))]
                    Instructions::Best => {
                        fearless_simd::dispatch!(fearless_simd::Level::new(), simd => {
                            work.on(voidgrad_real::$lanes::splat_with(simd, 0.0))
                        })
                    }
                }
            }

            fn buffers(memory: &mut Memory) -> &mut Buffers<Self> {
                &mut memory.$buffer
            }
        }
    };
}

number!(f64, F64x8, double);
number!(f32, F32x16, single);

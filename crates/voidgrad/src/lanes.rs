//! Work on lanes, with the instructions chosen while the program runs.

use std::cell::RefCell;

use voidgrad_real::{Element, Lanes};

/// Which instructions to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Instructions {
    /// One number at a time.
    Scalar,
    /// The widest lanes that the machine has: AVX-512, AVX2, SSE2 or NEON; one number at a time in a build without the feature
    /// `lanes`. A debug build knows AVX2 alone of the first three: everything is compiled once more for each of them. Tests of
    /// what differs between them go through all that the machine has.
    #[default]
    Best,
}

/// Something to do on lanes of `T`, whichever they are.
///
/// The implementation is `#[inline(always)]`, as is all that it calls, so that the whole of it is compiled once for each
/// instruction set.
pub trait Work<T> {
    /// What it gives.
    type Output;

    /// Whether it is so much code that it is not compiled for SSE2, where a value of 8 `f64` fills four registers of 16: on
    /// machines without AVX2 it goes one number at a time.
    const LARGE: bool = false;

    /// Does it; `hand` is 0 in every lane.
    fn on<R: Lanes<Element = T>>(self, hand: R) -> Self::Output
    where
        T: Element;
}

/// A number that there are lanes of.
pub trait OnLanes: Element {
    /// Does work on the lanes that the instructions give.
    fn on_lanes<W: Work<Self>>(instructions: Instructions, work: W) -> W::Output;

    /// Does work with buffers of this thread, which hold what other work left in them. They are never made shorter, or they would have to be filled anew.
    fn with_buffers<const N: usize, O>(work: impl FnOnce(&mut [Vec<Self>; N]) -> O) -> O;

    /// Does work with a list of this thread, which is empty before.
    fn with_list<O>(work: impl FnOnce(&mut Vec<Self>) -> O) -> O;

    /// The same slice, if this number is `f64`.
    fn of_doubles(numbers: &[f64]) -> Option<&[Self]>;

    /// Slices of this number, as those of the number that it is.
    fn slices<'a, const N: usize>(read: [&'a [Self]; N], written: &'a mut [Self]) -> Slices<'a, N>;
}

/// Loops over slices that are not worth a choice of instructions if they are shorter.
const LONG: usize = 64;

/// Does work that is loops over slices of this length, compiled for the instructions of the machine unless they are short. An estimator behind a `dyn` is no part of the
/// work of a plate, which is, so it needs this to profit from them. The closure has to be `#[inline(always)]`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn loops(length: usize, work: impl FnOnce()) {
    struct Loops<F>(F);

    impl<F: FnOnce()> Work<f64> for Loops<F> {
        type Output = ();

        // What is compiled for one number at a time has SSE2 as well.
        const LARGE: bool = true;

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn on<R: Lanes<Element = f64>>(self, _: R) {
            (self.0)();
        }
    }

    if length < LONG {
        work();
    } else {
        f64::on_lanes(Instructions::Best, Loops(work));
    }
}

/// Slices to read, and one to write to, of whichever number.
pub enum Slices<'a, const N: usize> {
    /// Of `f64`.
    Double([&'a [f64]; N], &'a mut [f64]),
    /// Of `f32`.
    Single([&'a [f32]; N], &'a mut [f32]),
}

/// A number that rows and slices are made of: `f64` or `f32`.
pub trait Float: OnLanes {}

impl Float for f64 {}
impl Float for f32 {}

/// Whether work is done on lanes, and with which instructions.
pub(crate) trait Dispatch<T: Element>: Copy {
    /// Does work.
    fn run<W: Work<T>>(self, work: W) -> W::Output;
}

impl<T: OnLanes> Dispatch<T> for Instructions {
    fn run<W: Work<T>>(self, work: W) -> W::Output {
        T::on_lanes(self, work)
    }
}

/// One number at a time, and compiled for nothing else.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalars;

#[cfg(test)]
impl<T: Element> Dispatch<T> for Scalars {
    fn run<W: Work<T>>(self, work: W) -> W::Output {
        work.on(T::default())
    }
}

/// The lanes of one instruction set, in builds that do not know it, too.
#[cfg(all(test, feature = "lanes"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(fearless_simd::Level);

#[cfg(all(test, feature = "lanes"))]
impl At {
    /// All that the machine has and a release build knows.
    pub(crate) fn all() -> Vec<Self> {
        use fearless_simd::Level;
        let best = Level::new();
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let levels = [
            best.as_avx512().map(Level::Avx512),
            best.as_avx2().map(Level::Avx2),
            best.as_sse2().map(Level::Sse2),
        ];
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        let levels = [Some(best)];
        levels.into_iter().flatten().map(Self).collect()
    }
}

/// The most lanes of any type: a pair of vectors of `f32`.
pub(crate) const MOST_LANES: usize = 32;

macro_rules! on_lanes {
    ($number:ident, $lanes:ident, $slices:ident, $of_doubles:expr) => {
        impl OnLanes for $number {
            fn with_buffers<const N: usize, O>(work: impl FnOnce(&mut [Vec<Self>; N]) -> O) -> O {
                thread_local! {
                    static BUFFERS: RefCell<Vec<Vec<$number>>> = const { RefCell::new(Vec::new()) };
                }
                // Not generic: this is compiled once, and not for each kind of work.
                fn take(own: &mut [Vec<$number>]) {
                    BUFFERS.with_borrow_mut(|buffers| own.fill_with(|| buffers.pop().unwrap_or_default()));
                }
                fn give_back(own: &mut [Vec<$number>]) {
                    BUFFERS.with_borrow_mut(|buffers| buffers.extend(own.iter_mut().rev().map(std::mem::take)));
                }
                // They are taken, so that work inside of this work has buffers of its own: the same ones the next time.
                let mut own = [const { Vec::new() }; N];
                take(&mut own);
                let output = work(&mut own);
                give_back(&mut own);
                output
            }

            fn with_list<O>(work: impl FnOnce(&mut Vec<Self>) -> O) -> O {
                thread_local! {
                    static LISTS: RefCell<Vec<Vec<$number>>> = const { RefCell::new(Vec::new()) };
                }
                let mut list = LISTS.with_borrow_mut(|lists| lists.pop().unwrap_or_default());
                list.clear();
                let output = work(&mut list);
                LISTS.with_borrow_mut(|lists| lists.push(list));
                output
            }

            fn of_doubles(numbers: &[f64]) -> Option<&[Self]> {
                $of_doubles(numbers)
            }

            fn slices<'a, const N: usize>(read: [&'a [Self]; N], written: &'a mut [Self]) -> Slices<'a, N> {
                Slices::$slices(read, written)
            }

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
                        #[cfg(not(debug_assertions))]
                        if let Some(simd) = level.as_avx512() {
                            return simd.vectorize(
                                #[inline(always)]
                                || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                            );
                        }
                        if let Some(simd) = level.as_avx2() {
                            return simd.vectorize(
                                #[inline(always)]
                                || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                            );
                        }
                        #[cfg(not(debug_assertions))]
                        if !W::LARGE && let Some(simd) = level.as_sse2() {
                            return simd.vectorize(
                                #[inline(always)]
                                || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                            );
                        }
                        work.on($number::default())
                    }
                    #[cfg(all(feature = "lanes", not(any(target_arch = "x86", target_arch = "x86_64"))))]
                    Instructions::Best => {
                        fearless_simd::dispatch!(fearless_simd::Level::new(), simd => {
                            work.on(voidgrad_real::$lanes::splat_with(simd, 0.0))
                        })
                    }
                }
            }
        }
    };
}

#[cfg(all(test, feature = "lanes"))]
macro_rules! at_level {
    ($number:ident, $lanes:ident) => {
        impl Dispatch<$number> for At {
            fn run<W: Work<$number>>(self, work: W) -> W::Output {
                #[cfg_attr(not(debug_assertions), inline(always))]
                fn at<S: fearless_simd::Simd, W: Work<$number>>(simd: S, work: W) -> W::Output {
                    simd.vectorize(
                        #[inline(always)]
                        || work.on(voidgrad_real::$lanes::splat_with(simd, 0.0)),
                    )
                }
                // The levels of `all` alone.
                #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                return match self.0 {
                    fearless_simd::Level::Avx512(simd) => at(simd, work),
                    fearless_simd::Level::Avx2(simd) => at(simd, work),
                    fearless_simd::Level::Sse2(simd) => at(simd, work),
                    level => unreachable!("{level:?} is not in the list"),
                };
                #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
                fearless_simd::dispatch!(self.0, simd => at(simd, work))
            }
        }
    };
}

#[cfg(all(test, feature = "lanes"))]
at_level!(f64, F64x8);
#[cfg(all(test, feature = "lanes"))]
at_level!(f32, F32x16);

on_lanes!(f64, F64x8, Double, Some);
on_lanes!(f32, F32x16, Single, |_| None);

//! The yardstick: each case written by hand, as well as we can.
//!
//! Lanes run over samples (over the variables in `quadratic-200`, over latent variables and pixels in `vae-rloo`). All functions are inlined into one that is compiled
//! for each instruction set, and a block of [`BLOCK`] vectors goes through them in phases. Sums are kept in lanes and
//! added up once a chunk.

#![expect(clippy::needless_range_loop, reason = "the indices are those of the formulas")]

/// Work with the instructions of a level. A debug build, whose times mean nothing, knows AVX2 and SSE2 alone of those of x86, and takes half as long to compile.
macro_rules! with_instructions {
    ($level:expr, $simd:ident => $work:expr) => {{
        #[cfg(all(debug_assertions, target_arch = "x86_64"))]
        let output = if let Some($simd) = $level.as_avx2() {
            $simd.vectorize(
                #[inline(always)]
                || $work,
            )
        } else {
            let $simd = $level.as_sse2().expect("all machines of this kind have it");
            $simd.vectorize(
                #[inline(always)]
                || $work,
            )
        };
        #[cfg(not(all(debug_assertions, target_arch = "x86_64")))]
        let output = fearless_simd::dispatch!($level, $simd => $work);
        output
    }};
}

mod autoencoder;
mod layer;
mod product;
mod quadratic;
mod rebar;
mod relax;
mod relaxation;
mod source;
mod step;
mod variable;
mod vector;
mod wide;

use fearless_simd::{Level, Simd, f32x16, f64x8};

use quadratic::Quadratic;
use rebar::Rebar;
use relax::Relax;
use source::{Generator, Read, Source};
use vector::Vector;
use wide::Wide;

/// Vectors in a block.
const BLOCK: usize = 8;
/// Blocks whose sums are kept in lanes: few enough that those of `f32` lose no digits.
const CHUNK: usize = 256;

use super::case::{self, Case, Precision};
use super::given::Given;
use super::implementation::{Compared, Implementation, Noise, Run};
use super::vae::Method;
use voidgrad_kit::error::Error;

/// The case by hand.
pub(super) fn of(case: Case, precision: Precision) -> Result<Option<Box<dyn Implementation>>, Error> {
    let (a, phi) = (case.logits().first().copied().unwrap_or(0.0), case.phi()?);
    Ok(Some(match case {
        Case::Relax => lanes(Relax::new(a, case::TARGET, &phi), precision),
        Case::Rebar => lanes(Rebar::new(a, case::TARGET, &phi), precision),
        Case::Quadratic200 => lanes(Quadratic::new(&case.logits(), case::TARGET, &phi), precision),
        Case::RelaxWide => lanes(Wide::new(a, case::TARGET, &phi), precision),
        Case::Step => Box::new(step::Training::new(precision)?),
        Case::Vae(Method::Rloo) => Box::new(autoencoder::Training::new(precision)),
        Case::Vae(_) => return Ok(None),
    }))
}

/// A case in lanes.
trait Kernel: 'static {
    /// How many variables there are. Lanes run over samples where it is one, and a block is [`BLOCK`] vectors; over
    /// the variables where there are more, and a block is one sample.
    fn variables(&self) -> usize {
        1
    }

    /// The sums over so many blocks.
    fn chunk<S: Simd, V: Vector<S>>(
        &self,
        simd: S,
        source: &mut impl Source<S, V>,
        blocks: usize,
        sums: &mut Vec<f64>,
    );
}

fn lanes(kernel: impl Kernel, precision: Precision) -> Box<dyn Implementation> {
    Box::new(Lanes { kernel, precision, generator: Generator::new(1), level: Level::new() })
}

/// A kernel at work.
struct Lanes<K> {
    kernel: K,
    precision: Precision,
    generator: Generator,
    level: Level,
}

impl<K: Kernel> Lanes<K> {
    /// Samples of a block.
    fn block(&self) -> usize {
        match (self.kernel.variables(), self.precision) {
            (1, Precision::F64) => BLOCK * 8,
            (1, Precision::F32) => BLOCK * 16,
            _ => 1,
        }
    }
}

/// Noise whose rows fill whole vectors.
fn padded(noise: &[f64], variables: usize) -> Vec<f64> {
    if variables == 1 {
        return noise.to_vec();
    }
    let row = |row: &[f64]| {
        let padding = row.len().next_multiple_of(16) - row.len();
        row.iter().copied().chain(std::iter::repeat_n(0.5, padding)).collect::<Vec<_>>()
    };
    noise.chunks_exact(variables).flat_map(row).collect()
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn drawn<S: Simd, V: Vector<S>>(
    simd: S,
    kernel: &impl Kernel,
    generator: &mut Generator,
    blocks: usize,
    sums: &mut Vec<f64>,
) {
    let mut source = generator.start(simd);
    Kernel::chunk::<S, V>(kernel, simd, &mut source, blocks, sums);
    generator.keep(&source);
}

impl<K: Kernel> Implementation for Lanes<K> {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let (samples, block) = (given.samples(), self.block());
        if samples % block != 0 {
            return Err(Error::computation(format!("{samples} samples are not whole blocks of {block}")));
        }
        let (u, v) = (padded(&given.u, given.variables), padded(&given.v, given.variables));
        let (mut sums, mut read, kernel) = (Vec::new(), Read { u: &u, v: &v }, &self.kernel);
        match self.precision {
            Precision::F64 => {
                with_instructions!(self.level, simd => kernel.chunk::<_, f64x8<_>>(simd, &mut read, samples / block, &mut sums));
            }
            Precision::F32 => {
                with_instructions!(self.level, simd => kernel.chunk::<_, f32x16<_>>(simd, &mut read, samples / block, &mut sums));
            }
        }
        Ok(Compared { sums, noise: Noise::Given })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        let block = self.block() as u64;
        let blocks = samples.div_ceil(block);
        let mut sums = Vec::new();
        let mut left = usize::try_from(blocks).map_err(Error::computation)?;
        while left > 0 {
            let chunk = left.min(CHUNK);
            let (kernel, generator) = (&self.kernel, &mut self.generator);
            match self.precision {
                Precision::F64 => {
                    with_instructions!(self.level, simd => drawn::<_, f64x8<_>>(simd, kernel, generator, chunk, &mut sums));
                }
                Precision::F32 => {
                    with_instructions!(self.level, simd => drawn::<_, f32x16<_>>(simd, kernel, generator, chunk, &mut sums));
                }
            }
            left -= chunk;
        }
        Ok(Run::new(blocks * block, sums))
    }
}

/// Adds to sums that are kept over several chunks.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add(sums: &mut Vec<f64>, more: &[f64]) {
    sums.resize(more.len(), 0.0);
    for (sum, value) in sums.iter_mut().zip(more) {
        *sum += value;
    }
}

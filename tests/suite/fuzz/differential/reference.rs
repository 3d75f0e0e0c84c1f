//! The derivatives that hyper-dual numbers find, each with its tolerance.

use super::{Context, Expanded, Interpreter, Number, Result, Value};

/// How much the numbers of a run are disturbed, relatively: so much more than a rounding error (2⁻⁵³) that what a run
/// shows is the largest effect that rounding can have, and so little that it is linear.
const JITTER: f64 = 9.1e-13; // 2⁻⁴⁰
/// So many runs with disturbances.
const RUNS: u64 = 4;
/// The largest deviation of [`RUNS`] runs, times this, is the tolerance. Disturbances are 2¹³ rounding errors, so
/// a result is only outside if it has lost 13 + 4 bits more than a direct computation of the same number.
const MARGIN: f64 = 16.0;

/// What hyper-dual numbers find, and how far disturbances move it.
pub(super) struct Reference {
    pub(super) outputs: Vec<Number>,
    spread: Vec<[f64; 4]>,
}

impl Reference {
    /// `None` where there is nothing to compare: a tie is near, or a number on the way is out of range.
    pub(super) fn of(expanded: &Expanded, seeded: &[Value]) -> Result<Option<Self>> {
        let exact = run(expanded, seeded, 0.0, 1)?;
        if exact.is_tied
            || exact.outputs.iter().any(|output| output.dual.iter().any(|part| !part.is_finite()))
        {
            return Ok(None);
        }
        let mut spread = vec![[0.0_f64; 4]; exact.outputs.len()];
        for seed in 1..=RUNS {
            let disturbed = run(expanded, seeded, JITTER, seed.wrapping_mul(0x2545_F491_4F6C_DD1D))?;
            if disturbed.is_tied || disturbed.outputs.len() != exact.outputs.len() {
                return Ok(None);
            }
            for (k, (a, b)) in exact.outputs.iter().zip(&disturbed.outputs).enumerate() {
                for (part, spread) in spread[k].iter_mut().enumerate() {
                    *spread = spread.max((a.dual[part] - b.dual[part]).abs());
                }
            }
        }
        Ok(Some(Self { outputs: exact.outputs, spread }))
    }

    pub(super) fn allows(&self, k: usize, part: usize, got: f64) -> bool {
        self.tolerance(k, part) >= (self.outputs[k].dual[part] - got).abs()
    }

    pub(super) fn tolerance(&self, k: usize, part: usize) -> f64 {
        MARGIN * (self.spread[k][part] + JITTER * self.outputs[k].dual[part].abs()) + f64::MIN_POSITIVE
    }
}

/// One run of `f` with derivatives.
struct Run {
    outputs: Vec<Number>,
    is_tied: bool,
}

fn run(expanded: &Expanded, arguments: &[Value], jitter: f64, seed: u64) -> Result<Run> {
    let mut interpreter = Interpreter::new(&expanded.program, Context::duals(jitter, seed));
    let value = interpreter.call(&expanded.function, arguments.to_vec())?;
    let context = &interpreter.context;
    Ok(Run { outputs: value.numbers(), is_tied: context.tied.get() || context.extreme.get() })
}

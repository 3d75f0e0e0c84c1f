//! The function against what the macro makes of it.
//!
//! On every program that the macro takes, `f::value` must equal `f`, and the derivatives must be those that
//! hyper-dual numbers find for `f`. Both sides are run by the interpreter, which knows Rust and nothing of the engine.

mod compare;
mod directions;
mod expansion;
mod reference;
mod rewritten;

pub(crate) use self::expansion::Expanded;
use super::interpreter::{Context, Interpreter, Matrix, Number, Result, Stop, Ty, Value};
use super::program::Program;

/// What became of a program.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The macro refused it, with this message.
    Refused(String),
    Accepted(Comparison),
}

/// What was compared of a program that the macro took.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Points at which `f` has a value that the interpreter knows.
    pub(crate) values: u32,
    /// Numbers among the derivatives that were compared.
    pub(crate) derivatives: u32,
    /// Points at which the program panics.
    pub(crate) panics: u32,
    /// Why the interpreter does not know the function, where it does not.
    pub(crate) unknown: Option<String>,
    /// What does not hold.
    pub(crate) faults: Vec<String>,
}

/// Numbers that are often special, and some that are not.
const SPECIAL: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -2.0,
    1e-9,
    -1e-9,
    1e9,
    40.0,
    -40.0,
    800.0,
    -800.0,
    1e200,
    -1e200,
    1e-200,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
];

/// The points at which a program is compared: so many ordinary ones, then as many extreme ones.
const POINTS: u64 = 4;

/// Compares `f` and its expansion at some points.
pub(crate) fn differential(program: &Program) -> Outcome {
    if program.is_left_to_the_compiler() {
        return Outcome::Refused("a call of a function without derivatives".into());
    }
    let expanded = match Expanded::of(program) {
        Ok(expanded) => expanded,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let mut comparison = Comparison::default();
    for point in 0..2 * POINTS {
        let mut random = Random::new(point);
        let is_extreme = point >= POINTS;
        match expanded.arguments(&mut random, is_extreme) {
            Ok(arguments) => compare::at(&expanded, &arguments, !is_extreme, &mut random, &mut comparison),
            Err(stop) => comparison.stop(&stop),
        }
        if !comparison.faults.is_empty() {
            break;
        }
    }
    Outcome::Accepted(comparison)
}

impl Comparison {
    /// The function itself has no value.
    fn stop(&mut self, stop: &Stop) {
        match stop {
            Stop::Panic(_) => self.panics += 1,
            Stop::Unknown(why) => self.unknown = Some(why.clone()),
            other => self.unknown = Some(format!("{other:?}")),
        }
    }

    /// The generated function `name` has no value where the function itself has one.
    fn generated_stop(&mut self, stop: &Stop, name: &str, at: &str) {
        match stop {
            Stop::Limit => {}
            Stop::Panic(why) => self.faults.push(format!("f::{name} panics ({why}) at {at}")),
            stop => self.faults.push(format!("f::{name} has no value ({stop:?}) at {at}")),
        }
    }
}

/// Random numbers of a point.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(point: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ (point + 1))
    }

    fn bits(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() % n as u64).expect("it is below n")
    }

    /// Between -2 and 2.
    pub(crate) fn number(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 51) as f64 - 2.0
    }

    fn extreme(&mut self) -> f64 {
        if self.below(3) == 0 { self.number() } else { SPECIAL[self.below(SPECIAL.len())] }
    }
}

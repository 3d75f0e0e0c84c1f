//! Integers, which are known while reading, and their types.
//!
//! An integer is evaluated here only if Rust gets the same number. That depends on its type: `i - 1` at `i = 0` is -1
//! for an `i32`, and an overflow for a `usize`. Types follow Rust's inference: a suffix, a declared type, a cast or a use
//! decides, also one that comes later, and otherwise it is `i32`. So what does not fit every type is noted, and looked
//! at when the whole body was read.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{BinOp, LitInt};

use super::arithmetic::comparison;
use super::{Reader, Value};
use crate::diagnostics::Diagnostics;
use crate::graph::{Comparison, Op, Shape};

/// An integer type by its name, with its least and its greatest number. Those of `isize` and `usize` are of the smallest
/// machines that Rust's standard library knows with 32 bits, since the macro doesn't know for which machine it writes.
const TYPES: [(&str, i128, i128); 12] = [
    ("i8", i8::MIN as i128, i8::MAX as i128),
    ("i16", i16::MIN as i128, i16::MAX as i128),
    ("i32", i32::MIN as i128, i32::MAX as i128),
    ("i64", i64::MIN as i128, i64::MAX as i128),
    ("i128", i128::MIN, i128::MAX),
    ("isize", i32::MIN as i128, i32::MAX as i128),
    ("u8", 0, u8::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("u64", 0, u64::MAX as i128),
    ("u128", 0, i128::MAX),
    ("usize", 0, u32::MAX as i128),
];
/// The type that nothing decides.
const DEFAULT: &str = "i32";

/// An integer type: its row in [`TYPES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IntegerType(usize);

impl IntegerType {
    /// The type of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        TYPES.iter().position(|(known, ..)| *known == name).map(Self)
    }

    pub(super) fn name(self) -> &'static str {
        TYPES[self.0].0
    }

    pub(super) fn holds(self, value: i64) -> bool {
        let (_, least, greatest) = TYPES[self.0];
        (least..=greatest).contains(&i128::from(value))
    }
}

/// The type of an integer, which may be decided later.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TypeVariable(usize);

enum Known {
    Type(IntegerType),
    /// As this one.
    As(TypeVariable),
    NotYet,
}

/// The types of the integers in a body.
#[derive(Default)]
pub(super) struct IntegerTypes {
    variables: Vec<Known>,
    /// Numbers that not every type holds, and where they stand.
    doubtful: Vec<(TypeVariable, i64, TokenStream)>,
}

impl IntegerTypes {
    /// A type that is not decided yet.
    pub(super) fn open(&mut self) -> TypeVariable {
        self.variables.push(Known::NotYet);
        TypeVariable(self.variables.len() - 1)
    }

    /// This type.
    pub(super) fn of(&mut self, ty: IntegerType) -> TypeVariable {
        self.variables.push(Known::Type(ty));
        TypeVariable(self.variables.len() - 1)
    }

    /// Decides a type; the first decision stays, and rustc reports others.
    pub(super) fn decide(&mut self, variable: TypeVariable, ty: IntegerType) {
        let root = self.root(variable);
        if matches!(self.variables[root.0], Known::NotYet) {
            self.variables[root.0] = Known::Type(ty);
        }
    }

    /// The two are of one type.
    pub(super) fn unify(&mut self, a: TypeVariable, b: TypeVariable) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        match (&self.variables[a.0], &self.variables[b.0]) {
            (Known::NotYet, _) => self.variables[a.0] = Known::As(b),
            (_, Known::NotYet) => self.variables[b.0] = Known::As(a),
            _ => {}
        }
    }

    /// Notes that `value` is of this type, so that it is reported on `tokens` if the type doesn't hold it.
    fn note(&mut self, variable: TypeVariable, value: i64, tokens: impl ToTokens) {
        // These fit every type.
        if !(0..=127).contains(&value) {
            self.doubtful.push((variable, value, tokens.to_token_stream()));
        }
    }

    /// Reports all numbers that their types do not hold.
    pub(super) fn check(mut self, diagnostics: &mut Diagnostics) {
        for (variable, value, tokens) in std::mem::take(&mut self.doubtful) {
            let root = self.root(variable);
            let ty = match self.variables[root.0] {
                Known::Type(ty) => ty,
                _ => IntegerType::named(DEFAULT).expect("it is in the table"),
            };
            if !ty.holds(value) {
                let message = format!(
                    "{value} overflows `{}`, the type of this integer; compute with real numbers, or give it a type that holds the number",
                    ty.name()
                );
                diagnostics.error(tokens, message);
            }
        }
    }

    fn root(&mut self, variable: TypeVariable) -> TypeVariable {
        let mut root = variable;
        while let Known::As(next) = self.variables[root.0] {
            root = next;
        }
        // So that the next search is short.
        let mut at = variable;
        while let Known::As(next) = self.variables[at.0] {
            self.variables[at.0] = Known::As(root);
            at = next;
        }
        root
    }
}

impl Reader<'_> {
    /// A literal, whose suffix decides its type.
    pub(super) fn integer_literal(&mut self, number: &LitInt) -> Option<Value> {
        let variable = match (number.suffix(), IntegerType::named(number.suffix())) {
            ("", _) => self.integers.open(),
            (_, Some(ty)) => self.integers.of(ty),
            (_, None) => {
                return self.refuse(number, "this suffix is not modelled; write the number without it");
            }
        };
        match number.base10_digits().parse() {
            Ok(value) => Some(self.integer_value(value, variable, number)),
            Err(_) => self.refuse(number, "this integer is too large; write a real number: `1e20`"),
        }
    }

    /// An integer that `tokens` computes.
    pub(super) fn integer_value(
        &mut self,
        value: i64,
        variable: TypeVariable,
        tokens: impl ToTokens,
    ) -> Value {
        self.integers.note(variable, value, tokens);
        Value::Integer(value, variable)
    }

    /// A length or an index that is known: a `usize`.
    pub(super) fn size(&mut self, value: i64) -> Value {
        let ty = IntegerType::named("usize").expect("it is in the table");
        Value::Integer(value, self.integers.of(ty))
    }

    /// Notes that this integer is used as a `usize`, as an `i32`, ….
    pub(super) fn must_be(&mut self, variable: TypeVariable, name: &str) {
        let ty = IntegerType::named(name).expect("it is in the table");
        self.integers.decide(variable, ty);
    }

    /// `a op b` of two integers.
    pub(super) fn integer_operation(
        &mut self,
        (a, of_a): (i64, TypeVariable),
        op: &BinOp,
        (b, of_b): (i64, TypeVariable),
        whole: impl ToTokens,
    ) -> Option<Value> {
        self.integers.unify(of_a, of_b);
        let result = match op {
            BinOp::Add(_) | BinOp::AddAssign(_) => a.checked_add(b),
            BinOp::Sub(_) | BinOp::SubAssign(_) => a.checked_sub(b),
            BinOp::Mul(_) | BinOp::MulAssign(_) => a.checked_mul(b),
            BinOp::Div(_) | BinOp::DivAssign(_) => {
                return self.refuse(
                    whole,
                    format!(
                        "this is integer division: `{a} / {b}` drops the fraction; write `{a}.0 / {b}.0`"
                    ),
                );
            }
            BinOp::Rem(_) | BinOp::RemAssign(_) if b != 0 => a.checked_rem(b),
            _ => match comparison(op) {
                Some(comparison) => {
                    let answer = match comparison {
                        Comparison::Lt => a < b,
                        Comparison::Le => a <= b,
                        Comparison::Gt => a > b,
                        Comparison::Ge => a >= b,
                        Comparison::Eq => a == b,
                        Comparison::Ne => a != b,
                    };
                    return Some(Value::Node(self.graph.node(Op::Bool(answer), Shape::Scalar)));
                }
                None => return self.refuse(op, "this operator on integers is not modelled"),
            },
        };
        match result {
            Some(value) => Some(self.integer_value(value, of_a, op)),
            None => self.refuse(whole, "this integer is too large"),
        }
    }
}

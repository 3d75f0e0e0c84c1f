//! Expressions of each kind.

use super::templates::EXPRESSIONS;
use super::{Kind, Writer};

const UNARY: &[&str] = &[
    "sin", "cos", "tanh", "exp", "ln", "sqrt", "abs", "recip", "atan", "sinh", "cosh", "asinh", "cbrt",
    "exp2", "exp_m1", "ln_1p", "log2", "log10", "tan", "asin", "acos", "acosh", "atanh", "signum", "floor",
    "ceil", "round", "trunc",
];
const BINARY: &[&str] = &["max", "min", "powf", "hypot", "atan2", "copysign"];
const FUNCTIONS: &[&str] = &["sigmoid", "softplus", "log_sigmoid", "relu", "logit", "log1mexp"];
const LITERALS: &[&str] = &["0.5", "2.0", "1.0", "0.0", "-1.5", "3.0", "1e-3", "1_000.0", "0.1", "-0.0"];

impl Writer<'_, '_> {
    pub(super) fn leaf(&mut self) -> String {
        let scalars = self.names(&[Kind::Scalar, Kind::Variable]);
        match self.below(12) {
            0..=6 if !scalars.is_empty() => self.one(&scalars).to_owned(),
            7 => {
                self.mark("an index of an array");
                match self.name(&[Kind::Array]) {
                    Some(array) => format!("{array}[{}]", self.one(&["0", "1", "0"])),
                    None => "0.5".into(),
                }
            }
            8 => match self.name(&[Kind::Vector, Kind::Slice, Kind::Dynamic]) {
                Some(vector) => format!("{vector}[{}]", self.one(&["0", "1"])),
                None => "x".into(),
            },
            9 => match (self.name(&[Kind::Matrix]), self.name(&[Kind::Entry])) {
                (_, Some(entry)) => format!("(*{entry})"),
                (Some(matrix), _) => format!("{matrix}[({}, {})]", self.below(2), self.below(2)),
                _ => "y".into(),
            },
            10 => match self.name(&[Kind::Index]) {
                Some(index) => {
                    self.mark("a loop variable as a number");
                    format!("({index} as f64)")
                }
                None => {
                    self.mark("a constant by path");
                    self.one(&["FLOOR", "GAIN"]).to_owned()
                }
            },
            _ => {
                self.mark("a literal");
                format!("({}_f64)", self.one(LITERALS)).replace("_f64", "")
            }
        }
    }

    /// A number.
    pub(super) fn scalar(&mut self, depth: u32) -> String {
        self.budget = self.budget.saturating_sub(1);
        if !self.in_closure
            && self.below(3) == 0
            && let Some(row) = self.take(EXPRESSIONS)
        {
            return self.fill(row.text, depth.saturating_sub(1));
        }
        if depth == 0 || self.budget == 0 {
            return self.leaf();
        }
        let inner = depth - 1;
        match self.below(21) {
            0..=5 => {
                let operator = self.one(&["+", "-", "*", "/", "*", "+"]);
                format!("({} {operator} {})", self.scalar(inner), self.scalar(inner))
            }
            6 | 7 => {
                self.mark("a method of one number");
                let method = self.one(UNARY);
                format!("{}.{method}()", self.receiver(inner))
            }
            8 => {
                self.mark("a method of two numbers");
                let method = self.one(BINARY);
                format!("{}.{method}({})", self.receiver(inner), self.scalar(inner))
            }
            9 => {
                self.mark("a function of voidgrad");
                let function = self.one(FUNCTIONS);
                format!("{function}({})", self.scalar(inner))
            }
            10 => {
                self.mark("powi");
                let exponent = self.one(&["2", "-1", "0", "3", "1", "-2"]);
                format!("{}.powi({exponent})", self.receiver(inner))
            }
            11 => {
                self.mark("an if with a value");
                let condition = self.condition(inner);
                format!(
                    "(if {condition} {{ {} }} else {{ {} }})",
                    self.block(inner, Kind::Scalar),
                    self.block(inner, Kind::Scalar)
                )
            }
            12 => {
                self.mark("a match on a bool");
                let condition = self.condition(inner);
                let (one, other) =
                    self.one(&[("true", "false"), ("false", "true"), ("true", "_"), ("false", "_")]);
                format!(
                    "(match {condition} {{ {one} => {}, {other} => {} }})",
                    self.scalar(inner),
                    self.scalar(inner)
                )
            }
            13 => format!("(-{})", self.scalar(inner)),
            14 => {
                self.mark("a stable form");
                let (a, b) = (self.scalar(inner), self.scalar(inner));
                match self.below(6) {
                    0 => format!("(1.0 + {a}.exp()).ln()", a = self.parenthesised(&a)),
                    1 => format!("(1.0 / (1.0 + (-{a}).exp()))"),
                    2 => format!("({a}.exp() - 1.0)", a = self.parenthesised(&a)),
                    3 => format!(
                        "({a}.exp() + {b}.exp()).ln()",
                        a = self.parenthesised(&a),
                        b = self.parenthesised(&b)
                    ),
                    4 => format!("(1.0 - sigmoid({a}))"),
                    _ => format!("(1.0 + {a} / {b}).ln()"),
                }
            }
            15 => {
                self.mark("a call of another function");
                if self.below(2) == 0 {
                    format!("bump({}, {})", self.scalar(inner), self.scalar(inner))
                } else {
                    format!("spread(&{})", self.array(inner))
                }
            }
            16 | 17 => self.sequence(inner),
            18 => self.of_vectors(inner),
            19 => {
                self.mark("a block with a value");
                format!("{{ {} }}", self.block(inner, Kind::Scalar)).replacen('{', "({", 1) + ")"
            }
            _ => self.leaf(),
        }
    }

    /// A number that methods can be called on: never a bare literal, whose type would be open.
    fn receiver(&mut self, depth: u32) -> String {
        let scalar = self.scalar(depth);
        self.parenthesised(&scalar)
    }

    #[allow(clippy::unused_self)] // it reads like the others
    fn parenthesised(&self, scalar: &str) -> String {
        let is_literal = scalar.trim_start_matches(['(', '-']).starts_with(|c: char| c.is_ascii_digit());
        if is_literal { format!("(x * {scalar})") } else { format!("({scalar})") }
    }

    /// A condition.
    pub(super) fn condition(&mut self, depth: u32) -> String {
        match self.below(7) {
            0 => self.name(&[Kind::Bool]).unwrap_or("on").to_owned(),
            1 => {
                self.mark("a negated condition");
                format!("!({})", self.condition(depth.saturating_sub(1)))
            }
            2 if depth > 0 => {
                self.mark("conditions joined");
                let operator = self.one(&["&&", "||", "&", "|"]);
                format!("(({}) {operator} ({}))", self.condition(depth - 1), self.condition(depth - 1))
            }
            _ => {
                self.mark("a comparison");
                let operator = self.one(&["<", "<=", ">", ">=", "==", "!="]);
                let below = depth.saturating_sub(1);
                format!("({} {operator} {})", self.scalar(below), self.leaf())
            }
        }
    }

    /// `[f64; 2]`.
    pub(super) fn array(&mut self, depth: u32) -> String {
        let names = self.names(&[Kind::Array]);
        match self.below(6) {
            0 | 1 if !names.is_empty() && !self.in_closure => {
                let name = self.one(&names);
                if name == "p" { "[p[0], p[1]]".into() } else { name.to_owned() }
            }
            2 => {
                self.mark("a map of an array");
                let entry = self.over_entries("|e| ", Kind::Scalar, "e", depth);
                format!("[{}, {}].map({entry})", self.scalar(0), self.scalar(0))
            }
            3 => {
                self.mark("a repeated entry");
                format!("[{}; 2]", self.scalar(depth.saturating_sub(1)))
            }
            _ => {
                self.mark("an array of entries");
                format!(
                    "[{}, {}]",
                    self.scalar(depth.saturating_sub(1)),
                    self.scalar(depth.saturating_sub(1))
                )
            }
        }
    }
}

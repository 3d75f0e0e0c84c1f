//! Blocks and statements.

use std::fmt::Write as _;

use super::templates::STATEMENTS;
use super::{Kind, Writer};

impl Writer<'_, '_> {
    /// Statements and a value of this kind.
    pub(super) fn block(&mut self, depth: u32, kind: Kind) -> String {
        let scope = self.scope.len();
        let before = self.scope.clone();
        let mut text = String::new();
        for _ in 0..self.below(4) {
            self.statement(depth, &mut text);
        }
        let value = match kind {
            Kind::Array => self.array(depth),
            Kind::Vector => self.vector(depth),
            _ => self.scalar(depth),
        };
        // In an outer block the names are what they were.
        self.scope.truncate(scope);
        self.scope = before;
        text + &value
    }

    fn statement(&mut self, depth: u32, text: &mut String) {
        if !self.in_closure
            && self.below(2) == 0
            && let Some(row) = self.take(STATEMENTS)
        {
            let filled = self.fill(row.text, depth.saturating_sub(1));
            write!(text, "{filled} ").expect("a string takes everything");
            for name in row.binds {
                self.scope.push((name, Kind::Scalar));
            }
            return;
        }
        let variable = self.name(&[Kind::Variable]);
        let written = match (self.below(12), variable) {
            (0..=2, _) => {
                self.mark("let");
                let value = self.scalar(depth);
                let name = self.one(&["t", "u", "t", "x", "y"]);
                self.scope.push((name, Kind::Scalar));
                format!("let {name} = {value}; ")
            }
            (3, _) => {
                self.mark("let with a tuple");
                let (one, other) = (self.scalar(depth), self.scalar(1));
                self.scope.extend([("t", Kind::Scalar), ("u", Kind::Scalar)]);
                format!("let (t, u) = ({one}, {other}); ")
            }
            (4, _) => {
                self.mark("let of an array");
                let value = self.array(depth);
                self.scope.push(("a", Kind::Array));
                format!("let a = {value}; ")
            }
            (5, _) => {
                self.mark("let of a condition");
                let value = self.condition(depth);
                self.scope.push(("c", Kind::Bool));
                format!("let c = {value}; ")
            }
            (6 | 7, None) => {
                self.mark("let mut");
                let value = self.scalar(depth);
                self.scope.push(("s", Kind::Variable));
                format!("let mut s = {value}; ")
            }
            (6, Some(s)) if !self.in_closure => {
                self.mark("an assignment");
                let operator = self.one(&["", "+", "-", "*", "/"]);
                format!("{s} {operator}= {}; ", self.scalar(depth))
            }
            (7 | 8, Some(s)) if !self.in_closure => {
                self.mark("an if without a value");
                let condition = self.condition(1);
                let otherwise = match self.below(3) {
                    0 => String::new(),
                    1 => format!("else {{ {s} -= {}; }} ", self.scalar(1)),
                    _ => {
                        self.mark("else if");
                        let second = self.condition(1);
                        format!("else if {second} {{ let x = {}; {s} = x; }} ", self.scalar(1))
                    }
                };
                format!("if {condition} {{ {s} = {}; }} {otherwise}", self.scalar(depth))
            }
            (9 | 10, Some(s)) if !self.in_closure => self.for_loop(s, depth),
            _ => {
                self.mark("let");
                let value = self.scalar(depth);
                self.scope.push(("t", Kind::Scalar));
                format!("let t = {value}; ")
            }
        };
        text.push_str(&written);
    }

    fn for_loop(&mut self, s: &'static str, depth: u32) -> String {
        let scope = self.scope.len();
        let loop_ = match self.below(6) {
            0 | 1 => {
                self.mark("a loop over a range");
                self.scope.push(("i", Kind::Index));
                let range = self.one(&["0..2", "0..3", "1..=2", "0..1"]);
                let operator = self.one(&["+", "*", "-"]);
                format!("for i in {range} {{ {s} = {s} {operator} {}; }} ", self.scalar(depth))
            }
            2 => {
                self.mark("a loop over an array");
                self.scope.push(("e", Kind::Entry));
                let of = self.one(&["p.iter()", "&[0.5, -1.5]", "&[x, y]"]);
                format!("for e in {of} {{ {s} += {} * e; }} ", self.scalar(depth.min(1)))
            }
            3 => {
                self.mark("a loop over pairs");
                self.scope.push(("e", Kind::Entry));
                format!(
                    "for (e, g) in p.iter().zip(&[x, y]) {{ {s} += {} * g; }} ",
                    self.scalar(depth.min(1))
                )
            }
            4 if self.names(&[Kind::Slice]).contains(&"q") => {
                self.mark("a loop over a length that only the run knows");
                format!("for i in 0..q.len() {{ {s} = {s} * 0.5 + q[i] * {}; }} ", self.scalar(0))
            }
            _ => {
                self.mark("a loop of many rounds");
                let round = self.one(&["+ 0.001 *", "* 0.5 +", "- 0.002 *"]);
                format!("for _ in 0..300 {{ {s} = {s} {round} {}; }} ", self.scalar(0))
            }
        };
        self.scope.truncate(scope);
        loop_
    }
}

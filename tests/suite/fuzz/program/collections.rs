//! Numbers from iterators, and vectors.

use super::{Kind, Writer};

impl Writer<'_, '_> {
    /// A closure over entries that are called `name`.
    pub(super) fn over_entries(&mut self, head: &str, kind: Kind, name: &'static str, depth: u32) -> String {
        let depth = depth.min(2);
        let was = std::mem::replace(&mut self.in_closure, true);
        // A whole array has no place in a closure over entries.
        let outer = self.scope.clone();
        self.scope.retain(|(_, kind)| matches!(kind, Kind::Scalar | Kind::Variable | Kind::Bool));
        self.scope.push((name, kind));
        let body = self.scalar(depth);
        self.scope = outer;
        self.in_closure = was;
        format!("{head}{body}")
    }

    /// A number that is made by an iterator.
    pub(super) fn sequence(&mut self, depth: u32) -> String {
        let of = self.name(&[Kind::Array, Kind::Slice, Kind::Array, Kind::Vector]).unwrap_or("p");
        match self.below(6) {
            0 | 1 => {
                self.mark("an iterator with map and sum");
                let (head, kind) =
                    self.one(&[("|e| ", Kind::Entry), ("|&e| ", Kind::Scalar), ("|e: &f64| ", Kind::Entry)]);
                let entry = self.over_entries(head, kind, "e", depth);
                format!("{of}.iter().map({entry}).sum::<f64>()")
            }
            2 => {
                self.mark("zip");
                let entry = self.over_entries("|(e, g)| g * ", Kind::Entry, "e", depth);
                let other = self.name(&[Kind::Array]).unwrap_or("p");
                format!(
                    "{other}.iter().zip(&[{}, {}]).map({entry}).sum::<f64>()",
                    self.scalar(0),
                    self.scalar(0)
                )
            }
            3 => {
                self.mark("fold");
                let entry = self.over_entries("|h, e| h * 0.5 + ", Kind::Entry, "e", depth);
                format!("{of}.iter().fold({}, {entry})", self.scalar(0))
            }
            4 => {
                self.mark("product");
                let entry = self.over_entries("|e| ", Kind::Entry, "e", depth);
                let of = self.name(&[Kind::Array]).unwrap_or("p");
                format!("{of}.iter().map({entry}).product::<f64>()")
            }
            _ => {
                self.mark("a map of a range");
                let scope = self.scope.len();
                self.scope.push(("i", Kind::Index));
                let was = std::mem::replace(&mut self.in_closure, true);
                let term = self.scalar(depth.min(2));
                self.in_closure = was;
                self.scope.truncate(scope);
                let of = self.name(&[Kind::Array]).unwrap_or("p");
                format!("(0..2).map(|i| {of}[i] * {term}).sum::<f64>()")
            }
        }
    }

    /// `SVector<f64, 2>`.
    pub(super) fn vector(&mut self, depth: u32) -> String {
        let (vector, matrix) = (self.name(&[Kind::Vector]), self.name(&[Kind::Matrix]));
        match (self.below(7), vector, matrix) {
            (0, Some(v), _) => v.to_owned(),
            (1, Some(v), Some(m)) => {
                self.mark("a matrix product");
                format!("({m} * {v})")
            }
            (2, Some(v), Some(m)) => format!("({m}.transpose() * {v})"),
            (3, Some(v), _) => {
                self.mark("a map of a vector");
                let entry = self.over_entries("|e| ", Kind::Scalar, "e", depth);
                format!("{v}.map({entry})")
            }
            (4, Some(v), _) if depth > 0 => {
                self.mark("arithmetic of vectors");
                let operation = self.one(&["+", "-"]);
                format!("({v} {operation} {})", self.vector(depth - 1))
            }
            (5, Some(v), _) => format!("({v} * {})", self.scalar(0)),
            _ => {
                self.mark("a vector of entries");
                format!(
                    "SVector::from([{}, {}])",
                    self.scalar(depth.saturating_sub(1)),
                    self.scalar(depth.saturating_sub(1))
                )
            }
        }
    }

    /// A number that is made of vectors.
    pub(super) fn of_vectors(&mut self, depth: u32) -> String {
        if self.name(&[Kind::Vector, Kind::Dynamic]).is_none() || self.in_closure {
            return self.leaf();
        }
        if let Some(d) = self.name(&[Kind::Dynamic])
            && self.below(2) == 0
        {
            self.mark("a vector of dynamic size");
            let entry = self.over_entries("|e| ", Kind::Scalar, "e", depth);
            return match self.below(3) {
                0 => format!("{d}.map({entry}).sum()"),
                1 => format!("{d}.dot(&{d}.map({entry}))"),
                _ => format!("{d}.norm_squared()"),
            };
        }
        self.mark("a number from vectors");
        let v = self.vector(depth.min(1));
        match self.below(6) {
            0 => format!("{v}.dot(&{})", self.vector(0)),
            1 => format!("{v}.sum()"),
            2 => format!("{v}.norm_squared()"),
            3 => format!("{v}.component_mul(&{}).sum()", self.vector(0)),
            4 => format!("{v}.zip_map(&{}, |e, g| e * g.tanh()).sum()", self.vector(0)),
            _ => format!("{v}.norm()"),
        }
    }
}

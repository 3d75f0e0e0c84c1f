//! Names for the values of generated code: the user's own where there are any.

use std::collections::HashSet;

use proc_macro2::Ident;

use super::ident;
use crate::graph::{Graph, NodeId};

/// The names in use.
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn new(taken: impl Iterator<Item = String>) -> Self {
        Self { taken: taken.collect() }
    }

    /// A name that is not in use: `name`, `name_2`, `name_3`, …
    pub(super) fn fresh(&mut self, name: &str) -> Ident {
        let mut candidate = name.to_owned();
        let mut count = 1;
        while !self.taken.insert(candidate.clone()) {
            count += 1;
            candidate = format!("{name}_{count}");
        }
        ident(&candidate)
    }

    /// A name for a value of the graph.
    pub(super) fn choose(&mut self, graph: &Graph, id: NodeId) -> Ident {
        let name = graph.describe(id);
        if syn::parse_str::<Ident>(&name).is_ok() { self.fresh(&name) } else { self.fresh("value") }
    }

    /// A name for a loop variable, free again afterwards.
    pub(super) fn local(&self, name: &str) -> Ident {
        let mut candidate = name.to_owned();
        while self.taken.contains(&candidate) {
            candidate.push('_');
        }
        ident(&candidate)
    }
}

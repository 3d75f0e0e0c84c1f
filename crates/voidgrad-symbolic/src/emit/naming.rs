//! Names for the values of generated code: the user's own where there are any.

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;

use super::ident;
use crate::graph::{Graph, NodeId};

/// The names in use.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// The last number that each name was given, so that the next is not looked for from the start.
    counts: HashMap<String, usize>,
}

impl Names {
    pub(crate) fn new(taken: impl Iterator<Item = String>) -> Self {
        Self { taken: taken.collect(), counts: HashMap::new() }
    }

    /// A name that is not in use: `name`, `name_2`, `name_3`, …; after `value` where the name can't be one.
    pub(crate) fn fresh(&mut self, name: &str) -> Ident {
        let name = if syn::parse_str::<Ident>(name).is_ok() { name } else { "value" };
        let mut candidate = name.to_owned();
        let count = self.counts.entry(candidate.clone()).or_insert(1);
        while !self.taken.insert(candidate.clone()) {
            *count += 1;
            candidate = format!("{name}_{count}");
        }
        ident(&candidate)
    }

    /// A name for a value of the graph.
    pub(crate) fn choose(&mut self, graph: &Graph, id: NodeId) -> Ident {
        self.fresh(&graph.describe(id))
    }

    /// Takes a name out of use, if it is not yet.
    pub(crate) fn take(&mut self, name: &Ident) {
        self.taken.insert(name.to_string());
    }

    /// All names in use, in order.
    pub(crate) fn all(&self) -> Vec<Ident> {
        let mut all: Vec<Ident> = self.taken.iter().map(|name| ident(name)).collect();
        all.sort();
        all
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

//! The names in scope, and what the branches of an `if` do to them.

use std::collections::{BTreeMap, HashMap};

use super::Value;

/// The names in scope, innermost last. A variable is its place in the list, its slot.
#[derive(Default)]
pub(super) struct Scope {
    variables: Vec<Variable>,
    /// The slots of each name, innermost last.
    slots: HashMap<String, Vec<usize>>,
    /// The branches that are being read, innermost last.
    branches: Vec<Mark>,
    /// What the variables held before each assignment inside of these branches.
    journal: Vec<(usize, Option<Value>)>,
}

struct Variable {
    name: String,
    /// `None` if the value was refused and reported already.
    value: Option<Value>,
    /// True if the variable holds a reference.
    is_reference: bool,
}

/// The state before a branch.
#[derive(Clone, Copy)]
struct Mark {
    journal: usize,
    depth: usize,
}

/// A variable that two branches leave with different values.
pub(super) struct Difference {
    pub(super) slot: usize,
    /// After the branch that was read first.
    pub(super) first: Option<Value>,
    /// After the other one.
    pub(super) second: Option<Value>,
}

impl Scope {
    /// The number of names, to [`Scope::truncate`] to.
    pub(super) fn depth(&self) -> usize {
        self.variables.len()
    }

    /// Forgets the names that were bound since.
    pub(super) fn truncate(&mut self, depth: usize) {
        for variable in self.variables.drain(depth..) {
            if let Some(slots) = self.slots.get_mut(&variable.name) {
                slots.pop();
            }
        }
    }

    /// Binds a name.
    pub(super) fn bind(&mut self, name: String, value: Option<Value>, is_reference: bool) {
        self.slots.entry(name.clone()).or_default().push(self.variables.len());
        self.variables.push(Variable { name, value, is_reference });
    }

    /// The variable that a name means here.
    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.slots.get(name)?.last().copied()
    }

    /// The name of a variable.
    pub(super) fn name(&self, slot: usize) -> &str {
        &self.variables[slot].name
    }

    /// What a variable holds; `None` if that was refused.
    pub(super) fn value(&self, slot: usize) -> Option<&Value> {
        self.variables[slot].value.as_ref()
    }

    /// True if a variable holds a reference.
    pub(super) fn is_reference(&self, slot: usize) -> bool {
        self.variables[slot].is_reference
    }

    /// Assigns to a variable.
    pub(super) fn assign(&mut self, slot: usize, value: Option<Value>) {
        let old = std::mem::replace(&mut self.variables[slot].value, value);
        if self.branches.last().is_some_and(|mark| slot < mark.depth) {
            self.journal.push((slot, old));
        }
    }

    /// Starts to read the first of two branches.
    pub(super) fn begin_first(&mut self) {
        self.branches.push(Mark { journal: self.journal.len(), depth: self.depth() });
    }

    /// Ends the first branch: what it assigned, by slot. The variables are as before it, for the second branch.
    pub(super) fn begin_second(&mut self) -> BTreeMap<usize, Option<Value>> {
        let mark = self.mark();
        let mut after = BTreeMap::new();
        while self.journal.len() > mark.journal {
            let Some((slot, old)) = self.journal.pop() else { break };
            if slot < mark.depth {
                let value = std::mem::replace(&mut self.variables[slot].value, old);
                // The last assignment is undone first.
                after.entry(slot).or_insert(value);
            }
        }
        after
    }

    /// Ends the second branch: the variables that one of the two assigned to, in the order of their slots. They hold
    /// what the second branch left until the caller assigns what is to be there after both.
    pub(super) fn end(&mut self, first: BTreeMap<usize, Option<Value>>) -> Vec<Difference> {
        let mark = self.mark();
        self.branches.pop();
        let mut before = BTreeMap::new();
        for (slot, old) in self.journal[mark.journal..].iter().filter(|(slot, _)| *slot < mark.depth) {
            before.entry(*slot).or_insert_with(|| old.clone());
        }
        if self.branches.is_empty() {
            self.journal.clear();
        }
        let mut after_first = before;
        after_first.extend(first);
        after_first
            .into_iter()
            .map(|(slot, first)| Difference { slot, first, second: self.variables[slot].value.clone() })
            .collect()
    }

    fn mark(&self) -> Mark {
        *self.branches.last().expect("a branch was begun")
    }
}

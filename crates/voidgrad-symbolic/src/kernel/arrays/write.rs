//! A stage as statements: loops over rows of lanes.

use std::collections::{BTreeMap, HashMap, HashSet};

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::schedule::{Kind, Loop, Schedule, matrix_and_array};
use super::terms::size;
use crate::emit::{Argument, Output, Sums, Types, lines};
use crate::graph::{Graph, NodeId, Op, Position, Shape};

/// What a stage reads.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// A number in every lane, or a mask: its name or expression.
    Number(TokenStream),
    /// Plain numbers that all lanes share, by the name of the slice.
    Plain(Ident),
    /// Rows of lanes, by the name of the slice.
    Rows(Ident),
}

/// What a stage leaves.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// A value is written to rows with this name; a number to the first of them.
    Store(NodeId, Ident),
    /// A value is added to the sums of φ from this entry on.
    Add(NodeId, usize),
    /// `Σ a·bᵀ` is added to the sums of φ from this entry on.
    Outer(Vec<(NodeId, NodeId)>, usize),
}

/// A stage, written.
pub(super) struct Written {
    pub(super) statements: TokenStream,
    /// The names of the arrays in memory, with their entries.
    pub(super) memory: Vec<(Ident, usize)>,
    /// The expression of the result.
    pub(super) result: Option<TokenStream>,
}

/// The most arrays that one product takes side by side.
const SIDE_BY_SIDE: usize = 4;

/// Products with one matrix, transposed or not, side by side.
struct Side {
    of: (NodeId, bool),
    /// Each with the array that is multiplied.
    products: Vec<(NodeId, NodeId)>,
}

/// Writes stages over one graph.
pub(super) struct Writer<'a> {
    graph: &'a Graph,
    types: &'a Types,
    given: &'a HashMap<NodeId, Given>,
    schedule: Schedule,
    taken: HashSet<String>,
    /// Numbers that have a name.
    numbers: HashMap<NodeId, Ident>,
    /// Arrays in memory.
    rows: HashMap<NodeId, Ident>,
    memory: Vec<(Ident, usize)>,
}

impl<'a> Writer<'a> {
    /// Writes a stage; `result` is a number that it returns. `None` where something has no form in rows of lanes.
    pub(super) fn write(
        graph: &'a Graph,
        types: &'a Types,
        given: &'a HashMap<NodeId, Given>,
        taken: &HashSet<String>,
        effects: &[Effect],
        result: Option<NodeId>,
    ) -> Option<Written> {
        let mut roots: Vec<NodeId> = result.into_iter().collect();
        for effect in effects {
            match effect {
                Effect::Store(id, _) | Effect::Add(id, _) => roots.push(*id),
                Effect::Outer(pairs, _) => roots.extend(pairs.iter().flat_map(|(a, b)| [*a, *b])),
            }
        }
        let mut schedule = Schedule::new(graph, &roots, &|id| given.contains_key(&id))?;
        for effect in effects {
            match effect {
                Effect::Store(id, _) | Effect::Add(id, _) => {
                    let entries = graph.shape(*id).entries()?;
                    let region = schedule.ready_for_loop(*id, entries);
                    schedule.store_for(graph, *id, Some(region));
                }
                Effect::Outer(pairs, _) => {
                    for array in pairs.iter().flat_map(|(a, b)| [*a, *b]) {
                        schedule.store_for(graph, array, None);
                    }
                }
            }
        }
        let mut writer = Self {
            graph,
            types,
            given,
            schedule,
            taken: taken.clone(),
            numbers: HashMap::new(),
            rows: HashMap::new(),
            memory: Vec::new(),
        };
        let effects = writer.homes(effects);
        let mut statements = TokenStream::new();
        for wave in 0..=writer.schedule.waves {
            statements.extend(writer.wave(wave, &effects, result));
        }
        let result = result.map(|id| writer.number(id));
        Some(Written { statements, memory: writer.memory, result })
    }

    /// An array that is to be written somewhere is computed there: its rows need no other place. What else there is to do.
    fn homes(&mut self, effects: &[Effect]) -> Vec<Effect> {
        let mut rest = Vec::new();
        for effect in effects {
            match effect {
                Effect::Store(id, to)
                    if matches!(
                        self.schedule.slot(*id),
                        Some((_, Kind::Entries(_) | Kind::Product | Kind::Assembly))
                    ) && !self.rows.contains_key(id) =>
                {
                    self.rows.insert(*id, to.clone());
                    self.schedule.store_for(self.graph, *id, None);
                }
                other => rest.push(other.clone()),
            }
        }
        rest
    }

    fn fresh(&mut self, name: &str) -> Ident {
        let name = if syn::parse_str::<Ident>(name).is_ok() { name } else { "value" };
        let mut candidate = name.to_owned();
        let mut count = 1;
        while !self.taken.insert(candidate.clone()) {
            count += 1;
            candidate = format!("{name}_{count}");
        }
        format_ident!("{candidate}")
    }

    fn wave(&mut self, wave: usize, effects: &[Effect], result: Option<NodeId>) -> TokenStream {
        let mut statements = self.numbers_of(wave, effects, result);
        let mut loops = self.schedule.loops(self.graph, wave);
        let mut by_loop: BTreeMap<usize, Vec<&Effect>> = BTreeMap::new();
        for effect in effects {
            if let Effect::Store(id, _) | Effect::Add(id, _) = effect
                && !self.graph.shape(*id).is_scalar()
            {
                let entries = self.graph.shape(*id).entries().unwrap_or(1);
                if self.schedule.ready_for_loop(*id, entries) == (wave, entries) {
                    by_loop.entry(entries).or_default().push(effect);
                    loops.entry(entries).or_default();
                }
            }
        }
        for (entries, values) in loops {
            let effects = by_loop.remove(&entries).unwrap_or_default();
            statements.extend(self.entries((wave, entries), &values, &effects));
        }
        statements.extend(self.products(wave));
        statements.extend(self.assemblies(wave));
        statements.extend(self.outer(wave, effects));
        statements
    }

    /// The numbers of a wave, one statement each, and what is done with them.
    fn numbers_of(&mut self, wave: usize, effects: &[Effect], result: Option<NodeId>) -> TokenStream {
        let read = self.read_elsewhere(effects, result);
        let values: Vec<NodeId> = (self.schedule.of_wave(self.graph, wave))
            .filter(|(id, kind)| matches!(kind, Kind::Number | Kind::Lookup) && read.contains(id))
            .map(|(id, _)| id)
            .collect();
        let mut statements = TokenStream::new();
        if !values.is_empty() {
            let (lines, expressions) = self.body(&values, None);
            self.taken.extend(bound(&lines));
            statements.extend(lines);
            for (id, expression) in values.iter().zip(expressions) {
                let name = match syn::parse2::<Ident>(expression.clone()) {
                    Ok(name) => {
                        self.taken.insert(name.to_string());
                        name
                    }
                    Err(_) => {
                        let name = self.fresh(&self.graph.describe(*id));
                        statements.extend(quote!(let #name = #expression;));
                        name
                    }
                };
                self.numbers.insert(*id, name);
            }
        }
        let root = self.types.root().clone();
        for effect in effects {
            match effect {
                Effect::Store(id, to) if self.is_number_of(*id, wave) => {
                    let value = self.number(*id);
                    statements.extend(quote!(#root::kernel::set_row(#to, 0, #value);));
                }
                Effect::Add(id, at) if self.is_number_of(*id, wave) => {
                    let (value, at) = (self.number(*id), Literal::usize_unsuffixed(*at));
                    statements.extend(quote!(#root::kernel::add_row(hand, sums, #at, #value);));
                }
                _ => {}
            }
        }
        statements
    }

    fn is_number_of(&self, id: NodeId, wave: usize) -> bool {
        self.graph.shape(id).is_scalar() && self.schedule.ready_for_number(id) == wave
    }

    /// The numbers that something else than a number of the same wave reads.
    fn read_elsewhere(&self, effects: &[Effect], result: Option<NodeId>) -> HashSet<NodeId> {
        let mut read: HashSet<NodeId> = result.into_iter().collect();
        for effect in effects {
            if let Effect::Store(id, _) | Effect::Add(id, _) = effect {
                read.insert(*id);
            }
        }
        for id in self.graph.ids() {
            let Some((wave, kind)) = self.schedule.slot(id) else { continue };
            let is_number = matches!(kind, Kind::Number | Kind::Lookup) && !self.graph.is_mask(id);
            self.graph.op(id).operands(|operand| {
                if !is_number || self.schedule.slot(operand).is_some_and(|(at, _)| at != wave) {
                    read.insert(operand);
                }
            });
        }
        read
    }

    /// A number that is there: its name, or what it is given by.
    fn number(&self, id: NodeId) -> TokenStream {
        if let Some(name) = self.numbers.get(&id) {
            return quote!(#name);
        }
        match self.given.get(&id) {
            Some(Given::Number(expression)) => expression.clone(),
            Some(Given::Rows(rows)) => {
                let root = self.types.root();
                quote!(#root::kernel::row(hand, #rows, 0))
            }
            Some(Given::Plain(numbers)) => quote!(hand.splat(#numbers[0])),
            None => {
                let value = self.graph.literal_value(id).unwrap_or(0.0);
                let value = Literal::f64_unsuffixed(value);
                quote!(hand.constant(#value))
            }
        }
    }

    /// A loop over entries.
    fn entries(&mut self, at: Loop, values: &[NodeId], effects: &[&Effect]) -> TokenStream {
        let root = self.types.root().clone();
        let (mut before, mut stored, mut sums) = (TokenStream::new(), Vec::new(), Vec::new());
        for id in values {
            if let Some((_, Kind::Sum(_))) = self.schedule.slot(*id) {
                let name = self.fresh(&self.graph.describe(*id));
                before.extend(quote!(let mut #name = hand;));
                self.numbers.insert(*id, name.clone());
                sums.push((*id, name));
            } else if self.schedule.is_stored(*id) {
                stored.push((*id, self.memory(*id)));
            }
        }
        let mut wanted: Vec<NodeId> = stored.iter().chain(&sums).map(|(id, _)| *id).collect();
        wanted.extend(effects.iter().map(|effect| match effect {
            Effect::Store(id, _) | Effect::Add(id, _) => *id,
            Effect::Outer(..) => unreachable!("an outer product is no loop over entries"),
        }));
        if wanted.is_empty() {
            return TokenStream::new();
        }
        let (lines, expressions) = self.body(&wanted, Some(at));
        let mut expressions = expressions.into_iter();
        let mut inside = lines;
        for ((_, name), value) in stored.iter().zip(expressions.by_ref()) {
            inside.extend(quote!(#root::kernel::set_row(#name, i, #value);));
        }
        for ((_, name), value) in sums.iter().zip(expressions.by_ref()) {
            inside.extend(quote!(#name = #name + #value;));
        }
        for (effect, value) in effects.iter().zip(expressions) {
            match effect {
                Effect::Store(_, to) => inside.extend(quote!(#root::kernel::set_row(#to, i, #value);)),
                Effect::Add(_, first) => {
                    let place = match first {
                        0 => quote!(i),
                        first => {
                            let first = Literal::usize_unsuffixed(*first);
                            quote!(#first + i)
                        }
                    };
                    inside.extend(quote!(#root::kernel::add_row(hand, sums, #place, #value);));
                }
                Effect::Outer(..) => {}
            }
        }
        let count = Literal::usize_unsuffixed(at.1);
        quote!(#before for i in 0..#count { #inside })
    }

    /// Memory for an array.
    fn memory(&mut self, id: NodeId) -> Ident {
        if let Some(home) = self.rows.get(&id) {
            return home.clone();
        }
        let name = self.fresh(&self.graph.describe(id));
        self.memory.push((name.clone(), self.graph.shape(id).entries().unwrap_or(1)));
        self.rows.insert(id, name.clone());
        name
    }

    /// The products of a wave; those with one matrix side by side.
    fn products(&mut self, wave: usize) -> TokenStream {
        let products: Vec<NodeId> = (self.schedule.of_wave(self.graph, wave))
            .filter(|(_, kind)| *kind == Kind::Product)
            .map(|(id, _)| id)
            .collect();
        let mut groups: Vec<Side> = Vec::new();
        for id in products {
            let Op::MatMul(a, b) = *self.graph.op(id) else { continue };
            let Some((matrix, is_transposed, x)) = matrix_and_array(self.graph, a, b) else { continue };
            let key = (matrix, is_transposed);
            match groups.iter_mut().find(|Side { of, products }| *of == key && products.len() < SIDE_BY_SIDE)
            {
                Some(side) => side.products.push((id, x)),
                None => groups.push(Side { of: key, products: vec![(id, x)] }),
            }
        }
        let root = self.types.root().clone();
        let mut statements = TokenStream::new();
        for Side { of: (matrix, is_transposed), products: group } in groups {
            let (rows, columns) = size(self.graph.shape(matrix)).unwrap_or((1, 1));
            let [rows, columns] = [rows, columns].map(Literal::usize_unsuffixed);
            let Some(Given::Plain(matrix)) = self.given.get(&matrix).cloned() else { continue };
            let x: Vec<Ident> = group.iter().filter_map(|(_, x)| self.slice(*x)).collect();
            let y: Vec<Ident> = group.iter().map(|(id, _)| self.memory(*id)).collect();
            let function = if is_transposed { quote!(transposed_product) } else { quote!(product) };
            statements.extend(quote! {
                #root::kernel::#function(hand, #matrix, [#rows, #columns], [#(&*#x),*], [#(&mut *#y),*]);
            });
        }
        statements
    }

    /// The rows of an array in memory.
    fn slice(&self, id: NodeId) -> Option<Ident> {
        if let Some(name) = self.rows.get(&id) {
            return Some(name.clone());
        }
        match self.given.get(&id)? {
            Given::Rows(name) | Given::Plain(name) => Some(name.clone()),
            Given::Number(_) => None,
        }
    }

    /// Arrays of a few numbers.
    fn assemblies(&mut self, wave: usize) -> TokenStream {
        let assemblies: Vec<NodeId> = (self.schedule.of_wave(self.graph, wave))
            .filter(|(_, kind)| *kind == Kind::Assembly)
            .map(|(id, _)| id)
            .collect();
        let root = self.types.root().clone();
        let mut statements = TokenStream::new();
        for id in assemblies {
            let name = self.memory(id);
            statements.extend(quote!(#name.fill(::core::default::Default::default());));
            let Op::Assemble(entries) = self.graph.op(id) else { continue };
            for (at, entry) in entries {
                let (at, value) =
                    (Literal::usize_unsuffixed(place(self.graph.shape(id), *at)), self.number(*entry));
                statements.extend(quote!(#root::kernel::set_row(#name, #at, #value);));
            }
        }
        statements
    }

    /// Outer products that are added to the sums at the end of a wave.
    fn outer(&self, wave: usize, effects: &[Effect]) -> TokenStream {
        let root = self.types.root();
        let mut statements = TokenStream::new();
        for effect in effects {
            let Effect::Outer(pairs, first) = effect else { continue };
            let ready = |(a, b): &(NodeId, NodeId)| {
                self.schedule.ready_for_product(*a).max(self.schedule.ready_for_product(*b))
            };
            if pairs.iter().map(ready).max() != Some(wave) {
                continue;
            }
            let entries = |id: NodeId| self.graph.shape(id).entries().unwrap_or(1);
            for group in pairs.chunks(SIDE_BY_SIDE) {
                let (rows, columns) = (entries(group[0].0), entries(group[0].1));
                let a: Vec<Ident> = group.iter().filter_map(|(a, _)| self.slice(*a)).collect();
                let b: Vec<Ident> = group.iter().filter_map(|(_, b)| self.slice(*b)).collect();
                let [first, count, rows, columns] =
                    [*first, rows * columns, rows, columns].map(Literal::usize_unsuffixed);
                statements.extend(quote! {
                    #root::kernel::add_outer(
                        hand,
                        [#rows, #columns],
                        [#(&*#a),*],
                        [#(&*#b),*],
                        &mut sums[#first * R::LANES..][..#count * R::LANES],
                    );
                });
            }
        }
        statements
    }

    /// The lines that compute values, and their expressions: numbers, or entries `i` of a loop.
    fn body(&self, wanted: &[NodeId], region: Option<Loop>) -> (TokenStream, Vec<TokenStream>) {
        let mut body = Body {
            writer: self,
            graph: Graph::default(),
            arguments: Vec::new(),
            copies: HashMap::new(),
            region,
        };
        body.argument("hand", quote!(hand), None, false);
        for name in sorted(&self.taken) {
            body.argument(name, quote!(hand), None, false);
        }
        body.copy(wanted);
        let outputs: Vec<Output> = wanted.iter().map(|id| Output::Node(body.term(*id))).collect();
        lines(&body.graph, &body.arguments, 1, self.types, &outputs, &[], Sums::Fused)
    }
}

/// The names that statements bind.
fn bound(statements: &TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut after_let = false;
    for token in statements.clone() {
        match token {
            TokenTree::Ident(ident) if after_let => {
                names.push(ident.to_string());
                after_let = false;
            }
            TokenTree::Ident(ident) => after_let = ident == "let",
            _ => after_let = false,
        }
    }
    names
}

fn sorted(names: &HashSet<String>) -> Vec<&String> {
    let mut names: Vec<&String> = names.iter().filter(|name| *name != "hand").collect();
    names.sort();
    names
}

/// A part of the graph over numbers: those of a wave, or of one round of a loop.
struct Body<'w, 'a> {
    writer: &'w Writer<'a>,
    graph: Graph,
    arguments: Vec<Argument>,
    copies: HashMap<NodeId, NodeId>,
    region: Option<Loop>,
}

impl Body<'_, '_> {
    fn argument(
        &mut self,
        name: &str,
        expression: TokenStream,
        setup: Option<TokenStream>,
        mask: bool,
    ) -> NodeId {
        let id = self.graph.parameter(self.arguments.len(), Shape::Scalar, mask);
        let ident = format_ident!("{name}");
        self.arguments.push(Argument { expression, setup, ..Argument::named(ident, Shape::Scalar, mask) });
        id
    }

    /// Whether a value is computed in these lines, or is there before them.
    fn is_here(&self, id: NodeId) -> bool {
        let writer = self.writer;
        if writer.given.contains_key(&id) || writer.numbers.contains_key(&id) {
            // A sum has its name while the loop adds it up.
            return matches!(writer.schedule.slot(id), Some((_, Kind::Sum(_))))
                && writer.schedule.region(id) == self.region
                && self.region.is_some();
        }
        if writer.graph.is_mask(id) {
            return true;
        }
        match (writer.schedule.slot(id), self.region) {
            (Some((_, Kind::Entries(_) | Kind::Sum(_))), region) => writer.schedule.region(id) == region,
            (Some((_, Kind::Product | Kind::Assembly)), _) => false,
            (Some((_, Kind::Number | Kind::Lookup)), _) => true,
            (None, _) => true,
        }
    }

    fn copy(&mut self, wanted: &[NodeId]) {
        let source = self.writer.graph;
        let mut needed = vec![false; source.len()];
        let mut open = wanted.to_vec();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut needed[id.index()], true) && self.is_here(id) {
                match source.op(id) {
                    // Read as arrays in memory.
                    Op::Index(..) | Op::LogSumExp(_) => {}
                    op => op.operands(|operand| open.push(operand)),
                }
            }
        }
        for id in source.ids().filter(|id| needed[id.index()]) {
            let copy = if self.is_here(id) { self.computed(id) } else { self.read(id) };
            self.copies.insert(id, copy);
        }
    }

    /// The node that stands for a value that is wanted.
    fn term(&self, id: NodeId) -> NodeId {
        self.copies[&id]
    }

    fn computed(&mut self, id: NodeId) -> NodeId {
        let source = self.writer.graph;
        let copies = &self.copies;
        let copy = match source.op(id) {
            Op::Broadcast(a) | Op::Transpose(a) | Op::Sum(a) => return copies[a],
            Op::Dot(a, b) => {
                let op = Op::Mul(copies[a], copies[b]);
                return self.graph.node(op, Shape::Scalar);
            }
            Op::Places => {
                let place = quote!(hand.constant(i as f64));
                return self.argument("place", place, None, false);
            }
            Op::Length(length) => {
                let length = length.fixed().unwrap_or_default() as f64;
                return self.graph.literal(length);
            }
            Op::Index(array, at) => {
                let (array, at) = (*array, place(source.shape(*array), *at));
                return self.lookup(id, array, at);
            }
            Op::LogSumExp(array) => {
                let root = self.writer.types.root().clone();
                let Some(slice) = self.writer.slice(*array) else { return self.graph.zero() };
                return self.named(id, quote!(#root::kernel::log_sum_exp(hand, &*#slice)));
            }
            op => {
                let op = self.graph.adopt(op.clone(), source).map_operands(|operand| copies[&operand]);
                self.graph.node(op, Shape::Scalar)
            }
        };
        let name = source.describe(id);
        if source.hint(id).is_some() {
            self.graph.set_hint(copy, if self.region.is_some() { format!("{name}_i") } else { name });
        }
        copy
    }

    /// An argument whose name is made for it.
    fn named(&mut self, id: NodeId, setup: TokenStream) -> NodeId {
        let name = self.writer.graph.describe(id);
        let name = if syn::parse_str::<Ident>(&name).is_ok() { name } else { "value".to_owned() };
        let name = if self.region.is_some() { format!("{name}_i") } else { name };
        let mut candidate = name.clone();
        let mut count = 1;
        while self.arguments.iter().any(|argument| argument.ident == candidate) {
            count += 1;
            candidate = format!("{name}_{count}");
        }
        let ident = format_ident!("{candidate}");
        self.argument(&candidate, quote!(#ident), Some(setup), false)
    }

    fn lookup(&mut self, id: NodeId, array: NodeId, at: usize) -> NodeId {
        let root = self.writer.types.root().clone();
        let at = Literal::usize_unsuffixed(at);
        let plain = match self.writer.given.get(&array) {
            Some(Given::Plain(name)) => Some(name.clone()),
            _ => None,
        };
        match (plain, self.writer.slice(array)) {
            (Some(numbers), _) => self.named(id, quote!(hand.splat(#numbers[#at]))),
            (None, Some(rows)) => self.named(id, quote!(#root::kernel::row(hand, #rows, #at))),
            (None, None) => self.graph.zero(),
        }
    }

    /// A value that is there: a number, or an entry of an array in memory.
    fn read(&mut self, id: NodeId) -> NodeId {
        let writer = self.writer;
        let root = writer.types.root();
        if writer.graph.shape(id).is_scalar() {
            let number = writer.number(id);
            let mask = writer.graph.is_mask(id);
            return match syn::parse2::<Ident>(number.clone()) {
                Ok(_) => self.argument("given", number, None, mask),
                Err(_) if mask => self.argument("given", number, None, true),
                Err(_) => self.named(id, number),
            };
        }
        let setup = match (writer.rows.get(&id), writer.given.get(&id)) {
            (Some(rows), _) | (None, Some(Given::Rows(rows))) => quote!(#root::kernel::row(hand, #rows, i)),
            (None, Some(Given::Plain(numbers))) => quote!(hand.splat(#numbers[i])),
            (None, _) => quote!(hand),
        };
        self.named(id, setup)
    }
}

/// The number of an entry, column by column.
fn place(shape: &Shape, at: Position) -> usize {
    let rows = size(shape).map_or(1, |(rows, _)| rows);
    match at {
        Position::Entry(i) => i,
        Position::Cell(row, column) => row + column * rows,
    }
}

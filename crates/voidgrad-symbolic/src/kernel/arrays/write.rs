//! A stage as statements: waves of numbers, loops over rows of lanes, and products.

use std::collections::{BTreeMap, HashMap, HashSet};

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::Extent;
use super::body::Body;
use super::panels::{PanelProduct, Panels};
use super::schedule::{Kind, Loop, Product, Schedule, Width, is_inline};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId, Op, Position, Shape};

/// What a stage reads.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// A number in every lane, or a mask, by its name.
    Number(Ident),
    /// Plain numbers that all lanes share, by the name of the slice.
    Plain(Ident),
    /// Rows of lanes, by the name of the slice; a number is one row.
    Rows(Ident),
}

/// What a stage leaves.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// A value is written to rows with this name; a number to the first of them.
    Store(NodeId, Ident),
    /// A value is added to the sums of φ from this entry on.
    Add(NodeId, Extent),
    /// `Σ a·bᵀ` is added to the sums of φ from this entry on.
    Outer(Vec<(NodeId, NodeId)>, Extent),
}

impl Effect {
    /// The same with other values.
    pub(super) fn map(self, mut to: impl FnMut(NodeId) -> NodeId) -> Self {
        match self {
            Self::Store(id, name) => Self::Store(to(id), name),
            Self::Add(id, first) => Self::Add(to(id), first),
            Self::Outer(pairs, first) => {
                Self::Outer(pairs.into_iter().map(|(a, b)| (to(a), to(b))).collect(), first)
            }
        }
    }

    /// The values that it takes.
    pub(super) fn nodes(&self) -> Vec<NodeId> {
        match self {
            Self::Store(id, _) | Self::Add(id, _) => vec![*id],
            Self::Outer(pairs, _) => pairs.iter().flat_map(|(a, b)| [*a, *b]).collect(),
        }
    }
}

/// A stage, written.
pub(super) struct Written {
    pub(super) statements: TokenStream,
    /// The names of the arrays in memory, with their entries.
    pub(super) memory: Vec<(Ident, Extent)>,
    /// The expression of the result.
    pub(super) result: Option<TokenStream>,
    pub(super) panels: Panels,
}

/// What the sums of φ are: rows of lanes, which are added up after the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sums {
    /// All of them, outer products too.
    Lanes,
    /// But for outer products, whose factors are kept, to be multiplied for many rows together.
    Panels,
}

/// The most arrays that one product takes side by side.
const SIDE_BY_SIDE: usize = 4;

/// Writes stages over one graph. Every method gives `None` where a value that is read is not there: then there is no kernel.
pub(super) struct Writer<'a> {
    pub(super) graph: &'a Graph,
    pub(super) types: &'a Types,
    pub(super) given: &'a HashMap<NodeId, Given>,
    pub(super) schedule: Schedule,
    sums: Sums,
    panels: Panels,
    pub(super) names: Names,
    /// Numbers that have a name.
    pub(super) numbers: HashMap<NodeId, Ident>,
    /// Arrays in memory.
    pub(super) rows: HashMap<NodeId, Ident>,
    memory: Vec<(Ident, Extent)>,
}

impl<'a> Writer<'a> {
    /// Writes a stage; `result` is a number that it returns. `None` where something has no form in rows of lanes.
    pub(super) fn write(
        graph: &'a Graph,
        (types, width): (&'a Types, Width),
        given: &'a HashMap<NodeId, Given>,
        names: &Names,
        (effects, sums): (&[Effect], Sums),
        result: Option<NodeId>,
    ) -> Option<Written> {
        let roots: Vec<NodeId> = effects.iter().flat_map(Effect::nodes).chain(result).collect();
        let mut schedule = Schedule::new(graph, &roots, width, &|id| given.contains_key(&id))?;
        for effect in effects {
            for id in effect.nodes() {
                let region = match effect {
                    Effect::Outer(..) => None,
                    _ => Some(schedule.ready_for_loop(id, Extent::of(graph.shape(id)))),
                };
                schedule.store_for(graph, id, region.as_ref());
            }
        }
        let mut writer = Self {
            graph,
            types,
            given,
            schedule,
            sums,
            panels: Panels::default(),
            names: names.clone(),
            numbers: HashMap::new(),
            rows: HashMap::new(),
            memory: Vec::new(),
        };
        let effects = writer.homes(effects);
        let mut statements = TokenStream::new();
        for wave in 0..=writer.schedule.waves {
            statements.extend(writer.wave(wave, &effects, result)?);
        }
        let result = match result {
            Some(id) => Some(writer.number(id)?),
            None => None,
        };
        Some(Written { statements, memory: writer.memory, result, panels: writer.panels })
    }

    /// An array that is to be written somewhere is computed there: its rows need no other place. Returns what else there is to do.
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

    fn wave(&mut self, wave: usize, effects: &[Effect], result: Option<NodeId>) -> Option<TokenStream> {
        let mut statements = self.numbers_of(wave, effects, result)?;
        let mut loops = self.schedule.loops(self.graph, wave);
        let mut by_loop: BTreeMap<Extent, Vec<&Effect>> = BTreeMap::new();
        for effect in effects {
            if let Effect::Store(id, _) | Effect::Add(id, _) = effect
                && !self.graph.shape(*id).is_scalar()
            {
                let entries = Extent::of(self.graph.shape(*id));
                if self.schedule.ready_for_loop(*id, entries.clone()).0 == wave {
                    by_loop.entry(entries.clone()).or_default().push(effect);
                    loops.entry(entries).or_default();
                }
            }
        }
        for (entries, values) in loops {
            let effects = by_loop.remove(&entries).unwrap_or_default();
            statements.extend(self.entries(&(wave, entries), &values, &effects)?);
        }
        statements.extend(self.products(wave)?);
        statements.extend(self.assemblies(wave)?);
        statements.extend(self.outer(wave, effects)?);
        Some(statements)
    }

    /// The numbers of a wave, one statement each, and what is done with them.
    fn numbers_of(&mut self, wave: usize, effects: &[Effect], result: Option<NodeId>) -> Option<TokenStream> {
        let read = self.read_elsewhere(effects, result);
        let values: Vec<NodeId> = (self.schedule.of_wave(self.graph, wave))
            .filter(|(id, kind)| matches!(kind, Kind::Number | Kind::Lookup) && read.contains(id))
            .map(|(id, _)| id)
            .collect();
        let mut statements = TokenStream::new();
        if !values.is_empty() {
            let (lines, expressions) = Body::write(self, &values, None)?;
            for name in bound(&lines) {
                self.names.take(&name);
            }
            statements.extend(lines);
            for (id, expression) in values.iter().zip(expressions) {
                let name = match syn::parse2::<Ident>(expression.clone()) {
                    Ok(name) => name,
                    Err(_) => {
                        let name = self.names.choose(self.graph, *id);
                        statements.extend(quote!(let #name = #expression;));
                        name
                    }
                };
                self.numbers.insert(*id, name);
            }
        }
        let root = self.types.root();
        for effect in effects {
            match effect {
                Effect::Store(id, to) if self.is_number_of(*id, wave) => {
                    let value = self.number(*id)?;
                    statements.extend(quote!(#root::kernel::set_row(#to, 0, #value);));
                }
                Effect::Add(id, at) if self.is_number_of(*id, wave) => {
                    let value = self.number(*id)?;
                    statements.extend(quote!(#root::kernel::add_row(hand, sums, #at, #value);));
                }
                _ => {}
            }
        }
        Some(statements)
    }

    fn is_number_of(&self, id: NodeId, wave: usize) -> bool {
        self.graph.shape(id).is_scalar() && self.schedule.ready_for_number(id) == wave
    }

    /// The numbers that something else than a number of the same wave reads.
    fn read_elsewhere(&self, effects: &[Effect], result: Option<NodeId>) -> HashSet<NodeId> {
        let mut read: HashSet<NodeId> = effects.iter().flat_map(Effect::nodes).chain(result).collect();
        for id in self.graph.ids() {
            let Some((wave, kind)) = self.schedule.slot(id) else { continue };
            let is_number = matches!(kind, Kind::Number | Kind::Lookup) && !is_inline(self.graph, id);
            self.graph.op(id).operands(|operand| {
                if !is_number || self.schedule.slot(operand).is_some_and(|(at, _)| at != wave) {
                    read.insert(operand);
                }
            });
        }
        read
    }

    /// A number that is there: its name, the row that it is, or a constant.
    pub(super) fn number(&self, id: NodeId) -> Option<TokenStream> {
        if let Some(name) = self.numbers.get(&id) {
            return Some(quote!(#name));
        }
        match self.given.get(&id) {
            Some(Given::Number(name)) => Some(quote!(#name)),
            Some(Given::Rows(rows)) => {
                let root = self.types.root();
                Some(quote!(#root::kernel::row(hand, #rows, 0)))
            }
            Some(Given::Plain(_)) => None,
            None if is_inline(self.graph, id) => {
                let (_, expressions) = Body::write(self, &[id], None)?;
                expressions.into_iter().next()
            }
            None => None,
        }
    }

    /// A loop over entries: arrays, sums of arrays, and what is done with arrays.
    fn entries(&mut self, at: &Loop, values: &[NodeId], effects: &[&Effect]) -> Option<TokenStream> {
        let (mut before, mut stored, mut sums) = (TokenStream::new(), Vec::new(), Vec::new());
        for id in values {
            if let Some((_, Kind::Sum(_))) = self.schedule.slot(*id) {
                let name = self.names.choose(self.graph, *id);
                before.extend(quote!(let mut #name = hand;));
                self.numbers.insert(*id, name.clone());
                sums.push((*id, name));
            } else if self.schedule.is_stored(*id) {
                stored.push((*id, self.memory(*id)));
            }
        }
        let mut wanted: Vec<NodeId> = stored.iter().chain(&sums).map(|(id, _)| *id).collect();
        wanted.extend(effects.iter().flat_map(|effect| effect.nodes()));
        if wanted.is_empty() {
            return Some(TokenStream::new());
        }
        let root = self.types.root();
        let (mut inside, expressions) = Body::write(self, &wanted, Some(at.clone()))?;
        let mut expressions = expressions.into_iter();
        for ((_, name), value) in stored.iter().zip(expressions.by_ref()) {
            inside.extend(quote!(#root::kernel::set_row(#name, i, #value);));
        }
        for ((_, name), value) in sums.iter().zip(expressions.by_ref()) {
            inside.extend(quote!(#name = #value;));
        }
        for (effect, value) in effects.iter().zip(expressions) {
            match effect {
                Effect::Store(_, to) => inside.extend(quote!(#root::kernel::set_row(#to, i, #value);)),
                Effect::Add(_, first) => {
                    let place = match first.fixed() {
                        Some(0) => quote!(i),
                        _ => quote!(#first + i),
                    };
                    inside.extend(quote!(#root::kernel::add_row(hand, sums, #place, #value);));
                }
                Effect::Outer(..) => return None,
            }
        }
        let count = &at.1;
        Some(quote!(#before for i in 0..#count { #inside }))
    }

    /// Memory for an array.
    fn memory(&mut self, id: NodeId) -> Ident {
        if let Some(home) = self.rows.get(&id) {
            return home.clone();
        }
        let name = self.names.choose(self.graph, id);
        self.memory.push((name.clone(), Extent::of(self.graph.shape(id))));
        self.rows.insert(id, name.clone());
        name
    }

    /// The values of one kind in a wave.
    fn of_kind(&self, wave: usize, kind: &Kind) -> Vec<NodeId> {
        self.schedule.of_wave(self.graph, wave).filter(|(_, its)| *its == kind).map(|(id, _)| id).collect()
    }

    /// The products of a wave; those with one matrix side by side.
    fn products(&mut self, wave: usize) -> Option<TokenStream> {
        let mut groups: Vec<(Product, Vec<(NodeId, NodeId)>)> = Vec::new();
        for id in self.of_kind(wave, &Kind::Product) {
            let product = self.schedule.product(self.graph, id)?;
            let fits = |(first, group): &&mut (Product, Vec<_>)| {
                (first.matrix, first.is_transposed) == (product.matrix, product.is_transposed)
                    && group.len() < SIDE_BY_SIDE
            };
            match groups.iter_mut().find(fits) {
                Some((_, group)) => group.push((id, product.array)),
                None => groups.push((product, vec![(id, product.array)])),
            }
        }
        let mut statements = TokenStream::new();
        for (Product { matrix, is_transposed, .. }, group) in groups {
            let Shape::Matrix(rows, columns) = self.graph.shape(matrix) else { return None };
            let [rows, columns] = [rows, columns].map(Extent::from);
            let matrix = match self.given.get(&matrix) {
                Some(Given::Plain(name)) => quote!(#name),
                Some(_) => return None,
                None => {
                    let rows = self.slice(matrix)?;
                    quote!(&*#rows)
                }
            };
            let x = group.iter().map(|(_, x)| self.slice(*x)).collect::<Option<Vec<Ident>>>()?;
            let y: Vec<Ident> = group.iter().map(|(id, _)| self.memory(*id)).collect();
            let root = self.types.root();
            let function = if is_transposed { quote!(transposed_product) } else { quote!(product) };
            statements.extend(quote! {
                #root::kernel::#function(hand, #matrix, [#rows, #columns], [#(&*#x),*], [#(&mut *#y),*]);
            });
        }
        Some(statements)
    }

    /// The rows of an array in memory.
    pub(super) fn slice(&self, id: NodeId) -> Option<Ident> {
        match (self.rows.get(&id), self.given.get(&id)) {
            (Some(name), _) | (None, Some(Given::Rows(name))) => Some(name.clone()),
            // Where a stage computes what all samples share, it has one lane, and plain numbers are rows.
            (None, Some(Given::Plain(name))) => Some(name.clone()),
            _ => None,
        }
    }

    /// Arrays of a few numbers.
    fn assemblies(&mut self, wave: usize) -> Option<TokenStream> {
        let mut statements = TokenStream::new();
        for id in self.of_kind(wave, &Kind::Assembly) {
            let name = self.memory(id);
            match self.graph.op(id) {
                Op::Part(array, first) => {
                    let home = self.graph.shape(id);
                    let to = (&name, home, home.position(0, 0));
                    statements.extend(self.copied(*array, *first, id, to)?);
                    continue;
                }
                Op::Transpose(array) => {
                    statements.extend(self.transposed(*array, &name)?);
                    continue;
                }
                Op::Join(parts) => {
                    statements.extend(quote!(#name.fill(::core::default::Default::default());));
                    for (first, part) in parts {
                        let beginning = self.graph.shape(*part).position(0, 0);
                        let to = (&name, self.graph.shape(id), *first);
                        statements.extend(self.copied(*part, beginning, *part, to)?);
                    }
                    continue;
                }
                _ => statements.extend(quote!(#name.fill(::core::default::Default::default());)),
            }
            let Op::Assemble(entries) = self.graph.op(id) else { return None };
            for (at, entry) in entries {
                let at = place(self.graph.shape(id), *at);
                let (root, value) = (self.types.root(), self.number(*entry)?);
                statements.extend(quote!(#root::kernel::set_row(#name, #at, #value);));
            }
        }
        Some(statements)
    }

    /// Loops that copy a block of an array, from `first` on and as large as `like` is, to a place of another array.
    fn copied(
        &self,
        array: NodeId,
        first: Position,
        like: NodeId,
        (to, home, at): (&Ident, &Shape, Position),
    ) -> Option<TokenStream> {
        let root = self.types.root();
        let (whole, [rows, columns]) = (self.graph.shape(array), self.graph.shape(like).sides());
        // Entries of one column stand side by side, and so do whole columns.
        let is_one_piece =
            columns.fixed() == Some(1) || [whole, home].iter().all(|all| all.sides()[0] == rows);
        let (i, j) = (format_ident!("i"), self.names.clone().fresh("j"));
        let number = |shape: &Shape, first: Position| {
            let height = Extent::from(&shape.sides()[0]);
            let first = place(shape, first);
            let down = if first.fixed() == Some(0) { quote!(#i) } else { quote!(#first + #i) };
            if is_one_piece {
                return down;
            }
            let height = height.factor();
            quote!(#j * #height + #down)
        };
        let (from, at) = (number(whole, first), number(home, at));
        let entry = self.entry(array, &from)?;
        let store = quote!(#root::kernel::set_row(#to, #at, #entry););
        let (rows, columns) = (Extent::from(&rows), Extent::from(&columns));
        Some(if is_one_piece {
            let count = &rows * &columns;
            quote!(for #i in 0..#count { #store })
        } else {
            quote!(for #j in 0..#columns { for #i in 0..#rows { #store } })
        })
    }

    /// Loops that copy a matrix, transposed.
    fn transposed(&self, array: NodeId, to: &Ident) -> Option<TokenStream> {
        let root = self.types.root();
        let [rows, columns] = self.graph.shape(array).sides().map(|side| Extent::from(&side));
        let (i, j) = (format_ident!("i"), self.names.clone().fresh("j"));
        let (height, width) = (rows.factor(), columns.factor());
        let entry = self.entry(array, &quote!(#j * #height + #i))?;
        Some(quote! {
            for #j in 0..#columns {
                for #i in 0..#rows { #root::kernel::set_row(#to, #i * #width + #j, #entry); }
            }
        })
    }

    /// An entry of an array in memory.
    pub(super) fn entry(&self, array: NodeId, at: &TokenStream) -> Option<TokenStream> {
        let root = self.types.root();
        match (self.rows.get(&array), self.given.get(&array)) {
            (Some(rows), _) | (None, Some(Given::Rows(rows))) => {
                Some(quote!(#root::kernel::row(hand, #rows, #at)))
            }
            (None, Some(Given::Plain(numbers))) => Some(quote!(hand.splat(#numbers[#at]))),
            (None, _) => None,
        }
    }

    /// Outer products that are added to the sums at the end of a wave.
    fn outer(&mut self, wave: usize, effects: &[Effect]) -> Option<TokenStream> {
        let root = self.types.root().clone();
        let mut statements = TokenStream::new();
        for effect in effects {
            let Effect::Outer(pairs, first) = effect else { continue };
            let ready = effect.nodes().into_iter().map(|id| self.schedule.ready_for_product(id)).max();
            if ready != Some(wave) {
                continue;
            }
            for group in pairs.chunks(SIDE_BY_SIDE) {
                let entries = |id: NodeId| Extent::of(self.graph.shape(id));
                let (rows, columns) = (entries(group[0].0), entries(group[0].1));
                let (mut a, mut b) = (Vec::new(), Vec::new());
                for (left, right) in group {
                    a.push(self.in_lanes(*left, &mut statements)?);
                    b.push(self.in_lanes(*right, &mut statements)?);
                }
                if self.sums == Sums::Panels {
                    for (a, b) in a.iter().zip(&b) {
                        let factors = [(a, &rows), (b, &columns)].map(|(array, entries)| {
                            let (place, is_new) = self.panels.place(array, entries);
                            if is_new {
                                statements.extend(
                                    quote!(#root::kernel::keep(hand, #entries, &*#array, panels, (#place, row));),
                                );
                            }
                            place
                        });
                        self.panels.products.push(PanelProduct {
                            shape: [rows.clone(), columns.clone()],
                            factors,
                            first: first.clone(),
                        });
                    }
                    continue;
                }
                let (first, count) = (first.factor(), (&rows * &columns).factor());
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
        Some(statements)
    }

    /// The rows of an array; of plain numbers, rows that the statements write.
    fn in_lanes(&mut self, id: NodeId, statements: &mut TokenStream) -> Option<Ident> {
        let (None, Some(Given::Plain(numbers))) = (self.rows.get(&id), self.given.get(&id)) else {
            return self.slice(id);
        };
        let (rows, root) = (self.memory(id), self.types.root());
        let count = Extent::of(self.graph.shape(id));
        statements.extend(quote! {
            for i in 0..#count {
                #root::kernel::set_row(#rows, i, hand.splat(#numbers[i]));
            }
        });
        Some(rows)
    }
}

/// The number of an entry, column by column.
pub(super) fn place(shape: &Shape, at: Position) -> Extent {
    match (at, shape) {
        (Position::Entry(i), _) => Extent::from(i),
        (Position::Cell(row, column), Shape::Matrix(rows, _)) => {
            &Extent::from(row) + &(&Extent::from(column) * &Extent::from(rows))
        }
        (Position::Cell(row, _), _) => Extent::from(row),
    }
}

/// The names that statements bind.
fn bound(statements: &TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut after_let = false;
    for token in statements.clone() {
        match token {
            TokenTree::Ident(ident) if after_let => {
                names.push(ident);
                after_let = false;
            }
            TokenTree::Ident(ident) => after_let = ident == "let",
            _ => after_let = false,
        }
    }
    names
}

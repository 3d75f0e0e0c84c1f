//! The lengths of the arguments of a network or a control: which of them are the same, and which the run has to know.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::quote;

use super::Source;
use crate::diagnostics::Diagnostics;
use crate::emit::Names;
use crate::graph::{Dim, Graph, NodeId, Op, Position, Shape};
use crate::kernel::arrays::Extent;
use crate::signature::Parameter;

/// The struct that holds the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// It has a field with the lengths of the run, since its arrays are flat.
    Network,
    /// It has the arrays as they are, with their lengths.
    Control,
}

impl Holder {
    fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Control => "control",
        }
    }
}

/// The lengths of the arguments.
pub(super) struct Lengths {
    holder: Holder,
    /// Those that the struct holds.
    own: Vec<Own>,
    /// By argument, its shape as declared.
    declared: Vec<Shape>,
    /// The lengths of arguments that the struct holds in another place, or that are known: argument, axis, and what it has to be.
    others: Vec<(usize, usize, Dim)>,
    /// Constants and const generics, with the least that the function takes.
    constants: Vec<(Extent, usize)>,
    /// What each length is called that is the same as another one.
    names: BTreeMap<Dim, Dim>,
    /// Of the lengths of the run that are the same, the first.
    first: BTreeMap<Dim, Dim>,
    /// The name of the array of lengths in functions that make one.
    local: Ident,
}

/// A length that the struct holds: that of an argument, along an axis.
struct Own {
    ident: Ident,
    /// The name of the argument.
    name: Ident,
    argument: usize,
    axis: usize,
    /// The least that the function takes.
    least: usize,
}

impl Own {
    /// The length in the function's graph.
    fn length(&self) -> Dim {
        Dim::Named(self.ident.to_string())
    }
}

/// Finds which lengths are the same; `is_held` says which arguments the struct has. What fits no struct is reported.
pub(super) fn unify(
    source: &Source,
    holder: Holder,
    is_held: &dyn Fn(usize) -> bool,
    diagnostics: &mut Diagnostics,
) -> Lengths {
    let declared: Vec<Shape> =
        source.signature.parameters.iter().map(|parameter| parameter.shape.clone()).collect();
    let arguments = source.signature.parameters.iter().map(|argument| argument.ident.to_string());
    let constants = source.body.graph.ids().flat_map(|id| lengths_of(source.body.graph.shape(id)));
    let mut taken = Names::new(arguments.chain(constants.map(ToString::to_string)));
    let mut lengths = Lengths {
        holder,
        own: Vec::new(),
        declared,
        others: Vec::new(),
        constants: Vec::new(),
        names: BTreeMap::new(),
        first: BTreeMap::new(),
        local: taken.fresh("lengths"),
    };
    if lengths.are_dynamic() {
        lengths.find_names(source, is_held, &mut taken, diagnostics);
    }
    lengths.find_least(source, diagnostics);
    lengths
}

/// The lengths of a shape.
fn lengths_of(shape: &Shape) -> Vec<&Dim> {
    match shape {
        Shape::Scalar => Vec::new(),
        Shape::Array(length) => vec![length],
        Shape::Matrix(rows, columns) => vec![rows, columns],
    }
}

impl Lengths {
    /// Finds names for the lengths of the run.
    fn find_names(
        &mut self,
        source: &Source,
        is_held: &dyn Fn(usize) -> bool,
        taken: &mut Names,
        diagnostics: &mut Diagnostics,
    ) {
        let parameters = &source.signature.parameters;
        for class in classes(&source.body.graph, &self.declared) {
            let known: Vec<&Dim> =
                class.iter().filter(|length| !matches!(length, Dim::Runtime(..))).collect();
            let places = class.iter().filter_map(|length| match length {
                // The value's own length is that of an argument.
                Dim::Runtime(argument, axis) if *argument < parameters.len() => Some((*argument, *axis)),
                _ => None,
            });
            let places: Vec<(usize, usize)> = places.collect();
            let mut held = places.iter().copied().filter(|(argument, _)| is_held(*argument));
            let Some(&(argument, axis)) = places.first() else { continue };
            let what = format!("{} of `{}`", self.what(argument, axis), parameters[argument].ident);
            let ty = &parameters[argument].ty;
            let length = match known.as_slice() {
                [length] => (*length).clone(),
                [length, other, ..] => {
                    diagnostics.error(ty, format!("the {what} would have to be {length} and {other}"));
                    continue;
                }
                [] => {
                    let Some((argument, axis)) = held.next() else {
                        diagnostics.error(ty, format!("nothing says how many {what} there are when the {} is made: write this length as a number or a constant, or let a parameter or `data(…)` have it too", self.holder.name()));
                        continue;
                    };
                    let ident = taken.fresh(&format!(
                        "{}_of_{}",
                        self.what(argument, axis),
                        parameters[argument].ident
                    ));
                    let own =
                        Own { ident, name: parameters[argument].ident.clone(), argument, axis, least: 1 };
                    let length = own.length();
                    self.own.push(own);
                    length
                }
            };
            self.others.extend(held.map(|(argument, axis)| (argument, axis, length.clone())));
            let first = |other: &Dim| (other.clone(), Dim::Runtime(places[0].0, places[0].1));
            self.first.extend(class.iter().filter(|other| matches!(other, Dim::Runtime(..))).map(first));
            self.names.extend(class.iter().map(|other| (other.clone(), length.clone())));
        }
        self.own.sort_by_key(|own| (own.argument, own.axis));
        self.others.sort();
    }

    /// The name of a length, or the length itself.
    fn name(&self, length: &Dim) -> Dim {
        self.names.get(length).unwrap_or(length).clone()
    }

    /// Gives the graph and the signature one name for lengths that are the same. The result is the node that each node is then, by its index.
    pub(super) fn apply(&self, source: &mut Source) -> Vec<NodeId> {
        self.renamed(source, &|length| self.name(length))
    }

    /// Lets arrays of the same length of the run have one shape in the graph and in the signature.
    pub(super) fn join(&self, source: &mut Source) {
        self.renamed(source, &|length| self.first.get(length).unwrap_or(length).clone());
    }

    fn renamed(&self, source: &mut Source, to: &dyn Fn(&Dim) -> Dim) -> Vec<NodeId> {
        if !self.are_dynamic() {
            return source.body.graph.ids().collect();
        }
        let (graph, copies) = source.body.graph.with_lengths(to);
        source.body.graph = graph;
        for node in source.body.parameters.iter_mut().chain([&mut source.body.output]) {
            *node = copies[node.index()];
        }
        let shapes = source.body.parameters.iter().map(|node| source.body.graph.shape(*node).clone());
        for (parameter, shape) in source.signature.parameters.iter_mut().zip(shapes) {
            parameter.shape = shape;
        }
        copies
    }

    /// Whether the run alone knows some length.
    fn are_dynamic(&self) -> bool {
        self.declared.iter().any(Shape::is_dynamic)
    }

    /// Whether each length is a number in the source.
    pub(super) fn are_numbers(&self) -> bool {
        self.declared.iter().all(|shape| shape.entries().is_some())
    }

    /// Whether an argument has a length that the run alone knows.
    pub(super) fn is_dynamic(&self, argument: usize) -> bool {
        self.declared[argument].is_dynamic()
    }

    /// Whether an argument is declared as one column.
    pub(super) fn is_column(&self, argument: usize) -> bool {
        self.declared[argument].is_column()
    }

    /// What the lengths of an argument along an axis count.
    fn what(&self, argument: usize, axis: usize) -> &'static str {
        match (&self.declared[argument], axis) {
            (Shape::Matrix(Dim::Runtime(..), Dim::Runtime(..)), 0) => "rows",
            (Shape::Matrix(..), 1) => "columns",
            _ => "entries",
        }
    }

    /// `the rows of w`, for errors of the run.
    fn described(&self, argument: usize, axis: usize, parameters: &[Parameter]) -> String {
        format!("the {} of {}", self.what(argument, axis), parameters[argument].ident)
    }

    /// Notes how long arrays are at least whose entries are read one by one; a place behind the last entry is reported.
    fn find_least(&mut self, source: &Source, diagnostics: &mut Diagnostics) {
        let graph = &source.body.graph;
        let mut least: BTreeMap<Dim, usize> = BTreeMap::new();
        for id in graph.ids() {
            let read = match *graph.op(id) {
                Op::Index(array, Position::Entry(i)) => Some((array, [i + 1, 1])),
                Op::Index(array, Position::Cell(row, column)) => Some((array, [row + 1, column + 1])),
                Op::Part(array, first) => {
                    let ((row, column), [rows, columns]) = (first.cell(), graph.shape(id).sides());
                    let past = |first: usize, side: &Dim| first + side.fixed().unwrap_or(1);
                    Some((array, [past(row, &rows), past(column, &columns)]))
                }
                _ => None,
            };
            let (array, counts) = read.unwrap_or((id, [1, 1]));
            for (length, count) in lengths_of(graph.shape(array)).into_iter().zip(counts) {
                let least = least.entry(self.name(length)).or_default();
                *least = count.max(*least);
            }
        }
        for (length, least) in least {
            match length.fixed() {
                Some(count) if count < least => {
                    let is_its = |parameter: &&Parameter| {
                        lengths_of(&parameter.shape).into_iter().any(|its| self.name(its) == length)
                    };
                    let dynamic = self.declared.iter().zip(&source.signature.parameters);
                    let mut dynamic =
                        dynamic.filter(|(shape, _)| shape.is_dynamic()).map(|(_, argument)| argument);
                    if let Some(argument) = dynamic.find(is_its) {
                        diagnostics.error(
                            &argument.ty,
                            format!(
                                "`{}` has {count} places here, and place {} is read, counted from 0",
                                argument.ident,
                                least - 1
                            ),
                        );
                    }
                }
                Some(_) => {}
                None => match self.own.iter_mut().find(|own| length == own.length()) {
                    Some(own) => own.least = least,
                    None => self.constants.push((Extent::from(&length), least)),
                },
            }
        }
    }

    /// The names of what the struct holds.
    pub(super) fn idents(&self) -> Vec<Ident> {
        self.own.iter().map(|own| own.ident.clone()).collect()
    }

    /// The field of a network's struct.
    pub(super) fn field(&self) -> Option<TokenStream> {
        let count = Literal::usize_unsuffixed(self.own.len());
        (!self.own.is_empty()).then(|| quote!(lengths: [usize; #count],))
    }

    /// The field's value where the struct is made.
    pub(super) fn value(&self) -> Option<TokenStream> {
        let local = &self.local;
        let value = if local == "lengths" { quote!(lengths,) } else { quote!(lengths: #local,) };
        (!self.own.is_empty()).then_some(value)
    }

    /// Names for those of the lengths in `from` that `code` reads.
    pub(super) fn names(&self, from: &TokenStream, code: &TokenStream) -> TokenStream {
        let idents: Vec<Ident> = self.idents().into_iter().filter(|ident| reads(code, ident)).collect();
        if idents.is_empty() {
            return TokenStream::new();
        }
        let patterns = self.own.iter().map(|own| {
            let ident = &own.ident;
            if idents.contains(ident) { quote!(#ident) } else { quote!(_) }
        });
        quote!(let [#(#patterns),*] = #from;)
    }

    /// A list of lengths: a constant, unless it reads one that the struct holds.
    pub(super) fn constant(&self, list: &TokenStream) -> TokenStream {
        let is_read = self.own.iter().any(|own| reads(list, &own.ident));
        if is_read { self.named(list) } else { quote!(const { &#list }) }
    }

    /// [`names`](Self::names) of the lengths that the struct holds, before the code.
    pub(super) fn named(&self, code: &TokenStream) -> TokenStream {
        let names = match self.holder {
            Holder::Network => self.names(&quote!(self.lengths), code),
            Holder::Control => {
                let read = self.own.iter().filter(|own| reads(code, &own.ident));
                let names = read.map(|Own { ident, name, argument, axis, .. }| {
                    let length = length(name, &self.declared[*argument], *axis);
                    quote!(let #ident = self.#length;)
                });
                quote!(#(#names)*)
            }
        };
        quote!(#names #code)
    }

    /// Whether an argument has a length that the run alone knows, so that it takes a size to draw it.
    pub(super) fn size(&self, argument: usize) -> Option<TokenStream> {
        match &self.declared[argument] {
            Shape::Matrix(Dim::Runtime(..), Dim::Runtime(..)) => Some(quote!([usize; 2])),
            shape => shape.is_dynamic().then(|| quote!(usize)),
        }
    }

    /// Statements that make the struct's lengths of the arguments, and check that they agree, with names for those that the `body` reads. `is_size` are the
    /// arguments of which the size is given and not the value.
    pub(super) fn made(
        &self,
        source: &Source,
        is_size: impl Fn(usize) -> bool,
        body: &TokenStream,
        root: &TokenStream,
    ) -> TokenStream {
        let parameters = &source.signature.parameters;
        let measured = |argument: usize, axis: usize| -> TokenStream {
            let ident = &parameters[argument].ident;
            match (&self.declared[argument], is_size(argument)) {
                (Shape::Matrix(Dim::Runtime(..), Dim::Runtime(..)), true) => {
                    let axis = Literal::usize_unsuffixed(axis);
                    quote!(#ident[#axis])
                }
                (_, true) => quote!(#ident),
                (shape, false) => length(ident, shape, axis),
            }
        };
        let constants = self.constants.iter().map(|(length, least)| {
            let message = match least {
                1 => "a length is at least 1",
                _ => "an entry is read that is behind the last one",
            };
            let least = Literal::usize_unsuffixed(*least);
            quote!(const { ::core::assert!(#length >= #least, #message) };)
        });
        let checks = self.others.iter().map(|(argument, axis, expected)| {
            let what = self.described(*argument, *axis, parameters);
            self.check((&what, &measured(*argument, *axis)), expected, parameters, root)
        });
        let checks = quote!(#(#checks)*);
        let read = quote!(#checks #body);
        let own = self.own.iter().map(|Own { ident, argument, axis, least, .. }| {
            let (what, length) = (self.described(*argument, *axis, parameters), measured(*argument, *axis));
            let least = Literal::usize_unsuffixed(*least);
            (ident, quote!(#root::lengths::at_least(#what, #length, #least)?))
        });
        let own = match self.holder {
            _ if self.own.is_empty() => TokenStream::new(),
            Holder::Network => {
                let (local, own) = (&self.local, own.map(|(_, length)| length));
                let names = self.names(&quote!(#local), &read);
                quote!(let #local = [#(#own),*]; #names)
            }
            Holder::Control => own
                .map(
                    |(ident, length)| {
                        if reads(&read, ident) { quote!(let #ident = #length;) } else { quote!(#length;) }
                    },
                )
                .collect(),
        };
        quote!(#(#constants)* #own #checks)
    }

    /// Statements that check the lengths of data that take the place of others.
    pub(super) fn kept(&self, source: &Source, argument: usize, root: &TokenStream) -> TokenStream {
        let parameters = &source.signature.parameters;
        let (ident, shape) = (&parameters[argument].ident, &self.declared[argument]);
        let own = self.own.iter().filter(|own| own.argument == argument).map(|own| {
            let what = self.described(argument, own.axis, parameters);
            let (length, expected) = (length(ident, shape, own.axis), &own.ident);
            quote!(#root::lengths::same(#what, #length, #expected)?;)
        });
        let others = self.others.iter().filter(|(of, ..)| *of == argument).map(|(_, axis, expected)| {
            let what = self.described(argument, *axis, parameters);
            self.check((&what, &length(ident, shape, *axis)), expected, parameters, root)
        });
        quote!(#(#own)* #(#others)*)
    }

    /// A statement that checks a length.
    fn check(
        &self,
        (what, length): (&str, &TokenStream),
        expected: &Dim,
        parameters: &[Parameter],
        root: &TokenStream,
    ) -> TokenStream {
        let count = Extent::from(expected);
        match self.own.iter().find(|own| *expected == own.length()) {
            Some(own) => {
                let other = self.described(own.argument, own.axis, parameters);
                quote!(#root::lengths::agree(#what, #length, (#other, #count))?;)
            }
            None => quote!(#root::lengths::same(#what, #length, #count)?;),
        }
    }
}

/// The length of an argument's value along an axis, which is measured.
fn length(ident: &Ident, shape: &Shape, axis: usize) -> TokenStream {
    match (shape, axis) {
        (Shape::Matrix(..), 0) => quote!(#ident.nrows()),
        (Shape::Matrix(..), _) => quote!(#ident.ncols()),
        _ => quote!(#ident.len()),
    }
}

/// Whether the code has this name in it.
fn reads(code: &TokenStream, ident: &Ident) -> bool {
    code.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => reads(&group.stream(), ident),
        TokenTree::Ident(word) => word == *ident,
        _ => false,
    })
}

/// Lengths that are the same, in order; those of the run are in one of them each.
fn classes(graph: &Graph, declared: &[Shape]) -> Vec<Vec<Dim>> {
    let mut classes: Vec<Vec<Dim>> = Vec::new();
    let mut join = |a: &Dim, b: &Dim| {
        let is_open = |length: &Dim| matches!(length, Dim::Runtime(..));
        if !is_open(a) && !is_open(b) {
            return;
        }
        let mut joined = vec![a.clone(), b.clone()];
        classes.retain(|class| {
            let is_met = class.iter().any(|length| length == a || length == b);
            if is_met {
                joined.extend(class.iter().cloned());
            }
            !is_met
        });
        joined.sort();
        joined.dedup();
        classes.push(joined);
    };
    for shape in declared {
        for length in lengths_of(shape) {
            join(length, length);
        }
    }
    for (a, b) in graph.equal_lengths() {
        join(&a, &b);
    }
    classes.sort_by_key(|class| class.iter().find(|length| matches!(length, Dim::Runtime(..))).cloned());
    classes
}

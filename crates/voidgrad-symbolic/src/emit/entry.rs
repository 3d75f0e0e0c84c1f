//! Arrays: what works entry by entry becomes one `from_fn`, products and sums become calls.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::Writer;
use super::blocks::{Statement, joined};
use super::fragment::{Fragment, Level};
use super::plan::LONGEST_EXPRESSION;
use crate::graph::{Dim, NodeId, Op, Position, Recurrence, Shape};

/// Where an entry is: loop variables of a `from_fn`.
#[derive(Clone)]
pub(super) enum At {
    Entry(Ident),
    Cell(Ident, Ident),
}

impl At {
    fn index(&self) -> TokenStream {
        match self {
            Self::Entry(i) => quote!(#i),
            Self::Cell(i, j) => quote!((#i, #j)),
        }
    }
}

impl At {
    /// The place that is so far behind a constant one.
    fn index_behind(&self, first: Position) -> TokenStream {
        let behind = |first: usize, i: Option<&Ident>| {
            let number = Literal::usize_unsuffixed(first);
            match (first, i) {
                (0, Some(i)) => quote!(#i),
                (_, Some(i)) => quote!(#number + #i),
                (_, None) => quote!(#number),
            }
        };
        let (i, j) = match self {
            Self::Entry(i) => (i, None),
            Self::Cell(i, j) => (i, Some(j)),
        };
        let row = |first: usize| behind(first, Some(i));
        match first {
            Position::Entry(first) => row(first),
            Position::Cell(first, column) => {
                let (row, column) = (row(first), behind(column, j));
                quote!((#row, #column))
            }
        }
    }
}

/// An index that stands in the source.
pub(super) fn constant_position(at: Position) -> TokenStream {
    match at {
        Position::Entry(i) => {
            let i = Literal::usize_unsuffixed(i);
            quote!(#i)
        }
        Position::Cell(i, j) => {
            let (i, j) = (Literal::usize_unsuffixed(i), Literal::usize_unsuffixed(j));
            quote!((#i, #j))
        }
    }
}

impl Writer<'_> {
    /// An array.
    pub(super) fn array(&mut self, id: NodeId) -> Fragment {
        let shape = self.graph.shape(id).clone();
        match self.graph.op(id).clone() {
            Op::Assemble(entries) => self.assemble(&entries, &shape),
            Op::Join(parts) => self.join(&parts, &shape),
            Op::MatMul(a, b) => {
                let product = self.product(a, b);
                self.declared(id, product)
            }
            Op::Scan(recurrence, first, next) => self.scan(recurrence, first, next, false),
            Op::CallAlong(callee, orders, arguments, dot) => self.call_along(callee, orders, &arguments, dot),
            Op::CallGradient(callee, position, arguments) => {
                self.call(callee, &[position], &arguments, Writer::value)
            }
            Op::Transpose(a) => {
                let transposed = self.place(a).method("transpose", &[]);
                self.declared(id, transposed)
            }
            _ => {
                let at = self.at(&shape);
                let entry = self.entry(id, &at).tokens;
                self.build(&shape, &at, &entry)
            }
        }
    }

    /// Loop variables for a shape.
    fn at(&self, shape: &Shape) -> At {
        match shape {
            Shape::Matrix(_, columns) if columns.fixed() != Some(1) => {
                At::Cell(self.names.local("i"), self.names.local("j"))
            }
            _ => At::Entry(self.names.local("i")),
        }
    }

    fn build(&self, shape: &Shape, at: &At, entry: &TokenStream) -> Fragment {
        let root = self.types.root();
        Fragment::atom(match (shape, at) {
            (Shape::Array(n @ Dim::Runtime(..)), At::Entry(i)) => {
                let length = self.length(n);
                quote!((0..#length).map(|#i| #entry).collect::<::std::vec::Vec<_>>())
            }
            (Shape::Matrix(rows, Dim::Fixed(1)), At::Entry(i)) if shape.is_dynamic() => {
                let rows = self.length(rows);
                quote!(#root::dvector(#rows, |#i| #entry))
            }
            (Shape::Matrix(rows, columns), At::Cell(i, j)) if shape.is_dynamic() => {
                let (rows, columns) = (self.length(rows), self.length(columns));
                quote!(#root::dmatrix(#rows, #columns, |#i, #j| #entry))
            }
            (Shape::Array(n), At::Entry(i)) => {
                let n = self.types.dim(n);
                quote!(#root::array::<#n, _>(|#i| #entry))
            }
            (Shape::Matrix(..), At::Entry(i)) => quote!(#root::vector(|#i| #entry)),
            (Shape::Matrix(..), At::Cell(i, j)) => quote!(#root::matrix(|#i, #j| #entry)),
            _ => unreachable!("an array has one index"),
        })
    }

    /// One entry of an array, inside a loop over its places.
    pub(super) fn entry(&mut self, id: NodeId, at: &At) -> Fragment {
        if self.graph.shape(id).is_scalar() {
            return self.value(id);
        }
        if let Some(name) = self.round.get(&id) {
            return Fragment::atom(quote!(#name));
        }
        let op = self.graph.op(id).clone();
        if let (Op::Zero, None) = (&op, self.bound.get(&id)) {
            return self.number(0.0);
        }
        if self.bound.contains_key(&id) || matches!(op, Op::Parameter(_)) {
            let (array, index) = (self.place(id).at(Level::Postfix), at.index());
            return Fragment::atom(quote!(#array[#index]));
        }
        match (&op, at) {
            (Op::Places, At::Entry(i)) => self.constant(&quote!(#i as f64)),
            (Op::Part(a, first), at) => {
                let (a, index) = (self.place(*a).at(Level::Postfix), at.index_behind(*first));
                Fragment::atom(quote!(#a[#index]))
            }
            (Op::Outer(a, b), At::Cell(i, j)) => {
                let (a, b) = (self.entry(*a, &At::Entry(i.clone())), self.entry(*b, &At::Entry(j.clone())));
                Fragment::infix(a, &quote!(*), b, Level::Product)
            }
            (Op::Outer(a, b), At::Entry(i)) => {
                let (a, b) = (self.entry(*a, &At::Entry(i.clone())), self.place(*b).at(Level::Postfix));
                Fragment::infix(a, &quote!(*), Fragment::atom(quote!(#b[0])), Level::Product)
            }
            (Op::Transpose(a), At::Cell(i, j)) => {
                if self.graph.shape(*a).is_column() {
                    return self.entry(*a, &At::Entry(j.clone()));
                }
                self.entry(*a, &At::Cell(j.clone(), i.clone()))
            }
            (Op::Transpose(a), At::Entry(i)) => {
                let a = self.place(*a).at(Level::Postfix);
                Fragment::atom(quote!(#a[(0, #i)]))
            }
            (op, _) if op.is_elementwise() => self.operation(op, |writer, operand| writer.entry(operand, at)),
            _ => {
                let (array, index) = (self.value(id).at(Level::Postfix), at.index());
                Fragment::atom(quote!(#array[#index]))
            }
        }
    }

    /// An array from single entries.
    fn assemble(&mut self, entries: &[(Position, NodeId)], shape: &Shape) -> Fragment {
        let entry_at =
            |writer: &mut Self, at: Position| match entries.binary_search_by_key(&at, |(at, _)| *at) {
                Ok(found) => writer.value(entries[found].1).tokens,
                Err(_) => writer.number(0.0).tokens,
            };
        match (shape, shape.entries()) {
            (Shape::Array(_), Some(n)) => {
                let values: Vec<TokenStream> = (0..n).map(|i| entry_at(self, Position::Entry(i))).collect();
                Fragment::atom(quote!([#(#values),*]))
            }
            (Shape::Matrix(Dim::Fixed(rows), Dim::Fixed(columns)), _) => {
                let ty = self.types.expression(shape);
                let is_column = *columns == 1;
                let columns: Vec<TokenStream> = (0..*columns)
                    .map(|column| {
                        let values = (0..*rows).map(|row| {
                            let at =
                                if is_column { Position::Entry(row) } else { Position::Cell(row, column) };
                            entry_at(self, at)
                        });
                        let values: Vec<TokenStream> = values.collect();
                        quote!([#(#values),*])
                    })
                    .collect();
                Fragment::atom(quote!(#ty::from([#(#columns),*])))
            }
            _ => self.assemble_generic(entries, shape),
        }
    }

    /// Single entries of an array whose length is a name: zeros first, then the entries.
    fn assemble_generic(&mut self, entries: &[(Position, NodeId)], shape: &Shape) -> Fragment {
        let at = self.at(shape);
        let zero = self.number(0.0).tokens;
        let zeros = self.build(shape, &at, &zero).tokens;
        let array = self.names.local("entries");
        let mut stores = TokenStream::new();
        for (at, entry) in entries {
            let (at, value) = (constant_position(*at), self.value(*entry).tokens);
            stores.extend(quote!(#array[#at] = #value;));
        }
        Fragment::atom(quote!({ let mut #array = #zeros; #stores #array }))
    }

    /// An array from its parts: zeros first, unless the parts are all of it, then the parts.
    fn join(&mut self, parts: &[(Position, NodeId)], shape: &Shape) -> Fragment {
        let at = self.at(shape);
        let zero = self.number(0.0).tokens;
        let zeros = self.build(shape, &at, &zero).tokens;
        let array = self.names.local("entries");
        let mut stores = TokenStream::new();
        for (first, part) in parts {
            let shape = self.graph.shape(*part).clone();
            let (at, [rows, columns]) = (self.at(&shape), shape.sides());
            let entry = self.entry(*part, &at).tokens;
            let index = at.index_behind(*first);
            let store = quote!(#array[#index] = #entry;);
            let rows = self.length(&rows);
            stores.extend(match &at {
                At::Entry(i) => quote!(for #i in 0..#rows { #store }),
                At::Cell(i, j) => {
                    let columns = self.length(&columns);
                    quote!(for #j in 0..#columns { for #i in 0..#rows { #store } })
                }
            });
        }
        Fragment::atom(quote!({ let mut #array = #zeros; #stores #array }))
    }

    /// What nalgebra gives for a product or a transpose, as the type of its shape: nalgebra knows less of the sizes if a matrix
    /// has one size that the run alone knows.
    fn declared(&mut self, id: NodeId, value: Fragment) -> Fragment {
        if [0, 1].iter().all(|side| self.is_open(id, *side) || !self.is_found_open(id, *side)) {
            return value;
        }
        let shape = self.graph.shape(id).clone();
        let (at, array) = (self.at(&shape), self.names.local("product"));
        let index = match &at {
            At::Entry(i) => quote!((#i, 0)),
            At::Cell(..) => at.index(),
        };
        let built = self.build(&shape, &at, &quote!(#array[#index])).tokens;
        let value = value.tokens;
        Fragment::atom(quote!({ let #array = #value; #built }))
    }

    /// Whether a side of a value has no number in its type.
    fn is_open(&self, id: NodeId, side: usize) -> bool {
        let shape = self.graph.shape(id);
        shape.is_dynamic() && !(side == 1 && shape.is_column())
    }

    /// [`Self::is_open`] of the type that nalgebra finds for an expression.
    fn is_found_open(&self, id: NodeId, side: usize) -> bool {
        let of = |id: NodeId, side: usize| self.is_open(id, side) && self.is_found_open(id, side);
        match *self.graph.op(id) {
            Op::MatMul(a, b) => of(if side == 0 { a } else { b }, side),
            Op::Transpose(a) => of(a, 1 - side),
            _ => self.is_open(id, side),
        }
    }

    /// A matrix product; a transposed left factor is multiplied without being built.
    fn product(&mut self, a: NodeId, b: NodeId) -> Fragment {
        if let (Op::Transpose(inner), None) = (self.graph.op(a).clone(), self.bound.get(&a)) {
            let (inner, b) = (self.place(inner), self.reference(b));
            return inner.method("tr_mul", &[b]);
        }
        let (a, b) = (self.reference(a), self.reference(b));
        Fragment::new(quote!(#a * #b), Level::Product)
    }

    /// An inner product: nalgebra's for its own types, a sum over entries for arrays.
    pub(super) fn dot(&mut self, a: NodeId, b: NodeId) -> Fragment {
        let shape = self.graph.shape(a).clone();
        if let Shape::Matrix(..) = shape {
            let (a, b) = (self.place(a), self.reference(b));
            return a.method("dot", &[b]);
        }
        let at = self.at(&shape);
        let (left, right) = (self.entry(a, &at), self.entry(b, &at));
        let entry = Fragment::infix(left, &quote!(*), right, Level::Product);
        self.fold(&shape, &at, &entry.tokens)
    }

    /// A recurrence: the states before each round, or the one after the last.
    pub(super) fn scan(
        &mut self,
        recurrence: Recurrence,
        first: NodeId,
        next: NodeId,
        is_end: bool,
    ) -> Fragment {
        let shape = self.graph.shape(next).clone();
        let first = self.value(first).tokens;
        let at = self.at(&shape);
        let state = self.names.local("state");
        let outer = std::mem::take(&mut self.round);
        if let Some(leaf) = self.graph.find(Op::State(recurrence.state), &shape) {
            self.round.insert(leaf, state.clone());
        }
        let statements = self.round_statements(next, &at);
        let next = self.entry(next, &at).tokens;
        let statements = joined(statements, std::slice::from_ref(&next));
        self.round = outer;
        let body = if statements.is_empty() { next } else { quote!({ #statements #next }) };
        let (root, i) = (self.types.root().clone(), at.index());
        let Shape::Array(n) = &shape else { unreachable!("recurrences run over arrays") };
        let length = self.length(n);
        let (forward, backward) = match (is_end, shape.is_dynamic()) {
            (true, _) => (quote!(scan_end), quote!(scan_end_back)),
            (false, false) => (quote!(scan), quote!(scan_back)),
            (false, true) => (quote!(scan_vec), quote!(scan_vec_back)),
        };
        let function = if recurrence.backward { backward } else { forward };
        Fragment::atom(if is_end || shape.is_dynamic() {
            quote!(#root::#function(#length, #first, |#state, #i| #body))
        } else {
            quote!(#root::#function::<#length, _>(#first, |#state, #i| #body))
        })
    }

    /// Names for what one round of a recurrence reads more than once, and for parts of long expressions.
    fn round_statements(&mut self, next: NodeId, at: &At) -> Vec<Statement> {
        let graph = self.graph;
        let (needed, inside) = (graph.of_one_round(next), graph.inside_recurrences());
        let is_inside = |id: NodeId| needed[id.index()] && inside[id.index()];
        let mut uses = vec![0_usize; graph.len()];
        for id in graph.ids().filter(|id| is_inside(*id)) {
            graph.op(id).operands(|operand| uses[operand.index()] += 1);
        }
        let mut statements = Vec::new();
        let mut weight = vec![0_usize; graph.len()];
        for id in graph.ids().filter(|id| is_inside(*id) && *id != next) {
            if self.round.contains_key(&id) {
                continue;
            }
            let mut inlined = 1;
            graph.op(id).operands(|operand| inlined += weight[operand.index()]);
            let is_shared = uses[id.index()] > 1 && !graph.is_mask(id);
            if !is_shared && inlined <= LONGEST_EXPRESSION {
                weight[id.index()] = inlined;
                continue;
            }
            let value = self.entry(id, at).tokens;
            let name = self.names.choose(graph, id);
            statements.push(Statement { defines: Some(name.clone()), tokens: quote!(let #name = #value;) });
            self.round.insert(id, name);
        }
        statements
    }

    /// The sum of the entries.
    pub(super) fn sum(&mut self, a: NodeId) -> Fragment {
        let shape = self.graph.shape(a).clone();
        let is_matrix = matches!(shape, Shape::Matrix(..));
        if is_matrix
            && (self.bound.contains_key(&a) || matches!(self.graph.op(a), Op::Parameter(_) | Op::MatMul(..)))
        {
            return self.place(a).method("sum", &[]);
        }
        let at = self.at(&shape);
        let entry = self.entry(a, &at).tokens;
        self.fold(&shape, &at, &entry)
    }

    /// `ln Σ e^entry` of an array of one index.
    pub(super) fn log_sum_exp(&mut self, a: NodeId) -> Fragment {
        let shape = self.graph.shape(a).clone();
        let at = self.at(&shape);
        let entry = self.entry(a, &at).tokens;
        let (root, zero) = (self.types.root().clone(), self.number(0.0).tokens);
        match (&shape, &at) {
            (Shape::Array(n) | Shape::Matrix(n, _), At::Entry(i)) => {
                let n = self.length(n);
                Fragment::atom(quote!(#root::log_sum_exp_of(#n, #zero, |#i| #entry)))
            }
            _ => unreachable!("the parser asks for an array of one index"),
        }
    }

    fn fold(&mut self, shape: &Shape, at: &At, entry: &TokenStream) -> Fragment {
        let (root, zero) = (self.types.root().clone(), self.number(0.0).tokens);
        Fragment::atom(match (shape, at) {
            (Shape::Array(n) | Shape::Matrix(n, _), At::Entry(i)) => {
                let n = self.length(n);
                quote!(#root::sum(#n, #zero, |#i| #entry))
            }
            (Shape::Matrix(rows, columns), At::Cell(i, j)) => {
                let (rows, columns) = (self.length(rows), self.length(columns));
                quote!(#root::sum(#columns, #zero, |#j| #root::sum(#rows, #zero, |#i| #entry)))
            }
            _ => unreachable!("a scalar is no sum, and an array has one index"),
        })
    }
}

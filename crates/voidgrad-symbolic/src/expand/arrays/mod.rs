//! `impl ArrayKernel`: the fused kernel of a control whose arrays are too large for straight-line code, or whose z is an array.

mod along;
mod examples;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::emit::Types;
use crate::expand::Source;
use crate::expand::control::Roles;
use crate::expand::kernel::{Directions, chain};
use crate::expand::lengths::Lengths;
use crate::expand::slices::{count, derived, named, split};
use crate::expand::structure::{Batch, name_of_struct};
use crate::graph::NodeId;
use crate::kernel::arrays::{self, ArrayKernel, Extent, Obstacle, Parts, Slice, Stage, largest};
use crate::signature::Parameter;

/// The items and what they are, or why the control's formula has no form in rows of lanes.
pub(super) fn array_kernel(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    nodes: &Directions,
    root: &TokenStream,
) -> Result<(Batch, TokenStream), Obstacle> {
    let parameters = &source.signature.parameters;
    let mut first = Extent::default();
    let mut phi: Vec<(Extent, [NodeId; 2])> = Vec::new();
    for ((index, slope), weighted) in roles.parameters.iter().zip(&nodes.mixed).zip(&nodes.vjp_jvp) {
        phi.push((first.clone(), [*slope, *weighted]));
        first = &first + &Extent::of(&parameters[*index].shape);
    }
    let of = |indices: &[usize]| -> Vec<NodeId> {
        indices.iter().map(|index| source.body.parameters[*index]).collect()
    };
    let parts = Parts {
        graph: &source.body.graph,
        z: [source.body.parameters[0], nodes.z_dot],
        c_bar: nodes.c_bar,
        c: source.body.output,
        c_z: nodes.c_z,
        phi: &phi,
        each: &of(&roles.each),
        arguments: &of(&shared(source, roles)),
        taken: &lengths.idents(),
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = arrays::derive(&parts, &types("R"), &types("T"))?;
    if roles.each.is_empty() {
        return Ok((Batch::Arrays, write(source, roles, lengths, &kernel, root)));
    }
    let along = along::write(source, roles, lengths, &nodes.along, root);
    let kernel = examples::write(source, roles, lengths, (&kernel, &along), root);
    Ok((Batch::Examples { along: along.is_some() }, kernel))
}

/// The arguments but z that all samples share.
fn shared(source: &Source, roles: &Roles) -> Vec<usize> {
    (1..source.signature.parameters.len()).filter(|index| !roles.each.contains(index)).collect()
}

/// The plain numbers of a kernel: their names for the passes, and the body of `numbers`. What follows the arguments in `slices` is written by `more`.
fn plain(
    source: &Source,
    roles: &Roles,
    slices: &[Slice],
    (shared, stage): (&[Slice], &Stage),
    more: &TokenStream,
    root: &TokenStream,
) -> (TokenStream, TokenStream) {
    let arguments: Vec<&Parameter> =
        (self::shared(source, roles).into_iter()).map(|index| &source.signature.parameters[index]).collect();
    let own = &of_numbers(&arguments, slices).into_iter().map(|slice| slice.entries.clone()).sum();
    let fields = arguments.iter().filter(|parameter| !parameter.mask).map(|parameter| {
        let field = &parameter.ident;
        quote!(#root::kernel::append(numbers, &self.#field);)
    });
    let derived = derived(shared, stage, &names(&arguments, slices, &[]), own);
    (names(&arguments, slices, shared), quote!(#(#fields)* #more #derived))
}

fn write(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    kernel: &ArrayKernel,
    root: &TokenStream,
) -> TokenStream {
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let made = (&kernel.shared[..], &kernel.numbers);
    let (plain, numbers) = plain(source, roles, &kernel.arguments, made, &TokenStream::new(), root);
    let (numbers, rows) = (lengths.named(&numbers), lengths.named(&memory(kernel)));
    let residuals = split(&kernel.residuals);
    let (ahead, back) = (split(&kernel.forward.memory), split(&kernel.backward.memory));
    let (forward, result) = (&kernel.forward.statements, &kernel.forward.result);
    let backward = &kernel.backward.statements;
    let forward = lengths.named(&quote!(#plain #residuals #ahead #forward #result));
    let backward = lengths.named(&quote!(#plain #residuals #back #backward));
    let chain = lengths.named(&chain(source, roles, root));
    quote! {
        // A stage need not read all that it is given, nor need `Real`'s methods or λ. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #generics #root::ArrayKernel for #name #of_struct {
                fn numbers<T: #root::Element>(&self, numbers: &mut ::std::vec::Vec<T>) {
                    #numbers
                }

                fn rows(&self) -> usize {
                    #rows
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [c_z, c_z_tilde]: [&mut [R::Element]; 2],
                    rows: &mut [R::Element],
                ) -> R {
                    #forward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [z_dot, z_tilde_dot]: [&[R::Element]; 2],
                    c_bar: R,
                    rows: &mut [R::Element],
                    sums: &mut [R::Element],
                ) {
                    #backward
                }

                fn chain(&self, phi_bar: &mut [f64]) {
                    #chain
                }
            }
        };
    }
}

/// How many rows of lanes the passes take: what one leaves for the other, and what each has for itself.
fn memory(kernel: &ArrayKernel) -> TokenStream {
    let kept = count(&kernel.residuals);
    largest(&[&kernel.forward, &kernel.backward].map(|stage| &kept + &count(&stage.memory)))
}

/// Those of the slices that are plain numbers: a mask among the arguments is read from the control.
fn of_numbers<'k>(arguments: &[&Parameter], slices: &'k [Slice]) -> Vec<&'k Slice> {
    let (own, more) = slices.split_at(arguments.len());
    let own = arguments.iter().zip(own).filter(|(parameter, _)| !parameter.mask).map(|(_, slice)| slice);
    own.chain(more).collect()
}

/// Names for the arguments, what follows them, and what is made of all that.
fn names(arguments: &[&Parameter], slices: &[Slice], shared: &[Slice]) -> TokenStream {
    let numbers: Vec<Slice> = of_numbers(arguments, slices).into_iter().chain(shared).cloned().collect();
    let mut names = named(&numbers).into_iter();
    let mut statements = TokenStream::new();
    for (parameter, slice) in arguments.iter().zip(slices) {
        if parameter.mask {
            let (field, ident) = (&parameter.ident, &slice.ident);
            statements.extend(quote!(let #ident = hand.mask(self.#field);));
        } else {
            statements.extend(names.next());
        }
    }
    statements.extend(names);
    statements
}

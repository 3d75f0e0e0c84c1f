//! `impl ArrayKernel`: the fused kernel of a control whose arrays are too large for straight-line code, or whose z is an array.

mod examples;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::emit::Types;
use crate::expand::Source;
use crate::expand::control::Roles;
use crate::expand::kernel::{Directions, chain};
use crate::expand::slices::{count, derived, named, split};
use crate::expand::structure::name_of_struct;
use crate::graph::NodeId;
use crate::kernel::arrays::{self, ArrayKernel, Extent, Obstacle, Parts, largest};
use crate::signature::Parameter;

/// The items, or why the control's formula has no form in rows of lanes.
pub(super) fn array_kernel(
    source: &Source,
    roles: &Roles,
    nodes: &Directions,
    root: &TokenStream,
) -> Result<TokenStream, Obstacle> {
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
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = arrays::derive(&parts, &types("R"), &types("T"))?;
    Ok(if roles.each.is_empty() {
        write(source, roles, &kernel, root)
    } else {
        examples::write(source, roles, &kernel, root)
    })
}

/// The arguments but z that all samples share.
fn shared(source: &Source, roles: &Roles) -> Vec<usize> {
    (1..source.signature.parameters.len()).filter(|index| !roles.each.contains(index)).collect()
}

/// The plain numbers of a kernel: their names for the passes, and the body of `numbers`.
fn plain(
    source: &Source,
    roles: &Roles,
    kernel: &ArrayKernel,
    root: &TokenStream,
) -> (TokenStream, TokenStream) {
    let arguments: Vec<&Parameter> =
        (shared(source, roles).into_iter()).map(|index| &source.signature.parameters[index]).collect();
    let (names, own) = names(&arguments, kernel);
    let (derived_names, _) = named(&kernel.shared, own.clone());
    let numbers = numbers(&arguments, kernel, (&names, &own), root);
    (quote!(#names #derived_names), numbers)
}

fn write(source: &Source, roles: &Roles, kernel: &ArrayKernel, root: &TokenStream) -> TokenStream {
    let name = name_of_struct(source);
    let (plain, numbers) = plain(source, roles, kernel, root);
    let rows = memory(kernel);
    let residuals = split(&kernel.residuals);
    let (ahead, back) = (split(&kernel.forward.memory), split(&kernel.backward.memory));
    let (forward, result) = (&kernel.forward.statements, &kernel.forward.result);
    let backward = &kernel.backward.statements;
    let chain = chain(source, roles, root);
    quote! {
        // A stage need not read all that it is given, nor need `Real`'s methods or λ. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #root::ArrayKernel for #name {
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
                    #plain
                    #residuals
                    #ahead
                    #forward
                    #result
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
                    #plain
                    #residuals
                    #back
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

/// The body of `numbers`: the arguments one after the other, then what is made of them, then memory for that.
fn numbers(
    arguments: &[&Parameter],
    kernel: &ArrayKernel,
    (plain, own): (&TokenStream, &Extent),
    root: &TokenStream,
) -> TokenStream {
    let fields = arguments.iter().filter(|parameter| !parameter.mask).map(|parameter| {
        let field = &parameter.ident;
        quote!(#root::kernel::append(numbers, &self.#field);)
    });
    let derived = derived(&kernel.shared, &kernel.numbers, plain, own);
    quote!(#(#fields)* #derived)
}

/// Names for the arguments, and how many plain numbers they are: a mask is read from the control.
fn names(arguments: &[&Parameter], kernel: &ArrayKernel) -> (TokenStream, Extent) {
    let mut statements = TokenStream::new();
    let mut first = Extent::default();
    for (parameter, slice) in arguments.iter().zip(&kernel.arguments) {
        if parameter.mask {
            let (field, ident) = (&parameter.ident, &slice.ident);
            statements.extend(quote!(let #ident = hand.mask(self.#field);));
        } else {
            let names;
            (names, first) = named(std::slice::from_ref(slice), first);
            statements.extend(names);
        }
    }
    (statements, first)
}

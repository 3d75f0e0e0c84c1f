//! `impl ArrayKernel`: the fused kernel of a control whose arrays are too large for straight-line code, or whose z is an array.

mod examples;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::emit::Types;
use crate::expand::Source;
use crate::expand::control::Roles;
use crate::expand::kernel::{Directions, chain};
use crate::expand::lengths::Lengths;
use crate::expand::slices::{count, derived, named, split};
use crate::expand::structure::name_of_struct;
use crate::graph::NodeId;
use crate::kernel::arrays::{self, ArrayKernel, Extent, Obstacle, Parts, Slice, largest};
use crate::signature::Parameter;

/// The items, or why the control's formula has no form in rows of lanes.
pub(super) fn array_kernel(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
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
        taken: &lengths.idents(),
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = arrays::derive(&parts, &types("R"), &types("T"))?;
    Ok(if roles.each.is_empty() {
        write(source, roles, lengths, &kernel, root)
    } else {
        examples::write(source, roles, lengths, &kernel, root)
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
    let own = &of_numbers(&arguments, kernel).into_iter().map(|slice| slice.entries.clone()).sum();
    let plain = names(&arguments, kernel, &[]);
    let numbers = numbers(&arguments, kernel, (&plain, own), root);
    (names(&arguments, kernel, &kernel.shared), numbers)
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
    let (plain, numbers) = plain(source, roles, kernel, root);
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

/// The arguments that are plain numbers: a mask is read from the control.
fn of_numbers<'k>(arguments: &[&Parameter], kernel: &'k ArrayKernel) -> Vec<&'k Slice> {
    let slices = arguments.iter().zip(&kernel.arguments);
    slices.filter(|(parameter, _)| !parameter.mask).map(|(_, slice)| slice).collect()
}

/// Names for the arguments, and for what is made of them.
fn names(arguments: &[&Parameter], kernel: &ArrayKernel, shared: &[Slice]) -> TokenStream {
    let slices: Vec<Slice> = of_numbers(arguments, kernel).into_iter().chain(shared).cloned().collect();
    let mut names = named(&slices).into_iter();
    let mut statements = TokenStream::new();
    for (parameter, slice) in arguments.iter().zip(&kernel.arguments) {
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

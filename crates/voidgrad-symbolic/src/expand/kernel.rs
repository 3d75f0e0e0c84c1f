//! `impl Kernel`: the fused kernel of a control of one `z`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::{Along, Roles};
use super::structure::name_of_struct;
use crate::emit::Types;
use crate::graph::NodeId;
use crate::kernel::arrays::Extent;
use crate::kernel::{self, Ends, Kept, Kernel, Parts};

/// The nodes that a kernel takes beside those of the function itself.
pub(super) struct Directions {
    pub(super) z_dot: NodeId,
    pub(super) c_bar: NodeId,
    pub(super) c_z: NodeId,
    pub(super) partials: Vec<NodeId>,
    /// `∂/∂φ (∂c/∂z · ż)`
    pub(super) mixed: Vec<NodeId>,
    /// `c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż)`
    pub(super) vjp_jvp: Vec<NodeId>,
    pub(super) along: Along,
}

/// The items; `None` for a control that has no fused kernel: one of many `z`, or a large one.
pub(super) fn kernel(
    source: &Source,
    roles: &Roles,
    nodes: &Directions,
    root: &TokenStream,
) -> Option<TokenStream> {
    let parameters = &source.signature.parameters;
    let are_known = parameters.iter().all(|parameter| parameter.shape.entries().is_some());
    if !parameters[0].shape.is_scalar() || !are_known {
        return None;
    }
    let arguments: Vec<Ident> = parameters.iter().map(|parameter| parameter.ident.clone()).collect();
    let parts = Parts {
        graph: &source.body.graph,
        z: source.body.parameters[0],
        z_dot: nodes.z_dot,
        c_bar: nodes.c_bar,
        c: source.body.output,
        c_z: nodes.c_z,
        partials: &nodes.partials,
        mixed: &nodes.mixed,
        arguments: &arguments,
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = kernel::derive(&parts, &types("R"), &types("T"))?;
    Some(write(source, roles, &kernel, root))
}

/// Residuals of a kernel that two vectors at a time leave in registers, mostly.
const LARGEST_PAIR: usize = 16;

fn write(source: &Source, roles: &Roles, kernel: &Kernel, root: &TokenStream) -> TokenStream {
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let entries = |index: &usize| source.signature.parameters[*index].shape.entries().unwrap_or(1);
    let count: usize = roles.parameters.iter().map(entries).sum();
    // One by one: an array that is indexed by a variable is memory, and the sums would leave their registers.
    let indices: Vec<Literal> = (0..count).map(Literal::usize_unsuffixed).collect();
    let count = Literal::usize_unsuffixed(count);
    let numbers = Numbers::new(source, kernel, root);
    let residuals = residuals(&kernel.residuals, root);
    let (numbers_type, numbers_of, numbers_function) = (numbers.definition, numbers.ty, numbers.function);
    let (residuals_type, residuals_of, residuals_value) =
        (residuals.definition, residuals.ty, residuals.value);
    let (forward, results) = (&kernel.forward.0, &kernel.forward.1);
    let (slope, at_z_tilde) = (&results[0], &results[1..3]);
    let kept =
        kernel.residuals.iter().zip(&results[3..]).map(|(Kept { ident, .. }, value)| quote!(#ident: #value));
    let kept = if kernel.residuals.is_empty() { quote!(()) } else { quote!(#residuals_value { #(#kept),* }) };
    let backward = &kernel.backward;
    let pairs = (kernel.residuals.len() <= LARGEST_PAIR).then(|| {
        quote!(
            const PAIRS: bool = true;
        )
    });
    let mut chain = finish_sums(&kernel.ends, root);
    chain.extend(self::chain(source, roles, root));
    quote! {
        // A stage need not read all that it is given, nor need `Real`'s methods or λ; what is public here is so for the trait alone. Style
        // lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
        const _: () = {
            #numbers_type
            #residuals_type

            #[automatically_derived]
            impl #generics #root::Kernel for #name #of_struct {
                #pairs
                type Sums<R: #root::Lanes> = [R; #count];
                type Numbers<T: #root::Element> = #numbers_of;
                type Residuals<R: #root::Lanes<Element: #root::Element>> = #residuals_of;

                #[inline(always)]
                fn sums<R: #root::Lanes>(zero: R) -> Self::Sums<R> {
                    [zero; #count]
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn first<R: #root::Lanes>(sums: &Self::Sums<R>, phi_bar: &mut [R::Element]) {
                    let phi_bar = &mut phi_bar[..#count];
                    #(phi_bar[#indices] = sums[#indices].first();)*
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn numbers<T: #root::Element>(&self) -> #numbers_of {
                    #numbers_function
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    numbers: &Self::Numbers<R::Element>,
                    z: R,
                    z_tilde: R,
                ) -> (R, (R, R), Self::Residuals<R>) {
                    #forward
                    (#slope, (#(#at_z_tilde),*), #kept)
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward<R: #root::Lanes<Element: #root::Element>>(
                    numbers: &Self::Numbers<R::Element>,
                    residuals: &Self::Residuals<R>,
                    (z, z_dot): (R, R),
                    (z_tilde, z_tilde_dot): (R, R),
                    c_bar: R,
                    phi_bar: &mut Self::Sums<R>,
                ) {
                    #backward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn chain(&self, numbers: &Self::Numbers<f64>, phi_bar: &mut [f64]) {
                    let phi_bar = &mut phi_bar[..#count];
                    #chain
                }
            }
        };
    }
}

/// The struct of what all samples share.
struct Numbers {
    definition: TokenStream,
    ty: TokenStream,
    function: TokenStream,
}

impl Numbers {
    fn new(source: &Source, kernel: &Kernel, root: &TokenStream) -> Self {
        let own = &source.signature.parameters[1..];
        if own.is_empty() && kernel.shared.is_empty() {
            return Self { definition: TokenStream::new(), ty: quote!(()), function: quote!(()) };
        }
        let idents: Vec<&Ident> = own.iter().map(|parameter| &parameter.ident).collect();
        let types = own.iter().map(|parameter| match parameter.shape.entries() {
            _ if parameter.mask => quote!(bool),
            Some(n) if !parameter.shape.is_scalar() => {
                let n = Literal::usize_unsuffixed(n);
                quote!([T; #n])
            }
            _ => quote!(T),
        });
        let values = own.iter().map(|parameter| {
            let ident = &parameter.ident;
            match (parameter.mask, parameter.shape.is_scalar()) {
                (true, _) => quote!(self.#ident),
                (false, true) => quote!(T::default().constant(self.#ident)),
                (false, false) => quote!(#root::kernel::entries(T::default(), &self.#ident)),
            }
        });
        let shared: Vec<&Ident> = kernel.shared.iter().map(|kept| &kept.ident).collect();
        let shared_types = kernel.shared.iter().map(|kept| if kept.mask { quote!(bool) } else { quote!(T) });
        let (statements, results) = &kernel.uniform;
        let marker = &kernel.marker;
        let definition = quote! {
            /// What all samples share: the parameters and the data, and what depends on them alone.
            #[derive(Debug, Clone, Copy)]
            pub struct Numbers<T> {
                #(#idents: #types,)*
                #(#shared: #shared_types,)*
                #marker: ::core::marker::PhantomData<T>,
            }
        };
        let function = quote! {
            let (#(#idents,)*) = (#(#values,)*);
            #statements
            let (#(#shared,)*) = (#(#results,)*);
            Numbers { #(#idents,)* #(#shared,)* #marker: ::core::marker::PhantomData }
        };
        Self { definition, ty: quote!(Numbers<T>), function }
    }
}

/// The struct of what the forward pass leaves for the backward pass.
struct Residuals {
    definition: TokenStream,
    ty: TokenStream,
    value: TokenStream,
}

fn residuals(kept: &[Kept], root: &TokenStream) -> Residuals {
    if kept.is_empty() {
        return Residuals { definition: TokenStream::new(), ty: quote!(()), value: quote!(()) };
    }
    let fields = kept.iter().map(|Kept { ident, mask }| {
        let ty = if *mask { quote!(R::Mask) } else { quote!(R) };
        quote!(#ident: #ty)
    });
    let definition = quote! {
        /// What the forward pass leaves for the backward pass.
        #[derive(Debug, Clone, Copy)]
        pub struct Residuals<R: #root::Lanes> {
            #(#fields,)*
        }
    };
    Residuals { definition, ty: quote!(Residuals<R>), value: quote!(Residuals) }
}

/// The sums that others give, and the factors that all were added up without.
fn finish_sums(Ends { statements, combinations, scales }: &Ends, root: &TokenStream) -> TokenStream {
    if scales.is_empty() && combinations.is_empty() {
        return TokenStream::new();
    }
    let combined = combinations.iter().map(|(entry, sums)| {
        let entry = Literal::usize_unsuffixed(*entry);
        let terms = sums.iter().map(|(sum, factor)| {
            let sum = Literal::usize_unsuffixed(*sum);
            quote!((#factor) * phi_bar[#sum])
        });
        quote!(phi_bar[#entry] = #(#terms)+*;)
    });
    let scaled = scales.iter().map(|(entry, factor)| {
        let entry = Literal::usize_unsuffixed(*entry);
        quote!(phi_bar[#entry] *= #factor;)
    });
    quote! {
        use #root::Real as _;
        #statements
        #(#combined)*
        #(#scaled)*
    }
}

/// `∂/∂(ln λ) = λ·∂/∂λ` for the parameters that stand in φ by their logarithm.
pub(super) fn chain(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let mut first = Extent::default();
    let mut statements = TokenStream::new();
    for index in &roles.parameters {
        let parameter = &source.signature.parameters[*index];
        let behind = &first + &Extent::of(&parameter.shape);
        if roles.positive.contains(index) {
            let ident = &parameter.ident;
            statements.extend(quote!(#root::kernel::scale(&mut phi_bar[#first..#behind], &self.#ident);));
        }
        first = behind;
    }
    statements
}

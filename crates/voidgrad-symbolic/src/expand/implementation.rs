//! `impl Control` for a control's struct.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::{Roles, vector_length};
use super::field::{Field, entries, fields};
use super::structure::{Batch, name_of_struct};
use crate::signature::Parameter;

/// A control of more numbers than this is evaluated on a stack of its own: its derivatives are arrays by value.
const MOST_ON_THE_STACK: usize = 2_048;

/// `impl Control`.
pub(super) fn implementation(
    source: &Source,
    roles: &Roles,
    batch: Batch,
    root: &TokenStream,
) -> TokenStream {
    let function = &source.function.sig.ident;
    let name = name_of_struct(source);
    let fields = fields(source, roles);
    let phi: Vec<&Field> = fields.iter().filter(|field| field.is_parameter).collect();
    let slots = phi.iter().map(|Field { ident, is_positive, .. }| {
        if *is_positive { quote!(Slot::Positive(&self.#ident)) } else { quote!(Slot::Free(&self.#ident)) }
    });
    let takes = phi.iter().map(|Field { ident, is_positive, .. }| {
        let take = if *is_positive { quote!(take_positive) } else { quote!(take_free) };
        quote!(#root::flat::#take(&mut self.#ident, &mut values);)
    });
    let count: usize =
        roles.parameters.iter().map(|index| entries(&source.signature.parameters[*index])).sum();
    let count = Literal::usize_unsuffixed(count);
    let names = phi.iter().map(|field| field.ident.to_string());
    let values: Vec<&Ident> = phi.iter().map(|field| &field.ident).collect();
    let arguments: Vec<TokenStream> = fields.iter().map(|field| field.argument(root)).collect();
    let bars: Vec<Ident> = phi.iter().map(|field| format_ident!("{}_bar", field.ident)).collect();
    let adds: Vec<TokenStream> = phi
        .iter()
        .zip(&bars)
        .map(|(Field { ident, is_positive, .. }, bar)| {
            if *is_positive {
                quote!(phi.add_positive(&#bar, &self.#ident);)
            } else {
                quote!(phi.add(&#bar);)
            }
        })
        .collect();
    let add_all = |call: TokenStream| {
        if bars.is_empty() {
            return quote!({});
        }
        let pattern = match bars.as_slice() {
            [single] => quote!(#single),
            several => quote!((#(#several),*)),
        };
        quote!({ let #pattern = #call; #(#adds)* })
    };
    let z = &source.signature.parameters[0];
    let numbers = source.signature.parameters.iter().map(entries).sum();
    let m = vector_length(&z.shape).filter(|_| !z.shape.is_scalar());
    let bodies = match m {
        None => elementwise(function, root, z.by_ref, &arguments, &add_all),
        Some(_) => vector(function, root, z, &arguments, &add_all),
    };
    let evaluation = if roles.each.is_empty() {
        bodies.write(m, numbers, root)
    } else {
        Bodies::write_of_examples(m, batch, root)
    };
    let (kernel, batches) = (of_kernel(batch, root), of_batches(batch, root, &name));
    let of_examples = if roles.each.is_empty() {
        TokenStream::new()
    } else {
        bodies.of_examples(&name, &fields, numbers, root)
    };
    quote! {
        #[automatically_derived]
        // A control that does not depend on z has arguments that it does not read; style lints are for code that people write.
        #[allow(unused_variables, unused_mut, clippy::all, clippy::pedantic)]
        impl #root::Control for #name {
            fn parameters(&self) -> usize {
                #count
            }
            fn phi(&self) -> #root::nalgebra::DVector<f64> {
                use #root::flat::Slot;
                #root::flat::phi(&[#(#slots),*])
            }
            fn set_phi(
                &mut self,
                phi: #root::nalgebra::DVectorView<'_, f64>,
            ) -> ::core::result::Result<(), #root::ShapeMismatch> {
                let mut values = #root::flat::values(phi, #count)?;
                #(#takes)*
                Ok(())
            }
            fn named(&self) -> ::std::vec::Vec<(::std::string::String, f64)> {
                #root::flat::named(&[#((#names, &self.#values)),*])
            }
            #evaluation
            #kernel
        }
        #of_examples
        #batches
    }
}

/// The body of a method of a control of so many `numbers`, on a stack that is large enough for them.
fn with_room(numbers: usize, root: &TokenStream, body: &TokenStream) -> TokenStream {
    if numbers <= MOST_ON_THE_STACK {
        return body.clone();
    }
    // Without optimisation, a derivative has some dozens of values of the size of its arguments.
    let bytes = Literal::usize_unsuffixed(64 * 8 * numbers);
    quote!(#root::flat::with_room(#bytes, || { #body }))
}

/// The methods that a kernel of straight-line code fills in. They are `#[inline]`, so that their loops are compiled where they are used.
fn of_kernel(batch: Batch, root: &TokenStream) -> Option<TokenStream> {
    (batch == Batch::StraightLine).then(|| {
        quote! {
            #[inline]
            fn sample(&self, drawn: &#root::Drawn, phi_bar: &mut [f64]) -> ::core::option::Option<f64> {
                Some(#root::sample(self, drawn, phi_bar))
            }
            #[inline]
            fn steps(&mut self, steps: &mut #root::Steps<'_>) -> usize {
                #root::steps(self, steps, |control, phi| {
                    let _ = #root::Control::set_phi(control, phi.into());
                })
            }
        }
    })
}

/// `impl BatchControl`: many samples at once, if there is a kernel.
fn of_batches(batch: Batch, root: &TokenStream, name: &Ident) -> TokenStream {
    let run = match batch {
        Batch::StraightLine => Some(quote!(fused)),
        Batch::Arrays => Some(quote!(arrays)),
        Batch::Examples | Batch::OneByOne(_) => None,
    };
    let chunk = run.map(|run| {
        quote! {
            #[inline]
            fn chunk(&self, chunk: &mut #root::Chunk<'_>) -> bool {
                #root::#run(self, chunk)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #root::BatchControl for #name {
            #chunk
        }
    }
}

/// The bodies of the methods that evaluate a control.
struct Bodies {
    value: TokenStream,
    value_and_d_z: TokenStream,
    d_phi: TokenStream,
    d_z_d_phi: TokenStream,
    vjp_jvp: TokenStream,
}

impl Bodies {
    fn with_room(&self, numbers: usize, root: &TokenStream) -> [TokenStream; 5] {
        let Self { value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp } = self;
        [value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp].map(|body| with_room(numbers, root, body))
    }

    /// The methods of a control that differs from example to example: those of example 0.
    fn write_of_examples(m: Option<usize>, batch: Batch, root: &TokenStream) -> TokenStream {
        let dimension = dimension(m);
        let plate = (batch == Batch::Examples).then(|| {
            quote! {
                #[inline]
                fn plate(&self, examples: &mut #root::Examples<'_>) -> bool {
                    #root::examples(self, examples)
                }
            }
        });
        quote! {
            #dimension
            fn value(&self, z: &[f64]) -> f64 {
                #root::OfExamples::value_at(self, 0, z)
            }
            fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
                #root::OfExamples::value_and_d_z_at(self, 0, z, c_z)
            }
            fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
                #root::OfExamples::d_phi_at(self, 0, z, c_phi)
            }
            fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut #root::nalgebra::DMatrix<f64>) {
                #root::OfExamples::d_z_d_phi_at(self, 0, z, c_z_phi)
            }
            fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
                #root::OfExamples::vjp_jvp_at(self, 0, z, z_dot, c_bar, phi_bar)
            }
            fn examples(&self) -> ::core::option::Option<usize> {
                Some(#root::OfExamples::count(self))
            }
            fn of_example(
                &self,
                example: usize,
            ) -> ::core::option::Option<::std::boxed::Box<dyn #root::Control + '_>> {
                Some(::std::boxed::Box::new(#root::AtExample::new(self, example)))
            }
            #plate
        }
    }

    /// `impl OfExamples`.
    fn of_examples(&self, name: &Ident, fields: &[Field], numbers: usize, root: &TokenStream) -> TokenStream {
        let [value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp] = self.with_room(numbers, root);
        let counts = fields.iter().filter(|field| field.is_each).map(|Field { ident, entries, .. }| {
            let entries = Literal::usize_unsuffixed(*entries);
            quote!(self.#ident.len() / #entries)
        });
        quote! {
            #[automatically_derived]
            // A control that does not depend on z has arguments that it does not read; style lints are for code that people write.
            #[allow(unused_variables, unused_mut, clippy::all, clippy::pedantic)]
            impl #root::OfExamples for #name {
                fn count(&self) -> usize {
                    [#(#counts),*].into_iter().min().unwrap_or(0)
                }
                fn value_at(&self, example: usize, z: &[f64]) -> f64 {
                    #value
                }
                fn value_and_d_z_at(&self, example: usize, z: &[f64], c_z: &mut [f64]) -> f64 {
                    #value_and_d_z
                }
                fn d_phi_at(&self, example: usize, z: &[f64], c_phi: &mut [f64]) {
                    #d_phi
                }
                fn d_z_d_phi_at(&self, example: usize, z: &[f64], c_z_phi: &mut #root::nalgebra::DMatrix<f64>) {
                    #d_z_d_phi
                }
                fn vjp_jvp_at(&self, example: usize, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
                    #vjp_jvp
                }
            }
        }
    }

    /// The methods of a control of so many `numbers`; `m` is the length of a `z` that is a vector.
    fn write(&self, m: Option<usize>, numbers: usize, root: &TokenStream) -> TokenStream {
        let [value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp] = self.with_room(numbers, root);
        let dimension = dimension(m);
        quote! {
                #dimension
            fn value(&self, z: &[f64]) -> f64 {
                #value
            }
            fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
                #value_and_d_z
            }
            fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
                #d_phi
            }
            fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut #root::nalgebra::DMatrix<f64>) {
                #d_z_d_phi
            }
            fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
                #vjp_jvp
            }
        }
    }
}

/// The method that says how many entries z has, if that is fixed.
fn dimension(m: Option<usize>) -> Option<TokenStream> {
    m.map(|m| {
        let m = Literal::usize_unsuffixed(m);
        quote! {
            fn dimension(&self) -> ::core::option::Option<usize> {
                Some(#m)
            }
        }
    })
}

/// The methods of a control of one `z`: the mean over the coordinates.
fn elementwise(
    function: &Ident,
    root: &TokenStream,
    by_ref: bool,
    arguments: &[TokenStream],
    add_all: &dyn Fn(TokenStream) -> TokenStream,
) -> Bodies {
    let z = if by_ref { quote!(&z) } else { quote!(z) };
    let partials = add_all(quote!(#function::partials(#z, #(#arguments),*)));
    let mixed = add_all(quote!(#function::mixed_partials(#z, #(#arguments),*)));
    let vjp_jvp = add_all(quote!(#function::vjp_jvp(#z, #(#arguments,)* z_dot, c_bar)));
    let value = quote!(#root::elementwise::value(z, |z| #function::value(#z, #(#arguments),*)));
    let value_and_d_z =
        quote!(#root::elementwise::value_and_d_z(z, c_z, |z| #function::value_and_d_z(#z, #(#arguments),*)));
    let d_phi = quote!(#root::elementwise::d_phi(z, c_phi, |z, phi| #partials););
    let d_z_d_phi = quote!(#root::elementwise::d_z_d_phi(z, c_z_phi, |z, phi| #mixed););
    let vjp_jvp = quote!(#root::elementwise::vjp_jvp(z, z_dot, phi_bar, |z, z_dot, phi| #vjp_jvp););
    Bodies { value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp }
}

/// The methods of a control of M coordinates at once.
fn vector(
    function: &Ident,
    root: &TokenStream,
    z: &Parameter,
    arguments: &[TokenStream],
    add_all: &dyn Fn(TokenStream) -> TokenStream,
) -> Bodies {
    let ty = match &z.ty {
        syn::Type::Reference(reference) => &*reference.elem,
        ty => ty,
    };
    let z = if z.by_ref { quote!(&z) } else { quote!(z) };
    let partials = add_all(quote!(#function::partials(#z, #(#arguments),*)));
    let mixed = add_all(quote!(#function::mixed_partials(#z, #(#arguments,)* z_dot)));
    let vjp_jvp = add_all(quote!(#function::vjp_jvp(#z, #(#arguments,)* z_dot, c_bar)));
    let value = quote! {
        let z: #ty = #root::flat::take(z);
        #function::value(#z, #(#arguments),*)
    };
    let value_and_d_z = quote! {
        let z: #ty = #root::flat::take(z);
        let (c, d_z) = #function::value_and_d_z(#z, #(#arguments),*);
        c_z.copy_from_slice(#root::flat::Flat::entries(&d_z));
        c
    };
    let d_phi = quote! {
        let z: #ty = #root::flat::take(z);
        #root::flat::fill(c_phi, |phi| #partials);
    };
    let d_z_d_phi = quote! {
        let z: #ty = #root::flat::take(z);
        #root::flat::fill_rows(c_z_phi, |z_dot: #ty, phi| #mixed);
    };
    let vjp_jvp = quote! {
        let z: #ty = #root::flat::take(z);
        let z_dot: #ty = #root::flat::take(z_dot);
        let phi = &mut #root::flat::Adder::new(phi_bar, 1.0);
        #vjp_jvp
    };
    Bodies { value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp }
}

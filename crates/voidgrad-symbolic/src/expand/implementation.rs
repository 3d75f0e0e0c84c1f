//! `impl Control` for a control's struct.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::bodies::{Bodies, Callee, Directions, elementwise, vector};
use super::control::{Roles, linear_parameters, vector_length};
use super::field::{Field, count, fields, zeros};
use super::lengths::Lengths;
use super::structure::{Batch, name_of_struct};
use crate::kernel::arrays::Extent;

/// A control of more numbers than this is evaluated on a stack of its own: its derivatives are arrays by value.
const MOST_ON_THE_STACK: usize = 2_048;

/// `impl Control`.
pub(super) fn implementation(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    batch: Batch,
    root: &TokenStream,
) -> TokenStream {
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let fields = fields(source, roles, lengths);
    let phi: Vec<&Field> = fields.iter().filter(|field| field.is_parameter).collect();
    let slots = phi.iter().map(|Field { ident, is_positive, .. }| {
        if *is_positive { quote!(Slot::Positive(&self.#ident)) } else { quote!(Slot::Free(&self.#ident)) }
    });
    let takes = phi.iter().map(|Field { ident, is_positive, .. }| {
        let take = if *is_positive { quote!(take_positive) } else { quote!(take_free) };
        quote!(#root::flat::#take(&mut self.#ident, &mut values);)
    });
    let count = count(source, roles);
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
    let m = vector_length(&z.shape);
    let function = &Callee::new(source);
    let directions = &Directions::new(&phi, root);
    let bodies = match m {
        None => elementwise(function, root, z.by_ref, &arguments, (&add_all, directions)),
        Some(_) => vector(function, root, (z, zeros(z, 0, lengths)), &arguments, (&add_all, directions)),
    };
    let linear = lengths.named(&linear(source, roles));
    let methods = Methods { bodies, m, lengths, room: Room::new(source, lengths) };
    let evaluation =
        if roles.each.is_empty() { methods.write(root) } else { methods.write_of_examples(batch, root) };
    let (kernel, batches) = (of_kernel(batch, root), of_batches(batch, root, source));
    let of_examples =
        if roles.each.is_empty() { TokenStream::new() } else { methods.of_examples(source, &fields, root) };
    let (parameters, set_phi) = (
        lengths.named(&quote!(#count)),
        lengths.named(&quote!(let mut values = #root::flat::values(phi, #count)?;)),
    );
    quote! {
        #[automatically_derived]
        // A control that does not depend on z has arguments that it does not read; style lints are for code that people write.
        #[allow(unused_variables, unused_mut, clippy::all, clippy::pedantic)]
        impl #generics #root::Control for #name #of_struct {
            fn parameters(&self) -> usize {
                #parameters
            }
            fn phi(&self) -> #root::nalgebra::DVector<f64> {
                use #root::flat::Slot;
                #root::flat::phi(&[#(#slots),*])
            }
            fn set_phi(
                &mut self,
                phi: #root::nalgebra::DVectorView<'_, f64>,
            ) -> ::core::result::Result<(), #root::ShapeMismatch> {
                #set_phi
                #(#takes)*
                Ok(())
            }
            fn named(&self) -> ::std::vec::Vec<(::std::string::String, f64)> {
                #root::flat::named(&[#((#names, &self.#values)),*])
            }
            fn linear(&self) -> ::std::vec::Vec<::core::ops::Range<usize>> {
                #linear
            }
            #evaluation
            #kernel
        }
        #of_examples
        #batches
    }
}

/// The ranges of φ that belong to the parameters in which c is linear.
fn linear(source: &Source, roles: &Roles) -> TokenStream {
    let linear = linear_parameters(source, roles);
    let mut first = Extent::default();
    let mut ranges = Vec::new();
    for index in &roles.parameters {
        let behind = &first + &Extent::of(&source.signature.parameters[*index].shape);
        if linear.contains(index) {
            ranges.push(quote!(#first..#behind));
        }
        first = behind;
    }
    quote!(::std::vec![#(#ranges),*])
}

/// The stack that the derivatives of a control take.
struct Room {
    /// How many numbers its arguments are, but for those on the heap.
    numbers: Extent,
}

impl Room {
    fn new(source: &Source, lengths: &Lengths) -> Self {
        let arguments = source.signature.parameters.iter().enumerate();
        let by_value = arguments.filter(|(index, _)| !lengths.is_dynamic(*index));
        Self { numbers: by_value.map(|(_, argument)| Extent::of(&argument.shape)).sum() }
    }

    /// The body of a method, on a stack that is large enough for it.
    fn around(&self, root: &TokenStream, body: &TokenStream) -> TokenStream {
        // Without optimisation, a derivative has some dozens of values of the size of its arguments.
        let bytes = &self.numbers * &Extent::from(64 * 8);
        match self.numbers.fixed() {
            Some(numbers) if numbers <= MOST_ON_THE_STACK => body.clone(),
            Some(_) => quote!(#root::flat::with_room(#bytes, || { #body })),
            None => {
                let most = Extent::from(64 * 8 * MOST_ON_THE_STACK);
                quote!(#root::flat::with_room_beyond(#most, #bytes, || { #body }))
            }
        }
    }
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
fn of_batches(batch: Batch, root: &TokenStream, source: &Source) -> TokenStream {
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let run = match batch {
        Batch::StraightLine => Some(quote!(fused)),
        Batch::Arrays => Some(quote!(arrays)),
        Batch::Examples { .. } | Batch::OneByOne(_) => None,
    };
    let along = (batch == Batch::Examples { along: true }).then(|| {
        quote! {
            #[inline]
            fn plate_along(&self, along: &mut #root::Along<'_>) -> bool {
                #root::along(self, along)
            }
        }
    });
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
        impl #generics #root::BatchControl for #name #of_struct {
            #chunk
            #along
        }
    }
}

/// The methods that evaluate a control.
struct Methods<'a> {
    bodies: Bodies,
    /// The length of a `z` that is a vector.
    m: Option<Extent>,
    lengths: &'a Lengths,
    room: Room,
}

impl Methods<'_> {
    /// The bodies with all that they take: stack, and names for lengths.
    fn complete(&self, root: &TokenStream) -> [TokenStream; 6] {
        let Bodies { value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp, along_phi } = &self.bodies;
        [value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp, along_phi]
            .map(|body| self.lengths.named(&self.room.around(root, body)))
    }

    /// The method that says how many entries z has, if that is fixed.
    fn dimension(&self) -> Option<TokenStream> {
        self.m.as_ref().map(|m| {
            let dimension = self.lengths.named(&quote!(Some(#m)));
            quote! {
                fn dimension(&self) -> ::core::option::Option<usize> {
                    #dimension
                }
            }
        })
    }

    /// The methods of a control that differs from example to example: those of example 0.
    fn write_of_examples(&self, batch: Batch, root: &TokenStream) -> TokenStream {
        let dimension = self.dimension();
        let plate = matches!(batch, Batch::Examples { .. }).then(|| {
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
            fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
                #root::OfExamples::along_phi_at(self, 0, z, phi_dot, c_z_dot)
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
    fn of_examples(&self, source: &Source, fields: &[Field], root: &TokenStream) -> TokenStream {
        let name = name_of_struct(source);
        let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
        let [value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp, along_phi] = self.complete(root);
        let counts = fields.iter().filter(|field| field.is_each).map(|Field { ident, entries, .. }| {
            let entries = entries.operand();
            quote!(self.#ident.len() / #entries)
        });
        let counts = self.lengths.named(&quote!([#(#counts),*]));
        let count = quote!(#counts.into_iter().min().unwrap_or(0));
        quote! {
            #[automatically_derived]
            // A control that does not depend on z has arguments that it does not read; style lints are for code that people write.
            #[allow(unused_variables, unused_mut, clippy::all, clippy::pedantic)]
            impl #generics #root::OfExamples for #name #of_struct {
                fn count(&self) -> usize {
                    #count
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
                fn along_phi_at(&self, example: usize, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
                    #along_phi
                }
            }
        }
    }

    /// The methods of a control without examples.
    fn write(&self, root: &TokenStream) -> TokenStream {
        let [value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp, along_phi] = self.complete(root);
        let dimension = self.dimension();
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
            fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
                #along_phi
            }
        }
    }
}

//! The struct of a control's parameters, with its constructors and getters.

use std::fmt;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::Roles;
use super::field::{Field, count, fields};
use super::lengths::Lengths;
use crate::graph::Shape;
use crate::kernel::arrays::{Extent, Obstacle};

/// `rebar` is `Rebar`, `relax_linear` is `RelaxLinear`; `None` for a name that gives no name of a type.
pub(super) fn struct_name(function: &Ident) -> Option<Ident> {
    let name: String = function
        .to_string()
        .trim_start_matches("r#")
        .split('_')
        .filter_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        })
        .collect();
    let is_name = syn::parse_str::<Ident>(&name).is_ok();
    is_name.then(|| Ident::new(&name, function.span()))
}

/// The name of the struct of a control, which [`check_struct`](super::names::check_struct) has looked at.
pub(super) fn name_of_struct(source: &Source) -> Ident {
    struct_name(&source.function.sig.ident).expect("a control whose struct has no name was refused")
}

/// The struct, its constructors and its getters.
pub(super) fn structure(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    batch: Batch,
    root: &TokenStream,
) -> TokenStream {
    let (vis, function) = (&source.function.vis, &source.function.sig.ident);
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let fields = fields(source, roles, lengths);
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let stored = fields.iter().map(Field::stored);
    // An example's own arguments come later.
    let own = || fields.iter().filter(|field| !field.is_each);
    let (own_idents, given, taken) =
        (own().map(|field| &field.ident), own().map(Field::given), own().map(Field::taken));
    let made =
        fields.iter().map(
            |Field { ident, is_each, .. }| {
                if *is_each { quote!(#ident: ::std::vec::Vec::new()) } else { quote!(#ident) }
            },
        );
    let checks = own().filter(|field| !field.mask).map(|Field { ident, is_positive, .. }| {
        let check = if *is_positive { quote!(check_positive) } else { quote!(check_finite) };
        let name = ident.to_string();
        quote!(#root::flat::#check(#name, &#ident)?;)
    });
    let accessors = accessors(source, lengths, &fields, root);
    let doc = [
        format!(" The control [`{function}`](fn@{function}) with its parameters φ."),
        String::new(),
        format!(" {batch}"),
    ];
    if fields.is_empty() {
        return quote! {
            #(#[doc = #doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            #vis struct #name #generics;
        };
    }
    // Not every getter is called.
    let new_doc = format!(
        " The control with these values.\n\n # Errors\n Where a value is NaN or infinite{}{}.",
        if roles.positive.is_empty() { "" } else { ", or one that must be positive is not" },
        if lengths.are_numbers() { "" } else { ", or lengths do not agree" }
    );
    let made = quote!(#(#checks)* Ok(Self { #(#made),* }));
    let agree = lengths.made(source, |_| false, &TokenStream::new(), root);
    let error = error(lengths, root);
    let from_phi = from_phi(source, roles, lengths, &fields, root);
    let has_boxes = fields.iter().any(|field| field.is_boxed);
    let derived = if has_boxes { quote!(Debug, PartialEq) } else { quote!(Debug, Clone, PartialEq) };
    // The derived one would copy what is on the heap by way of the stack.
    let clone = has_boxes.then(|| {
        let copies = fields.iter().map(|field| {
            let ident = &field.ident;
            if field.is_boxed {
                quote!(#ident: #root::flat::copied(&self.#ident))
            } else if field.is_each || field.zeros.is_some() {
                quote!(#ident: self.#ident.clone())
            } else {
                quote!(#ident: self.#ident)
            }
        });
        quote! {
            #[automatically_derived]
            impl #generics ::core::clone::Clone for #name #of_struct {
                fn clone(&self) -> Self {
                    Self { #(#copies),* }
                }
            }
        }
    });
    quote! {
        #clone

        #(#[doc = #doc])*
        #[derive(#derived)]
        #vis struct #name #generics {
            #(#idents: #stored,)*
        }

        // A crate may make its control by other means than `new`; style lints are for code that people write.
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #generics #name #of_struct {
            #[doc = #new_doc]
            #vis fn new(#(#own_idents: #given),*) -> ::core::result::Result<Self, #error> {
                #(#taken)*
                #agree
                #made
            }
            #from_phi
            #accessors
        }
    }
}

/// The getters, and the setters of what is no parameter.
fn accessors(source: &Source, lengths: &Lengths, fields: &[Field], root: &TokenStream) -> TokenStream {
    let vis = &source.function.vis;
    let accessors = fields.iter().map(|field| {
        let Field { ident, is_parameter, is_positive, is_each, .. } = field;
        let doc = match (is_parameter, is_positive) {
            (true, true) => format!(" The parameter `{ident}`, kept positive: φ holds its logarithm."),
            (true, false) => format!(" The parameter `{ident}`."),
            _ if *is_each => format!(" The rows of `{ident}`, one for each example."),
            _ => format!(" The data `{ident}`."),
        };
        let getter = field.getter();
        let setter = (!is_parameter).then(|| {
            let doc = if *is_each {
                format!(" Takes `{ident}` of all examples, one row after the other; a matrix column by column.\n\n # Errors\n If the length is not that of whole rows, or a number is NaN or infinite.")
            } else if field.mask {
                format!(" Takes another `{ident}`.")
            } else {
                format!(" Takes another `{ident}`; a matrix column by column.\n\n # Errors\n If the length is another one, or a number is NaN or infinite.")
            };
            let setter = field.setter(lengths, root);
            quote!(#[doc = #doc] #vis #setter)
        });
        quote! {
            #[doc = #doc]
            #[must_use]
            #vis #getter
            #setter
        }
    });
    quote!(#(#accessors)*)
}

/// The type of the errors of constructors and setters.
fn error(lengths: &Lengths, root: &TokenStream) -> TokenStream {
    if lengths.are_numbers() { quote!(#root::InvalidParameter) } else { quote!(#root::ControlError) }
}

/// The constructor of a control from its parameters as one slice, which no stack has to hold.
fn from_phi(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    fields: &[Field],
    root: &TokenStream,
) -> Option<TokenStream> {
    if roles.parameters.is_empty() {
        return None;
    }
    let vis = &source.function.vis;
    let data: Vec<&Field> = fields.iter().filter(|field| !field.is_parameter && !field.is_each).collect();
    let (data_idents, data_given, data_taken) = (
        data.iter().map(|field| &field.ident),
        data.iter().map(|field| field.given()),
        data.iter().map(|field| field.taken()),
    );
    let checks = data.iter().filter(|field| !field.mask).map(|Field { ident, .. }| {
        let name = ident.to_string();
        quote!(#root::flat::check_finite(#name, &#ident)?;)
    });
    let sizes = roles.parameters.iter().filter_map(|index| {
        let (ident, size) = (&source.signature.parameters[*index].ident, lengths.size(*index)?);
        Some((ident, quote!(#ident: #size,)))
    });
    let (sized, sizes): (Vec<&Ident>, Vec<TokenStream>) = sizes.unzip();
    // The data are arguments too, by whatever names.
    let free = |name: &str| {
        let mut name = name.to_owned();
        while data.iter().map(|field| &field.ident).chain(sized.iter().copied()).any(|ident| *ident == name) {
            name.push('_');
        }
        format_ident!("{name}")
    };
    let (phi, rest) = (free("phi"), free("rest"));
    let values = fields.iter().map(|field| {
        let ident = &field.ident;
        match (field.is_parameter, field.is_positive, &field.zeros) {
            _ if field.is_each => quote!(#ident: ::std::vec::Vec::new()),
            (true, true, None) => quote!(#ident: #root::flat::positive_from(&mut #rest)),
            (true, false, None) => quote!(#ident: #root::flat::free_from(&mut #rest)),
            (true, true, Some(zeros)) => quote!(#ident: #root::flat::positive_into(#zeros, &mut #rest)),
            (true, false, Some(zeros)) => quote!(#ident: #root::flat::free_into(#zeros, &mut #rest)),
            (false, ..) => quote!(#ident),
        }
    });
    let checked = if lengths.are_numbers() {
        let count = count(source, roles);
        let allowed = quote!(#count).to_string();
        quote!(#root::flat::checked(#phi, #count, #allowed)?)
    } else {
        let shapes = roles.parameters.iter().map(|index| {
            let lengths: Vec<Extent> = match &source.signature.parameters[*index].shape {
                Shape::Scalar => Vec::new(),
                Shape::Array(length) => vec![length.into()],
                Shape::Matrix(rows, columns) => vec![rows.into(), columns.into()],
            };
            quote!(&[#(#lengths),*])
        });
        quote!(#root::lengths::checked(#phi, &[#(#shapes),*])?)
    };
    let body = quote! {
        #(#checks)*
        let mut #rest = #checked;
        Ok(Self { #(#values),* })
    };
    let agree = lengths.made(source, |argument| roles.parameters.contains(&argument), &body, root);
    let sizes_doc = (!sizes.is_empty()).then(|| {
        quote! {
            ///
            /// Parameters whose lengths are known only now come by their sizes: entries, or rows and columns.
        }
    });
    let error = error(lengths, root);
    let doc = [
        " The control with these parameters, flat and unconstrained as `Control::phi` gives them.",
        "",
        " # Errors",
        " If the length is wrong, or a value is NaN or infinite.",
    ];
    let [doc, empty, heading, errors] = doc;
    Some(quote! {
        #[doc = #doc]
        #sizes_doc
        #[doc = #empty]
        #[doc = #heading]
        #[doc = #errors]
        #vis fn from_phi(
            #phi: &[f64],
            #(#sizes)*
            #(#data_idents: #data_given),*
        ) -> ::core::result::Result<Self, #error> {
            #(#data_taken)*
            #agree
            #body
        }
    })
}

/// How batches go through a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batch {
    /// There is an `impl Kernel`.
    StraightLine,
    /// There is an `impl ArrayKernel`.
    Arrays,
    /// There is an `impl ExampleKernel`, and an `impl AlongKernel` or none.
    Examples { along: bool },
    /// One sample after the other.
    OneByOne(Obstacle),
}

/// As a sentence for the control's documentation.
impl fmt::Display for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StraightLine => {
                formatter.write_str("Batches and training run its fused `Kernel`, on SIMD lanes.")
            }
            Self::Arrays => formatter.write_str("Batches run its fused `ArrayKernel`, on SIMD lanes."),
            Self::Examples { .. } => {
                formatter.write_str("Plates run its fused `ExampleKernel`, on SIMD lanes of examples.")
            }
            Self::OneByOne(obstacle) => {
                write!(
                    formatter,
                    "It has no fused kernel, since {obstacle}: batches go one sample after the other."
                )
            }
        }
    }
}

//! The struct of a control's parameters, with its constructors and getters.

use std::fmt;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::Roles;
use super::field::{Field, entries, fields};
use crate::kernel::arrays::Obstacle;

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
pub(super) fn structure(source: &Source, roles: &Roles, batch: Batch, root: &TokenStream) -> TokenStream {
    let (vis, function) = (&source.function.vis, &source.function.sig.ident);
    let name = name_of_struct(source);
    let fields = fields(source, roles);
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
    let accessors = accessors(source, &fields, root);
    let doc = [
        format!(" The control [`{function}`](fn@{function}) with its parameters φ."),
        String::new(),
        format!(" {batch}"),
    ];
    if fields.is_empty() {
        return quote! {
            #(#[doc = #doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            #vis struct #name;
        };
    }
    // Not every getter is called.
    let new_doc = format!(
        " The control with these values.\n\n # Errors\n Where a value is NaN or infinite{}.",
        if roles.positive.is_empty() { "" } else { ", or one that must be positive is not" }
    );
    let from_phi = from_phi(source, roles, &fields, root);
    let has_boxes = fields.iter().any(|field| field.is_boxed);
    let derived = if has_boxes { quote!(Debug, PartialEq) } else { quote!(Debug, Clone, PartialEq) };
    // The derived one would copy what is on the heap by way of the stack.
    let clone = has_boxes.then(|| {
        let copies = fields.iter().map(|field| {
            let ident = &field.ident;
            if field.is_boxed {
                quote!(#ident: #root::flat::copied(&self.#ident))
            } else if field.is_each {
                quote!(#ident: self.#ident.clone())
            } else {
                quote!(#ident: self.#ident)
            }
        });
        quote! {
            #[automatically_derived]
            impl ::core::clone::Clone for #name {
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
        #vis struct #name {
            #(#idents: #stored,)*
        }

        // A crate may make its control by other means than `new`; style lints are for code that people write.
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc = #new_doc]
            #vis fn new(#(#own_idents: #given),*) -> ::core::result::Result<Self, #root::InvalidParameter> {
                #(#taken)*
                #(#checks)*
                Ok(Self { #(#made),* })
            }
            #from_phi
            #accessors
        }
    }
}

/// The getters, and the setters of what is no parameter.
fn accessors(source: &Source, fields: &[Field], root: &TokenStream) -> TokenStream {
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
            let setter = field.setter(root);
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

/// The constructor of a control from its parameters as one slice, which no stack has to hold.
fn from_phi(source: &Source, roles: &Roles, fields: &[Field], root: &TokenStream) -> Option<TokenStream> {
    if roles.parameters.is_empty() {
        return None;
    }
    let vis = &source.function.vis;
    let count: usize =
        roles.parameters.iter().map(|index| entries(&source.signature.parameters[*index])).sum();
    let (allowed, count) = (count.to_string(), Literal::usize_unsuffixed(count));
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
    // The data are arguments too, by whatever names.
    let free = |name: &str| {
        let mut name = name.to_owned();
        while data.iter().any(|field| field.ident == name) {
            name.push('_');
        }
        format_ident!("{name}")
    };
    let (phi, rest) = (free("phi"), free("rest"));
    let values = fields.iter().map(|field| {
        let ident = &field.ident;
        match (field.is_parameter, field.is_positive) {
            _ if field.is_each => quote!(#ident: ::std::vec::Vec::new()),
            (true, true) => quote!(#ident: #root::flat::positive_from(&mut #rest)),
            (true, false) => quote!(#ident: #root::flat::free_from(&mut #rest)),
            (false, _) => quote!(#ident),
        }
    });
    let doc = [
        " The control with these parameters, flat and unconstrained as `Control::phi` gives them.",
        "",
        " # Errors",
        " If the length is wrong, or a value is NaN or infinite.",
    ];
    Some(quote! {
        #(#[doc = #doc])*
        #vis fn from_phi(
            #phi: &[f64],
            #(#data_idents: #data_given),*
        ) -> ::core::result::Result<Self, #root::InvalidParameter> {
            #(#data_taken)*
            #(#checks)*
            let mut #rest = #root::flat::checked(#phi, #count, #allowed)?;
            Ok(Self { #(#values),* })
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
    /// There is an `impl ExampleKernel`.
    Examples,
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
            Self::Examples => {
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

//! The fields of a control's struct.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::Source;
use super::control::Roles;
use super::lengths::Lengths;
use crate::graph::Shape;
use crate::kernel::arrays::Extent;
use crate::signature::Parameter;

/// Arrays of more entries than this are on the heap, so that a control is cheap to move, and fits any stack.
const MOST_IN_PLACE: usize = 512;

/// A field of the struct: every argument but `z`.
#[allow(clippy::struct_excessive_bools)] // independent facts of a parameter
pub(super) struct Field {
    pub(super) ident: Ident,
    ty: syn::Type,
    by_ref: bool,
    pub(super) mask: bool,
    is_array: bool,
    pub(super) is_boxed: bool,
    /// It differs from example to example: the field has a row for each.
    pub(super) is_each: bool,
    pub(super) is_parameter: bool,
    pub(super) is_positive: bool,
    /// How many numbers it has, in an example if it differs there.
    pub(super) entries: Extent,
    /// Zeros in its place, if only the run knows how many.
    pub(super) zeros: Option<TokenStream>,
}

impl Field {
    /// The type of the field.
    pub(super) fn stored(&self) -> TokenStream {
        let ty = &self.ty;
        match (self.is_each, self.is_boxed) {
            (true, _) => quote!(::std::vec::Vec<f64>),
            (false, true) => quote!(::std::boxed::Box<#ty>),
            (false, false) => quote!(#ty),
        }
    }

    /// The type of the constructor's argument: what is on the heap may be there already.
    pub(super) fn given(&self) -> TokenStream {
        let ty = &self.ty;
        if self.is_boxed { quote!(impl ::core::convert::Into<::std::boxed::Box<#ty>>) } else { quote!(#ty) }
    }

    /// The constructor's argument as the field's value.
    pub(super) fn taken(&self) -> TokenStream {
        let ident = &self.ident;
        if self.is_boxed { quote!(let #ident = #ident.into();) } else { TokenStream::new() }
    }

    /// The function that gives it other values: rows for all examples, entries of an array, or a number.
    pub(super) fn setter(&self, lengths: &Lengths, root: &TokenStream) -> TokenStream {
        let Self { ident, ty, .. } = self;
        let setter = self.setter_name();
        let name = ident.to_string();
        if self.mask {
            return quote!(fn #setter(&mut self, #ident: #ty) { self.#ident = #ident; });
        }
        if !lengths.are_numbers() {
            return self.setter_of_lengths(lengths, root);
        }
        let entries = &self.entries;
        let (length, count) = (format!("the length of {name}"), entries.to_token_stream().to_string());
        if self.is_each {
            let allowed = format!("a multiple of {count}");
            quote! {
                fn #setter(&mut self, #ident: &[impl #root::network::Float]) -> ::core::result::Result<(), #root::InvalidParameter> {
                    #root::flat::set_rows(&mut self.#ident, (#name, #length), #ident, (#entries, #allowed))
                }
            }
        } else if self.is_array {
            quote! {
                fn #setter(&mut self, #ident: &[f64]) -> ::core::result::Result<(), #root::InvalidParameter> {
                    #root::flat::set(&mut self.#ident, (#name, #length), #ident, #count)
                }
            }
        } else {
            quote! {
                fn #setter(&mut self, #ident: f64) -> ::core::result::Result<(), #root::InvalidParameter> {
                    #root::flat::set(&mut self.#ident, (#name, #length), &[#ident], #count)
                }
            }
        }
    }

    /// [`setter`](Self::setter) of a control that has lengths which are no numbers in the source.
    fn setter_of_lengths(&self, lengths: &Lengths, root: &TokenStream) -> TokenStream {
        let Self { ident, entries, .. } = self;
        let setter = self.setter_name();
        let (name, length) = (ident.to_string(), format!("the entries of {ident}"));
        let (ty, body) = if self.is_each {
            let take = quote!(#root::lengths::set_rows(&mut self.#ident, (#name, #length), #ident, #entries));
            (quote!(&[impl #root::network::Float]), lengths.named(&take))
        } else if self.is_array {
            (quote!(&[f64]), quote!(#root::lengths::set(&mut self.#ident, (#name, #length), #ident)))
        } else {
            (quote!(f64), quote!(#root::lengths::set(&mut self.#ident, (#name, #length), &[#ident])))
        };
        quote! {
            fn #setter(&mut self, #ident: #ty) -> ::core::result::Result<(), #root::ControlError> {
                #body
            }
        }
    }

    /// `set_x`.
    pub(super) fn setter_name(&self) -> Ident {
        format_ident!("set_{}", self.ident)
    }

    /// What the getter gives: a number by value, an array by reference.
    pub(super) fn getter(&self) -> TokenStream {
        let Self { ident, ty, .. } = self;
        if self.is_each {
            quote!(fn #ident(&self) -> &[f64] { &self.#ident })
        } else if self.is_array {
            quote!(fn #ident(&self) -> &#ty { &self.#ident })
        } else {
            quote!(fn #ident(&self) -> #ty { self.#ident })
        }
    }

    /// The field as an argument of the function; what differs from example to example is that of `example`.
    pub(super) fn argument(&self, root: &TokenStream) -> TokenStream {
        let Self { ident, ty, .. } = self;
        if self.is_each {
            let borrowed = self.by_ref.then(|| quote!(&));
            return match &self.zeros {
                Some(zeros) => quote!(#borrowed #root::flat::row(#zeros, &self.#ident, example)),
                None => quote!(#borrowed #root::flat::example::<#ty>(&self.#ident, example)),
            };
        }
        self.passed(&quote!(self.#ident))
    }

    /// A value of the field's type as an argument of the function.
    pub(super) fn passed(&self, value: &TokenStream) -> TokenStream {
        match (self.by_ref, self.is_boxed) {
            (true, _) => quote!(&#value),
            (false, true) => quote!(*#value),
            (false, false) if self.zeros.is_some() => quote!(#value.clone()),
            (false, false) => quote!(#value),
        }
    }

    /// The part of φ̇ that belongs to a parameter, taken from the front of `phi_dot`: `λ̇ = λ·φ̇` if that is the direction of `ln λ`.
    pub(super) fn direction(&self, root: &TokenStream) -> TokenStream {
        let (ident, stored) = (&self.ident, self.stored());
        let taken = match &self.zeros {
            Some(zeros) => quote!(#root::flat::free_into(#zeros, &mut phi_dot)),
            None => quote!(#root::flat::free_from::<#stored>(&mut phi_dot)),
        };
        if self.is_positive { quote!(#root::flat::times(#taken, &self.#ident)) } else { taken }
    }
}

/// The fields: every argument but `z`, in order.
pub(super) fn fields(source: &Source, roles: &Roles, lengths: &Lengths) -> Vec<Field> {
    let parameters = source.signature.parameters.iter().enumerate().skip(1);
    parameters
        .map(|(index, parameter)| {
            let entries = Extent::of(&parameter.shape);
            let is_each = roles.each.contains(&index);
            let zeros = zeros(parameter, index, lengths);
            let is_large = entries.fixed().is_none_or(|entries| entries > MOST_IN_PLACE);
            Field {
                ident: parameter.ident.clone(),
                ty: owned(parameter).clone(),
                by_ref: parameter.by_ref,
                mask: parameter.mask,
                is_array: !parameter.shape.is_scalar(),
                is_each,
                is_boxed: is_large && !is_each && zeros.is_none(),
                entries,
                is_parameter: roles.parameters.contains(&index),
                is_positive: roles.positive.contains(&index),
                zeros,
            }
        })
        .collect()
}

/// Zeros in the place of an argument whose length the run alone knows: an expression that reads the lengths by their names.
pub(super) fn zeros(parameter: &Parameter, index: usize, lengths: &Lengths) -> Option<TokenStream> {
    let ty = owned(parameter);
    let Shape::Matrix(rows, columns) = &parameter.shape else { return None };
    let rows = Extent::from(rows);
    lengths.is_dynamic(index).then(|| {
        if lengths.is_column(index) {
            quote!(<#ty>::zeros(#rows))
        } else {
            let columns = Extent::from(columns);
            quote!(<#ty>::zeros(#rows, #columns))
        }
    })
}

/// The type of an argument without its reference.
pub(super) fn owned(parameter: &Parameter) -> &syn::Type {
    match &parameter.ty {
        syn::Type::Reference(reference) => &reference.elem,
        ty => ty,
    }
}

/// How many numbers the parameters φ are.
pub(super) fn count(source: &Source, roles: &Roles) -> Extent {
    roles.parameters.iter().map(|index| Extent::of(&source.signature.parameters[*index].shape)).sum()
}

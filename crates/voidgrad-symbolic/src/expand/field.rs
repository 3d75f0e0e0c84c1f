//! The fields of a control's struct.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Source;
use super::control::Roles;
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
    pub(super) is_parameter: bool,
    pub(super) is_positive: bool,
}

impl Field {
    /// The type of the field.
    pub(super) fn stored(&self) -> TokenStream {
        let ty = &self.ty;
        if self.is_boxed { quote!(::std::boxed::Box<#ty>) } else { quote!(#ty) }
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

    /// What the getter gives: a number by value, an array by reference.
    pub(super) fn getter(&self) -> TokenStream {
        let Self { ident, ty, .. } = self;
        if self.is_array {
            quote!(fn #ident(&self) -> &#ty { &self.#ident })
        } else {
            quote!(fn #ident(&self) -> #ty { self.#ident })
        }
    }

    /// The field as an argument of the function.
    pub(super) fn argument(&self) -> TokenStream {
        let ident = &self.ident;
        match (self.by_ref, self.is_boxed) {
            (true, _) => quote!(&self.#ident),
            (false, true) => quote!(*self.#ident),
            (false, false) => quote!(self.#ident),
        }
    }
}

/// The fields: every argument but `z`, in order.
pub(super) fn fields(source: &Source, roles: &Roles) -> Vec<Field> {
    let parameters = source.signature.parameters.iter().enumerate().skip(1);
    parameters
        .map(|(index, parameter)| Field {
            ident: parameter.ident.clone(),
            ty: match &parameter.ty {
                syn::Type::Reference(reference) => (*reference.elem).clone(),
                ty => ty.clone(),
            },
            by_ref: parameter.by_ref,
            mask: parameter.mask,
            is_array: !parameter.shape.is_scalar(),
            is_boxed: entries(parameter) > MOST_IN_PLACE,
            is_parameter: roles.parameters.contains(&index),
            is_positive: roles.positive.contains(&index),
        })
        .collect()
}

/// The number of entries of an argument.
pub(super) fn entries(parameter: &Parameter) -> usize {
    parameter.shape.entries().unwrap_or(1)
}

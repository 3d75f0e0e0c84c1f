//! The types of generated code.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;
use syn::visit_mut::VisitMut;

use crate::graph::{Dim, Shape};

/// How generated code names the number type and the crate.
#[derive(Debug, Clone)]
pub struct Types {
    real: Ident,
    root: TokenStream,
}

impl Types {
    /// `real` is the type parameter of the functions, `root` the path of voidgrad.
    #[must_use]
    pub fn new(real: Ident, root: TokenStream) -> Self {
        Self { real, root }
    }

    /// The number type.
    #[must_use]
    pub fn real(&self) -> &Ident {
        &self.real
    }

    /// The path of voidgrad.
    #[must_use]
    pub fn root(&self) -> &TokenStream {
        &self.root
    }

    /// A length, as an expression or a const argument.
    #[must_use]
    pub fn dim(&self, dim: &Dim) -> TokenStream {
        match dim {
            Dim::Fixed(n) => proc_macro2::Literal::usize_unsuffixed(*n).into_token_stream(),
            Dim::Named(name) => name.parse().expect("it was printed from tokens"),
            Dim::Runtime(..) => unreachable!("a length found at run time has no const argument"),
        }
    }

    /// The type of a value of this shape.
    #[must_use]
    pub fn of(&self, shape: &Shape) -> TokenStream {
        let (real, root) = (&self.real, &self.root);
        match shape {
            Shape::Scalar => quote!(#real),
            Shape::Array(Dim::Runtime(..)) => quote!(::std::vec::Vec<#real>),
            Shape::Array(n) => {
                let n = self.dim(n);
                quote!([#real; #n])
            }
            Shape::Matrix(Dim::Runtime(..), Dim::Fixed(1)) => quote!(#root::DVector<#real>),
            shape if shape.is_dynamic() => quote!(#root::DMatrix<#real>),
            Shape::Matrix(rows, Dim::Fixed(1)) => {
                let rows = self.dim(rows);
                quote!(#root::SVector<#real, #rows>)
            }
            Shape::Matrix(rows, columns) => {
                let (rows, columns) = (self.dim(rows), self.dim(columns));
                quote!(#root::SMatrix<#real, #rows, #columns>)
            }
        }
    }

    /// The type of a matrix of this shape, to call a constructor of.
    #[must_use]
    pub fn expression(&self, shape: &Shape) -> TokenStream {
        let (real, root) = (&self.real, &self.root);
        match shape {
            Shape::Matrix(rows, Dim::Fixed(1)) => {
                let rows = self.dim(rows);
                quote!(#root::SVector::<#real, #rows>)
            }
            Shape::Matrix(rows, columns) => {
                let (rows, columns) = (self.dim(rows), self.dim(columns));
                quote!(#root::SMatrix::<#real, #rows, #columns>)
            }
            Shape::Scalar | Shape::Array(_) => TokenStream::new(),
        }
    }
}

/// A type as the user wrote it, with `f64` replaced by `real` and `bool` by its mask.
#[must_use]
pub fn type_with(ty: &Type, real: &Ident) -> Type {
    struct Replace<'i>(&'i Ident);
    impl VisitMut for Replace<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            let real = self.0;
            if let Type::Path(path) = ty {
                if path.path.is_ident("f64") {
                    *ty = syn::parse_quote!(#real);
                    return;
                }
                if path.path.is_ident("bool") {
                    *ty = syn::parse_quote!(#real::Mask);
                    return;
                }
            }
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = ty.clone();
    Replace(real).visit_type_mut(&mut ty);
    ty
}

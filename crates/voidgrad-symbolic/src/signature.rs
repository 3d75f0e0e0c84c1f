//! The signature of an annotated function: its parameters and their shapes.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    Expr, FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, ReturnType, Token, Type, TypeParamBound,
    WherePredicate,
};

use crate::diagnostics::Diagnostics;
use crate::graph::{Dim, Shape};

/// One parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub ident: Ident,
    /// Its type as written.
    pub ty: Type,
    /// The shape of the value.
    pub shape: Shape,
    /// True for `bool`.
    pub mask: bool,
    /// True where it is passed by reference.
    pub by_ref: bool,
}

/// The parameters and the result.
#[derive(Debug)]
pub struct Signature {
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The result's type as written.
    pub output: Type,
    /// The result's shape.
    pub output_shape: Shape,
    /// The type parameter that the numbers have, where the function is generic over them.
    pub real: Option<Ident>,
}

const TYPES: &str = "`f64`, `bool`, `[f64; N]`, `&[f64]`, `SVector<f64, N>`, `SMatrix<f64, R, C>`, `DVector<f64>`, `DMatrix<f64>`, or references to them";

impl Signature {
    /// Reads the signature of `function`; what is not modelled is reported.
    pub fn read(function: &ItemFn, diagnostics: &mut Diagnostics) -> Option<Self> {
        let signature = &function.sig;
        if let Some(token) = &signature.asyncness {
            diagnostics
                .error(token, "an async function has no derivative; compute the value in a plain `fn`");
        }
        if let syn::Safety::Unsafe(token) = &signature.safety {
            diagnostics.error(
                token,
                "an unsafe function is not differentiated; wrap it in a safe `fn` without the unsafe part",
            );
        }
        if let Some(token) = &signature.abi {
            diagnostics
                .error(token, "a function with a foreign ABI is not differentiated; annotate a plain `fn`");
        }
        refuse_raw(&signature.ident, diagnostics)?;
        let real = real_parameter(signature);
        for parameter in signature.generics.type_params().filter(|parameter| Some(&parameter.ident) != real) {
            diagnostics.error(
                parameter,
                "this type parameter is not modelled; numbers are `f64`, or `R` with the bound `R: Real`",
            );
        }
        let numbers = Numbers(real);
        let parameters: Vec<Option<Parameter>> = signature
            .inputs
            .iter()
            .enumerate()
            .map(|(index, argument)| read_parameter(index, argument, numbers, diagnostics))
            .collect();
        let output = read_output(&signature.output, signature, numbers, diagnostics);
        let (output, output_shape) = output?;
        Some(Self {
            parameters: parameters.into_iter().collect::<Option<_>>()?,
            output,
            output_shape,
            real: real.cloned(),
        })
    }

    /// The index of the parameter of this name.
    #[must_use]
    pub fn position(&self, name: &Ident) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.ident == *name)
    }
}

fn read_parameter(
    index: usize,
    argument: &FnArg,
    numbers: Numbers<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Parameter> {
    let FnArg::Typed(argument) = argument else {
        diagnostics.error(
            argument,
            "a method is not differentiated; write a free function and pass the fields it needs",
        );
        return None;
    };
    let Pat::Ident(pattern) = &*argument.pat else {
        diagnostics.error(
            &argument.pat,
            "a pattern as a parameter is not modelled; name the parameter and take it apart in the body",
        );
        return None;
    };
    refuse_raw(&pattern.ident, diagnostics)?;
    let (ty, by_ref) = strip_reference(&argument.ty, diagnostics)?;
    let mask = numbers.is_mask(ty);
    let shape = if mask { Some(Shape::Scalar) } else { numbers.shape_of(ty, index, by_ref) };
    let Some(shape) = shape else {
        diagnostics.error(ty, format!("this type is not modelled; a parameter is {TYPES}"));
        return None;
    };
    Some(Parameter { ident: pattern.ident.clone(), ty: (*argument.ty).clone(), shape, mask, by_ref })
}

/// Generated names are made of the user's, and no name is made of a raw one.
pub(crate) fn refuse_raw(ident: &Ident, diagnostics: &mut Diagnostics) -> Option<()> {
    if !ident.to_string().starts_with("r#") {
        return Some(());
    }
    diagnostics.error(ident, "a raw identifier is not modelled; choose a name that is not a keyword");
    None
}

fn read_output(
    output: &ReturnType,
    signature: &syn::Signature,
    numbers: Numbers<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(Type, Shape)> {
    let ReturnType::Type(_, ty) = output else {
        diagnostics.error(
            &signature.ident,
            "the function returns nothing to differentiate; give it a return type `-> f64`",
        );
        return None;
    };
    match numbers.shape_of(ty, usize::MAX, false) {
        Some(shape) => Some(((**ty).clone(), shape)),
        None => {
            diagnostics.error(ty, "this type is not modelled; the result is `f64`, `[f64; N]`, `SVector<f64, N>`, `SMatrix<f64, R, C>`, `DVector<f64>` or `DMatrix<f64>`");
            None
        }
    }
}

fn strip_reference<'t>(ty: &'t Type, diagnostics: &mut Diagnostics) -> Option<(&'t Type, bool)> {
    match ty {
        Type::Reference(reference) => {
            if let Some(token) = &reference.mutability {
                diagnostics.error(token, "a mutable reference is not modelled; return the new value instead");
                return None;
            }
            Some((&reference.elem, true))
        }
        Type::Paren(inner) => strip_reference(&inner.elem, diagnostics),
        Type::Group(inner) => strip_reference(&inner.elem, diagnostics),
        _ => Some((ty, false)),
    }
}

fn is_path(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.is_ident(name))
}

fn dim(length: &Expr) -> Dim {
    if let Expr::Lit(literal) = length
        && let syn::Lit::Int(number) = &literal.lit
        && let Ok(n) = number.base10_parse()
    {
        return Dim::Fixed(n);
    }
    Dim::Named(length.to_token_stream().to_string())
}

/// How the function writes numbers: `f64`, or a type parameter with the bound `Real`.
#[derive(Clone, Copy)]
struct Numbers<'a>(Option<&'a Ident>);

impl Numbers<'_> {
    fn is_number(self, ty: &Type) -> bool {
        is_path(ty, "f64") || self.0.is_some_and(|real| is_path(ty, &real.to_string()))
    }

    /// `bool`, or the mask of the type parameter.
    fn is_mask(self, ty: &Type) -> bool {
        let is_its_mask = |path: &syn::TypePath| {
            let segments: Vec<&Ident> = path.path.segments.iter().map(|segment| &segment.ident).collect();
            matches!((self.0, segments.as_slice()), (Some(real), [first, mask]) if real == *first && *mask == "Mask")
        };
        is_path(ty, "bool") || matches!(ty, Type::Path(path) if is_its_mask(path))
    }

    /// The shape of a type written in a signature; `parameter` is its index, for lengths found at run time.
    fn shape_of(self, ty: &Type, parameter: usize, by_ref: bool) -> Option<Shape> {
        match ty {
            ty if self.is_number(ty) => Some(Shape::Scalar),
            Type::Array(array) if self.is_number(&array.elem) => Some(Shape::Array(dim(&array.len))),
            Type::Slice(slice) if by_ref && self.is_number(&slice.elem) => {
                Some(Shape::Array(Dim::Runtime(parameter, 0)))
            }
            Type::Path(path) if path.qself.is_none() => self.matrix(path.path.segments.last()?, parameter),
            _ => None,
        }
    }

    fn matrix(self, segment: &syn::PathSegment, parameter: usize) -> Option<Shape> {
        let PathArguments::AngleBracketed(list) = &segment.arguments else { return None };
        let arguments: Vec<&GenericArgument> = list.args.iter().collect();
        let (element, lengths) = arguments.split_first()?;
        if !matches!(element, GenericArgument::Type(ty) if self.is_number(ty)) {
            return None;
        }
        let lengths: Vec<Dim> = lengths.iter().map(|length| generic_dim(length)).collect::<Option<_>>()?;
        match (segment.ident.to_string().as_str(), lengths.as_slice()) {
            ("SVector", [n]) => Some(Shape::Matrix(n.clone(), Dim::Fixed(1))),
            ("RowSVector", [n]) => Some(Shape::Matrix(Dim::Fixed(1), n.clone())),
            ("SMatrix", [rows, columns]) => Some(Shape::Matrix(rows.clone(), columns.clone())),
            ("DVector", []) => Some(Shape::Matrix(Dim::Runtime(parameter, 0), Dim::Fixed(1))),
            ("DMatrix", []) => Some(Shape::Matrix(Dim::Runtime(parameter, 0), Dim::Runtime(parameter, 1))),
            (name, []) => named_size(name),
            _ => None,
        }
    }
}

/// The type parameter that stands for the numbers: the one with the bound `Real` or `Scalar`.
fn real_parameter(signature: &syn::Signature) -> Option<&Ident> {
    let is_real = |bounds: &Punctuated<TypeParamBound, Token![+]>| {
        bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                bound.path.segments.last().is_some_and(|last| last.ident == "Real" || last.ident == "Scalar")
            }
            _ => false,
        })
    };
    let in_where = |ident: &Ident| {
        signature.generics.where_clause.iter().flat_map(|clause| &clause.predicates).any(|predicate| {
            matches!(predicate, WherePredicate::Type(predicate)
                if is_path(&predicate.bounded_ty, &ident.to_string()) && is_real(&predicate.bounds))
        })
    };
    signature
        .generics
        .type_params()
        .find(|parameter| is_real(&parameter.bounds) || in_where(&parameter.ident))
        .map(|parameter| &parameter.ident)
}

fn generic_dim(argument: &GenericArgument) -> Option<Dim> {
    match argument {
        GenericArgument::Const(length) => Some(dim(length)),
        GenericArgument::Type(ty) => Some(Dim::Named(ty.to_token_stream().to_string())),
        _ => None,
    }
}

/// nalgebra's aliases with the size in the name: `Vector3`, `RowVector3`, `Matrix3`, `Matrix2x3`.
fn named_size(name: &str) -> Option<Shape> {
    let number = |text: &str| text.parse().ok().filter(|n| (1..=6).contains(n)).map(Dim::Fixed);
    if let Some(n) = name.strip_prefix("Vector") {
        return Some(Shape::Matrix(number(n)?, Dim::Fixed(1)));
    }
    if let Some(n) = name.strip_prefix("RowVector") {
        return Some(Shape::Matrix(Dim::Fixed(1), number(n)?));
    }
    let size = name.strip_prefix("Matrix")?;
    let (rows, columns) = size.split_once('x').unwrap_or((size, size));
    Some(Shape::Matrix(number(rows)?, number(columns)?))
}

//! The signature of an annotated function: its parameters and their shapes.

use quote::ToTokens;
use syn::{Expr, FnArg, GenericArgument, GenericParam, Ident, ItemFn, Pat, PathArguments, ReturnType, Type};

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
}

const TYPES: &str =
    "`f64`, `bool`, `[f64; N]`, `&[f64]`, `SVector<f64, N>`, `SMatrix<f64, R, C>`, or references to them";

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
        for generic in &signature.generics.params {
            if let GenericParam::Type(parameter) = generic {
                diagnostics.error(parameter, "generic types are not modelled; write `f64` and read it as \"a real number\": the generated functions are generic over `Real`");
            }
        }
        let parameters: Vec<Option<Parameter>> = signature
            .inputs
            .iter()
            .enumerate()
            .map(|(index, argument)| read_parameter(index, argument, diagnostics))
            .collect();
        let output = read_output(&signature.output, signature, diagnostics);
        let (output, output_shape) = output?;
        Some(Self { parameters: parameters.into_iter().collect::<Option<_>>()?, output, output_shape })
    }

    /// The index of the parameter of this name.
    #[must_use]
    pub fn position(&self, name: &Ident) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.ident == *name)
    }
}

fn read_parameter(index: usize, argument: &FnArg, diagnostics: &mut Diagnostics) -> Option<Parameter> {
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
    let (ty, by_ref) = strip_reference(&argument.ty, diagnostics)?;
    let mask = is_path(ty, "bool");
    let shape = if mask { Some(Shape::Scalar) } else { shape_of(ty, index, by_ref) };
    let Some(shape) = shape else {
        diagnostics.error(ty, format!("this type is not modelled; a parameter is {TYPES}"));
        return None;
    };
    Some(Parameter { ident: pattern.ident.clone(), ty: (*argument.ty).clone(), shape, mask, by_ref })
}

fn read_output(
    output: &ReturnType,
    signature: &syn::Signature,
    diagnostics: &mut Diagnostics,
) -> Option<(Type, Shape)> {
    let ReturnType::Type(_, ty) = output else {
        diagnostics.error(
            &signature.ident,
            "the function returns nothing to differentiate; give it a return type `-> f64`",
        );
        return None;
    };
    match shape_of(ty, usize::MAX, false) {
        Some(shape) => Some(((**ty).clone(), shape)),
        None => {
            diagnostics.error(ty, "this type is not modelled; the result is `f64`, `[f64; N]`, `SVector<f64, N>` or `SMatrix<f64, R, C>`");
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

/// The shape of a type written in a signature; `parameter` is its index, for lengths found at run time.
fn shape_of(ty: &Type, parameter: usize, by_ref: bool) -> Option<Shape> {
    match ty {
        Type::Array(array) if is_path(&array.elem, "f64") => Some(Shape::Array(dim(&array.len))),
        Type::Slice(slice) if by_ref && is_path(&slice.elem, "f64") => {
            Some(Shape::Array(Dim::Runtime(parameter, 0)))
        }
        Type::Path(path) if path.qself.is_none() => matrix_shape(path.path.segments.last()?),
        _ => None,
    }
}

fn matrix_shape(segment: &syn::PathSegment) -> Option<Shape> {
    let name = segment.ident.to_string();
    let arguments: Vec<&GenericArgument> = match &segment.arguments {
        PathArguments::None if name == "f64" => return Some(Shape::Scalar),
        PathArguments::AngleBracketed(list) => list.args.iter().collect(),
        _ => return None,
    };
    let (element, lengths) = arguments.split_first()?;
    if !matches!(element, GenericArgument::Type(ty) if is_path(ty, "f64")) {
        return None;
    }
    let lengths: Vec<Dim> = lengths.iter().map(|length| generic_dim(length)).collect::<Option<_>>()?;
    match (name.as_str(), lengths.as_slice()) {
        ("SVector", [n]) => Some(Shape::Matrix(n.clone(), Dim::Fixed(1))),
        ("RowSVector", [n]) => Some(Shape::Matrix(Dim::Fixed(1), n.clone())),
        ("SMatrix", [rows, columns]) => Some(Shape::Matrix(rows.clone(), columns.clone())),
        (name, []) => named_size(name),
        _ => None,
    }
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

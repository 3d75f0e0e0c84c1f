//! Types as the user writes them, and the shape that each declares.

use quote::ToTokens;
use syn::{
    AngleBracketedGenericArguments, Expr, ExprLit, GenericArgument, Ident, Path, PathArguments, PathSegment,
    Type, TypeArray, TypeGroup, TypeParen, TypePath, TypeReference, TypeSlice,
};

use crate::graph::{Dim, Shape};

/// How the function writes numbers: `f64`, or a type parameter with the bound `Real`.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a>(pub(crate) Option<&'a Ident>);

impl Numbers<'_> {
    /// True for the type of one real number.
    pub(crate) fn is_number(self, ty: &Type) -> bool {
        is_path(ty, "f64") || self.0.is_some_and(|real| is_path(ty, &real.to_string()))
    }

    /// True for `bool`, and for the mask of the type parameter.
    pub(crate) fn is_mask(self, ty: &Type) -> bool {
        let is_its_mask = |path: &Path| {
            let Path { leading_colon, segments } = path;
            let segments: Vec<&PathSegment> = segments.iter().collect();
            matches!((self.0, segments.as_slice()), (Some(real), [first, mask])
                if leading_colon.is_none() && is_plain(first, &real.to_string()) && is_plain(mask, "Mask"))
        };
        is_path(ty, "bool")
            || matches!(ty, Type::Path(TypePath { attrs: _, qself: None, path }) if is_its_mask(path))
    }

    /// The shape of a type; `parameter` is the index of the parameter that has it, for lengths found at run time.
    pub(crate) fn shape_of(self, ty: &Type, parameter: usize, by_ref: bool) -> Option<Shape> {
        match ty {
            ty if self.is_number(ty) => Some(Shape::Scalar),
            Type::Array(TypeArray { attrs: _, bracket_token: _, elem, semi_token: _, len })
                if self.is_number(elem) =>
            {
                Some(Shape::Array(dim(len)))
            }
            Type::Slice(TypeSlice { attrs: _, bracket_token: _, elem }) if by_ref && self.is_number(elem) => {
                Some(Shape::Array(Dim::Runtime(parameter, 0)))
            }
            Type::Path(TypePath { attrs: _, qself: None, path }) => {
                self.matrix(path.segments.last()?, parameter)
            }
            Type::Paren(TypeParen { attrs: _, paren_token: _, elem })
            | Type::Group(TypeGroup { attrs: _, group_token: _, elem }) => {
                self.shape_of(elem, parameter, by_ref)
            }
            _ => None,
        }
    }

    fn matrix(self, segment: &PathSegment, parameter: usize) -> Option<Shape> {
        let PathSegment { ident, arguments } = segment;
        let PathArguments::AngleBracketed(list) = arguments else { return None };
        let AngleBracketedGenericArguments { colon2_token: _, lt_token: _, args, gt_token: _ } = list;
        let arguments: Vec<&GenericArgument> = args.iter().collect();
        let (element, lengths) = arguments.split_first()?;
        if !matches!(element, GenericArgument::Type(ty) if self.is_number(ty)) {
            return None;
        }
        let lengths: Vec<Dim> = lengths.iter().map(|length| generic_dim(length)).collect::<Option<_>>()?;
        match (ident.to_string().as_str(), lengths.as_slice()) {
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

/// A type without its parentheses, and the reference around it: its mutability decides if it can be modelled.
pub(crate) fn stripped(ty: &Type) -> (&Type, Option<&TypeReference>) {
    match ty {
        Type::Reference(reference) => (stripped(&reference.elem).0, Some(reference)),
        Type::Paren(TypeParen { attrs: _, paren_token: _, elem })
        | Type::Group(TypeGroup { attrs: _, group_token: _, elem }) => stripped(elem),
        _ => (ty, None),
    }
}

/// True for a type that is this one name.
pub(crate) fn is_path(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(TypePath { attrs: _, qself: None, path }) if path.is_ident(name))
}

fn is_plain(segment: &PathSegment, name: &str) -> bool {
    let PathSegment { ident, arguments } = segment;
    ident == name && matches!(arguments, PathArguments::None)
}

fn dim(length: &Expr) -> Dim {
    if let Expr::Lit(ExprLit { attrs: _, lit: syn::Lit::Int(number) }) = length
        && let Ok(n) = number.base10_parse()
    {
        return Dim::Fixed(n);
    }
    Dim::Named(length.to_token_stream().to_string())
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

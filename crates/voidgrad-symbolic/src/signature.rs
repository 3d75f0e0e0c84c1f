//! The signature of an annotated function: its parameters and their shapes.

use syn::punctuated::Punctuated;
use syn::{
    ConstParam, FnArg, GenericParam, Generics, Ident, ItemFn, LifetimeParam, Pat, PatIdent, PatType,
    PredicateType, ReturnType, Token, TraitBound, Type, TypeParam, TypeParamBound, TypeReference,
    WherePredicate,
};

use crate::declaration::{Numbers, is_path, stripped};
use crate::diagnostics::Diagnostics;
use crate::graph::Shape;

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
        let ItemFn { attrs: _, vis: _, modifiers, sig, block: _ } = function;
        let syn::Signature {
            // A `const fn` stays one; its derivatives are ordinary functions.
            constness: _,
            asyncness,
            safety,
            abi,
            fn_token: _,
            ident,
            generics,
            paren_token: _,
            inputs,
            variadic,
            output,
        } = sig;
        if let Err(error) = modifiers.require_empty() {
            diagnostics.push(error);
        }
        if let Some(token) = asyncness {
            diagnostics
                .error(token, "an async function has no derivative; compute the value in a plain `fn`");
        }
        match safety {
            syn::Safety::Unsafe(token) => diagnostics.error(
                token,
                "an unsafe function is not differentiated; wrap it in a safe `fn` without the unsafe part",
            ),
            syn::Safety::Safe(token) => {
                diagnostics.error(token, "`safe` belongs to foreign functions; annotate a plain `fn`");
            }
            syn::Safety::Default => {}
        }
        if let Some(token) = abi {
            diagnostics
                .error(token, "a function with a foreign ABI is not differentiated; annotate a plain `fn`");
        }
        if let Some(tokens) = variadic {
            diagnostics.error(tokens, "a variadic function is not differentiated; name the arguments");
        }
        refuse_raw(ident, diagnostics)?;
        let real = read_generics(generics, diagnostics);
        let numbers = Numbers(real);
        let parameters: Vec<Option<Parameter>> = inputs
            .iter()
            .enumerate()
            .map(|(index, argument)| read_parameter(index, argument, numbers, diagnostics))
            .collect();
        let output = read_output(output, ident, numbers, diagnostics);
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
    let FnArg::Typed(PatType { attrs: _, pat, colon_token: _, ty }) = argument else {
        diagnostics.error(
            argument,
            "a method is not differentiated; write a free function and pass the fields it needs",
        );
        return None;
    };
    let Pat::Ident(PatIdent { attrs: _, by_ref, mutability: _, ident, subpat }) = &**pat else {
        diagnostics.error(
            pat,
            "a pattern as a parameter is not modelled; name the parameter and take it apart in the body",
        );
        return None;
    };
    if let Some(token) = by_ref {
        diagnostics.error(token, "`ref` is not modelled; write the reference into the type: `x: &[f64; 3]`");
    }
    if let Some((at, _)) = subpat {
        diagnostics.error(at, "a pattern after the name is not modelled; name the parameter alone");
    }
    refuse_raw(ident, diagnostics)?;
    let (inner, reference) = stripped(ty);
    if let Some(TypeReference { attrs: _, and_token: _, lifetime: _, mutability: Some(token), elem: _ }) =
        reference
    {
        diagnostics.error(token, "a mutable reference is not modelled; return the new value instead");
        return None;
    }
    let by_ref = reference.is_some();
    let mask = numbers.is_mask(inner);
    let shape = if mask { Some(Shape::Scalar) } else { numbers.shape_of(inner, index, by_ref) };
    let Some(shape) = shape else {
        diagnostics.error(inner, format!("this type is not modelled; a parameter is {TYPES}"));
        return None;
    };
    Some(Parameter { ident: ident.clone(), ty: (**ty).clone(), shape, mask, by_ref })
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
    name: &Ident,
    numbers: Numbers<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(Type, Shape)> {
    let ReturnType::Type(_, ty) = output else {
        diagnostics
            .error(name, "the function returns nothing to differentiate; give it a return type `-> f64`");
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

/// Reads the generic parameters; the result is the type parameter that stands for the numbers, if there is one.
fn read_generics<'g>(generics: &'g Generics, diagnostics: &mut Diagnostics) -> Option<&'g Ident> {
    let Generics { lt_token: _, params, gt_token: _, where_clause: _ } = generics;
    let real = real_parameter(generics);
    for parameter in params {
        match parameter {
            GenericParam::Lifetime(LifetimeParam { attrs: _, lifetime: _, colon_token: _, bounds: _ }) => {}
            GenericParam::Type(TypeParam { attrs: _, ident, colon_token: _, bounds: _, default: _ }) => {
                if Some(ident) != real {
                    diagnostics.error(
                        parameter,
                        "this type parameter is not modelled; numbers are `f64`, or `R` with the bound `R: Real`",
                    );
                }
            }
            GenericParam::Const(ConstParam {
                attrs: _,
                const_token: _,
                ident,
                colon_token: _,
                ty,
                default: _,
            }) => {
                if !is_path(ty, "usize") {
                    diagnostics.error(
                        ty,
                        format!("a const parameter is a length here: write `const {ident}: usize`, or pass the number as an argument"),
                    );
                }
            }
        }
    }
    real
}

/// The type parameter that stands for the numbers: the one with the bound `Real` or `Scalar`.
fn real_parameter(generics: &Generics) -> Option<&Ident> {
    let is_real = |bounds: &Punctuated<TypeParamBound, Token![+]>| {
        bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(TraitBound {
                paren_token: _,
                lifetimes: None,
                modifiers: _,
                maybe: None,
                path,
            }) => path.segments.last().is_some_and(|last| last.ident == "Real" || last.ident == "Scalar"),
            _ => false,
        })
    };
    let in_where = |ident: &Ident| {
        generics.where_clause.iter().flat_map(|clause| &clause.predicates).any(|predicate| match predicate {
            WherePredicate::Type(PredicateType {
                attrs: _,
                lifetimes: None,
                bounded_ty,
                colon_token: _,
                bounds,
            }) => is_path(bounded_ty, &ident.to_string()) && is_real(bounds),
            _ => false,
        })
    };
    generics
        .type_params()
        .find(|parameter| is_real(&parameter.bounds) || in_where(&parameter.ident))
        .map(|parameter| &parameter.ident)
}

//! The arguments of the two attributes.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Expr, Ident, LitInt, Token, parenthesized};

mod keyword {
    syn::custom_keyword!(uniform);
    syn::custom_keyword!(normal);
}

/// `#[differentiate(wrt(x, p), order = 2)]`.
#[derive(Debug)]
pub struct DifferentiateAttribute {
    /// The parameters to differentiate with respect to.
    pub wrt: Vec<Ident>,
    /// The highest order: 1, or 2.
    pub order: u8,
}

/// `#[control(positive(lambda), each(x), data(target))]`.
#[derive(Debug, Default)]
pub struct ControlAttribute {
    /// Arguments that differ from example to example.
    pub each: Vec<Ident>,
    /// Parameters that are kept positive.
    pub positive: Vec<Ident>,
    /// Arguments that are neither `z` nor parameters.
    pub data: Vec<Ident>,
}

/// `#[network(each(b, x), data(t), init(w = normal(0.1)))]`.
#[derive(Debug, Default)]
pub struct NetworkAttribute {
    /// Arguments that differ from row to row.
    pub each: Vec<Ident>,
    /// Arguments that all rows share and that are no parameters.
    pub data: Vec<Ident>,
    /// What parameters are before the first step.
    pub init: Vec<(Ident, Start)>,
}

/// What the entries of a parameter are before the first step.
#[derive(Debug, Clone)]
pub enum Start {
    /// This number: `w = 0.5`.
    Constant(Expr),
    /// Uniform in ± this number: `w = uniform(0.5)`.
    Uniform(Expr),
    /// Normal with the mean 0 and this standard deviation: `w = normal(0.5)`.
    Normal(Expr),
}

impl Parse for Start {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let of: fn(Expr) -> Self = match () {
            () if input.peek(keyword::uniform) && input.peek2(Paren) => {
                input.parse::<keyword::uniform>()?;
                Self::Uniform
            }
            () if input.peek(keyword::normal) && input.peek2(Paren) => {
                input.parse::<keyword::normal>()?;
                Self::Normal
            }
            () => return Ok(Self::Constant(input.parse()?)),
        };
        let argument;
        parenthesized!(argument in input);
        let start = of(argument.parse()?);
        if argument.is_empty() { Ok(start) } else { Err(argument.error("one number is enough")) }
    }
}

/// `w = normal(0.1), b = 0.5`.
fn starts(input: ParseStream<'_>) -> syn::Result<Vec<(Ident, Start)>> {
    let list;
    parenthesized!(list in input);
    let start = |input: ParseStream<'_>| -> syn::Result<(Ident, Start)> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok((name, input.parse()?))
    };
    Ok(list.parse_terminated(start, Token![,])?.into_iter().collect())
}

fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let list;
    parenthesized!(list in input);
    Ok(Punctuated::<Ident, Token![,]>::parse_terminated(&list)?.into_iter().collect())
}

/// Runs `item` for each of the comma-separated arguments, after its name was read.
fn arguments(
    input: ParseStream<'_>,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let mut seen: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        let name: Ident = input.parse()?;
        if seen.contains(&name) {
            return Err(syn::Error::new(name.span(), format!("`{name}` is given twice")));
        }
        item(&name, input)?;
        seen.push(name);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

impl Parse for DifferentiateAttribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut wrt, mut order, whole) = (None, 1, input.span());
        arguments(input, |name, input| match name.to_string().as_str() {
            "wrt" => {
                let list = names(input)?;
                if list.is_empty() {
                    return Err(syn::Error::new(name.span(), "`wrt()` names no parameter"));
                }
                wrt = Some(list);
                Ok(())
            }
            "order" => {
                input.parse::<Token![=]>()?;
                let number: LitInt = input.parse()?;
                order = match number.base10_digits() {
                    "1" => 1,
                    "2" => 2,
                    _ => return Err(syn::Error::new(number.span(), "the order is 1 or 2")),
                };
                Ok(())
            }
            "data" => Err(syn::Error::new(
                name.span(),
                "every argument that `wrt(…)` does not name is data here; leave `data(…)` out",
            )),
            "each" => Err(syn::Error::new(
                name.span(),
                "the derivatives are those of one row here; leave `each(…)` out, or write `#[network(each(…))]` for many rows",
            )),
            _ => Err(syn::Error::new(
                name.span(),
                format!(
                    "unknown argument `{name}`; `#[differentiate]` takes `wrt(…)` and `order = 1` or `2`"
                ),
            )),
        })?;
        let wrt = wrt.ok_or_else(|| {
            syn::Error::new(whole, "name what to differentiate with respect to: `#[differentiate(wrt(x))]`")
        })?;
        Ok(Self { wrt, order })
    }
}

impl Parse for ControlAttribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attribute = Self::default();
        arguments(input, |name, input| {
            match name.to_string().as_str() {
                "positive" => attribute.positive = names(input)?,
                "each" => attribute.each = names(input)?,
                "data" => attribute.data = names(input)?,
                _ => {
                    return Err(syn::Error::new(
                        name.span(),
                        format!(
                            "unknown argument `{name}`; `#[control]` takes `positive(…)`, `each(…)` and `data(…)`"
                        ),
                    ));
                }
            }
            Ok(())
        })?;
        Ok(attribute)
    }
}

impl Parse for NetworkAttribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut attribute, whole) = (Self::default(), input.span());
        arguments(input, |name, input| {
            match name.to_string().as_str() {
                "each" => attribute.each = names(input)?,
                "data" => attribute.data = names(input)?,
                "init" => attribute.init = starts(input)?,
                _ => {
                    return Err(syn::Error::new(
                        name.span(),
                        format!(
                            "unknown argument `{name}`; `#[network]` takes `each(…)`, `data(…)` and `init(…)`"
                        ),
                    ));
                }
            }
            Ok(())
        })?;
        if attribute.each.is_empty() {
            return Err(syn::Error::new(
                whole,
                "name the arguments that differ from row to row: `#[network(each(x))]`",
            ));
        }
        Ok(attribute)
    }
}

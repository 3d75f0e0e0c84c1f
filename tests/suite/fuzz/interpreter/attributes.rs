//! Attributes: `cfg` removes what it stands on, lints and documentation change nothing, and no other is known.

use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use super::{Result, unknown};

const WITHOUT_EFFECT: &[&str] = &[
    "doc",
    "allow",
    "warn",
    "deny",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "rustfmt",
    "automatically_derived",
];

/// True where what the attributes stand on is part of the program.
pub(super) fn is_present(attributes: &[Attribute]) -> Result<bool> {
    for attribute in attributes {
        if !is_kept(&attribute.meta)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The attributes stand where nothing can be removed.
pub(super) fn only_known(attributes: &[Attribute]) -> Result<()> {
    if is_present(attributes)? { Ok(()) } else { unknown("something is removed that has to be there") }
}

fn is_kept(meta: &Meta) -> Result<bool> {
    let path = meta.path();
    if path.is_ident("cfg") {
        return holds(&condition(meta)?);
    }
    if path.is_ident("cfg_attr") {
        let parts = list(meta)?;
        let mut parts = parts.iter();
        let Some(condition) = parts.next() else { return unknown("an empty cfg_attr") };
        if !holds(condition)? {
            return Ok(true);
        }
        for part in parts {
            if !is_kept(part)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
    if WITHOUT_EFFECT.contains(&first.as_str()) {
        Ok(true)
    } else {
        unknown(format!("the attribute {first}"))
    }
}

fn list(meta: &Meta) -> Result<Vec<Meta>> {
    let Meta::List(list) = meta else { return unknown("an attribute without arguments") };
    match list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
        Ok(parts) => Ok(parts.into_iter().collect()),
        Err(_) => unknown("the arguments of an attribute"),
    }
}

fn condition(meta: &Meta) -> Result<Meta> {
    match list(meta)?.as_slice() {
        [one] => Ok(one.clone()),
        _ => unknown("a cfg of several conditions"),
    }
}

/// A condition of `cfg` in a crate without features.
fn holds(meta: &Meta) -> Result<bool> {
    let path = meta.path();
    if path.is_ident("feature") {
        return Ok(false);
    }
    if path.is_ident("not") {
        return Ok(!holds(&condition(meta)?)?);
    }
    let is_all = path.is_ident("all");
    if !is_all && !path.is_ident("any") {
        return unknown("a condition of cfg");
    }
    for part in list(meta)? {
        if holds(&part)? != is_all {
            return Ok(!is_all);
        }
    }
    Ok(is_all)
}

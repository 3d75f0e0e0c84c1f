//! Arbitrary input makes an expansion or an error, never a panic, and the expansion is Rust.
//!
//! This is the short, deterministic form of the fuzz targets in `fuzz/`, which share the grammar and the check.

mod check;
mod choices;
mod compiled;
mod differential;
mod dual;
mod grammar;
mod interpreter;
mod program;
mod programs;
mod report;

use check::check;
use choices::Choices;
use grammar::function;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn random_functions_are_expanded_or_refused() {
    let mut random = generator(20_261_123);
    for _ in 0..500 {
        let bytes: Vec<u8> = (0..400).map(|_| random.random()).collect();
        let (attribute, item) = function(&mut Choices::new(&bytes));
        check(&tokens(&attribute), &tokens(&item));
    }
}

/// A token that Rust has somewhere.
fn token(random: &mut ChaCha8Rng) -> TokenTree {
    let span = Span::call_site();
    match random.random_range(0..10) {
        0..=3 => {
            let words = [
                "x", "p", "let", "mut", "if", "else", "for", "in", "fn", "f64", "match", "true", "as", "wrt",
            ];
            Ident::new(words[random.random_range(0..words.len())], span).into()
        }
        4 => Literal::i64_unsuffixed(random.random_range(0..i64::MAX)).into(),
        5 => Literal::f64_unsuffixed(random.random_range(0.0..9.0)).into(),
        6 => Literal::string("x").into(),
        7 => {
            let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
            let delimiter = delimiters[random.random_range(0..delimiters.len())];
            Group::new(delimiter, TokenStream::new()).into()
        }
        _ => {
            let marks =
                ['+', '-', '*', '/', ';', ',', '.', '=', '<', '>', '|', '&', '!', '#', ':', '?', '\''];
            let mark = marks[random.random_range(0..marks.len() - 1)];
            let spacing = if random.random() { Spacing::Joint } else { Spacing::Alone };
            Punct::new(mark, spacing).into()
        }
    }
}

/// The stream with some of its tokens dropped, doubled, exchanged or replaced, also inside groups.
fn mutated(stream: TokenStream, random: &mut ChaCha8Rng, rate: f64) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for tree in stream {
        let tree = match tree {
            TokenTree::Group(group) => {
                Group::new(group.delimiter(), mutated(group.stream(), random, rate)).into()
            }
            other => other,
        };
        if !random.random_bool(rate) {
            out.push(tree);
            continue;
        }
        match random.random_range(0..4) {
            0 => {}
            1 => out.extend([tree.clone(), tree]),
            2 => out.push(token(random)),
            _ => {
                let last = out.pop();
                out.push(tree);
                out.extend(last);
            }
        }
    }
    out.into_iter().collect()
}

#[test]
fn mutated_tokens_are_expanded_or_refused() {
    let mut random = generator(20_261_124);
    for _ in 0..500 {
        let bytes: Vec<u8> = (0..200).map(|_| random.random()).collect();
        let (attribute, item) = function(&mut Choices::new(&bytes));
        let rate = if random.random() { 0.02 } else { 0.1 };
        check(&mutated(tokens(&attribute), &mut random, rate), &mutated(tokens(&item), &mut random, rate));
    }
}

#[test]
fn soups_of_tokens_are_refused() {
    let mut random = generator(20_261_125);
    for _ in 0..1_000 {
        let length = random.random_range(0..20);
        let soup: TokenStream = (0..length).map(|_| token(&mut random)).collect();
        check(&tokens("wrt(x)"), &soup);
        check(&soup, &tokens("fn f(z: f64, x: f64) -> f64 { x * z }"));
    }
}

/// What fuzzing found, with the body of `fn f(x: f64) -> f64`.
#[test]
fn what_fuzzing_found_stays_found() {
    for body in FOUND {
        check(&tokens("wrt(x), order = 2"), &tokens(&format!("fn f(x: f64, y: f64) -> f64 {{ {body} }}")));
    }
}

const FOUND: &[&str] = &[
    // integers at the ends of their range
    "for i in 0..=9223372036854775807 { } x",
    "for i in -9223372036854775807..9223372036854775807 { } x",
    "let n = -9223372036854775807 - 1; let m = -n; x",
    "let n = (-9223372036854775807 - 1) % -1; x",
    "(0..=9223372036854775807).map(|i| x).sum::<f64>()",
    "(-9223372036854775807..9223372036854775807).map(|i| x).sum::<f64>()",
    "x.powi(-2147483648)",
    // entries that are written out before they are counted
    "let a = [x; 1000000000000]; let mut s = 0.0; for e in a { s += e; } s",
    // rounds that make no node
    "for i in 0..256 { for j in 0..256 { for k in 0..256 { for l in 0..256 { let a = i * j; } } } } x",
];

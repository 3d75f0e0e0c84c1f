//! Many statements as blocks of some.
//!
//! Each `let` opens a scope inside of the one before, and rustc describes scopes to debuggers by recursion: some 3,000
//! in one function are more than its stack holds. In blocks, a scope is closed when its values were handed on.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

/// More statements than this become blocks. Other functions stay as they are, which is easier to read.
const MOST_IN_A_ROW: usize = 1_000;
/// The statements of a block.
const BLOCK: usize = 100;

/// A statement of generated code.
pub(super) struct Statement {
    /// The name that it defines, if it is a `let`.
    pub(super) defines: Option<Ident>,
    pub(super) tokens: TokenStream,
}

/// The statements, before `rest`, which reads what they define.
pub(super) fn joined(statements: Vec<Statement>, rest: &[TokenStream]) -> TokenStream {
    if statements.len() <= MOST_IN_A_ROW {
        return statements.into_iter().map(|statement| statement.tokens).collect();
    }
    let mut blocks = Vec::new();
    // From the last block to the first, so that it is known what is read behind each.
    let mut read_behind = HashSet::new();
    for tokens in rest {
        collect(tokens, &mut read_behind);
    }
    let mut end = statements.len();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = &statements[start..end];
        let handed_on: Vec<&Ident> = block
            .iter()
            .filter_map(|statement| statement.defines.as_ref())
            .filter(|name| read_behind.contains(&name.to_string()))
            .collect();
        let inner = block.iter().map(|statement| &statement.tokens);
        blocks.push(match handed_on.as_slice() {
            [] => quote!({ #(#inner)* }),
            [only] => quote!(let #only = { #(#inner)* #only };),
            several => quote!(let (#(#several),*) = { #(#inner)* (#(#several),*) };),
        });
        for statement in block {
            collect(&statement.tokens, &mut read_behind);
        }
        end = start;
    }
    blocks.into_iter().rev().collect()
}

/// All names in some code.
fn collect(code: &TokenStream, names: &mut HashSet<String>) {
    let mut groups = vec![code.clone()];
    while let Some(group) = groups.pop() {
        for tree in group {
            match tree {
                TokenTree::Ident(name) => {
                    names.insert(name.to_string());
                }
                TokenTree::Group(group) => groups.push(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

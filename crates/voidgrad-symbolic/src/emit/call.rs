//! Calls to other differentiated functions and to their derivatives.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Writer;
use super::fragment::{Fragment, Level};
use crate::graph::{Callee, NodeId, Pass};

impl Writer<'_> {
    /// A second derivative of another function, in one direction.
    pub(super) fn call_along(
        &mut self,
        callee: usize,
        [i, j]: [usize; 2],
        arguments: &[NodeId],
        dot: NodeId,
    ) -> Fragment {
        let callee = self.graph.callee(callee).clone();
        let values = self.call_arguments(&callee, arguments, &mut Writer::value);
        let dot = self.owned(dot);
        let (path, root) = (&callee.path, self.types.root());
        let (i, j) = (Literal::usize_unsuffixed(i), Literal::usize_unsuffixed(j));
        Fragment::atom(quote!(#root::second_direction::<#i, #j, (#path), _, _, _>((#(#values,)*), #dot)))
    }

    /// A value to give away: what lives on the heap and has a name is cloned.
    pub(super) fn owned(&mut self, id: NodeId) -> TokenStream {
        if self.graph.shape(id).is_dynamic() {
            self.place(id).method("clone", &[]).tokens
        } else {
            self.value(id).tokens
        }
    }

    /// The arguments of a call, each as the callee takes it.
    pub(super) fn call_arguments(
        &mut self,
        callee: &Callee,
        arguments: &[NodeId],
        operand: &mut dyn FnMut(&mut Self, NodeId) -> Fragment,
    ) -> Vec<TokenStream> {
        let passes = arguments.iter().zip(&callee.passes);
        passes
            .map(|(argument, pass)| match pass {
                Pass::Number => operand(self, *argument).tokens,
                // A parameter that is a reference is passed on as it is.
                Pass::NumberReference if self.is_reference(*argument) => self.reference(*argument),
                Pass::NumberReference => {
                    let number = operand(self, *argument).at(Level::Unary);
                    quote!(&#number)
                }
                Pass::Array => self.owned(*argument),
                Pass::Reference => self.reference(*argument),
            })
            .collect()
    }

    /// A call to another differentiated function, or to one of its derivatives.
    pub(super) fn call(
        &mut self,
        callee: usize,
        orders: &[usize],
        arguments: &[NodeId],
        mut operand: impl FnMut(&mut Self, NodeId) -> Fragment,
    ) -> Fragment {
        let callee = self.graph.callee(callee).clone();
        let values = self.call_arguments(&callee, arguments, &mut operand);
        let (path, root) = (&callee.path, self.types.root());
        // In parentheses, the path of a function that has no namesake is not taken for a const argument.
        let ty = quote!((#path));
        let values_of = match &callee.within {
            Some(within) => {
                let number = Literal::usize_unsuffixed(within.number);
                quote!(#root::Within::<#number, _>((#(#values,)*)))
            }
            None => quote!((#(#values,)*)),
        };
        Fragment::atom(match orders {
            [] if callee.within.is_some() => quote!(#root::value::<#ty, _, _>(#values_of)),
            [] => quote!(#path::value(#(#values),*)),
            [i] => {
                let i = Literal::usize_unsuffixed(*i);
                quote!(#root::partial::<#i, #ty, _, _>(#values_of))
            }
            [i, j] => {
                let (i, j) = (Literal::usize_unsuffixed(*i), Literal::usize_unsuffixed(*j));
                quote!(#root::second_partial::<#i, #j, #ty, _, _>(#values_of))
            }
            _ => unreachable!("no more than two derivatives are taken"),
        })
    }
}

//! Derivatives in given directions: `jvp`, `vjp`, `vjp_jvp`, and second derivatives along arrays.

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;

use super::Source;
use super::differentiate::{Derivatives, along, filled, partial, tuple, zero_like};
use super::function::Function;
use super::namesake::{Namesake, single};
use crate::calculus::adjoints;
use crate::emit::Output;
use crate::graph::{Graph, NodeId, Shape};
use crate::latex;

/// `∂/∂x_i (∂f/∂x_j · ẋ_j)` for the pairs of which one is an array, by position in `wrt`.
pub(super) fn along_arrays(
    graph: &mut Graph,
    inputs: &[NodeId],
    derivatives: &Derivatives,
    directions: &Directions,
) -> Vec<((usize, usize), NodeId)> {
    let mut nodes = Vec::new();
    for (i, &x) in inputs.iter().enumerate() {
        for (j, &y) in inputs.iter().enumerate() {
            if graph.shape(x).is_scalar() && graph.shape(y).is_scalar() {
                continue;
            }
            let shape = graph.shape(y).clone();
            let dot = graph.parameter(directions.dots[j], shape, false);
            let [tangent] = along(graph, &[(y, dot)], &[derivatives.first(i)]);
            let tangent = tangent.unwrap_or_else(|| zero_like(graph, x));
            let shape = graph.shape(x).clone();
            nodes.push(((i, j), graph.broadcast(tangent, &shape)));
        }
    }
    nodes
}

/// The functions for [`along_arrays`].
pub(super) fn along_functions(
    namesake: &Namesake<'_>,
    wrt: &[usize],
    along: &[((usize, usize), NodeId)],
    directions: &NamedDirections,
) -> Vec<((usize, usize), Function)> {
    let name = namesake.source.name();
    let f = latex::symbol(&name);
    let function = |&((i, j), node): &((usize, usize), NodeId)| {
        let (x, y) = (&namesake.arguments[wrt[i]].ident, &namesake.arguments[wrt[j]].ident);
        let (dot, dot_type) = &directions.dots[j];
        let mut arguments = namesake.own_arguments();
        arguments.push((dot.clone(), dot_type.clone()));
        let function = Function {
            name: format_ident!("d_{x}_d_{y}_along"),
            doc: format!(
                "The derivative `∂/∂{x}` of the derivative of `{name}` by `{y}` in the direction `{dot}`."
            ),
            left: format!(r"{}\left[{}\right]", partial(&f, &[x, y]), latex::symbol(&dot.to_string())),
            arguments,
            result: namesake.type_of_parameter(wrt[i]),
            outputs: single(node),
        };
        ((i, j), function)
    };
    along.iter().map(function).collect()
}

/// Derivatives in given directions: `jvp`, `vjp` and `vjp_jvp`. Their additional arguments are parameters of the
/// graph that follow the source's.
pub(super) struct Directions {
    dots: Vec<usize>,
    bar: usize,
    dot_bar: usize,
    jvp: NodeId,
    vjp: Vec<NodeId>,
    vjp_jvp: Option<Vec<NodeId>>,
}

impl Directions {
    pub(super) fn derive(source: &mut Source, wrt: &[usize], order: u8) -> Self {
        let (graph, output) = (&mut source.body.graph, source.body.output);
        let inputs: Vec<NodeId> = wrt.iter().map(|index| source.body.parameters[*index]).collect();
        let first = source.signature.parameters.len();
        let dots: Vec<usize> = (first..first + wrt.len()).collect();
        let (bar, dot_bar) = (first + wrt.len(), first + wrt.len() + 1);
        let mut seeds = Vec::new();
        for (index, &input) in dots.iter().zip(&inputs) {
            let (shape, name) = (graph.shape(input).clone(), graph.name(input).unwrap_or("x").to_owned());
            let dot = graph.parameter(*index, shape, false);
            graph.set_name(dot, &format!("{name}_dot"));
            seeds.push((input, dot));
        }
        let shape = graph.shape(output).clone();
        let (y_bar, y_dot_bar) =
            (graph.parameter(bar, shape.clone(), false), graph.parameter(dot_bar, shape, false));
        graph.set_name(y_bar, "y_bar");
        graph.set_name(y_dot_bar, "y_dot_bar");
        let [jvp] = along(graph, &seeds, &[output]);
        let jvp = jvp.unwrap_or_else(|| zero_like(graph, output));
        let bars = adjoints(graph, &[(output, y_bar)], &inputs);
        let vjp = filled(graph, bars, &inputs);
        let vjp_jvp = (order == 2).then(|| {
            let bars = adjoints(graph, &[(output, y_bar), (jvp, y_dot_bar)], &inputs);
            filled(graph, bars, &inputs)
        });
        Self { dots, bar, dot_bar, jvp, vjp, vjp_jvp }
    }

    /// Gives the additional arguments their names in the generated code.
    pub(super) fn name(self, namesake: &mut Namesake<'_>, wrt: &[usize]) -> NamedDirections {
        let mut dots = Vec::new();
        for &index in wrt {
            let Shaped { ident, shape } = Shaped::of(namesake, index);
            let (ident, at) = namesake.add_argument(&format!("{ident}_dot"), &shape);
            dots.push((ident, namesake.type_of_parameter(index)));
            debug_assert_eq!(at, self.dots[dots.len() - 1]);
        }
        let shape = namesake.source.signature.output_shape.clone();
        let (bar, at) = namesake.add_argument("y_bar", &shape);
        debug_assert_eq!(at, self.bar);
        let (dot_bar, at) = namesake.add_argument("y_dot_bar", &shape);
        debug_assert_eq!(at, self.dot_bar);
        NamedDirections { dots, bar, dot_bar, jvp: self.jvp, vjp: self.vjp, vjp_jvp: self.vjp_jvp }
    }
}

struct Shaped {
    ident: Ident,
    shape: Shape,
}

impl Shaped {
    fn of(namesake: &Namesake<'_>, index: usize) -> Self {
        let argument = &namesake.arguments[index];
        Self { ident: argument.ident.clone(), shape: argument.shape.clone() }
    }
}

pub(super) struct NamedDirections {
    dots: Vec<(Ident, TokenStream)>,
    bar: Ident,
    dot_bar: Ident,
    jvp: NodeId,
    vjp: Vec<NodeId>,
    vjp_jvp: Option<Vec<NodeId>>,
}

/// `jvp`, `vjp`, and with the second order `vjp_jvp`.
pub(super) fn direction_functions(
    namesake: &Namesake<'_>,
    output: NodeId,
    wrt: &[usize],
    directions: NamedDirections,
) -> Vec<Function> {
    let NamedDirections { dots, bar, dot_bar, jvp, vjp, vjp_jvp } = directions;
    let name = namesake.source.name();
    let f = latex::symbol(&name);
    let own = namesake.own_arguments();
    let result = namesake.result_type();
    let bars = tuple(&wrt.iter().map(|index| namesake.type_of_parameter(*index)).collect::<Vec<_>>());
    let with = |more: &[(Ident, TokenStream)]| own.iter().chain(more).cloned().collect::<Vec<_>>();
    let mut functions = vec![
        Function {
            name: format_ident!("jvp"),
            doc: format!(
                "The value of `{name}`, and its derivative in the direction of the tangents (`_dot`)."
            ),
            left: format!(r"\left({f}, \dot{{{f}}}\right)"),
            arguments: with(&dots),
            result: tuple(&[result.clone(), result.clone()]),
            outputs: vec![Output::Node(output), Output::Node(jvp)],
        },
        Function {
            name: format_ident!("vjp"),
            doc: format!(
                "The gradient of `⟨{bar}, {name}⟩`: what the adjoint `{bar}` of the value is in the parameters."
            ),
            left: format!(r"\nabla \left\langle \bar{{y}}, {f}\right\rangle"),
            arguments: with(&[(bar.clone(), result.clone())]),
            result: bars.clone(),
            outputs: vjp.into_iter().map(Output::Node).collect(),
        },
    ];
    if let Some(vjp_jvp) = vjp_jvp {
        let mut more = dots.clone();
        more.extend([(bar.clone(), result.clone()), (dot_bar.clone(), result)]);
        functions.push(Function {
            name: format_ident!("vjp_jvp"),
            doc: format!("The gradient of `⟨{bar}, {name}⟩ + ⟨{dot_bar}, d{name}⟩`, where `d{name}` is the derivative in the direction of the tangents."),
            left: format!(r"\nabla \left(\left\langle \bar{{y}}, {f}\right\rangle + \left\langle \bar{{\dot{{y}}}}, \dot{{{f}}}\right\rangle\right)"),
            arguments: with(&more),
            result: bars,
            outputs: vjp_jvp.into_iter().map(Output::Node).collect(),
        });
    }
    functions
}

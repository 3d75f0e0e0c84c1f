//! `#[differentiate]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::directions::{Directions, along_arrays, along_functions, direction_functions};
use super::function::Function;
use super::names::check_derivatives;
use super::namesake::{Namesake, single};
use super::{Derived, Source};
use crate::attribute::DifferentiateAttribute;
use crate::calculus::{adjoints, tangents};
use crate::diagnostics::Diagnostics;
use crate::emit::Output;
use crate::graph::{Dim, Graph, NodeId, Op, Position, Shape};
use crate::latex;

/// More entries than this in one direction, and a second derivative or a Jacobian is left to `jvp` and `vjp_jvp`.
const LONGEST_TABLE: usize = 32;

/// The items of a function that is read.
pub(super) fn derived(
    attribute: &DifferentiateAttribute,
    source: Source,
    root: &TokenStream,
    diagnostics: &mut Diagnostics,
) -> Option<Derived> {
    let wrt = resolve(&attribute.wrt, &source, diagnostics)?;
    let nodes: Vec<NodeId> = wrt.iter().map(|index| source.body.parameters[*index]).collect();
    source.check_calls(&nodes, diagnostics);
    let idents: Vec<&Ident> = wrt.iter().map(|index| &source.signature.parameters[*index].ident).collect();
    check_derivatives(&idents, |_, _| attribute.order == 2, diagnostics);
    diagnostics.is_empty().then(|| derive(source, &wrt, attribute.order, root))
}

/// The indices of the parameters that `wrt` names.
pub(super) fn resolve(names: &[Ident], source: &Source, diagnostics: &mut Diagnostics) -> Option<Vec<usize>> {
    let mut wrt = Vec::new();
    for name in names {
        let Some(index) = source.signature.position(name) else {
            let known: Vec<String> = source
                .signature
                .parameters
                .iter()
                .map(|parameter| format!("`{}`", parameter.ident))
                .collect();
            diagnostics.error(name, format!("`{name}` is not a parameter; there are {}", known.join(", ")));
            continue;
        };
        let parameter = &source.signature.parameters[index];
        if parameter.mask {
            diagnostics.error(name, "a `bool` has no derivative; leave it out of `wrt`");
        } else if matches!(parameter.shape, Shape::Array(Dim::Runtime(..))) {
            diagnostics.error(
                name,
                "the length of a slice is not known here, so its derivative has no type; write `[f64; N]`",
            );
        } else if wrt.contains(&index) {
            diagnostics.error(name, format!("`{name}` is named twice"));
        } else {
            wrt.push(index);
        }
    }
    (wrt.len() == names.len()).then_some(wrt)
}

fn derive(mut source: Source, wrt: &[usize], order: u8, root: &TokenStream) -> Derived {
    let output = source.body.output;
    let inputs: Vec<NodeId> = wrt.iter().map(|index| source.body.parameters[*index]).collect();
    let plan = if source.signature.output_shape.is_scalar() {
        scalar_derivatives(&mut source.body.graph, output, &inputs, |_, _| order == 2)
    } else {
        array_derivatives(&mut source.body.graph, output, &inputs)
    };
    let directions = Directions::derive(&mut source, wrt, order);
    let along = if order == 2 && source.signature.output_shape.is_scalar() {
        along_arrays(&mut source.body.graph, &inputs, &plan, &directions)
    } else {
        Vec::new()
    };
    let mut namesake = Namesake::new(&source, root);
    let directions = directions.name(&mut namesake, wrt);
    let along = along_functions(&namesake, wrt, &along, &directions);
    let mut functions = named_functions(&namesake, output, wrt, &plan);
    functions.extend(direction_functions(&namesake, output, wrt, directions));
    functions.extend(along.iter().map(|(_, function)| function.clone()));
    let name = source.name();
    let doc = format!("The derivatives of [`{name}`](fn@{name}), as associated functions.");
    let (items, formulas) = namesake.write(&functions, &doc);
    let mut partials = namesake.partials(wrt, &plan.pairs(wrt));
    for ((i, j), function) in &along {
        partials.extend(namesake.second_direction(wrt[*i], wrt[*j], &function.name));
    }
    Derived { items: quote!(#items #partials), formulas }
}

/// The derivatives that have names of their own.
pub(super) struct Derivatives {
    first: Vec<Option<Output>>,
    /// `(i, j, ∂²f/∂x_i∂x_j)`, by position in `wrt`.
    second: Vec<(usize, usize, Output)>,
}

impl Derivatives {
    /// The second derivatives that there are, as pairs of indices of parameters.
    pub(super) fn pairs(&self, wrt: &[usize]) -> Vec<(usize, usize)> {
        self.second.iter().map(|(i, j, _)| (wrt[*i], wrt[*j])).collect()
    }

    /// The first derivative at this place of `wrt`.
    pub(super) fn first(&self, i: usize) -> NodeId {
        match self.first[i] {
            Some(Output::Node(node)) => node,
            _ => unreachable!("a scalar function has all its gradients"),
        }
    }
}

pub(super) fn zero_like(graph: &mut Graph, node: NodeId) -> NodeId {
    let shape = graph.shape(node).clone();
    graph.node(Op::Zero, shape)
}

/// The derivatives of a function whose value is one number; `wanted` says which pairs of `inputs` to take.
pub(super) fn scalar_derivatives(
    graph: &mut Graph,
    output: NodeId,
    inputs: &[NodeId],
    wanted: impl Fn(usize, usize) -> bool,
) -> Derivatives {
    let one = graph.literal(1.0);
    let gradients: Vec<NodeId> = adjoints(graph, &[(output, one)], inputs)
        .into_iter()
        .zip(inputs)
        .map(|(gradient, input)| gradient.unwrap_or_else(|| zero_like(graph, *input)))
        .collect();
    let mut second = Vec::new();
    for (i, &x) in inputs.iter().enumerate() {
        for (j, &y) in inputs.iter().enumerate().skip(i).filter(|(j, _)| wanted(i, *j)) {
            if let Some(output) = second_derivative(graph, (x, gradients[i]), (y, gradients[j])) {
                second.push((i, j, output));
            }
        }
    }
    let first = gradients.into_iter().map(|gradient| Some(Output::Node(gradient))).collect();
    Derivatives { first, second }
}

/// `∂²f/∂x∂y`, from `x` with `∂f/∂x` and `y` with `∂f/∂y`; `None` where it has more than two indices.
fn second_derivative(
    graph: &mut Graph,
    (x, x_bar): (NodeId, NodeId),
    (y, y_bar): (NodeId, NodeId),
) -> Option<Output> {
    let one = graph.literal(1.0);
    if graph.shape(x).is_scalar() {
        let [tangent] = along(graph, &[(x, one)], &[y_bar]);
        return Some(Output::Node(tangent.unwrap_or_else(|| zero_like(graph, y))));
    }
    if graph.shape(y).is_scalar() {
        let [tangent] = along(graph, &[(y, one)], &[x_bar]);
        return Some(Output::Node(tangent.unwrap_or_else(|| zero_like(graph, x))));
    }
    table(graph, x, y_bar, y)
}

pub(super) fn along<const N: usize>(
    graph: &mut Graph,
    seeds: &[(NodeId, NodeId)],
    outputs: &[NodeId; N],
) -> [Option<NodeId>; N] {
    tangents(graph, seeds, outputs).try_into().expect("one tangent an output")
}

/// The length of an array of one index.
fn vector_length(shape: &Shape) -> Option<usize> {
    match shape {
        Shape::Array(n) | Shape::Matrix(n, Dim::Fixed(1)) => n.fixed().filter(|n| *n <= LONGEST_TABLE),
        _ => None,
    }
}

/// The derivatives of the vector `value` in the directions of the entries of `x`, one row a direction. The row has
/// the shape of `like`.
fn table(graph: &mut Graph, x: NodeId, value: NodeId, like: NodeId) -> Option<Output> {
    let (x_shape, y_shape) = (graph.shape(x).clone(), graph.shape(like).clone());
    let (rows, columns) = (vector_length(&x_shape)?, vector_length(&y_shape)?);
    let one = graph.literal(1.0);
    let mut table = Vec::with_capacity(rows);
    for row in 0..rows {
        let direction = graph.assemble(vec![(Position::Entry(row), one)], x_shape.clone());
        let [tangent] = along(graph, &[(x, direction)], &[value]);
        table.push(tangent.unwrap_or_else(|| graph.node(Op::Zero, y_shape.clone())));
    }
    if !matches!((&x_shape, &y_shape), (Shape::Matrix(..), Shape::Matrix(..))) {
        return Some(Output::Rows(table));
    }
    let mut cells = Vec::with_capacity(rows * columns);
    for column in 0..columns {
        for (row, values) in table.iter().enumerate() {
            let cell = graph.index(*values, Position::Entry(column));
            let at = if columns == 1 { Position::Entry(row) } else { Position::Cell(row, column) };
            cells.push((at, cell));
        }
    }
    cells.sort_by_key(|(at, _)| *at);
    Some(Output::Node(graph.assemble(cells, Shape::Matrix(Dim::Fixed(rows), Dim::Fixed(columns)))))
}

/// The derivatives of a function whose value is an array: by a scalar, an array; by a vector, the Jacobian.
fn array_derivatives(graph: &mut Graph, output: NodeId, inputs: &[NodeId]) -> Derivatives {
    let one = graph.literal(1.0);
    let mut first = Vec::new();
    for &input in inputs {
        if graph.shape(input).is_scalar() {
            let [tangent] = along(graph, &[(input, one)], &[output]);
            first.push(Some(Output::Node(tangent.unwrap_or_else(|| zero_like(graph, output)))));
        } else {
            first.push(jacobian(graph, output, input));
        }
    }
    Derivatives { first, second: Vec::new() }
}

/// `∂f_i/∂x_j`, one row an entry of the value.
fn jacobian(graph: &mut Graph, output: NodeId, input: NodeId) -> Option<Output> {
    let (value_shape, input_shape) = (graph.shape(output).clone(), graph.shape(input).clone());
    let (rows, columns) = (vector_length(&value_shape)?, vector_length(&input_shape)?);
    let one = graph.literal(1.0);
    let mut table = Vec::with_capacity(rows);
    for row in 0..rows {
        let bar = graph.assemble(vec![(Position::Entry(row), one)], value_shape.clone());
        let gradient = adjoints(graph, &[(output, bar)], &[input])[0];
        table.push(gradient.unwrap_or_else(|| graph.node(Op::Zero, input_shape.clone())));
    }
    if !matches!((&value_shape, &input_shape), (Shape::Matrix(..), Shape::Matrix(..))) {
        return Some(Output::Rows(table));
    }
    let mut cells = Vec::with_capacity(rows * columns);
    for (row, values) in table.iter().enumerate() {
        for column in 0..columns {
            let cell = graph.index(*values, Position::Entry(column));
            let at = if columns == 1 { Position::Entry(row) } else { Position::Cell(row, column) };
            cells.push((at, cell));
        }
    }
    Some(Output::Node(graph.assemble(cells, Shape::Matrix(Dim::Fixed(rows), Dim::Fixed(columns)))))
}

pub(super) fn filled(graph: &mut Graph, gradients: Vec<Option<NodeId>>, inputs: &[NodeId]) -> Vec<NodeId> {
    let filled = gradients.into_iter().zip(inputs);
    filled.map(|(gradient, input)| gradient.unwrap_or_else(|| zero_like(graph, *input))).collect()
}

/// `value`, the partial derivatives, and all of the first ones in one pass.
pub(super) fn named_functions(
    namesake: &Namesake<'_>,
    output: NodeId,
    wrt: &[usize],
    derivatives: &Derivatives,
) -> Vec<Function> {
    let name = namesake.source.name();
    let f = latex::symbol(&name);
    let own = namesake.own_arguments();
    let result = namesake.result_type();
    let is_scalar = namesake.source.signature.output_shape.is_scalar();
    let ident = |index: usize| namesake.arguments[index].ident.clone();
    let mut functions = vec![Function {
        name: format_ident!("value"),
        doc: format!("The value of [`{name}`](fn@{name}), in its stable form and for every kind of number."),
        left: f.clone(),
        arguments: own.clone(),
        result: result.clone(),
        outputs: single(output),
    }];
    for (output, &index) in derivatives.first.iter().zip(wrt) {
        let Some(output) = output else { continue };
        let x = ident(index);
        functions.push(Function {
            name: format_ident!("d_{x}"),
            doc: format!("The partial derivative `∂{name}/∂{x}`."),
            left: partial(&f, &[&x]),
            arguments: own.clone(),
            result: if is_scalar {
                namesake.type_of_parameter(index)
            } else {
                table_type(namesake, output, index)
            },
            outputs: vec![output.clone()],
        });
    }
    for (i, j, output) in &derivatives.second {
        let (x, y) = (ident(wrt[*i]), ident(wrt[*j]));
        functions.push(Function {
            name: format_ident!("d_{x}_d_{y}"),
            doc: format!("The second derivative `∂²{name}/∂{x}∂{y}`."),
            left: partial(&f, &[&x, &y]),
            arguments: own.clone(),
            result: second_type(namesake, output, wrt[*i], wrt[*j]),
            outputs: vec![output.clone()],
        });
    }
    let complete: Option<Vec<Output>> = derivatives.first.iter().cloned().collect();
    if let Some(first) = complete {
        let mut types: Vec<TokenStream> =
            functions[1..=wrt.len()].iter().map(|function| function.result.clone()).collect();
        let names: Vec<String> = wrt.iter().map(|index| ident(*index).to_string()).collect();
        let (mut outputs, called, what) = if is_scalar {
            types.insert(0, result.clone());
            (single(output), "gradient", "The value and every first partial derivative, in one pass")
        } else {
            (Vec::new(), "jacobian", "Every first partial derivative, in one pass")
        };
        outputs.extend(first);
        functions.push(Function {
            name: format_ident!("{called}"),
            doc: format!(
                "{what}: with respect to {}.",
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
            left: format!(r"\nabla {f}"),
            arguments: own.clone(),
            result: tuple(&types),
            outputs,
        });
    }
    functions
}

/// `\frac{\partial^2 f}{\partial x\,\partial y}`.
pub(super) fn partial(f: &str, variables: &[&Ident]) -> String {
    let order = if variables.len() > 1 { format!("^{}", variables.len()) } else { String::new() };
    let below: Vec<String> = variables
        .iter()
        .map(|variable| format!(r"\partial {}", latex::symbol(&variable.to_string())))
        .collect();
    format!(r"\frac{{\partial{order} {f}}}{{{}}}", below.join(r"\,"))
}

/// A tuple type; of one part, the part.
pub(super) fn tuple(types: &[TokenStream]) -> TokenStream {
    match types {
        [single] => single.clone(),
        several => quote!((#(#several),*)),
    }
}

/// The type of the derivative of an array-valued function.
fn table_type(namesake: &Namesake<'_>, output: &Output, index: usize) -> TokenStream {
    if namesake.arguments[index].shape.is_scalar() {
        return namesake.result_type();
    }
    rows_type(namesake, output, &namesake.type_of_parameter(index))
}

fn second_type(namesake: &Namesake<'_>, output: &Output, i: usize, j: usize) -> TokenStream {
    let scalar = |index: usize| namesake.arguments[index].shape.is_scalar();
    if scalar(i) {
        return namesake.type_of_parameter(j);
    }
    if scalar(j) {
        return namesake.type_of_parameter(i);
    }
    rows_type(namesake, output, &namesake.type_of_parameter(j))
}

fn rows_type(namesake: &Namesake<'_>, output: &Output, row: &TokenStream) -> TokenStream {
    match output {
        Output::Rows(rows) => {
            let n = proc_macro2::Literal::usize_unsuffixed(rows.len());
            quote!([#row; #n])
        }
        Output::Node(node) => namesake.types.of(namesake.source.body.graph.shape(*node)),
        Output::Group(_) => unreachable!("a table is rows or a matrix"),
    }
}

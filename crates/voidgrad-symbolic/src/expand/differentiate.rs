//! `#[differentiate]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::function::Function;
use super::namesake::{Namesake, single};
use super::{Expansion, Source, parse_function};
use crate::attribute::DifferentiateAttribute;
use crate::calculus::{adjoints, tangents};
use crate::diagnostics::Diagnostics;
use crate::emit::Output;
use crate::graph::{Dim, Graph, NodeId, Op, Position, Shape};
use crate::latex;

/// More entries than this in one direction, and a second derivative or a Jacobian is left to `jvp` and `vjp_jvp`.
const LONGEST_TABLE: usize = 32;

/// Expands `#[differentiate(attribute)] item`; `root` is the path of voidgrad.
#[must_use]
pub fn differentiate(attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Expansion {
    let function = match parse_function(item, "#[differentiate]") {
        Ok(function) => function,
        Err(refused) => return refused,
    };
    let name = function.sig.ident.to_string();
    let original = function.to_token_stream();
    let mut diagnostics = Diagnostics::default();
    let attribute = match syn::parse2::<DifferentiateAttribute>(attribute) {
        Ok(attribute) => Some(attribute),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    };
    let source = Source::read(function, &mut diagnostics);
    let derived = attribute.zip(source).and_then(|(attribute, source)| {
        let wrt = resolve(&attribute.wrt, &source, &mut diagnostics)?;
        let nodes: Vec<NodeId> = wrt.iter().map(|index| source.body.parameters[*index]).collect();
        source.check_calls(&nodes, &mut diagnostics);
        diagnostics.is_empty().then(|| derive(source, &wrt, attribute.order, root))
    });
    match (diagnostics.check(), derived) {
        (Ok(()), Some(expansion)) => expansion,
        (Err(error), _) => Expansion::refused(name, &original, error),
        (Ok(()), None) => unreachable!("what gives no derivative was reported"),
    }
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

fn derive(mut source: Source, wrt: &[usize], order: u8, root: &TokenStream) -> Expansion {
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
    let function = source.function.to_token_stream();
    // It is often called through its namesake alone.
    let tokens = quote!(#[allow(dead_code)] #function #items #partials);
    Expansion { name, tokens, formulas, error: None }
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

/// `∂/∂x_i (∂f/∂x_j · ẋ_j)` for the pairs of which one is an array, by position in `wrt`.
fn along_arrays(
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
fn along_functions(
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
struct Directions {
    dots: Vec<usize>,
    bar: usize,
    dot_bar: usize,
    jvp: NodeId,
    vjp: Vec<NodeId>,
    vjp_jvp: Option<Vec<NodeId>>,
}

impl Directions {
    fn derive(source: &mut Source, wrt: &[usize], order: u8) -> Self {
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
    fn name(self, namesake: &mut Namesake<'_>, wrt: &[usize]) -> NamedDirections {
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

struct NamedDirections {
    dots: Vec<(Ident, TokenStream)>,
    bar: Ident,
    dot_bar: Ident,
    jvp: NodeId,
    vjp: Vec<NodeId>,
    vjp_jvp: Option<Vec<NodeId>>,
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

/// `jvp`, `vjp`, and with the second order `vjp_jvp`.
fn direction_functions(
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

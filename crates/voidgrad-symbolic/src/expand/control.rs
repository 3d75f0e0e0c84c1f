//! `#[control]`: the derivatives that an estimator needs, a struct of the parameters, and `impl Control`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::arrays::array_kernel;
use super::differentiate::{
    Derivatives, along, filled, named_functions, resolve, scalar_derivatives, tuple, zero_like,
};
use super::function::Function;
use super::generics::check_generics;
use super::implementation::implementation;
use super::kernel::{Directions, kernel};
use super::lengths::{Holder, Lengths, unify};
use super::names::{check_derivatives, check_setters, check_struct};
use super::namesake::Namesake;
use super::structure::{Batch, structure};
use super::{Derived, Source};
use crate::attribute::ControlAttribute;
use crate::calculus::{adjoints, linear};
use crate::diagnostics::Diagnostics;
use crate::emit::Output;
use crate::graph::{Dim, Graph, NodeId, Shape};
use crate::kernel::arrays::Extent;
use crate::latex;

/// What the arguments of a control are.
pub(super) struct Roles {
    /// What differs from example to example, but z: the indices.
    pub(super) each: Vec<usize>,
    /// φ: the indices of the parameters.
    pub(super) parameters: Vec<usize>,
    /// Those of them that are kept positive.
    pub(super) positive: Vec<usize>,
}

/// The items of a control that is read.
pub(super) fn derived(
    attribute: &ControlAttribute,
    source: Source,
    root: &TokenStream,
    diagnostics: &mut Diagnostics,
) -> Option<Derived> {
    let roles = roles(attribute, &source, diagnostics)?;
    let wrt: Vec<NodeId> =
        std::iter::once(&0).chain(&roles.parameters).map(|index| source.body.parameters[*index]).collect();
    source.check_calls(&wrt, diagnostics);
    let idents: Vec<&Ident> = std::iter::once(&0)
        .chain(&roles.parameters)
        .map(|index| &source.signature.parameters[*index].ident)
        .collect();
    check_derivatives(&idents, |i, _| i == 0, diagnostics);
    check_struct(&source, diagnostics);
    let given: Vec<usize> =
        (1..source.signature.parameters.len()).filter(|index| !roles.parameters.contains(index)).collect();
    check_setters(&source, &given, diagnostics);
    if let Some(index) = given.iter().find(|index| source.signature.parameters[**index].ident == "phi") {
        diagnostics.error(
            &source.signature.parameters[*index].ident,
            "`set_phi` sets the parameters of a control; choose another name for these data",
        );
    }
    let is_held = |argument: usize| argument > 0 && !roles.each.contains(&argument);
    let lengths = unify(&source, Holder::Control, &is_held, diagnostics);
    diagnostics.is_empty().then(|| derive(source, &roles, &lengths, root))
}

fn roles(attribute: &ControlAttribute, source: &Source, diagnostics: &mut Diagnostics) -> Option<Roles> {
    let signature = &source.signature;
    if !signature.output_shape.is_scalar() {
        diagnostics.error(&signature.output, "a control has one value: let it return `f64`");
    }
    check_generics("control", &source.function.sig.generics, diagnostics);
    match signature.parameters.first() {
        None => diagnostics
            .error(&source.function.sig.ident, "a control is a function of `z`: make it the first argument"),
        Some(z) if z.mask => diagnostics
            .error(&z.ty, "the first argument of a control is `z`, a real number or an array of them"),
        Some(z) if !z.shape.is_scalar() && (vector_length(&z.shape).is_none() || is_slice(&z.shape)) => {
            diagnostics.error(&z.ty, "the first argument of a control is `z`: `f64`, `[f64; M]`, `SVector<f64, M>` or `&DVector<f64>`");
        }
        Some(_) => {}
    }
    let each = resolve_given(&attribute.each, source, diagnostics);
    let data = resolve_given(&attribute.data, source, diagnostics);
    for (index, name) in data.iter().zip(&attribute.data).filter(|(index, _)| each.contains(index)) {
        let _ = index;
        diagnostics.error(name, format!("`{name}` is in `each(…)` already"));
    }
    let positive = if attribute.positive.is_empty() {
        Vec::new()
    } else {
        resolve(&attribute.positive, source, diagnostics)?
    };
    for (&index, name) in positive.iter().zip(&attribute.positive) {
        if index == 0 || data.contains(&index) || each.contains(&index) {
            diagnostics.error(
                name,
                format!("`{name}` is not one of the parameters φ, so it can't be kept positive"),
            );
        }
    }
    let mut parameters = Vec::new();
    for (index, parameter) in signature.parameters.iter().enumerate().skip(1) {
        if is_slice(&parameter.shape) {
            diagnostics.error(
                &parameter.ty,
                "a control owns its arguments, and a slice belongs to somebody else; write `&DVector<f64>`, or `[f64; N]` if the length is a constant",
            );
        }
        if each.contains(&index) {
            if parameter.mask {
                diagnostics.error(
                    &parameter.ident,
                    "a `bool` does not differ from example to example; pass a number and compare it",
                );
            }
        } else if !data.contains(&index) {
            if parameter.mask {
                diagnostics.error(&parameter.ident, "a `bool` can't be a parameter φ; name it in `data(…)`");
            } else {
                parameters.push(index);
            }
        }
    }
    diagnostics.is_empty().then_some(Roles { each, parameters, positive })
}

/// The arguments of `each(…)` or `data(…)`.
fn resolve_given(names: &[Ident], source: &Source, diagnostics: &mut Diagnostics) -> Vec<usize> {
    let mut given = Vec::new();
    for name in names {
        match source.signature.position(name) {
            Some(0) => diagnostics.error(name, "`z` is not data: the control is a function of it"),
            Some(index) => given.push(index),
            None => diagnostics.error(name, format!("`{name}` is not an argument of this function")),
        }
    }
    given
}

/// M, if `z` is a vector.
pub(super) fn vector_length(shape: &Shape) -> Option<Extent> {
    let is_vector = matches!(shape, Shape::Array(_)) || shape.is_column();
    is_vector.then(|| Extent::of(shape))
}

fn is_slice(shape: &Shape) -> bool {
    matches!(shape, Shape::Array(Dim::Runtime(..)))
}

/// The nodes of the functions that only controls have.
struct Parts {
    partials: Vec<NodeId>,
    mixed: Vec<NodeId>,
    vjp_jvp: Vec<NodeId>,
    /// `∂/∂φ (∂c/∂z · ż)`, which `mixed` is for ż = 1.
    directed: Vec<NodeId>,
    z_dot: NodeId,
    c_bar: NodeId,
    along: Along,
}

/// What a control is along a direction φ̇.
#[derive(Clone)]
pub(super) struct Along {
    /// φ̇, one array a parameter.
    pub(super) directions: Vec<NodeId>,
    /// `∂c/∂φ·φ̇`
    pub(super) c_dot: NodeId,
    /// `∂²c/∂z∂φ·φ̇`
    pub(super) c_z_dot: NodeId,
}

impl Along {
    /// The nodes for these parameters φ; their directions are arguments with numbers from `first` on.
    fn new(graph: &mut Graph, phi: &[NodeId], first: usize, [c, c_z]: [NodeId; 2]) -> Self {
        let mut seeds = Vec::new();
        for (number, &parameter) in (first..).zip(phi) {
            let (shape, name) = (graph.shape(parameter).clone(), graph.describe(parameter));
            let dot = graph.parameter(number, shape, false);
            graph.set_name(dot, &format!("{name}_dot"));
            seeds.push((parameter, dot));
        }
        let [c_dot, c_z_dot] = along(graph, &seeds, &[c, c_z]);
        Self {
            directions: seeds.into_iter().map(|(_, dot)| dot).collect(),
            c_dot: c_dot.unwrap_or_else(|| zero_like(graph, c)),
            c_z_dot: c_z_dot.unwrap_or_else(|| zero_like(graph, c_z)),
        }
    }

    /// The same nodes of another graph.
    fn map(self, to: impl Fn(NodeId) -> NodeId) -> Self {
        let directions = self.directions.into_iter().map(&to).collect();
        Self { directions, c_dot: to(self.c_dot), c_z_dot: to(self.c_z_dot) }
    }
}

fn derive(mut source: Source, roles: &Roles, lengths: &Lengths, root: &TokenStream) -> Derived {
    lengths.join(&mut source);
    let wrt: Vec<usize> = std::iter::once(0).chain(roles.parameters.iter().copied()).collect();
    let inputs: Vec<NodeId> = wrt.iter().map(|index| source.body.parameters[*index]).collect();
    let output = source.body.output;
    let derivatives = scalar_derivatives(&mut source.body.graph, output, &inputs, |i, _| i == 0);
    let parts = parts(&mut source, &inputs, &derivatives);
    let mut namesake = Namesake::new(&source, root);
    let z_shape = namesake.arguments[0].shape.clone();
    let (z_dot, _) = namesake.add_argument("z_dot", &z_shape);
    let (c_bar, _) = namesake.add_argument("c_bar", &Shape::Scalar);
    let phi_dot: Vec<(Ident, TokenStream)> =
        roles.parameters.iter().map(|index| namesake.add_direction(*index)).collect();
    let mut functions = named_functions(&namesake, output, &wrt, &derivatives);
    functions.extend(control_functions(
        &namesake,
        roles,
        output,
        derivatives.first(0),
        &parts,
        (&z_dot, &c_bar, &phi_dot),
    ));
    let name = source.name();
    let doc = format!("The derivatives of the control [`{name}`](fn@{name}), as associated functions.");
    let (items, formulas) = namesake.write(&functions, &doc);
    // A control of numbers can be a part of another one; networks are not called from networks.
    let of_numbers = source.signature.parameters.iter().all(|parameter| parameter.shape.is_scalar());
    let partials =
        if of_numbers { namesake.partials(&wrt, &derivatives.pairs(&wrt)) } else { TokenStream::new() };
    // The functions measure the lengths of their arguments; in what follows lengths have names.
    let c_z = derivatives.first(0);
    let copies = lengths.apply(&mut source);
    let copy = |node: NodeId| copies[node.index()];
    let copied = |nodes: Vec<NodeId>| nodes.into_iter().map(copy).collect::<Vec<NodeId>>();
    let nodes = Directions {
        z_dot: copy(parts.z_dot),
        c_bar: copy(parts.c_bar),
        c_z: copy(c_z),
        partials: copied(parts.partials),
        mixed: copied(parts.directed),
        vjp_jvp: copied(parts.vjp_jvp),
        along: parts.along.map(copy),
    };
    // Straight-line code where there is little of it, else loops over rows of lanes. Lanes of examples have loops.
    let straight = if roles.each.is_empty() { kernel(&source, roles, &nodes, root) } else { None };
    let (batch, kernel) = match straight {
        Some(kernel) => (Batch::StraightLine, Some(kernel)),
        None => match array_kernel(&source, roles, lengths, &nodes, root) {
            Ok((batch, kernel)) => (batch, Some(kernel)),
            Err(obstacle) => (Batch::OneByOne(obstacle), None),
        },
    };
    let parameters = structure(&source, roles, lengths, batch, root);
    let implementation = implementation(&source, roles, lengths, batch, root);
    Derived { items: quote!(#items #partials #parameters #implementation #kernel), formulas }
}

fn parts(source: &mut Source, inputs: &[NodeId], derivatives: &Derivatives) -> Parts {
    let (graph, output) = (&mut source.body.graph, source.body.output);
    let (z, phi) = inputs.split_first().expect("z is the first input");
    let count = source.signature.parameters.len();
    let shape = graph.shape(*z).clone();
    let z_dot = graph.parameter(count, shape.clone(), false);
    let c_bar = graph.parameter(count + 1, Shape::Scalar, false);
    graph.set_name(z_dot, "z_dot");
    graph.set_name(c_bar, "c_bar");
    let one = graph.literal(1.0);
    let partials = (1..inputs.len()).map(|i| derivatives.first(i)).collect();
    let [c_dot] = along(graph, &[(*z, z_dot)], &[output]);
    let c_dot = c_dot.unwrap_or_else(|| zero_like(graph, output));
    let bars = adjoints(graph, &[(output, c_bar), (c_dot, one)], phi);
    let vjp_jvp = filled(graph, bars, phi);
    // For one z the direction is 1; for a vector, the caller asks for one direction at a time.
    let slope = if shape.is_scalar() { derivatives.first(0) } else { c_dot };
    let bars = adjoints(graph, &[(slope, one)], phi);
    let mixed = filled(graph, bars, phi);
    let bars = adjoints(graph, &[(c_dot, one)], phi);
    let directed = filled(graph, bars, phi);
    let along = Along::new(graph, phi, count + 2, [output, derivatives.first(0)]);
    Parts { partials, mixed, vjp_jvp, directed, z_dot, c_bar, along }
}

/// The parameters in which c is linear, all of them together; what stands in φ by its logarithm is none.
pub(super) fn linear_parameters(source: &Source, roles: &Roles) -> Vec<usize> {
    let free: Vec<usize> =
        roles.parameters.iter().copied().filter(|index| !roles.positive.contains(index)).collect();
    let ids: Vec<NodeId> = free.iter().map(|index| source.body.parameters[*index]).collect();
    let entries = free
        .iter()
        .map(|index| Extent::of(&source.signature.parameters[*index].shape).estimate())
        .collect::<Vec<_>>();
    let is_linear = linear(&source.body.graph, source.body.output, &ids, &entries);
    free.into_iter().zip(is_linear).filter(|(_, is_linear)| *is_linear).map(|(index, _)| index).collect()
}

fn control_functions(
    namesake: &Namesake<'_>,
    roles: &Roles,
    output: NodeId,
    d_z: NodeId,
    parts: &Parts,
    (z_dot, c_bar, phi_dot): (&Ident, &Ident, &[(Ident, TokenStream)]),
) -> Vec<Function> {
    let own = namesake.own_arguments();
    let c = latex::symbol(&namesake.source.name());
    let (z_type, result) = (namesake.type_of_parameter(0), namesake.result_type());
    let mut functions = vec![Function {
        name: format_ident!("value_and_d_z"),
        doc: "The value and `∂c/∂z`, in one pass.".to_owned(),
        left: format!(r"\left({c}, \frac{{\partial {c}}}{{\partial z}}\right)"),
        arguments: own.clone(),
        result: tuple(&[result.clone(), z_type.clone()]),
        outputs: vec![Output::Node(output), Output::Node(d_z)],
    }];
    if roles.parameters.is_empty() {
        return functions;
    }
    let phi =
        tuple(&roles.parameters.iter().map(|index| namesake.type_of_parameter(*index)).collect::<Vec<_>>());
    let nodes = |nodes: &[NodeId]| nodes.iter().copied().map(Output::Node).collect::<Vec<_>>();
    let dot = (z_dot.clone(), z_type.clone());
    let is_scalar = namesake.arguments[0].shape.is_scalar();
    let mut mixed_arguments = own.clone();
    if !is_scalar {
        mixed_arguments.push(dot.clone());
    }
    let mut directed = own.clone();
    directed.extend([dot, (c_bar.clone(), result.clone())]);
    let along = own.iter().chain(phi_dot).cloned().collect();
    if is_scalar {
        functions.push(Function {
            name: format_ident!("derivatives"),
            doc: "The value and `∂c/∂z`, `∂c/∂φ` and `∂²c/∂z∂φ` for all parameters φ, in one pass."
                .to_owned(),
            left: format!(
                r"\left({c}, \partial_z {c}, \partial_\phi {c}, \partial_z \partial_\phi {c}\right)"
            ),
            arguments: own.clone(),
            result: tuple(&[tuple(&[result.clone(), z_type.clone()]), phi.clone(), phi.clone()]),
            outputs: vec![
                Output::Group(vec![output, d_z]),
                Output::Group(parts.partials.clone()),
                Output::Group(parts.mixed.clone()),
            ],
        });
    }
    functions.extend([
        Function {
            name: format_ident!("partials"),
            doc: "`∂c/∂φ` for all parameters φ, in one pass.".to_owned(),
            left: format!(r"\frac{{\partial {c}}}{{\partial \phi}}"),
            arguments: own,
            result: phi.clone(),
            outputs: nodes(&parts.partials),
        },
        Function {
            name: format_ident!("mixed_partials"),
            doc: if is_scalar {
                "`∂²c/∂z∂φ` for all parameters φ, in one pass.".to_owned()
            } else {
                "`∂/∂φ (∂c/∂z · ż)` for all parameters φ, in one pass.".to_owned()
            },
            left: format!(r"\frac{{\partial^2 {c}}}{{\partial z\,\partial \phi}}"),
            arguments: mixed_arguments,
            result: phi.clone(),
            outputs: nodes(&parts.mixed),
        },
        Function {
            name: format_ident!("vjp_jvp"),
            doc: "`c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż)` for all parameters φ, in one pass.".to_owned(),
            left: format!(r"\frac{{\partial}}{{\partial \phi}} \left(\bar{{c}}\,{c} + \dot{{{c}}}\right)"),
            arguments: directed,
            result: phi,
            outputs: nodes(&parts.vjp_jvp),
        },
        Function {
            name: format_ident!("along_phi"),
            doc: "`∂c/∂φ·φ̇` and `∂²c/∂z∂φ·φ̇`, in one pass.".to_owned(),
            left: format!(r"\left(\dot{{{c}}}, \frac{{\partial \dot{{{c}}}}}{{\partial z}}\right)"),
            arguments: along,
            result: tuple(&[result, z_type]),
            outputs: nodes(&[parts.along.c_dot, parts.along.c_z_dot]),
        },
    ]);
    functions
}

//! The parts of a kernel before they are written, by their values.

mod elimination;
mod networks;
mod product;

use super::product::Products;
use crate::evaluate::evaluate;
use crate::graph::{Comparison, Graph, NodeId, Op, Shape};

/// The numbers that the tests calculate with, as parameters of a graph: two of all samples, z with two values that depend on
/// it, the weights, and two masks.
struct Numbers {
    graph: Graph,
    a: NodeId,
    b: NodeId,
    z: NodeId,
    /// sin z and e^z.
    of_z: [NodeId; 2],
    z_dot: NodeId,
    c_bar: NodeId,
    /// z > 0 and z > a.
    masks: [NodeId; 2],
}

impl Numbers {
    fn new() -> Self {
        let mut graph = Graph::default();
        let [a, b, z, z_dot, c_bar] =
            [0, 1, 2, 3, 4].map(|index| graph.parameter(index, Shape::Scalar, false));
        let of_z = ["sin", "exp"].map(|name| graph.unary(name, z));
        let zero = graph.literal(0.0);
        let masks = [zero, a].map(|bound| graph.compare(Comparison::Gt, z, bound));
        Self { graph, a, b, z, of_z, z_dot, c_bar, masks }
    }

    fn products(&mut self) -> Products<'_> {
        Products::new(&mut self.graph, &[self.z], &[self.z_dot, self.c_bar])
    }

    /// The node as it is written as a product.
    fn written(&mut self, id: NodeId) -> NodeId {
        self.products().node(id)
    }

    /// `factors[0]·factors[1]·…`, from the left.
    fn product(&mut self, factors: &[NodeId]) -> NodeId {
        let (first, rest) = factors.split_first().expect("a product has factors");
        rest.iter().fold(*first, |product, factor| self.graph.mul(product, *factor))
    }

    /// `value` where the mask holds, else 0.
    fn guarded(&mut self, mask: NodeId, value: NodeId) -> NodeId {
        let zero = self.graph.zero();
        self.graph.node(Op::Select(mask, value, zero), Shape::Scalar)
    }

    /// The value of a node where a, b, z, ż and c̄ are these.
    fn at(&self, id: NodeId, numbers: [f64; 5]) -> f64 {
        evaluate(&self.graph, &numbers.map(|number| vec![number]), id).expect("the operations are known")[0]
    }

    /// How many nodes of such operations the value is made of.
    fn count(&self, id: NodeId, is_counted: impl Fn(&Op) -> bool) -> usize {
        let reached = self.graph.reachable(&[id]);
        self.graph.ids().filter(|id| reached[id.index()] && is_counted(self.graph.op(*id))).count()
    }
}

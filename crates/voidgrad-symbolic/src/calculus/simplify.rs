//! The constructors that derivatives are made with.
//!
//! They simplify by a few named rules, which touch only what differentiation created; what the user wrote is made
//! by [`Graph::node`] and stays as it is. Nothing is reassociated. The rules:
//!
//! - *zero*: `0 + x`, `0·x`, `0/x`, for the [`Op::Zero`] of "does not depend" and never for a written `0.0`;
//! - *one*: `1·x`, `x/1`, `x¹`; *minus one*: `-1·x`; *literals*: `2·3`;
//! - *negation*: pulled out of products and quotients, into sums and differences;
//! - *guard outward*: `select(c, t, 0)·d` is `select(c, t·d, 0)`, so a `d` that is infinite or NaN where `c` does
//!   not hold can't get into the result;
//! - *equal branches*: `select(c, a, a)` is `a`, and the two halves of one `if` join into one `select`;
//! - *absorption*: `(c & d) | c` is `c`, `(c & d) & c` is `c & d`;
//! - *entries*: an array of few entries stays one through products, so its other entries stay exactly 0.

use crate::depth;
use crate::graph::{Block, Comparison, Dim, Graph, NodeId, Op, Position, Shape};

impl Graph {
    /// The zero that may be folded away.
    pub fn zero(&mut self) -> NodeId {
        self.zero_of(Shape::Scalar)
    }

    fn zero_of(&mut self, shape: Shape) -> NodeId {
        self.node(Op::Zero, shape)
    }

    fn joined(&self, a: NodeId, b: NodeId) -> Shape {
        self.shape(a).join(self.shape(b)).expect("the rules keep the shapes that the parser joined")
    }

    /// `a + b`.
    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.joined(a, b);
        if self.is_zero(a) && *self.shape(b) == shape {
            return b;
        }
        if self.is_zero(b) && *self.shape(a) == shape {
            return a;
        }
        if let (Some(x), Some(y)) = (self.literal_value(a), self.literal_value(b)) {
            return self.literal(x + y);
        }
        match (self.op(a).clone(), self.op(b).clone()) {
            (Op::Neg(inner), _) => return self.sub(b, inner),
            (_, Op::Neg(inner)) => return self.sub(a, inner),
            (Op::Select(c, t, e), Op::Select(d, u, f)) => {
                if let Some(joined) = self.add_guarded((c, t, e), (d, u, f)) {
                    return joined;
                }
            }
            (Op::Assemble(left), Op::Assemble(right)) => return self.add_entries(left, right, shape),
            (Op::Join(left), Op::Join(right)) => {
                if let Some(parts) = self.add_parts(left, right) {
                    return self.join(parts, shape);
                }
            }
            _ => {}
        }
        self.commutative(Op::Add, a, b, shape)
    }

    /// `select(c, t, e) + select(c, u, f)` where the zeros in them make it one `select`.
    fn add_guarded(
        &mut self,
        first: (NodeId, NodeId, NodeId),
        second: (NodeId, NodeId, NodeId),
    ) -> Option<NodeId> {
        let ((c, t, e), (mut d, mut u, mut f)) = (first, second);
        if *self.op(d) == Op::Not(c) || *self.op(c) == Op::Not(d) {
            (d, u, f) = (c, f, u);
        }
        let zeros = (self.is_zero(t) || self.is_zero(u)) && (self.is_zero(e) || self.is_zero(f))
            || self.is_zero(e) && self.is_zero(f);
        (c == d && zeros).then(|| {
            let (on_true, on_false) = (self.add(t, u), self.add(e, f));
            self.select(c, on_true, on_false)
        })
    }

    fn add_entries(
        &mut self,
        left: Vec<(Position, NodeId)>,
        right: Vec<(Position, NodeId)>,
        shape: Shape,
    ) -> NodeId {
        let mut entries: Vec<(Position, NodeId)> = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        loop {
            let entry = match (left.peek(), right.peek()) {
                (Some(&(p, x)), Some(&(q, y))) if p == q => {
                    left.next();
                    right.next();
                    (p, self.add(x, y))
                }
                (Some((p, _)), Some((q, _))) if p > q => right.next().expect("it was peeked at"),
                (Some(_), _) => left.next().expect("it was peeked at"),
                (None, Some(_)) => right.next().expect("it was peeked at"),
                (None, None) => return self.assemble(entries, shape),
            };
            entries.push(entry);
        }
    }

    /// The parts of both, if each is beside those of the other or at the same place as one of them.
    fn add_parts(
        &mut self,
        left: Vec<(Position, NodeId)>,
        right: Vec<(Position, NodeId)>,
    ) -> Option<Vec<(Position, NodeId)>> {
        let mut parts = [left, right].concat();
        parts.sort_by_key(|(first, _)| *first);
        let mut added: Vec<(Position, NodeId)> = Vec::with_capacity(parts.len());
        for (first, part) in parts {
            let block = Block::new(first, self.shape(part));
            // In one column, what is before the last part is before this one, too.
            let is_column = matches!(first, Position::Entry(_));
            let near = if is_column { added.len().saturating_sub(1) } else { 0 };
            let over = |graph: &Self, (at, other): &(Position, NodeId)| {
                !block.is_apart(Block::new(*at, graph.shape(*other)))
            };
            match added[near..].iter().position(|other| over(self, other)) {
                None => added.push((first, part)),
                Some(place) => {
                    let (at, other) = added[near + place];
                    let is_same = at == first && self.shape(other) == self.shape(part);
                    if !is_same {
                        return None;
                    }
                    added[near + place].1 = self.add(other, part);
                }
            }
        }
        Some(added)
    }

    /// `a - b`.
    pub fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.joined(a, b);
        if self.is_zero(a) && *self.shape(b) == shape {
            return self.neg(b);
        }
        if self.is_zero(b) && *self.shape(a) == shape {
            return a;
        }
        if let (Some(x), Some(y)) = (self.literal_value(a), self.literal_value(b)) {
            return self.literal(x - y);
        }
        match (self.op(a).clone(), self.op(b).clone()) {
            (_, Op::Neg(inner)) => return self.add(a, inner),
            (Op::Neg(inner), _) => {
                let sum = self.add(inner, b);
                return self.neg(sum);
            }
            (Op::Select(..), Op::Select(..)) | (Op::Assemble(_), Op::Assemble(_)) => {
                let minus = self.neg(b);
                if matches!(self.op(minus), Op::Select(..) | Op::Assemble(_)) {
                    return self.add(a, minus);
                }
            }
            _ => {}
        }
        self.node(Op::Sub(a, b), shape)
    }

    /// `-a`.
    pub fn neg(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a).clone();
        match self.op(a).clone() {
            Op::Zero => a,
            Op::Literal(bits) => self.literal(-f64::from_bits(bits)),
            Op::Neg(inner) => inner,
            Op::Sub(x, y) => self.node(Op::Sub(y, x), shape),
            Op::Select(mask, t, e) if self.is_zero(t) || self.is_zero(e) => {
                let (t, e) = (self.neg(t), self.neg(e));
                self.select(mask, t, e)
            }
            Op::Assemble(entries) => {
                let entries = entries.into_iter().map(|(at, entry)| (at, self.neg(entry))).collect();
                self.assemble(entries, shape)
            }
            Op::Join(parts) => {
                let parts = parts.into_iter().map(|(first, part)| (first, self.neg(part))).collect();
                self.join(parts, shape)
            }
            _ => self.node(Op::Neg(a), shape),
        }
    }

    /// `a·b`, entry by entry.
    pub fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.joined(a, b);
        if self.is_zero(a) || self.is_zero(b) {
            return self.zero_of(shape);
        }
        if self.is_literal(a, 1.0) {
            return b;
        }
        if self.is_literal(b, 1.0) {
            return a;
        }
        if let (Some(x), Some(y)) = (self.literal_value(a), self.literal_value(b)) {
            return self.literal(x * y);
        }
        if self.is_literal(a, -1.0) {
            return self.neg(b);
        }
        if self.is_literal(b, -1.0) {
            return self.neg(a);
        }
        match (self.op(a).clone(), self.op(b).clone()) {
            (Op::Broadcast(inner), _) if *self.shape(b) == shape => return self.mul(inner, b),
            (_, Op::Broadcast(inner)) if *self.shape(a) == shape => return self.mul(a, inner),
            (Op::Neg(inner), _) => {
                let product = self.mul(inner, b);
                return self.neg(product);
            }
            (_, Op::Neg(inner)) => {
                let product = self.mul(a, inner);
                return self.neg(product);
            }
            (Op::Select(mask, t, e), _) if self.is_zero(t) || self.is_zero(e) => {
                let (t, e) = (self.mul(t, b), self.mul(e, b));
                return self.select(mask, t, e);
            }
            (_, Op::Select(mask, t, e)) if self.is_zero(t) || self.is_zero(e) => {
                let (t, e) = (self.mul(a, t), self.mul(a, e));
                return self.select(mask, t, e);
            }
            (Op::Assemble(entries), _) => {
                return self.map_entries(entries, shape, |graph, at, entry| {
                    let factor = graph.index(b, at);
                    graph.mul(entry, factor)
                });
            }
            (Op::Join(parts), _) => {
                return self.map_parts(parts, shape, |graph, first, part| {
                    let factor = graph.part_like(b, first, part);
                    graph.mul(part, factor)
                });
            }
            (_, Op::Join(parts)) => {
                return self.map_parts(parts, shape, |graph, first, part| {
                    let factor = graph.part_like(a, first, part);
                    graph.mul(factor, part)
                });
            }
            (_, Op::Assemble(entries)) => {
                return self.map_entries(entries, shape, |graph, at, entry| {
                    let factor = graph.index(a, at);
                    graph.mul(factor, entry)
                });
            }
            _ => {}
        }
        self.commutative(Op::Mul, a, b, shape)
    }

    fn map_entries(
        &mut self,
        entries: Vec<(Position, NodeId)>,
        shape: Shape,
        mut f: impl FnMut(&mut Self, Position, NodeId) -> NodeId,
    ) -> NodeId {
        let entries = entries.into_iter().map(|(at, entry)| (at, f(self, at, entry))).collect();
        self.assemble(entries, shape)
    }

    fn map_parts(
        &mut self,
        parts: Vec<(Position, NodeId)>,
        shape: Shape,
        mut f: impl FnMut(&mut Self, Position, NodeId) -> NodeId,
    ) -> NodeId {
        let parts = parts.into_iter().map(|(first, part)| (first, f(self, first, part))).collect();
        self.join(parts, shape)
    }

    /// The part of an array that stands at the place of another part; a number stays one.
    fn part_like(&mut self, array: NodeId, first: Position, like: NodeId) -> NodeId {
        if self.shape(array).is_scalar() {
            return array;
        }
        let shape = self.shape(like).clone();
        self.part(array, first, &shape)
    }

    /// `a·b` and `b·a` are one node.
    fn commutative(&mut self, op: fn(NodeId, NodeId) -> Op, a: NodeId, b: NodeId, shape: Shape) -> NodeId {
        match self.find(op(b, a), &shape) {
            Some(id) => id,
            None => self.node(op(a, b), shape),
        }
    }

    /// `a/b`, entry by entry.
    pub fn div(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.joined(a, b);
        if self.is_zero(a) {
            return self.zero_of(shape);
        }
        if self.is_literal(b, 1.0) {
            return a;
        }
        match (self.op(a).clone(), self.op(b).clone()) {
            (Op::Neg(inner), _) => {
                let ratio = self.div(inner, b);
                return self.neg(ratio);
            }
            (_, Op::Neg(inner)) => {
                let ratio = self.div(a, inner);
                return self.neg(ratio);
            }
            (Op::Select(mask, t, e), _) if self.is_zero(t) || self.is_zero(e) => {
                let (t, e) = (self.div(t, b), self.div(e, b));
                return self.select(mask, t, e);
            }
            (Op::Assemble(entries), _) => {
                return self.map_entries(entries, shape, |graph, at, entry| {
                    let divisor = graph.index(b, at);
                    graph.div(entry, divisor)
                });
            }
            _ => {}
        }
        self.node(Op::Div(a, b), shape)
    }

    /// `aⁿ`.
    pub fn powi(&mut self, a: NodeId, n: i32) -> NodeId {
        match n {
            0 => self.literal(1.0),
            1 => a,
            _ => {
                let shape = self.shape(a).clone();
                self.node(Op::Powi(a, n), shape)
            }
        }
    }

    /// `a < b` and its kin.
    pub fn compare(&mut self, comparison: Comparison, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.joined(a, b);
        self.node(Op::Compare(comparison, a, b), shape)
    }

    /// Both masks.
    pub fn and(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if a == b || self.implies(a, b) {
            return a;
        }
        if self.implies(b, a) {
            return b;
        }
        let shape = self.joined(a, b);
        self.commutative(Op::And, a, b, shape)
    }

    /// True if `a` is a conjunction that `b` is a part of. Only the outer parts of `a` are looked at, so that the work is
    /// bounded, however many conditions there are.
    fn implies(&self, a: NodeId, b: NodeId) -> bool {
        const MOST_PARTS: usize = 32;
        let mut parts = vec![a];
        let mut next = 0;
        while next < parts.len() && parts.len() < MOST_PARTS {
            if let Op::And(x, y) = *self.op(parts[next]) {
                if x == b || y == b {
                    return true;
                }
                parts.extend([x, y]);
            }
            next += 1;
        }
        false
    }

    /// Either mask.
    pub fn or(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if a == b || self.implies(a, b) {
            return b;
        }
        if self.implies(b, a) {
            return a;
        }
        let shape = self.joined(a, b);
        self.commutative(Op::Or, a, b, shape)
    }

    /// The other mask.
    pub fn not(&mut self, a: NodeId) -> NodeId {
        match *self.op(a) {
            Op::Not(inner) => inner,
            _ => {
                let shape = self.shape(a).clone();
                self.node(Op::Not(a), shape)
            }
        }
    }

    /// `if mask { a } else { b }`.
    pub fn select(&mut self, mask: NodeId, a: NodeId, b: NodeId) -> NodeId {
        if a == b {
            return a;
        }
        let shape = self.joined(a, b);
        if self.is_zero(a) && self.is_zero(b) {
            return self.zero_of(shape);
        }
        if let Op::Not(inner) = *self.op(mask) {
            return self.select(inner, b, a);
        }
        if let Op::Bool(value) = *self.op(mask) {
            return if value { a } else { b };
        }
        // Inside one branch the same question has one answer.
        if let Op::Select(inner, t, _) = *self.op(a)
            && inner == mask
        {
            return self.select(mask, t, b);
        }
        if let Op::Select(inner, _, e) = *self.op(b)
            && inner == mask
        {
            return self.select(mask, a, e);
        }
        let shape = shape.join(self.shape(mask)).expect("the rules keep the shapes that the parser joined");
        self.node(Op::Select(mask, a, b), shape)
    }

    /// A scalar in every entry of an array; an array as one whose lengths are the same by other names.
    pub fn broadcast(&mut self, a: NodeId, shape: &Shape) -> NodeId {
        if self.shape(a) == shape {
            return a;
        }
        if self.is_zero(a) {
            return self.zero_of(shape.clone());
        }
        self.node(Op::Broadcast(a), shape.clone())
    }

    /// The sum of the entries.
    pub fn sum(&mut self, a: NodeId) -> NodeId {
        match self.op(a).clone() {
            _ if self.shape(a).is_scalar() => a,
            Op::Zero => self.zero(),
            Op::Assemble(entries) => {
                let zero = self.zero();
                entries.into_iter().fold(zero, |sum, (_, entry)| self.add(sum, entry))
            }
            Op::Neg(inner) => {
                let sum = self.sum(inner);
                self.neg(sum)
            }
            // The sum of a·s is the sum of a, times s; of two arrays it is their inner product.
            Op::Mul(x, y) if self.shape(x) == self.shape(y) => self.dot(x, y),
            _ => self.node(Op::Sum(a), Shape::Scalar),
        }
    }

    /// The inner product of two arrays of one shape.
    pub fn dot(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if self.is_zero(a) || self.is_zero(b) {
            return self.zero();
        }
        match (self.op(a).clone(), self.op(b).clone()) {
            (Op::Broadcast(inner), _) if !self.shape(inner).is_scalar() => self.dot(inner, b),
            (_, Op::Broadcast(inner)) if !self.shape(inner).is_scalar() => self.dot(a, inner),
            (Op::Broadcast(inner), _) => {
                let sum = self.sum(b);
                self.mul(inner, sum)
            }
            (_, Op::Broadcast(inner)) => {
                let sum = self.sum(a);
                self.mul(sum, inner)
            }
            (Op::Assemble(_), _) | (_, Op::Assemble(_)) => {
                let product = self.mul(a, b);
                self.sum(product)
            }
            (Op::Neg(inner), _) => {
                let dot = self.dot(inner, b);
                self.neg(dot)
            }
            (_, Op::Neg(inner)) => {
                let dot = self.dot(a, inner);
                self.neg(dot)
            }
            _ => self.commutative(Op::Dot, a, b, Shape::Scalar),
        }
    }

    /// The matrix product.
    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let (Shape::Matrix(rows, _), Shape::Matrix(_, columns)) = (self.shape(a), self.shape(b)) else {
            unreachable!("the parser checked that both are matrices")
        };
        let shape = Shape::Matrix(rows.clone(), columns.clone());
        if self.is_zero(a) || self.is_zero(b) {
            return self.zero_of(shape);
        }
        match (self.op(a).clone(), self.op(b).clone()) {
            (_, Op::Transpose(inner)) if self.shape(a).is_column() && self.shape(inner).is_column() => {
                self.node(Op::Outer(a, inner), shape)
            }
            (Op::Neg(inner), _) => {
                let product = self.matmul(inner, b);
                self.neg(product)
            }
            _ => self.node(Op::MatMul(a, b), shape),
        }
    }

    /// The transpose.
    pub fn transpose(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a).transposed();
        match *self.op(a) {
            Op::Transpose(inner) => inner,
            Op::Zero => self.zero_of(shape),
            Op::Outer(x, y) => self.node(Op::Outer(y, x), shape),
            _ => self.node(Op::Transpose(a), shape),
        }
    }

    /// An array from its entries, which stand in ascending order; the rest is 0.
    pub fn assemble(&mut self, mut entries: Vec<(Position, NodeId)>, shape: Shape) -> NodeId {
        entries.retain(|(_, entry)| !self.is_zero(*entry));
        if entries.is_empty() { self.zero_of(shape) } else { self.node(Op::Assemble(entries), shape) }
    }

    /// An array from its parts, which stand in ascending order; the rest is 0.
    pub fn join(&mut self, mut parts: Vec<(Position, NodeId)>, shape: Shape) -> NodeId {
        parts.retain(|(_, part)| !self.is_zero(*part));
        match parts.as_slice() {
            [] => self.zero_of(shape),
            [(_, whole)] if *self.shape(*whole) == shape => *whole,
            _ => self.node(Op::Join(parts), shape),
        }
    }

    /// The entries of an array from `first` on, as many as `shape` has. Like [`Graph::index`], it moves inward.
    pub fn part(&mut self, a: NodeId, first: Position, shape: &Shape) -> NodeId {
        if self.shape(a) == shape {
            return a;
        }
        if self.shape(a).is_scalar() {
            return self.broadcast(a, shape);
        }
        if let Some(known) = self.known_part(a, first, shape) {
            return known;
        }
        let part = depth::with_more_room(|| self.part_inward(a, first, shape));
        self.remember_part(a, first, part);
        part
    }

    fn part_inward(&mut self, a: NodeId, first: Position, shape: &Shape) -> NodeId {
        let (row, column) = first.cell();
        let [rows, columns] = shape.sides();
        match self.op(a).clone() {
            Op::Zero => self.zero_of(shape.clone()),
            Op::Broadcast(inner) if self.shape(inner).is_scalar() => self.broadcast(inner, shape),
            Op::Broadcast(inner) => self.part(inner, first, shape),
            Op::Part(inner, before) => {
                let first = self.shape(inner).behind(before, first);
                self.part(inner, first, shape)
            }
            Op::Assemble(entries) => {
                let of_part = |(at, entry): &(Position, NodeId)| Some((shape.within(first, *at)?, *entry));
                let entries = entries.iter().filter_map(of_part).collect();
                self.assemble(entries, shape.clone())
            }
            Op::Join(parts) => {
                let block = Block::new(first, shape);
                for (at, part) in &parts {
                    if Block::new(*at, self.shape(*part)).contains(block) {
                        let ((its_row, its_column), whole) = (at.cell(), self.shape(*part));
                        let first = whole.position(row - its_row, column - its_column);
                        return self.part(*part, first, shape);
                    }
                }
                if parts.iter().all(|(at, part)| block.is_apart(Block::new(*at, self.shape(*part)))) {
                    return self.zero_of(shape.clone());
                }
                self.node(Op::Part(a, first), shape.clone())
            }
            Op::Outer(x, y) => {
                let x = self.part(x, Position::Entry(row), &Shape::Matrix(rows, Dim::Fixed(1)));
                let y = self.part(y, Position::Entry(column), &Shape::Matrix(columns, Dim::Fixed(1)));
                let y = self.transpose(y);
                self.matmul(x, y)
            }
            // A column times a row. Of another product, all may be needed elsewhere.
            Op::MatMul(x, y) if self.shape(x).is_column() => {
                let x = self.part(x, Position::Entry(row), &Shape::Matrix(rows, Dim::Fixed(1)));
                let first = self.shape(y).position(0, column);
                let y = self.part(y, first, &Shape::Matrix(Dim::Fixed(1), columns));
                self.matmul(x, y)
            }
            Op::Transpose(inner) => {
                let first = self.shape(inner).position(column, row);
                let part = self.part(inner, first, &shape.transposed());
                self.transpose(part)
            }
            op if op.is_elementwise() && !matches!(op, Op::Call(..)) => {
                let op = op.map_operands(|operand| {
                    if self.shape(operand).is_scalar() { operand } else { self.part(operand, first, shape) }
                });
                self.node(op, shape.clone())
            }
            _ => self.node(Op::Part(a, first), shape.clone()),
        }
    }

    /// One entry of an array. It moves inward through whatever works entry by entry, so that no entry is computed
    /// that nobody reads.
    pub fn index(&mut self, a: NodeId, at: Position) -> NodeId {
        if self.shape(a).is_scalar() {
            return a;
        }
        if let Some(known) = self.indexed(a, at) {
            return known;
        }
        // The way inward is as long as the chain of operations on the array.
        let entry = depth::with_more_room(|| self.inward(a, at));
        self.remember_index(a, at, entry);
        entry
    }

    /// [`Graph::index`] of an array that was not asked for this entry before.
    fn inward(&mut self, a: NodeId, at: Position) -> NodeId {
        match self.op(a).clone() {
            Op::Zero => self.zero(),
            Op::Broadcast(inner) if self.shape(inner).is_scalar() => inner,
            Op::Broadcast(inner) => self.index(inner, at),
            Op::Assemble(entries) => match entries.binary_search_by_key(&at, |(position, _)| *position) {
                Ok(found) => entries[found].1,
                Err(_) => self.zero(),
            },
            Op::Part(inner, first) => {
                let at = self.shape(inner).behind(first, at);
                self.index(inner, at)
            }
            Op::Join(parts) => {
                for (first, part) in parts.into_iter().rev() {
                    if let Some(at) = self.shape(part).within(first, at) {
                        return self.index(part, at);
                    }
                }
                self.zero()
            }
            Op::Transpose(inner) => {
                let (row, column) = at.cell();
                let at = self.shape(inner).position(column, row);
                self.index(inner, at)
            }
            op if op.is_elementwise() => {
                let op = op.map_operands(|operand| self.index(operand, at));
                self.node(op, Shape::Scalar)
            }
            _ => self.node(Op::Index(a, at), Shape::Scalar),
        }
    }
}

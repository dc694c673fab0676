//! The invariants every compiled form of a model relies on, checked once at the door: after import, before a bundle is used.

use thiserror::Error;

use super::{Arithmetic, Body, Ensemble, Leaf, Linear, Link, Model, Node, Split, Test, Tree};
use crate::json::Quoted;
use crate::name::Names;

/// Why a model is invalid.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{at}: {problem}")]
pub struct ModelError {
    /// Place in the model, such as `tree 3, node 17`.
    pub at: String,
    /// What is wrong there.
    pub problem: String,
    /// The model exceeds a bound, and is not wrong in itself.
    pub is_limit: bool,
}

impl ModelError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "MODEL_INVALID"
    }
}

/// Category codes are below this: the codes of LightGBM are `i32`. A set takes a bit for each code up to its largest.
pub(crate) const MAX_CODES: u64 = 1 << 31;

/// Bounds against files made to exhaust memory or time; the largest real models stay far below.
const MAX_OUTPUTS: u32 = 1 << 16;
pub(crate) const MAX_TREES: usize = 1 << 20;
pub(crate) const MAX_NODES: usize = 1 << 25;
pub(crate) const MAX_COLUMNS: usize = 1 << 20;
/// Outputs × (columns + 1), the size of an explanation: 128 MB.
const MAX_CONTRIBUTIONS: usize = 1 << 24;
/// Splits from a root to a leaf.
pub(crate) const MAX_DEPTH: u32 = 4096;
/// 32-bit words of all category sets together: 256 MB.
pub(crate) const MAX_SET_WORDS: usize = 1 << 26;

impl Model {
    /// Checks everything the evaluators rely on:
    ///
    /// - one output at least, `base` has one finite value per output, column names are unique;
    /// - each tree is a tree: node 0 is its root, children come after their parent, each node but the root is the child of
    ///   exactly one; columns and outputs exist;
    /// - thresholds are not NaN; leaf values, weights and covers are finite, covers not negative; in single precision they are
    ///   single-precision numbers;
    /// - trees are at most 4,096 splits deep; trees, nodes, category sets and columns times outputs stay within bounds.
    ///
    /// # Errors
    /// [`ModelError`] names the first place that is wrong.
    pub fn validate(&self) -> Result<(), ModelError> {
        self.validate_given(false)
    }

    /// The same of a model whose nodes may be known to be valid.
    pub(crate) fn validate_given(&self, nodes_are_valid: bool) -> Result<(), ModelError> {
        let whole = |problem: &str| Err(error("model", problem));
        let too_large = |problem: &str| Err(limit("model", problem));
        if self.outputs == 0 {
            return whole("it has no output");
        }
        if self.outputs > MAX_OUTPUTS {
            return too_large("it has more than 65,536 outputs");
        }
        self.link.validate().or_else(whole)?;
        if self.columns.len() > MAX_COLUMNS {
            return too_large("it has more than 1,048,576 columns");
        }
        if (self.columns.len() + 1).saturating_mul(self.outputs as usize) > MAX_CONTRIBUTIONS {
            return too_large("it has more than 16,777,216 columns times outputs");
        }
        // Each name is found at its own place, unless another has it too: the first of equal names counts.
        let names = Names::new(self.columns.iter().map(|c| c.name.as_str()));
        if let Some(twice) = self.columns.iter().enumerate().find(|(i, c)| names.find(&c.name) != Some(*i)) {
            return Err(error("model", format!("two columns are named {}", Quoted(&twice.1.name))));
        }
        let base = match &self.body {
            Body::Trees(ensemble) => &ensemble.base,
            Body::Linear(linear) => &linear.base,
        };
        if base.len() != self.outputs as usize || base.iter().any(|b| !b.is_finite()) {
            return whole("its base must have one finite value per output");
        }
        match &self.body {
            Body::Trees(ensemble) => ensemble.validate(self.columns.len(), base.len(), nodes_are_valid),
            Body::Linear(linear) => linear.validate(self.columns.len(), base.len()),
        }
    }
}

fn error(at: impl Into<String>, problem: impl Into<String>) -> ModelError {
    ModelError { at: at.into(), problem: problem.into(), is_limit: false }
}

fn limit(at: &str, problem: &str) -> ModelError {
    ModelError { is_limit: true, ..error(at, problem) }
}

impl Linear {
    fn validate(&self, columns: usize, outputs: usize) -> Result<(), ModelError> {
        if Some(self.weights.len()) != columns.checked_mul(outputs) || self.weights.iter().any(|w| !w.is_finite()) {
            return Err(error("linear", "its weights must have one finite value per output and column"));
        }
        if !(self.means.is_empty() || self.means.len() == columns) || self.means.iter().any(|m| !m.is_finite()) {
            return Err(error("linear", "its means must have one finite value per column"));
        }
        Ok(())
    }
}

impl Ensemble {
    fn validate(&self, columns: usize, outputs: usize, nodes_are_valid: bool) -> Result<(), ModelError> {
        if self.trees.len() > MAX_TREES {
            return Err(limit("trees", "more than 1,048,576, the limit"));
        }
        if self.base.iter().any(|base| !fits(*base, self.arithmetic)) {
            return Err(error("trees", "the base is not a single-precision number"));
        }
        for (t, tree) in self.trees.iter().enumerate() {
            let problem = if tree.output as usize >= outputs {
                Err("its output does not exist")
            } else if !fits(tree.weight, self.arithmetic) {
                Err("its weight is not a finite single-precision number")
            } else {
                Ok(())
            };
            problem.map_err(|problem| error(format!("tree {t}"), problem))?;
        }
        if nodes_are_valid { Ok(()) } else { self.validate_nodes(columns) }
    }

    /// Apart, because a page that loads a sound bundle does not need it.
    #[inline(never)]
    fn validate_nodes(&self, columns: usize) -> Result<(), ModelError> {
        let words = |node: &Node| match node {
            Node::Split(Split { test: Test::In(set) | Test::NotIn(set), .. }) => set.len(),
            _ => 0,
        };
        if self.trees.iter().map(|tree| tree.nodes.len()).sum::<usize>() > MAX_NODES {
            return Err(limit("trees", "they have more than 33,554,432 nodes, the limit"));
        }
        if self.trees.iter().flat_map(|tree| &tree.nodes).map(words).sum::<usize>() > MAX_SET_WORDS {
            return Err(limit("trees", "their category sets take more than 256 MB, the limit"));
        }
        let mut depths = Vec::new();
        for (t, tree) in self.trees.iter().enumerate() {
            tree.validate(columns, self.arithmetic, &mut depths).map_err(|(node, problem)| {
                error(node.map_or_else(|| format!("tree {t}"), |n| format!("tree {t}, node {n}")), problem)
            })?;
        }
        Ok(())
    }
}

type Problem = (Option<usize>, &'static str);

impl Tree {
    /// `depths` is working memory.
    fn validate(&self, columns: usize, arithmetic: Arithmetic, depths: &mut Vec<u32>) -> Result<(), Problem> {
        let n = self.nodes.len();
        if n == 0 || u32::try_from(n).is_err() {
            return Err((None, "it has no nodes or too many"));
        }
        // Splits above each node; 0 where no parent has been met yet. Parents come first, so one pass does.
        depths.clear();
        depths.resize(n, 0);
        let mut children = 0;
        for (i, node) in self.nodes.iter().enumerate() {
            let checked = match node {
                Node::Leaf(leaf) => leaf.validate(columns, arithmetic),
                Node::Split(split) => {
                    children += 2;
                    split.validate(columns, arithmetic).and_then(|()| split.claim_children(i, depths))
                }
            };
            checked.map_err(|problem| (Some(i), problem))?;
        }
        // Every child is later than its parent and no node has two parents: n − 1 of them means that each node is reached.
        if children != n - 1 { Err((None, "some nodes cannot be reached")) } else { Ok(()) }
    }
}

impl Split {
    fn claim_children(&self, at: usize, depths: &mut [u32]) -> Result<(), &'static str> {
        let depth = depths.get(at).copied().unwrap_or(0) + 1;
        if depth > MAX_DEPTH {
            return Err("it is more than 4,096 splits deep");
        }
        for child in [self.left as usize, self.right as usize] {
            match depths.get_mut(child) {
                Some(slot) if child > at && *slot == 0 => *slot = depth,
                Some(_) => return Err("a child precedes its parent or has two parents"),
                None => return Err("a child does not exist"),
            }
        }
        Ok(())
    }

    fn validate(&self, columns: usize, arithmetic: Arithmetic) -> Result<(), &'static str> {
        if self.column as usize >= columns {
            return Err("its column does not exist");
        }
        if !is_cover(self.cover) {
            return Err("its cover must be a finite number ≥ 0");
        }
        match &self.test {
            Test::Less(t) | Test::LessEqual(t) if t.is_nan() => Err("its threshold is NaN"),
            Test::Less(t) | Test::LessEqual(t) if t.is_finite() && !fits(*t, arithmetic) => {
                Err("its threshold is not a single-precision number")
            }
            Test::In(set) | Test::NotIn(set) if set.len() as u64 * 32 > MAX_CODES => Err("a category code exceeds 2,147,483,647"),
            _ => Ok(()),
        }
    }
}

impl Leaf {
    fn validate(&self, columns: usize, arithmetic: Arithmetic) -> Result<(), &'static str> {
        if !fits(self.value, arithmetic) {
            return Err("its value is not a finite single-precision number");
        }
        if !is_cover(self.cover) {
            return Err("its cover must be a finite number ≥ 0");
        }
        if let Some(linear) = &self.linear {
            if linear.terms.iter().any(|(column, _)| *column as usize >= columns) {
                return Err("a term's column does not exist");
            }
            if !linear.intercept.is_finite() || linear.terms.iter().any(|(_, w)| !w.is_finite()) {
                return Err("a coefficient is not finite");
            }
        }
        Ok(())
    }
}

impl Link {
    fn validate(&self) -> Result<(), &'static str> {
        match self {
            Link::Logistic { scale } if !(*scale > 0.0 && scale.is_finite()) => {
                Err("the scale of its link must be a finite number > 0")
            }
            Link::Average { divisor: 0, .. } => Err("its link divides by 0"),
            Link::Average { then, .. } => Link::from(*then).validate(),
            _ => Ok(()),
        }
    }
}

/// Whether `x` can be a training weight.
pub(crate) fn is_cover(x: f64) -> bool {
    x.is_finite() && x >= 0.0
}

/// Whether `x` is a finite number of `arithmetic`.
pub(crate) fn fits(x: f64, arithmetic: Arithmetic) -> bool {
    x.is_finite() && (arithmetic == Arithmetic::F64 || f64::from(x as f32).to_bits() == x.to_bits())
}

#[cfg(test)]
mod tests {
    use super::super::{Arithmetic, Column, Link, Missing};
    use super::*;

    fn leaf(value: f64) -> Node {
        Node::Leaf(Leaf { value, cover: 1.0, linear: None })
    }

    fn split(column: u32, left: u32, right: u32) -> Node {
        let test = Test::Less(0.5);
        Node::Split(Split { column, test, missing: Missing::Nan, default_left: true, left, right, cover: 2.0 })
    }

    fn model(nodes: Vec<Node>) -> Model {
        let column = |name: &str| Column { name: name.into(), categorical: false };
        let trees = vec![Tree { output: 0, weight: 1.0, nodes }];
        let body = Body::Trees(Ensemble { arithmetic: Arithmetic::F64, base: vec![0.0], trees });
        Model { columns: vec![column("a"), column("b")], body, link: Link::Identity, outputs: 1 }
    }

    #[test]
    fn a_tree_is_a_tree() {
        let check = |nodes: Vec<Node>, problem: Option<&str>| {
            let found = model(nodes).validate().err().map(|e| e.to_string());
            assert_eq!(found.as_deref(), problem);
        };
        check(vec![leaf(1.0)], None);
        check(vec![split(0, 1, 2), leaf(1.0), leaf(2.0)], None);
        check(vec![split(1, 2, 1), leaf(1.0), leaf(2.0)], None);
        check(vec![], Some("tree 0: it has no nodes or too many"));
        check(vec![split(2, 1, 2), leaf(1.0), leaf(2.0)], Some("tree 0, node 0: its column does not exist"));
        check(vec![split(0, 1, 3), leaf(1.0), leaf(2.0)], Some("tree 0, node 0: a child does not exist"));
        let twice = Some("tree 0, node 0: a child precedes its parent or has two parents");
        check(vec![split(0, 0, 1), leaf(1.0)], twice);
        check(vec![split(0, 1, 1), leaf(1.0), leaf(1.0)], twice);
        check(vec![split(0, 1, 2), leaf(1.0), leaf(1.0), leaf(1.0)], Some("tree 0: some nodes cannot be reached"));
        check(vec![leaf(f64::INFINITY)], Some("tree 0, node 0: its value is not a finite single-precision number"));
    }
}

//! Decision trees with the semantics of the library that grew them.

use serde::{Deserialize, Serialize};

/// A sum of decision trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// Width of inputs and sums.
    pub arithmetic: Arithmetic,
    /// Start of each output's sum, length = the model's `outputs`. Added first.
    pub base: Vec<f64>,
    /// The trees, in the order their leaves are added.
    pub trees: Vec<Tree>,
}

/// Width of inputs and sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arithmetic {
    /// XGBoost: inputs are rounded to f32 first, leaves are summed in f32.
    F32,
    /// LightGBM: inputs and sums are f64.
    F64,
}

/// One tree. Node 0 is the root; children have larger indices than their parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Index of the output this tree adds to.
    pub output: u32,
    /// Factor of every leaf (DART); 1.0 elsewhere, and then not multiplied.
    pub weight: f64,
    /// Splits and leaves.
    pub nodes: Vec<Node>,
}

/// A split or a leaf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// An inner node.
    Split(Split),
    /// A terminal node.
    Leaf(Leaf),
}

/// An inner node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Index of the column tested.
    pub column: u32,
    /// The test; when it holds the row goes left.
    pub test: Test,
    /// Which values count as missing.
    pub missing: Missing,
    /// Where a missing value goes.
    pub default_left: bool,
    /// Index of the left child.
    pub left: u32,
    /// Index of the right child.
    pub right: u32,
    /// Training weight that reached this node (XGBoost: sum of hessians; LightGBM: count); for SHAP.
    pub cover: f64,
}

/// The test of a split; when it holds the row goes left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// x < threshold (XGBoost).
    Less(f64),
    /// x ≤ threshold (LightGBM).
    LessEqual(f64),
    /// The code, truncated towards zero, is in the set (LightGBM; a value above −1 has code 0). Bit `c % 32` of word `c / 32`.
    In(Vec<u32>),
    /// The code, truncated towards zero, is not in the set (XGBoost; a negative value is in no set).
    NotIn(Vec<u32>),
}

impl Test {
    /// The largest code in a set of categories; none of an empty set and of other tests.
    pub(crate) fn top_code(&self) -> Option<usize> {
        let (Test::In(set) | Test::NotIn(set)) = self else { return None };
        let (at, word) = set.iter().enumerate().rev().find(|(_, word)| **word != 0)?;
        Some(at * 32 + 31 - word.leading_zeros() as usize)
    }
}

/// Which values count as missing at a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// None: NaN is read as 0.
    None,
    /// NaN, and |x| ≤ f32(1e-35).
    Zero,
    /// NaN.
    Nan,
}

/// A terminal node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// What the tree adds to its output.
    pub value: f64,
    /// Training weight that reached this leaf; for SHAP.
    pub cover: f64,
    /// LightGBM `linear_tree`: a linear function of the row instead of `value`, unless one of its inputs is NaN.
    pub linear: Option<LinearLeaf>,
}

/// intercept + Σ coefficient·x of a linear leaf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearLeaf {
    /// Constant term.
    pub intercept: f64,
    /// (column, coefficient), in the order they are added.
    pub terms: Vec<(u32, f64)>,
}

/// LightGBM's kZeroThreshold, an f32 constant compared in f64.
pub(crate) const ZERO: f64 = 1e-35f32 as f64;

impl Node {
    /// Training weight that reached this node.
    pub(crate) fn cover(&self) -> f64 {
        match self {
            Node::Split(split) => split.cover,
            Node::Leaf(leaf) => leaf.cover,
        }
    }
}

impl Ensemble {
    /// The splits of all trees.
    pub fn splits(&self) -> impl Iterator<Item = &Split> {
        self.trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| match node {
            Node::Split(split) => Some(split),
            Node::Leaf(_) => None,
        })
    }

    /// The columns that splits and linear leaves read, as often as they do.
    pub(crate) fn columns(&self) -> impl Iterator<Item = u32> {
        let nodes = self.trees.iter().flat_map(|tree| &tree.nodes);
        nodes.flat_map(|node| {
            let (split, linear) = match node {
                Node::Split(split) => (Some(split.column), None),
                Node::Leaf(leaf) => (None, leaf.linear.as_ref()),
            };
            split.into_iter().chain(linear.into_iter().flat_map(|linear| &linear.terms).map(|(column, _)| *column))
        })
    }

    pub(crate) fn margins(&self, row: &[f64], out: &mut [f64]) {
        for (sum, base) in out.iter_mut().zip(&self.base) {
            *sum = *base;
        }
        for tree in &self.trees {
            let Some(sum) = out.get_mut(tree.output as usize) else { continue };
            let value = tree.value(row, self.arithmetic);
            *sum = match self.arithmetic {
                Arithmetic::F32 => f64::from(*sum as f32 + tree.weight as f32 * value as f32),
                Arithmetic::F64 => *sum + tree.weight * value,
            };
        }
    }
}

impl Tree {
    /// What this tree adds for `row`, before `weight`.
    pub(crate) fn value(&self, row: &[f64], arithmetic: Arithmetic) -> f64 {
        let x = |column: u32| {
            let x = row.get(column as usize).copied().unwrap_or(f64::NAN);
            if arithmetic == Arithmetic::F32 { f64::from(x as f32) } else { x }
        };
        let mut at = 0u32;
        // Children come after their parent, so a walk ends within `nodes.len()` steps.
        for _ in 0..self.nodes.len() {
            match self.nodes.get(at as usize) {
                Some(Node::Split(split)) => {
                    at = if split.goes_left(x(split.column)) { split.left } else { split.right };
                }
                Some(Node::Leaf(leaf)) => return leaf.evaluate(row),
                None => break,
            }
        }
        0.0
    }
}

impl Leaf {
    fn evaluate(&self, row: &[f64]) -> f64 {
        self.linear.as_ref().and_then(|linear| linear.evaluate(row)).unwrap_or(self.value)
    }
}

impl LinearLeaf {
    /// The linear function at `row`; `None` when one of its inputs is NaN.
    pub(crate) fn evaluate(&self, row: &[f64]) -> Option<f64> {
        let mut sum = self.intercept;
        for &(column, coefficient) in &self.terms {
            let x = row.get(column as usize).copied().filter(|x| !x.is_nan())?;
            // LightGBM reads values this small as 0, here as in splits.
            sum += coefficient * if x.abs() <= ZERO { 0.0 } else { x };
        }
        Some(sum)
    }
}

impl Split {
    /// Whether the split tests category codes.
    pub fn is_categorical(&self) -> bool {
        matches!(self.test, Test::In(_) | Test::NotIn(_))
    }

    /// Whether a row with `x` in this split's column goes left.
    pub fn goes_left(&self, x: f64) -> bool {
        match &self.test {
            Test::Less(t) => self.resolve(x).map_or(self.default_left, |x| x < *t),
            Test::LessEqual(t) => self.resolve(x).map_or(self.default_left, |x| x <= *t),
            Test::In(set) => !x.is_nan() && contains(set, x),
            Test::NotIn(set) => {
                if x.is_nan() {
                    self.default_left
                } else {
                    !(x >= 0.0 && contains(set, x))
                }
            }
        }
    }

    /// The value to compare, or none when it is missing.
    fn resolve(&self, x: f64) -> Option<f64> {
        match self.missing {
            Missing::None => Some(if x.is_nan() { 0.0 } else { x }),
            Missing::Zero => (!x.is_nan() && x.abs() > ZERO).then_some(x),
            Missing::Nan => (!x.is_nan()).then_some(x),
        }
    }
}

/// Whether the code `x`, truncated towards zero, is in `set`; codes that are negative or no `i32` are in no set.
fn contains(set: &[u32], x: f64) -> bool {
    if !(x > -1.0 && x < 2_147_483_648.0) {
        return false;
    }
    let code = x as u32;
    set.get((code / 32) as usize).is_some_and(|word| word >> (code % 32) & 1 == 1)
}

//! Trees as tensors, laid out for compression: breadth-first structure bits, thresholds as ranks in a table per column.

use super::BundleError;
use super::container::{Dtype, Reader, Writer, malformed};
use super::plane::required;
use crate::model::{Arithmetic, Ensemble, Leaf, LinearLeaf, MAX_TREES, Missing, Node, Split, Test, Tree};

/// Breadth-first columns of all trees' nodes, splits and leaves apart.
#[derive(Debug, Default)]
struct Columns {
    /// Per node: it is a leaf.
    is_leaf: Vec<bool>,
    kind: Vec<u8>,
    column: Vec<u64>,
    /// Per split with a threshold its column and bits, else none.
    threshold: Vec<Option<f64>>,
    split_cover: Vec<f64>,
    set_length: Vec<u64>,
    set_words: Vec<u32>,
    leaf_value: Vec<f64>,
    leaf_cover: Vec<f64>,
    linear_leaf: Vec<u64>,
    intercept: Vec<f64>,
    term_length: Vec<u64>,
    term_column: Vec<u64>,
    coefficient: Vec<f64>,
}

/// Adds the tensors of a valid `ensemble` over `columns` columns.
pub(super) fn write(ensemble: &Ensemble, columns: usize, file: &mut Writer) {
    let mut c = Columns::default();
    ensemble.trees.iter().for_each(|tree| c.flatten(tree));

    file.plain("base", &ensemble.base);
    file.integers("tree.output", &ensemble.trees.iter().map(|t| u64::from(t.output)).collect::<Vec<_>>());
    if ensemble.trees.iter().any(|t| t.weight != 1.0) {
        file.plain("tree.weight", &ensemble.trees.iter().map(|t| t.weight).collect::<Vec<_>>());
    }
    let bits =
        c.is_leaf.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect::<Vec<u8>>();
    file.put("node.leaf", Dtype::U8, &[bits.len()], bits);
    file.put("split.kind", Dtype::U8, &[c.kind.len()], c.kind.clone());
    file.integers("split.column", &c.column);
    c.write_cuts(columns, file);
    file.floats("leaf.value", &c.leaf_value);
    file.floats("cover.split", &c.split_cover);
    file.floats("cover.leaf", &c.leaf_cover);
    if !c.set_length.is_empty() {
        file.integers("set.length", &c.set_length);
        file.integers("set.words", &c.set_words.iter().map(|w| u64::from(*w)).collect::<Vec<_>>());
    }
    if !c.linear_leaf.is_empty() {
        file.integers("linear.leaf", &c.linear_leaf);
        file.floats("linear.intercept", &c.intercept);
        file.integers("linear.length", &c.term_length);
        file.integers("linear.column", &c.term_column);
        file.floats("linear.coefficient", &c.coefficient);
    }
}

impl Columns {
    fn flatten(&mut self, tree: &Tree) {
        let mut level = vec![0];
        while !level.is_empty() {
            let mut below = Vec::new();
            for node in level.iter().filter_map(|i: &u32| tree.nodes.get(*i as usize)) {
                self.is_leaf.push(matches!(node, Node::Leaf(_)));
                match node {
                    Node::Split(split) => {
                        self.push_split(split);
                        below.extend([split.left, split.right]);
                    }
                    Node::Leaf(leaf) => self.push_leaf(leaf),
                }
            }
            level = below;
        }
    }

    fn push_split(&mut self, split: &Split) {
        let (test, threshold) = match &split.test {
            Test::Less(t) => (0, Some(*t)),
            Test::LessEqual(t) => (1, Some(*t)),
            Test::In(set) | Test::NotIn(set) => {
                self.set_length.push(set.len() as u64);
                self.set_words.extend(set);
                (if matches!(split.test, Test::In(_)) { 2 } else { 3 }, None)
            }
        };
        let missing = match split.missing {
            Missing::None => 0,
            Missing::Zero => 1,
            Missing::Nan => 2,
        };
        self.kind.push(test | missing << 2 | u8::from(split.default_left) << 4);
        self.column.push(u64::from(split.column));
        self.threshold.push(threshold);
        self.split_cover.push(split.cover);
    }

    fn push_leaf(&mut self, leaf: &Leaf) {
        if let Some(linear) = &leaf.linear {
            self.linear_leaf.push(self.leaf_value.len() as u64);
            self.intercept.push(linear.intercept);
            self.term_length.push(linear.terms.len() as u64);
            self.term_column.extend(linear.terms.iter().map(|(column, _)| u64::from(*column)));
            self.coefficient.extend(linear.terms.iter().map(|(_, w)| w));
        }
        self.leaf_value.push(leaf.value);
        self.leaf_cover.push(leaf.cover);
    }

    /// The distinct thresholds of each column in rising order, and each split's rank among its column's.
    fn write_cuts(&self, columns: usize, file: &mut Writer) {
        let mut tables: Vec<Vec<f64>> = vec![Vec::new(); columns];
        for (column, threshold) in self.column.iter().zip(&self.threshold) {
            if let (Some(table), Some(t)) = (tables.get_mut(*column as usize), threshold) {
                table.push(*t);
            }
        }
        for table in &mut tables {
            table.sort_unstable_by(f64::total_cmp);
            table.dedup_by_key(|t| t.to_bits());
        }
        let rank = |column: u64, threshold: Option<f64>| {
            let table = tables.get(column as usize).map_or(&[][..], Vec::as_slice);
            threshold.map_or(0, |t| table.partition_point(|cut| cut.total_cmp(&t).is_lt()) as u64)
        };
        let ranks: Vec<u64> = self.column.iter().zip(&self.threshold).map(|(c, t)| rank(*c, *t)).collect();
        file.integers("split.cut", &ranks);
        file.integers("cut.count", &tables.iter().map(|t| t.len() as u64).collect::<Vec<_>>());
        file.floats("cut.value", &tables.concat());
    }
}

/// Reads an ensemble over `columns` columns; [`crate::Model::validate`] has yet to see it.
pub(super) fn read(file: &Reader<'_>, arithmetic: Arithmetic, columns: usize) -> Result<Ensemble, BundleError> {
    let base = required("base", file.plain("base"))?;
    let output = required("tree.output", file.integers("tree.output"))?;
    if output.len() > MAX_TREES {
        return Err(malformed("there are more than 1,048,576 trees"));
    }
    let weight = file.plain("tree.weight")?;
    if weight.as_ref().is_some_and(|w| w.len() != output.len()) {
        return Err(malformed("tensors \"tree.weight\" and \"tree.output\" differ in length"));
    }
    let is_leaf = file.tensor("node.leaf").ok_or_else(|| malformed("there is no tensor \"node.leaf\""))?.bytes;
    let mut splits = Splits::read(file, columns)?;
    let mut leaves = Leaves::read(file)?;
    // A bit without its split or leaf ends the reading, so nodes cannot outgrow the tensors.
    let mut bits = is_leaf.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
    let mut trees = Vec::with_capacity(output.len());
    for (t, output) in output.iter().enumerate() {
        let mut nodes = Vec::new();
        let mut planted = 1u32;
        while nodes.len() < planted as usize {
            let node = match bits.next() {
                Some(true) => leaves.next().map(Node::Leaf),
                Some(false) => {
                    let (left, right) = (planted, planted.wrapping_add(1));
                    planted = planted.checked_add(2).ok_or_else(|| malformed("a tree has too many nodes"))?;
                    splits.next(left, right).map(Node::Split)
                }
                None => None,
            };
            nodes.push(node.ok_or_else(|| malformed(format!("tree {t} has more nodes than its tensors hold")))?);
        }
        let output = u32::try_from(*output).map_err(|_| malformed("an output exceeds 32 bits"))?;
        let weight = weight.as_ref().and_then(|w| w.get(t)).copied().unwrap_or(1.0);
        trees.push(Tree { output, weight, nodes });
    }
    if splits.remaining() + leaves.remaining() > 0 {
        return Err(malformed("some splits or leaves belong to no tree"));
    }
    Ok(Ensemble { arithmetic, base, trees })
}

/// Splits in file order.
struct Splits<'a> {
    kind: std::slice::Iter<'a, u8>,
    column: std::vec::IntoIter<u64>,
    cut: std::vec::IntoIter<u64>,
    cover: std::vec::IntoIter<f64>,
    tables: Vec<Vec<f64>>,
    sets: std::vec::IntoIter<Vec<u32>>,
}

impl<'a> Splits<'a> {
    fn read(file: &Reader<'a>, columns: usize) -> Result<Splits<'a>, BundleError> {
        let kind = file.tensor("split.kind").ok_or_else(|| malformed("there is no tensor \"split.kind\""))?.bytes;
        let column = required("split.column", file.integers("split.column"))?;
        let cut = required("split.cut", file.integers("split.cut"))?;
        let cover = required("cover.split", file.floats("cover.split"))?;
        if [column.len(), cut.len(), cover.len()] != [kind.len(); 3] {
            return Err(malformed("the split tensors differ in length"));
        }
        let count = required("cut.count", file.integers("cut.count"))?;
        if count.len() != columns {
            return Err(malformed("tensor \"cut.count\" has not one number per column"));
        }
        let tables = parts("cut.value", &count, required("cut.value", file.floats("cut.value"))?)?;
        let sets = match file.integers("set.length")? {
            Some(length) => {
                let words = required("set.words", file.integers("set.words"))?;
                let words = words.into_iter().map(u32::try_from).collect::<Result<Vec<u32>, _>>();
                parts("set.words", &length, words.map_err(|_| malformed("a word of \"set.words\" exceeds 32 bits"))?)?
            }
            None => Vec::new(),
        };
        let (column, cut, cover, sets) = (column.into_iter(), cut.into_iter(), cover.into_iter(), sets.into_iter());
        Ok(Splits { kind: kind.iter(), column, cut, cover, tables, sets })
    }

    fn next(&mut self, left: u32, right: u32) -> Option<Split> {
        let kind = self.kind.next()?;
        let column = u32::try_from(self.column.next()?).ok()?;
        let rank = usize::try_from(self.cut.next()?).ok()?;
        let cover = self.cover.next()?;
        let threshold = || self.tables.get(column as usize)?.get(rank).copied();
        let test = match kind & 3 {
            0 => Test::Less(threshold()?),
            1 => Test::LessEqual(threshold()?),
            2 => Test::In(self.sets.next()?),
            _ => Test::NotIn(self.sets.next()?),
        };
        let missing = match kind >> 2 & 3 {
            0 => Missing::None,
            1 => Missing::Zero,
            2 => Missing::Nan,
            _ => return None,
        };
        Some(Split { column, test, missing, default_left: kind >> 4 & 1 == 1, left, right, cover })
    }

    fn remaining(&self) -> usize {
        self.kind.len()
    }
}

/// Leaves in file order.
struct Leaves {
    value: std::vec::IntoIter<f64>,
    cover: std::vec::IntoIter<f64>,
    at: u64,
    linear: std::iter::Peekable<std::vec::IntoIter<(u64, LinearLeaf)>>,
}

impl Leaves {
    fn read(file: &Reader<'_>) -> Result<Leaves, BundleError> {
        let value = required("leaf.value", file.floats("leaf.value"))?;
        let cover = required("cover.leaf", file.floats("cover.leaf"))?;
        if value.len() != cover.len() {
            return Err(malformed("the leaf tensors differ in length"));
        }
        let linear = match file.integers("linear.leaf")? {
            Some(leaf) => read_linear(file, leaf)?,
            None => Vec::new(),
        };
        Ok(Leaves { value: value.into_iter(), cover: cover.into_iter(), at: 0, linear: linear.into_iter().peekable() })
    }

    fn next(&mut self) -> Option<Leaf> {
        let linear = self.linear.next_if(|(leaf, _)| *leaf == self.at).map(|(_, linear)| linear);
        self.at += 1;
        Some(Leaf { value: self.value.next()?, cover: self.cover.next()?, linear })
    }

    fn remaining(&self) -> usize {
        self.value.len() + self.linear.len()
    }
}

fn read_linear(file: &Reader<'_>, leaf: Vec<u64>) -> Result<Vec<(u64, LinearLeaf)>, BundleError> {
    let intercept = required("linear.intercept", file.floats("linear.intercept"))?;
    let length = required("linear.length", file.integers("linear.length"))?;
    let column = required("linear.column", file.integers("linear.column"))?;
    let coefficient = required("linear.coefficient", file.floats("linear.coefficient"))?;
    if [intercept.len(), length.len()] != [leaf.len(); 2] || column.len() != coefficient.len() {
        return Err(malformed("the linear leaf tensors differ in length"));
    }
    let terms = column.into_iter().zip(coefficient).map(|(c, w)| Some((u32::try_from(c).ok()?, w)));
    let terms = terms.collect::<Option<Vec<_>>>().ok_or_else(|| malformed("a term's column exceeds 32 bits"))?;
    let terms = parts("linear.column", &length, terms)?;
    let leaves = intercept.into_iter().zip(terms).map(|(intercept, terms)| LinearLeaf { intercept, terms });
    Ok(leaf.into_iter().zip(leaves).collect())
}

/// Cuts `values` into consecutive parts of the given lengths, which must add up.
pub(super) fn parts<T>(name: &str, lengths: &[u64], values: Vec<T>) -> Result<Vec<Vec<T>>, BundleError> {
    let total = lengths.iter().try_fold(0u64, |sum, length| sum.checked_add(*length));
    if total != Some(values.len() as u64) {
        return Err(malformed(format!("the lengths of the parts of {name:?} do not add up")));
    }
    let mut values = values.into_iter();
    Ok(lengths.iter().map(|length| values.by_ref().take(*length as usize).collect()).collect())
}

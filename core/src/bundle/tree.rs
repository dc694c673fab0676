//! Trees as tensors, laid out for compression: breadth-first structure bits, thresholds as ranks in a table per column.

use super::container::{Dtype, Reader, Writer, about, malformed};
use super::plane::{Numbers, is_single};
use super::{BundleError, Packing, compact};
use crate::model::validate::{MAX_CODES, MAX_DEPTH, MAX_NODES, MAX_SET_WORDS, fits, is_cover};
use crate::model::{Arithmetic, Ensemble, Leaf, LinearLeaf, MAX_TREES, Missing, Node, Ranked, Split, Test, Tree};

/// Breadth-first columns of all trees' nodes, splits and leaves apart.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Per node: it is a leaf.
    is_leaf: Vec<bool>,
    pub kind: Vec<u8>,
    pub column: Vec<u64>,
    /// Per split with a threshold its bits, else none.
    pub threshold: Vec<Option<f64>>,
    /// Per split: what it has over the sum of its children, see [`cover`].
    split_cover: Vec<u64>,
    set_length: Vec<u64>,
    set_words: Vec<u32>,
    pub leaf_value: Vec<f64>,
    pub leaf_cover: Vec<f64>,
    linear_leaf: Vec<u64>,
    intercept: Vec<f64>,
    term_length: Vec<u64>,
    term_column: Vec<u64>,
    coefficient: Vec<f64>,
}

/// Adds the tensors of a valid `ensemble` over `columns` columns.
pub(super) fn write(ensemble: &Ensemble, columns: usize, packing: Packing, file: &mut Writer) {
    let mut c = Columns::default();
    let width = Width::of(ensemble);
    ensemble.trees.iter().for_each(|tree| c.flatten(tree, width));

    file.plain("base", &ensemble.base);
    file.integers("tree.output", &ensemble.trees.iter().map(|t| u64::from(t.output)).collect::<Vec<_>>());
    if ensemble.trees.iter().any(|t| t.weight != 1.0) {
        file.plain("tree.weight", &ensemble.trees.iter().map(|t| t.weight).collect::<Vec<_>>());
    }
    let cuts = c.cuts(columns);
    let ranks = c.ranks(&cuts);
    match packing {
        Packing::Plain => c.write_plain(&cuts, &ranks, width, file),
        Packing::Compact => compact::write(ensemble, &c, &cuts, &ranks, file),
    }
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
    fn flatten(&mut self, tree: &Tree, width: Width) {
        let cover = |node: u32| tree.nodes.get(node as usize).map_or(0.0, Node::cover);
        let mut level = vec![0];
        while !level.is_empty() {
            let mut below = Vec::new();
            for node in level.iter().filter_map(|i: &u32| tree.nodes.get(*i as usize)) {
                self.is_leaf.push(matches!(node, Node::Leaf(_)));
                match node {
                    Node::Split(split) => {
                        self.push_split(split);
                        self.split_cover.push(width.excess(split.cover, cover(split.left), cover(split.right)));
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

    /// The distinct thresholds of each column, in rising order.
    fn cuts(&self, columns: usize) -> Vec<Vec<f64>> {
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
        tables
    }

    /// Each split's rank among the `cuts` of its column.
    fn ranks(&self, cuts: &[Vec<f64>]) -> Vec<u64> {
        let rank = |column: u64, threshold: Option<f64>| {
            let table = cuts.get(column as usize).map_or(&[][..], Vec::as_slice);
            threshold.map_or(0, |t| table.partition_point(|cut| cut.total_cmp(&t).is_lt()) as u64)
        };
        self.column.iter().zip(&self.threshold).map(|(c, t)| rank(*c, *t)).collect()
    }

    fn write_plain(&self, cuts: &[Vec<f64>], ranks: &[u64], width: Width, file: &mut Writer) {
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        let bits: Vec<u8> = self.is_leaf.chunks(8).map(byte).collect();
        file.put("node.leaf", Dtype::U8, &[bits.len()], bits);
        file.put("split.kind", Dtype::U8, &[self.kind.len()], self.kind.clone());
        file.integers("split.column", &self.column);
        file.integers("split.cut", ranks);
        file.integers("cut.count", &counts(cuts));
        file.floats("cut.value", &cuts.concat());
        file.floats("leaf.value", &self.leaf_value);
        file.integers("cover.excess", &self.split_cover);
        file.floats_in("cover.leaf", &self.leaf_cover, width == Width::F32);
    }
}

/// Per column the number of its cuts.
pub(super) fn counts(cuts: &[Vec<f64>]) -> Vec<u64> {
    cuts.iter().map(|cuts| cuts.len() as u64).collect()
}

/// How covers are added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Width {
    #[default]
    F32,
    F64,
}

impl Width {
    /// Single precision when that keeps every bit of every cover.
    fn of(ensemble: &Ensemble) -> Width {
        let covers = || ensemble.trees.iter().flat_map(|tree| &tree.nodes).map(Node::cover);
        if is_single(covers()) { Width::F32 } else { Width::F64 }
    }

    /// The bits of `left` + `right`.
    fn sum(self, left: f64, right: f64) -> i64 {
        match self {
            Width::F32 => (left as f32 + right as f32).to_bits().into(),
            Width::F64 => (left + right).to_bits().cast_signed(),
        }
    }

    /// By how much the bits of `cover` exceed those of its children's sum: a cover is that sum but for rounding, so this is
    /// mostly 0. Sign in the lowest bit.
    fn excess(self, cover: f64, left: f64, right: f64) -> u64 {
        let bits = match self {
            Width::F32 => (cover as f32).to_bits().into(),
            Width::F64 => cover.to_bits().cast_signed(),
        };
        let excess = bits.wrapping_sub(self.sum(left, right));
        (excess << 1 ^ excess >> 63).cast_unsigned()
    }

    /// The cover that has this excess.
    fn cover(self, excess: u64, left: f64, right: f64) -> f64 {
        let excess = (excess >> 1).cast_signed() ^ -(excess & 1).cast_signed();
        let bits = self.sum(left, right).wrapping_add(excess);
        match self {
            Width::F32 => f32::from_bits(bits as u32).into(),
            Width::F64 => f64::from_bits(bits.cast_unsigned()),
        }
    }
}

/// What a file says of an ensemble.
pub(super) struct Grown {
    pub ensemble: Ensemble,
    /// Whether its nodes are known to be what [`crate::Model::validate`] demands.
    pub is_valid: bool,
    pub ranked: Ranked,
}

/// Reads an ensemble over `columns` columns; [`crate::Model::validate`] has yet to see it.
pub(super) fn read(file: &Reader<'_>, arithmetic: Arithmetic, columns: usize) -> Result<Grown, BundleError> {
    let mut numbers = Numbers::of(file);
    let base = numbers.plain("base");
    let output = numbers.integers("tree.output");
    if output.len() > MAX_TREES {
        return Err(malformed("it has more than 1,048,576 trees"));
    }
    let weight = if file.tensor("tree.weight").is_some() { numbers.plain("tree.weight") } else { vec![1.0; output.len()] };
    let mut growth = Growth::default();
    if file.tensor("set.length").is_some() {
        growth.set_length = numbers.integers("set.length");
        growth.set_words = numbers.integers("set.words");
    }
    if file.tensor("linear.leaf").is_some() {
        growth.read_linear(&mut numbers);
    }
    if file.tensor("code.words").is_some() {
        compact::read(&mut numbers, output.len(), columns, &mut growth)?;
    } else {
        growth.read_plain(&mut numbers);
    }
    numbers.finish()?;
    growth.check(columns)?;
    growth.end_cuts();
    growth.is_valid = growth.has_valid_numbers(arithmetic, columns);
    if weight.len() != output.len() {
        return Err(about("tree.weight", "must have one number per tree"));
    }
    let mut trees = Vec::with_capacity(output.len());
    for (output, weight) in output.into_iter().zip(weight) {
        let Some(nodes) = growth.tree() else {
            return Err(malformed(format!("tree {} does not match its tensors", trees.len())));
        };
        trees.push(Tree { output, weight, nodes });
    }
    if growth.next_split < growth.kind.len() || growth.next_leaf < growth.leaf_value.len() {
        return Err(malformed("some splits or leaves belong to no tree"));
    }
    let ranked = Ranked { ends: growth.cut_end, values: growth.cut_value, ranks: growth.cut };
    Ok(Grown { ensemble: Ensemble { arithmetic, base, trees }, is_valid: growth.is_valid, ranked })
}

/// The tensors, and how far they have been used.
#[derive(Default)]
pub(super) struct Growth {
    /// Per node a bit: it is a leaf.
    pub is_leaf: Vec<u8>,
    pub kind: Vec<u32>,
    pub column: Vec<u32>,
    pub cut: Vec<u32>,
    /// Per column the number of its cuts; [`end_cuts`](Self::end_cuts) makes it where they end in `cut_value`.
    pub cut_end: Vec<u32>,
    pub cut_value: Vec<f64>,
    pub split_cover: Vec<u64>,
    pub width: Width,
    pub leaf_value: Vec<f64>,
    pub leaf_cover: Vec<f64>,
    set_length: Vec<u32>,
    set_words: Vec<u32>,
    linear_leaf: Vec<u32>,
    intercept: Vec<f64>,
    term_length: Vec<u32>,
    term_column: Vec<u32>,
    coefficient: Vec<f64>,
    /// Whether all nodes are known to be what [`crate::Model::validate`] demands.
    is_valid: bool,
    next_node: usize,
    next_split: usize,
    next_leaf: usize,
    next_set: usize,
    next_word: usize,
    next_linear: usize,
    next_term: usize,
}

impl Growth {
    #[inline(never)]
    fn read_plain(&mut self, numbers: &mut Numbers<'_, '_>) {
        self.is_leaf = numbers.bytes("node.leaf").to_vec();
        self.kind = numbers.integers("split.kind");
        self.column = numbers.integers("split.column");
        self.cut = numbers.integers("split.cut");
        self.cut_end = numbers.integers("cut.count");
        self.cut_value = numbers.floats("cut.value").0;
        self.split_cover = numbers.wide("cover.excess");
        self.leaf_value = numbers.floats("leaf.value").0;
        let (leaf_cover, width) = numbers.floats("cover.leaf");
        (self.leaf_cover, self.width) = (leaf_cover, if width == 4 { Width::F32 } else { Width::F64 });
    }

    #[inline(never)]
    fn read_linear(&mut self, numbers: &mut Numbers<'_, '_>) {
        self.linear_leaf = numbers.integers("linear.leaf");
        self.term_length = numbers.integers("linear.length");
        self.term_column = numbers.integers("linear.column");
        self.intercept = numbers.floats("linear.intercept").0;
        self.coefficient = numbers.floats("linear.coefficient").0;
    }

    fn check(&self, columns: usize) -> Result<(), BundleError> {
        let splits = self.kind.len();
        let lengths = [
            ("split.column", self.column.len(), splits),
            ("split.cut", self.cut.len(), splits),
            ("cover.excess", self.split_cover.len(), splits),
            ("cover.leaf", self.leaf_cover.len(), self.leaf_value.len()),
            ("cut.count", self.cut_end.len(), columns),
            ("linear.intercept", self.intercept.len(), self.linear_leaf.len()),
            ("linear.length", self.term_length.len(), self.linear_leaf.len()),
            ("linear.coefficient", self.coefficient.len(), self.term_column.len()),
            ("cut.value", self.cut_value.len(), total(&self.cut_end)),
            ("set.words", self.set_words.len(), total(&self.set_length)),
            ("linear.column", self.term_column.len(), total(&self.term_length)),
        ];
        if let Some((name, _, _)) = lengths.iter().find(|(_, found, wanted)| found != wanted) {
            return Err(about(name, "differs in length from the tensors it belongs to"));
        }
        Ok(())
    }

    /// Whether whatever nodes are made of these numbers is valid, but for splits' covers and depth. That each tree is a tree follows
    /// from how it is made.
    fn has_valid_numbers(&self, arithmetic: Arithmetic, columns: usize) -> bool {
        let is_column = |column: &u32| (*column as usize) < columns;
        self.kind.len() + self.leaf_value.len() <= MAX_NODES
            && self.column.iter().chain(&self.term_column).all(is_column)
            && self.cut_value.iter().all(|t| t.is_infinite() || fits(*t, arithmetic))
            && self.leaf_value.iter().all(|value| fits(*value, arithmetic))
            && self.leaf_cover.iter().all(|cover| is_cover(*cover))
            && self.intercept.iter().chain(&self.coefficient).all(|w| w.is_finite())
            && self.set_words.len() <= MAX_SET_WORDS
            && self.set_length.iter().all(|words| u64::from(*words) * 32 <= MAX_CODES)
    }

    fn end_cuts(&mut self) {
        // Their sum is the length of a tensor, and beyond 32 bits no place is found.
        let mut end = 0u32;
        for count in &mut self.cut_end {
            end = end.saturating_add(*count);
            *count = end;
        }
    }

    /// Whether a node, by its number in the file, is a leaf.
    fn is_leaf(&self, node: usize) -> Option<bool> {
        self.is_leaf.get(node / 8).map(|byte| byte >> (node % 8) & 1 == 1)
    }

    /// The nodes of the next tree; `None` when the tensors do not hold one.
    #[inline(never)]
    fn tree(&mut self) -> Option<Vec<Node>> {
        // Each split plants two nodes more, and the tree ends with the last that was planted.
        let (mut size, mut seen) = (1, 0);
        while seen < size {
            size += if self.is_leaf(self.next_node + seen)? { 0 } else { 2 };
            seen += 1;
        }
        let mut nodes = Vec::with_capacity(size);
        let mut planted = 1u32;
        for node in self.next_node..self.next_node + size {
            nodes.push(if self.is_leaf(node)? {
                Node::Leaf(self.leaf()?)
            } else {
                let left = planted;
                planted = planted.checked_add(2)?;
                Node::Split(self.split(left, left + 1)?)
            });
        }
        self.next_node += size;
        // Children come after their parents, so from the last to the first each finds its children's covers made.
        for at in (0..size).rev() {
            let Some(Node::Split(split)) = nodes.get(at) else { continue };
            let cover = |child: u32| nodes.get(child as usize).map_or(0.0, Node::cover);
            let cover = self.width.cover(split.cover.to_bits(), cover(split.left), cover(split.right));
            self.is_valid &= is_cover(cover);
            if let Some(Node::Split(split)) = nodes.get_mut(at) {
                split.cover = cover;
            }
        }
        // A tree of so few nodes cannot be too deep.
        self.is_valid &= size <= 2 * MAX_DEPTH as usize;
        Some(nodes)
    }

    /// The next split; the bits of its cover are its excess.
    #[inline]
    fn split(&mut self, left: u32, right: u32) -> Option<Split> {
        let at = self.next_split;
        self.next_split += 1;
        let kind = *self.kind.get(at)?;
        let column = *self.column.get(at)?;
        let test = match kind & 3 {
            test @ (0 | 1) => {
                let start = column.checked_sub(1).map_or(Some(&0), |before| self.cut_end.get(before as usize))?;
                let end = self.cut_end.get(column as usize)?;
                let place = start.checked_add(*self.cut.get(at)?).filter(|place| place < end)?;
                let threshold = *self.cut_value.get(place as usize)?;
                if test == 0 { Test::Less(threshold) } else { Test::LessEqual(threshold) }
            }
            2 => Test::In(self.set()?),
            _ => Test::NotIn(self.set()?),
        };
        let missing = match kind >> 2 & 3 {
            0 => Missing::None,
            1 => Missing::Zero,
            2 => Missing::Nan,
            _ => return None,
        };
        let cover = f64::from_bits(*self.split_cover.get(at)?);
        Some(Split { column, test, missing, default_left: kind >> 4 & 1 == 1, left, right, cover })
    }

    #[inline(never)]
    fn set(&mut self) -> Option<Vec<u32>> {
        let end = self.next_word + *self.set_length.get(self.next_set)? as usize;
        let words = self.set_words.get(self.next_word..end)?.to_vec();
        (self.next_set, self.next_word) = (self.next_set + 1, end);
        Some(words)
    }

    fn leaf(&mut self) -> Option<Leaf> {
        let at = self.next_leaf;
        self.next_leaf += 1;
        let linear = match self.linear_leaf.get(self.next_linear) {
            Some(leaf) if *leaf as usize == at => Some(self.linear()?),
            _ => None,
        };
        Some(Leaf { value: *self.leaf_value.get(at)?, cover: *self.leaf_cover.get(at)?, linear })
    }

    #[inline(never)]
    fn linear(&mut self) -> Option<LinearLeaf> {
        let (at, start) = (self.next_linear, self.next_term);
        let end = start + *self.term_length.get(at)? as usize;
        (self.next_linear, self.next_term) = (at + 1, end);
        let (columns, coefficients) = (self.term_column.get(start..end)?, self.coefficient.get(start..end)?);
        let terms = columns.iter().copied().zip(coefficients.iter().copied()).collect();
        Some(LinearLeaf { intercept: *self.intercept.get(at)?, terms })
    }
}

/// The sum of `lengths`, or more than any tensor holds.
pub(super) fn total(lengths: &[u32]) -> usize {
    lengths.iter().fold(0usize, |sum, length| sum.saturating_add(*length as usize))
}

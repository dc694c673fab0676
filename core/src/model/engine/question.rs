//! The questions of an ensemble: every distinct test of its trees, asked of a row once.
//!
//! Idea: 300 trees ask some 12,000 questions, but only a few thousand distinct ones, and those of one column form a ladder:
//! when `x` passes a cut it passes all lower cuts. So a row is ranked once per column by a branch-free search, and its answers are
//! written as a run of ones and a run of zeros. A tree then reads one byte per step and tests nothing: no comparison, no NaN.
//! Answers are 0 (left) or 1 (right) and are addressed by `u16`, so that reading them needs no bounds check.
//!
//! Tested through the engine's property tests, and here for the ladder.

use std::collections::BTreeMap;

use super::super::tree::{Missing, Split, Test, ZERO};
use super::super::{Arithmetic, Ensemble, Node};

/// One byte per question: 0 goes left, 1 goes right.
pub(super) type Answers = [u8; LIMIT];

/// Most questions of one ensemble; a larger one is walked without this table.
pub(super) const LIMIT: usize = 1 << 16;

/// Questions of one region are padded to this many, the width of a copy.
const WORD: usize = 16;

/// Most bytes of a column's table of category answers.
const TABLE_LIMIT: usize = 1 << 20;

/// All questions of an ensemble.
#[derive(Debug, Clone, Default)]
pub(super) struct Questions {
    narrow: bool,
    len: usize,
    columns: Vec<Column>,
    ladders: Vec<Ladder>,
    cuts: Vec<f64>,
    /// `half` ones, then `half` zeros.
    steps: Vec<u8>,
    half: usize,
    categories: Vec<Categories>,
}

/// The cuts of one column: a question is "x ≥ cut?".
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) column: usize,
    /// First cut; cuts rise and are padded with NaN (never passed) to 2^n − 1.
    cuts: usize,
    /// Half of 2^n: where the search begins.
    stride: usize,
    /// Ladders of this column.
    ladders: std::ops::Range<usize>,
}

/// The answers to one column's cuts, with one reading of missing values.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    pub(super) at: usize,
    pub(super) len: usize,
    /// Zeros are missing as well as NaN.
    zero_is_missing: bool,
    /// Rank of a missing value: 0 (left), `len` (right), or the rank of zero.
    missing_rank: usize,
}

/// The questions "is the code in the set?" of one categorical column.
#[derive(Debug, Clone)]
pub(super) struct Categories {
    pub(super) column: usize,
    pub(super) at: usize,
    pub(super) len: usize,
    codes: usize,
    /// Row `c` answers code `c`; row `codes` a code in no set; `codes + 1` NaN; `codes + 2` a value between −1 and 0,
    /// which LightGBM truncates to code 0 and XGBoost takes for no code.
    table: Vec<u8>,
}

/// Where a split's question stands; made once per compilation.
#[derive(Debug, Default)]
pub(super) struct Index {
    cuts: BTreeMap<u32, Vec<f64>>,
    ladder_at: BTreeMap<(u32, Reading), usize>,
    sets: BTreeMap<u32, BTreeMap<SetQuestion, usize>>,
    set_at: BTreeMap<u32, usize>,
}

/// How a ladder reads missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    NanIsZero,
    NanLeft,
    NanRight,
    ZeroLeft,
    ZeroRight,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SetQuestion {
    /// `In`: members go left, and so a set question answers "not in".
    members_left: bool,
    nan_right: bool,
    set: Vec<u32>,
}

impl Questions {
    /// The questions of `ensemble` and where each stands; `None` when they are more than the table holds.
    pub(super) fn collect(ensemble: &Ensemble) -> Option<(Questions, Index)> {
        let mut index = Index::default();
        for node in ensemble.trees.iter().flat_map(|tree| &tree.nodes) {
            if let Node::Split(split) = node {
                index.note(split);
            }
        }
        let mut questions = Questions { narrow: ensemble.arithmetic == Arithmetic::F32, ..Questions::default() };
        questions.add_ladders(&mut index);
        questions.add_categories(&mut index)?;
        (questions.len <= LIMIT).then_some((questions, index))
    }

    fn add_ladders(&mut self, index: &mut Index) {
        for (column, cuts) in &mut index.cuts {
            cuts.sort_by(f64::total_cmp);
            cuts.dedup_by(|a, b| a.to_bits() == b.to_bits());
            let (first, len) = (self.cuts.len(), cuts.len());
            let room = (len + 1).next_power_of_two();
            self.cuts.extend(cuts.iter().copied());
            self.cuts.resize(first + room - 1, f64::NAN);
            let start = self.ladders.len();
            let zero_rank = cuts.iter().filter(|cut| **cut <= 0.0).count();
            for ((_, reading), at) in index.ladder_at.range_mut((*column, Reading::NanIsZero)..=(*column, Reading::ZeroRight)) {
                *at = self.len;
                self.ladders.push(Ladder {
                    at: self.len,
                    len: len.next_multiple_of(WORD),
                    zero_is_missing: matches!(reading, Reading::ZeroLeft | Reading::ZeroRight),
                    missing_rank: match reading {
                        Reading::NanIsZero => zero_rank,
                        Reading::NanLeft | Reading::ZeroLeft => 0,
                        Reading::NanRight | Reading::ZeroRight => len,
                    },
                });
                self.len += len.next_multiple_of(WORD);
            }
            self.half = self.half.max(len.next_multiple_of(WORD));
            let ladders = start..self.ladders.len();
            self.columns.push(Column { column: *column as usize, cuts: first, stride: room / 2, ladders });
        }
        self.steps = vec![1; self.half];
        self.steps.resize(2 * self.half, 0);
    }

    fn add_categories(&mut self, index: &mut Index) -> Option<()> {
        for (column, sets) in &mut index.sets {
            let codes = sets.keys().map(|question| question.set.len() * 32).max().unwrap_or(0);
            let len = sets.len().next_multiple_of(WORD);
            let room = len.checked_mul(codes + 3).filter(|room| *room <= TABLE_LIMIT)?;
            let mut table = vec![0; room];
            for (k, (question, place)) in sets.iter_mut().enumerate() {
                *place = k;
                for (code, row) in table.chunks_exact_mut(len).enumerate() {
                    let read = if code == codes + 2 && question.members_left { 0 } else { code };
                    let member = read < codes && question.set.get(read / 32).is_some_and(|word| word >> (read % 32) & 1 == 1);
                    let right = if code == codes + 1 { question.nan_right } else { member != question.members_left };
                    if let Some(answer) = row.get_mut(k) {
                        *answer = u8::from(right);
                    }
                }
            }
            index.set_at.insert(*column, self.len);
            self.categories.push(Categories { column: *column as usize, at: self.len, len, codes, table });
            self.len += len;
        }
        Some(())
    }

    /// Answers every question for `row`.
    pub(super) fn answer(&self, row: &[f64], answers: &mut Answers) {
        let keep = std::hint::black_box(u64::MAX);
        for column in &self.columns {
            let x = self.value(row, column.column);
            let rank = self.rank(column, x);
            for ladder in self.ladders(column) {
                let rank = ladder.rank(x, rank);
                let run = self.steps.get(self.half - rank..).unwrap_or_default();
                copy(run, answers.get_mut(ladder.at..ladder.at + ladder.len).unwrap_or_default(), keep);
            }
        }
        for categories in &self.categories {
            let run = categories.answers(self.value(row, categories.column));
            copy(run, answers.get_mut(categories.at..categories.at + categories.len).unwrap_or_default(), keep);
        }
    }

    /// The value of a column as the model reads it.
    #[inline(always)]
    pub(super) fn value(&self, row: &[f64], column: usize) -> f64 {
        let x = row.get(column).copied().unwrap_or(f64::NAN);
        if self.narrow { f64::from(x as f32) } else { x }
    }

    /// Number of cuts that `x` passes.
    #[inline(always)]
    pub(super) fn rank(&self, column: &Column, x: f64) -> usize {
        let cuts = self.cuts.get(column.cuts..).unwrap_or_default();
        let (mut rank, mut stride) = (0, column.stride);
        while stride > 0 {
            let cut = cuts.get(rank + stride - 1).copied().unwrap_or(f64::NAN);
            rank += std::hint::select_unpredictable(cut <= x, stride, 0);
            stride /= 2;
        }
        rank
    }

    pub(super) fn ladders(&self, column: &Column) -> &[Ladder] {
        self.ladders.get(column.ladders.clone()).unwrap_or_default()
    }
}

impl Ladder {
    /// Rank of `x` on this ladder, given its rank among the cuts.
    #[inline(always)]
    pub(super) fn rank(&self, x: f64, rank: usize) -> usize {
        let missing = x.is_nan() || (self.zero_is_missing && x.abs() <= ZERO);
        if missing { self.missing_rank } else { rank }
    }
}

impl Categories {
    /// Answers to this column's questions for the code `x`.
    pub(super) fn answers(&self, x: f64) -> &[u8] {
        let row = if x.is_nan() {
            self.codes + 1
        } else if x > -1.0 && x < 0.0 {
            self.codes + 2
        } else if x >= 0.0 && x < self.codes as f64 {
            x as usize
        } else {
            self.codes
        };
        self.table.get(row * self.len..).unwrap_or_default()
    }
}

impl Index {
    fn note(&mut self, split: &Split) {
        if let Some(cut) = cut(&split.test) {
            self.cuts.entry(split.column).or_default().push(cut);
            self.ladder_at.insert((split.column, Reading::of(split)), 0);
        } else if let Some(question) = SetQuestion::of(split) {
            self.sets.entry(split.column).or_default().insert(question, 0);
        }
    }

    /// The number of `split`'s question.
    pub(super) fn question(&self, split: &Split) -> Option<u16> {
        let at = if let Some(cut) = cut(&split.test) {
            let ladder = self.ladder_at.get(&(split.column, Reading::of(split)))?;
            let cuts = self.cuts.get(&split.column)?;
            ladder + cuts.binary_search_by(|c| c.total_cmp(&cut)).ok()?
        } else {
            self.set_at.get(&split.column)? + self.sets.get(&split.column)?.get(&SetQuestion::of(split)?)?
        };
        u16::try_from(at).ok()
    }
}

impl Reading {
    fn of(split: &Split) -> Reading {
        match (split.missing, split.default_left) {
            (Missing::None, _) => Reading::NanIsZero,
            (Missing::Nan, true) => Reading::NanLeft,
            (Missing::Nan, false) => Reading::NanRight,
            (Missing::Zero, true) => Reading::ZeroLeft,
            (Missing::Zero, false) => Reading::ZeroRight,
        }
    }
}

impl SetQuestion {
    fn of(split: &Split) -> Option<SetQuestion> {
        match &split.test {
            Test::In(set) => Some(SetQuestion { members_left: true, nan_right: true, set: set.clone() }),
            Test::NotIn(set) => Some(SetQuestion { members_left: false, nan_right: !split.default_left, set: set.clone() }),
            _ => None,
        }
    }
}

/// The cut of a numeric test: a value that is not missing goes right when x ≥ cut. NaN when none goes right.
fn cut(test: &Test) -> Option<f64> {
    match *test {
        Test::Less(t) | Test::LessEqual(t) if t.is_nan() => Some(f64::NEG_INFINITY),
        Test::Less(t) => Some(t),
        Test::LessEqual(f64::INFINITY) => Some(f64::NAN),
        Test::LessEqual(t) => Some(t.next_up()),
        _ => None,
    }
}

/// Copies the first bytes of `from` over all of `to`, 16 at a time, without the call that `memcpy` costs.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8], keep: u64) {
    for (to, from) in to.as_chunks_mut::<WORD>().0.iter_mut().zip(from.as_chunks::<WORD>().0) {
        for (to, from) in to.as_chunks_mut::<8>().0.iter_mut().zip(from.as_chunks::<8>().0) {
            *to = (u64::from_ne_bytes(*from) & keep).to_ne_bytes();
        }
    }
}

//! The questions of an ensemble: every distinct test of its trees, each with a place in the table of answers.
//!
//! Idea: 300 trees ask some 12,000 questions, but only a few thousand distinct ones, and those of one column form a ladder:
//! when `x` passes a cut it passes all lower cuts. So a row is ranked once per column, and its answers are a run of ones and a
//! run of zeros ([`answer`](super::answer)). A tree then tests nothing: no comparison, no NaN.
//! Answers are 0 (left) or 1 (right) and are addressed by `u16`, so that reading them needs no bounds check.
//!
//! Tested through the engine's property tests.

use std::ops::Range;

use super::super::tree::{Missing, Split, Test};
use super::super::{Arithmetic, Ensemble, Node, Tree};
use super::rank::{Keys, Ranked, from_key};
use super::size::{LANES, LIMIT, MISSING, WORD};
use crate::order::heap_sort;

/// Columns ranked together: enough to hide the latency of a search, few enough for the registers.
pub(super) const TEAM: usize = 4;

/// Most bytes of a column's table of category answers.
const TABLE_LIMIT: usize = 1 << 20;

/// All questions of an ensemble.
#[derive(Debug, Clone, Default)]
pub(super) struct Questions {
    pub(super) narrow: bool,
    /// Places used in the table of answers.
    pub(super) len: usize,
    /// Columns with ladders, those of like length together.
    pub(super) teams: Vec<Team>,
    pub(super) ladders: Vec<Ladder>,
    pub(super) lanes: Vec<Lane>,
    pub(super) cuts: Vec<f64>,
    /// `half` ones, then `half` zeros.
    pub(super) steps: Vec<u8>,
    pub(super) half: usize,
    pub(super) categories: Vec<Categories>,
}

/// Columns ranked together. A place without a column has no ladders.
#[derive(Debug, Clone, Default)]
pub(super) struct Team {
    pub(super) columns: [Column; TEAM],
    /// Half of 2^n: where the search begins.
    pub(super) stride: usize,
}

/// The cuts of one column: a question is "x ≥ cut?".
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    pub(super) column: usize,
    /// First cut; cuts rise and are padded with NaN (never passed) to 2^n − 1.
    pub(super) cuts: usize,
    /// Ladders of this column.
    pub(super) ladders: Range<usize>,
    /// Lanes of this column.
    pub(super) lanes: Range<usize>,
}

/// The answers to one column's cuts, with one reading of missing values.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    pub(super) at: usize,
    pub(super) len: usize,
    /// Cuts on it: `len` without the padding.
    pub(super) cuts: usize,
    /// Zeros are missing as well as NaN.
    pub(super) zero_is_missing: bool,
    /// Rank of a missing value: 0 (left), `len` (right), or the rank of zero.
    pub(super) missing_rank: usize,
}

/// The rank among one column's cuts as a byte, with one idea of which values are missing.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    /// Zeros are missing as well as NaN.
    pub(super) zero_is_missing: bool,
    /// What a missing value is written as.
    pub(super) missing: u8,
}

/// A split's question to a lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct LaneQuestion {
    pub(super) lane: u8,
    /// The least rank that goes right.
    pub(super) cut: u8,
    pub(super) missing_right: bool,
}

/// The questions "is the code in the set?" of one categorical column.
#[derive(Debug, Clone)]
pub(super) struct Categories {
    pub(super) column: usize,
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) codes: usize,
    /// Row `c` answers code `c`; row `codes` a code in no set; `codes + 1` NaN; `codes + 2` a value between −1 and 0,
    /// which LightGBM truncates to code 0 and XGBoost takes for no code.
    pub(super) table: Vec<u8>,
}

/// Where a split's question stands; made once per compilation.
#[derive(Debug, Default)]
pub(super) struct Index<'m> {
    /// By column.
    cuts: Vec<Cuts>,
    /// Of each split in order, when the bundle stores them.
    ranks: Option<&'m [u32]>,
    /// The distinct ones in order, each with its place in the table of answers.
    sets: Vec<(SetQuestion<'m>, usize)>,
}

/// The cuts of one column while they are collected.
#[derive(Debug, Clone, Default)]
struct Cuts {
    keys: Keys,
    /// Where the ladder of each [`Reading`] that occurs stands.
    ladder_at: [Option<usize>; READINGS.len()],
    /// Lane of each reading that has one.
    lane: [Option<u8>; READINGS.len()],
}

/// How a ladder reads missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    NanIsZero,
    NanLeft,
    NanRight,
    ZeroLeft,
    ZeroRight,
}

const READINGS: [Reading; 5] = [Reading::NanIsZero, Reading::NanLeft, Reading::NanRight, Reading::ZeroLeft, Reading::ZeroRight];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SetQuestion<'m> {
    column: u32,
    /// `In`: members go left, and so a set question answers "not in".
    members_left: bool,
    nan_right: bool,
    set: &'m [u32],
}

impl Questions {
    /// The questions of `ensemble` and where each stands; `None` when they are more than the table holds. `ranked` spares the search
    /// for equal cuts.
    #[inline(never)]
    pub(super) fn collect<'m>(ensemble: &'m Ensemble, ranked: Option<&'m Ranked>) -> Option<(Questions, Index<'m>)> {
        let mut index = match ranked.and_then(|ranked| Index::stored(ensemble, ranked)) {
            Some(index) => index,
            None => Index::gathered(ensemble)?,
        };
        let mut questions = Questions { narrow: ensemble.arithmetic == Arithmetic::F32, ..Questions::default() };
        questions.add_ladders(&mut index);
        if !index.sets.is_empty() {
            questions.add_categories(&mut index)?;
        }
        (questions.len <= LIMIT).then_some((questions, index))
    }

    /// The ladder that question `at` stands on, and how high.
    pub(super) fn rung(&self, at: usize) -> (usize, usize) {
        let number = self.ladders.partition_point(|ladder| ladder.at <= at).saturating_sub(1);
        (number, at - self.ladders.get(number).map_or(0, |ladder| ladder.at))
    }

    #[inline(never)]
    fn add_ladders(&mut self, index: &mut Index<'_>) {
        let mut order: Vec<(usize, &mut Cuts)> =
            index.cuts.iter_mut().enumerate().filter(|(_, cuts)| !cuts.keys.rising().is_empty()).collect();
        heap_sort(&mut order, &|(a, left), (b, right)| (left.keys.rising().len(), a) < (right.keys.rising().len(), b));
        for team in order.chunks_mut(TEAM) {
            let room = team.iter().map(|(_, cuts)| (cuts.keys.rising().len() + 1).next_power_of_two()).max().unwrap_or(1);
            let mut columns: [Column; TEAM] = Default::default();
            for (place, (column, cuts)) in columns.iter_mut().zip(team) {
                let (first, len) = (self.cuts.len(), cuts.keys.rising().len());
                self.cuts.extend(cuts.keys.rising().iter().map(|key| from_key(*key)));
                let zero_rank = self.cuts.iter().skip(first).filter(|cut| **cut <= 0.0).count();
                self.cuts.resize(first + room - 1, f64::NAN);
                let start = self.ladders.len();
                for (reading, at) in READINGS.iter().zip(&mut cuts.ladder_at) {
                    let Some(at) = at else { continue };
                    *at = self.len;
                    self.ladders.push(Ladder {
                        at: self.len,
                        len: len.next_multiple_of(WORD),
                        cuts: len,
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
                let lanes = self.add_lanes(cuts, zero_rank);
                *place = Column { column: *column, cuts: first, ladders: start..self.ladders.len(), lanes };
            }
            self.teams.push(Team { columns, stride: room / 2 });
        }
        self.steps = vec![1; self.half];
        self.steps.resize(2 * self.half, 0);
    }

    /// Adds the lanes of a column whose ranks are bytes.
    #[inline(never)]
    fn add_lanes(&mut self, cuts: &mut Cuts, zero_rank: usize) -> Range<usize> {
        use Reading::{NanIsZero, NanLeft, NanRight, ZeroLeft, ZeroRight};
        let start = self.lanes.len();
        if cuts.keys.rising().len() >= usize::from(MISSING) {
            return start..start;
        }
        for (readings, missing) in
            [(&[NanIsZero][..], zero_rank as u8), (&[NanLeft, NanRight], MISSING), (&[ZeroLeft, ZeroRight], MISSING)]
        {
            let lane = self.lanes.len() as u8;
            let mut used = false;
            for reading in readings.iter().map(|reading| *reading as usize) {
                let has_ladder = cuts.ladder_at.get(reading).is_some_and(Option::is_some);
                if let Some(place) = cuts.lane.get_mut(reading).filter(|_| has_ladder && usize::from(lane) < LANES) {
                    (*place, used) = (Some(lane), true);
                }
            }
            if used {
                self.lanes.push(Lane { zero_is_missing: readings.contains(&ZeroLeft), missing });
            }
        }
        start..self.lanes.len()
    }

    #[inline(never)]
    fn add_categories(&mut self, index: &mut Index<'_>) -> Option<()> {
        heap_sort(&mut index.sets, &|(a, _), (b, _)| a < b);
        index.sets.dedup_by(|(a, _), (b, _)| a == b);
        for sets in index.sets.chunk_by_mut(|(a, _), (b, _)| a.column == b.column) {
            let column = sets.first().map_or(0, |(question, _)| question.column as usize);
            let codes = sets.iter().map(|(question, _)| question.set.len() * 32).max().unwrap_or(0);
            let len = sets.len().next_multiple_of(WORD);
            let room = len.checked_mul(codes + 3).filter(|room| *room <= TABLE_LIMIT)?;
            let mut table = vec![0; room];
            for (k, (question, place)) in sets.iter_mut().enumerate() {
                *place = self.len + k;
                for (code, row) in table.chunks_exact_mut(len).enumerate() {
                    let read = if code == codes + 2 && question.members_left { 0 } else { code };
                    let member = read < codes && question.set.get(read / 32).is_some_and(|word| word >> (read % 32) & 1 == 1);
                    let right = if code == codes + 1 { question.nan_right } else { member != question.members_left };
                    if let Some(answer) = row.get_mut(k) {
                        *answer = u8::from(right);
                    }
                }
            }
            self.categories.push(Categories { column, at: self.len, len, codes, table });
            self.len += len;
        }
        Some(())
    }
}

impl<'m> Index<'m> {
    /// Of the cuts in `ranked`; `None` when it is not of `ensemble`, or a column's cuts do not rise.
    fn stored(ensemble: &'m Ensemble, ranked: &'m Ranked) -> Option<Index<'m>> {
        let mut index = Index { ranks: Some(&ranked.ranks), ..Index::default() };
        for (at, split) in ensemble.splits().enumerate() {
            let Some((cuts, cut)) = index.note(split)? else { continue };
            if cuts.keys.rising().is_empty() {
                let less = matches!(split.test, Test::Less(_));
                let cut_of = |t: &f64| if less { cut_less(*t) } else { cut_less_equal(*t) };
                cuts.keys = Keys::stored(ranked.of(split.column as usize)?.iter().map(cut_of))?;
            }
            if !cuts.keys.has(*ranked.ranks.get(at)?, cut) {
                return None;
            }
        }
        Some(index)
    }

    /// Of cuts that are searched for; `None` when they are too many.
    #[inline(never)]
    fn gathered(ensemble: &'m Ensemble) -> Option<Index<'m>> {
        let mut index = Index::default();
        for split in ensemble.splits() {
            if let Some((cuts, cut)) = index.note(split)? {
                cuts.keys.gather(cut)?;
            }
        }
        for cuts in &mut index.cuts {
            cuts.keys.sort()?;
        }
        Some(index)
    }

    /// Notes how `split` reads missing values, or its set; the cuts of its column and its own, if it has one.
    #[inline]
    fn note(&mut self, split: &'m Split) -> Option<Option<(&mut Cuts, f64)>> {
        let Some(cut) = cut(&split.test) else {
            self.sets.extend(SetQuestion::of(split).map(|question| (question, 0)));
            return Some(None);
        };
        let column = split.column as usize;
        if self.cuts.len() <= column {
            self.cuts.resize_with(column + 1, Cuts::default);
        }
        let cuts = self.cuts.get_mut(column)?;
        *cuts.ladder_at.get_mut(Reading::of(split) as usize)? = Some(0);
        Some(Some((cuts, cut)))
    }

    /// The number of the question of each split of `tree`, by node. `at` counts the splits of the trees before.
    pub(super) fn questions(&self, tree: &Tree, at: &mut usize) -> Option<Vec<u16>> {
        let mut questions = Vec::with_capacity(tree.nodes.len());
        for node in &tree.nodes {
            questions.push(match node {
                Node::Split(split) => {
                    *at += 1;
                    self.question(split, *at - 1)?
                }
                Node::Leaf(_) => 0,
            });
        }
        Some(questions)
    }

    /// What `split`, whose question has this number, asks of a lane; `None` when it asks something else, or there are too many of them.
    pub(super) fn lane_question(&self, split: &Split, question: u16) -> Option<LaneQuestion> {
        cut(&split.test)?;
        let cuts = self.cuts.get(split.column as usize)?;
        let reading = Reading::of(split);
        let rank = usize::from(question).checked_sub((*cuts.ladder_at.get(reading as usize)?)?)?;
        Some(LaneQuestion {
            lane: (*cuts.lane.get(reading as usize)?)?,
            cut: u8::try_from(rank + 1).ok()?,
            missing_right: matches!(reading, Reading::NanRight | Reading::ZeroRight),
        })
    }

    /// The number of the question of `split`, which is number `at`.
    fn question(&self, split: &Split, at: usize) -> Option<u16> {
        let Some(cut) = cut(&split.test) else { return self.set_question(split) };
        let cuts = self.cuts.get(split.column as usize)?;
        let rank = match self.ranks {
            Some(ranks) => *ranks.get(at)? as usize,
            None => cuts.keys.rank(cut)?,
        };
        u16::try_from((*cuts.ladder_at.get(Reading::of(split) as usize)?)? + rank).ok()
    }

    #[inline(never)]
    fn set_question(&self, split: &Split) -> Option<u16> {
        let wanted = SetQuestion::of(split)?;
        let found = self.sets.binary_search_by(|(question, _)| question.cmp(&wanted)).ok()?;
        u16::try_from(self.sets.get(found)?.1).ok()
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

impl<'m> SetQuestion<'m> {
    fn of(split: &'m Split) -> Option<SetQuestion<'m>> {
        let (members_left, nan_right, set) = match &split.test {
            Test::In(set) => (true, true, set),
            Test::NotIn(set) => (false, !split.default_left, set),
            _ => return None,
        };
        Some(SetQuestion { column: split.column, members_left, nan_right, set })
    }
}

/// The cut of a numeric test: a value that is not missing goes right when x ≥ cut. NaN when none goes right.
fn cut(test: &Test) -> Option<f64> {
    match *test {
        Test::Less(t) => Some(cut_less(t)),
        Test::LessEqual(t) => Some(cut_less_equal(t)),
        _ => None,
    }
}

fn cut_less(t: f64) -> f64 {
    if t.is_nan() { f64::NEG_INFINITY } else { t }
}

fn cut_less_equal(t: f64) -> f64 {
    match t {
        f64::INFINITY => f64::NAN,
        t => cut_less(t.next_up()),
    }
}

//! Answering: which side a row takes at every question, one byte each; or many rows, one bit each.
//!
//! Tested through the engine's property tests.

use std::hint::select_unpredictable;

use super::super::tree::ZERO;
use super::question::{Categories, Column, Ladder, Questions, TEAM};
use super::sift::{BITS_OF_WORD, Word, join};
use super::size::LANES;
use super::step::Answers;

impl Questions {
    /// Answers every question for `row`.
    #[inline(never)]
    pub(super) fn answer(&self, row: &[f64], answers: &mut Answers) {
        for team in &self.teams {
            let values = team.columns.each_ref().map(|column| self.value(row, column.column));
            let ranks = self.ranks(team.columns.each_ref().map(|column| column.cuts), team.stride, values);
            for ((column, x), rank) in team.columns.iter().zip(values).zip(ranks) {
                for ladder in self.ladders(column) {
                    let run = self.steps.get(self.half - ladder.rank(x, rank)..).unwrap_or_default();
                    answers.write(ladder.at, ladder.len, run);
                }
            }
        }
        for categories in &self.categories {
            let run = categories.answers(self.value(row, categories.column));
            answers.write(categories.at, categories.len, run);
        }
    }

    /// The rank of `row` in every lane.
    #[inline]
    pub(super) fn bytes(&self, row: &[f64]) -> [u8; LANES] {
        let mut bytes = [0; LANES];
        for team in &self.teams {
            let values = team.columns.each_ref().map(|column| self.value(row, column.column));
            let ranks = self.ranks(team.columns.each_ref().map(|column| column.cuts), team.stride, values);
            for ((column, x), rank) in team.columns.iter().zip(values).zip(ranks) {
                let lanes = self.lanes.get(column.lanes.clone()).unwrap_or_default();
                let bytes = bytes.get_mut(column.lanes.clone()).unwrap_or_default();
                for (byte, lane) in bytes.iter_mut().zip(lanes) {
                    let missing = is_missing(x, lane.zero_is_missing);
                    *byte = select_unpredictable(missing, lane.missing, rank as u8);
                }
            }
        }
        bytes
    }

    /// Answers every question for up to 64·`W` rows of `width` values: bit `r` of a word is the answer of row `r`.
    #[inline(always)]
    pub(super) fn answer_rows<'a, const W: usize>(&self, rows: &[f64], width: usize, words: &'a mut Vec<u64>) -> &'a [Word<W>] {
        words.clear();
        // Leaves that are trees ask question 0, be there one or not.
        words.resize(self.len.max(1) * W, 0);
        let words = words.as_chunks_mut().0;
        for team in &self.teams {
            for column in &team.columns {
                let ladders = self.ladders(column);
                for (four, rows) in rows.chunks(TEAM * width).enumerate() {
                    let mut values = [f64::NAN; TEAM];
                    for (value, row) in values.iter_mut().zip(rows.chunks(width)) {
                        *value = self.value(row, column.column);
                    }
                    let ranks = self.ranks([column.cuts; TEAM], team.stride, values);
                    for (k, (x, rank)) in values.into_iter().zip(ranks).enumerate() {
                        for ladder in ladders {
                            // The last question that the row passes; the others follow below.
                            let last = (ladder.at + ladder.rank(x, rank)).wrapping_sub(1);
                            if let Some(word) = words.get_mut(last).filter(|_| last + 1 > ladder.at) {
                                pass(word, four * TEAM + k, 1);
                            }
                        }
                    }
                }
                for ladder in ladders {
                    let mut passed = [0; W];
                    for word in words.get_mut(ladder.at..ladder.at + ladder.len).unwrap_or_default().iter_mut().rev() {
                        join(&mut passed, word);
                        *word = passed;
                    }
                }
            }
        }
        for categories in &self.categories {
            let words = words.get_mut(categories.at..categories.at + categories.len).unwrap_or_default();
            for (r, row) in rows.chunks(width).enumerate() {
                let answers = categories.answers(self.value(row, categories.column));
                for (word, answer) in words.iter_mut().zip(answers) {
                    pass(word, r, *answer);
                }
            }
        }
        words
    }

    /// The value of a column as the model reads it.
    #[inline(always)]
    fn value(&self, row: &[f64], column: usize) -> f64 {
        let x = row.get(column).copied().unwrap_or(f64::NAN);
        if self.narrow { f64::from(x as f32) } else { x }
    }

    /// Numbers of cuts that each value passes, of those that begin at `first`: searches in step, without a branch. Written out by
    /// hand as the trees are ([`step`](super::step)).
    #[inline(always)]
    fn ranks(&self, first: [usize; TEAM], mut stride: usize, values: [f64; TEAM]) -> [usize; TEAM] {
        let ([mut a, mut b, mut c, mut d], [x, y, z, w]) = (first, values);
        let passed = |at: usize, x: f64, stride: usize| {
            let cut = self.cuts.get(at + stride - 1).copied().unwrap_or(f64::NAN);
            at + select_unpredictable(cut <= x, stride, 0)
        };
        while stride > 0 {
            a = passed(a, x, stride);
            b = passed(b, y, stride);
            c = passed(c, z, stride);
            d = passed(d, w, stride);
            stride /= 2;
        }
        let [e, f, g, h] = first;
        [a - e, b - f, c - g, d - h]
    }

    fn ladders(&self, column: &Column) -> &[Ladder] {
        self.ladders.get(column.ladders.clone()).unwrap_or_default()
    }
}

impl Ladder {
    /// Rank of `x` on this ladder, given its rank among the cuts.
    #[inline(always)]
    pub(super) fn rank(&self, x: f64, rank: usize) -> usize {
        select_unpredictable(is_missing(x, self.zero_is_missing), self.missing_rank, rank)
    }
}

#[inline(always)]
fn is_missing(x: f64, zero_is_missing: bool) -> bool {
    x.is_nan() || (zero_is_missing && x.abs() <= ZERO)
}

impl Categories {
    /// Answers to this column's questions for the code `x`.
    fn answers(&self, x: f64) -> &[u8] {
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

/// Notes the answer of row `r`.
#[inline(always)]
fn pass<const W: usize>(word: &mut Word<W>, r: usize, answer: u8) {
    if let Some(word) = word.get_mut(r / BITS_OF_WORD) {
        *word |= u64::from(answer) << (r % BITS_OF_WORD);
    }
}

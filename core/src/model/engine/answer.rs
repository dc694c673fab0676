//! Answering: which side a row takes at every question, one byte each; or many rows, one bit each.
//!
//! Tested through the engine's property tests.

use super::super::tree::ZERO;
use super::question::{Categories, Column, LIMIT, Ladder, Questions, TEAM, WORD};

/// One byte per question: 0 goes left, 1 goes right.
pub(super) type Answers = [u8; LIMIT];

/// Rows answered together: the bits of a word.
pub(super) const ROWS: usize = 64;

impl Questions {
    /// Answers every question for `row`.
    pub(super) fn answer(&self, row: &[f64], answers: &mut Answers) {
        let keep = std::hint::black_box(u64::MAX);
        for team in &self.teams {
            let values = team.columns.each_ref().map(|column| self.value(row, column.column));
            let ranks = self.ranks(team.columns.each_ref().map(|column| column.cuts), team.stride, values);
            for ((column, x), rank) in team.columns.iter().zip(values).zip(ranks) {
                for ladder in self.ladders(column) {
                    let run = self.steps.get(self.half - ladder.rank(x, rank)..).unwrap_or_default();
                    copy(run, answers.get_mut(ladder.at..ladder.at + ladder.len).unwrap_or_default(), keep);
                }
            }
        }
        for categories in &self.categories {
            let run = categories.answers(self.value(row, categories.column));
            copy(run, answers.get_mut(categories.at..categories.at + categories.len).unwrap_or_default(), keep);
        }
    }

    /// Answers every question for up to [`ROWS`] rows of `width` values: bit `r` of a word is the answer of row `r`.
    pub(super) fn answer_rows(&self, rows: &[f64], width: usize, words: &mut Vec<u64>) {
        words.clear();
        words.resize(self.len, 0);
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
                                *word |= 1 << (four * TEAM + k);
                            }
                        }
                    }
                }
                for ladder in ladders {
                    let mut passed = 0;
                    for word in words.get_mut(ladder.at..ladder.at + ladder.len).unwrap_or_default().iter_mut().rev() {
                        passed |= *word;
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
                    *word |= u64::from(*answer) << r;
                }
            }
        }
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
            at + std::hint::select_unpredictable(cut <= x, stride, 0)
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
    fn rank(&self, x: f64, rank: usize) -> usize {
        let missing = x.is_nan() || (self.zero_is_missing && x.abs() <= ZERO);
        if missing { self.missing_rank } else { rank }
    }
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

/// Copies the first bytes of `from` over all of `to`, 16 at a time, without the call that `memcpy` costs.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8], keep: u64) {
    for (to, from) in to.as_chunks_mut::<WORD>().0.iter_mut().zip(from.as_chunks::<WORD>().0) {
        for (to, from) in to.as_chunks_mut::<8>().0.iter_mut().zip(from.as_chunks::<8>().0) {
            *to = (u64::from_ne_bytes(*from) & keep).to_ne_bytes();
        }
    }
}

//! Labelled scores in falling order, ties together: what every rank metric is computed from.
//!
//! A double is sorted as an integer whose order is the same; without weights the two classes are sorted apart and merged, so that
//! what is sorted is eight bytes a lead.

use super::Labelled;
use crate::order::{key, sorted, value};

/// The leads of one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// The score.
    pub score: f64,
    /// Weight of those that converted.
    pub positive: f64,
    /// Weight of those that did not.
    pub negative: f64,
}

/// Labelled scores, sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    ties: Vec<Tie>,
    /// Total weight of each class.
    pub(super) positive: f64,
    pub(super) negative: f64,
}

impl Ranking {
    /// Sorts `data`. Leads of weight 0 are left out.
    pub fn new(data: &Labelled<'_>) -> Ranking {
        if data.weights().is_none() {
            let (all, positives) = (data.scores().len() as u64, data.positives());
            return Ranking { positive: positives as f64, negative: (all - positives) as f64, ties: unweighted(data) };
        }
        let ties = weighted(data);
        let total = |part: fn(&Tie) -> f64| ties.iter().map(part).fold(0.0, |sum, weight| sum + weight);
        Ranking { positive: total(|tie| tie.positive), negative: total(|tie| tie.negative), ties }
    }

    /// The ties, highest score first.
    pub fn ties(&self) -> &[Tie] {
        &self.ties
    }
}

fn unweighted(data: &Labelled<'_>) -> Vec<Tie> {
    let [negative, positive] = classes(data).map(|class| sorted(&class));
    let (mut negative, mut positive) = (negative.as_slice(), positive.as_slice());
    let mut ties = Vec::with_capacity(data.scores().len());
    let mut open: Option<Tie> = None;
    loop {
        // Which class comes next is as good as a coin's toss: nothing may branch on it.
        let (score, converted) = match (negative.last(), positive.last()) {
            (Some(a), Some(b)) => (if a < b { *b } else { *a }, a < b),
            (Some(a), None) => (*a, false),
            (None, Some(b)) => (*b, true),
            (None, None) => break,
        };
        positive = positive.get(..positive.len() - usize::from(converted)).unwrap_or_default();
        negative = negative.get(..negative.len() - usize::from(!converted)).unwrap_or_default();
        let mut tie = match open {
            Some(tie) if tie.score == score => tie,
            done => {
                ties.extend(done);
                Tie { score, positive: 0.0, negative: 0.0 }
            }
        };
        tie.positive += f64::from(u8::from(converted));
        tie.negative += f64::from(u8::from(!converted));
        open = Some(tie);
    }
    ties.extend(open);
    ties
}

/// The scores of the leads that did not convert, and of those that did, in the order of the data.
pub(super) fn classes(data: &Labelled<'_>) -> [Vec<f64>; 2] {
    let (all, positives) = (data.scores().len(), data.positives() as usize);
    // Each score is written to both, and what is of the other class is written over by the next: a place more than there are scores.
    let mut classes = [vec![0.0; all - positives + 1], vec![0.0; positives + 1]];
    let [mut negative, mut positive] = [0, 0];
    for (score, converted) in data.scores().iter().zip(data.converted()) {
        let [negatives, positives] = &mut classes;
        if let (Some(a), Some(b)) = (negatives.get_mut(negative), positives.get_mut(positive)) {
            (*a, *b) = (*score, *score);
        }
        negative += usize::from(!*converted);
        positive += usize::from(*converted);
    }
    classes.map(|mut class| {
        class.pop();
        class
    })
}

fn weighted(data: &Labelled<'_>) -> Vec<Tie> {
    let rows = data.rows().filter(|(_, _, weight)| *weight > 0.0);
    let mut rows: Vec<(u64, bool, f64)> = rows.map(|(score, converted, weight)| (key(score), converted, weight)).collect();
    // Stable: equal scores keep the order of the data, so the sums do too.
    rows.sort_by_key(|(key, _, _)| std::cmp::Reverse(*key));
    let tie = |rows: &[(u64, bool, f64)]| {
        let of = |class| rows.iter().filter(|row| row.1 == class).fold(0.0, |sum, row| sum + row.2);
        Tie { score: rows.first().map_or(0.0, |row| value(row.0)), positive: of(true), negative: of(false) }
    };
    rows.chunk_by(|a, b| a.0 == b.0).map(tie).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_stand_together_and_zeros_are_one() {
        let (scores, converted) = ([0.0, -0.0, 3.5, -1.0, 3.5, 3.5], [true, false, true, false, false, true]);
        let data = Labelled::new(&scores, &converted).unwrap();
        let tie = |score, positive, negative| Tie { score, positive, negative };
        let expected = [tie(3.5, 2.0, 1.0), tie(0.0, 1.0, 1.0), tie(-1.0, 0.0, 1.0)];
        assert_eq!(Ranking::new(&data).ties(), expected);
        let ones = [1.0; 6];
        assert_eq!(Ranking::new(&data.weighted(&ones).unwrap()).ties(), expected);
    }
}

//! Labelled scores in falling order, ties together: what every rank metric is computed from.
//!
//! A double is sorted as an integer whose order is the same; without weights the two classes are sorted apart and merged, so that
//! what is sorted is eight bytes a lead.

use super::Labelled;
use crate::order::{key, value};

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
        let ties = match data.weights() {
            None => unweighted(data),
            Some(_) => weighted(data),
        };
        let total = |part: fn(&Tie) -> f64| ties.iter().map(part).fold(0.0, |sum, weight| sum + weight);
        Ranking { positive: total(|tie| tie.positive), negative: total(|tie| tie.negative), ties }
    }

    /// The ties, highest score first.
    pub fn ties(&self) -> &[Tie] {
        &self.ties
    }
}

fn unweighted(data: &Labelled<'_>) -> Vec<Tie> {
    let mut classes = [Vec::with_capacity(data.scores().len()), Vec::with_capacity(data.positives() as usize)];
    for (score, converted) in data.scores().iter().zip(data.converted()) {
        let [negative, positive] = &mut classes;
        if *converted { positive } else { negative }.push(key(*score));
    }
    let [mut negative, mut positive] = classes;
    negative.sort_unstable();
    positive.sort_unstable();
    let mut ties: Vec<Tie> = Vec::with_capacity(data.scores().len());
    while let Some(top) = positive.last().max(negative.last()).copied() {
        let take = |keys: &mut Vec<u64>| {
            let rest = keys.iter().rev().take_while(|key| **key == top).count();
            keys.truncate(keys.len() - rest);
            rest as f64
        };
        ties.push(Tie { score: value(top), positive: take(&mut positive), negative: take(&mut negative) });
    }
    ties
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

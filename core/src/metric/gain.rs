//! What the ranking is worth to somebody who works the best leads first: gain, lift, and the Kolmogorov-Smirnov distance.

use serde::{Deserialize, Serialize};

use super::Ranking;
use crate::evidence::InsufficientData;

/// One part of the ranking, best first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ListPart"))]
pub struct Part {
    /// Weight of the leads in it.
    pub leads: f64,
    /// Weight of those that converted.
    pub positives: f64,
    /// Part of all that converted, here and before: cumulative gain.
    pub gain: f64,
    /// Conversion here over conversion of all.
    pub lift: f64,
    /// Conversion here and before over conversion of all.
    pub cumulative_lift: f64,
}

/// Where the two classes lie farthest apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// The largest difference between the parts of the two classes that score at least as much.
    pub ks: f64,
    /// The score at which it is reached, the highest of several.
    pub score: f64,
}

impl Ranking {
    /// The ranking in `parts` parts of equal weight. Leads of one score are indistinguishable: a tie on an edge is shared out in
    /// proportion, so the answer does not depend on the order of the data.
    ///
    /// # Errors
    /// [`InsufficientData`] without a lead of each class or without parts.
    pub fn gain(&self, parts: usize) -> Result<Vec<Part>, InsufficientData> {
        self.check_classes()?;
        InsufficientData::unless(parts as u64, 1, "parts")?;
        let total = self.positive + self.negative;
        let base = self.positive / total;
        let mut ties = self.ties().iter().map(|tie| (tie.positive, tie.negative));
        let (mut rest, mut before) = ((0.0, 0.0), (0.0, 0.0));
        let mut out = Vec::with_capacity(parts);
        for part in 1..=parts {
            let room = total * part as f64 / parts as f64 - (before.0 + before.1);
            let (mut leads, mut positives) = (0.0, 0.0);
            while leads < room {
                if rest.0 + rest.1 <= 0.0 {
                    match ties.next() {
                        Some(tie) => rest = tie,
                        None => break,
                    }
                }
                let size: f64 = rest.0 + rest.1;
                let share = ((room - leads) / size).min(1.0);
                leads += size * share;
                positives += rest.0 * share;
                rest = (rest.0 * (1.0 - share), rest.1 * (1.0 - share));
            }
            before = (before.0 + positives, before.1 + leads - positives);
            out.push(Part {
                leads,
                positives,
                gain: before.0 / self.positive,
                lift: positives / leads / base,
                cumulative_lift: before.0 / (before.0 + before.1) / base,
            });
        }
        Ok(out)
    }

    /// The Kolmogorov-Smirnov distance between the scores of the two classes.
    ///
    /// # Errors
    /// [`InsufficientData`] without a lead of each class.
    ///
    /// # Formula
    /// max over scores s of |P(score ≥ s | converted) − P(score ≥ s | not)|
    pub fn separation(&self) -> Result<Separation, InsufficientData> {
        self.check_classes()?;
        let (mut positive, mut negative) = (0.0, 0.0);
        let mut best = Separation { ks: 0.0, score: f64::INFINITY };
        for tie in self.ties() {
            positive += tie.positive;
            negative += tie.negative;
            let ks = (positive / self.positive - negative / self.negative).abs();
            if ks > best.ks {
                best = Separation { ks, score: tie.score };
            }
        }
        Ok(best)
    }
}

//! What changed between two scorings of a lead.

use serde::Serialize;

use super::points::{self, Path};
use super::reason::value_of;
use super::{Options, ScoreError, Scorer, Workspace, words};
use crate::lead::{Lead, Timestamp, Value};

/// What changed between two scorings of a lead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Score before, 0–100.
    pub before: u8,
    /// Score after.
    pub after: u8,
    /// Band before.
    pub band_before: String,
    /// Band after.
    pub band_after: String,
    /// Fields whose value changed and moved the score, strongest first; as many as asked for.
    pub reasons: Vec<ChangeReason>,
    /// Points of changes not listed, of unchanged fields that weigh differently now, and of rounding: `before` + all `points` +
    /// `rest` = `after`.
    pub rest: i32,
    /// In words: `Score 41 → 63, from warm to hot`.
    pub text: String,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeReason {
    /// The lead's field.
    pub field: String,
    /// Its name for people.
    pub label: String,
    /// Value before; null when missing.
    pub before: Value,
    /// Value after.
    pub after: Value,
    /// Difference of the field's contribution to the margin.
    pub contribution: f64,
    /// The same on the 0–100 scale, rounded, signed.
    pub points: i32,
    /// In words, such as `Visited the pricing page 3 → 7 times: +8 points`.
    pub text: String,
}

/// A lead and the moment it was scored at.
type Moment<'a> = (&'a Lead, Timestamp);

impl Scorer {
    /// What changed from `before` to `after`, each a lead and the moment it was scored at, with at most `options.reasons` fields.
    /// Antisymmetric: the other way round gives the same points with the other sign.
    ///
    /// # Formula
    /// As for reasons, along the path from the margin before to the margin after, with the differences of the contributions.
    ///
    /// # Errors
    /// Everything that is wrong with either lead.
    pub fn what_changed(&self, before: Moment<'_>, after: Moment<'_>, options: &Options) -> Result<Change, ScoreError> {
        let silent = Options { reasons: 0, ..*options };
        let (mut old, mut new) = (Workspace::default(), Workspace::default());
        let a = self.score_lead(before.0, before.1, &silent, &mut old)?;
        let b = self.score_lead(after.0, after.1, &silent, &mut new)?;
        let (row_a, row_b) = (std::mem::take(&mut old.row), std::mem::take(&mut new.row));
        let fields = (self.field_contributions(&row_a, &mut old), self.field_contributions(&row_b, &mut new));
        let mut reasons = Vec::new();
        if let (Some(from), Some(to)) = fields {
            let count = self.bundle.manifest.schema.fields.len().max(1);
            let sums = from.contributions.chunks(count).map(|of_output| of_output.iter().sum::<f64>());
            let path = Path {
                bundle: &self.bundle,
                positive: self.positive,
                start: from.biases.iter().zip(sums).map(|(bias, sum)| bias + sum).collect(),
                steps: to.contributions.iter().zip(&from.contributions).map(|(to, from)| to - from).collect(),
            };
            let (exact, contributions) = (path.points(), self.of_positive(&path.steps));
            for (i, field) in self.bundle.manifest.schema.fields.iter().enumerate() {
                let value = (value_of(field, i, &old.slots), value_of(field, i, &new.slots));
                let said = (words::say(field, i, &old.slots, before.1), words::say(field, i, &new.slots, after.1));
                let (Some(exact), Some(contribution)) = (exact.get(i), contributions.get(i)) else { continue };
                if (value.0 == value.1 && said.0.days == said.1.days) || (*exact == 0.0 && *contribution == 0.0) {
                    continue;
                }
                let points = points::rounded(*exact);
                let text = format!("{}: {}", words::change(field, said.0, said.1), words::points(points));
                let (field, label, contribution) = (field.name.clone(), field.display_name(), *contribution);
                reasons.push(ChangeReason { field, label, before: value.0, after: value.1, contribution, points, text });
            }
        }
        // Few and compared by one number: insertion keeps the order of equals.
        for i in 1..reasons.len() {
            let size = |j: usize| reasons.get(j).map_or(0.0, |r: &ChangeReason| r.contribution.abs());
            let place = (0..i).find(|j| size(*j) < size(i)).unwrap_or(i);
            if let Some(part) = reasons.get_mut(place..=i) {
                part.rotate_right(1);
            }
        }
        reasons.truncate(options.reasons);
        let moved = i32::from(b.score) - i32::from(a.score);
        let rest = points::left(moved, reasons.iter().map(|r| r.points));
        let mut text =
            if moved == 0 { format!("Score {}, as before", b.score) } else { format!("Score {} → {}", a.score, b.score) };
        if a.band != b.band {
            text.push_str(&format!(", from {} to {}", a.band, b.band));
        }
        Ok(Change { before: a.score, after: b.score, band_before: a.band, band_after: b.band, reasons, rest, text })
    }
}

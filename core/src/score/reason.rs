//! Why a lead has its score: contributions of columns, summed per field, in points and words.

use std::borrow::Cow;

use serde::Serialize;

use super::points::{self, Path};
use super::{Score, Scorer, Workspace, words};
use crate::json::Object;
use crate::lead::{Slots, Timestamp, Value};
use crate::schema::{Field, FieldKind};

/// One reason of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The lead's field.
    pub field: String,
    /// Its name for people.
    pub label: String,
    /// The lead's value; null when missing; a date as `2026-11-23`.
    pub value: Value,
    /// What the field adds to the margin (SHAP, log-odds); all columns made of it together.
    pub contribution: f64,
    /// The same on the 0–100 scale, rounded, signed.
    pub points: i32,
    /// In words, such as `Visited the pricing page 7 times: +12 points`.
    pub text: String,
}

impl Reason {
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.text("field", &self.field);
        object.text("label", &self.label);
        self.value.write(object.key("value"));
        object.number("contribution", self.contribution);
        object.integer("points", self.points);
        object.text("text", &self.text);
        object.end();
    }
}

/// Contributions of every field to every output, in margin units.
pub(crate) struct Fields {
    /// Output-major: outputs × fields of the schema.
    pub(crate) contributions: Vec<f64>,
    /// Expected margin of each output.
    pub(crate) biases: Vec<f64>,
}

impl Scorer {
    /// Contributions per field for `row`. None when the model cannot be explained.
    pub(crate) fn field_contributions(&self, row: &[f64], work: &mut Workspace) -> Option<Fields> {
        let (width, count) = (self.engine.columns() + 1, self.bundle.manifest.schema.fields.len());
        let of_columns = self.contributions(row, work)?;
        let mut fields = Fields { contributions: vec![0.0; self.engine.outputs() * count], biases: Vec::new() };
        for (of_columns, of_fields) in of_columns.chunks(width).zip(fields.contributions.chunks_mut(count.max(1))) {
            for (column, contribution) in of_columns.iter().enumerate() {
                match self.pipeline.source(column).and_then(|field| of_fields.get_mut(field)) {
                    Some(sum) => *sum += contribution,
                    None => fields.biases.push(*contribution),
                }
            }
        }
        Some(fields)
    }

    /// The part of `values`, outputs × fields, that belongs to the score's margin: that of the positive output, or the mean of all
    /// when the score is an average.
    pub(crate) fn of_positive<'f>(&self, values: &'f [f64]) -> Cow<'f, [f64]> {
        let count = self.bundle.manifest.schema.fields.len().max(1);
        if !self.bundle.manifest.calibration.is_average() {
            return Cow::Borrowed(values.chunks(count).nth(self.positive).unwrap_or(&[]));
        }
        let outputs = self.engine.outputs().max(1) as f64;
        let mean = |field: usize| values.iter().skip(field).step_by(count).sum::<f64>() / outputs;
        Cow::Owned((0..count.min(values.len())).map(mean).collect())
    }

    /// Fills in `base`, `reasons` (at most `most`) and `rest` of the `score` of the lead that was read into `slots` and whose row is
    /// `row`. Nothing, when no reason is asked for or the model cannot be explained.
    pub fn explain(&self, slots: &Slots, row: &[f64], now: Timestamp, most: usize, work: &mut Workspace, score: &mut Score) {
        if most == 0 {
            return;
        }
        let Some(fields) = self.field_contributions(row, work) else { return };
        let path = Path { bundle: &self.bundle, positive: self.positive, start: fields.biases, steps: fields.contributions };
        let exact = path.points();
        let contributions = self.of_positive(&path.steps);
        let base = i32::from(score.score) - points::rounded(exact.iter().sum());
        let mut order: Vec<usize> = (0..exact.len()).collect();
        let size = |i: &usize| {
            let of = |values: &[f64]| values.get(*i).copied().unwrap_or(0.0).abs();
            (of(&exact), of(&contributions))
        };
        order.retain(|i| size(i) != (0.0, 0.0));
        for _ in 0..most {
            // The strongest of those left, the first of equals: a few passes are smaller code than a sort, and as quick.
            let strongest = order.iter().copied().enumerate().reduce(|best, next| {
                let (a, b) = (size(&best.1), size(&next.1));
                if b.0 > a.0 || (b.0 == a.0 && b.1 > a.1) { next } else { best }
            });
            let Some((at, i)) = strongest else { break };
            order.remove(at);
            let Some(field) = self.bundle.manifest.schema.fields.get(i) else { continue };
            let points = points::rounded(exact.get(i).copied().unwrap_or(0.0));
            let mut text = words::sentence(field, &words::say(field, i, slots, now));
            text.push_str(": ");
            text.push_str(&words::points(points));
            score.reasons.push(Reason {
                field: field.name.clone(),
                label: field.display_name(),
                value: value_of(field, i, slots),
                contribution: contributions.get(i).copied().unwrap_or(0.0),
                points,
                text,
            });
        }
        score.base = Some(base);
        score.rest = Some(points::left(i32::from(score.score) - base, score.reasons.iter().map(|r| r.points)));
    }
}

/// The value of field number `i` as it was read.
pub(crate) fn value_of(field: &Field, i: usize, slots: &Slots) -> Value {
    let x = slots.get(i).number;
    match field.kind {
        FieldKind::List => slots.list_value(i),
        FieldKind::Flag if !x.is_nan() => Value::Flag(x != 0.0),
        FieldKind::Date if !x.is_nan() => Value::Text(words::date(x as i64)),
        FieldKind::Number if !x.is_nan() => Value::Number(x),
        FieldKind::Category if x >= 0.0 => match field.categories.get(x as usize) {
            Some(category) => Value::Text(category.clone()),
            None => Value::Number(x),
        },
        _ if slots.text(i).is_empty() => Value::Missing,
        _ => Value::Text(slots.text(i).to_owned()),
    }
}

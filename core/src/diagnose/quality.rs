//! D1.4: values that went missing or that training did not have: in which field, since which hour, from which source.

use super::change::point;
use super::{Counts, Facts, Field, FieldHour, Finding};
use crate::drift::Rate;
use crate::rollout::{DAY_MS, Policy, phrase};
use crate::window::HOUR_MS;

const ID: &str = "D1.4";
const LEAST: u64 = 100;
/// The part of a rise that one source must hold to be named as its only one.
const MOST: f64 = 0.8;

/// What of the values became more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Missing,
    New,
}

impl Kind {
    fn of(self, counts: &Counts) -> (u64, u64) {
        match self {
            Kind::Missing => (counts.missing, counts.values),
            Kind::New => (counts.new, counts.values.saturating_sub(counts.missing)),
        }
    }
}

/// A rise that is more than chance.
struct Rise<'a> {
    field: &'a Field,
    kind: Kind,
    before: f64,
    now: f64,
}

pub(super) fn find(policy: &Policy, facts: &Facts) -> Finding {
    let judged = facts.fields.iter().filter(|field| field.week.values >= LEAST && field.before.values >= LEAST).count();
    if judged == 0 {
        let text = "Too few leads, or no baseline, to compare their completeness with what it was.";
        return Finding::unknown(ID, "NOTHING_TO_COMPARE", text);
    }
    let mut rises: Vec<Rise<'_>> = facts
        .fields
        .iter()
        .flat_map(|field| [Kind::Missing, Kind::New].into_iter().filter_map(move |kind| rise(policy, facts, field, kind)))
        .collect();
    // The heaviest field first, of those the largest rise.
    rises.sort_by(|a, b| {
        b.field.importance.total_cmp(&a.field.importance).then((b.now - b.before).total_cmp(&(a.now - a.before)))
    });
    let Some(worst) = rises.first() else {
        let text = format!(
            "Values are as complete as before: none of {} has more missing or unknown ones.",
            phrase::counted(judged as u64, "field", "fields")
        );
        return Finding::fine(ID, "COMPLETE", text);
    };
    let name = &worst.field.name;
    let (now, before) = (phrase::percent(worst.now), phrase::percent(worst.before));
    let since = since(worst.field, worst.kind);
    let when = since.map_or(String::new(), |ms| format!(" since {}", phrase::clock(ms, facts.at_ms)));
    let source = (worst.kind == Kind::Missing).then(|| source(facts, name)).flatten();
    let from = source.map_or(String::new(), |(segment, value)| format!(" Nearly all of them come from {value} ({segment})."));
    let others = match rises.iter().filter(|rise| rise.field.name != *name).count() as u64 {
        0 => String::new(),
        1 => " One more field has the same trouble.".to_owned(),
        n => format!(" {} more fields have the same trouble.", phrase::count(n)),
    };
    let (code, text) = match worst.kind {
        Kind::Missing => {
            ("MORE_MISSING", format!("{name} is missing in {now} of leads{when}, before in {before}.{from}{others}"))
        }
        Kind::New => {
            ("NEW_VALUES", format!("{now} of the values of {name} did not occur in training{when}, before {before}.{others}"))
        }
    };
    let place = source.map_or_else(|| "the source of this field".to_owned(), |(_, value)| value.to_owned());
    let action = format!("Have {place} fixed; hold retraining until then, or the model learns the gap.");
    let finding = Finding::cause(ID, code, text).with("field", name.as_str()).with("now", worst.now).with("before", worst.before);
    let finding = finding.with("since_ms", since).with("source", source.map(|(_, value)| value));
    finding.action("FIX_SOURCE", action).at(format!("#/data/{name}"))
}

/// The rise of `kind` in `field` over the week, or over the last day alone, if it is more than chance and than the policy allows.
fn rise<'a>(policy: &Policy, facts: &Facts, field: &'a Field, kind: Kind) -> Option<Rise<'a>> {
    let rule = &policy.gates.data;
    let most = if kind == Kind::Missing { rule.max_missing } else { rule.max_new_categories };
    let mut day = Counts::default();
    for hour in field.hours.iter().filter(|hour| hour.start_ms > facts.at_ms - DAY_MS - HOUR_MS) {
        day.add(&hour.counts);
    }
    let (before, all) = kind.of(&field.before);
    // The last day first: a fault that is a few hours old hides in a week.
    [day, field.week].iter().find_map(|now| {
        let (found, of) = kind.of(now);
        let rate = Rate::new(before, all, found, of).filter(|_| of >= LEAST && all >= LEAST)?;
        (rate.rise() > most && rate.p_value < rule.ks_p / 2.0).then_some(Rise {
            field,
            kind,
            before: rate.reference,
            now: rate.current,
        })
    })
}

/// The hour in which it began; none where the hours are not recorded.
fn since(field: &Field, kind: Kind) -> Option<i64> {
    let (hits, all): (Vec<u64>, Vec<u64>) = field.hours.iter().map(|hour| kind.of(&hour.counts)).unzip();
    point(&hits, &all).and_then(|at| field.hours.get(at)).map(|hour: &FieldHour| hour.start_ms)
}

/// The segment's value that holds nearly all of the rise of missing values in `field`.
fn source<'a>(facts: &'a Facts, field: &str) -> Option<(&'a str, &'a str)> {
    let of_field = || facts.sources.iter().filter(move |source| source.field == field);
    let excess = |now: &Counts, before: &Counts| {
        let share = before.missing as f64 / before.values.max(1) as f64;
        (now.missing as f64 - share * now.values as f64).max(0.0)
    };
    let mut segments: Vec<&str> = of_field().map(|source| source.segment.as_str()).collect();
    segments.dedup();
    let best = segments.into_iter().filter_map(|segment| {
        let of_segment = || of_field().filter(move |source| source.segment == segment);
        let all: f64 = of_segment().map(|source| excess(&source.day, &source.before)).sum();
        let one = of_segment().max_by(|a, b| excess(&a.day, &a.before).total_cmp(&excess(&b.day, &b.before)))?;
        let part = if all > 0.0 { excess(&one.day, &one.before) / all } else { 0.0 };
        // One value of few says nothing where it is nearly all leads anyway.
        let (leads, total) = (one.day.values as f64, of_segment().map(|source| source.day.values).sum::<u64>() as f64);
        (part >= MOST && leads < MOST * total).then_some((part, (segment, one.value.as_str())))
    });
    best.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, named)| named)
}

impl Counts {
    /// Adds what `other` counted.
    pub fn add(&mut self, other: &Counts) {
        self.values = self.values.saturating_add(other.values);
        self.missing = self.missing.saturating_add(other.missing);
        self.new = self.new.saturating_add(other.new);
    }
}

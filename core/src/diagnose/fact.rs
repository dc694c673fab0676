//! What the diagnosis rests on. Every part may be absent; steps then say what is missing. Times are milliseconds since 1970.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Bundle;
use crate::model::Body;
use crate::window::{Feature, Latency, Scores};

/// What is recorded of the version that serves, and of its leads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Now.
    pub at_ms: i64,
    /// The version that serves most leads.
    pub version: String,
    /// When the newest row was made; none before the first.
    pub newest_row_ms: Option<i64>,
    /// The last eight days by the hour, the oldest first: what was answered, by whichever version. Hours without a request may be left out.
    pub hours: Vec<Hour>,
    /// The version's ranking of leads with an outcome.
    pub performance: Performance,
    /// What the version was when it was trained; none without a baseline in its bundle.
    pub training: Option<Training>,
    /// The version's fields.
    pub fields: Vec<Field>,
    /// The scores of the leads that came in the last seven days, whatever became of them.
    pub scores: Scores,
    /// Leads that matured, by segment.
    pub segments: Vec<Mix>,
    /// Mean days that deals took: of those that ended with leads of the last seven days and of the 28 before.
    pub cycle_days: [Option<f64>; 2],
    /// Missing values by segment, of the fields in which they became more.
    pub sources: Vec<Sourced>,
    /// How soon leads were contacted, of the last two weeks; none where it is not recorded.
    pub worked: Option<Worked>,
    /// Scores that pages reported as seen, by day, the oldest first.
    pub seen: Vec<Seen>,
    /// Notes that people took of changes, the oldest first.
    pub notes: Vec<Note>,
    /// The versions that answered.
    pub served: Vec<Served>,
}

/// An hour of traffic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    /// Its begin.
    pub start_ms: i64,
    /// Requests; 0 where they were not counted.
    pub calls: u64,
    /// Leads in them.
    pub leads: u64,
    /// Of those, the ones that were scored.
    pub scored: u64,
    /// Leads that failed for the service's own fault.
    pub failed: u64,
    /// How long requests with one lead took.
    pub latency: Latency,
    /// Leads that were not scored, by the code of the refusal.
    pub codes: BTreeMap<String, u64>,
    /// Leads by the version that answered.
    pub versions: BTreeMap<String, u64>,
}

/// How a version ranked leads whose outcome is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Leads that matured in the last seven days.
    pub week: Scores,
    /// Leads that matured in the last 28 days.
    pub month: Scores,
}

/// What a version was when it was trained.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Its area under the ROC curve; none where it is not known.
    pub auc: Option<f64>,
    /// Whether that is of leads it had not seen.
    pub is_held_out: bool,
    /// The share of leads in each band, the lowest first, and where the band begins.
    pub bands: Vec<(String, f64, f64)>,
}

/// Values of a field in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All, missing ones included.
    pub values: u64,
    /// Missing.
    pub missing: u64,
    /// Of a category: values that training did not have.
    pub new: u64,
}

/// A field of the version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its share of the model's importance; 0 where the model does not read it or nothing is known.
    pub importance: f64,
    /// How far the last seven days are from training: the KS statistic's lower end, of a category the total variation.
    pub distance: Option<f64>,
    /// The chance of that without drift.
    pub p_value: Option<f64>,
    /// The last seven days.
    pub week: Counts,
    /// The 28 days before those; of a young store, the training data.
    pub before: Counts,
    /// By the hour, the oldest first.
    pub hours: Vec<FieldHour>,
}

/// Values of a field in an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldHour {
    /// Its begin.
    pub start_ms: i64,
    /// What came.
    pub counts: Counts,
}

/// Matured leads with one value of a segment, such as those from one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    /// The field.
    pub field: String,
    /// The value.
    pub value: String,
    /// Leads that matured in the last seven days, and those of them that converted.
    pub week: [u64; 2],
    /// The same of the 28 days before.
    pub before: [u64; 2],
}

/// Missing values of a field among leads with one value of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced {
    /// The field whose values are missing.
    pub field: String,
    /// The segment's field.
    pub segment: String,
    /// Its value.
    pub value: String,
    /// Of the last day.
    pub day: Counts,
    /// Of the seven days before.
    pub before: Counts,
}

/// Leads of one kind, and whether they were contacted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Leads.
    pub leads: u64,
    /// Of those, the ones that someone worked within two days: their score was seen, or a deal was opened.
    pub contacted: u64,
    /// The mean of their waits, in hours.
    pub mean_hours: Option<f64>,
}

/// How soon leads were contacted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    /// Leads of the top band.
    pub hot: Contact,
    /// The others.
    pub other: Contact,
    /// Scores that were seen, and of those the ones older than four hours.
    pub stale: [u64; 2],
}

/// What pages reported on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The day.
    pub day_ms: i64,
    /// Leads that were scored.
    pub scored: u64,
    /// Scores that a person saw.
    pub exposures: u64,
    /// Of those, the ones whose page measured its wait.
    pub waits: u64,
    /// The sum of those waits, milliseconds.
    pub wait_ms: f64,
}

/// What a person noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at_ms: i64,
    /// Its kind, such as `change`.
    pub kind: String,
    /// What it says.
    pub text: String,
}

/// A version that answered, and how large it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The version.
    pub version: String,
    /// Its trees; 0 of a linear model.
    pub trees: u64,
    /// Its columns.
    pub columns: u64,
    /// Bytes of its bundle.
    pub bytes: u64,
}

impl From<&Feature> for Counts {
    /// What a window counted of a feature.
    fn from(feature: &Feature) -> Counts {
        let (counts, missing) = feature.counts();
        let values = counts.iter().fold(missing, |sum, n| sum.saturating_add(*n));
        let new = match feature {
            Feature::Category { counts, .. } => counts.unknown(),
            Feature::Number { .. } => 0,
        };
        Counts { values, missing, new }
    }
}

impl Training {
    /// What `bundle` says of its training; none without a baseline. Where the figures are of the training data itself, those that the
    /// bundle's owner declared of held-out data come first.
    pub fn of(bundle: &Bundle) -> Option<Training> {
        let baseline = bundle.baseline.as_ref()?;
        let measured = baseline.figure("auc").map(|figure| figure.value);
        let declared = bundle.manifest.provenance.baseline.get("auc").copied().filter(|auc| (0.0..=1.0).contains(auc));
        let is_held_out = baseline.held_out.is_some();
        let (auc, is_held_out) = match (is_held_out, declared) {
            (false, Some(declared)) => (Some(declared), true),
            _ => (measured, is_held_out),
        };
        let from = |name: &str| bundle.manifest.bands.iter().find(|band| band.name == name).map(|band| band.from);
        let bands = baseline.bands.iter().filter_map(|band| Some((band.name.clone(), from(&band.name)?, band.share))).collect();
        Some(Training { auc, is_held_out, bands })
    }
}

impl Served {
    /// How large the model of `bundle` is, whose file has `bytes` bytes.
    pub fn of(bundle: &Bundle, bytes: u64) -> Served {
        let trees = match &bundle.model().body {
            Body::Trees(ensemble) => ensemble.trees.len() as u64,
            Body::Linear(_) => 0,
        };
        let columns = bundle.model().columns.len() as u64;
        Served { version: bundle.manifest.version.clone(), trees, columns, bytes }
    }
}

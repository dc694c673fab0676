//! The report as it arrived: each part is read by itself, so that a faulty one takes only itself away.

mod field;
mod json;
mod limit;
mod part;

use plumbline_core::report::{
    AlertPart, Answers, Business, Change, ComparisonPart, Complete, Day, Deployment, DiagnosisPart, Event, ExperimentPart, Goal,
    Health, IncidentPart, Measure, MeasureId, Model, Performance, Quality, RetrainingPart, Revenue, RolloutPart, SettingsPart,
    Verdict,
};
use plumbline_core::sentence::Sentence;
use serde_json::{Map, Value};

use crate::aside::Note;

pub use field::{Misfit, Read, field, member, whole};
pub use json::{first, number, parse, shortest, write};
pub use limit::{BYTES, ROWS};

/// The newest format that this page reads.
pub const FORMAT: u64 = 1;

/// A report.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// When it was made, RFC 3339.
    pub generated_at: String,
    /// The newest row in it.
    pub data_until: Option<String>,
    /// Names its content.
    pub digest: String,
    /// Seconds after which to ask again.
    pub refresh_s: u32,
    /// Its format.
    pub format: u64,
    /// Whether all parts of the service answered.
    pub complete: Option<Complete>,
    /// What is reported on.
    pub deployment: Option<Deployment>,
    /// The state in one sentence.
    pub verdict: Option<Verdict>,
    /// Five questions and their answers.
    pub answers: Option<Answers>,
    /// Daily statuses.
    pub days: Vec<Day>,
    /// What changed lately.
    pub changes: Vec<Change>,
    /// The newest events.
    pub events: Vec<Event>,
    /// The measures.
    pub measures: Vec<Measure>,
    /// The service by the hour.
    pub health: Option<Health>,
    /// Scores against outcomes.
    pub performance: Option<Performance>,
    /// The leads' data.
    pub quality: Option<Quality>,
    /// What sales gets.
    pub business: Option<Business>,
    /// The rollout.
    pub rollout: Option<RolloutPart>,
    /// The newest A/B test.
    pub experiment: Option<ExperimentPart>,
    /// Champion and challenger on the same leads.
    pub comparison: Option<ComparisonPart>,
    /// The goals of 90 days.
    pub goals: Vec<Goal>,
    /// Additional revenue.
    pub revenue: Option<Revenue>,
    /// Alerts that fire or were resolved lately.
    pub alerts: Vec<AlertPart>,
    /// All alerts that ever fired.
    pub alerts_total: u64,
    /// Open incidents.
    pub incidents: Vec<IncidentPart>,
    /// What the troubleshooting guide found.
    pub diagnosis: Vec<DiagnosisPart>,
    /// Retrainings.
    pub retraining: Option<RetrainingPart>,
    /// The registered models.
    pub models: Vec<Model>,
    /// People, links and numbers.
    pub settings: Option<SettingsPart>,
    /// Notes of people and of the service: only a report that was saved has them in it.
    pub annotations: Vec<Note>,
    /// What a reader should know besides.
    pub notes: Vec<Sentence>,
    /// Parts that could not be read.
    pub faults: Vec<Fault>,
}

/// A part of the report that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its name, with the place of an entry of a list.
    pub part: String,
    /// The path in it of what has another shape.
    pub at: String,
}

/// Why a file is not shown at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is larger than [`BYTES`].
    TooLarge,
    /// It is not JSON.
    NotJson,
    /// It has no `format`.
    NotAReport,
}

impl Refused {
    /// Why, in the reader's language.
    pub fn words(&self, text: &crate::text::Text) -> String {
        match self {
            Refused::TooLarge => text.of("file.too_large").to_owned(),
            Refused::NotJson => text.of("file.not_json").to_owned(),
            Refused::NotAReport => text.of("file.not_a_report").to_owned(),
        }
    }
}

impl Report {
    /// The report in `text`. What cannot be read of it is listed in its faults.
    ///
    /// # Errors
    /// [`Refused`]: the text is too large or not a report.
    pub fn read(text: &str) -> Result<Report, Refused> {
        let (mut report, mut parts) = Report::begun(text)?;
        let (parts, mut faults) = (&mut parts, std::mem::take(&mut report.faults));
        report.events = list(parts, "events", &mut faults);
        report.health = one(parts, "health", &mut faults);
        report.performance = one(parts, "performance", &mut faults);
        report.quality = one(parts, "quality", &mut faults);
        report.business = one(parts, "business", &mut faults);
        report.rollout = one(parts, "rollout", &mut faults);
        report.experiment = one(parts, "experiment", &mut faults);
        report.comparison = one(parts, "comparison", &mut faults);
        report.goals = list(parts, "goals", &mut faults);
        report.revenue = one(parts, "revenue", &mut faults);
        report.alerts = list(parts, "alerts", &mut faults);
        report.alerts_total = one(parts, "alerts_total", &mut faults).unwrap_or_default();
        report.incidents = list(parts, "incidents", &mut faults);
        report.diagnosis = list(parts, "diagnosis", &mut faults);
        report.retraining = one(parts, "retraining", &mut faults);
        report.models = list(parts, "models", &mut faults);
        report.settings = one(parts, "settings", &mut faults);
        report.annotations = list(parts, "annotations", &mut faults);
        report.faults = faults;
        Ok(report)
    }

    /// What the overview shows of the report in `text`; all other parts are empty.
    ///
    /// # Errors
    /// [`Refused`]: the text is too large or not a report.
    pub fn overview(text: &str) -> Result<Report, Refused> {
        Report::begun(text).map(|(report, _)| report)
    }

    /// The parts that the overview shows, and all others as they stand.
    fn begun(text: &str) -> Result<(Report, Map<String, Value>), Refused> {
        if text.len() > BYTES {
            return Err(Refused::TooLarge);
        }
        let value = first(text, limit::POINTS).ok_or(Refused::NotJson)?;
        let Value::Object(mut parts) = value else { return Err(Refused::NotAReport) };
        let Some(format) = parts.get("format").and_then(Value::as_u64) else { return Err(Refused::NotAReport) };
        let mut faults = Vec::new();
        let mut report = Report { format, ..Report::default() };
        report.generated_at = one(&mut parts, "generated_at", &mut faults).unwrap_or_default();
        report.data_until = one(&mut parts, "data_until", &mut faults);
        report.digest = one(&mut parts, "digest", &mut faults).unwrap_or_default();
        report.refresh_s = one(&mut parts, "refresh_s", &mut faults).unwrap_or(15);
        report.complete = one(&mut parts, "complete", &mut faults);
        report.deployment = one(&mut parts, "deployment", &mut faults);
        report.verdict = one(&mut parts, "verdict", &mut faults);
        report.answers = one(&mut parts, "answers", &mut faults);
        report.days = list(&mut parts, "days", &mut faults);
        report.changes = list(&mut parts, "changes", &mut faults);
        report.measures = list(&mut parts, "measures", &mut faults);
        report.notes = list(&mut parts, "notes", &mut faults);
        report.faults = faults;
        Ok((report, parts))
    }

    /// The measure `id`.
    pub fn measure(&self, id: MeasureId) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.id == id)
    }

    /// The fault in `part`, if it could not be read.
    pub fn fault(&self, part: &str) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.part.split(['.', '[']).next() == Some(part))
    }
}

/// The member `name`, of which null stays behind: taking it out of a map is 2 KB of the page's module.
fn taken(parts: &mut Map<String, Value>, name: &str) -> Option<Value> {
    parts.get_mut(name).map(Value::take)
}

/// The part `name`, cut to what is read of it; none where it is absent or null.
#[inline(never)]
fn part(parts: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let mut value = taken(parts, name).filter(|value| !value.is_null())?;
    limit::cut(&mut value);
    Some(value)
}

/// Notes that the value at `at` in the part `name` has another shape.
#[inline(never)]
fn note(faults: &mut Vec<Fault>, name: &str, place: Option<usize>, at: String) {
    let part = place.map_or_else(|| name.to_owned(), |place| format!("{name}[{place}]"));
    faults.push(Fault { part, at });
}

/// The part `name`; none where it is absent or null. A part of another shape is a fault.
#[inline(never)]
fn one<T: Read>(parts: &mut Map<String, Value>, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    whole(&part(parts, name)?).map_err(|path| note(faults, name, None, path)).ok()
}

/// The entries of the part `name`.
#[inline(never)]
fn entries(parts: &mut Map<String, Value>, name: &str, faults: &mut Vec<Fault>) -> Vec<Value> {
    match part(parts, name) {
        None => Vec::new(),
        Some(Value::Array(mut entries)) => {
            entries.truncate(ROWS);
            entries
        }
        Some(_) => {
            note(faults, name, None, String::new());
            Vec::new()
        }
    }
}

/// The entries of the list `name` that can be read.
#[inline(never)]
fn list<T: Read>(parts: &mut Map<String, Value>, name: &str, faults: &mut Vec<Fault>) -> Vec<T> {
    let mut read = Vec::new();
    for (place, entry) in entries(parts, name, faults).iter().enumerate() {
        match whole(entry) {
            Ok(entry) => read.push(entry),
            Err(path) => note(faults, name, Some(place), path),
        }
    }
    read
}

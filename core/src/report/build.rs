//! The report of given facts.

mod answer;
mod business;
mod comparison;
mod experiment;
mod goals;
mod human;
mod measured;
mod performance;
mod quality;
mod revenue;
mod rollout;
mod training;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use self::measured::Seen;
use self::training::{diagnosed, model};
use super::alert::{AlertPart, IncidentPart};
use super::day::DayRow;
use super::document::{
    Change, Complete, Day, Deployment, Event, Health, LoadTest, Report, RetrainingPart, SettingsPart, SignOff,
};
use super::human::Human;
use super::measure::{Measure, MeasureId, Tab, status};
use super::time::{day_text, time_text};
use super::value::{Estimate, Series, Status};
use crate::alert::{Alert, Incident, Phase};
use crate::bundle::Baseline;
use crate::diagnose::Diagnosis;
use crate::rollout::evidence::Suite;
use crate::rollout::{DAY_MS, Policy, Severity, Stage, State, Verdict, phrase};
use crate::sentence::Sentence;
use crate::window::{Layout, Scores, Window};

pub use experiment::TestFacts;
pub use goals::Progress;
pub use quality::DriftRow;

/// Seconds after which a page should ask again.
const REFRESH_S: u32 = 10;
/// Alerts and incidents that are listed.
const LISTED: usize = 10;

/// What a report is made of. Times are milliseconds since 1970.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Now.
    pub now_ms: i64,
    /// When the newest row was made.
    pub data_until_ms: Option<i64>,
    /// Whether all parts of the service answered.
    pub complete: Complete,
    /// What is reported on.
    pub deployment: Deployment,
    /// The rules in force.
    pub policy: &'a Policy,
    /// The lifecycle's state.
    pub state: &'a State,
    /// When each stage of the rollout began, in their order.
    pub entered: &'a [(Stage, i64)],
    /// The approvals by which the rollout passed its earlier stages, in their order.
    pub passed: &'a [SignOff],
    /// Open reports that something about the challenger's scores is odd, the newest first: when, and the id.
    pub odd: &'a [(i64, String)],
    /// Daily figures of the last 90 days, the oldest first.
    pub days: &'a [DayRow],
    /// Merged windows of each version that is champion or challenger.
    pub recent: &'a [Recent],
    /// The last 48 hours, the oldest first.
    pub hours: &'a [HourRow],
    /// Distances of fields from training by day.
    pub drift: &'a [DriftRow],
    /// The expectation suites of the versions that are loaded, as they were run last.
    pub suites: &'a [Suite],
    /// People's judgement of leads next to the model's; none before any was known.
    pub human: Option<&'a Human>,
    /// The newest A/B test.
    pub test: Option<TestFacts>,
    /// How far the first 90 days have come.
    pub progress: Progress,
    /// The newest load test: requests a second, and when.
    pub load_test: Option<(f64, i64)>,
    /// The gates of the stage: of the last look, else as they stand today.
    pub verdicts: &'a [Verdict],
    /// What comes next, in words.
    pub next: Sentence,
    /// Gates and approvals that are missing.
    pub missing: Vec<String>,
    /// The earliest end of the stage.
    pub earliest_ms: Option<i64>,
    /// The newest entries of the ledger, the newest first.
    pub ledger: &'a [LedgerRow],
    /// All entries of the ledger.
    pub ledger_total: u64,
    /// The newest entries of the kinds that [`Kind::CHANGES`](crate::rollout::ledger::Kind::CHANGES) lists, the newest first.
    pub changes: &'a [LedgerRow],
    /// The alerts that fire and those that were resolved last, and how many there ever were.
    pub alerts: (&'a [Alert], u64),
    /// The newest incidents, those that are open first.
    pub incidents: &'a [Incident],
    /// Messages that did not arrive.
    pub undelivered: u64,
    /// The registered models.
    pub models: &'a [ModelRow],
    /// Retrainings, and when the next is due.
    pub retraining: &'a RetrainingPart,
    /// What the troubleshooting guide found last.
    pub diagnosis: Option<&'a Diagnosis>,
}

/// Merged windows of one version.
#[derive(Debug)]
pub struct Recent {
    /// The version.
    pub version: String,
    /// By which its traffic is counted; outcomes have no features.
    pub layout: Layout,
    /// The training data as a window of that layout.
    pub reference: Option<Window>,
    /// Traffic of the last seven days.
    pub traffic: Window,
    /// Scores of the seven days before those.
    pub previous: Scores,
    /// Outcomes of the last `outcome_days` days.
    pub outcomes: Window,
    /// The days of `outcomes`.
    pub outcome_days: u32,
    /// Won deals of those days with a value: how many, the sum of their values and of the squares.
    pub deals: (u64, f64, f64),
    /// Ratings by sales of those days, from 1 to 10.
    pub ratings: [u64; 10],
    /// The bands of its scores, each with its least probability.
    pub bands: Vec<(String, f64)>,
    /// Scores of training that parts of the leads did not exceed: each the part and the score; empty without a baseline.
    pub training: Vec<(f64, f64)>,
    /// The part of each field in its reasons, the largest first; empty without a baseline.
    pub importance: Vec<(String, f64)>,
}

/// An hour of traffic, all versions together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct HourRow {
    /// Begin of the hour.
    pub start_ms: i64,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// 99th percentile in milliseconds.
    pub p99_ms: Option<f64>,
    /// Requests.
    pub requests: u64,
    /// Of those, the ones that failed.
    pub errors: u64,
}

/// An entry of the ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerRow {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// Its kind.
    pub kind: String,
    /// What happened.
    pub sentence: Sentence,
    /// Who acted.
    pub actor: String,
    /// Hash of the entry before.
    pub previous: String,
    /// Its hash.
    pub hash: String,
    /// Whether the entry is about something that went wrong.
    pub is_trouble: bool,
}

/// A registered model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelRow {
    /// Its version.
    pub version: String,
    /// What it is now.
    pub status: String,
    /// Names that point to it.
    pub aliases: Vec<String>,
    /// When it was registered.
    pub registered_ms: i64,
    /// SHA-256 of its bundle.
    pub digest: String,
    /// What it was when it was trained.
    pub baseline: Option<Baseline>,
}

impl Report {
    /// The report of `facts`.
    pub fn new(facts: &Facts<'_>) -> Report {
        let seen = facts.seen();
        let measures: Vec<Measure> = MeasureId::ALL.into_iter().map(|id| facts.measure(id, seen.as_ref())).collect();
        let revenue = facts.revenue();
        let mut report = Report {
            format: 1,
            minor: 0,
            generated_at: time_text(facts.now_ms),
            data_until: facts.data_until_ms.map(time_text),
            digest: String::new(),
            refresh_s: REFRESH_S,
            complete: facts.complete.clone(),
            deployment: facts.deployment.clone(),
            verdict: facts.verdict(&measures),
            answers: facts.answers(&measures, &revenue),
            days: facts.statuses(),
            changes: facts.changes(),
            events: facts.ledger.iter().map(event).collect(),
            health: facts.health(),
            performance: facts.performance(seen.as_ref()),
            quality: facts.quality(seen.as_ref()),
            business: facts.business(),
            rollout: facts.rollout(),
            experiment: facts.experiment(),
            comparison: facts.comparison(),
            goals: facts.goals(&measures, &revenue),
            revenue,
            alerts: facts.alerts(),
            alerts_total: facts.alerts.1,
            incidents: facts.open().take(LISTED).map(|incident| IncidentPart::new(facts.policy, incident)).collect(),
            retraining: facts.retraining.clone(),
            models: facts.models.iter().map(|row| model(row, facts.state.past.get(&row.version))).collect(),
            diagnosis: facts.diagnosis.map(diagnosed).unwrap_or_default(),
            settings: SettingsPart {
                contacts: facts.policy.report.contact.clone(),
                links: facts.policy.report.links.clone(),
                policy_sha256: facts.state.policy_sha256.clone(),
            },
            notes: facts.notes(),
            measures,
        };
        report.digest = report.content();
        report
    }

    /// SHA-256 of what the report says, in hexadecimal: without the time at which it was made.
    fn content(&self) -> String {
        let same = Report { generated_at: String::new(), digest: String::new(), ..self.clone() };
        let json = serde_json::to_vec(&same).unwrap_or_default();
        Sha256::digest(json).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Facts<'_> {
    /// What changed lately. An alert opens its incident with the same sentence, and a start is also a stage that begins: each is there once.
    fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for row in self.changes.iter().filter(|row| !row.sentence.text.is_empty() && row.sentence.code != "STARTED") {
            let again = |last: &Change| last.sentence.text == row.sentence.text && last.at == time_text(row.at_ms);
            match changes.last_mut().filter(|last| again(last)) {
                Some(last) => last.trouble |= row.is_trouble,
                None => changes.push(Change {
                    seq: row.seq,
                    at: time_text(row.at_ms),
                    sentence: row.sentence.clone(),
                    actor: row.actor.clone(),
                    trouble: row.is_trouble,
                }),
            }
        }
        changes
    }

    /// The incidents that are open, the most urgent deadline first.
    fn open(&self) -> impl Iterator<Item = &Incident> {
        let mut open: Vec<&Incident> = self.incidents.iter().filter(|incident| incident.is_open()).collect();
        open.sort_by_key(|incident| (incident.due_ms, incident.id.as_str()));
        open.into_iter()
    }

    /// The alerts, each with its incident while that is open.
    fn alerts(&self) -> Vec<AlertPart> {
        let part = |alert: &Alert| {
            let of = self.open().find(|incident| incident.alert.as_deref() == Some(&alert.id));
            AlertPart::new(self.policy, alert, of)
        };
        self.alerts.0.iter().take(LISTED).map(part).collect()
    }

    /// Whether an alert of this urgency fires.
    fn fires(&self, severity: Severity) -> bool {
        self.alerts.0.iter().any(|alert| alert.state == Phase::Firing && alert.severity == severity)
    }

    fn of_version(&self, version: &str) -> Option<&Recent> {
        self.recent.iter().find(|recent| recent.version == version)
    }

    /// Days of the report, as days since 1970: at most 90, to yesterday.
    fn span(&self) -> std::ops::Range<i64> {
        let today = self.now_ms.div_euclid(DAY_MS);
        let first = self.days.first().map_or(today, |row| row.day_ms.div_euclid(DAY_MS));
        first.max(today - 90)..today
    }

    /// The daily figures of `id` of `version`, with the interval of the area; today is not complete and left out.
    fn series(&self, id: MeasureId, version: &str) -> Series {
        let span = self.span();
        let of = |day: i64| {
            let rows = self.days.iter().filter(|row| row.day_ms.div_euclid(DAY_MS) == day && row.version == version);
            rows.max_by_key(|row| (id.of_day(row).is_some(), row.leads.max(row.matured)))
        };
        let rows: Vec<Option<&DayRow>> = span.clone().map(of).collect();
        let series = Series::new(span.start * DAY_MS, 86_400, rows.iter().map(|row| row.and_then(|row| id.of_day(row))));
        match id {
            MeasureId::Auc => series.within(rows.iter().map(|row| row.and_then(|row| row.auc_interval))),
            _ => series,
        }
    }

    fn measure(&self, id: MeasureId, seen: Option<&Seen>) -> Measure {
        let champion = &self.state.champion;
        let (estimate, window_days) = self.estimate(id, seen);
        let target = id.target(self.policy);
        let is_short = estimate.n.zip(estimate.n_needed).is_some_and(|(n, needed)| n < needed);
        let status = match target.as_ref() {
            Some(_) if is_short => Status::InsufficientData,
            target => status(&estimate, target),
        };
        let challenger = self.state.challenger().map(|version| self.series(id, version)).filter(|series| !series.is_empty());
        Measure {
            id,
            tab: id.tab(),
            unit: id.unit().to_owned(),
            sentence: answer::measured(id, &estimate, target.as_ref(), status, &self.deployment.currency),
            estimate,
            status,
            window_days,
            target,
            champion: self.series(id, champion),
            challenger,
        }
    }

    /// The statuses of each day, by tab: the worst of its measures with a target.
    fn statuses(&self) -> Vec<Day> {
        let of_day = |day: i64| {
            let rows: Vec<&DayRow> = self.days.iter().filter(|row| row.day_ms.div_euclid(DAY_MS) == day).collect();
            let tab = |tab: Tab| {
                let measures = MeasureId::ALL.into_iter().filter(|id| id.tab() == tab);
                let found = measures.filter_map(|id| {
                    let target = id.target(self.policy)?;
                    let row = rows.iter().find(|row| row.version == self.served(row) && id.of_day(row).is_some())?;
                    let estimate = Estimate::of(id.of_day(row));
                    let estimate = if id == MeasureId::Auc { estimate.within(row.auc_interval) } else { estimate };
                    // A day's few outcomes are off any target now and then: only what has an interval is judged.
                    let is_judged = tab != Tab::Performance || estimate.low.is_some();
                    is_judged.then(|| status(&estimate, Some(&target)))
                });
                found.max_by_key(|status| worse(*status)).map(|status| (tab.name().to_owned(), status))
            };
            Day { day: day_text(day * DAY_MS), statuses: Tab::ALL.into_iter().filter_map(tab).collect() }
        };
        self.span().map(of_day).collect()
    }

    /// The version whose row counts for a day's status: the one that answered as champion.
    fn served<'r>(&self, row: &'r DayRow) -> &'r str {
        if row.role == "champion" { &row.version } else { "" }
    }

    fn health(&self) -> Health {
        let Some(first) = self.hours.first().map(|row| row.start_ms) else { return Health::default() };
        let last = self.hours.last().map_or(first, |row| row.start_ms);
        let rows: Vec<Option<&HourRow>> = (first.div_euclid(3_600_000)..=last.div_euclid(3_600_000))
            .map(|hour| self.hours.iter().find(|row| row.start_ms.div_euclid(3_600_000) == hour))
            .collect();
        let series = |figure: fn(&HourRow) -> Option<f64>| Series::new(first, 3_600, rows.iter().map(|row| row.and_then(figure)));
        let hourly = BTreeMap::from([
            ("p50_ms".to_owned(), series(|row| row.p50_ms)),
            ("p99_ms".to_owned(), series(|row| row.p99_ms)),
            ("requests".to_owned(), series(|row| Some(row.requests as f64))),
            ("errors".to_owned(), series(|row| Some(row.errors as f64))),
        ]);
        let load_test = self.load_test.map(|(req_per_s, at_ms)| LoadTest { req_per_s, at: time_text(at_ms) });
        Health { hourly, load_test }
    }

    fn notes(&self) -> Vec<Sentence> {
        let Complete { shards, answered, .. } = self.complete;
        let partial = (answered < shards).then(|| {
            Sentence::new("PARTIAL", format!("Figures of {answered} of {shards} shards; the others did not answer lately."))
                .with("answered", answered)
                .with("shards", shards)
        });
        let undelivered = (self.undelivered > 0).then(|| {
            let messages = phrase::counted(self.undelivered, "message", "messages");
            Sentence::new("UNDELIVERED", format!("{messages} did not reach the receiver; `plumbline alerts list` says why."))
                .with("messages", self.undelivered)
        });
        self.complete.notes().into_iter().chain(partial).chain(undelivered).collect()
    }
}

/// The order of statuses from good to bad, for the worst of a day.
fn worse(status: Status) -> u8 {
    match status {
        Status::Tracked => 0,
        Status::Pass => 1,
        Status::InsufficientData => 2,
        Status::Inconclusive => 3,
        Status::Error => 4,
        Status::Fail => 5,
    }
}

fn event(row: &LedgerRow) -> Event {
    Event {
        seq: row.seq,
        at: time_text(row.at_ms),
        kind: row.kind.clone(),
        sentence: row.sentence.clone(),
        actor: row.actor.clone(),
        prev: row.previous.clone(),
        hash: row.hash.clone(),
    }
}

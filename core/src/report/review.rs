//! Reviews: what a person looks at each day, week and month, as a document that stays as it was.

use serde::{Deserialize, Serialize};

use super::document::Report;
use super::human::Third;
use super::measure::{Measure, MeasureId};
use super::time::{day_text, time_text};
use super::value::{Estimate, PERCENTILES, Status};
use crate::rollout::{DAY_MS, phrase};
use crate::sentence::Sentence;
use crate::window::Scores;

/// Segments that a review lists.
const SEGMENTS: usize = 20;

/// A review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Review {
    /// Changes that a reader of this format cannot ignore count here.
    pub format: u32,
    /// Kind and day, as in `weekly-2026-11-30`.
    pub id: String,
    /// Which.
    pub kind: ReviewKind,
    /// When it was made.
    pub made_at: String,
    /// The whole in one sentence.
    pub sentence: Sentence,
    /// Its parts.
    pub parts: Vec<ReviewPart>,
    /// What a person is asked, and answers by a note; none where nothing is asked.
    pub question: Option<Sentence>,
}

/// Which review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    /// Every day.
    Daily,
    /// Every Monday.
    Weekly,
    /// On the first of a month.
    Monthly,
}

/// A part of a review: an item of the checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewPart {
    /// Which.
    pub id: String,
    /// What it says.
    pub status: Status,
    /// In words.
    pub sentence: Sentence,
    /// Further lines: a label and a text each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<(String, String)>,
}

/// What a review needs besides the report.
#[derive(Debug, Default)]
pub struct ReviewFacts<'a> {
    /// Now.
    pub now_ms: i64,
    /// Requests of the last day by version: all, and the failed ones.
    pub requests: &'a [(String, u64, u64)],
    /// Predictions of the last day, and when the newest was made.
    pub predictions: (u64, Option<i64>),
    /// The champion's scores of the last seven days and of the seven before.
    pub scores: [Option<&'a Scores>; 2],
    /// Of the champion's leads whose outcomes counted in the last 28 days, by field and value of their segments: leads, and those that bought.
    pub segments: &'a [(String, String, [u64; 2])],
}

impl ReviewKind {
    /// All, the most frequent first.
    pub const ALL: [ReviewKind; 3] = [ReviewKind::Daily, ReviewKind::Weekly, ReviewKind::Monthly];

    /// Its name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            ReviewKind::Daily => "daily",
            ReviewKind::Weekly => "weekly",
            ReviewKind::Monthly => "monthly",
        }
    }

    /// The id of the review that is due on the UTC day of `now_ms`; none on other days.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::report::ReviewKind;
    /// let monday = 1_795_996_800_000; // 2026-11-30
    /// assert_eq!(ReviewKind::Weekly.due(monday), Some("weekly-2026-11-30".to_owned()));
    /// assert_eq!(ReviewKind::Monthly.due(monday), None);
    /// ```
    pub fn due(self, now_ms: i64) -> Option<String> {
        let (day, date) = (now_ms.div_euclid(DAY_MS), day_text(now_ms));
        let is_due = match self {
            ReviewKind::Daily => true,
            // 1970 began on a Thursday.
            ReviewKind::Weekly => (day + 3).rem_euclid(7) == 0,
            ReviewKind::Monthly => date.ends_with("-01"),
        };
        is_due.then(|| format!("{}-{date}", self.name()))
    }
}

impl Review {
    /// The review `id` of `report` and `facts`.
    pub fn new(kind: ReviewKind, id: &str, report: &Report, facts: &ReviewFacts<'_>) -> Review {
        let parts = match kind {
            ReviewKind::Daily => vec![red_flags(report), failures(report, facts), predictions(facts)],
            ReviewKind::Weekly => weekly(report, facts),
            ReviewKind::Monthly => monthly(report, facts),
        };
        let off = parts.iter().filter(|part| matches!(part.status, Status::Fail | Status::Error)).count() as u64;
        let unknown = parts.iter().filter(|part| part.status == Status::InsufficientData).count() as u64;
        let all = phrase::counted(parts.len() as u64, "item", "items");
        let text = match (off, unknown) {
            (0, 0) => format!("All {all} of the {} review are in order.", kind.name()),
            (0, unknown) => format!(
                "Nothing is off in the {} review; {} cannot be judged yet.",
                kind.name(),
                phrase::counted(unknown, "item", "items")
            ),
            (off, _) => format!("{} of {all} of the {} review need a look.", phrase::count(off), kind.name()),
        };
        let sentence = Sentence::new("REVIEW", text).with("off", off).with("unknown", unknown);
        let question = (kind == ReviewKind::Monthly).then(|| {
            let text =
                format!("Retrain the model? Answer with: plumbline note --kind retraining_decision --about {id} --text TEXT");
            Sentence::new("RETRAIN", text)
        });
        Review { format: 1, id: id.to_owned(), kind, made_at: time_text(facts.now_ms), sentence, parts, question }
    }
}

fn part(id: &str, status: Status, text: String, rows: Vec<(String, String)>) -> ReviewPart {
    ReviewPart { id: id.to_owned(), status, sentence: Sentence::new(&format!("REVIEW_{}", id.to_ascii_uppercase()), text), rows }
}

/// Alerts that fire, and incidents that wait for a person.
fn red_flags(report: &Report) -> ReviewPart {
    let firing: Vec<_> = report.alerts.iter().filter(|alert| alert.state == "firing").collect();
    let rows = firing.iter().map(|alert| (alert.rule.clone(), alert.sentence.text.clone()));
    let rows: Vec<_> =
        rows.chain(report.incidents.iter().map(|i| (format!("due {}", i.due_at), i.sentence.text.clone()))).collect();
    if rows.is_empty() {
        return part("red_flags", Status::Pass, "No alert fires and no incident is open.".into(), rows);
    }
    let (alerts, incidents) = (firing.len() as u64, report.incidents.len() as u64);
    let text = format!(
        "{} and {}.",
        phrase::counted(alerts, "alert fires", "alerts fire"),
        phrase::counted(incidents, "incident is open", "incidents are open")
    );
    part("red_flags", Status::Fail, text, rows)
}

fn failures(report: &Report, facts: &ReviewFacts<'_>) -> ReviewPart {
    let (all, failed) = facts.requests.iter().fold((0u64, 0u64), |sum, (_, all, failed)| (sum.0 + all, sum.1 + failed));
    let row = |(version, all, failed): &(String, u64, u64)| {
        (version.clone(), format!("{} of {}", phrase::count(*failed), phrase::count(*all)))
    };
    let rows: Vec<_> = facts.requests.iter().map(row).collect();
    if all == 0 {
        return part("errors", Status::InsufficientData, "No request came in the last 24 hours.".into(), rows);
    }
    let limit =
        report.measures.iter().find(|m| m.id == MeasureId::ErrorRate).and_then(|m| m.target.as_ref()).map_or(1.0, |t| t.value);
    let share = failed as f64 / all as f64;
    let status = if share < limit { Status::Pass } else { Status::Fail };
    let text = format!(
        "{} of {} requests failed in the last 24 hours; less than {} may.",
        phrase::count(failed),
        phrase::count(all),
        phrase::percent(limit)
    );
    part("errors", status, text, rows)
}

fn predictions(facts: &ReviewFacts<'_>) -> ReviewPart {
    let (rows, newest_ms) = facts.predictions;
    let newest = newest_ms.map_or_else(|| "none".to_owned(), |ms| phrase::clock(ms, facts.now_ms));
    let status = if rows > 0 { Status::Pass } else { Status::Fail };
    let text = format!(
        "{} written in the last 24 hours; the newest: {newest}.",
        phrase::counted(rows, "prediction was", "predictions were")
    );
    part("predictions", status, text, Vec::new())
}

fn weekly(report: &Report, facts: &ReviewFacts<'_>) -> Vec<ReviewPart> {
    let ids = |id: &str, wanted: &[MeasureId]| measures(report, id, wanted);
    vec![
        drift(report),
        percentiles(report, facts),
        ids("performance", &[MeasureId::Auc, MeasureId::Precision, MeasureId::Recall]),
        ids("business", &[MeasureId::Conversion, MeasureId::DealSize, MeasureId::Satisfaction, MeasureId::ScoresPerDay]),
        ids("service", &[MeasureId::P50Ms, MeasureId::P99Ms, MeasureId::Throughput, MeasureId::ErrorRate, MeasureId::Uptime]),
    ]
}

/// The measures of a part: as bad as the worst of them.
fn measures(report: &Report, id: &str, wanted: &[MeasureId]) -> ReviewPart {
    let found: Vec<&Measure> = wanted.iter().filter_map(|id| report.measures.iter().find(|measure| measure.id == *id)).collect();
    let rows = found.iter().map(|measure| (measure.id.words().to_owned(), measure.sentence.text.clone())).collect();
    let off = found.iter().filter(|measure| measure.status == Status::Fail).count() as u64;
    let is_known = found.iter().any(|measure| measure.estimate.value.is_some());
    let (status, text) = match (off, is_known) {
        (0, true) => (Status::Pass, "No measure is off target.".to_owned()),
        (0, false) => (Status::InsufficientData, "No figure is known yet.".to_owned()),
        (off, _) => (Status::Fail, format!("{} off target.", phrase::counted(off, "measure is", "measures are"))),
    };
    part(id, status, text, rows)
}

fn drift(report: &Report) -> ReviewPart {
    let Some(quality) = &report.quality else {
        let text = "The model has no baseline to compare leads with; `plumbline baseline` adds one.";
        return part("drift", Status::InsufficientData, text.into(), Vec::new());
    };
    let off = quality.features.iter().filter(|feature| feature.status == Status::Fail).count() as u64;
    let number = |x: Option<f64>| x.map_or_else(|| "not known".to_owned(), |x| phrase::rounded(x, 2));
    let rows =
        quality.features.iter().map(|feature| (feature.name.clone(), format!("distance {}", number(feature.ks)))).collect();
    let fields = phrase::counted(u64::from(quality.features_total), "field", "fields");
    let (status, text) = match off {
        0 => (Status::Pass, format!("None of {fields} drifted beyond the limit.")),
        off => (Status::Fail, format!("{} of {fields} drifted beyond the limit.", phrase::count(off))),
    };
    part("drift", status, text, rows)
}

/// Score percentiles of this week, the week before and training.
fn percentiles(report: &Report, facts: &ReviewFacts<'_>) -> ReviewPart {
    let row = |(label, scores): (&str, Option<&Scores>)| {
        let found: Option<Vec<String>> = scores.and_then(|scores| {
            PERCENTILES.into_iter().map(|part| scores.quantile(part).map(|score| phrase::rounded(score, 2))).collect()
        });
        (label.to_owned(), found.map_or_else(|| "not known".to_owned(), |found| found.join(", ")))
    };
    let trained = report.performance.prediction_drift.iter().flat_map(|drift| &drift.training);
    let trained: Vec<String> = trained.map(|score| phrase::rounded(*score, 2)).collect();
    let trained = if trained.is_empty() { "not known: the model has no baseline".to_owned() } else { trained.join(", ") };
    let rows = ["This week", "The week before"].into_iter().zip(facts.scores).map(row);
    let rows: Vec<_> = rows.chain([("Training".to_owned(), trained)]).collect();
    let is_known = facts.scores[0].is_some_and(|scores| scores.counts().iter().sum::<u64>() > 0);
    let status = if is_known { Status::Tracked } else { Status::InsufficientData };
    let text = "Scores that 10, 25, 50, 75 and 90 of a hundred leads do not exceed, next to the week before and to training.";
    part("scores", status, text.into(), rows)
}

fn monthly(report: &Report, facts: &ReviewFacts<'_>) -> Vec<ReviewPart> {
    let mut parts = vec![calibration(report), importance(report), segments(report, facts), human(report)];
    parts.push(measures(report, "performance", &[MeasureId::Auc, MeasureId::CalibrationError]));
    parts
}

/// What was predicted next to what happened, in tenths of the score.
fn calibration(report: &Report) -> ReviewPart {
    let champion = report.models.iter().find(|model| model.aliases.iter().any(|alias| alias == "champion"));
    let histogram = champion.and_then(|model| report.performance.score_histogram.get(&model.version));
    let mut rows = Vec::new();
    if let Some(histogram) = histogram {
        for (tenth, (n, positive)) in histogram.n.chunks(10).zip(histogram.positive.chunks(10)).enumerate() {
            let (all, bought) = (n.iter().sum::<u64>(), positive.iter().sum::<u64>());
            if all > 0 {
                let label = format!("{} to {} %", 10 * tenth, 10 * (tenth + 1));
                let share = phrase::percent(bought as f64 / all as f64);
                rows.push((label, format!("{share} of {} bought", phrase::counted(all, "lead", "leads"))));
            }
        }
    }
    let measure = report.measures.iter().find(|measure| measure.id == MeasureId::CalibrationError);
    let status = measure.map_or(Status::InsufficientData, |measure| measure.status);
    let text = measure.map(|measure| measure.sentence.text.clone()).unwrap_or_default();
    part("calibration", status, text, rows)
}

fn importance(report: &Report) -> ReviewPart {
    let features = report.quality.iter().flat_map(|quality| &quality.features);
    let known = features.filter_map(|feature| Some((feature.name.clone(), phrase::percent(feature.importance?))));
    let rows: Vec<_> = known.collect();
    if rows.is_empty() {
        let text = "The model's baseline holds no importance of its fields.";
        return part("importance", Status::InsufficientData, text.into(), rows);
    }
    part("importance", Status::Tracked, "The fields' parts in the model's reasons.".into(), rows)
}

/// People's judgement against the model's.
fn human(report: &Report) -> ReviewPart {
    let human = report.business.as_ref().and_then(|business| business.human.as_ref());
    let Some(human) = human else {
        let text = "No human score is recorded: no lead with an outcome has one. The setting human_score names the field it comes in; in the element, \
             people set a priority.";
        return part("human_scores", Status::InsufficientData, text.into(), Vec::new());
    };
    let status = if human.thirds.is_empty() { Status::InsufficientData } else { Status::Tracked };
    let share = |estimate: &Estimate| phrase::percent(estimate.value.unwrap_or_default());
    let row = |third: &Third| {
        let shares = format!("{} of people's bought, {} of the model's", share(&third.people), share(&third.model));
        (format!("{} third", third.id), shares)
    };
    let agreement = human.agreement.and_then(|found| {
        let (low, high) = (found.low?, found.high?);
        let text = format!("{:.2} ({low:.2} to {high:.2}); 1 is the same order, 0 is none", found.value?);
        Some(("rank agreement".to_owned(), text))
    });
    part("human_scores", status, human.sentence.text.clone(), agreement.into_iter().chain(human.thirds.iter().map(row)).collect())
}

/// Conversion by segment, such as the lead's source, and what the newest test found in segments.
fn segments(report: &Report, facts: &ReviewFacts<'_>) -> ReviewPart {
    let bought = |(field, value, [leads, bought]): &(String, String, [u64; 2])| {
        let share = phrase::percent(*bought as f64 / (*leads).max(1) as f64);
        (format!("{field} {value}"), format!("{share} of {} bought", phrase::counted(*leads, "lead", "leads")))
    };
    let mut rows: Vec<_> = facts.segments.iter().take(SEGMENTS).map(bought).collect();
    let is_recorded = !rows.is_empty();
    let tested = report.experiment.iter().flat_map(|experiment| &experiment.segments);
    rows.extend(tested.clone().map(|segment| {
        let change = segment.change.value.map_or_else(|| "not known".to_owned(), phrase::percent);
        (format!("{} {} in the newest test", segment.by, segment.value), format!("change of conversion: {change}"))
    }));
    let worse = tested.clone().filter(|segment| segment.status == Status::Fail).count() as u64;
    let (status, text) = match (tested.count(), worse) {
        (0, _) if !is_recorded => {
            let text = "No segment of leads is recorded; the setting segments names the fields, such as the lead's source.";
            (Status::InsufficientData, text.to_owned())
        }
        (0, _) => {
            (Status::Tracked, "Conversion by segment in the last 28 days; no A/B test has compared segments yet.".to_owned())
        }
        (_, 0) => (Status::Pass, "No segment of the newest test fared worse.".to_owned()),
        (_, worse) => {
            (Status::Fail, format!("{} fared worse in the newest test.", phrase::counted(worse, "segment", "segments")))
        }
    };
    part("segments", status, text, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviews_are_due_daily_on_mondays_and_on_the_first() {
        let at = |text: &str| crate::table::parse_date(text).unwrap();
        let due = |text: &str| ReviewKind::ALL.map(|kind| kind.due(at(text)).is_some());
        assert_eq!(due("2026-11-30"), [true, true, false]);
        assert_eq!(due("2026-12-01T08:00:00Z"), [true, false, true]);
        assert_eq!(due("2026-12-02"), [true, false, false]);
    }
}

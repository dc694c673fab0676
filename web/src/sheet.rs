//! What a worker worked out besides the report: the figures of a file of scored leads, and the plan of the next test.

use plumbline_core::report::{Estimate, ScoreHistogram};
use serde_json::Value;

use crate::read::{field, parse};

/// A file of scored leads. It stays on this device.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Its name; empty without a file.
    pub name: String,
    /// Its bytes.
    pub size: f64,
    /// Bytes that were read.
    pub read: f64,
    /// Its columns.
    pub names: Vec<String>,
    /// Its first rows.
    pub rows: Vec<Vec<String>>,
    /// The column with the score, as guessed or chosen.
    pub score: String,
    /// The column with the outcome.
    pub outcome: String,
    /// The column with the segment; empty without one.
    pub segment: String,
    /// `percent`, `rank`, or empty for probabilities.
    pub scale: String,
    /// Whether it is being read.
    pub is_reading: bool,
    /// Its figures.
    pub found: Option<Found>,
    /// Why there are none.
    pub wrong: String,
}

/// The figures of a file, those of `plumbline metrics`.
#[derive(Debug, Default)]
pub struct Found {
    /// Leads with a score and a final outcome.
    pub leads: u64,
    /// Of those, the ones that converted.
    pub positives: u64,
    /// The area under the ROC curve.
    pub auc: Estimate,
    /// Further figures, by the key of their name.
    pub figures: Vec<(&'static str, Option<f64>)>,
    /// Why rows were left out, how many, and the first of them.
    pub left_out: Vec<(String, u64, Vec<String>)>,
    /// Scores against outcomes; none where scores are no probabilities.
    pub histogram: Option<ScoreHistogram>,
    /// The largest segments.
    pub segments: Vec<Part>,
    /// Segments that are not listed.
    pub segments_left: u64,
}

/// A segment of a file.
#[derive(Debug, Default)]
pub struct Part {
    /// The value of its column.
    pub value: String,
    /// Leads with a score and a final outcome.
    pub leads: u64,
    /// Of those, the ones that converted.
    pub positives: u64,
    /// The area under the ROC curve.
    pub auc: Estimate,
    /// Precision and recall at the threshold.
    pub at: [Option<f64>; 2],
}

impl Part {
    fn of(value: &Value) -> Part {
        let area = |place: usize| value.pointer("/roc_auc_interval").and_then(|ends| ends.get(place)?.as_f64());
        Part {
            value: field(value, "value"),
            leads: field(value, "leads"),
            positives: field(value, "positives"),
            auc: Estimate { value: field(value, "roc_auc"), low: area(0), high: area(1), ..Estimate::default() },
            at: [field(value, "precision"), field(value, "recall")],
        }
    }
}

impl Sheet {
    /// The file `name` of `size` bytes, of which nothing was read yet.
    pub fn new(text: &str) -> Sheet {
        let value = parse(text).unwrap_or_default();
        Sheet { name: field(&value, "name"), size: field(&value, "size"), is_reading: true, ..Sheet::default() }
    }

    /// Takes the header and the first rows.
    pub fn take_head(&mut self, text: &str) {
        let value = parse(text).unwrap_or_default();
        self.names = field(&value, "names");
        self.rows = field(&value, "rows");
        for (own, name) in [(&mut self.score, "score"), (&mut self.outcome, "outcome")] {
            if own.is_empty() {
                *own = field(&value, name);
            }
        }
    }

    /// Takes the figures, or why there are none.
    pub fn take_found(&mut self, text: &str) {
        self.is_reading = false;
        let value = parse(text).unwrap_or_default();
        self.found = Found::of(&value);
        self.wrong = if self.found.is_some() { String::new() } else { field(&value, "detail") };
    }
}

impl Found {
    fn of(value: &Value) -> Option<Found> {
        let report = value.get("report")?;
        let number = |name: &str| report.pointer(name).and_then(Value::as_f64);
        let area = |place: usize| report.pointer("/roc_auc_interval").and_then(|ends| ends.get(place)?.as_f64());
        let lists = report.pointer("/rows/left_out").and_then(Value::as_array);
        let left_out = lists.into_iter().flatten().map(|left| {
            let examples = left.get("examples").and_then(Value::as_array);
            let words = |example: &Value| {
                let (place, message): (String, String) = (field(example, "place"), field(example, "message"));
                format!("{place}: {message}")
            };
            (field(left, "reason"), field(left, "rows"), examples.into_iter().flatten().map(words).collect())
        });
        Some(Found {
            leads: field(report, "leads"),
            positives: field(report, "positives"),
            auc: Estimate { value: number("/roc_auc"), low: area(0), high: area(1), ..Estimate::default() },
            figures: vec![
                ("sheet.precision", number("/at_threshold/precision")),
                ("sheet.recall", number("/at_threshold/recall")),
                ("sheet.calibration", number("/calibration_error")),
                ("sheet.average_precision", number("/average_precision")),
                ("sheet.brier", number("/brier")),
                ("sheet.log_loss", number("/log_loss")),
            ],
            left_out: left_out.collect(),
            segments: value.get("segments").and_then(Value::as_array).into_iter().flatten().map(Part::of).collect(),
            segments_left: field(value, "segments_left"),
            histogram: value
                .get("histogram")
                .and_then(|counts| Some(ScoreHistogram { n: list(counts, "n")?, positive: list(counts, "positive")? })),
        })
    }
}

fn list(value: &Value, name: &str) -> Option<Vec<u64>> {
    value.get(name).map(|_| field(value, name))
}

/// What a test takes.
#[derive(Debug, Default)]
pub struct Planned {
    /// Leads in each arm.
    pub per_arm: u64,
    /// Days until enough leads came.
    pub enrol_days: u64,
    /// Days until the last outcome is known.
    pub days: u64,
    /// The chance with the leads per arm that were given.
    pub chance: f64,
    /// The smallest lift that those find.
    pub detectable: Option<f64>,
    /// Which number makes no sense; empty where all do.
    pub wrong: String,
}

impl Planned {
    /// The plan that the JSON `text` holds.
    pub fn of(text: &str) -> Planned {
        let value = parse(text).unwrap_or_default();
        Planned {
            per_arm: field(&value, "per_arm"),
            enrol_days: field(&value, "enrol_days"),
            days: field(&value, "days"),
            chance: field(&value, "chance"),
            detectable: field(&value, "detectable"),
            wrong: field(&value, "detail"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_problems_of_a_worker_are_read() {
        let mut sheet = Sheet::new(r#"{"name":"a.csv","size":12}"#);
        sheet.take_head(r#"{"names":["s","y"],"score":"s","outcome":null,"rows":[["1","0"]]}"#);
        assert_eq!((sheet.score.as_str(), sheet.outcome.as_str(), sheet.rows.len()), ("s", "", 1));
        sheet.take_found(r#"{"code":"X","detail":"no"}"#);
        assert_eq!((sheet.wrong.as_str(), sheet.found.is_none()), ("no", true));
        let left = r#"[{"reason":"SCORE_MISSING","rows":2,"examples":[{"place":"a.csv, line 3","message":"empty"}]}]"#;
        sheet.take_found(&format!(
            r#"{{"report":{{"leads":4,"positives":2,"roc_auc":0.75,"roc_auc_interval":null,"at_threshold":{{"precision":1.0}},"rows":{{"left_out":{left}}}}},"histogram":null}}"#
        ));
        let found = sheet.found.unwrap();
        assert_eq!((found.leads, found.auc.value, found.auc.low, found.figures[0].1), (4, Some(0.75), None, Some(1.0)));
        assert_eq!(found.left_out, [("SCORE_MISSING".to_owned(), 2, vec!["a.csv, line 3: empty".to_owned()])]);
        assert!(found.histogram.is_none() && sheet.wrong.is_empty());
    }
}

//! Scores and problems as the scorer and the service write them.

use serde_json::Value;

use crate::read::{Misfit, Read, field, member, parse, whole};

/// A score with its reasons.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Score {
    /// From 0 to 100.
    pub score: f64,
    /// Calibrated probability.
    pub probability: f64,
    /// The model's margin.
    pub margin: f64,
    /// Such as `hot`; empty where the model declares no bands.
    pub band: String,
    /// Score of the average training lead: base, all points and the rest are the score.
    pub base: Option<f64>,
    /// Points of no listed reason.
    pub rest: Option<f64>,
    /// Strongest first.
    pub reasons: Vec<Reason>,
    /// Keys that the model does not know.
    pub unknown_fields: Vec<String>,
    /// Fields whose value it has never seen.
    pub unknown_values: Vec<String>,
    /// The version that scored.
    pub version: String,
    /// When, where the service says so.
    pub at_ms: Option<f64>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reason {
    /// The lead's field.
    pub field: String,
    /// Its name for people.
    pub label: String,
    /// On the scale of 0 to 100.
    pub points: f64,
    /// In words, with its points at the end.
    pub text: String,
}

impl Reason {
    /// The words without the points, which stand in a column of their own.
    pub fn said(&self) -> &str {
        self.text.rsplit_once(": ").map_or(self.text.as_str(), |(said, _)| said)
    }
}

/// What is wrong with a lead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// A stable name.
    pub code: String,
    /// The field at fault.
    pub field: Option<String>,
    /// In a sentence.
    pub detail: String,
}

impl Read for Reason {
    fn read(value: &Value, misfit: &mut Misfit) -> Reason {
        Reason {
            field: member(value, "field", misfit),
            label: member(value, "label", misfit),
            points: member(value, "points", misfit),
            text: member(value, "text", misfit),
        }
    }
}

impl Read for Fault {
    fn read(value: &Value, misfit: &mut Misfit) -> Fault {
        Fault {
            code: member(value, "code", misfit),
            field: member(value, "field", misfit),
            detail: member(value, "detail", misfit),
        }
    }
}

impl Read for Score {
    fn read(value: &Value, misfit: &mut Misfit) -> Score {
        Score {
            score: member(value, "score", misfit),
            probability: member(value, "probability", misfit),
            margin: member(value, "margin", misfit),
            band: member(value, "band", misfit),
            base: member(value, "base", misfit),
            rest: member(value, "rest", misfit),
            reasons: member(value, "reasons", misfit),
            unknown_fields: member(value, "unknown_fields", misfit),
            unknown_values: member(value, "unknown_values", misfit),
            version: value.get("model").map(|model| field(model, "version")).unwrap_or_default(),
            at_ms: member(value, "timestamp_ms", misfit),
        }
    }
}

/// What an answer says of a lead: a score, or each thing that is wrong with it; none where the answer is neither.
pub fn judged(status: u16, text: &str) -> Option<Result<Score, Vec<Fault>>> {
    let value = parse(text)?;
    if (200..300).contains(&status) {
        return whole(&value).ok().map(Ok);
    }
    value.get("code").and_then(Value::as_str)?;
    let faults: Vec<Fault> = field(&value, "errors");
    Some(Err(if faults.is_empty() { vec![whole(&value).ok()?] } else { faults }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_read_with_all_its_bits() {
        let body = r#"{"timestamp_ms":7,"score":57,"margin":0.30000000000000004,"probability":0.57444251681165903,"band":"warm","model":{"name":"m","version":"1"}}"#;
        let score = judged(200, body).unwrap().unwrap();
        assert_eq!(score.margin.to_bits(), (0.1f64 + 0.2).to_bits());
        assert_eq!((score.band.as_str(), score.at_ms, score.version.as_str()), ("warm", Some(7.0), "1"));
    }

    #[test]
    fn a_problem_names_its_faults() {
        let one =
            judged(422, r#"{"code":"LEAD_MISSING_FIELD","detail":"field \"a\" is required","field":"a"}"#).unwrap().unwrap_err();
        assert_eq!((one[0].code.as_str(), one[0].field.as_deref()), ("LEAD_MISSING_FIELD", Some("a")));
        let two = judged(422, r#"{"code":"LEAD_INVALID","errors":[{"code":"A","field":"x"},{"code":"B","detail":"no"}]}"#)
            .unwrap()
            .unwrap_err();
        assert_eq!(two.iter().map(|fault| fault.code.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!((judged(200, "<html>"), judged(502, "{}")), (None, None));
    }
}

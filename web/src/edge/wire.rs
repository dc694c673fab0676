//! What the service says, as this page reads it. Fields the page does not use are passed over.

use serde::Deserialize;

/// The score of one lead, from `POST /v1/score`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answer {
    /// Margin of the model.
    pub margin: f64,
    /// Calibrated probability, in [0, 1].
    pub probability: f64,
    /// Band; empty when the bundle declares none.
    #[serde(default)]
    pub band: String,
    /// The moment the lead was scored for, ms since 1970; fields such as "days since" depend on it.
    pub timestamp_ms: i64,
    /// The model that answered: with an allocation not always the default one.
    pub model: ModelId,
}

/// A model's name and version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ModelId {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The models served, from `GET /v1/models`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Models {
    /// At least one.
    pub models: Vec<Served>,
}

/// A model served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Served {
    /// Its name and version.
    #[serde(flatten)]
    pub id: ModelId,
    /// It answers when a request names none.
    pub default: bool,
    /// SHA-256 of its bundle's bytes, in hex.
    pub digest: String,
    /// Where its bundle is, on the same origin.
    pub bundle: String,
}

impl Models {
    /// The model that answers when a request names none.
    pub fn default(&self) -> Option<&Served> {
        self.models.iter().find(|served| served.default)
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Problem {
    /// A stable name of the kind of error.
    #[serde(default)]
    pub code: String,
    /// The status in words.
    #[serde(default)]
    pub title: String,
    /// HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What is wrong, in a sentence.
    #[serde(default)]
    pub detail: String,
    /// The lead's field at fault.
    #[serde(default)]
    pub field: Option<String>,
    /// Every fault, where there are several.
    #[serde(default)]
    pub errors: Vec<Fault>,
}

/// One fault of a lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// A stable name of the kind of error.
    pub code: String,
    /// The lead's field at fault.
    #[serde(default)]
    pub field: Option<String>,
    /// What is wrong, in a sentence.
    #[serde(default)]
    pub detail: String,
}

impl Problem {
    /// The faults it names, at least one.
    pub fn faults(&self) -> Vec<Fault> {
        if self.errors.is_empty() {
            vec![Fault { code: self.code.clone(), field: self.field.clone(), detail: self.detail.clone() }]
        } else {
            self.errors.clone()
        }
    }
}

/// What a body says: a score, or why there is none.
///
/// # Errors
/// A sentence when the body is neither.
pub fn read(status: u16, body: &[u8]) -> Result<Result<Answer, Problem>, String> {
    let unreadable = |e: serde_json::Error| format!("The edge answered {status} with a response this page cannot read: {e}.");
    if (200..300).contains(&status) {
        return serde_json::from_slice(body).map(Ok).map_err(unreadable);
    }
    let problem: Problem = serde_json::from_slice(body).map_err(unreadable)?;
    if problem.code.is_empty() { Err(format!("The edge answered {status}.")) } else { Ok(Err(problem)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_read_with_all_its_bits() {
        let body = br#"{"timestamp_ms":7,"margin":0.30000000000000004,"probability":0.57444251681165903,"band":"warm","model":{"name":"m","version":"1"}}"#;
        let answer = read(200, body).unwrap().unwrap();
        assert_eq!(answer.margin.to_bits(), (0.1f64 + 0.2).to_bits());
        assert_eq!((answer.band.as_str(), answer.timestamp_ms, answer.model.version.as_str()), ("warm", 7, "1"));
    }

    #[test]
    fn a_problem_names_its_faults() {
        let one = br#"{"code":"LEAD_MISSING_FIELD","status":422,"detail":"field \"a\" is required","field":"a"}"#;
        let faults = read(422, one).unwrap().unwrap_err().faults();
        assert_eq!((faults[0].code.as_str(), faults[0].field.as_deref()), ("LEAD_MISSING_FIELD", Some("a")));
        let two = br#"{"code":"LEAD_INVALID","errors":[{"code":"A","field":"x"},{"code":"B","detail":"no"}]}"#;
        let codes: Vec<String> = read(422, two).unwrap().unwrap_err().faults().into_iter().map(|f| f.code).collect();
        assert_eq!(codes, ["A", "B"]);
    }

    #[test]
    fn other_bodies_are_said_to_be_unreadable() {
        assert!(read(200, b"<html>").is_err());
        assert_eq!(read(502, b"{}").unwrap_err(), "The edge answered 502.");
    }
}

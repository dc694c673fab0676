//! `POST /v1/features`: the rows that a model reads for leads, so that a client can compare them with its own. Nothing is scored or logged.
//!
//! One lead, an array or lines are answered by one document; a single lead that is rejected, by a problem. Numbers are the shortest decimals
//! that read back to the same bits; missing is null.

use plumbline_core::lead::{Form, LeadError, Slots};
use plumbline_core::{ScoreError, Timestamp};
use serde::Serialize;

use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::scoring::{body_problem, lead_problem};
use crate::service::Serving;
use crate::text::percent_decoded;

/// The farthest moment from 1970 that a `Date` of JavaScript holds, in milliseconds.
const FARTHEST: i64 = 8_640_000_000_000_000;

#[derive(Serialize)]
struct Features<'a> {
    name: &'a str,
    version: &'a str,
    /// The moment the leads were read for.
    timestamp_ms: i64,
    columns: Vec<&'a str>,
    leads: Vec<Read>,
}

/// A lead's row, or why there is none.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Read {
    Features(Vec<Option<f64>>),
    Error(Problem),
}

/// The rows of the leads of `request`, at its `at_ms` (default: `now`), by its `version` (default: the champion).
///
/// # Errors
/// The body as a whole or a parameter cannot be read; no model of this version is served.
pub(super) fn features(serving: Serving<'_>, now: Timestamp, request: &Request<'_>) -> Result<Response, Problem> {
    let form = super::score::form(request)?;
    let at = match request.parameter("at_ms") {
        Some(text) => moment(text)?,
        None => now,
    };
    let served = match request.parameter("version") {
        Some(version) => serving.deployment.by_version(&percent_decoded(version))?,
        None => serving.deployment.served(serving.deployment.model(None, None)?)?,
    };
    let (scorer, limits) = (&served.scorer, &serving.service.settings().limits);
    let (mut slots, mut row, mut leads) = (Slots::default(), Vec::new(), Vec::new());
    let read = scorer.reader().read_body(request.body, form, limits, &mut slots, &mut |lead| {
        leads.push(match lead.read {
            Ok(()) => {
                scorer.pipeline().apply(lead.slots, at, &mut row);
                Read::Features(row.iter().map(|x| Some(*x).filter(|x| !x.is_nan())).collect())
            }
            Err(errors) => Read::Error(rejected(&ScoreError::from(errors))),
        });
    });
    read.map_err(|error| body_problem(&error))?;
    if let Some(Read::Error(problem)) = leads.pop_if(|lead| form == Form::One && matches!(lead, Read::Error(_))) {
        return Err(problem);
    }
    let columns = scorer.bundle().model().columns.iter().map(|column| column.name.as_str()).collect();
    let id = scorer.id();
    let answer = Features { name: &id.name, version: &id.version, timestamp_ms: at.0, columns, leads };
    Ok(Response::new(200, "application/json", serde_json::to_vec(&answer).unwrap_or_default()))
}

/// The problem of a lead; text that is no JSON is a problem of the body.
fn rejected(error: &ScoreError) -> Problem {
    match error.problems().first() {
        Some(LeadError::Malformed { .. } | LeadError::TooDeep { .. }) => {
            Problem { status: 400, title: "Bad Request", ..lead_problem(error) }
        }
        _ => lead_problem(error),
    }
}

fn moment(text: &str) -> Result<Timestamp, Problem> {
    let ms = text.parse().ok().filter(|ms: &i64| ms.unsigned_abs() <= FARTHEST.unsigned_abs());
    let wrong = || Problem::new(400, "BAD_PARAMETER", "at_ms must be whole milliseconds since 1970, at most 8.64e15");
    ms.map(Timestamp).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sample::{ask, json as body_of};

    #[test]
    fn rows_are_what_the_model_reads_and_nothing_is_logged() {
        let body = r#"[{"visits":4,"plan":"paid"},{"visits":"x"},{}]"#;
        let answer = ask("POST /v1/features?at_ms=86400000", &[("content-type", "application/json")], body);
        let found = body_of(&answer);
        assert_eq!((answer.response.status, found["timestamp_ms"].as_i64()), (200, Some(86_400_000)), "{found}");
        assert_eq!(found["columns"].as_array().map(Vec::len), found["leads"][0]["features"].as_array().map(Vec::len));
        assert_eq!(found["leads"][0]["features"][0], json!(4.0));
        assert_eq!(found["leads"][1]["error"]["code"], "LEAD_WRONG_TYPE");
        assert_eq!(found["leads"][2]["features"][0], json!(null));
        assert!(answer.effects.predictions.is_empty() && answer.after.is_none());
        let lines = ask("POST /v1/features", &[("content-type", "application/x-ndjson")], "{\"visits\":1}\n{\"visits\":2}\n");
        assert_eq!(body_of(&lines)["leads"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn what_cannot_be_read_is_a_problem() {
        for (query, status) in [("?at_ms=now", 400), ("?at_ms=8640000000000001", 400), ("?version=none", 404)] {
            let answer = ask(&format!("POST /v1/features{query}"), &[], "{}");
            assert_eq!(answer.response.status, status, "{query}: {}", body_of(&answer));
        }
        for (body, status) in [("", 400), ("{", 400), ("7", 422), (r#"{"visits":"x"}"#, 422), ("[7]", 200)] {
            assert_eq!(ask("POST /v1/features", &[], body).response.status, status, "{body}");
        }
    }
}

//! `POST /invocations`: the scoring protocol of MLflow and Databricks.
//!
//! `predictions` holds a probability per lead, or with `params` `{"reasons": n}` or `{"output": "records"}` a whole score. A lead
//! that is refused is `null` there and told in `errors`.

use plumbline_core::lead::Form;
use plumbline_core::{Score, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::csv::Records;
use super::raw::{self, Fault};
use super::table::{Column, Row, check_count, probability, score_rows};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::scoring::{Outcome, Scoring, body_problem, lead_problem};
use crate::service::{Answer, Service};
use crate::text::nan_as_null;

/// Columns beyond this are refused.
const MOST_COLUMNS: usize = 10_000;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    dataframe_split: Option<&'a RawValue>,
    #[serde(borrow, default)]
    dataframe_records: Option<&'a RawValue>,
    #[serde(borrow, default)]
    instances: Option<&'a RawValue>,
    #[serde(borrow, default)]
    inputs: Option<&'a RawValue>,
    #[serde(default)]
    params: Option<Params>,
    #[serde(default)]
    client_request_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct Params {
    #[serde(default)]
    reasons: usize,
    #[serde(default)]
    output: Option<Output>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Output {
    Probability,
    Records,
}

#[derive(Deserialize)]
struct Split<'a> {
    #[serde(borrow)]
    columns: &'a RawValue,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Serialize)]
struct Predictions<T> {
    predictions: Vec<Option<T>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explores: Vec<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Refusal>,
}

#[derive(Serialize)]
struct Refusal {
    index: usize,
    #[serde(flatten)]
    problem: Problem,
}

pub(super) fn invoke(service: &Service, now: Timestamp, request: &Request<'_>, endpoint: Option<&str>) -> Answer {
    invoked(service, now, request, endpoint).unwrap_or_else(|problem| refusal(&problem).into())
}

fn invoked(service: &Service, now: Timestamp, request: &Request<'_>, endpoint: Option<&str>) -> Result<Answer, Problem> {
    let client = request.header("x-request-id");
    match &*request.media_type() {
        "application/json" => {
            let mended = nan_as_null(request.body);
            let json = mended.as_deref().unwrap_or(request.body);
            let body: Body<'_> = serde_json::from_slice(json).map_err(|e| bad(format!("the JSON is not as expected: {e}")))?;
            let params = body.params.as_ref();
            let reasons = params.map_or(0, |params| params.reasons);
            let records = reasons > 0 || params.and_then(|params| params.output) == Some(Output::Records);
            let client = body.client_request_id.as_deref().or(client);
            let mut scoring = Scoring::new(service, (endpoint, None), now, reasons, client)?;
            let outcomes = score(&mut scoring, &body)?;
            Ok(answer(scoring, outcomes, records))
        }
        "text/csv" => {
            let mut scoring = Scoring::new(service, (endpoint, None), now, 0, client)?;
            let outcomes = csv(&mut scoring, request.body)?;
            Ok(answer(scoring, outcomes, false))
        }
        other => {
            let detail = format!("this predictor takes text/csv and application/json, not {other:.100}");
            Err(Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", detail))
        }
    }
}

fn score(scoring: &mut Scoring<'_>, body: &Body<'_>) -> Result<Vec<Outcome>, Problem> {
    match (body.dataframe_split, body.dataframe_records, body.instances, body.inputs) {
        (Some(split), None, None, None) => dataframe_split(scoring, split),
        (None, Some(records), None, None) => objects(scoring, records),
        (None, None, Some(instances), None) => instances_of(scoring, instances),
        (None, None, None, Some(inputs)) if inputs.get().starts_with('{') => columns(scoring, inputs),
        (None, None, None, Some(inputs)) => instances_of(scoring, inputs),
        _ => Err(bad("the body has exactly one of dataframe_split, dataframe_records, instances, inputs")),
    }
}

/// An array of leads, each an object.
fn objects(scoring: &mut Scoring<'_>, records: &RawValue) -> Result<Vec<Outcome>, Problem> {
    let mut outcomes = Vec::new();
    let read = scoring.body(records.get().as_bytes(), Form::Array, |_, _, outcome| outcomes.push(outcome));
    read.map(|()| outcomes).map_err(|error| body_problem(&error))
}

fn dataframe_split(scoring: &mut Scoring<'_>, split: &RawValue) -> Result<Vec<Outcome>, Problem> {
    let split: Split<'_> = serde_json::from_str(split.get()).map_err(|e| bad(format!("dataframe_split: {e}")))?;
    let names = raw::items(split.columns, MOST_COLUMNS).map_err(|f| fault(scoring, "dataframe_split.columns", f))?;
    let columns: Result<Vec<Column<'_>>, Problem> = names
        .into_iter()
        .map(|name| serde_json::from_str(name.get()).map(|name| Column::of(name, scoring)))
        .map(|column| column.map_err(|e| bad(format!("dataframe_split.columns: {e}"))))
        .collect();
    rows(scoring, split.data, "dataframe_split.data", &columns?)
}

/// `instances`, or `inputs` as an array: leads, rows without names, or single values.
fn instances_of(scoring: &mut Scoring<'_>, instances: &RawValue) -> Result<Vec<Outcome>, Problem> {
    let inside = instances.get().strip_prefix('[').unwrap_or_default();
    match inside.trim_start().starts_with('{') {
        true => objects(scoring, instances),
        false => rows(scoring, instances, "instances", &Column::positional(scoring)),
    }
}

/// Rows of values in the order of `columns`; a bare value is a row of one.
fn rows(scoring: &mut Scoring<'_>, data: &RawValue, place: &str, columns: &[Column<'_>]) -> Result<Vec<Outcome>, Problem> {
    let limit = scoring.limits().batch;
    let data = raw::items(data, limit as usize).map_err(|f| fault(scoring, place, f))?;
    check_count(data.len(), limit)?;
    let mut rows = Vec::with_capacity(data.len());
    for (i, row) in data.into_iter().enumerate() {
        let cells = match row.get().starts_with('[') {
            true => raw::items(row, MOST_COLUMNS).map_err(|f| fault(scoring, &format!("{place}[{i}]"), f))?,
            false => vec![row],
        };
        if cells.len() != columns.len() {
            return Err(bad(format!("{place}[{i}] has {} values for {} columns", cells.len(), columns.len())));
        }
        rows.push(cells);
    }
    let rows = rows.into_iter().map(|cells| {
        let mut row = Row::default();
        for (cell, column) in cells.into_iter().zip(columns) {
            row.set_json(column, cell);
        }
        row
    });
    Ok(score_rows(scoring, rows))
}

/// `inputs` as an object: an array for each column.
fn columns(scoring: &mut Scoring<'_>, inputs: &RawValue) -> Result<Vec<Outcome>, Problem> {
    let inputs: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_str(inputs.get()).map_err(|e| bad(format!("inputs: {e}")))?;
    let limit = scoring.limits().batch;
    let mut columns = Vec::new();
    let mut count = None;
    for (name, values) in inputs {
        let values = raw::items(values, limit as usize).map_err(|f| fault(scoring, &format!("inputs.{name:.100}"), f))?;
        if *count.get_or_insert(values.len()) != values.len() {
            return Err(bad(format!("inputs.{name:.100} is of another length than the columns before it")));
        }
        columns.push((Column::of(name, scoring), values));
    }
    check_count(count.unwrap_or(0), limit)?;
    let rows = (0..count.unwrap_or(0)).map(|i| {
        let mut row = Row::default();
        for (column, values) in &columns {
            if let Some(value) = values.get(i) {
                row.set_json(column, value);
            }
        }
        row
    });
    Ok(score_rows(scoring, rows))
}

fn csv(scoring: &mut Scoring<'_>, body: &[u8]) -> Result<Vec<Outcome>, Problem> {
    let text = std::str::from_utf8(body).map_err(|e| bad(format!("the CSV is not UTF-8 after byte {}", e.valid_up_to())))?;
    let mut records = Records::new(text, MOST_COLUMNS);
    let unclosed = || bad("the CSV has a quote that is never closed");
    let header = records.next().ok_or_else(|| bad("the CSV has no header"))?.ok_or_else(unclosed)?;
    if header.len() > MOST_COLUMNS {
        return Err(bad(format!("the CSV has more than {MOST_COLUMNS} columns")));
    }
    let columns: Vec<Column<'_>> = header.into_iter().map(|name| Column::of(name.trim().to_owned(), scoring)).collect();
    let limit = scoring.limits().batch;
    let mut rows = Vec::new();
    for (i, record) in records.enumerate() {
        let record = record.ok_or_else(unclosed)?;
        if record.len() != columns.len() {
            return Err(bad(format!("record {} has {} cells for {} columns", i + 1, record.len(), columns.len())));
        }
        let mut row = Row::default();
        for (cell, column) in record.iter().zip(&columns) {
            row.set_cell(column, cell);
        }
        rows.push(row);
        check_count(rows.len(), limit)?;
    }
    check_count(rows.len(), limit)?;
    Ok(score_rows(scoring, rows.into_iter()))
}

/// Where leads are drawn, `variants` and `explores` (true: hide the score from ranking) tell of each.
fn answer(scoring: Scoring<'_>, outcomes: Vec<Outcome>, records: bool) -> Answer {
    let variants = scoring.turns().iter().map(|turn| turn.variant.to_string()).collect();
    let explores = scoring.turns().iter().map(|turn| turn.explores).collect();
    let refused = outcomes.iter().enumerate().filter_map(|(index, outcome)| Some((index, outcome.as_ref().err()?)));
    let errors = refused.map(|(index, error)| Refusal { index, problem: lead_problem(error) }).collect();
    let body = if records {
        let predictions: Vec<Option<Score>> = outcomes.into_iter().map(Result::ok).collect();
        serde_json::to_vec(&Predictions { predictions, variants, explores, errors })
    } else {
        serde_json::to_vec(&Predictions { predictions: outcomes.iter().map(probability).collect(), variants, explores, errors })
    };
    scoring.finish(Response::new(200, "application/json", body.unwrap_or_default()))
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(400, "BAD_REQUEST", message)
}

fn fault(scoring: &Scoring<'_>, place: &str, fault: Fault) -> Problem {
    match fault {
        Fault::TooMany => Problem::new(413, "BATCH_TOO_LARGE", format!("{place} has more than {} items", scoring.limits().batch)),
        Fault::Malformed(what) => bad(format!("{place}: {what}")),
    }
}

/// An error as MLflow's scoring server words it.
pub(super) fn refusal(problem: &Problem) -> Response {
    let code = match problem.status {
        400 => "BAD_REQUEST",
        404 => "RESOURCE_DOES_NOT_EXIST",
        _ => problem.code,
    };
    let body = serde_json::json!({ "error_code": code, "message": problem.detail });
    Response::new(problem.status, "application/json", body.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use crate::sample::{ask, json};
    use plumbline_core::math::logistic;
    use serde_json::json;

    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

    #[test]
    fn every_shape_gives_the_same_predictions() {
        let expected = json!({ "predictions": [logistic(3.0), logistic(-0.5)] });
        let bodies = [
            r#"{"dataframe_split":{"index":[0,1],"columns":["visits","plan"],"data":[[4,"paid"],[1,"free"]]}}"#,
            r#"{"dataframe_records":[{"visits":4,"plan":"paid"},{"visits":1,"plan":"free","extra":[1]}]}"#,
            r#"{"instances":[{"visits":4,"plan":"paid"},{"visits":1,"plan":"free"}]}"#,
            r#"{"instances":[[4,"paid"],[1,"free"]]}"#,
            r#"{"inputs":[[4,"paid"],[1,0]]}"#,
            r#"{"inputs": {"visits":[4,1],"plan":["paid","free"]}, "params": {}}"#,
        ];
        for body in bodies {
            let answer = ask("POST /invocations", JSON, body);
            assert_eq!((answer.response.status, json(&answer)), (200, expected.clone()), "{body}");
            assert_eq!(answer.predictions.len(), 2);
        }
        let answer = ask("POST /invocations", &[("content-type", "text/csv; charset=utf-8")], "visits,plan\n4,paid\n1,free\n");
        assert_eq!(json(&answer), expected);
        let answer = ask("POST /serving-endpoints/sample/invocations", JSON, bodies[0]);
        assert_eq!(json(&answer), expected);
    }

    #[test]
    fn parameters_choose_the_output_and_name_the_request() {
        let body = r#"{"instances":[{"lead_id":"x","visits":1}],"params":{"reasons":1},"client_request_id":"mine"}"#;
        let answer = ask("POST /invocations", JSON, body);
        assert_eq!(json(&answer)["predictions"][0]["reasons"].as_array().map(Vec::len), Some(1));
        assert_eq!(answer.predictions[0].client_request_id.as_deref(), Some("mine"));
        assert_eq!(answer.predictions[0].lead_id, "x");
    }

    #[test]
    fn a_bare_nan_as_python_writes_it_is_missing() {
        let answer = ask("POST /invocations", JSON, r#"{"dataframe_split":{"columns":["visits"],"data":[[NaN],[1]]}}"#);
        assert_eq!(json(&answer), json!({ "predictions": [logistic(-1.0), logistic(-0.5)] }));
    }

    #[test]
    fn a_refused_lead_is_null_and_told() {
        let body = r#"{"dataframe_split":{"columns":["visits"],"data":[[1],["many"],[null]]}}"#;
        let answer = json(&ask("POST /invocations", JSON, body));
        assert!(answer["predictions"][1].is_null() && answer["predictions"][2].is_number(), "{answer}");
        assert_eq!((&answer["errors"][0]["index"], &answer["errors"][0]["code"]), (&json!(1), &json!("LEAD_WRONG_TYPE")));
    }

    #[test]
    fn errors_are_worded_as_mlflow_words_them() {
        let cases = [
            ("POST /invocations", "application/json", "{", 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", "{}", 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"inputs":[[1,0]],"instances":[[1,0]]}"#, 400, "BAD_REQUEST"),
            (
                "POST /invocations",
                "application/json",
                r#"{"dataframe_split":{"columns":["visits"],"data":[[1,2]]}}"#,
                400,
                "BAD_REQUEST",
            ),
            ("POST /invocations", "application/json", r#"{"inputs":{"visits":[1],"plan":[]}}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"inputs":{}}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"instances":NaN}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"instances":[[Infinity,0]]}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "text/csv", "visits\n\"1", 400, "BAD_REQUEST"),
            ("POST /invocations", "text/csv", "", 400, "BAD_REQUEST"),
            ("POST /invocations", "text/plain", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("POST /invocations", "", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("POST /serving-endpoints/other/invocations", "application/json", "{}", 404, "RESOURCE_DOES_NOT_EXIST"),
        ];
        for (line, media_type, body, status, code) in cases {
            let answer = ask(line, &[("content-type", media_type)], body);
            assert_eq!((answer.response.status, json(&answer)["error_code"].as_str()), (status, Some(code)), "{body}");
        }
    }
}

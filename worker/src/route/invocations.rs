//! `POST /invocations`: the scoring protocol of MLflow and Databricks.
//!
//! `predictions` holds a probability per lead, or with `params` `{"reasons": n}` or `{"output": "records"}` a whole score. A lead
//! that is refused is `null` there and told in `errors`; fields that no model reads are told in `unknown_fields`.

use plumbline_core::lead::{Form, Slots};
use plumbline_core::{Score, Timestamp};
use serde::{Deserialize, Serialize};

use super::csv::Records;
use super::json::{self, Members, bad};
use super::table::{Columns, check_count, probability, score_rows};
use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::scoring::{Outcome, Row, Scoring, body_problem, lead_problem};
use crate::service::Serving;

/// Columns beyond this are refused.
const MOST_COLUMNS: usize = 10_000;

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Output {
    Probability,
    Records,
}

#[derive(Serialize)]
struct Predictions<'a, T> {
    predictions: Vec<Option<T>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explores: Vec<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_fields: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Refusal>,
}

/// What became of the leads, and the columns of their table that nothing reads.
type Scored = (Vec<Outcome>, Vec<String>);

#[derive(Serialize)]
struct Refusal {
    index: usize,
    #[serde(flatten)]
    problem: Problem,
}

pub(super) fn invoke(
    serving: Serving<'_>,
    now: Timestamp,
    request: &Request<'_>,
    endpoint: Option<&str>,
) -> Result<Answer, Problem> {
    let client = request.header("x-request-id");
    match &*request.media_type() {
        "application/json" => {
            let json = json::text(request.body)?;
            let body = Members::of(&json, "the request")?;
            let params = body.object("params")?;
            let reasons = params.whole("reasons")?.unwrap_or(0) as usize;
            let output = params.read("output", "\"probability\" or \"records\"")?;
            let records = reasons > 0 || output == Some(Output::Records);
            let named = body.read::<String>("client_request_id", "text")?;
            let mut scoring = Scoring::new(serving, (endpoint, None), now, reasons, named.as_deref().or(client))?;
            let scored = score(&mut scoring, &body)?;
            Ok(answer(scoring, scored, records))
        }
        "text/csv" => {
            let mut scoring = Scoring::new(serving, (endpoint, None), now, 0, client)?;
            let scored = csv(&mut scoring, request.body)?;
            Ok(answer(scoring, scored, false))
        }
        other => {
            let detail = format!("send text/csv or application/json, not {other:.100}");
            Err(Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", detail))
        }
    }
}

fn score(scoring: &mut Scoring<'_>, body: &Members<'_>) -> Result<Scored, Problem> {
    let [split, records, instances, inputs] =
        ["dataframe_split", "dataframe_records", "instances", "inputs"].map(|name| body.get(name));
    match (split?, records?, instances?, inputs?) {
        (Some(split), None, None, None) => dataframe_split(scoring, &Members::of(split, "dataframe_split")?),
        (None, Some(records), None, None) => objects(scoring, records),
        (None, None, Some(instances), None) => instances_of(scoring, instances),
        (None, None, None, Some(inputs)) if inputs.starts_with('{') => columns(scoring, inputs),
        (None, None, None, Some(inputs)) => instances_of(scoring, inputs),
        _ => Err(bad("the body must have exactly one of dataframe_split, dataframe_records, instances, inputs")),
    }
}

/// An array of leads, each an object.
fn objects(scoring: &mut Scoring<'_>, records: &str) -> Result<Scored, Problem> {
    let mut outcomes = Vec::new();
    let read = scoring.body(records.as_bytes(), Form::Array, |lead| outcomes.push(lead.outcome));
    read.map(|()| (outcomes, Vec::new())).map_err(|error| body_problem(&error))
}

fn dataframe_split(scoring: &mut Scoring<'_>, split: &Members<'_>) -> Result<Scored, Problem> {
    let member = |name: &str| split.get(name)?.ok_or_else(|| bad(format!("dataframe_split has no {name}")));
    let (names, data) = (member("columns")?, member("data")?);
    let names: Result<Vec<String>, Problem> = json::items(names, "columns of dataframe_split", MOST_COLUMNS)?
        .into_iter()
        .map(|name| serde_json::from_str(name).map_err(|_| bad(format!("column name {name:.100} is not a string"))))
        .collect();
    let columns = Columns::of(names?, scoring)?;
    rows(scoring, data, "data of dataframe_split", columns)
}

/// `instances`, or `inputs` as an array: leads, rows without names, or single values.
fn instances_of(scoring: &mut Scoring<'_>, instances: &str) -> Result<Scored, Problem> {
    let inside = instances.strip_prefix('[').unwrap_or_default();
    match inside.trim_start().starts_with('{') {
        true => objects(scoring, instances),
        false => {
            let columns = Columns::positional(scoring);
            rows(scoring, instances, "instances", columns)
        }
    }
}

/// Rows of values in the order of `columns`; a bare value is a row of one.
fn rows(scoring: &mut Scoring<'_>, data: &str, place: &str, columns: Columns<'_>) -> Result<Scored, Problem> {
    let limit = scoring.limits().batch;
    let data = json::items(data, place, limit as usize)?;
    check_count(data.len(), limit)?;
    let mut rows = Vec::with_capacity(data.len());
    for (i, row) in data.into_iter().enumerate() {
        let cells = match row.starts_with('[') {
            true => json::items(row, &format!("{place}[{i}]"), MOST_COLUMNS)?,
            false => vec![row],
        };
        rows.push(columns.pick(&cells));
    }
    let rows = rows.into_iter().map(|cells| {
        let mut row = Row::default();
        match cells {
            Ok(cells) => cells.into_iter().zip(columns.read()).for_each(|(cell, (_, column))| row.set_json(column, cell)),
            Err(error) => row.wrong.push(error),
        }
        row
    });
    Ok((score_rows(scoring, rows), columns.into_unknown()))
}

/// `inputs` as an object: an array for each column.
fn columns(scoring: &mut Scoring<'_>, inputs: &str) -> Result<Scored, Problem> {
    let inputs = json::entries(inputs, "inputs", MOST_COLUMNS)?;
    let limit = scoring.limits().batch;
    let mut columns = Columns::default();
    let mut read = Vec::new();
    let mut lengths = Vec::new();
    for (name, values) in inputs {
        let values = json::items(values, &format!("inputs.{name:.100}"), limit as usize)?;
        lengths.push(values.len());
        if columns.push(&name, scoring)? {
            read.push(values);
        }
    }
    let count = lengths.iter().copied().max().unwrap_or(0);
    check_count(count, limit)?;
    let shortest = lengths.iter().copied().min().unwrap_or(0);
    let rows = (0..count).map(|i| {
        let mut row = Row::default();
        // A lead beyond the end of a column has fewer values than there are columns.
        if i >= shortest {
            row.wrong.extend(columns.check(lengths.iter().filter(|length| i < **length).count()).err());
        }
        for (values, (_, column)) in read.iter().zip(columns.read()) {
            if let Some(value) = values.get(i) {
                row.set_json(column, value);
            }
        }
        row
    });
    Ok((score_rows(scoring, rows), columns.into_unknown()))
}

/// Records are gone over twice, to see that all of them are sound before the first is scored: texts of cells are dearer to keep.
fn csv(scoring: &mut Scoring<'_>, body: &[u8]) -> Result<Scored, Problem> {
    let text =
        std::str::from_utf8(body).map_err(|e| bad(format!("the CSV is not valid UTF-8 after byte {}", e.valid_up_to())))?;
    let mut records = Records::new(text, MOST_COLUMNS);
    let unclosed = || bad("the CSV has an unclosed quote");
    let header = records.next().ok_or_else(|| bad("the CSV has no header"))?.ok_or_else(unclosed)?;
    if header.len() > MOST_COLUMNS {
        return Err(bad(format!("the CSV has more than {MOST_COLUMNS} columns")));
    }
    let columns = Columns::of(header.iter().map(|name| name.trim()), scoring)?;
    let limit = scoring.limits().batch;
    let mut count = 0;
    for record in records.clone() {
        record.ok_or_else(unclosed)?;
        count += 1;
        check_count(count, limit)?;
    }
    check_count(count, limit)?;
    let rows = records.flatten().map(|record| {
        let mut row = Row::default();
        let cells: Vec<&str> = record.iter().map(String::as_str).collect();
        match columns.pick(&cells) {
            Ok(cells) => cells.into_iter().zip(columns.read()).for_each(|(cell, (_, column))| row.set_cell(column, cell)),
            Err(error) => row.wrong.push(error),
        }
        row
    });
    Ok((score_rows(scoring, rows), columns.into_unknown()))
}

/// Where leads are drawn, `variants` and `explores` (true: hide the score from ranking) tell of each.
fn answer(scoring: Scoring<'_>, (outcomes, unknown): Scored, records: bool) -> Answer {
    let (variants, explores) = scoring.draws().unzip();
    let refused = outcomes.iter().enumerate().filter_map(|(index, outcome)| Some((index, outcome.as_ref().err()?)));
    let errors = refused.map(|(index, error)| Refusal { index, problem: lead_problem(error) }).collect();
    let body = if records {
        let predictions: Vec<Option<Score>> = outcomes.into_iter().map(Result::ok).collect();
        serde_json::to_vec(&Predictions { predictions, variants, explores, unknown_fields: unknown, errors })
    } else {
        let predictions = outcomes.iter().map(probability).collect();
        let unknown_fields = with_those_of(&outcomes, unknown);
        serde_json::to_vec(&Predictions { predictions, variants, explores, unknown_fields, errors })
    };
    scoring.finish(Response::new(200, "application/json", body.unwrap_or_default()))
}

/// `unknown`, and the fields that single leads brought beside.
fn with_those_of(outcomes: &[Outcome], mut unknown: Vec<String>) -> Vec<String> {
    for name in outcomes.iter().flatten().flat_map(|score| &score.unknown_fields) {
        if unknown.len() < Slots::MAX_UNKNOWN && !unknown.contains(name) {
            unknown.push(name.clone());
        }
    }
    unknown
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
            r#"{"dataframe_records":[{"visits":4,"plan":"paid"},{"visits":1,"plan":"free"}]}"#,
            r#"{"instances":[{"visits":4,"plan":"paid"},{"visits":1,"plan":"free"}]}"#,
            r#"{"instances":[[4,"paid"],[1,"free"]]}"#,
            r#"{"inputs":[[4,"paid"],[1,0]]}"#,
            r#"{"inputs": {"visits":[4,1],"plan":["paid","free"]}, "params": {}}"#,
        ];
        for body in bodies {
            let answer = ask("POST /invocations", JSON, body);
            assert_eq!((answer.response.status, json(&answer)), (200, expected.clone()), "{body}");
            assert_eq!(answer.effects.predictions.len(), 2);
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
        assert_eq!(answer.effects.predictions[0].client_request_id.as_deref(), Some("mine"));
        assert_eq!(answer.effects.predictions[0].lead_id, "x");
    }

    #[test]
    fn a_bare_nan_as_python_writes_it_is_missing() {
        let answer = ask("POST /invocations", JSON, r#"{"dataframe_split":{"columns":["visits"],"data":[[NaN],[1]]}}"#);
        assert_eq!(json(&answer), json!({ "predictions": [logistic(-1.0), logistic(-0.5)] }));
    }

    #[test]
    fn fields_that_no_model_reads_are_told() {
        let bodies = [
            r#"{"dataframe_split":{"columns":["odd","visits"],"data":[[[{}],4]]}}"#,
            r#"{"dataframe_records":[{"visits":4,"odd":[1]}]}"#,
            r#"{"instances":[{"visits":4,"odd":{}}]}"#,
            r#"{"inputs": {"odd":["x"],"visits":[4]}}"#,
        ];
        for body in bodies {
            let expected = json!({ "predictions": [logistic(1.0)], "unknown_fields": ["odd"] });
            assert_eq!(json(&ask("POST /invocations", JSON, body)), expected, "{body}");
        }
        let answer = json(&ask("POST /invocations", &[("content-type", "text/csv")], "odd,visits\n\"a,\",4\n"));
        assert_eq!(answer, json!({ "predictions": [logistic(1.0)], "unknown_fields": ["odd"] }));
    }

    #[test]
    fn text_that_is_wrong_costs_its_lead_in_every_shape() {
        for cell in ["Infinity", "-Infinity", "01", r#""\ud800""#, "1e999", r#"{"a":1}"#, "[[]]", "nul", "9007199254740993"] {
            let bodies = [
                format!(r#"{{"dataframe_split":{{"columns":["visits"],"data":[[1],[{cell}],[2]]}}}}"#),
                format!(r#"{{"dataframe_records":[{{"visits":1}},{{"visits":{cell}}},{{"visits":2}}],"params":null}}"#),
                format!(r#"{{"instances":[[1,0],[{cell},0],[2,0]],"inputs":null}}"#),
                format!(r#"{{"inputs":{{"visits":[1,{cell},2]}}}}"#),
            ];
            for body in bodies {
                let answer = ask("POST /invocations", JSON, format!("\u{feff}{body}"));
                let told = json(&answer);
                assert_eq!(answer.response.status, 200, "{body}: {told}");
                assert!(
                    told["predictions"][0].is_f64() && told["predictions"][1].is_null() && told["predictions"][2].is_f64(),
                    "{body}"
                );
                assert!(told["errors"][0]["code"].as_str().unwrap().starts_with("LEAD_"), "{told}");
            }
        }
        // Digits of an id are the id's.
        let ids = r#"{"dataframe_split":{"columns":["lead_id"],"data":[[9007199254740993],[9007199254740992]]}}"#;
        let rows = ask("POST /invocations", JSON, ids).effects.predictions;
        assert_eq!([&*rows[0].lead_id, &*rows[1].lead_id], ["9007199254740993", "9007199254740992"]);
        // A row with too few or too many values, or a column that ends early, costs the leads that it concerns.
        for body in [
            r#"{"dataframe_split":{"columns":["visits"],"data":[[1],[1,2],[2]]}}"#,
            r#"{"dataframe_split":{"columns":["visits","odd"],"data":[[1,1],[1],[2,2]]}}"#,
            r#"{"instances":[[1,0],[1],[2,0]]}"#,
        ] {
            let told = json(&ask("POST /invocations", JSON, body));
            assert_eq!(told["errors"].as_array().map(Vec::len), Some(1), "{body}: {told}");
            assert_eq!(
                (&told["errors"][0]["index"], &told["errors"][0]["code"]),
                (&json!(1), &json!("LEAD_WRONG_COUNT")),
                "{body}"
            );
        }
        let told = json(&ask("POST /invocations", JSON, r#"{"inputs":{"visits":[1,2],"plan":[0]}}"#));
        assert_eq!(told["errors"][0]["detail"], "the row has 1 value, but the table has 2 columns");
        let told = json(&ask("POST /invocations", &[("content-type", "text/csv")], "visits,odd\n1,1\n1\n2,2,2\n"));
        assert!(told["predictions"][0].is_f64() && told["errors"].as_array().map(Vec::len) == Some(2), "{told}");
        for body in [
            r#"{"dataframe_split":{"columns":["odd","odd"],"data":[[1,2]]}}"#,
            r#"{"instances":[[1,0]],"params":[1]}"#,
            r#"{"instances":[[1,0]],"instances":[[1,0]]}"#,
            r#"{"inputs":{"visits":{}}}"#,
        ] {
            assert_eq!(ask("POST /invocations", JSON, body).response.status, 400, "{body}");
        }
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
            ("POST /invocations", "application/json", r#"{"inputs":{}}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"instances":NaN}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"[null,null,[{"visits":1}]]"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"dataframe_split":[["visits"],[[1]]]}"#, 400, "BAD_REQUEST"),
            ("POST /invocations", "application/json", r#"{"instances":[[1,0]],"params":{"reasons":"two"}}"#, 400, "BAD_REQUEST"),
            (
                "POST /invocations",
                "application/json",
                r#"{"dataframe_split":{"columns":["visits","visits"],"data":[[1,2]]}}"#,
                400,
                "BAD_REQUEST",
            ),
            ("POST /invocations", "text/csv", "visits,visits\n1,2\n", 400, "BAD_REQUEST"),
            ("POST /invocations", "text/csv", "visits\n\"1", 400, "BAD_REQUEST"),
            ("POST /invocations", "text/csv", "", 400, "BAD_REQUEST"),
            ("POST /invocations", "text/plain", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("POST /invocations", "", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("POST /serving-endpoints/other/invocations", "application/json", "{}", 404, "RESOURCE_DOES_NOT_EXIST"),
        ];
        for (line, media_type, body, status, code) in cases {
            let answer = ask(line, &[("content-type", media_type)], body);
            assert_eq!((answer.response.status, json(&answer)["error_code"].as_str()), (status, Some(code)), "{body}");
            let told = json(&answer).to_string();
            assert!(["usize", "struct ", "Split"].iter().all(|ours| !told.contains(ours)), "{told}");
        }
    }
}

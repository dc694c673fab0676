//! `POST /v1/score`: one lead, an array of leads, or one lead a line.
//!
//! One lead is answered by its score (with `request_id`, `variant` and, in the exploration slice, `explores`) or a problem document;
//! several by an entry each, in their order: a score with its variant, or `{"error": problem}`.

use std::io::Write;
use std::sync::Arc;

use plumbline_core::Timestamp;
use plumbline_core::lead::{Form, LeadError};

use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::scoring::{Answered, Scoring, body_problem, lead_problem};
use crate::service::Serving;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

pub(super) fn score(serving: Serving<'_>, now: Timestamp, request: &Request<'_>) -> Result<Answer, Problem> {
    let (scoring, form) = begun(serving, now, request)?;
    answered(scoring, request, form)
}

/// The answer to the same leads as those of a load test, which count in no figure.
pub(super) fn load(serving: Serving<'_>, now: Timestamp, request: &Request<'_>) -> Result<Answer, Problem> {
    let (scoring, form) = begun(serving, now, request)?;
    answered(scoring.of_load(), request, form)
}

/// The scoring of the leads of `request`, and how its body holds them.
fn begun<'a>(serving: Serving<'a>, now: Timestamp, request: &Request<'_>) -> Result<(Scoring<'a>, Form), Problem> {
    let form = form(request)?;
    let reasons = match request.parameter("reasons") {
        Some(text) => {
            let wrong = |_| Problem::new(400, "BAD_PARAMETER", "reasons must be a whole number up to 4294967295");
            text.parse::<u32>().map_err(wrong)? as usize
        }
        None if form == Form::One => serving.service.settings().reasons as usize,
        None => 0,
    };
    Ok((Scoring::new(serving, (None, None), now, reasons, request.header("x-request-id"))?, form))
}

fn answered(scoring: Scoring<'_>, request: &Request<'_>, form: Form) -> Result<Answer, Problem> {
    if form == Form::One { one(scoring, request.body) } else { many(scoring, request.body, form) }
}

/// How the body of `request` holds its leads.
///
/// # Errors
/// Its type is neither JSON nor NDJSON.
pub(crate) fn form(request: &Request<'_>) -> Result<Form, Problem> {
    match &*request.media_type() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Form::Lines),
        "application/json" | "" | "application/x-www-form-urlencoded" | "text/plain" => Ok(Form::of_json(request.body)),
        other => {
            let detail = format!("send leads as application/json or {LINES}, not {other:.100}");
            Err(Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", detail))
        }
    }
}

fn one(mut scoring: Scoring<'_>, body: &[u8]) -> Result<Answer, Problem> {
    let mut out = Vec::with_capacity(512);
    let (request_id, now) = (Arc::clone(&scoring.request_id), scoring.now);
    let mut status = Err(body_problem(&LeadError::Empty));
    scoring
        .body(body, Form::One, |lead| status = write(&request_id, now, lead, &mut out))
        .map_err(|error| body_problem(&error))?;
    let status = status?;
    let media_type = if status == 200 { JSON } else { "application/problem+json" };
    Ok(scoring.finish(Response::new(status, media_type, out)))
}

/// Writes the one answer as a whole body; returns its status.
///
/// # Errors
/// The lead is not JSON, and so the body is not.
fn write(request_id: &str, now: Timestamp, lead: Answered<'_>, out: &mut Vec<u8>) -> Result<u16, Problem> {
    if let Err(error) = &lead.outcome
        && let Some(LeadError::Malformed { .. } | LeadError::TooDeep { .. }) = error.problems().first()
    {
        return Err(Problem { status: 400, title: "Bad Request", ..lead_problem(error) });
    }
    write_origin(request_id, now, out);
    write_turn(&lead, out);
    Ok(continued(out, |out| match &lead.outcome {
        Ok(score) => {
            score.write_json(out);
            200
        }
        Err(error) => {
            out.extend_from_slice(&serde_json::to_vec(&lead_problem(error)).unwrap_or_default());
            422
        }
    }))
}

/// Begins the object of an answer with what its request is called and the moment its leads are scored for, each with a comma behind it.
fn write_origin(request_id: &str, now: Timestamp, out: &mut Vec<u8>) {
    // An id of ours is letters, digits and a hyphen. Writing to memory cannot fail.
    drop(write!(out, "{{\"request_id\":\"{request_id}\",\"timestamp_ms\":{},", now.0));
}

/// Has an object written that continues the one begun in `out`.
fn continued<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let start = out.len();
    let written = write(out);
    if out.get(start) == Some(&b'{') {
        out.remove(start);
    }
    written
}

/// Writes the members that tell who answered, each with a comma behind it.
fn write_turn(lead: &Answered<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"variant\":");
    // Writing to memory cannot fail.
    drop(serde_json::to_writer(&mut *out, lead.variant));
    out.extend_from_slice(if lead.explores { b",\"explores\":true," } else { b"," });
    if let Some(flags) = lead.flags {
        out.extend_from_slice(b"\"flags\":");
        out.extend_from_slice(flags.as_bytes());
        out.push(b',');
    }
}

fn many(mut scoring: Scoring<'_>, body: &[u8], form: Form) -> Result<Answer, Problem> {
    let mut out = Vec::with_capacity(body.len());
    let mut first = true;
    let begin = if form == Form::Lines { format!("{{\"timestamp_ms\":{},", scoring.now.0) } else { "{".to_owned() };
    if form == Form::Array {
        write_origin(&scoring.request_id, scoring.now, &mut out);
        out.extend_from_slice(b"\"scores\":[");
    }
    let read = scoring.body(body, form, |lead| {
        if form == Form::Array && !first {
            out.push(b',');
        }
        first = false;
        match &lead.outcome {
            Ok(score) => {
                out.extend_from_slice(begin.as_bytes());
                write_turn(&lead, &mut out);
                continued(&mut out, |out| score.write_json(out));
            }
            Err(error) => {
                out.extend_from_slice(begin.as_bytes());
                write_turn(&lead, &mut out);
                out.extend_from_slice(b"\"error\":");
                out.extend_from_slice(&serde_json::to_vec(&lead_problem(error)).unwrap_or_default());
                out.push(b'}');
            }
        }
        if form == Form::Lines {
            out.push(b'\n');
        }
    });
    read.map_err(|error| body_problem(&error))?;
    if form == Form::Array {
        out.extend_from_slice(b"]}");
    }
    Ok(scoring.finish(Response::new(200, if form == Form::Lines { LINES } else { JSON }, out)))
}

#[cfg(test)]
mod tests {
    use plumbline_core::event::Role;
    use plumbline_core::rollout::policy::Leads;
    use plumbline_core::route::AllocationSettings;
    use serde_json::Value;

    use crate::sample::{NOW, ask, json, model, model_of};
    use crate::{Request, Service, Settings};

    #[test]
    fn one_lead_is_scored_and_noted() {
        let answer = ask("POST /v1/score", &[], r#"{"lead_id":"L1","visits":4,"plan":"paid","colour":"red"}"#);
        let body = json(&answer);
        assert_eq!(answer.response.status, 200, "{body}");
        assert_eq!(answer.response.header("plumbline-log"), Some("batched"));
        assert_eq!(body["probability"].as_f64(), Some(plumbline_core::math::logistic(3.0)));
        assert_eq!(body["unknown_fields"], serde_json::json!(["colour"]));
        assert!(!body["reasons"].as_array().unwrap().is_empty(), "{body}");
        let row = &answer.effects.predictions[0];
        assert_eq!((row.lead_id.as_str(), row.batch_size, row.status.http(), row.margin), ("L1", 1, 200, Some(3.0)));
        assert_eq!(body["request_id"], *row.request_id);
    }

    #[test]
    fn leads_of_a_load_test_are_scored_alike_and_logged_in_a_role_of_their_own() {
        let leads = r#"[{"lead_id":"capacity-1","visits":4},{"lead_id":"capacity-2","visits":[]}]"#;
        let [lead, load] = ["POST /v1/score", "POST /v1/capacity/score"].map(|line| ask(line, &[], leads));
        let scores = |answer| json(answer)["scores"].clone();
        assert_eq!((load.response.status, scores(&load)), (200, scores(&lead)));
        assert!(load.effects.predictions.iter().all(|row| row.role == Role::Load), "{:?}", load.effects.predictions);
        let allocation = AllocationSettings { shadow: vec!["2".into()], ..AllocationSettings::champion_only("1") };
        let settings = Settings { allocation: Some(allocation), leads: Some(Leads::default()), ..Settings::default() };
        let service = Service::new(settings, vec![model(), model_of("2", 1.0)], "test").unwrap();
        for (path, role, kept) in [("/v1/score", Role::Shadow, 1), ("/v1/capacity/score", Role::Load, 0)] {
            let request = Request { method: "POST", path, query: "", headers: &[], body: leads.as_bytes() };
            let answer = service.handle(NOW, &request);
            assert_eq!(answer.effects.seen.leads().len(), kept, "{path}");
            let after = service.after(&request, &answer.after.unwrap()).predictions;
            assert_eq!(after.iter().map(|row| row.role).collect::<Vec<_>>(), [role, role], "{path}");
        }
    }

    #[test]
    fn a_bad_lead_fails_alone() {
        let answer = ask("POST /v1/score", &[], r#"[{"visits":1},{"visits":{"a":[1]}},7,{"visits":2}]"#);
        assert_eq!(answer.response.status, 200);
        let scores = json(&answer)["scores"].as_array().unwrap().clone();
        let codes: Vec<Option<&str>> = scores.iter().map(|s| s["error"]["code"].as_str()).collect();
        assert_eq!(codes, [None, Some("LEAD_WRONG_TYPE"), Some("LEAD_NOT_AN_OBJECT"), None]);
        assert_eq!(scores[1]["error"]["errors"][0]["field"], "visits");
        assert_eq!(answer.effects.predictions.iter().map(|p| p.status.http()).collect::<Vec<_>>(), [200, 422, 422, 200]);
        assert_eq!(answer.effects.predictions.iter().map(|p| p.batch_size).collect::<Vec<_>>(), [4, 4, 4, 4]);
    }

    #[test]
    fn text_that_is_wrong_costs_its_lead_and_merges_no_ids() {
        let wrong = [
            r#"{"lead_id":"\ud800"}"#,
            r#"{"visits":01}"#,
            "{\"lead_id\":\"a\0\"}",
            r#"{"lead_id":"a\u0000"}"#,
            "Infinity",
            "{\"visits\":-Infinity}",
        ];
        for wrong in wrong {
            let body = format!(r#"[{{"lead_id":"a","visits":1}},{wrong},{{"visits":2}}]"#);
            let answer = ask("POST /v1/score", &[], &body);
            assert_eq!(answer.response.status, 200, "{wrong}");
            let scores = json(&answer)["scores"].as_array().unwrap().clone();
            assert!(scores[0]["probability"].is_f64() && scores[2]["probability"].is_f64(), "{wrong}");
            assert!(scores[1]["error"]["code"].as_str().unwrap().starts_with("LEAD_"), "{wrong}");
            let ids: Vec<&str> = answer.effects.predictions.iter().map(|row| row.lead_id.as_str()).collect();
            assert_eq!(ids, ["a", "test-0/1", "test-0/2"], "{wrong}");
        }
    }

    #[test]
    fn what_rows_of_the_log_repeat_is_bounded() {
        let (long, fits) = ("x".repeat(257), "x".repeat(256));
        for (id, status) in [(&long, 400), (&fits, 200)] {
            let table = format!(r#"{{"instances":[[1,0]],"client_request_id":"{id}"}}"#);
            let tensor = format!(r#"{{"id":"{id}","inputs":[{{"name":"visits","shape":[1],"datatype":"FP64","data":[1]}}]}}"#);
            let json = ("content-type", "application/json");
            let answers = [
                ask("POST /v1/score", &[("x-request-id", id)], "{}"),
                ask("POST /invocations", &[json], table),
                ask("POST /invocations", &[json, ("x-request-id", id)], r#"{"instances":[[1,0]]}"#),
                ask("POST /v2/models/sample/infer", &[], tensor),
            ];
            for answer in answers {
                assert_eq!(answer.response.status, status, "{}", String::from_utf8_lossy(&answer.response.body));
            }
            let lead = ask("POST /v1/score", &[], format!(r#"{{"lead_id":"{id}"}}"#));
            assert_eq!(lead.response.status, if status == 200 { 200 } else { 422 });
        }
    }

    #[test]
    fn lines_are_answered_by_lines() {
        let body = "{\"visits\":1}\n{oops\n\n{\"visits\":NaN}\n{}";
        let answer = ask("POST /v1/score", &[("content-type", "application/x-ndjson")], body);
        let text = String::from_utf8(answer.response.body).unwrap();
        let codes = text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["error"]["code"].clone());
        assert_eq!(codes.collect::<Vec<_>>(), [Value::Null, "LEAD_MALFORMED".into(), "LEAD_MALFORMED".into(), Value::Null]);
    }

    #[test]
    fn a_body_that_cannot_be_read_is_refused_whole() {
        let endless = "[".repeat(100_000);
        let deep = format!("{}1{}", "{\"x\":".repeat(1000), "}".repeat(1000));
        let many = format!("[{}{{}}]", "{},".repeat(10_000));
        let cases: &[(&str, u16, &str)] = &[
            ("", 400, "LEAD_BODY_EMPTY"),
            ("[]", 400, "LEAD_BODY_EMPTY"),
            ("{", 400, "LEAD_MALFORMED"),
            ("[{\"visits\":1},", 400, "LEAD_MALFORMED"),
            ("{\"visits\":NaN}", 400, "LEAD_MALFORMED"),
            ("{} {}", 400, "LEAD_MALFORMED"),
            ("\u{feff}{", 400, "LEAD_MALFORMED"),
            ("nul", 400, "LEAD_MALFORMED"),
            (&endless, 400, "LEAD_MALFORMED"),
            (&deep, 400, "LEAD_TOO_DEEP"),
            (&many, 413, "BATCH_TOO_LARGE"),
            ("{\"visits\":1e999}", 422, "LEAD_NOT_FINITE"),
            ("7", 422, "LEAD_NOT_AN_OBJECT"),
        ];
        for (body, status, code) in cases {
            let answer = ask("POST /v1/score", &[], body);
            let shown: String = body.chars().take(40).collect();
            assert_eq!((answer.response.status, json(&answer)["code"].as_str()), (*status, Some(*code)), "{shown}");
            assert_eq!(answer.response.header("content-type"), Some("application/problem+json"));
            assert_eq!(answer.effects.predictions.len(), usize::from(*status == 422), "{shown}");
        }
    }

    #[test]
    fn reasons_are_as_many_as_asked_for() {
        for (query, many) in [("?reasons=0", 0), ("?reasons=1", 1), ("", 2)] {
            let answer = ask(&format!("POST /v1/score{query}"), &[], r#"{"visits":4,"plan":"paid"}"#);
            assert_eq!(json(&answer)["reasons"].as_array().map(Vec::len), Some(many), "{query}");
        }
        assert_eq!(ask("POST /v1/score?reasons=all", &[], "{}").response.status, 400);
    }
}

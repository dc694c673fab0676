//! Requests to the service: any path, method, header and body gets a coded answer, and every prediction can be logged.
//!
//! The input's first bytes choose method, path, headers; the rest is the body. So the fuzzer spends its time on bodies.

use std::sync::OnceLock;

use plumbline_core::Timestamp;
use plumbline_core::event::Prediction;
use plumbline_core::lead::Limits;
use plumbline_core::rollout::policy::Leads;
use plumbline_worker::tally::Tally;
use plumbline_worker::{Journal, Model, Request, Service, Settings};
use serde::de::IgnoredAny;
use serde_json::Value;

const NOW: Timestamp = Timestamp(1_794_787_200_000);

/// Requests that lead somewhere.
pub(super) const LINES: [&str; 20] = [
    "POST /v1/score",
    "POST /v1/score?reasons=3",
    "POST /v1/score?reasons=99999999999&x",
    "POST /invocations",
    "POST /serving-endpoints/demo-leads/invocations",
    "POST /v2/models/demo-leads/infer",
    "POST /v2/models/demo-leads/versions/1/infer",
    "POST /v2/models/none/infer",
    "GET /v1/models",
    "GET /v2",
    "GET /v2/health/ready",
    "GET /v2/models/demo-leads",
    "GET /v2/models/demo-leads/ready",
    "GET /openapi.json",
    "GET /metrics",
    "HEAD /health/live",
    "OPTIONS /v1/score",
    "PUT /invocations",
    "GET /version",
    "POST /nowhere",
];

pub(super) const TYPES: [&str; 6] =
    ["application/json", "application/x-ndjson", "text/csv", "application/octet-stream", "Application/JSON; charset=utf-8", ""];

fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| {
        let bytes = include_bytes!("../../../worker/demo/demo.plumb");
        let model = Model::read(&bytes[..]).expect("the demo is sound");
        let limits = Limits { body_bytes: 1 << 16, batch: 64, ..Limits::default() };
        let settings = Settings { limits, cors_origins: vec!["https://crm.example".into()], ..Settings::default() };
        let settings = Settings { tallies: true, leads: Some(Leads::default()), ..settings };
        Service::new(settings, vec![model], "fuzz").expect("a service")
    })
}

pub(super) fn request(data: &[u8]) {
    let [line, media, header, rest @ ..] = data else { return };
    // One line in sixteen is the input's own.
    let (line, body) = match LINES.get(usize::from(*line)) {
        Some(line) => ((*line).to_owned(), rest),
        None => {
            let mut parts = rest.splitn(2, |byte| *byte == b'\n');
            let line = parts.next().unwrap_or_default();
            (String::from_utf8_lossy(line).into_owned(), parts.next().unwrap_or_default())
        }
    };
    let (method, url) = line.split_once(' ').unwrap_or(("POST", &line));
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let length = (usize::from(*header) * 4).min(body.len()).to_string();
    let mut headers = vec![("origin", "https://crm.example"), ("x-request-id", "r-1")];
    headers.extend(TYPES.get(usize::from(*media)).map(|media| ("content-type", *media)));
    if *header > 0 {
        headers.push(("inference-header-content-length", &length));
    }
    let request = Request { method, path, query, headers: &headers, body };
    let answer = service().handle(NOW, &request);
    let response = &answer.response;
    assert!((200..500).contains(&response.status), "{} to {line}", response.status);
    match response.header("content-type").unwrap_or("") {
        _ if method == "HEAD" => assert!(response.body.is_empty()),
        media if media.contains("ndjson") => {
            for line in response.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                serde_json::from_slice::<IgnoredAny>(line).expect("a line of the answer is JSON");
            }
        }
        // With binary tensors the JSON is only the head.
        media if media.contains("json") && response.header("inference-header-content-length").is_none() => {
            serde_json::from_slice::<IgnoredAny>(&response.body).expect("the answer is JSON");
        }
        _ => {}
    }
    if response.status >= 400 && method != "HEAD" && path.starts_with("/v1/") {
        let problem: Value = serde_json::from_slice(&response.body).expect("a problem document");
        assert!(problem.get("code").is_some_and(Value::is_string), "{problem}");
    }
    assert!(answer.effects.predictions.iter().all(|p| p.batch_size as usize == answer.effects.predictions.len()));
    assert!(answer.effects.predictions.iter().all(|p| p.probability.is_none_or(|p| (0.0..=1.0).contains(&p))));
    let mut journal = Journal::new(service().settings(), "fuzz");
    let mut batches = journal.push(NOW, &answer.effects);
    batches.extend(journal.flush());
    assert_eq!(batches.iter().map(|batch| batch.rows as usize).sum::<usize>(), answer.effects.predictions.len());
    for batch in batches {
        let mut lines = batch.text.split('\n');
        let (head, rows) = lines.next().zip(lines.next()).expect("a batch is a line and rows");
        let (fields, tally) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        assert_eq!(lines.next(), None, "no text of a lead ends a line");
        assert_eq!(head.split_whitespace().nth(1), Some(batch.rows.to_string().as_str()));
        let rows: Vec<Vec<Value>> = serde_json::from_str(rows).expect("a batch's rows are JSON");
        assert!(rows.len() == batch.rows as usize && rows.iter().all(|row| row.len() == Prediction::COLUMNS.len()));
        let kept: Vec<Value> =
            if fields.is_empty() { Vec::new() } else { serde_json::from_str(fields).expect("fields are JSON") };
        assert!(kept.len() <= rows.len() && kept.iter().all(|lead| lead["fields"].is_object()), "{kept:?}");
        assert!(tally.is_empty() || Tally::read(tally.as_bytes()).is_ok(), "{tally}");
    }
}

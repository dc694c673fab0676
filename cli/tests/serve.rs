//! The native host, by the real binary and real sockets: answers, limits, the log, a graceful end.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use common::{bundle, server, text};
use plumbline_core::event::{ColumnType, Prediction};

struct Server {
    service: server::Server,
    address: String,
}

impl Server {
    fn start(folder: &Path, more: &[&str]) -> Server {
        let (model, db) = (bundle(folder), text(&folder.join("log.sqlite")));
        let service = server::Server::start(&[&["--model", &model, "--db", &db], more].concat());
        let address = service.url.trim_start_matches("http://").to_owned();
        Server { service, address }
    }

    /// Status and body of each request, sent over one connection.
    fn ask(&self, requests: &[(&str, &str)]) -> Vec<(u16, String)> {
        let mut stream = BufReader::new(TcpStream::connect(&self.address).expect("it listens"));
        requests.iter().map(|(path, body)| exchange(&mut stream, path, body)).collect()
    }

    /// Ends it by SIGTERM; its exit code.
    fn stop(self) -> Option<i32> {
        self.service.stop()
    }
}

fn exchange(stream: &mut BufReader<TcpStream>, path: &str, body: &str) -> (u16, String) {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // A server that refuses a body need not read it to its end.
    drop(stream.get_mut().write_all(format!("{head}{body}").as_bytes()));
    let mut line = String::new();
    stream.read_line(&mut line).expect("a status line");
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).expect("a header");
        match header.trim().to_ascii_lowercase().split_once(": ") {
            None => break,
            Some(("content-length", n)) => length = n.parse().expect("a length"),
            Some(_) => {}
        }
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).expect("the body");
    (status, String::from_utf8(content).expect("UTF-8"))
}

fn logged(folder: &Path) -> Vec<(String, f64)> {
    let db = rusqlite::Connection::open(folder.join("log.sqlite")).expect("the log");
    let mut rows = db.prepare("SELECT lead_id, margin FROM prediction_logs ORDER BY id").expect("the table");
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

#[test]
fn leads_are_scored_and_every_row_is_in_the_log_after_a_stop() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let server = Server::start(folder.path(), &[]);
    let lead = |i: usize| format!("{{\"lead_id\":\"l{i}\",\"visits\":{},\"pages\":1}}", i % 5);
    let bodies: Vec<String> = (0..50).map(lead).collect();
    let requests: Vec<(&str, &str)> = bodies.iter().map(|body| ("/v1/score", body.as_str())).collect();
    for (i, (status, body)) in server.ask(&requests).into_iter().enumerate() {
        assert_eq!(status, 200, "{body}");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(answer["margin"].as_f64(), Some(if i % 5 < 3 { -1.0 } else { 1.0 }), "{body}");
    }
    assert_eq!(server.stop(), Some(0));
    let rows = logged(folder.path());
    assert_eq!(rows.len(), 50);
    assert_eq!(rows[3], ("l3".to_owned(), 1.0));
    let db = rusqlite::Connection::open(folder.path().join("log.sqlite")).expect("the log");
    let view = db.prepare("SELECT * FROM prediction_logs").expect("the view");
    let columns: Vec<&str> = Prediction::COLUMNS.iter().map(|column| column.name).collect();
    let expected = [&["id"], columns.as_slice(), &["timestamp", "latency_ms"]].concat();
    assert_eq!(view.column_names().collect::<Vec<_>>(), expected);
    let (latency, times): (f64, bool) = db
        .query_row("SELECT min(latency_ms), min(timestamp > datetime('now', '-1 hour')) FROM prediction_logs", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("times");
    assert!(latency > 0.0 && times, "{latency}");
    for column in Prediction::COLUMNS {
        // Rows are JSON, where a double without a fraction reads as a whole number.
        let whole = if column.kind == ColumnType::Real { "integer" } else { "null" };
        let sql = format!("SELECT count(*) FROM prediction_logs WHERE typeof({0}) NOT IN (?1, ?2, 'null')", column.name);
        let kind = column.kind.sql().to_ascii_lowercase();
        let params = [kind.as_str(), whole];
        let other: i64 = db.query_row(&sql, params, |row| row.get(0)).expect("a count");
        assert_eq!(other, 0, "{} holds other values than {:?}", column.name, column.kind);
    }
}

#[test]
fn a_durable_answer_is_in_the_log_even_after_a_kill() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let mut server = Server::start(folder.path(), &["--log", "durable"]);
    assert_eq!(server.ask(&[("/v1/score", r#"{"lead_id":"a","visits":1,"pages":2}"#)])[0].0, 200);
    server.service.kill();
    assert_eq!(logged(folder.path()), [("a".to_owned(), 0.25)]);
}

#[test]
fn what_is_too_large_or_unknown_is_refused_and_the_service_goes_on() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[limits]\nbody_bytes = 1000\n").expect("a file");
    let server = Server::start(folder.path(), &["--settings", &text(&settings)]);
    let large = format!("{{\"visits\":1,\"x\":\"{}\"}}", "y".repeat(2000));
    assert_eq!(server.ask(&[("/v1/score", &large)])[0].0, 413);
    let answers =
        server.ask(&[("/v1/score", "{\"visits\":"), ("/nowhere", ""), ("/health/live", ""), ("/v1/score", "{\"visits\":3}")]);
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert!(statuses[0] >= 400 && statuses[0] < 500, "{answers:?}");
    assert_eq!(statuses[1..], [404, 200, 200]);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_suite_refuses_and_flags_leads() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let suite = folder.path().join("suite.json");
    let text_of = r#"{"name": "s", "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "visits", "max_value": 10}, "severity": "critical"},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "pages"}, "severity": "warning"}]}"#;
    std::fs::write(&suite, text_of).expect("a file");
    let server = Server::start(folder.path(), &["--suite", &text(&suite)]);
    let answers = server.ask(&[("/v1/score", r#"{"visits":11,"pages":1}"#), ("/v1/score", r#"{"lead_id":"f","visits":1}"#)]);
    assert!(answers[0].0 == 422 && answers[0].1.contains("LEAD_QUALITY"), "{answers:?}");
    assert!(answers[1].0 == 200 && answers[1].1.contains(r#""flags":[{"#), "{answers:?}");
    assert_eq!(server.stop(), Some(0));
    let db = rusqlite::Connection::open(folder.path().join("log.sqlite")).expect("the log");
    let flags: Vec<Option<String>> = db
        .prepare("SELECT flags FROM prediction_logs ORDER BY id")
        .and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect())
        .expect("rows");
    assert!(flags[0].is_none() && flags[1].as_ref().is_some_and(|flags| flags.contains("pages")), "{flags:?}");
}

#[test]
fn clients_that_leave_during_a_large_request_leave_no_rows_pending() {
    let folder = tempfile::tempdir().expect("a temp folder");
    // One thread makes all large answers, one after the other: that of the last client says that those before it are done with.
    let server = Server::start(folder.path(), &["--log", "durable", "--threads", "1"]);
    let lead = r#"{"lead_id":"a","visits":1,"pages":2}"#;
    let body = format!("[{}]", vec![lead; 9_000].join(","));
    let head =
        format!("POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    for _ in 0..6 {
        let mut stream = TcpStream::connect(&server.address).expect("it listens");
        stream.write_all(format!("{head}{body}").as_bytes()).expect("it reads");
        // The body has come by the time that another is answered; its client leaves before its own answer.
        assert_eq!(server.ask(&[("/health/live", "")])[0].0, 200);
    }
    assert_eq!(server.ask(&[("/v1/score", &body)])[0].0, 200);
    let (_, metrics) = server.ask(&[("/metrics", "")]).remove(0);
    assert!(metrics.contains("\nplumbline_log_rows_pending 0\n"), "{metrics}");
}

#[test]
fn a_body_announced_to_be_too_large_is_refused_before_it_comes() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let server = Server::start(folder.path(), &[]);
    let mut stream = BufReader::new(TcpStream::connect(&server.address).expect("it listens"));
    let head = "POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    stream.get_mut().write_all(head.as_bytes()).expect("it reads");
    // Nothing follows; the body would have a minute.
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the end of the connection");
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("BODY_TOO_LARGE"), "{answer}");
}

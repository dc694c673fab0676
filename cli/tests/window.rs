//! `plumbline window`, run as users run it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::{expect, failure};
use serde_json::Value;

/// `rows` rows of a log from `start_ms` on, one every ten minutes.
fn log(start_ms: u64, rows: u64) -> String {
    let mut text = String::from("timestamp_ms,probability,converted,duration_us,status,explores,visits,source\n");
    for row in 0..rows {
        let (score, at) = ((row * 7919 % 1000) as f64 / 1000.0, start_ms + row * 600_000);
        let converted = if row % 11 == 0 {
            ""
        } else if score > 0.6 || row % 5 == 0 {
            "1"
        } else {
            "0"
        };
        let (status, explores, source) =
            (if row % 50 == 49 { 500 } else { 200 }, u64::from(row % 4 == 0), ["web", "fair"][(row % 2) as usize]);
        writeln!(text, "{at},{score},{converted},{},{status},{explores},{},{source}", 100 + row, row % 9).expect("a string");
    }
    text
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&expect(0, arguments, b"")).expect("JSON")
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn hours_of_several_hosts_merge_in_any_order_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| path(folder.path(), name);
    std::fs::write(at("training.csv"), log(0, 400)).expect("written");
    let (start, hour) = (1_700_000_000_000, 3_600_000);
    for (host, from) in [("a", start), ("b", start + hour), ("c", start + 5 * hour)] {
        std::fs::write(at(&format!("{host}.csv")), log(from, 60)).expect("written");
        let made = json(&[
            "--json",
            "window",
            "make",
            &at(&format!("{host}.csv")),
            "--features-of",
            &at("training.csv"),
            "-o",
            &at(&format!("{host}.plw")),
        ]);
        assert_eq!((&made["hours"], &made["features"]), (&11.into(), &2.into()), "{made}");
    }
    expect(0, &["window", "merge", &at("a.plw"), &at("b.plw"), &at("c.plw"), "-o", &at("abc.plw")], b"");
    expect(0, &["window", "merge", &at("c.plw"), &at("a.plw"), "-o", &at("month.plw")], b"");
    // A file may take more hours in.
    expect(0, &["window", "merge", &at("b.plw"), &at("month.plw"), "-o", &at("month.plw")], b"");
    let bytes = std::fs::read(at("abc.plw")).expect("read");
    assert_eq!(bytes, std::fs::read(at("month.plw")).expect("read"));
    assert!(bytes.len() < 12_000, "{} bytes for 16 hours", bytes.len());

    let now = (start + 24 * hour).to_string();
    let report =
        json(&["window", "show", &at("month.plw"), "--reference", &at("training.csv"), "--by", "day", "--now", &now, "--json"]);
    let all = &report["total"];
    assert_eq!((&all["requests"], &all["error_rate"]), (&180.into(), &(3.0 / 180.0).into()), "{all}");
    assert_eq!((&all["coverage"], &report["hours"]), (&1.0.into(), &16.into()));
    let (low, value, high) =
        (all["roc_auc"]["at_least"].as_f64(), all["roc_auc"]["value"].as_f64(), all["roc_auc"]["at_most"].as_f64());
    assert!(low <= value && value <= high && value > Some(0.7), "{all}");
    assert!(all["roc_auc_explored"]["value"].is_f64() && all["roc_auc_worked"]["interval"][0].is_f64());
    // The bucket of 128 and 129 µs.
    assert_eq!(all["latency_us"][0][1], 129);
    assert!(all["uptime"]["insufficient"].is_string());
    assert_eq!(all["freshness_ms"], 24 * hour - 5 * hour - 59 * 600_000);
    assert_eq!((&all["features"][0]["name"], &all["features"][1]["new_categories"]), (&"visits".into(), &0.0.into()));
    assert!(all["features"][0]["drift"]["at_least"].as_f64() <= all["features"][0]["drift"]["at_most"].as_f64());
    assert!(report["pieces"].as_array().is_some_and(|pieces| pieces.len() == 2), "{report}");
    let page =
        expect(0, &["window", "show", &at("a.plw"), &at("b.plw"), "--reference", &at("training.csv"), "--by", "hour"], b"");
    for words in ["ROC AUC", "exact value between", "p99", "explored leads", "KS at least", "no answer: found 0 checks"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let refused = failure(5, &["window", "show", &at("a.plw"), "--from", "2030-01-01"], b"");
    assert!(refused.contains("INPUT_EMPTY"), "{refused}");
}

#[test]
fn flags_as_pandas_writes_them_are_known_and_their_drift_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| path(folder.path(), name);
    for (name, yes) in [("training", 5), ("same", 5), ("shifted", 9)] {
        let row = |row: u64| format!("{},{}\n", row * 600_000, if row % 10 < yes { "True" } else { "False" });
        let rows: String = (0..200).map(row).collect();
        std::fs::write(at(&format!("{name}.csv")), format!("timestamp_ms,demo\n{rows}")).expect("written");
        let (rows, windows) = (at(&format!("{name}.csv")), at(&format!("{name}.plw")));
        expect(0, &["window", "make", &rows, "--features-of", &at("training.csv"), "-o", &windows], b"");
    }
    let feature = |name: &str| {
        let report = json(&["window", "show", &at(name), "--reference", &at("training.csv"), "--json"]);
        let feature = &report["total"]["features"][0];
        assert_eq!(feature["new_categories"], 0.0, "{report}");
        feature["drift"]["at_least"].as_f64()
    };
    assert_eq!(feature("same.plw"), Some(0.0));
    assert!(feature("shifted.plw") > Some(0.35));
}

#[test]
fn ndjson_streams_in_and_the_area_is_that_of_metrics() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = path(folder.path(), "w.plw");
    let rows = "{\"time\":\"2026-11-01T10:00:00Z\",\"score\":0.125,\"outcome\":false}\n{\"time\":\"2026-11-01T10:30:00Z\",\"score\":0.5,\"outcome\":true}\n\
                {\"time\":\"2026-11-01T11:00:00+01:00\",\"score\":0.375,\"outcome\":null}\n{\"time\":1793527200000,\"up\":false}\n{\"time\":1793527200000,\"up\":true}\n";
    expect(0, &["window", "make", "-o", &out, "--up", "up"], rows.as_bytes());
    let report = json(&["window", "show", &out, "--json"]);
    let all = &report["total"];
    assert_eq!((&all["uptime"], &all["leads"], &all["outcomes"]), (&0.5.into(), &3.into(), &serde_json::json!([1, 1, 1])));
    assert_eq!((&all["roc_auc"]["value"], &all["roc_auc"]["interval"]), (&1.0.into(), &Value::Null));
}

#[test]
fn only_ripe_leads_count() {
    let rows = "scored_at,score,closed_at\n2026-10-01,0.9,2026-10-05\n2026-10-01,0.2,\n2026-10-02,0.8,2026-11-20\n2026-11-25,0.7,2026-11-26\n2026-11-25,0.1,\n";
    let arguments = [
        "metrics",
        "--json",
        "--scored-at",
        "scored_at",
        "--converted-at",
        "closed_at",
        "--matured-after",
        "30d",
        "--now",
        "2026-11-26",
    ];
    let all: Value = serde_json::from_str(&expect(0, &arguments, rows.as_bytes())).expect("JSON");
    assert_eq!((&all["leads"], &all["positives"], &all["open"]), (&3.into(), &1.into(), &2.into()), "{all}");
    assert!(all["maturity"].as_str().is_some_and(|rule| rule.contains("30 days")));
    let folder = tempfile::tempdir().expect("a folder");
    let out = path(folder.path(), "w.plw");
    let make = ["window", "make", "-o", &out, "--converted-at", "closed_at", "--matured-after", "30d", "--now", "2026-11-26"];
    expect(0, &make, rows.as_bytes());
    assert_eq!(json(&["window", "show", &out, "--json"])["total"]["outcomes"], serde_json::json!([1, 2, 2]));
    let refused = failure(2, &["metrics", "--matured-after", "30d"], rows.as_bytes());
    assert!(refused.contains("--scored-at"), "{refused}");
}

#[test]
fn what_cannot_be_counted_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = path(folder.path(), "w.plw");
    let make = ["window", "make", "-o", out.as_str()];
    let rows = "timestamp,score\n2026-11-01,0.5\nlater,0.5\n,0.5\n2026-11-01,7\n2026-11-01,inf\n";
    let output = common::run(&make, rows.as_bytes());
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{report}");
    let seconds = common::run(&make, b"timestamp,score\n1763900000,0.5\n2026-11-01,0.5\n");
    let seconds = String::from_utf8_lossy(&seconds.stdout).into_owned();
    assert!(
        seconds.contains("line 2: the time is \"1763900000\", not milliseconds since 1970: it looks like seconds"),
        "{seconds}"
    );
    for words in ["5 read, 1 used, 4 left out", "line 3: the time is \"later\"", "line 4", "line 5: the score is 7", "line 6"] {
        assert!(report.contains(words), "{words}\n{report}");
    }
    for (input, arguments, code) in [
        ("timestamp,score\n", &make[..], "INPUT_EMPTY"),
        ("timestamp,score\nx,0.5\n", &make[..], "INPUT_EMPTY"),
        (
            "timestamp,score\n2026-11-01,0.5\n",
            &["window", "make", "-o", out.as_str(), "--score", "prob"][..],
            "INPUT_MISSING_COLUMNS",
        ),
        ("score,visits\n0.5,1\n", &make[..], "COLUMN_UNKNOWN"),
        ("PLWIN", &["window", "show", "-"][..], "WINDOW_NOT_A_WINDOW"),
        ("PLHRS\x01", &["window", "show", "-"][..], "WINDOW_CHECKSUM"),
    ] {
        let refused = failure(5, arguments, input.as_bytes());
        assert!(refused.contains(code), "{code}\n{refused}");
    }
    // Counted by other bins.
    std::fs::write(path(folder.path(), "t.csv"), "visits\n1\n2\n").expect("written");
    let (training, other) = (path(folder.path(), "t.csv"), path(folder.path(), "o.plw"));
    let row = "timestamp,visits\n2026-11-01,1\n";
    expect(0, &["window", "make", "-o", &other, "--features-of", &training], row.as_bytes());
    expect(0, &["window", "make", "-o", &out], row.as_bytes());
    let refused = failure(5, &["window", "merge", &out, &other, "-o", &out], b"");
    assert!(refused.contains("WINDOW_LAYOUT_MISMATCH") && refused.contains("--features-of"), "{refused}");
}

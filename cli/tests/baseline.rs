//! The baseline in a bundle, and what is checked before a rollout: settings and connections.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;

use common::{bundle, expect, failure, text};
use serde_json::Value;

/// A table of leads of the small model; those with more visits convert more often.
fn table(leads: u32, shift: u32) -> String {
    let mut csv = "lead_id,visits,pages,created,converted\n".to_owned();
    for n in 0..leads {
        let (visits, pages) = ((n * 7) % 10 + shift, n % 4);
        let converted = (n * 13) % 17 < visits;
        let day = n % 28 + 1;
        let pages = if n % 25 == 0 { String::new() } else { pages.to_string() };
        let _ = writeln!(csv, "lead-{n},{visits},{pages},2026-09-{day:02}T10:00:00Z,{}", u8::from(converted));
    }
    csv
}

#[test]
fn a_baseline_is_written_and_shown_and_scores_stay() {
    let folder = tempfile::tempdir().unwrap();
    let model = bundle(folder.path());
    let at = |name: &str| text(&folder.path().join(name));
    let (train, test, out) = (at("train.csv"), at("test.csv"), at("m2.plumb"));
    // Two rows without an outcome, one that is no lead, one with an outcome that is none.
    let odd = "a,3,1,2026-10-01,\nb,4,1,2026-10-01,\nc,many,1,2026-10-01,1\nd,4,1,2026-10-01,perhaps\n";
    std::fs::write(&train, table(1_000, 0) + odd).unwrap();
    std::fs::write(&test, table(400, 0)).unwrap();
    let said = expect(
        0,
        &["baseline", &model, &train, "--outcome", "converted", "--time", "created", "--held-out", &test, "-o", &out, "--json"],
        b"",
    );
    let said: Value = serde_json::from_str(&said).unwrap();
    let rows = &said["rows"];
    assert_eq!((rows["read"].as_u64(), rows["used"].as_u64()), (Some(1_004), Some(1_000)), "{rows}");
    let left: u64 = rows["left_out"].as_array().unwrap().iter().map(|left| left["rows"].as_u64().unwrap()).sum();
    assert_eq!(left, 4, "{rows}");
    let baseline = &said["baseline"];
    assert_eq!((&baseline["data"]["rows"], &baseline["held_out"]["rows"]), (&1_000.into(), &400.into()));
    assert_eq!(baseline["data"]["sha256"].as_str().unwrap().len(), 64);
    let auc = baseline["figures"].as_array().unwrap().iter().find(|figure| figure["id"] == "auc").unwrap();
    assert!(auc["value"].as_f64().unwrap() > 0.6 && auc["interval"].is_array(), "{auc}");
    let inspected: Value = serde_json::from_str(&expect(0, &["inspect", &out, "--json"], b"")).unwrap();
    assert_eq!(inspected["baseline"], *baseline);
    assert_eq!(inspected["provenance"]["window"], "2026-09-01/2026-09-28");
    let page = expect(0, &["inspect", &out], b"");
    for part in ["train.csv (SHA-256 ", "1,000 leads", "held out of training", "auc", "importance", "visits"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(expect(0, &["inspect", &model], b"").contains("plumbline baseline adds one"));
    let leads = table(50, 0);
    let scores = |model: &str| {
        let lines = expect(0, &["score", model, "-"], leads.as_bytes());
        lines.lines().map(|line| line.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(scores(&model), scores(&out), "scores stay");
    // The suite it carries: the training data meets it, leads of another kind do not.
    let suite = at("suite.json");
    std::fs::write(&suite, expect(0, &["inspect", &out, "--suite"], b"")).unwrap();
    std::fs::write(at("now.csv"), table(500, 40)).unwrap();
    expect(0, &["quality", "--suite", &suite, &test], b"");
    expect(1, &["quality", "--suite", &suite, &at("now.csv")], b"");
    assert!(failure(4, &["inspect", &model, "--suite"], b"").contains("plumbline baseline adds one"));
}

#[test]
fn what_is_no_training_data_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let model = bundle(folder.path());
    let at = |name: &str| text(&folder.path().join(name));
    std::fs::write(at("t.csv"), "lead_id,visits,pages\na,1,2\n").unwrap();
    std::fs::write(at("open.csv"), "lead_id,visits,pages,converted\na,1,2,\n").unwrap();
    let said = failure(5, &["baseline", &model, &at("t.csv"), "-o", &at("o.plumb")], b"");
    assert!(said.contains("choose one with --outcome"), "{said}");
    let said = failure(5, &["baseline", &model, &at("t.csv"), "--outcome", "bought", "-o", &at("o.plumb")], b"");
    assert!(said.contains("bought"), "{said}");
    let said = failure(5, &["baseline", &model, &at("open.csv"), "-o", &at("o.plumb")], b"");
    assert!(said.contains("leads with an outcome") && said.contains("1 OUTCOME_OPEN"), "{said}");
    failure(2, &["baseline", &model, "-", "-o", &at("o.plumb")], b"");
    failure(2, &["baseline", &model, &at("open.csv"), "-o", &model], b"");
    assert!(!folder.path().join("o.plumb").exists());
}

#[test]
fn settings_are_explained_and_what_they_cannot_decide_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&folder.path().join(name));
    std::fs::write(at("p.toml"), "[stage]\nshadow = { min_days = 10 }\n[gates]\nauc = { min = 0.8, ab_min = 0.82 }\n").unwrap();
    let page = expect(0, &["check", "config", &at("p.toml")], b"");
    for part in [
        "min_days = 10   (default 14, checklist S1.5",
        "min = 0.8   (default 0.85",
        "5,000 leads per arm cannot show",
        "--base-rate",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("max_memory_mb") && expect(0, &["check", "config", "--all"], b"").contains("max_memory_mb = 2048"));
    // A typical team of 500 leads a day: two weeks of shadow decide an AUC of 0.88, and no gate stays undecidable.
    let config = ["check", "config", "--base-rate", "10%", "--leads-per-day", "500", "--champion-auc", "0.86", "--json"];
    let found: Value = serde_json::from_str(&expect(0, &config, b"")).unwrap();
    assert_eq!((&found["undecided"], found["start"]["chance"]["earliest_day"].as_u64()), (&serde_json::json!([]), Some(49)));
    assert_eq!(found["start"]["precision_recall"]["modes"]["precision"], "relative");
    // The page also lists warnings: late outcomes, and settings that work, but not as one might expect.
    let late = ["check", "config", "--base-rate", "10%", "--leads-per-day", "500", "--within-maturity", "60%"];
    let page = expect(0, &late, b"");
    assert!(page.contains("To be known before a start\n  Only 60 % of conversions come within 7 days."), "{page}");
    let absolute = "[leads]\nstore = \"none\"\n[gates]\nprecision = { mode = \"absolute\" }\nrecall = { mode = \"absolute\" }\n";
    std::fs::write(at("a.toml"), absolute).unwrap();
    let page = expect(0, &["check", "config", &at("a.toml")], b"");
    for code in ["[GATES_CANNOT_HOLD_TOGETHER]", "[FIELDS_NOT_STORED]"] {
        assert!(page.contains(code), "{code}: {page}");
    }
    // 200 leads a day: the test is too short.
    let small = ["check", "config", "--base-rate", "10%", "--leads-per-day", "200", "--json"];
    let found: Value = serde_json::from_str(&expect(1, &small, b"")).unwrap();
    assert_eq!(found["undecided"][0]["code"], "TEST_TOO_SHORT", "{}", found["undecided"]);
    for (wrong, why) in [
        ("[gates]\nauc = { min = 85 }\n", "gates.auc.min must be an AUC"),
        ("[gates]\nacu = {}\n", "acu"),
        ("[retension]\nhours = \"8d\"\n", "did you mean retention? [SETTING_UNKNOWN]"),
        ("[retention]\npredictions = \"1h\"\n", "[RETENTION_TOO_SHORT]"),
        ("[stage]\nab_test = { max_days = 7 }\n", "at least stage.ab_test.min_days"),
        ("segments = [\"email\"]\n[leads]\npersonal = [\"email\"]\n", "\"email\" is a personal field"),
        ("human_score = \"rank\"\n[leads]\npersonal = [\"rank\"]\n", "\"rank\" is a personal field"),
        ("[retention]\narchive = \"/data\"\n", "plumbline export"),
    ] {
        std::fs::write(at("w.toml"), wrong).unwrap();
        let said = failure(2, &["check", "config", &at("w.toml")], b"");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn connections_are_tried_and_secrets_stay_secret() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&folder.path().join(name));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // A server that answers as Slack does to a message without text.
    let server = std::thread::spawn(move || {
        let mut seen = Vec::new();
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let mut request = String::new();
            while !request.contains("\r\n\r\n") || (request.starts_with("POST") && !request.ends_with('}')) {
                let read = stream.read(&mut buffer).unwrap();
                request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            let body = if request.starts_with("POST") { "no_text" } else { "" };
            let status = if request.starts_with("POST") { "400 Bad Request" } else { "204 No Content" };
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
            seen.push(request);
        }
        seen
    });
    std::fs::write(at("p.toml"), "[alerts]\nnotify = { slack = \"MY_SLACK\", heartbeat = \"MY_BEAT\", allow_loopback = true }\n")
        .unwrap();
    let url = format!("http://127.0.0.1:{port}/services/T0/B0/very-secret");
    let run = |slack: &str, arguments: &[&str]| {
        let mut command = common::plumbline();
        command.args(["check", "setup", &at("p.toml")]).args(arguments).env("MY_SLACK", slack).env("MY_BEAT", &url);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = run(&url, &["--json"]);
    let tried: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, tried["tried"].as_array().unwrap().len()), (0, 2), "{said}");
    assert!(!said.contains("very-secret"), "{said}");
    let seen = server.join().unwrap();
    assert!(seen[0].starts_with("POST") && seen[0].ends_with(r#"{"text":""}"#) && seen[1].starts_with("HEAD"), "{seen:?}");
    // The service would not send there without leave.
    std::fs::write(at("strict.toml"), "[alerts]\nnotify = { heartbeat = \"MY_BEAT\" }\n").unwrap();
    for refused in ["http://127.0.0.1:9/x", "https://127.0.0.1:9/x", "https://10.0.0.1/x", "http://example.com/x"] {
        let mut command = common::plumbline();
        let output = command.args(["check", "setup", &at("strict.toml")]).env("MY_BEAT", refused).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.status.code(), said.contains("sends nothing there")), (Some(1), true), "{refused}: {said}");
    }
    // A closed port, a secret that is not set, and a store that does not exist.
    let (code, said) = run("", &["--store", &at("none")]);
    assert_eq!((code, said.matches("FAILED").count()), (1, 3), "{said}");
    assert!(said.contains("MY_SLACK") && said.contains("no such folder") && !said.contains("very-secret"), "{said}");
}

#[test]
fn leads_are_compared_with_the_bins_of_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let model = bundle(folder.path());
    let at = |name: &str| text(&folder.path().join(name));
    let (train, same, moved, out) = (at("train.csv"), at("same.csv"), at("moved.csv"), at("m2.plumb"));
    std::fs::write(&train, table(1_000, 0)).unwrap();
    std::fs::write(&same, table(700, 0)).unwrap();
    std::fs::write(&moved, table(700, 4) + "x,many,1,2026-10-01,1\n").unwrap();
    let none = failure(4, &["drift", &model, &same], b"");
    assert!(none.contains("NO_BASELINE") && none.contains("plumbline baseline"), "{none}");
    expect(0, &["baseline", &model, &train, "--outcome", "converted", "-o", &out], b"");
    let found: Value = serde_json::from_str(&expect(0, &["drift", &out, &same, "--check", "--json"], b"")).unwrap();
    assert_eq!(
        (&found["reference_rows"], &found["current_rows"], &found["drifted"]),
        (&1_000.into(), &700.into(), &false.into())
    );
    // Nothing moved but chance; a seventh of a table has the same values in the same parts.
    let at_most = found["features"][0]["distance"]["at_least"].as_f64().unwrap();
    assert!(at_most < 0.02 && found["score"]["drifted"] == false, "{found}");
    let rows = ["--max-left-out", "100%"];
    let moved_json = expect(1, &["drift", &out, &moved, "--check", "--max-features", "0", "--json", rows[0], rows[1]], b"");
    let found: Value = serde_json::from_str(&moved_json).unwrap();
    let visits = found["features"].as_array().unwrap().iter().find(|feature| feature["name"] == "visits").unwrap();
    // Visits of 0 to 9 became 4 to 13: four tenths are beyond what training had.
    assert!((visits["distance"]["at_least"].as_f64().unwrap() - 0.4).abs() < 0.02 && visits["drifted"] == true, "{visits}");
    assert_eq!((&found["score"]["drifted"], &found["rows"]["read"]), (&true.into(), &701.into()), "{found}");
    let page = expect(0, &["drift", &out, &moved], b"");
    assert!(page.starts_with("1 field drifted. The scores moved. 700 leads against the 1,000 of the training data"), "{page}");
    std::fs::write(&same, table(99, 0)).unwrap();
    let few = expect(1, &["drift", &out, &same, "--check"], b"");
    assert!(few.starts_with("Not enough data: 99 leads, 500 are needed."), "{few}");
    let refused = failure(2, &["drift", &out, &same, "--score", "probability"], b"");
    assert!(refused.contains("--score needs the leads themselves"), "{refused}");
}

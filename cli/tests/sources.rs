//! Leads that a service keeps, by its store or its address, and a retraining that is done elsewhere. PostgreSQL: tests/stores/train.test.mjs;
//! Delta Lake: tests/clients/delta.test.mjs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and waits for a real server"
)]

mod common;

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::server::Server;
use common::{expect, failure, text};
use plumbline_core::event::lead_number;
use plumbline_core::random::Random;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

/// Visits, source, and whether it converted.
fn lead(random: &mut Random) -> (u64, &'static str, bool) {
    let (visits, source) = (random.below(20), ["ads", "referral", "web"][random.below(3) as usize]);
    let chance = 0.05 + visits as f64 / 25.0 + if source == "referral" { 0.1 } else { 0.0 };
    (visits, source, random.unit() < chance)
}

fn csv(folder: &Path, rows: u64) -> String {
    let (mut random, mut out) = (Random::new(3), "lead_id,created,visits,source,won\n".to_owned());
    for n in 0..rows {
        let (visits, source, won) = lead(&mut random);
        let _ = writeln!(out, "L{n},2026-03-{:02} 09:00:00+01,{visits},{source},{}", 1 + n * 28 / rows, u8::from(won));
    }
    let path = folder.join("leads.csv");
    std::fs::write(&path, out).unwrap();
    text(&path)
}

/// A store whose log has so many leads of the last weeks with their fields and outcomes, and the settings of its service.
fn store(folder: &Path, leads: u64, settings: &str) -> (String, String) {
    let data = csv(folder, 700);
    let (model, store, file) =
        (text(&folder.join("first.plumb")), text(&folder.join("store")), text(&folder.join("plumbline.toml")));
    std::fs::write(&file, format!("[train]\ntrees = 15\ndepth = 3\n\n{settings}")).unwrap();
    let args = ["--outcome", "won", "--time", "created", "--name", "leads", "--settings", file.as_str(), "-o", &model];
    expect(0, &[&["train", &data], &args[..]].concat(), b"");
    // The service makes the tables, and its shard learns how long an outcome takes.
    let server = Server::start(&["--store", &store, "--model", &model, "--settings", &file]);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(server.stop(), Some(0));
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let mut log = rusqlite::Connection::open(Path::new(&store).join("log.sqlite")).unwrap();
    let rows = log.transaction().unwrap();
    let mut random = Random::new(4);
    for n in 0..leads {
        let (visits, source, won) = lead(&mut random);
        let (id, at_ms) = (format!("S{n}"), now - 36 * DAY_MS + (n as i64) * 28 * DAY_MS / leads as i64);
        let (number, fields) = (lead_number(&id), json!({ "visits": visits, "source": source }).to_string());
        let of = "INSERT INTO lead_features (lead, lead_id, at_ms, fields, schema_sha256) VALUES (?1, ?2, ?3, ?4, '')";
        rows.execute(of, (number, &id, at_ms, &fields)).unwrap();
        let of =
            "INSERT INTO lead_scores (lead, version, rollout, lead_id, first_ms, role, probability, explores, backfill, matured)
            VALUES (?1, 71, 0, ?2, ?3, 'champion', 0.5, 0, 0, 1)";
        rows.execute(of, (number, &id, at_ms)).unwrap();
        if won {
            let of = "INSERT INTO outcomes (lead, lead_id, converted_ms, events) VALUES (?1, ?2, ?3, 1)";
            rows.execute(of, (number, &id, at_ms + DAY_MS)).unwrap();
        }
    }
    rows.commit().unwrap();
    (store, file)
}

fn provenance(bundle: &str) -> Value {
    let card: Value = serde_json::from_str(&expect(0, &["inspect", bundle, "--json"], b"")).unwrap();
    card["provenance"].clone()
}

#[test]
fn a_model_is_trained_on_what_a_service_keeps_by_its_store_or_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let (store, settings) = store(folder.path(), 1_300, "");
    let [own, far] = ["own", "far"].map(|name| text(&folder.path().join(format!("{name}.plumb"))));
    let first = text(&folder.path().join("first.plumb"));
    let common = ["--like", first.as_str(), "--champion", &store, "--json", "-o"];
    let said = expect(0, &[&["train", "--store", &store], &common[..], &[&own]].concat(), b"");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(said["champion"]["leads"].as_u64().is_some_and(|leads| leads > 200), "{said}");
    let of = provenance(&own);
    assert_eq!((&of["rows"], &of["hyperparameters"]["trees"]), (&json!(1_300), &json!("15")), "{of}");
    assert!(of["snapshot_uri"].as_str().unwrap().starts_with("plumbline:leads/") && of["window"].is_string(), "{of}");
    let server = Server::start(&["--store", &store, "--settings", &settings]);
    expect(0, &[&["train", "--url", &server.url], &common[..], &[&far]].concat(), b"");
    assert_eq!(provenance(&far)["snapshot_sha256"], of["snapshot_sha256"], "the same leads either way");
    assert_eq!(server.stop(), Some(0));
    assert!(failure(8, &["train", "--store", &store, "--days", "1", "-o", &far], b"").contains("NO_LABELLED_LEADS"));
    assert!(failure(2, &["train", "--store", &store, "--outcome", "won", "-o", &far], b"").contains("--outcome"));
    assert!(failure(2, &["train", "-o", &far], b"").contains("DATA"));
}

/// The head and the body of the next request, which is answered.
fn message(hook: &TcpListener) -> (String, Value) {
    let (mut stream, _) = hook.accept().unwrap();
    let (mut request, mut bytes) = (String::new(), [0; 4096]);
    // Up to the end of its JSON.
    while !request.trim_end().ends_with('}') {
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "{request}");
        request.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn a_retraining_that_is_too_large_is_handed_to_a_webhook_and_done_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = format!(
        "[retrain.what]\nwhere = \"webhook\"\nmax_rows = 1000\npromote_auc = 0.6\nalert_auc = 0.55\nmargin = 0.1\n\n[alerts.notify]\n\
         allow_loopback = true\nwebhooks = [{{ url = \"http://{}/\", secret = \"HOOK\", events = [\"retrain\"] }}]\n",
        hook.local_addr().unwrap()
    );
    let (store, settings) = store(folder.path(), 1_300, &settings);
    let server = Server::start(&["--store", &store, "--settings", &settings]);
    let (heard, hears) = std::sync::mpsc::channel();
    std::thread::spawn(move || while heard.send(message(&hook)).is_ok() {});
    let asks = || {
        let asked: Value = serde_json::from_str(&expect(0, &["retrain", "--store", &store, "--json"], b"")).unwrap();
        // The head of the ledger is sent to every webhook, too.
        let (head, body) =
            std::iter::repeat_with(|| hears.recv_timeout(Duration::from_secs(60)).expect("the webhook hears of it"))
                .find(|(_, body)| body["type"] == "retrain.elsewhere")
                .unwrap();
        assert!(head.to_lowercase().contains("webhook-signature: v1,"), "{head}");
        let run = body["data"]["sentence"]["values"]["run"].as_str().unwrap().to_owned();
        assert_eq!(asked["id"].as_str(), Some(run.as_str()), "{body}");
        run
    };
    let run = asks();
    let kept = text(&folder.path().join("kept.plumb"));
    let ended = expect(0, &["retrain", "--run", &run, "--store", &store, "-o", &kept, "--json"], b"");
    let ended: Value = serde_json::from_str(&ended).unwrap();
    assert_eq!(
        (&ended["decision"], &ended["rows"], &ended["state"]),
        (&json!("queued"), &json!(1_300), &json!("ended")),
        "{ended}"
    );
    assert!(ended["auc"].as_f64().unwrap() > 0.6, "{ended}");
    let listed = expect(0, &["models", "list", "--store", &store], b"");
    assert!(listed.contains(ended["version"].as_str().unwrap()) && listed.contains("queued"), "{listed}");
    assert!(failure(8, &["retrain", "--run", &run, "--store", &store], b"").contains("RETRAIN_NOT_AWAITED"));
    // An MLflow server that does not answer keeps the service from nothing.
    let run = asks();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
    command.args(["retrain", "--run", &run, "--store", &store, "--json"]).env("MLFLOW_TRACKING_URI", "http://127.0.0.1:9");
    let output = command.env("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{said}");
    let error: Value = serde_json::from_str(said.trim_end().lines().next_back().unwrap()).unwrap();
    let (code, words) = (&error["error"]["code"], error["error"]["message"].as_str().unwrap());
    assert!(code == "MLFLOW_UNREACHABLE" && words.contains("handed in") && words.contains("plumbline export"), "{said}");
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&ended["id"], &ended["decision"]), (&json!(run), &json!("queued")), "{ended}");
    assert_eq!(server.stop(), Some(0));
}

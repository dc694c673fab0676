//! The lifecycle as a user meets it: a demo store, its report, an outcome that changes it, and an approval that promotes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and waits for a real server"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A server that ends with the test.
struct Server {
    child: Child,
    url: String,
    key: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    fn demo() -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plumbline"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap().strip_prefix("listening on ").unwrap().to_owned();
        let key = lines.next().unwrap().unwrap().rsplit(' ').next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, url, key }
    }

    fn get(&self, path: &str) -> Value {
        let text = ureq::get(format!("{}{path}", self.url)).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = ureq::post(format!("{}{path}", self.url)).header("content-type", "application/json").send(body.to_string());
        serde_json::from_str(&answer.unwrap().body_mut().read_to_string().unwrap()).unwrap()
    }

    fn command(&self, args: &[&str], key: Option<&str>) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
        command.args(args).args(["--url", &self.url]).env_remove("PLUMBLINE_KEY");
        if let Some(key) = key {
            command.args(["--key", key]);
        }
        let output = command.output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), text)
    }
}

#[test]
fn a_demo_store_has_a_history_and_goes_on_live() {
    let server = Server::demo();
    let report = server.get("/v1/report");
    assert_eq!(report["rollout"]["stage"], "canary", "{}", report["verdict"]);
    assert_eq!(report["rollout"]["missing"], json!(["approval:ml_lead"]));
    let days = report["measures"][5]["champion"]["value"].as_array().unwrap();
    assert!(days.len() >= 55 && days.iter().filter(|day| !day.is_null()).count() > 40, "{}", report["measures"][5]);
    let gates = report["rollout"]["gates"].as_array().unwrap();
    assert!(gates.len() >= 18 && gates.iter().all(|gate| gate["sentence"]["text"].as_str().unwrap().ends_with('.')), "{gates:?}");
    assert!(report.to_string().len() < 100_000, "{} bytes", report.to_string().len());
    assert_eq!(server.get("/v1/ledger/verify")["valid"], true);
    let reached: Vec<&str> = report["goals"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|goal| goal["status"] == "pass")
        .map(|goal| goal["id"].as_str().unwrap())
        .collect();
    assert!(reached.contains(&"rollout_approved"), "{reached:?}");
    assert!(!reached.contains(&"all_leads") && !reached.contains(&"automated_retraining"), "{reached:?}");
    // The demo's first challenger runs in shadow one day after the first month.
    let shadow = report["goals"].as_array().unwrap().iter().find(|goal| goal["id"] == "shadow_operational").unwrap();
    let said = shadow["sentence"]["text"].as_str().unwrap();
    assert!(shadow["status"] == "fail" && said.contains("it was due on"), "{shadow}");
    let field = &report["quality"]["features"][0];
    assert_eq!((field["reference"].as_array().unwrap().len(), field["edges"].as_array().unwrap().len()), (10, 9), "{field}");
    assert!(field["ks_by_day"].as_array().unwrap().iter().filter(|day| !day.is_null()).count() > 40, "{field}");

    // A lead is scored, and outcomes of leads that have matured arrive: the report changes.
    let scored = server.post("/v1/score", &json!({ "lead_id": "new-1", "visits_30d": 30.0 }));
    assert!(scored.to_string().contains("probability"), "{scored}");
    let auc = |report: &Value| report["measures"][5]["estimate"]["value"].as_f64();
    let events: Vec<Value> = (12_500..13_000)
        .map(|n| json!({ "lead_id": format!("L{n:07}"), "event_id": "late", "kind": "converted", "occurred_at": report["rollout"]["stages"][1]["from"] }))
        .collect();
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let answer =
        ureq::post(format!("{}/v1/outcomes", server.url)).header("content-type", "application/x-ndjson").send(lines.join("\n"));
    let answered: Value = serde_json::from_str(&answer.unwrap().body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(answered["events"].as_array().unwrap().len(), 500, "{answered}");
    let began = Instant::now();
    while auc(&server.get("/v1/report")) == auc(&report) {
        assert!(began.elapsed() < Duration::from_secs(20), "outcomes did not change the report");
        std::thread::sleep(Duration::from_millis(250));
    }

    let (code, words) = server.command(&["rollout", "explain"], None);
    assert!(code == 0 && words.contains("approval:ml_lead"), "{words}");
    let (code, words) = server.command(&["rollout", "approve"], None);
    assert!(code == 8 && words.contains("SCOPE_MISSING"), "{words}");
    let (code, words) = server.command(&["rollout", "approve", "--comment", "Go"], Some(&server.key));
    assert!(code == 0 && words.contains("ab_test"), "{words}");
    assert_eq!(server.get("/v1/report")["rollout"]["serving"][1]["share"], 0.5);
    let (code, words) = server.command(&["rollout", "rollback", "--reason", "A drill"], Some(&server.key));
    assert!(code == 0 && words.contains("idle"), "{words}");
    // Before a start the service says what to expect of it, by its own figures.
    let within = server.get("/v1/plan")["basis"]["within_maturity"].as_f64().unwrap();
    assert!((0.8..1.0).contains(&within), "most conversions of the demo come within a week: {within}");
    let (_, words) = server.command(&["rollout", "start", "2026-10-26.1", "--again"], Some(&server.key));
    for part in ["new leads a day at a base rate of", "When gates are decided", "POST_MORTEM"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let scored = server.post("/v1/score", &json!([{ "lead_id": "new-2" }, { "lead_id": "new-3" }, { "lead_id": "new-4" }]));
    assert!(!scored.to_string().contains("2026-10-26.1"), "no lead is with the challenger any more: {scored}");
    assert_eq!(server.get("/v1/ledger/verify")["valid"], true);
}

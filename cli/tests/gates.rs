//! The gates of a model in continuous integration: what passes, what does not and why, by the real binary, git and a service.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::server::Server;
use common::{expect, failure, text};
use plumbline_core::random::Random;
use serde_json::Value;

const SCHEMA: &str = r#"
[model]
name = "leads"

[[field]]
name = "lead_id"
kind = "text"
role = "id"
[[field]]
name = "visits"
kind = "number"
[[field]]
name = "source"
kind = "category"
categories = ["ads", "referral", "web"]
"#;

/// A folder under git with schema, suite and settings, and leads beside it.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        std::fs::write(project.path("leads.csv"), leads(1_200, 3)).unwrap();
        std::fs::write(project.path("s.toml"), SCHEMA).unwrap();
        std::fs::write(project.path("plumbline.toml"), "[train]\ntrees = 40\ndepth = 3\n\n[gates.auc]\nmin = 0.7\n").unwrap();
        let suite = expect(0, &["quality", "--generate", &project.text("leads.csv")], b"");
        std::fs::write(project.path("suite.json"), suite).unwrap();
        project.git(&["init", "--quiet"]);
        project.commit();
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        text(&self.path(name))
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        let done = Command::new("git").arg("-C").arg(self.folder.path()).args(who).args(arguments).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "s.toml", "suite.json", "plumbline.toml"]);
        self.git(&["commit", "--quiet", "-m", "Leads"]);
    }

    fn train(&self, version: &str, out: &str, more: &[&str]) {
        let args = ["--schema", &self.text("s.toml"), "--settings", &self.text("plumbline.toml"), "--version", version];
        expect(0, &[&["train", &self.text("leads.csv")], &args[..], more, &["-o", &self.text(out)]].concat(), b"");
    }

    fn before(&self, code: i32) -> Value {
        let (suite, schema, settings) = (self.text("suite.json"), self.text("s.toml"), self.text("plumbline.toml"));
        let args = ["--suite", &suite, "--schema", &schema, "--settings", &settings, "--json"];
        json(&expect(code, &[&["check", "pre-training", &self.text("leads.csv")], &args[..]].concat(), b""))
    }

    fn after(&self, code: i32, model: &str, more: &[&str]) -> Value {
        let (schema, settings) = (self.text("s.toml"), self.text("plumbline.toml"));
        let args = ["--schema", &schema, "--settings", &settings, "--json"];
        json(&expect(code, &[&["check", "post-training", &self.text(model)], &args[..], more].concat(), b""))
    }
}

/// The leads in each format that the help of `check pre-training` names, and what is not a file.
fn every_file_that_the_help_names(project: &Project) {
    let (suite, schema, settings) = (project.text("suite.json"), project.text("s.toml"), project.text("plumbline.toml"));
    let args = ["--suite", &suite, "--schema", &schema, "--settings", &settings];
    let csv = leads(1_200, 1);
    let row = |line: &str| {
        let [id, visits, source, converted] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        serde_json::json!({ "lead_id": id, "visits": visits.parse::<u32>().unwrap(), "source": source, "converted": converted.parse::<u32>().unwrap() })
            .to_string()
    };
    let ndjson = csv.lines().skip(1).map(row).collect::<Vec<_>>().join("\n");
    let gzipped = |text: &str| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
        gz.finish().unwrap()
    };
    for (name, bytes) in [
        ("leads.tsv", csv.replace(',', "\t").into_bytes()),
        ("semicolons.csv", csv.replace(',', ";").into_bytes()),
        ("leads.csv.gz", gzipped(&csv)),
        ("leads.ndjson", ndjson.clone().into_bytes()),
        ("leads.jsonl.gz", gzipped(&ndjson)),
        ("by-content", gzipped(&ndjson)),
    ] {
        std::fs::write(project.path(name), bytes).unwrap();
        let page = expect(0, &[&["check", "pre-training", &project.text(name)], &args[..]].concat(), b"");
        assert!(page.contains("1,200 rows"), "{name}: {page}");
    }
    std::fs::create_dir_all(project.path("lake/_delta_log")).unwrap();
    std::fs::write(project.path("lake/_delta_log/00000000000000000000.json"), "{}").unwrap();
    for (data, way) in [("-", "must be a file"), ("postgres://db/crm?table=leads", "\\copy"), (&project.text("lake"), "Parquet")]
    {
        let said = failure(2, &[&["check", "pre-training", data], &args[..]].concat(), b"");
        assert!(said.contains("ARGUMENTS") && said.contains(way), "{data}: {said}");
    }
}

fn leads(rows: u64, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut csv = "lead_id,visits,source,converted\n".to_owned();
    for n in 0..rows {
        let (visits, source) = (random.below(20), random.below(3) as usize);
        let chance = 0.02 + visits as f64 / 25.0 + [0.0, 0.15, 0.05][source];
        let converted = u8::from(random.unit() < chance);
        writeln!(csv, "L{n},{visits},{},{converted}", ["ads", "referral", "web"][source]).unwrap();
    }
    csv
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The status of a check.
fn status<'r>(report: &'r Value, id: &str) -> &'r str {
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id);
    check.unwrap_or_else(|| panic!("no check {id} in {report}"))["status"].as_str().unwrap()
}

fn all(report: &Value) -> Vec<(&str, &str)> {
    report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect()
}

#[test]
fn before_training_data_features_settings_and_schema_are_checked() {
    let project = Project::new();
    let report = project.before(0);
    let ids = ["data.suite", "features.same", "git.settings", "git.schema", "git.suite"];
    assert_eq!(all(&report), ids.map(|id| (id, "passed")), "{report}");

    // A changed file, and leads that do not meet the suite.
    std::fs::write(project.path("s.toml"), format!("{SCHEMA}# edited\n")).unwrap();
    let wrong = leads(1_200, 3).replacen(",ads,", ",carrier pigeon,", 400);
    std::fs::write(project.path("leads.csv"), wrong).unwrap();
    let report = project.before(1);
    assert_eq!((status(&report, "git.schema"), status(&report, "data.suite")), ("failed", "failed"), "{report}");
    assert_eq!((status(&report, "git.settings"), &report["passed"]), ("passed", &Value::Bool(false)), "{report}");
    assert!(report["checks"][0]["found"].as_str().unwrap().contains("source"), "{report}");

    // Files that are in no commit, or in no repository.
    project.commit();
    every_file_that_the_help_names(&project);
    std::fs::write(project.path("leads.csv"), leads(1_200, 3)).unwrap();
    std::fs::rename(project.path("suite.json"), project.path("other.json")).unwrap();
    let other = project.text("other.json");
    let (schema, settings) = (project.text("s.toml"), project.text("plumbline.toml"));
    let args =
        ["check", "pre-training", &project.text("leads.csv"), "--suite", &other, "--schema", &schema, "--settings", &settings];
    let page = expect(1, &args, b"");
    assert!(page.contains("✗ git.suite") && page.contains("other.json is not committed") && page.contains("→ git add"), "{page}");
    std::fs::remove_dir_all(project.path(".git")).unwrap();
    let page = expect(1, &args, b"");
    assert!(page.contains("is in no git repository") || page.contains("is not committed"), "{page}");
    let said =
        failure(2, &["check", "pre-training", "no.csv", "--suite", &other, "--schema", &schema, "--settings", &settings], b"");
    assert!(said.contains("no.csv"), "{said}");
}

#[test]
fn after_training_figures_champion_and_registry_are_checked() {
    let project = Project::new();
    project.train("1", "m1.plumb", &[]);
    let report = project.after(0, "m1.plumb", &[]);
    assert_eq!((status(&report, "model.figures"), status(&report, "model.schema")), ("passed", "passed"), "{report}");
    assert_eq!((status(&report, "model.champion"), status(&report, "model.registered")), ("open", "open"), "{report}");

    // A better limit than the model reaches, another schema, and a broken bundle.
    std::fs::write(project.path("plumbline.toml"), "[gates.auc]\nmin = 0.99\nab_min = 0.99\n").unwrap();
    std::fs::write(project.path("s.toml"), SCHEMA.replace("\"referral\", ", "")).unwrap();
    let report = project.after(1, "m1.plumb", &[]);
    let found = ["model.figures", "model.schema", "git.schema"].map(|id| status(&report, id));
    assert_eq!(found, ["failed"; 3], "{report}");
    let mut bytes = std::fs::read(project.path("m1.plumb")).unwrap();
    let at = bytes.len() - 100;
    bytes[at] ^= 1;
    std::fs::write(project.path("bad.plumb"), bytes).unwrap();
    assert_eq!(status(&project.after(1, "bad.plumb", &[]), "model.verified"), "failed");
    project.git(&["checkout", "--quiet", "HEAD", "--", "."]);

    // Compared on the same leads: a model of one field is worse than one of two.
    std::fs::write(project.path("holdout.csv"), leads(2_000, 9)).unwrap();
    let narrow = SCHEMA.replace("name = \"visits\"\nkind = \"number\"\n[[field]]\n", "");
    std::fs::write(project.path("narrow.toml"), narrow).unwrap();
    let narrow = project.text("narrow.toml");
    let out = project.text("m2.plumb");
    expect(0, &["train", &project.text("leads.csv"), "--schema", &narrow, "--version", "2", "-o", &out], b"");
    let (champion, data) = (project.text("m1.plumb"), project.text("holdout.csv"));
    let compared = ["--champion", &champion, "--data", &data];
    let report = project.after(1, "m2.plumb", &compared);
    assert_eq!(status(&report, "model.champion"), "failed", "{report}");
    assert!(report.to_string().contains("on the same 2000 leads"), "{report}");
    assert_eq!(status(&project.after(0, "m1.plumb", &compared), "model.champion"), "passed");

    // The registry of a store.
    let store = project.text("store");
    expect(0, &["models", "add", &champion, "--store", &store], b"");
    assert_eq!(status(&project.after(0, "m1.plumb", &["--store", &store]), "model.registered"), "passed");
    let report = project.after(1, "m2.plumb", &["--store", &store]);
    assert_eq!((status(&report, "model.registered"), status(&report, "model.champion")), ("failed", "failed"), "{report}");
}

#[test]
fn before_deployment_review_approval_and_place_are_read_from_the_ledger() {
    let project = Project::new();
    project.train("1", "m1.plumb", &[]);
    project.train("2", "m2.plumb", &[]);
    let store = project.text("store");
    let add = |model: &str| expect(0, &["models", "add", &project.text(model), "--store", &store], b"");
    add("m1.plumb");
    let gate = ["check", "pre-deployment", "2", "--store", &store, "--json"];
    assert_eq!(status(&json(&expect(1, &gate, b"")), "model.registered"), "failed");
    add("m2.plumb");
    let report = json(&expect(1, &gate, b""));
    let found = ["model.registered", "model.review", "model.approval", "model.slot"].map(|id| status(&report, id));
    assert_eq!(found, ["passed", "failed", "failed", "failed"], "{report}");

    let key = |name: &str, role: &str| {
        let args = ["keys", "add", name, "--role", role, "--scope", "read,operate,approve", "--store", &store, "--json"];
        json(&expect(0, &args, b""))["secret"].as_str().unwrap().to_owned()
    };
    let (pia, ada) = (key("Pia Lund", "product_manager"), key("Ada Moreau", "ml_lead"));
    // Who has the files may not approve; a comment says what the review found.
    let approve = ["models", "approve", "2", "--store", &store];
    failure(8, &[&approve[..], &["--comment", "Fine"]].concat(), b"");
    let said = failure(8, &[&approve[..], &["--comment", " ", "--key", &ada]].concat(), b"");
    assert!(said.contains("COMMENT_REQUIRED"), "{said}");
    expect(0, &[&approve[..], &["--comment", "Looks right", "--key", &pia]].concat(), b"");
    let report = json(&expect(1, &gate, b""));
    let found = ["model.review", "model.approval", "model.slot"].map(|id| status(&report, id));
    assert_eq!(found, ["passed", "failed", "passed"], "{report}");
    expect(0, &[&approve[..], &["--comment", "AUC and calibration are fine", "--key", &ada]].concat(), b"");
    let report = json(&expect(0, &gate, b""));
    assert!(all(&report).iter().all(|(_, status)| *status == "passed"), "{report}");
    // The champion waits for nothing.
    let said = failure(8, &["models", "approve", "1", "--store", &store, "--comment", "x", "--key", &ada], b"");
    assert!(said.contains("MODEL_NOT_WAITING"), "{said}");
    expect(0, &["ledger", "verify", "--store", &store], b"");
    let listed = expect(0, &["ledger", "list", "--store", &store], b"");
    assert!(listed.contains("Ada Moreau reviewed 2 and approved it"), "{listed}");
}

#[test]
fn after_deployment_a_service_is_asked() {
    let project = Project::new();
    project.train("1", "m1.plumb", &[]);
    let (store, model) = (project.text("store"), project.text("m1.plumb"));
    let server = Server::start(&["--store", &store, "--model", &model]);
    let gate = ["check", "post-deployment", "--url", &server.url, "--json"];
    let report = json(&expect(1, &gate, b""));
    assert_eq!((status(&report, "health.ready"), status(&report, "watch.predictions")), ("passed", "failed"), "{report}");
    expect(0, &["check", "ready", "--url", &server.url], b"");
    expect(0, &["score", "--url", &server.url, &project.text("leads.csv"), "-o", &project.text("scores.csv")], b"");
    // The log's windows are worked out every two seconds.
    let mut report = Value::Null;
    for _ in 0..100 {
        report = json(&String::from_utf8_lossy(&common::run(&gate, b"").stdout));
        if report["passed"] == true {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    assert_eq!(report["passed"], true, "{report}");
    assert_eq!((status(&report, "back.ready"), status(&report, "ledger.whole")), ("open", "passed"), "{report}");
    let report = json(&expect(1, &[&gate[..], &["--passed", "shadow"]].concat(), b""));
    assert_eq!(status(&report, "rollout.decision"), "failed", "{report}");
    let url = server.url.clone();
    assert_eq!(server.stop(), Some(0));
    failure(2, &["check", "post-deployment", "--url", &url], b"");
    expect(1, &["check", "ready", "--url", &url], b"");
}

/// The commands of the workflow in the documentation are commands of this program.
#[test]
fn the_workflow_in_the_documentation_runs() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy/github-actions.yml");
    let workflow = std::fs::read_to_string(file).expect("the workflow");
    let commands: Vec<&str> = workflow.lines().filter_map(|line| line.trim().strip_prefix("run: ")).collect();
    let ours: Vec<Vec<String>> = commands
        .iter()
        .filter(|line| line.starts_with("plumbline "))
        .map(|line| line.split_whitespace().map(|word| word.trim_matches('"').replace("$VERSION", "2026-12-01.1")).collect())
        .collect();
    assert_eq!((commands.len(), ours.len()), (11, 7), "{commands:?}");
    for command in &ours {
        if let Err(why) = plumbline::harness::parse(command.iter().map(String::as_str)) {
            panic!("{command:?}: {why}");
        }
    }
    assert!(plumbline::harness::parse(["plumbline", "check", "post-training"]).is_err());
    for gate in ["pre-training", "post-training", "pre-deployment", "post-deployment"] {
        assert!(ours.iter().any(|command| command.get(1..3) == Some(&["check".to_owned(), gate.to_owned()])), "{gate}");
    }
}

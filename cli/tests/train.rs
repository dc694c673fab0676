//! `plumbline train`: from a table of leads to a bundle that scores them, and what it says of tables that it cannot learn from.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::path::Path;

use base64::Engine as _;
use common::{expect, failure, text};
use plumbline_core::random::Random;
use serde_json::Value;
use sha2::{Digest, Sha256};

const HEAD: &str = "lead_id,created,visits,source,newsletter,remarks,stage,country,converted";

/// Rows of made-up leads: visits and source matter, the stage is known afterwards, remarks are free text, the country is always the same.
fn leads(rows: u64, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let row = |n: u64| {
        let (visits, source) = (random.below(20), random.below(3) as usize);
        let chance = 0.05 + visits as f64 / 40.0 + [0.0, 0.3, 0.1][source];
        let converted = random.unit() < chance;
        let visits = if random.unit() < 0.1 { String::new() } else { visits.to_string() };
        let stage = match (converted, random.unit() < 0.97) {
            (true, true) => "Closed won",
            (false, true) => "Closed lost",
            _ => "Open",
        };
        let (source, day) = (["ads", "referral", "web"][source], n % 28 + 1);
        let newsletter = ["yes", "no"][random.below(2) as usize];
        format!(
            "L{n:05},2026-0{}-{day:02}T09:00:00Z,{visits},{source},{newsletter},Remark {n},{stage},Sweden,{}",
            1 + n * 8 / rows,
            u8::from(converted)
        )
    };
    (0..rows).map(row).collect()
}

fn write(folder: &Path, name: &str, rows: &[String]) -> String {
    let mut csv = format!("{HEAD}\n");
    for row in rows {
        let _ = writeln!(csv, "{row}");
    }
    let path = folder.join(name);
    std::fs::write(&path, csv).unwrap();
    text(&path)
}

#[test]
fn one_command_makes_a_bundle_that_scores_with_reasons_whatever_the_order_of_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = leads(1_500, 1);
    let data = write(folder.path(), "leads.csv", &rows);
    let (out, schema) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("s.toml")));
    let args = ["--time", "created", "--leave-out", "stage", "--name", "leads", "-o"];
    let said = expect(0, &[&["train", &data], &args[..], &[&out, "--schema-out", &schema, "--json"]].concat(), b"");
    let said: Value = serde_json::from_str(&said).unwrap();
    let rows_of = |part: &str| said["baseline"][part]["rows"].as_u64().unwrap();
    // Leads of one day are on one side.
    assert!(rows_of("data") + rows_of("held_out") == 1_500 && (290..=320).contains(&rows_of("held_out")), "{said}");
    let figure = |id: &str| {
        let figures = said["baseline"]["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["id"] == id).unwrap()["value"].as_f64().unwrap()
    };
    // The chance itself, from which outcomes are drawn, has an AUC of 0.70.
    assert!((0.62..0.76).contains(&figure("auc")) && figure("calibration_error") < 0.08, "{said}");
    let few: String = std::iter::once(HEAD.to_owned()).chain(rows[..3].to_vec()).map(|line| line + "\n").collect();
    let scored = expect(0, &["score", &out, "-"], few.as_bytes());
    assert!(scored.lines().count() == 4 && scored.contains("Source"), "{scored}");
    let made = std::fs::read_to_string(&schema).unwrap();
    for field in ["visits", "source", "newsletter"] {
        assert!(made.contains(&format!("name = \"{field}\"")), "{made}");
    }
    assert!(!made.contains("remarks") && !made.contains("country") && !made.contains("stage"), "{made}");
    // The same rows in another order: the same bytes.
    Random::new(9).shuffle(&mut rows);
    let again = write(&folder.path().join("."), "leads.csv", &rows);
    let other = text(&folder.path().join("m2.plumb"));
    expect(0, &[&["train", &again], &args[..], &[&other]].concat(), b"");
    assert!(std::fs::read(&out).unwrap() == std::fs::read(&other).unwrap(), "the bundle depends on the order of rows");
    // The schema that was made trains the same model.
    let third = text(&folder.path().join("m3.plumb"));
    expect(0, &["train", &data, "--time", "created", "--schema", &schema, "--name", "leads", "-o", &third], b"");
    assert!(
        std::fs::read(&out).unwrap() == std::fs::read(&third).unwrap(),
        "the schema that was made is not the one that was used"
    );
}

#[test]
fn fields_known_afterwards_are_named_and_settings_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(2_000, 2));
    let out = text(&folder.path().join("m.plumb"));
    let settings = text(&folder.path().join("plumbline.toml"));
    std::fs::write(&settings, "[train]\ntrees = 12\ndepth = 2\nmonotone = { visits = 1 }\ncalibration = \"none\"\n").unwrap();
    let done = common::run(&["train", &data, "--settings", &settings, "-o", &out], b"");
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(
        said.contains(
            "warning[TRAIN_LEAK]: stage is probably known only after the outcome: alone it ranks leads with an AUC of "
        ),
        "{said}"
    );
    for (field, why) in
        [("remarks", "free text"), ("country", "one value"), ("lead_id", "identifies a lead"), ("created", "a date")]
    {
        assert!(said.lines().any(|line| line.starts_with(&format!("not trained on: {field} (")) && line.contains(why)), "{said}");
    }
    let card: Value = serde_json::from_str(&expect(0, &["inspect", &out, "--json"], b"")).unwrap();
    assert_eq!(card["provenance"]["hyperparameters"]["trees"], "12", "{card}");
    std::fs::write(&settings, "[train]\ntrees = 0\nshape = 3\n").unwrap();
    assert!(failure(5, &["train", &data, "--settings", &settings, "-o", &out], b"").contains("shape"));
    std::fs::write(&settings, "[train]\ntrees = 0\ntest_share = 0.9\n").unwrap();
    let said = failure(5, &["train", &data, "--settings", &settings, "-o", &out], b"");
    assert!(said.contains("train.trees must be from 1 to 10,000") && said.contains("test_share"), "{said}");
    std::fs::write(&settings, "[train]\nmonotone = { source = 1 }\n").unwrap();
    assert!(failure(5, &["train", &data, "--settings", &settings, "-o", &out], b"").contains("no column of numbers"));
}

#[test]
fn tables_without_an_answer_are_rejected_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(&folder.path().join("m.plumb"));
    let rows = leads(200, 3);
    let data = write(folder.path(), "leads.csv", &rows);
    let said = failure(5, &["train", &data, "--outcome", "won", "-o", &out], b"");
    assert!(said.starts_with("error[INPUT_MISSING_COLUMNS]") && said.contains("there is no column won"), "{said}");
    // A column of counts has ones and zeros, too.
    let said = failure(5, &["train", &data, "--outcome", "visits", "-o", &out], b"");
    assert!(
        said.contains("TRAIN_NOT_BINARY") && said.contains("--max-left-out 9") && said.contains("the outcome is \""),
        "{said}"
    );
    assert!(failure(5, &["train", &data, "--leave-out", "stages", "-o", &out], b"").contains("stages"));
    let no: Vec<String> = rows.iter().filter(|row| row.ends_with(",0")).cloned().collect();
    let one = write(folder.path(), "one.csv", &no);
    let said = failure(5, &["train", &one, "-o", &out], b"");
    let all = format!("all {} leads did not convert", no.len());
    assert!(said.contains("TRAIN_ONE_CLASS") && said.contains("--outcome"), "{said}");
    assert!(said.contains(&all), "{said}, {all}");
    let same: Vec<String> = rows.iter().map(|row| row.replace(&row[row.find("2026-").unwrap()..][..10], "2026-01-05")).collect();
    let same = write(folder.path(), "same.csv", &same);
    let said = failure(5, &["train", &same, "--time", "created", "-o", &out], b"");
    assert!(said.contains("TRAIN_ONE_TIME") && said.contains("200 leads"), "{said}");
    let maybe: Vec<String> = rows.iter().map(|row| format!("{}7", &row[..row.len() - 1])).collect();
    let odd = write(folder.path(), "odd.csv", &maybe);
    let said = failure(5, &["train", &odd, "-o", &out], b"");
    assert!(
        said.contains("TRAIN_NO_OUTCOMES") && said.contains("OUTCOME_NOT_UNDERSTOOD") && said.contains("--outcome"),
        "{said}"
    );
    let some =
        |wanted: &str, most: usize| rows.iter().filter(|row| row.ends_with(wanted)).take(most).cloned().collect::<Vec<_>>();
    let ten = write(folder.path(), "ten.csv", &[some(",1", 5), some(",0", 5)].concat());
    let said = failure(5, &["train", &ten, "-o", &out], b"");
    assert!(said.contains("TRAIN_TOO_FEW") && said.contains("10 leads, of which 5 converted"), "{said}");
    let headless = text(&folder.path().join("none.csv"));
    std::fs::write(&headless, "lead_id,visits\na,1\nb,2\n").unwrap();
    assert!(failure(5, &["train", &headless, "-o", &out], b"").contains("COLUMN_UNKNOWN"));
    assert!(failure(2, &["train", "-", "-o", &out], b"").contains("must be a file"));
    assert!(failure(2, &["train", &data, "--query", "SELECT 1", "-o", &out], b"").contains("PostgreSQL"));
    assert!(failure(2, &["train", &data, "--table-version", "1", "-o", &out], b"").contains("Delta"));
    assert!(failure(2, &["train", &data, "-o", &data], b"").contains("overwrite"));
    // Before anything is read, not after minutes of training.
    let nowhere = text(&folder.path().join("missing/m.plumb"));
    let said = failure(6, &["train", "no.csv", "-o", &nowhere], b"");
    assert!(said.starts_with("error[WRITE_FAILED]") && said.contains(&nowhere), "{said}");
    assert!(!Path::new(&out).exists());
    let mut left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.all(|name| name.to_string_lossy().ends_with(".csv")), "something half-written is left");
}

#[test]
fn leads_that_do_not_meet_the_suite_are_not_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(1_500, 1));
    let out = text(&folder.path().join("m.plumb"));
    let suite = |severity: &str| {
        let expectation = serde_json::json!({
            "type": "expect_column_values_to_be_between", "kwargs": { "column": "visits", "min_value": 0, "max_value": 10 },
            "severity": severity, "meta": {},
        });
        let path = folder.path().join("suite.json");
        std::fs::write(&path, serde_json::json!({ "name": "s", "expectations": [expectation], "meta": {} }).to_string()).unwrap();
        text(&path)
    };
    let args = ["train", &data, "--time", "created", "--leave-out", "stage", "-o", &out, "--suite"];
    let rejected = failure(5, &[&args[..], &[&suite("critical")]].concat(), b"");
    assert!(rejected.contains("TRAIN_SUITE") && rejected.contains("visits"), "{rejected}");
    assert!(!Path::new(&out).exists());
    // Values that are hashed are not what the suite is about; what is not critical is said.
    expect(0, &[&args[..], &[&suite("critical"), "--personal", "visits"]].concat(), b"");
    expect(0, &[&args[..], &[&suite("warning")]].concat(), b"");
    // A bundle's own suite: a number that has become a word.
    let rows: Vec<String> = leads(1_500, 2).iter().map(|row| row.replacen("Z,", "Z,many-", 1)).collect();
    let (odd, next) = (write(folder.path(), "odd.csv", &rows), text(&folder.path().join("n.plumb")));
    let rejected = failure(5, &["train", &odd, "--time", "created", "--like", &out, "-o", &next], b"");
    assert!(rejected.contains("TRAIN_SUITE"), "{rejected}");
    assert!(!Path::new(&next).exists());
}

#[test]
fn the_card_is_written_beside_the_bundle_and_inspect_writes_the_same_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(1_200, 4));
    let out = text(&folder.path().join("m.plumb"));
    let args = ["train", &data, "--leave-out", "stage", "--name", "a<b> | c", "-o", &out];
    expect(0, &args, b"");
    for (ending, wanted) in
        [("html", vec!["</html>", "a&lt;b&gt; | c"]), ("md", vec!["# a&lt;b> \\| c", "](data:image/svg+xml;base64,"])]
    {
        let beside = std::fs::read_to_string(folder.path().join(format!("m.card.{ending}"))).unwrap();
        let again = text(&folder.path().join(format!("again.{ending}")));
        expect(0, &["inspect", &out, "--card", &again], b"");
        assert!(beside == std::fs::read_to_string(&again).unwrap(), "inspect writes another card than train");
        for part in wanted.iter().chain(&["AUC lost", "visits"]) {
            assert!(beside.contains(part), "{part} is not in {beside}");
        }
    }
    let page = std::fs::read_to_string(folder.path().join("m.card.html")).unwrap();
    for figure in ["reliability", "roc", "gain", "scores", "importance"] {
        assert!(page.contains(&format!("<figure class=\"chart\" id=\"{figure}\">")), "{figure} is missing");
    }
    // The policy lets in the style sheet of the file and nothing else; nothing is fetched or run.
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    assert!(page.contains(&format!("default-src 'none'; style-src 'sha256-{digest}'")), "{page}");
    for absent in ["<script", " style=", "onclick", "http://", "https://"] {
        assert!(!page.contains(absent), "{absent} is in the card");
    }
    let refused = failure(2, &["inspect", &out, "--card", "card.pdf"], b"");
    assert!(refused.contains(".html"), "{refused}");
}

#[test]
fn the_champion_scores_the_leads_that_were_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(1_500, 5));
    let [weak, own, again] = ["weak", "own", "again"].map(|name| text(&folder.path().join(format!("{name}.plumb"))));
    let common = ["train", &data, "--json", "-o"];
    expect(0, &[&common[..], &[&weak, "--leave-out", "stage,visits,source"]].concat(), b"");
    let against = |champion: &str, out: &str| -> Value {
        let args = [&common[..], &[out, "--leave-out", "stage", "--champion", champion]].concat();
        serde_json::from_str(&expect(0, &args, b"")).unwrap()
    };
    let said = against(&weak, &own);
    let champion = &said["champion"];
    let number = |path: &str| champion.pointer(path).and_then(Value::as_f64).unwrap();
    let figures = said["baseline"]["figures"].as_array().unwrap();
    assert_eq!(champion["auc"], figures.iter().find(|figure| figure["id"] == "auc").unwrap()["value"], "{said}");
    assert_eq!(champion["leads"], said["baseline"]["held_out"]["rows"]);
    assert!((number("/difference") - (number("/auc") - number("/champion_auc"))).abs() < 1e-12, "{champion}");
    assert!(number("/difference_interval/0") > 0.0 && number("/difference_interval/1") > number("/difference"), "{champion}");
    let card = std::fs::read_to_string(folder.path().join("own.card.md")).unwrap();
    assert!(card.contains("## Against the champion"), "{card}");
    // Against itself: no difference, and nothing that varies.
    let itself = against(&own, &again);
    assert_eq!((&itself["champion"]["difference"], &itself["champion"]["p_value"]), (&0.0.into(), &Value::Null));
    assert!(failure(5, &[&common[..], &[&again, "--champion", "none.plumb"]].concat(), b"").contains("READ_FAILED"));
}

#[test]
fn bundle_states_the_git_revision_and_the_digests_of_settings_and_schema() {
    let git = |folder: &Path, args: &[&str]| {
        let done = std::process::Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(args)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(600, 6));
    let [out, schema, settings] = ["m.plumb", "s.toml", "plumbline.toml"].map(|name| text(&folder.path().join(name)));
    let stated = |args: &[&str]| -> Value {
        expect(0, &[&["train", &data, "-o", &out], args].concat(), b"");
        serde_json::from_str::<Value>(&expect(0, &["inspect", &out, "--json"], b"")).unwrap()["provenance"].clone()
    };
    std::fs::write(&settings, "[train]\ntrees = 5\n").unwrap();
    let derived = stated(&["--leave-out", "stage", "--schema-out", &schema, "--settings", &settings]);
    let digest =
        |path: &str| Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((&derived["schema_sha256"], &derived["settings_sha256"]), (&digest(&schema).into(), &digest(&settings).into()));
    assert_eq!(derived["code_revision"], Value::Null, "there is no Git tree");
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "s.toml", "plumbline.toml"]);
    git(folder.path(), &["commit", "-q", "-m", "settings"]);
    let head = git(folder.path(), &["rev-parse", "HEAD"]);
    let args = ["--schema", schema.as_str(), "--settings", settings.as_str()];
    let committed = stated(&args);
    assert_eq!((&committed["code_revision"], &committed["schema_sha256"]), (&head.clone().into(), &digest(&schema).into()));
    std::fs::write(&settings, "[train]\ntrees = 6\n").unwrap();
    assert_eq!(stated(&args)["code_revision"], format!("{head}+dirty"));
}

#[test]
fn one_command_trains_and_serves_with_reasons_until_a_signal_and_the_bundle_stays() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(800, 8));
    let out = text(&folder.path().join("m.plumb"));
    let args = ["--leave-out", "stage", "-o", &out, "--serve", "127.0.0.1:0"];
    let (server, trained) = common::server::Server::of(&[&["train", &data], &args[..]].concat());
    let body = r#"{"lead_id":"a","visits":19,"source":"referral","newsletter":true}"#;
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let head = "POST /v1/score HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json";
    stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let score: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(score["probability"].as_f64().unwrap() > 0.0, "{score} {trained:?}");
    assert!(score["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{score}");
    // As Ctrl-C does; the server ends as `plumbline serve` does.
    assert_eq!(server.end("INT"), Some(0));
    expect(0, &["inspect", &out], b"");
    // Too much was left out to serve what is left.
    let mut rows = leads(300, 8);
    rows.iter_mut().step_by(10).for_each(|row| row.replace_range(row.len() - 1.., "maybe"));
    let odd = write(folder.path(), "odd.csv", &rows);
    let said = failure(3, &["train", &odd, "--leave-out", "stage", "-o", &out, "--serve", "127.0.0.1:0"], b"");
    assert!(said.contains("not served"), "{said}");
}

#[test]
fn few_leads_and_times_that_are_to_come_are_warned_of_and_many_categories_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, out) = (text(&folder.path().join("p.toml")), text(&folder.path().join("m.plumb")));
    std::fs::write(&settings, "[train]\ntrees = 3\n").unwrap();
    let mut random = Random::new(11);
    let mut csv = "lead_id,created,visits,campaign,converted\n".to_owned();
    for n in 0..900 {
        let (year, visits) = (if n < 7 { 2999 } else { 2020 }, random.below(20));
        let _ = writeln!(csv, "L{n},{year}-05-{:02},{visits},c{n},{}", 1 + n % 28, u8::from(random.below(20) < visits));
    }
    let data = text(&folder.path().join("leads.csv"));
    std::fs::write(&data, csv).unwrap();
    let done = common::run(&["train", &data, "--time", "created", "--settings", &settings, "-o", &out], b"");
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(0), "{said}");
    for part in [
        "warning[TRAIN_FUTURE]: 7 leads have a time in the future, up to 2999-05-07",
        "warning[TRAIN_FEW_LEADS]: Not enough data: 900 leads",
        "campaign (it has 900 different values in 900 leads: it looks like an id",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// A column with another value in each lead costs a read, and is named; one of whole numbers is trained on, with a warning.
#[test]
fn columns_like_ids_are_named_and_cost_little() {
    let folder = tempfile::tempdir().unwrap();
    let [data, plain, settings, out] =
        ["leads.csv", "plain.csv", "p.toml", "m.plumb"].map(|name| text(&folder.path().join(name)));
    std::fs::write(&settings, "[train]\ntrees = 2\ndepth = 2\ncalibration = \"none\"\n").unwrap();
    let rows = 5_000u64;
    let write = |path: &str, extra: fn(u64) -> String, head: &str| {
        let mut random = Random::new(12);
        let mut csv = format!("lead_id,visits{head},converted\n");
        for n in 0..rows {
            let visits = random.below(20);
            let _ = writeln!(csv, "L{n},{visits}{},{}", extra(n), u8::from(random.below(20) < visits));
        }
        std::fs::write(path, csv).unwrap();
    };
    write(
        &data,
        |n| format!(",{},session-{:016x}", 600_000 + n * 7 % 5_000, n.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        ",number,token",
    );
    write(&plain, |_| String::new(), "");
    let train = |data: &str, more: &[&str]| -> Value {
        let args = [&["train", data, "--settings", &settings, "-o", &out, "--json"], more].concat();
        serde_json::from_str(&expect(0, &args, b"")).unwrap()
    };
    let said = train(&data, &[]);
    let warnings = said["warnings"].as_array().unwrap();
    assert_eq!(
        (warnings.len(), &warnings[0]["code"], &warnings[0]["column"]),
        (1, &"TRAIN_ID_LIKE".into(), &"number".into()),
        "{said}"
    );
    assert!(warnings[0]["message"].as_str().unwrap().contains("--leave-out 'number'"), "{said}");
    let left = said["not_trained_on"].as_array().unwrap();
    assert_eq!((left.len(), &left[1]["code"], &left[1]["column"]), (2, &"COLUMN_ID_LIKE".into(), &"token".into()), "{said}");
    assert!(left[1]["reason"].as_str().unwrap().contains("5,000 different values in 5,000 leads"), "{said}");
    // Left out, nothing is said, and the model is that of a table without it.
    let said = train(&data, &["--leave-out", "number,token"]);
    assert_eq!((said["warnings"].as_array().unwrap().len(), said["not_trained_on"].as_array().unwrap().len()), (0, 1), "{said}");
    assert_eq!(train(&plain, &[])["baseline"]["figures"], said["baseline"]["figures"]);
    // A schema with a category for each lead.
    let schema = text(&folder.path().join("s.toml"));
    let tokens: Vec<String> =
        (0..rows).map(|n: u64| format!("\"session-{:016x}\"", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let fields = "[[field]]\nname = \"visits\"\nkind = \"number\"\n[[field]]\nname = \"token\"\nkind = \"category\"";
    std::fs::write(&schema, format!("{fields}\ncategories = [{}]\n", tokens.join(", "))).unwrap();
    let said = train(&data, &["--schema", &schema]);
    let warning = &said["warnings"][0];
    assert_eq!((&warning["code"], &warning["column"]), (&"TRAIN_ID_LIKE".into(), &"token".into()), "{said}");
    assert!(
        warning["message"].as_str().unwrap().contains("5,000 different categories")
            && warning["message"].as_str().unwrap().contains("out of the schema"),
        "{said}"
    );
    // A schema that no row meets.
    std::fs::write(&schema, format!("{fields}\n")).unwrap();
    let said = failure(5, &["train", &data, "--settings", &settings, "--schema", &schema, "-o", &out], b"");
    assert!(said.contains("TRAIN_NO_ROWS") && said.contains("LEAD_WRONG_TYPE") && said.contains("token"), "{said}");
}

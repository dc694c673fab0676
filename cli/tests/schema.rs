//! What the commands print with --json meets the schemas in `docs/schema`: figures, nulls, open ends, and what there is too little data for.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use common::{LIGHTGBM, run, text};
use serde_json::Value;

/// What `arguments` print, which must meet the schema `name`.
fn valid(name: &str, arguments: &[&str], input: &str) -> Value {
    let output = run(&[arguments, &["--json"]].concat(), input.as_bytes());
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    let value: Value = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{arguments:?}: {e}\n{complained}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/schema/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a sound schema");
    let problems: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{arguments:?}\n{}\n{value:#}", problems.join("\n"));
    // No key that the schema does not know: it would be missing from the types made of the schema.
    let known: BTreeSet<String> = schema["properties"].as_object().expect("an object").keys().cloned().collect();
    let unknown: Vec<&String> = value.as_object().expect("an object").keys().filter(|key| !known.contains(*key)).collect();
    assert!(unknown.is_empty(), "{name}: {unknown:?}");
    value
}

/// Leads with a second model's score, a slice and an age.
fn leads(rows: u32, aged: u32) -> String {
    let mut text = "probability,other,slice,age,source,converted\n".to_owned();
    for i in 0..rows {
        let score = f64::from(i * 7919 % 1000) / 1000.0;
        let (converted, age) = (u32::from(score * 1000.0 > f64::from(i * 104_729 % 1000)), 20 + i % 40 + aged);
        writeln!(
            text,
            "{score},{},{},{age},{},{converted}",
            f64::from(i * 611_953 % 1000) / 1000.0,
            i % 2,
            ["web", "fair"][(i % 2) as usize]
        )
        .expect("text");
    }
    text
}

#[test]
fn metrics() {
    let all = ["metrics", "--exploration", "slice", "--against", "other"];
    let found = valid("metrics", &all, &leads(300, 0));
    assert!(found["roc_auc"].is_f64() && found["bands"][0]["from"].is_null() && found["comparison"]["z"].is_f64());
    let found = valid("metrics", &["metrics", "--segment", "source"], &leads(300, 0));
    assert_eq!(found["segments"]["values"].as_array().map(Vec::len), Some(2));
    let found = valid("metrics", &all, "probability,other,slice,converted\n3.5,1,1,1\n-2,1,0,1\n");
    assert!(found["roc_auc"]["insufficient"].is_string() && found["comparison"]["insufficient"].is_string());
    valid("metrics", &["metrics"], "probability,converted\n0.5,\n");
}

#[test]
fn drift() {
    let folder = tempfile::tempdir().expect("a folder");
    let reference = text(&folder.path().join("reference.csv"));
    std::fs::write(&reference, leads(500, 0)).expect("written");
    let all = ["drift", reference.as_str(), "-", "--score", "probability", "--deals", "5", "--ignore", "other"];
    let found = valid("drift", &all, &leads(400, 30));
    assert!(found["performance"]["measures"]["roc_auc"]["expected"]["value"].is_f64() && found["false_alarms"]["deals"] == 5);
    let found = valid("drift", &all, "probability,age,source\n,,\n,,\n");
    assert!(found["features"][0]["distance"].is_null() && found["prediction"]["insufficient"].is_string(), "{found:#}");
    std::fs::write(&reference, "big,converted\n1e308,1\n-1e308,0\n").expect("written");
    valid("drift", &["drift", &reference, "-"], "big\n-1e308\n1e308\n");
}

#[test]
fn experiments_and_plans() {
    let mut input = "arm,converted,deal,source,days,closed\n".to_owned();
    for i in 0..4_000u32 {
        let (arm, converted) = (["control", "new"][(i % 2) as usize], u32::from(i % 9 == 0 || i % 22 == 1));
        writeln!(
            input,
            "{arm},{converted},{},{},{},{}",
            900 + i % 200,
            ["web", "fair"][(i / 2 % 2) as usize],
            i % 40 + 1,
            i % 3 % 2
        )
        .expect("text");
    }
    let of = |input: &str, more: &[&str]| {
        let arguments = ["experiment", "-", "--arm", "arm", "--outcome", "converted"];
        valid("experiment", &[&arguments[..], more].concat(), input)
    };
    let guarded = ["--guardrail", "deal:2%", "--segment", "source", "--cycle", "days", "--closed", "closed"];
    of(&input, &[&guarded[..], &["--min-per-arm", "1000"]].concat());
    of(&input, &["--method", "sequential", "--min-per-arm", "10"]);
    of(&input, &["--method", "obrien-fleming", "--looks", "4", "--look", "1", "--min-per-arm", "10"]);
    let few = of("arm,converted\ncontrol,1\ncontrol,0\nnew,0\nnew,0\n", &[]);
    assert_eq!(few["verdict"]["kind"], "insufficient-data");
    of("arm,converted\ncontrol,\nnew,\n", &[]);
    for more in [&["--per-day", "700"][..], &["--method", "pocock", "--looks", "3"], &["--absolute", "--lift", "1%"]] {
        valid("plan", &[&["plan", "--base", "10%"], more].concat(), "");
    }
    valid("plan", &["plan", "--average", "1200", "--deviation", "900", "--treatments", "2"], "");
}

#[test]
fn commands_that_write_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| text(&folder.path().join(name));
    std::fs::write(at("model.txt"), LIGHTGBM).expect("written");
    let imported = valid("commands/import", &["import", &at("model.txt"), "-o", &at("m.plumb")], "");
    assert_eq!(imported["model"]["trees"], 1);
    valid("commands/inspect", &["inspect", &at("m.plumb")], "");
    let declared = "[[field]]\nname = \"visits\"\n[[field]]\nname = \"source\"\nkind = \"category\"\ncategories = [\"web\"]\n\
        [[feature]]\nname = \"pages\"\nfrom = \"source\"\n[[band]]\nname = \"hot\"\nfrom = 0.5\n[[band]]\nname = \"cold\"\nfrom = 0\n\
        [calibration.sigmoid]\nslope = -1.5\nintercept = 0.2\n[provenance]\nrows = 9\nbaseline = { auc = 0.7 }\n";
    std::fs::write(at("s.toml"), declared).expect("written");
    let predictions = "visits,source,margin\n3,web,1\n1,web,-1\n";
    std::fs::write(at("p.csv"), predictions).expect("written");
    let checked = ["import", &at("model.txt"), "-o", &at("s.plumb"), "--schema", &at("s.toml"), "--check", &at("p.csv")];
    assert_eq!(valid("commands/import", &checked, "")["model"]["checked"]["rows"], 2);
    valid("commands/inspect", &["inspect", &at("s.plumb")], "");
    for input in ["visits,source\n1,web\n3,fair\nmany,web\n", "visits,source\n1,web\n"] {
        let found = valid("commands/score", &["score", &at("s.plumb"), "-", "-o", &at("out.csv")], input);
        assert!(found["rows"]["used"] == found["scored"] && found["model"]["name"] == "model", "{found:#}");
        valid("commands/features", &["features", &at("s.toml"), "-", "-o", &at("out.csv")], input);
        valid("commands/assign", &["assign", "--salt", "s", "--weights", "a=1,b=2", "-", "-o", &at("out.csv")], input);
    }
    std::fs::write(at("leads.csv"), "visits,pages\n1,1\n3,2\n4\n").expect("written");
    let found = valid("commands/schema-init", &["schema", "init", &at("model.txt"), "--data", &at("leads.csv")], "");
    assert!(found["rows"]["left_out"][0]["rows"] == 1 && found["schema"].is_string(), "{found:#}");
    valid("commands/schema-init", &["schema", "init", &at("model.txt"), "-o", &at("made.toml")], "");
    let log = "timestamp_ms,probability\n5,0.5\nlate,0.1\n";
    valid("commands/window-make", &["window", "make", "-", "-o", &at("a.plw")], log);
    valid("commands/window-make", &["window", "merge", &at("a.plw"), "-o", &at("b.plw")], "");
    std::fs::write(at("rows.f32le"), [0u8; 80]).expect("written");
    valid("commands/bench", &["bench", &at("m.plumb"), "--rows", &at("rows.f32le"), "--columns", "2", "--seconds", "0"], "");
}

#[test]
fn quality() {
    let folder = tempfile::tempdir().expect("a folder");
    let suite = text(&folder.path().join("suite.json"));
    let expectations = serde_json::json!([
        { "type": "expect_table_row_count_to_be_between", "kwargs": { "min_value": 1 } },
        { "type": "expect_table_columns_to_match_set", "kwargs": { "column_set": ["id", "x"] } },
        { "type": "expect_column_values_to_be_in_set", "kwargs": { "column": "source", "value_set": ["web"] }, "severity": "warning" },
        { "type": "expect_column_values_to_not_be_null", "kwargs": { "column": "visits" }, "id": "7" },
        { "type": "expect_column_distinct_values_to_contain_set", "kwargs": { "column": "source", "value_set": ["radio"] } },
        { "type": "expect_column_quantile_values_to_be_between",
          "kwargs": { "column": "visits", "quantile_ranges": { "quantiles": [0.5], "value_ranges": [[0, 9]] } } },
        { "type": "expect_column_kl_divergence_to_be_less_than",
          "kwargs": { "column": "source", "threshold": 0.1,
                      "partition_object": { "values": ["web", "fair"], "weights": [0.5, 0.5] } } },
        { "type": "expect_column_max_to_be_between", "kwargs": { "column": "nowhere", "max_value": 1 } },
    ]);
    std::fs::write(&suite, serde_json::json!({ "name": "s", "expectations": expectations }).to_string()).expect("written");
    for format in ["boolean-only", "basic", "summary", "complete"] {
        let arguments = ["quality", "--suite", suite.as_str(), "-", "--result-format", format];
        let found = valid("quality", &arguments, "id,source,visits\n1,web,3\n2,fair,\n3,web,9007199254740993\n");
        assert_eq!(found["results"].as_array().map(Vec::len), Some(8));
        assert!(found["results"].as_array().into_iter().flatten().any(|one| one["exception_info"]["raised_exception"] == true));
    }
}

#[test]
fn windows() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| text(&folder.path().join(name));
    let mut log = "timestamp_ms,probability,converted,duration_us,status,age,source\n".to_owned();
    for row in 0..200u64 {
        let (score, status) = ((row * 7919 % 1000) as f64 / 1000.0, if row % 50 == 49 { 500 } else { 200 });
        let converted = ["", "0", "1"][(row % 3) as usize];
        writeln!(log, "{},{score},{converted},{},{status},{},web", row * 600_000, 100 + row, row % 9).expect("text");
    }
    std::fs::write(at("log.csv"), &log).expect("written");
    let made = run(&["window", "make", &at("log.csv"), "--features-of", &at("log.csv"), "-o", &at("log.plw")], b"");
    assert!(made.status.success(), "{made:?}");
    let found = valid("window", &["window", "show", &at("log.plw"), "--by", "day", "--reference", &at("log.plw")], "");
    assert!(found["pieces"][0]["figures"]["roc_auc"]["value"].is_f64() && found["total"]["uptime"]["insufficient"].is_string());
    std::fs::write(at("bare.csv"), "timestamp_ms,probability\n5,0.5\n").expect("written");
    let made = run(&["window", "make", &at("bare.csv"), "-o", &at("bare.plw")], b"");
    assert!(made.status.success(), "{made:?}");
    let found = valid("window", &["window", "show", &at("bare.plw")], "");
    assert!(found["total"]["roc_auc"]["insufficient"].is_string() && found["total"]["precision"].is_null());
}

#[test]
fn train() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| text(&folder.path().join(name));
    std::fs::write(at("p.toml"), "[train]\ntrees = 5\n").expect("written");
    std::fs::write(at("leads.csv"), leads(400, 0)).expect("written");
    let (data, settings) = (at("leads.csv"), at("p.toml"));
    let common = ["train", data.as_str(), "--settings", &settings, "-o"];
    let found = valid("commands/train", &[&common[..], &[&at("a.plumb")]].concat(), "");
    assert!(found["champion"].is_null() && found["cards"][0].is_string(), "{found:#}");
    let found = valid("commands/train", &[&common[..], &[&at("b.plumb"), "--champion", &at("a.plumb")]].concat(), "");
    assert!(found["champion"]["difference"].is_f64(), "{found:#}");
}

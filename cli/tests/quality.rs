//! `plumbline quality` through the real binary: the three formats agree, exit codes, errors that name the place.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly anywhere")]

mod common;

use std::path::PathBuf;

use common::{expect, failure};
use serde_json::{Value, json};

const CSV: &str = "id,source,visits,when\n1,google,3,2026-01-01\n2,bing,,2026-01-02\n3, google,250,x\n";
const NDJSON: &str = r#"{"id": 1, "source": "google", "visits": 3, "when": "2026-01-01"}
{"id": 2, "source": "bing", "when": "2026-01-02"}
{"id": 3, "source": " google", "visits": 250, "when": "x"}
"#;

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

fn suite(expectations: Value) -> String {
    json!({"name": "leads", "expectations": expectations, "meta": {"great_expectations_version": "1.24.1"}}).to_string()
}

fn expectations() -> Value {
    json!([
        {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1, "max_value": 10}},
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "source", "value_set": ["google", "bing"]}, "severity": "warning"},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "visits", "min_value": 0, "max_value": 100}},
        {"type": "expect_column_values_to_be_dateutil_parseable", "kwargs": {"column": "when"}},
        {"type": "expect_column_max_to_be_between", "kwargs": {"column": "visits", "max_value": 300}},
    ])
}

#[test]
fn the_formats_give_the_same_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let suite = file(&folder, "suite.json", &suite(expectations()));
    let mut results = Vec::new();
    for (name, text) in [("leads.csv", CSV), ("leads.ndjson", NDJSON)] {
        let path = file(&folder, name, text);
        let out = expect(1, &["quality", "--suite", &suite, &path, "--json", "--result-format", "complete"], b"");
        let mut result: Value = serde_json::from_str(&out).expect("a result");
        for one in result["results"].as_array_mut().expect("a list") {
            one["expectation_config"]["kwargs"]["batch_id"] = json!("");
        }
        results.push(result);
    }
    let piped = expect(1, &["quality", "--suite", &suite, "-", "--json", "--result-format", "complete"], CSV.as_bytes());
    let piped: Value = serde_json::from_str(&piped).expect("a result");
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0]["statistics"], piped["statistics"]);
    assert_eq!(results[0]["statistics"]["successful_expectations"], json!(3));
    // The blank before the third source is part of it, the gap makes visits a column of numbers with a fraction.
    let lists: Vec<&Value> =
        results[0]["results"].as_array().expect("a list").iter().map(|one| &one["result"]["unexpected_list"]).collect();
    assert!(
        lists.contains(&&json!([" google"])) && lists.contains(&&json!([250.0])) && lists.contains(&&json!(["x"])),
        "{lists:?}"
    );
}

#[test]
fn exit_codes_and_a_readable_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = file(&folder, "leads.csv", CSV);
    let strict = file(&folder, "strict.json", &suite(expectations()));
    let out = expect(1, &["quality", "--suite", &strict, &table], b"");
    for words in
        ["leads: 3 of 6 expectations are met, 3 rows", "NOT MET warning", "source: column values to be in set", "\" google\""]
    {
        assert!(out.contains(words), "{words} in {out}");
    }
    let easy = file(&folder, "easy.json", &suite(json!([{"type": "expect_column_to_exist", "kwargs": {"column": "id"}}])));
    let out = expect(0, &["quality", "--suite", &easy, &table], b"");
    assert!(out.starts_with("leads: all expectations are met, 3 rows"), "{out}");
    // Two files are one table.
    let again = file(&folder, "again.csv", "id,source,visits,when\n1,google,1,2026-01-01\n");
    let out = expect(1, &["quality", "--suite", &strict, &table, &again], b"");
    assert!(out.contains("4 rows") && out.contains("id: column values to be unique\n                   2 unexpected"), "{out}");
}

#[test]
fn errors_name_the_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = file(&folder, "leads.csv", CSV);
    let easy = file(&folder, "easy.json", &suite(json!([])));
    let bad = file(
        &folder,
        "bad.json",
        &suite(json!([{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id", "mostly": 7}}])),
    );
    let empty = file(&folder, "empty.csv", "a,b\n");
    let other = file(&folder, "other.csv", "a\n1\n");
    let rows: [(&[&str], &str, &str); 6] = [
        (&["--suite", &bad, &table], "KWARG_INVALID", "expectations[0].kwargs.mostly"),
        (&["--suite", &table, &table], "SUITE_NOT_JSON", "leads.csv"),
        (&["--suite", "nowhere.json", &table], "READ_FAILED", "nowhere.json"),
        (&["--suite", &easy, "nowhere.csv"], "READ_FAILED", "nowhere.csv"),
        (&["--suite", &easy, &empty], "INPUT_EMPTY", "the input has no rows"),
        (&["--suite", &easy, &table, &other], "INPUT_COLUMNS_DIFFER", "other.csv"),
    ];
    for (arguments, code, words) in rows {
        let arguments: Vec<&str> = ["quality"].iter().chain(arguments).copied().collect();
        let error = failure(2, &arguments, b"");
        assert!(error.contains(code) && error.contains(words), "{arguments:?}: {error}");
    }
}

#[test]
fn rows_that_cannot_be_read_are_left_out_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let easy = file(
        &folder,
        "easy.json",
        &suite(json!([{"type": "expect_column_sum_to_be_between", "kwargs": {"column": "b", "min_value": 6, "max_value": 6}}])),
    );
    let tables = [
        file(&folder, "ragged.csv", "a,b\n1,2\n3\n5,4\n"),
        file(&folder, "ragged.ndjson", "{\"a\": 1, \"b\": 2}\n{\"a\": 1, \"b\": 2, \"b\": 3}\n{\"a\": 5, \"b\": 4}\n"),
    ];
    for (table, code, place) in [(&tables[0], "ROW_FIELD_COUNT", "line 3"), (&tables[1], "ROW_DUPLICATE_KEY", "line 2")] {
        let out = expect(3, &["quality", "--suite", &easy, table, "--json"], b"");
        let result: Value = serde_json::from_str(&out).expect("a result");
        assert_eq!((&result["rows"]["read"], &result["rows"]["used"]), (&json!(3), &json!(2)), "{out}");
        assert_eq!((&result["success"], &result["rows"]["left_out"][0]["reason"]), (&json!(true), &json!(code)), "{out}");
        let out = expect(0, &["quality", "--suite", &easy, table, "--max-left-out", "40%"], b"");
        assert!(out.contains("met, 2 rows") && out.contains("1 left out") && out.contains(place), "{out}");
        expect(3, &["quality", "--generate", table], b"");
    }
}

#[test]
fn a_table_meets_the_suite_made_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows: String = (0..300).map(|i| format!("{i},{},{}\n", ["google", "bing"][i % 2], i * 7 % 40)).collect();
    let table = file(&folder, "train.csv", &format!("id,source,visits\n{rows}"));
    let made = expect(0, &["quality", "--generate", "--name", "made", &table], b"");
    let suite = file(&folder, "made.json", &made);
    let out = expect(0, &["quality", "--suite", &suite, &table], b"");
    assert!(out.starts_with("made: all expectations are met, 300 rows"), "{out}");
    let worse = file(&folder, "worse.csv", "id,source,visits\n1,,3\n1,mail,3\n");
    expect(1, &["quality", "--suite", &suite, &worse], b"");
}

#[test]
fn ids_of_64_bits_are_exact_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let ids = ["9007199254740993", "9007199254740992", "18446744073709551614", "18446744073709551615"];
    let unique = json!({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}});
    let most =
        json!({"type": "expect_column_max_to_be_between", "kwargs": {"column": "id", "min_value": 18446744073709551615u64}});
    let of_type = json!({"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "id", "type_": "uint64"}});
    let suite = file(&folder, "suite.json", &suite(json!([unique, most, of_type])));
    // The last two only after the rows of a CSV from which its kinds are guessed.
    let rows = |row: &dyn Fn(&str) -> String| -> String {
        let small = (0..20_000).map(|id| row(&id.to_string()));
        small.chain(ids.iter().map(|id| row(id))).collect()
    };
    let csv = file(&folder, "ids.csv", &format!("id\n{}", rows(&|id| format!("{id}\n"))));
    let ndjson = file(&folder, "ids.ndjson", &rows(&|id| format!("{{\"id\":{id}}}\n")));
    for path in [csv, ndjson] {
        let out = expect(0, &["quality", "--suite", &suite, &path, "--json"], b"");
        assert!(out.contains("\"observed_value\": 18446744073709551615"), "{path}: {out}");
    }
    // Beside a gap they are kept as texts: no type of numbers holds them and a gap.
    let unique = r#"{"name":"s","expectations":[{"type":"expect_column_values_to_be_unique","kwargs":{"column":"id"}}]}"#;
    let suite = file(&folder, "suite.json", unique);
    let gaps = file(&folder, "gaps.csv", "id,x\n18446744073709551614,1\n18446744073709551615,1\n,1\n");
    expect(0, &["quality", "--suite", &suite, &gaps], b"");
}

#[test]
fn a_late_row_may_change_what_a_column_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    for (odd, kind) in [("7", "int64"), ("2.5", "float64"), ("", "float64"), ("x", "object")] {
        let rows: String =
            (0..20_000).map(|i| format!("{i},{}\n", if i == 18_000 { odd.to_owned() } else { i.to_string() })).collect();
        let path = file(&folder, "leads.csv", &format!("id,visits\n{rows}"));
        let of_type =
            |kind: &str| json!({"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "visits", "type_": kind}});
        let count = json!({"type": "expect_table_row_count_to_equal", "kwargs": {"value": 20_000}});
        let wanted = if kind == "object" { of_type("str") } else { of_type(kind) };
        let suite = file(&folder, "suite.json", &suite(json!([wanted, count])));
        let out = expect(0, &["quality", "--suite", &suite, &path, "--json"], b"");
        assert!(out.contains("\"success\": true"), "{odd}: {out}");
    }
}

#[test]
fn a_suite_rejects_and_flags_leads_that_are_scored() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = common::bundle(folder.path());
    let suite = file(
        &folder,
        "suite.json",
        &suite(json!([
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "visits", "max_value": 5}, "severity": "critical"},
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "pages"}, "severity": "warning"},
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "pages", "max_value": 7}, "severity": "warning"},
            {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "visits"}},
        ])),
    );
    let csv = "lead_id,visits,pages\na,1,2\nb,9,2\nc,3,\nd,2,8\ne,many,8\n";
    let ndjson = "{\"lead_id\":\"a\",\"visits\":1,\"pages\":2}\n{\"lead_id\":\"b\",\"visits\":9,\"pages\":2}\n\
        {\"lead_id\":\"c\",\"visits\":3}\n{\"lead_id\":\"d\",\"visits\":2,\"pages\":8}\n{\"lead_id\":\"e\",\"visits\":[]}\n";
    let out = file(&folder, "out.csv", "");
    expect(3, &["score", &model, "-", "--suite", &suite, "--explain", "0", "-o", &out], csv.as_bytes());
    let scores = std::fs::read_to_string(&out).expect("scores");
    // The last three columns are flags, model and version.
    let flags: Vec<(&str, &str)> = scores.lines().map(|line| (&line[..1], line.rsplit(',').nth(2).unwrap_or_default())).collect();
    assert_eq!(
        flags,
        [("l", "flags"), ("a", ""), ("c", "pages is missing"), ("d", "pages is not allowed; the suite allows at most 7")]
    );
    let rejected = std::fs::read_to_string(format!("{out}.rejected")).expect("the rejected");
    let rejected: Vec<&str> = rejected.lines().collect();
    assert!(
        rejected.len() == 3 && rejected[1].starts_with("3,LEAD_QUALITY,") && rejected[1].contains("visits is 9"),
        "{rejected:?}"
    );
    assert!(rejected[2].starts_with("6,"), "{rejected:?}");
    let scores = expect(3, &["score", &model, "-", "--suite", &suite, "--explain", "0"], ndjson.as_bytes());
    let scores: Vec<Value> = scores.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (scores.len(), &scores[0]["flags"], scores[1]["flags"][0]["fields"][0].as_str()),
        (3, &Value::Null, Some("pages"))
    );
    assert!(common::failure(2, &["score", &model, "-", "--suite", &suite, "--raw"], b"").contains("--raw"));
}

//! Scores on their way to the next command: columns carried through, the same ids in every format, accounts of rows, rejected rows.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly anywhere"
)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{bundle, expect, failure, run, text};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Rows of a CSV without quotes, by column.
fn column(csv: &str, name: &str) -> Vec<String> {
    let at = csv.lines().next().and_then(|head| head.split(',').position(|own| own == name)).expect("the column");
    csv.lines().skip(1).map(|line| line.split(',').nth(at).expect("a cell").to_owned()).collect()
}

#[test]
fn kept_columns_go_from_the_leads_to_the_metrics() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let leads: String = (0..60)
        .map(|i| {
            format!(
                "L{i},{},1, {} ,{}\n",
                [1, 3][i % 2],
                ["north", "south"][i / 30],
                ["No", "Yes"][usize::from(i % 2 == 1 || i % 10 == 0)]
            )
        })
        .collect();
    let scored = text(&folder.path().join("scored.csv"));
    let arguments = ["score", &model, "-", "-o", &scored, "--explain", "0", "--keep", "region,Won"];
    let output = run(&arguments, format!("lead_id,visits,pages,region,Won\n{leads}").as_bytes());
    assert!(output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("ignored"), "{output:?}");
    let written = std::fs::read_to_string(&scored).expect("scores");
    assert!(written.starts_with("region,Won,lead_id,score,probability,band,reasons,model,version\n"), "{written}");
    assert!(
        written.lines().nth(1).is_some_and(|line| line.starts_with(" north ,Yes,L0,") && line.ends_with(",small,1")),
        "{written}"
    );
    // The outcome under its own name in another case, and in the column that is found by itself.
    let all: Value =
        serde_json::from_str(&expect(0, &["metrics", &scored, "--outcome", "won", "--segment", "Region", "--json"], b""))
            .expect("JSON");
    let segments = all["segments"]["values"].as_array().expect("segments");
    assert_eq!((segments.len(), &segments[0]["value"], &segments[0]["leads"]), (2, &json!("north"), &json!(30)));
    assert_eq!(
        segments.iter().filter_map(|segment| segment["positives"].as_u64()).sum::<u64>(),
        all["positives"].as_u64().unwrap()
    );
    let renamed = written.replacen("Won", "CONVERTED", 1);
    let page = expect(0, &["metrics", "-", "--segment", "region"], renamed.as_bytes());
    assert!(
        page.contains("\nregion ") && page.contains("\nnorth ") && page.contains("rows: 60 read, 60 used, 0 left out"),
        "{page}"
    );
    let many: String = (0..1_100).map(|i| format!("0.5,1,s{i}\n")).collect();
    assert!(
        failure(5, &["metrics", "-", "--segment", "s"], format!("probability,converted,s\n{many}").as_bytes())
            .contains("SEGMENT_TOO_MANY")
    );
}

#[test]
fn ids_and_kept_values_are_the_same_in_every_format() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let ids = ["007", "9007199254740993", "18446744073709551615", "a b", "Ünï", "1e5", " C ", "NA", ""];
    let csv: String = ids.iter().map(|id| format!("{id},3,1,x{id}\n")).collect();
    let csv = format!("lead_id,visits,pages,note\n{csv}");
    let json: String =
        ids.iter().map(|id| format!("{}\n", json!({"lead_id": id, "visits": 3, "pages": 1, "note": format!("x{id}")}))).collect();
    let file = folder.path().join("leads.parquet");
    write(&file, &ids);
    let expected: Vec<&str> = ids[..8].iter().copied().chain(["9"]).collect();
    for (input, fed) in [("-", csv.as_bytes()), ("-", json.as_bytes()), (&*text(&file), b"".as_slice())] {
        let [table, objects] = ["out.csv", "out.ndjson"].map(|out| {
            let out = text(&folder.path().join(out));
            expect(0, &["score", &model, input, "-o", &out, "--explain", "0", "--keep", "note"], fed);
            std::fs::read_to_string(out).expect("scores")
        });
        assert_eq!(column(&table, "lead_id"), expected, "{input}");
        let objects = lines(&objects);
        assert_eq!(objects.iter().map(|one| one["lead_id"].as_str().expect("text")).collect::<Vec<_>>(), expected);
        assert_eq!(objects.iter().map(|one| one["note"].as_str().expect("text")).collect::<Vec<_>>(), column(&table, "note"));
        assert_eq!(objects[0]["note"], "x007");
        let arms = run(&["assign", "--salt", "s", "--weights", "a=1", input], fed);
        assert_eq!(column(&String::from_utf8(arms.stdout).expect("UTF-8"), "lead"), expected[..8], "{input}");
    }
}

/// `ids` as leads in a Parquet file.
fn write(path: &Path, ids: &[&str]) {
    let schema = "message leads { optional binary lead_id (UTF8); optional double visits; optional double pages; optional binary note (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::default())).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    let levels = vec![1i16; ids.len()];
    for at in 0..4 {
        let mut column = group.next_column().expect("no failure").expect("a column");
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(w) => {
                let of = |id: &&str| ByteArray::from(if at == 0 { (*id).to_owned() } else { format!("x{id}") }.as_str());
                w.write_batch(&ids.iter().map(of).collect::<Vec<_>>(), Some(&levels), None)
            }
            ColumnWriter::DoubleColumnWriter(w) => {
                w.write_batch(&vec![if at == 1 { 3.0 } else { 1.0 }; ids.len()], Some(&levels), None)
            }
            _ => panic!("another type"),
        }
        .expect("written");
        column.close().expect("closed");
    }
    group.close().expect("closed");
    writer.close().expect("closed");
}

#[test]
fn a_line_of_ndjson_is_the_score_as_the_service_answers_it() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let input =
        b"{\"visits\":3,\"pages\":1,\"colour\":\"red\",\"tags\":[1,{\"a\":true}],\"won\":false,\"n\":18446744073709551615}\n";
    let one = lines(&expect(0, &["score", &model, "-", "--keep", "tags,won,n"], input)).remove(0);
    let keys: Vec<&str> = one.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut wanted = [
        "tags",
        "won",
        "n",
        "lead_id",
        "score",
        "probability",
        "margin",
        "band",
        "base",
        "reasons",
        "rest",
        "unknown_fields",
        "model",
    ];
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    assert_eq!((&one["model"], &one["lead_id"]), (&json!({"name": "small", "version": "1"}), &json!("1")));
    assert_eq!((&one["tags"], &one["won"], one["n"].as_u64()), (&json!([1, {"a": true}]), &json!(false), Some(u64::MAX)));
    // The same columns of raw rows, in blocks.
    let rows: String = (0..600).map(|i| format!("{},1,k{i}\n", i % 5)).collect();
    let raw = expect(0, &["score", &model, "-", "--raw", "--keep", "key"], format!("visits,pages,key\n{rows}").as_bytes());
    assert_eq!(column(&raw, "key"), (0..600).map(|i| format!("k{i}")).collect::<Vec<_>>());
}

#[test]
fn columns_that_cannot_be_kept_are_refused() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let csv = b"lead_id,visits,pages,Sold,SOLD\na,1,1,0,0\n";
    let ndjson = b"{\"visits\":1,\"pages\":1}\n";
    let rows: [(i32, &str, &[u8], &str); 6] = [
        (2, "visits,visits", csv, "twice"),
        (2, "lead_id", csv, "the output has a column of this name"),
        (2, "margin", csv, "the output has a column of this name"),
        (5, "price", csv, "there is no column price"),
        (5, "price", ndjson, "there is no column price"),
        (5, "sold", csv, "COLUMN_AMBIGUOUS"),
    ];
    for (code, keep, input, words) in rows {
        let out = text(&folder.path().join("out.csv"));
        let message = failure(code, &["score", &model, "-", "-o", &out, "--keep", keep], input);
        assert!(message.contains(words), "{keep}: {message}");
        assert!(!std::fs::exists(&out).expect("a folder"), "{keep}");
    }
}

#[test]
fn every_row_is_accounted_for_and_rejected_rows_are_kept_whole() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let schema = text(&folder.path().join("s.toml"));
    std::fs::write(&schema, "[[field]]\nname = \"visits\"\n[[field]]\nname = \"pages\"\n").expect("a file");
    let csv = "lead_id,visits,pages,note\nA,1,1,\nB,\"a \"\"lot\"\"\",1,\"x;y,z\"\nC,1\nD,3,1,\n";
    let ndjson = "{\"lead_id\":\"A\",\"visits\":1}\n{\"lead_id\":12345678901234567890,\"visits\":\"many\"}\n{\"lead_id\"\n{\"lead_id\":\"D\",\"visits\":3}\n";
    let out = text(&folder.path().join("out.csv"));
    for command in [&["score", &model][..], &["features", &schema]] {
        for (input, id, row, code) in [
            (csv, "B", "B,\"a \"\"lot\"\"\",1,\"x;y,z\"", "ROW_FIELD_COUNT"),
            (ndjson, "12345678901234567890", "{\"lead_id\":12345678901234567890,\"visits\":\"many\"}", ""),
        ] {
            let arguments = [command, &["-", "-o", &out, "--json"]].concat();
            let summary: Value = serde_json::from_str(&expect(3, &arguments, input.as_bytes())).expect("JSON");
            let rows = &summary["rows"];
            assert_eq!(
                (&rows["read"], &rows["used"], rows["left_out"].as_array().map(Vec::len)),
                (&json!(4), &json!(2), Some(2)),
                "{summary}"
            );
            assert!(
                rows["left_out"][0]["examples"][0]["message"].as_str().is_some_and(|words| words.contains("visits")),
                "{summary}"
            );
            assert_eq!((&summary["rejected"], &summary["rejected_to"]), (&json!(2), &json!(format!("{out}.rejected"))));
            let rejected = std::fs::read_to_string(format!("{out}.rejected")).expect("rejected rows");
            let mut reader = csv_rows(&rejected).into_iter();
            assert_eq!(reader.next().expect("a header"), ["line", "code", "reason", "lead_id", "row"]);
            let first = reader.next().expect("a row");
            assert_eq!((first[3].as_str(), first[4].as_str()), (id, row));
            let second = reader.next().expect("a row");
            assert!(second[3].is_empty() && (code.is_empty() || second[1] == code && second[4] == "C,1"), "{second:?}");
        }
    }
    let arms = ["assign", "--salt", "s", "--weights", "a=1,b=1", "--id", "key", "-", "-o", &out];
    let output = run(&arms, b"key,x\nk1,1\n,2\n");
    let page = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(3) && page.contains("rows: 2 read, 1 used, 1 left out\n  1 ID_MISSING\n"), "{page}");
    assert!(std::fs::read_to_string(format!("{out}.rejected")).expect("rejected rows").ends_with(",,\",2\"\n"));
}

/// The records of a CSV.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

#[test]
fn an_input_without_rows_is_an_error_of_every_command() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let schema = text(&folder.path().join("s.toml"));
    std::fs::write(&schema, "[[field]]\nname = \"visits\"\n[[field]]\nname = \"pages\"\n").expect("a file");
    let suite = text(&folder.path().join("suite.json"));
    std::fs::write(&suite, "{\"name\":\"s\",\"expectations\":[]}").expect("a file");
    let out = text(&folder.path().join("out"));
    let commands: [&[&str]; 7] = [
        &["score", &model, "-", "-o", &out],
        &["score", &model, "-", "--raw", "-o", &out],
        &["features", &schema, "-", "-o", &out],
        &["assign", "--salt", "s", "--weights", "a=1", "-", "-o", &out],
        &["metrics", "-"],
        &["window", "make", "-", "-o", &out],
        &["quality", "--suite", &suite, "-"],
    ];
    for command in commands {
        for input in ["visits,pages,lead_id,probability,converted,time\n", "\n\n"] {
            let code = if command[0] == "quality" { 2 } else { 5 };
            let message = failure(code, command, input.as_bytes());
            assert!(message.contains("INPUT_EMPTY"), "{command:?} {input:?}: {message}");
            assert!(!std::fs::exists(&out).expect("a folder"), "{command:?}");
        }
    }
    let ndjson = folder.path().join("none.ndjson");
    std::fs::write(&ndjson, "\n\n").expect("a file");
    assert!(failure(5, &["score", &model, &text(&ndjson), "-o", &out], b"").contains("INPUT_EMPTY"));
}

#[test]
fn a_name_that_two_columns_have_is_ambiguous() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = text(&folder.path().join("m.plumb"));
    let message = |code, arguments: &[&str], input: &str| {
        let message = failure(code, arguments, input.as_bytes());
        assert!(message.contains("COLUMN_AMBIGUOUS") && message.contains("differ only in case"), "{arguments:?}: {message}");
    };
    message(5, &["metrics", "-"], "probability,Probability,converted\n0.5,0.1,1\n0.1,0.2,0\n");
    message(5, &["metrics", "-", "--outcome", "won"], "probability,Won,WON\n0.5,0,1\n0.1,1,0\n");
    expect(0, &["metrics", "-", "--outcome", "WON"], b"probability,Won,WON\n0.5,0,1\n0.1,1,0\n");
    message(5, &["window", "make", "-", "-o", &model], "time,probability,PROBABILITY\n2026-11-01,0.5,0.1\n");
    let file = text(&folder.path().join("m.txt"));
    std::fs::write(&file, common::LIGHTGBM).expect("a file");
    let predictions = text(&folder.path().join("p.csv"));
    for header in ["visits,pages,prediction,Prediction", "visits,pages,margin,MARGIN"] {
        std::fs::write(&predictions, format!("{header}\n1,1,0.2689414213699951,0.5\n")).expect("a file");
        message(5, &["import", &file, "-o", &model, "--check", &predictions], "");
    }
    let twice = "{\"probability\":0.2,\"converted\":1,\"converted\":0}\n";
    let rows = format!("{twice}{}", "{\"probability\":0.2,\"converted\":1}\n{\"probability\":0.7,\"converted\":0}\n".repeat(3));
    let out: Value = serde_json::from_str(&expect(3, &["metrics", "-", "--json"], rows.as_bytes())).expect("JSON");
    assert_eq!((&out["leads"], &out["rows"]["left_out"][0]["reason"]), (&json!(6), &json!("ROW_DUPLICATE_KEY")));
}

//! Parquet through the real binary: types, nulls, dictionaries, codecs, row groups; the same leads score the same as from NDJSON.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly anywhere")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{bundle, expect, failure, run, text};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use plumbline_core::table::parse_date;
use serde_json::Value;

/// Writes `rows` (objects) to `path` as `schema` says, in groups of `group` rows.
fn write(path: &Path, schema: &str, rows: &[Value], group: usize, properties: WriterProperties) {
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema.clone(), Arc::new(properties)).expect("a writer");
    for rows in rows.chunks(group) {
        let mut out = writer.next_row_group().expect("a row group");
        for field in schema.get_fields() {
            let values: Vec<&Value> = rows.iter().map(|row| &row[field.name()]).collect();
            let mut column = out.next_column().expect("no failure").expect("a column per field");
            let levels: Vec<i16> = values.iter().map(|v| i16::from(!v.is_null())).collect();
            let levels = Some(&levels[..]);
            let known = || values.iter().copied().filter(|v| !v.is_null());
            match column.untyped() {
                ColumnWriter::BoolColumnWriter(w) => {
                    let values: Vec<bool> = known().filter_map(|v| v.as_bool().or(v.as_f64().map(|x| x != 0.0))).collect();
                    w.write_batch(&values, levels, None)
                }
                ColumnWriter::Int32ColumnWriter(w) => {
                    let values: Vec<i32> = known().filter_map(|v| v.as_f64().map(|x| x as i32)).collect();
                    w.write_batch(&values, levels, None)
                }
                ColumnWriter::Int64ColumnWriter(w) => {
                    let moment = |v: &Value| v.as_str().map_or(v.as_f64().map(|x| x as i64), parse_date);
                    let values: Vec<i64> = known().filter_map(moment).collect();
                    w.write_batch(&values, levels, None)
                }
                ColumnWriter::FloatColumnWriter(w) => {
                    let values: Vec<f32> = known().filter_map(|v| v.as_f64().map(|x| x as f32)).collect();
                    w.write_batch(&values, levels, None)
                }
                ColumnWriter::DoubleColumnWriter(w) => {
                    let values: Vec<f64> = known().filter_map(Value::as_f64).collect();
                    w.write_batch(&values, levels, None)
                }
                ColumnWriter::ByteArrayColumnWriter(w) if field.is_group() => {
                    // tags: each item at level 2, an empty list at 1, no list at 0.
                    let (mut items, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
                    for value in &values {
                        let list = value.as_array().map_or(&[][..], Vec::as_slice);
                        items.extend(list.iter().map(|item| ByteArray::from(item.as_str().expect("a text"))));
                        let level = if list.is_empty() { i16::from(value.is_array()) } else { 2 };
                        levels.extend(std::iter::repeat_n(level, list.len().max(1)));
                        repeats.extend((0..list.len().max(1)).map(|i| i16::from(i > 0)));
                    }
                    w.write_batch(&items, Some(&levels), Some(&repeats))
                }
                ColumnWriter::ByteArrayColumnWriter(w) => {
                    let values: Vec<ByteArray> =
                        known().map(|v| v.as_str().map_or_else(|| v.to_string().as_str().into(), ByteArray::from)).collect();
                    w.write_batch(&values, levels, None)
                }
                _ => panic!("no column of the tests' has this type"),
            }
            .expect("a column is written");
            column.close().expect("a column is closed");
        }
        out.close().expect("a row group is closed");
    }
    writer.close().expect("the file is complete");
}

fn properties(codec: Compression, version: WriterVersion, dictionary: bool) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_dictionary_enabled(dictionary)
        .set_data_page_row_count_limit(5)
        .set_write_batch_size(5)
        .build()
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/demo")
}

const LEADS: &str = "message leads {
    optional binary lead_id (UTF8); optional binary lead_source (UTF8); optional binary industry (ENUM); optional binary region (UTF8);
    optional int32 employees; optional binary seniority (UTF8); optional binary job_title (UTF8); optional binary email (UTF8);
    optional int64 pages_viewed; optional double pricing_page_visits; optional float webinars_attended;
    optional int32 emails_opened (INTEGER(16, true)); optional int32 email_clicks (INTEGER(8, false));
    optional int64 last_visit (TIMESTAMP(MILLIS, true)); optional int64 budget (DECIMAL(18, 0)); optional boolean demo_requested;
    optional group tags (LIST) { repeated group list { required binary element (UTF8); } } }";

#[test]
fn leads_score_the_same_from_parquet_as_from_json() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (model, lines) = (text(&demo().join("demo.plumb")), demo().join("leads.ndjson"));
    let leads: Vec<Value> = std::fs::read_to_string(&lines)
        .expect("the demo's leads")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let score = |input: &Path, out: &str| {
        let out = folder.path().join(out);
        expect(0, &["score", &model, &text(input), "--now", "1794787200000", "--explain", "5", "-o", &text(&out)], b"");
        std::fs::read_to_string(out).expect("scores")
    };
    let expected = score(&lines, "expected.csv");
    assert_eq!(expected.lines().count(), leads.len() + 1);
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::GZIP(GzipLevel::default()),
    ];
    let file = folder.path().join("leads.parquet");
    for (codec, dictionary) in codecs.into_iter().flat_map(|codec| [(codec, true), (codec, false)]) {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for group in [7, 1000] {
                write(&file, LEADS, &leads, group, properties(codec, version, dictionary));
                assert!(score(&file, "out.csv") == expected, "{codec:?} {version:?} dictionary {dictionary} group {group}");
            }
        }
    }
}

#[test]
fn every_type_of_number_is_a_number_and_null_is_missing() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let values = [Some(1.0), Some(3.0), None, Some(0.0), Some(1.0)];
    let rows: Vec<Value> = values.iter().map(|v| serde_json::json!({"visits": v, "pages": 2.0})).collect();
    let csv = "visits,pages\n1,2\n3,2\n,2\n0,2\n1,2\n";
    let expected = expect(0, &["score", &model, "-", "--raw"], csv.as_bytes());
    let file = folder.path().join("rows.parquet");
    let types = [
        "int32 visits",
        "int64 visits",
        "float visits",
        "double visits",
        "int32 visits (INTEGER(8, true))",
        "int32 visits (INTEGER(16, false))",
        "int32 visits (INTEGER(32, false))",
        "int64 visits (INTEGER(64, false))",
        "int32 visits (DECIMAL(9, 0))",
        "binary visits (UTF8)",
        "binary visits",
    ];
    for kind in types {
        let schema = format!("message rows {{ optional {kind}; optional double pages; }}");
        write(&file, &schema, &rows, 2, properties(Compression::SNAPPY, WriterVersion::PARQUET_2_0, true));
        assert_eq!(expect(0, &["score", &model, &text(&file), "--raw"], b""), expected, "{kind}");
    }
    let flags: Vec<Value> =
        [Some(true), None, Some(false)].iter().map(|v| serde_json::json!({"visits": v, "pages": 2})).collect();
    write(&file, "message rows { optional boolean visits; optional double pages; }", &flags, 9, WriterProperties::default());
    let expected = expect(0, &["score", &model, "-", "--raw"], b"visits,pages\n1,2\n,2\n0,2\n");
    assert_eq!(expect(0, &["score", &model, &text(&file), "--raw"], b""), expected);
}

#[test]
fn a_row_that_does_not_fit_is_rejected_by_its_number() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let rows: Vec<Value> = ["1", "many", "3", "x"].iter().map(|v| serde_json::json!({"visits": v, "pages": 1})).collect();
    let file = folder.path().join("rows.parquet");
    let schema = "message rows { optional binary visits (UTF8); optional double pages; optional double extra; }";
    write(&file, schema, &rows, 3, WriterProperties::default());
    let out = text(&folder.path().join("out.csv"));
    expect(3, &["score", &model, &text(&file), "--raw", "-o", &out], b"");
    let rejected = std::fs::read_to_string(format!("{out}.rejected")).expect("the rejected rows");
    let lines: Vec<&str> = rejected.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(lines, ["line", "2", "4"]);
    assert_eq!(std::fs::read_to_string(&out).expect("scores").lines().count(), 3);
}

#[test]
fn parquet_comes_by_a_pipe_too_and_broken_files_are_refused() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let rows: Vec<Value> = (0..50).map(|i| serde_json::json!({"visits": i % 5, "pages": 1})).collect();
    let file = folder.path().join("rows.parquet");
    let schema = "message rows { required int32 visits; optional double pages; }";
    write(&file, &schema.replace("required", "optional"), &rows, 20, WriterProperties::default());
    let bytes = std::fs::read(&file).expect("the file");
    let expected = expect(0, &["score", &model, &text(&file), "--raw"], b"");
    assert_eq!(expect(0, &["score", &model, "-", "--raw"], &bytes), expected);
    let out = text(&folder.path().join("out.csv"));
    for cut in [4, 12, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        let message = failure(5, &["score", &model, "-", "--raw", "-o", &out], &bytes[..cut]);
        assert!(message.contains("INPUT_NOT_PARQUET"), "{cut}: {message}");
        assert!(!std::fs::exists(&out).expect("a folder"), "{cut}");
    }
    for place in (4..bytes.len()).step_by(bytes.len() / 40) {
        let mut broken = bytes.clone();
        broken[place] ^= 0x55;
        let output = run(&["score", &model, "-", "--raw"], &broken);
        assert!(matches!(output.status.code(), Some(0 | 3 | 5)), "byte {place}: {output:?}");
    }
}

/// 378 bytes whose one page claims 1.4 GB: refused by its header, before anything is reserved for it.
#[test]
fn a_page_that_claims_more_than_a_page_may_is_refused_by_its_column() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/regressions/parquet/a-page-that-claims-gigabytes");
    let score = ["score", &model, file, "--allow-missing-columns"];
    for (code, arguments) in [(5, &score[..]), (2, &["quality", "--generate", file])] {
        let message = failure(code, arguments, b"");
        assert!(message.contains("INPUT_PAGE_TOO_LARGE") && message.contains("column visits:"), "{message}");
    }
}

#[test]
fn a_suite_judges_parquet_as_it_judges_json() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let rows: Vec<Value> = (0..40)
        .map(|i| {
            serde_json::json!({"id": i, "visits": (i % 7 != 0).then_some(i % 9), "source": (i % 5 != 0).then_some(["a", "b"][i % 2]),
                "score": i as f64 / 4.0, "won": i % 2 == 0})
        })
        .collect();
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let (json, file, suite) =
        (folder.path().join("rows.ndjson"), folder.path().join("rows.parquet"), folder.path().join("suite.json"));
    std::fs::write(&json, lines).expect("a file");
    let expectation = |kind: &str, kwargs: Value| serde_json::json!({"type": kind, "kwargs": kwargs});
    let column = |name: &str| serde_json::json!({"column": name});
    let suite_of = serde_json::json!({"name": "s", "expectations": [
        expectation("expect_column_values_to_not_be_null", column("visits")),
        expectation("expect_column_values_to_be_in_set", serde_json::json!({"column": "source", "value_set": ["a"]})),
        expectation("expect_column_values_to_be_unique", column("id")),
        expectation("expect_column_values_to_be_of_type", serde_json::json!({"column": "visits", "type_": "float64"})),
        expectation("expect_column_values_to_be_of_type", serde_json::json!({"column": "id", "type_": "int64"})),
        expectation("expect_column_values_to_be_of_type", serde_json::json!({"column": "won", "type_": "bool"})),
        expectation("expect_column_mean_to_be_between", serde_json::json!({"column": "score", "max_value": 1})),
        expectation("expect_column_sum_to_be_between", serde_json::json!({"column": "won", "max_value": 3})),
    ]});
    std::fs::write(&suite, suite_of.to_string()).expect("a suite");
    let judge = |input: &Path| -> Value {
        let out = expect(1, &["quality", "--suite", &text(&suite), &text(input), "--json", "--result-format", "complete"], b"");
        let mut result: Value = serde_json::from_str(&out).expect("a result");
        for one in result["results"].as_array_mut().expect("results") {
            one["expectation_config"]["kwargs"]["batch_id"] = Value::Null;
        }
        result
    };
    let expected = judge(&json);
    let schema = "message rows { optional int64 id; optional int32 visits; optional binary source (UTF8); optional double score; optional boolean won; }";
    for (codec, group) in [(Compression::SNAPPY, 7), (Compression::UNCOMPRESSED, 1000)] {
        write(&file, schema, &rows, group, properties(codec, WriterVersion::PARQUET_2_0, true));
        assert_eq!(judge(&file), expected, "{codec:?} {group}");
    }
}

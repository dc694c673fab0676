//! The file commands, by the real binary: happy paths, rejected rows, bad files, interruption.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly anywhere"
)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::{LIGHTGBM, bundle, expect, failure, plumbline, run, text};

#[test]
fn a_model_is_imported_inspected_and_scores() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let card: serde_json::Value = serde_json::from_str(&expect(0, &["inspect", &model, "--json"], b"")).expect("JSON");
    assert_eq!((card["name"].as_str(), card["trees"].as_u64(), card["depth"].as_u64()), (Some("small"), Some(1), Some(2)));
    assert!(expect(0, &["inspect", &model], b"").contains("visits"));
    let out = expect(0, &["score", &model, "-", "--raw"], b"pages,other,visits\n1,x,1\n2,y,1\n,z,3\nNaN,w,1e1\n");
    let margins: Vec<&str> = out.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!((out.lines().next(), margins), (Some("margin0,prob0"), vec!["-1.0", "0.25", "1.0", "1.0"]));
    let leads = expect(0, &["score", &model, "-"], b"lead_id,visits,pages\na,1,1\n\"b,2\",3,\n");
    let lines: Vec<&str> = leads.lines().collect();
    assert_eq!(lines[0], "lead_id,score,probability,band,reasons,model,version");
    assert!(lines[1].starts_with("a,27,0.2689414213699951,") && lines[2].starts_with("\"b,2\",73,"), "{leads}");
}

#[test]
fn json_lines_come_in_and_go_out() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let input = b"{\"visits\": 1, \"pages\": 1, \"lead_id\": \"a\"}\n\n{\"visits\": 3, \"more\": [1]}\n";
    let out = expect(0, &["score", &model, "-"], input);
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!((lines[0]["lead_id"].as_str(), lines[1]["score"].as_u64()), (Some("a"), Some(73)));
    assert_eq!(lines[0]["reasons"].as_array().map(Vec::len), Some(2), "{out}");
    let raw = expect(0, &["score", &model, "-", "--raw", "--explain", "all"], input);
    let row: serde_json::Value = serde_json::from_str(raw.lines().next().expect("a line")).expect("JSON");
    let sum: f64 = ["shap_visits", "shap_pages", "bias"].iter().filter_map(|n| row[*n].as_f64()).sum();
    assert!((sum + 1.0).abs() < 1e-9, "{raw}");
}

#[test]
fn rejected_rows_are_reported_and_the_run_goes_on() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let out = text(&folder.path().join("out.csv"));
    let huge = format!("visits,pages\n1,1\nmany,1\n1\n{},1\n3,1\n", "9".repeat(3 << 20));
    let summary = expect(3, &["score", &model, "-", "--raw", "-o", &out, "--json"], huge.as_bytes());
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!((summary["scored"].as_u64(), summary["rejected"].as_u64()), (Some(2), Some(3)));
    let rejected = std::fs::read_to_string(format!("{out}.rejected")).expect("the rejected rows");
    let codes: Vec<String> = rejected.lines().map(|l| l.splitn(3, ',').take(2).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(codes, ["line,code", "3,FIELD_NOT_A_NUMBER", "4,ROW_FIELD_COUNT", "5,ROW_TOO_LONG"]);
    expect(0, &["score", &model, "-", "--raw", "-o", &out], b"visits,pages\n1,1\n");
    assert!(!std::fs::exists(format!("{out}.rejected")).expect("a folder"), "rejects of an earlier run mislead");
}

#[test]
fn bad_files_are_refused_with_place_and_code() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let bytes = std::fs::read(&model).expect("the bundle");
    let broken = text(&folder.path().join("broken.plumb"));
    for cut in [0, 7, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&broken, &bytes[..cut]).expect("a file");
        let message = failure(4, &["inspect", &broken], b"");
        assert!(message.starts_with("error[BUNDLE_") && message.contains("broken.plumb"), "{cut}: {message}");
    }
    let out = text(&folder.path().join("new.plumb"));
    assert!(failure(4, &["import", "-", "-o", &out], b"no model").starts_with("error[IMPORT_"));
    assert!(failure(4, &["import", "-", "-o", &out], &LIGHTGBM.as_bytes()[..400]).starts_with("error[IMPORT_"));
    assert!(!std::fs::exists(&out).expect("a folder"));
    assert!(failure(5, &["score", &model, "nowhere.csv"], b"").contains("nowhere.csv"));
    assert!(failure(5, &["score", &model, "-", "--raw"], b"visits,x\n1,2\n").contains("pages"));
    assert!(failure(5, &["score", &model, "-", "--raw"], b"").contains("INPUT_EMPTY"));
    assert!(failure(5, &["score", &model, "-"], b"[{\"visits\":1}]").contains("INPUT_JSON_ARRAY"));
    let message = failure(4, &["inspect", &broken, "--json"], b"");
    assert!(serde_json::from_str::<serde_json::Value>(&message).is_ok(), "{message}");
}

#[test]
fn columns_are_taken_by_position_when_no_name_fits() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let output = run(&["score", &model, "-", "--raw"], b"kind,a,b\nreal,1,1\nreal,3,NaN\n");
    let (out, message) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.lines().nth(1).is_some_and(|l| l.starts_with("-1.0,")), "{out}");
    assert!(message.contains("by position") && message.contains("kind"), "{message}");
}

#[test]
fn names_with_spaces_are_found_under_those_lightgbm_gave_them() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let file = folder.path().join("spaced.txt");
    std::fs::write(&file, LIGHTGBM.replace("feature_names=visits", "feature_names=Total_Visits")).expect("written");
    let model = folder.path().join("spaced.plumb").display().to_string();
    expect(0, &["import", &file.display().to_string(), "-o", &model], b"");
    let written = expect(0, &["score", &model, "-"], b"lead_id,Total Visits,pages\na,3,1\nb,1,1\n");
    let plain = expect(0, &["score", &bundle(folder.path()), "-"], b"lead_id,visits,pages\na,3,1\nb,1,1\n");
    let scores = |out: &str| out.lines().skip(1).map(|l| l.split(',').take(3).collect::<Vec<_>>().join(",")).collect::<Vec<_>>();
    assert_eq!(scores(&written), scores(&plain));
    assert_ne!(scores(&written)[0].replace('a', "b"), scores(&written)[1]);
}

#[test]
fn the_delimiter_is_found_behind_the_first_bytes() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    for input in ["\u{feff}lead_id;visits;pages\r\na;1;1\r\n", "\n\nlead_id\tvisits\tpages\na\t1\t1\n"] {
        assert!(expect(0, &["score", &model, "-"], input.as_bytes()).contains("\na,27,"), "{input:?}");
    }
}

#[test]
fn all_problems_of_a_row_are_reported() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let schema = text(&folder.path().join("s.toml"));
    let declared = "[[field]]\nname = \"visits\"\nmin = 0\n[[field]]\nname = \"pages\"\n\
                    [[field]]\nname = \"key\"\nkind = \"text\"\nrole = \"id\"\nrequired = true\n";
    std::fs::write(&schema, declared).expect("a file");
    let model = text(&folder.path().join("m.plumb"));
    expect(0, &["import", "-", "-o", &model, "--schema", &schema], LIGHTGBM.as_bytes());
    let message = failure(3, &["score", &model, "-"], b"visits,pages,key\n-1,many,\n");
    for part in ["line 2", "\"pages\" must be a number", "\"visits\" is -1", "\"key\" is required"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let message = failure(3, &["score", &model, "-", "--raw"], b"visits,pages\nfew,many\n");
    assert!(message.contains("\"few\"") && message.contains("\"many\""), "{message}");
    for (option, column) in [("--keep", "sold"), ("--at", "when")] {
        let message = failure(5, &["features", &schema, "-", option, column], b"visits,pages,key\n1,1,a\n");
        assert!(message.contains(&format!("no column {column}; the columns are visits, pages, key")), "{message}");
    }
    std::fs::write(&schema, "[model]\nname = \"m\"\nodd = 1\n").expect("a file");
    assert!(failure(5, &["import", "-", "-o", &model, "--schema", &schema], LIGHTGBM.as_bytes()).contains("line 3"));
}

#[test]
fn features_reads_leads_as_score_does() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let schema = text(&folder.path().join("s.toml"));
    let declared = "[[field]]\nname = \"visits\"\n[[field]]\nname = \"pages\"\n[[field]]\nname = \"day\"\nkind = \"date\"\n\
                    [[feature]]\nname = \"age\"\nfrom = \"day\"\nmake = \"days_since\"\n";
    std::fs::write(&schema, declared).expect("a file");
    let arguments = ["features", &schema, "-", "--keep", "sold", "--at", "at"];
    let rows = "{\"visits\":\"12\",\"pages\":1,\"at\":86400000}\n{\"visits\":12,\"pages\":1,\"day\":0,\"sold\":\"yes\",\"at\":86400000}\n";
    let output = run(&arguments, rows.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "sold,visits,pages,age\nyes,12.0,1.0,1.0\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("\"visits\" must be a number"));
    let written = expect(0, &arguments, b"sold,visits,pages,day,at\nyes,12,1,0,86400000\n");
    assert_eq!(written, "sold,visits,pages,age\nyes,12.0,1.0,1.0\n");
}

/// A mistyped file name must not destroy a file.
#[test]
fn no_file_is_overwritten_by_what_is_made_of_it() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let leads = text(&folder.path().join("leads.csv"));
    let input = "visits,pages\n1,1\n";
    std::fs::write(&leads, input).expect("a file");
    let other = text(&folder.path().join("other.csv"));
    for arguments in [
        ["--raw", "-o", &leads, "--rejected", &other],
        ["--raw", "-o", &other, "--rejected", &leads],
        ["--raw", "-o", &other, "--rejected", &other],
        ["--raw", "-o", &model, "--rejected", &other],
    ] {
        let arguments: Vec<&str> = ["score", &model, &leads].into_iter().chain(arguments).collect();
        assert!(failure(2, &arguments, b"").contains("would overwrite it"), "{arguments:?}");
    }
    // A file that is none of ours is not taken for rejects of an earlier run.
    std::fs::write(&other, "mine").expect("a file");
    expect(0, &["score", &model, &leads, "--raw", "--rejected", &other], b"");
    assert_eq!(
        (std::fs::read_to_string(&leads).unwrap(), std::fs::read_to_string(&other).unwrap()),
        (input.into(), "mine".into())
    );
}

#[test]
fn an_interrupted_run_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let out = folder.path().join("out.csv");
    let mut child = plumbline()
        .args(["score", &model, "-", "--raw", "-o", &text(&out)])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(b"visits,pages,extra\n").expect("the header is taken");
    stdin.flush().expect("flushed");
    // Reported once the header is read: by then signals are watched.
    let mut message = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("stderr"));
    stderr.read_line(&mut message).expect("a remark");
    assert!(message.contains("extra"), "{message}");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["m.plumb"]);
}

#[test]
fn a_bench_compares_what_it_measures() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let rows = folder.path().join("rows.f32le");
    let values = (0..200).flat_map(|i| (i as f32 / 20.0).to_le_bytes());
    std::fs::write(&rows, values.collect::<Vec<u8>>()).expect("a file");
    let rows = text(&rows);
    let report = expect(0, &["bench", &model, "--rows", &rows, "--columns", "2", "--seconds", "0", "--json"], b"");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!((report["rows"].as_u64(), report["one_row"]["p50_us"].is_number()), (Some(100), true));
    assert!(failure(2, &["bench", &model, "--rows", &rows, "--columns", "3"], b"").contains("BENCH_COLUMNS"));
}

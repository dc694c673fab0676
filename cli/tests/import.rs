//! What `import` makes of a model: its rounds, its calibration, several files as one, by the real binary.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::{LIGHTGBM, expect, failure, run, text};

/// The own reference vector `name`.
fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/models").join(name)
}

/// Imports `arguments` and returns what is said and the bundle.
fn import(folder: &Path, arguments: &[&str], input: &str) -> (serde_json::Value, String) {
    let out = text(&folder.join("m.plumb"));
    let all: Vec<&str> = ["import"].iter().chain(arguments).copied().chain(["-o", &out, "--json"]).collect();
    (serde_json::from_str(&expect(0, &all, input.as_bytes())).expect("JSON"), out)
}

/// The column `name` of a table.
fn column(table: &str, name: &str) -> Vec<f64> {
    let at = table.lines().next().and_then(|head| head.split(',').position(|cell| cell == name)).expect(name);
    table.lines().skip(1).map(|line| line.split(',').nth(at).and_then(|cell| cell.parse().ok()).expect("a number")).collect()
}

#[test]
fn the_best_rounds_are_used_unless_others_are_asked_for() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = vector("xgb_best_iteration");
    let file = text(&model.join("model.ubj"));
    let trees = |arguments: &[&str]| {
        let (said, bundle) = import(folder.path(), &[&[file.as_str()], arguments].concat(), "");
        let kept: serde_json::Value = serde_json::from_str(&expect(0, &["inspect", &bundle, "--json"], b"")).expect("JSON");
        assert_eq!(said["notes"], kept["provenance"]["notes"], "the bundle keeps the notes");
        (said["model"]["trees"].as_u64(), said["notes"].to_string())
    };
    let (count, notes) = trees(&[]);
    assert!(count == Some(3) && notes.contains("first 3 of 5") && notes.contains("--rounds all"), "{count:?} {notes}");
    let (count, notes) = trees(&["--rounds", "all"]);
    assert!(count == Some(5) && notes.contains("--rounds best"), "{count:?} {notes}");
    let (count, notes) = trees(&["--rounds", "1..4"]);
    assert!(count == Some(3) && notes.contains("1..4 of 5"), "{count:?} {notes}");
    let said = failure(4, &["import", &file, "-o", "x.plumb", "--rounds", "2..9"], b"");
    assert!(said.contains("error[IMPORT_ROUNDS]") && said.contains("it has 5"), "{said}");
    for bad in ["last", "3..3", "4"] {
        failure(2, &["import", &file, "-o", "x.plumb", "--rounds", bad], b"");
    }
}

/// The leaves of each tree are found by the sums of one round more.
#[test]
fn rounds_are_whole_whatever_trees_a_round_has() {
    let folder = tempfile::tempdir().expect("a temp folder");
    for (name, per_round) in [("xgb_boosted_forest", 6), ("xgb_targets", 2), ("xgb_multi_output_tree", 2), ("lgb_multiclass", 3)]
    {
        let model = vector(name);
        let file = ["model.json", "model.txt"].map(|file| model.join(file)).into_iter().find(|file| file.exists()).expect(name);
        let (said, _) = import(folder.path(), &[&text(&file), "--rounds", "1..2"], "");
        assert_eq!(said["model"]["trees"].as_u64(), Some(per_round), "{name}");
    }
    // A random forest divides by the rounds it uses.
    let (said, _) = import(folder.path(), &[&text(&vector("lgb_rf").join("model.txt")), "--rounds", "2..5"], "");
    assert_eq!(said["model"]["link"]["average"]["divisor"].as_u64(), Some(3), "{said}");
}

#[test]
fn a_sigmoid_says_what_it_acts_on() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let rows = b"visits,pages\n1,1\n2,2\n3,1\n";
    let probabilities = |arguments: &[&str]| {
        let (_, bundle) = import(folder.path(), &[&["-"], arguments].concat(), LIGHTGBM);
        column(&expect(0, &["score", &bundle, "-", "--explain", "0"], rows), "probability")
    };
    let logistic = |x: f64| 1.0 / (1.0 + plumbline_core::math::exp(-x));
    let near = |found: Vec<f64>, expected: &dyn Fn(f64) -> f64| {
        for (found, margin) in found.iter().zip([-1.0, 0.25, 1.0]) {
            assert!((found - expected(margin)).abs() < 1e-15, "{found} {margin}");
        }
    };
    near(probabilities(&["--sigmoid=-3,1.5", "--on", "margin"]), &|m| logistic(3.0 * m - 1.5));
    near(probabilities(&["--sigmoid", "-3,1.5", "--on", "probability"]), &|m| logistic(3.0 * logistic(m) - 1.5));
    let schema = text(&folder.path().join("s.toml"));
    std::fs::write(&schema, "[calibration.sigmoid]\nslope = -3\nintercept = 1.5\non = \"probability\"\n").expect("a file");
    near(probabilities(&["--schema", &schema]), &|m| logistic(3.0 * logistic(m) - 1.5));
    let refused = |arguments: &[&str]| {
        let all = [&["import", "-", "-o", "x.plumb"], arguments].concat();
        failure(2, &all, LIGHTGBM.as_bytes())
    };
    assert!(refused(&["--sigmoid=-3,1.5"]).contains("--on"));
    assert!(refused(&["--sigmoid=-3", "--on", "margin"]).contains("two numbers"));
    assert!(refused(&["--sigmoid=3,1", "--on", "margin"]).contains("reverse"));
    assert!(refused(&["--sigmoid=0,0", "--on", "margin"]).contains("the same probability"));
    assert!(refused(&["--sigmoid=-3,1", "--on", "margin", "--schema", &schema]).contains("keep one"));
}

#[test]
fn several_files_are_the_average_of_their_calibrated_probabilities() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let other = LIGHTGBM.replace("leaf_value=-1 1 0.25", "leaf_value=-2 0.5 0.75");
    let files = [("a.txt", LIGHTGBM), ("b.txt", other.as_str())].map(|(name, content)| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        text(&path)
    });
    let [a, b] = &files;
    let rows = b"visits,pages\n1,1\n2,2\n3,1\n";
    let logistic = |x: f64| 1.0 / (1.0 + plumbline_core::math::exp(-x));
    let sigmoids = ["--sigmoid=-3,1.5", "--sigmoid=-4,2", "--on", "probability"];
    let (_, bundle) = import(folder.path(), &[&[a.as_str(), b], &sigmoids[..]].concat(), "");
    let expected = [(-1.0, -2.0), (0.25, 0.75), (1.0, 0.5)].map(|(first, second): (f64, f64)| {
        (logistic(3.0 * logistic(first) - 1.5) + logistic(4.0 * logistic(second) - 2.0)) / 2.0
    });
    let out = expect(0, &["score", &bundle, "-"], rows);
    for (found, expected) in column(&out, "probability").iter().zip(expected) {
        assert!((found - expected).abs() < 1e-15, "{out}");
    }
    // Reasons are those of the average: the points of all and the base add up to the score.
    let lines = expect(0, &["score", &bundle, "-"], b"{\"visits\": 3, \"pages\": 1}\n");
    let reasons: serde_json::Value = serde_json::from_str(&lines).expect("JSON");
    assert_eq!(reasons["reasons"].as_array().map(Vec::len), Some(2), "{lines}");
    assert!(expect(0, &["inspect", &bundle], b"").contains("average of 2 models"));
    let (_, plain) = import(folder.path(), &[a, b], "");
    let mean = column(&expect(0, &["score", &plain, "-", "--explain", "0"], rows), "probability");
    assert!((mean[0] - (logistic(-1.0) + logistic(-2.0)) / 2.0).abs() < 1e-15, "{mean:?}");

    let renamed = folder.path().join("c.txt");
    std::fs::write(&renamed, LIGHTGBM.replace("feature_names=visits pages", "feature_names=pages visits")).expect("a file");
    let said = failure(4, &["import", a, &text(&renamed), "-o", &plain], b"");
    assert!(said.contains("error[IMPORT_MEMBERS]") && said.contains("columns"), "{said}");
    let said = failure(2, &["import", a, b, "-o", &plain, "--sigmoid=-3,1.5", "--on", "probability"], b"");
    assert!(said.contains("2 files need 2"), "{said}");
}

#[test]
fn what_an_older_program_would_misread_has_a_later_format() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let format = |arguments: &[&str]| {
        let (_, bundle) = import(folder.path(), &[&["-"], arguments].concat(), LIGHTGBM);
        let bytes = std::fs::read(bundle).expect("the bundle");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.split("\"format\":\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    assert_eq!(format(&[]).as_deref(), Some("1"));
    assert_eq!(format(&["--sigmoid=-3,1.5", "--on", "margin"]).as_deref(), Some("1"));
    assert_eq!(format(&["--sigmoid=-3,1.5", "--on", "probability"]).as_deref(), Some("3"));
    assert_eq!(format(&["--sigmoid=-3,1.5", "--on", "probability", "--compact"]).as_deref(), Some("3"));
    let schema = text(&folder.path().join("s.toml"));
    for (more, expected) in [("", "1"), ("epoch = \"seconds\"\n", "3")] {
        std::fs::write(&schema, format!("[[field]]\nname = \"visits\"\nkind = \"date\"\n{more}")).expect("a file");
        assert_eq!(format(&["--schema", &schema]).as_deref(), Some(expected));
    }
    assert!(run(&["inspect", &text(&folder.path().join("m.plumb"))], b"").status.success());
}

#[test]
fn limits_are_settings_and_blame_no_model() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (model, out) = (text(&folder.path().join("m.txt")), text(&folder.path().join("m.plumb")));
    std::fs::write(&model, LIGHTGBM).expect("a file");
    let refused = |limit: &str| failure(4, &["import", &model, "-o", &out, "--limit", limit], b"");
    let said = refused("columns=1");
    assert!(
        said.contains("IMPORT_LIMIT") && said.contains("raise it with --limit columns=N") && !said.contains("invalid"),
        "{said}"
    );
    assert!(refused("file-bytes=10").contains("MODEL_TOO_LARGE"));
    let said = failure(2, &["import", &model, "-o", &out, "--limit", "trees=1"], b"");
    assert!(said.contains("category-bytes"), "{said}");
    expect(0, &["import", &model, "-o", &out, "--limit", "columns=2"], b"");
    // One set of codes to 2^24 takes 2 MB.
    let words = 1 << 19;
    let set = format!("{}1", "0 ".repeat(words - 1));
    let content = LIGHTGBM
        .replace("num_cat=0", "num_cat=1")
        .replace("threshold=2.5 1.5", "threshold=0 1.5")
        .replace("decision_type=10 10", "decision_type=1 10")
        .replace("internal_value=0 0", &format!("cat_boundaries=0 {words}\ncat_threshold={set}\ninternal_value=0 0"));
    std::fs::write(&model, content).expect("a file");
    let said = refused("category-bytes=1M");
    assert!(said.contains("IMPORT_LIMIT") && said.contains("category-bytes") && !said.contains("invalid"), "{said}");
    expect(0, &["import", &model, "-o", &out, "--limit", "category-bytes=2M"], b"");
}

#[test]
fn what_early_stopping_left_must_be_a_number() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let file = std::fs::read_to_string(vector("xgb_best_iteration").join("model.json")).expect("the model");
    let odd = file.replace("\"best_iteration\":\"2\"", "\"best_iteration\":\"abc\"");
    assert_ne!(file, odd);
    let (said, _) = import(folder.path(), &["-"], &odd);
    let notes = said["notes"].to_string();
    assert!(notes.contains("best_iteration of the file is") && notes.contains("abc"), "{notes}");
    assert_eq!(said["model"]["trees"].as_u64(), Some(5));
}

//! Every XGBoost and LightGBM model of the project's own reference vectors, and of the shared ones where they are, through the
//! real binary: import, then score --raw.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{expect, shared, text};

#[test]
fn margins_of_every_own_model_come_out_bit_for_bit() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/models");
    eprintln!("{}", check_all(&models));
}

#[test]
fn margins_of_every_shared_model_come_out_bit_for_bit() {
    match shared() {
        Some(shared) => eprintln!("{}", check_all(&shared.join("vectors/models"))),
        None => eprintln!("SKIPPED: no shared folder of reference vectors (set PLUMBLINE_SHARED)"),
    }
}

fn check_all(models: &Path) -> String {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (mut files, mut rows) = (0, 0);
    for model in std::fs::read_dir(models).expect("models").flatten() {
        let name = model.file_name().into_string().expect("a name in UTF-8");
        if !name.starts_with("xgb") && !name.starts_with("lgb") {
            continue;
        }
        let is_model = |n: &str| ["model.json", "model.ubj", "model.txt"].contains(&n.strip_suffix(".gz").unwrap_or(n));
        for file in std::fs::read_dir(model.path()).expect("files").flatten() {
            if file.file_name().to_str().is_some_and(is_model) {
                files += 1;
                rows += check(&file.path(), &model.path(), folder.path());
            }
        }
    }
    assert!(files >= 1 && rows >= 1, "{files} files, {rows} rows");
    format!("{files} model files, {rows} rows")
}

fn check(file: &Path, model: &Path, folder: &Path) -> usize {
    let (bundle, out) = (text(&folder.join("m.plumb")), text(&folder.join("out.csv")));
    // The peers' answers are those of Booster.predict.
    expect(0, &["import", &text(file), "-o", &bundle, "--rounds", "all"], b"");
    expect(0, &["score", &bundle, &text(&model.join("inputs.csv")), "--raw", "-o", &out], b"");
    let expected = std::fs::read_to_string(model.join("expected.csv")).expect("expected.csv");
    let found = std::fs::read_to_string(&out).expect("out.csv");
    let tolerance = if text(model).contains("xgb") { 1e-6 } else { 1e-15 };
    assert_eq!(expected.lines().count(), found.lines().count(), "{}", file.display());
    assert_eq!(expected.lines().next(), found.lines().next(), "{}", file.display());
    let header: Vec<&str> = expected.lines().next().expect("a header").split(',').collect();
    for (row, (expected, found)) in expected.lines().zip(found.lines()).enumerate().skip(1) {
        for ((expected, found), column) in expected.split(',').zip(found.split(',')).zip(&header) {
            let (e, f): (f64, f64) = (expected.parse().expect("a number"), found.parse().expect("a number"));
            let place = format!("{} row {row} {column}: {expected} {found}", file.display());
            if column.starts_with("margin") {
                assert!(e.to_bits() == f.to_bits() || (e.is_nan() && f.is_nan()), "{place}");
                assert_eq!(expected, found, "{place}");
            } else {
                assert!((e - f).abs() <= tolerance * e.abs().max(1.0) || (e.is_nan() && f.is_nan()) || e == f, "{place}");
            }
        }
    }
    expected.lines().count() - 1
}
